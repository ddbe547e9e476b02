//! What there is to do, in the order of the law's dates.

use crate::orders::To;
use crate::view::{Block, Cell, Link, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use chrono::{Days, NaiveDate};
use custodian_domain::rights::calendar::ENGLAND_AND_WALES;
use serde_json::{Value, json};

/// How many days ahead "due soon" looks.
const SOON: Days = Days::new(7);
/// How many pages of 25 are counted; beyond them the page says "or more".
const PAGES: usize = 8;

/// The first page.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let (today, soon) = (visit.today(), visit.today() + SOON);
    let (due, is_whole) = due_before(visit, soon + Days::new(1)).await?;
    let day = |request: &Value| request["due"].as_str().and_then(|due| due.parse().ok());
    let overdue = due
        .iter()
        .filter(|request| day(request).is_some_and(|due: NaiveDate| due < today));
    let overdue = overdue.count();
    let more = if is_whole { "" } else { " or more" };
    let first = visit.give(To::Requests, json!({"order": "list"})).await?;
    let first = first["requests"].as_array().cloned().unwrap_or_default();
    let breaches = visit
        .give(To::Requests, json!({"order": "breach_list"}))
        .await?;
    let breaches = breaches["breaches"].as_array().into_iter().flatten();
    let breaches: Vec<Block> = breaches
        .filter(|breach| breach["clock"]["hours_left"].is_i64())
        .map(|breach| {
            let id = breach["breach_id"].as_str().unwrap_or_default();
            let words = format!(
                "Breach {id}: tell the Commissioner by {}",
                super::breaches::hours(&breach["clock"])
            );
            Block::Link(Link::new(words, format!("/desk/breaches/{id}")))
        })
        .collect();
    let rows = first.iter().map(|request| row(request, today)).collect();
    let mut blocks = breaches;
    blocks.extend([
        Block::Numbers(vec![
            ("Overdue".to_owned(), format!("{overdue}{more}")),
            (
                "Due within 7 days".to_owned(),
                format!("{}{more}", due.len() - overdue),
            ),
        ]),
        Block::Table(Table {
            caption: "Do next".to_owned(),
            head: vec!["Reference", "What", "Due", "State", "Who has it"],
            rows,
            empty: "No request is open.",
        }),
        Block::Link(Link::new("All requests", "/desk/requests")),
    ]);
    Ok(visit.show(&Screen {
        title: "Today".to_owned(),
        blocks,
        ..Screen::default()
    }))
}

/// Open requests that are due before a day, and whether these are all.
async fn due_before(
    visit: &Visit<'_>,
    day: NaiveDate,
) -> Result<(Vec<Value>, bool), crate::visit::Stop> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    for _ in 0..PAGES {
        let mut order = json!({"order": "list", "due_before": day});
        if after.is_string() {
            order["after"] = after;
        }
        let page = visit.give(To::Requests, order).await?;
        all.extend(page["requests"].as_array().cloned().unwrap_or_default());
        after = page["after"].clone();
        if after.is_null() {
            return Ok((all, true));
        }
    }
    Ok((all, false))
}

/// A request as a row of a list.
pub(crate) fn row(request: &Value, today: NaiveDate) -> Vec<Cell> {
    let text = |field: &str| request[field].as_str().unwrap_or_default();
    let case = text("case_id");
    vec![
        Cell::Link(Link::new(case, format!("/desk/cases/{case}"))),
        Cell::text(words::kind(text("kind"))),
        Cell::text(due(request["due"].as_str(), today)),
        Cell::Tag(words::plain(text("state"))),
        Cell::text(text("handler").to_uppercase()),
    ]
}

/// A due date with how far away it is, in working days.
pub(crate) fn due(due: Option<&str>, today: NaiveDate) -> String {
    let Some(date) = due.and_then(|due| due.parse::<NaiveDate>().ok()) else {
        return "No date at the moment".to_owned();
    };
    let spoken = words::day(&date.to_string());
    if date == today {
        return format!("{spoken} (today)");
    }
    let (from, to) = (date.min(today), date.max(today));
    let days = from.iter_days().skip(1).take_while(|day| *day <= to);
    let working = days.filter(|day| ENGLAND_AND_WALES.is_working_day(*day) == Ok(true));
    let count = working.count();
    let unit = if count == 1 {
        "working day"
    } else {
        "working days"
    };
    if date < today {
        format!("{spoken} (overdue by {count} {unit})")
    } else {
        format!("{spoken} (in {count} {unit})")
    }
}

#[cfg(test)]
mod tests {
    use super::due;

    #[test]
    fn a_date_says_how_far_away_it_is() {
        let today = "2026-12-24".parse().unwrap();
        for (date, words) in [
            ("2026-12-24", "Thursday 24 December 2026 (today)"),
            ("2026-12-29", "Tuesday 29 December 2026 (in 1 working day)"),
            (
                "2026-12-21",
                "Monday 21 December 2026 (overdue by 3 working days)",
            ),
        ] {
            assert_eq!(due(Some(date), today), words);
        }
        assert_eq!(due(None, today), "No date at the moment");
    }
}
