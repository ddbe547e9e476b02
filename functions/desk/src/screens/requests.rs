//! All requests, 25 a page, and the same as a file.

use super::today;
use crate::fields::Values;
use crate::orders::To;
use crate::respond;
use crate::view::{Block, Button, Field, Form, Link, Problem, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words::{self, Choices};
use custodian_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use custodian_web::http::{NEVER_CACHED, StatusCode, typed};
use serde_json::{Value, json};

/// How many pages a file has at most: a thousand requests.
const PAGES: usize = 40;

const STATES: Choices = &[
    ("open", "Open"),
    ("waiting_identity", "Waiting for proof of identity"),
    ("waiting_authority", "Waiting for authority"),
    ("waiting_fee", "Waiting for a fee"),
    ("stopped", "Stopped by a question"),
    ("packaging", "The copy is being made"),
    ("to_review", "The copy is to be read"),
    ("ready", "The copy is ready"),
    ("handed_over", "The copy was handed over"),
    ("planned", "The erasure is planned"),
    ("approved", "The erasure is under way"),
    ("certified", "The erasure is done"),
    ("weighing", "The objection is weighed"),
];

/// The list, as the address says.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let values = &visit.query;
    if let Some(reference) = values.given("reference").filter(|it| is_reference(it)) {
        let place = if reference.starts_with("B-") {
            "breaches"
        } else {
            "cases"
        };
        return Ok(respond::go(&format!("/desk/{place}/{reference}")));
    }
    let answer = match order(values) {
        Ok(order) => visit.give(To::Requests, order).await,
        Err(problem) => return Ok(page(visit, None, vec![problem])),
    };
    match answer {
        Ok(list) => Ok(page(visit, Some(&list), Vec::new())),
        Err(crate::orders::Refused::Order { words, .. }) => {
            let words = words::sentence(&words);
            let field = String::new();
            Ok(page(visit, None, vec![Problem { field, words }]))
        }
        Err(unavailable) => Err(unavailable.into()),
    }
}

/// Whether a text can be the reference of a case or a breach.
fn is_reference(text: &str) -> bool {
    let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_of_it)
}

fn page(
    visit: &Visit<'_>,
    list: Option<&Value>,
    problems: Vec<Problem>,
) -> custodian_web::http::Response {
    let values = &visit.query;
    let mut blocks = vec![Block::Form(filter(values, &problems))];
    if let Some(list) = list {
        let requests = list["requests"].as_array().map(Vec::as_slice);
        let rows = requests.unwrap_or_default().iter();
        let rows = rows.map(|request| today::row(request, visit.today()));
        blocks.push(Block::Table(Table {
            caption: "Requests, the first due at the top".to_owned(),
            head: vec!["Reference", "What", "Due", "State", "Who has it"],
            rows: rows.collect(),
            empty: "No request is like that.",
        }));
        if let Some(after) = list["after"].as_str() {
            let next = format!("/desk/requests?{}", query(values, Some(after)));
            blocks.push(Block::Link(Link::new("Next page", next)));
        }
        let file = format!("/desk/requests.csv?{}", query(values, None));
        blocks.push(Block::Link(Link::new("Download these as CSV", file)));
    }
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let screen = Screen {
        title: "All requests".to_owned(),
        blocks,
        ..Screen::default()
    };
    visit.again(screen, problems, status)
}

fn filter(values: &Values, problems: &[Problem]) -> Form {
    let any = |label| [("", label)];
    let kinds = [&any("Any")[..], words::KINDS].concat();
    let states = [&any("Any")[..], STATES].concat();
    Form {
        to: "/desk/requests".to_owned(),
        fields: vec![
            Field::line("reference", "Reference of a case or a breach", values, 20)
                .hint("Open or closed. It leads straight there."),
            Field::one("kind", "What do they want?", values, &kinds),
            Field::one("state", "State", values, &states),
            Field::day("due_before", "Due before", values)
                .hint("For example, 27 11 2026")
                .among(problems),
            Field::line("handler", "Who has it?", values, 10)
                .hint("A staff number")
                .among(problems),
            Field::line("closed_in", "Closed in which month?", values, 10)
                .hint("For example, 2026-11. Leave it empty for open requests.")
                .among(problems),
        ],
        buttons: vec![Button::main("Show these")],
        is_search: true,
        ..Form::default()
    }
}

/// The order for what is asked.
fn order(values: &Values) -> Result<Value, Problem> {
    let mut order = json!({"order": "list"});
    for field in ["kind", "state", "handler", "closed_in", "after"] {
        if let Some(value) = values.given(field) {
            order[field] = json!(value);
        }
    }
    let day = values.day("due_before").map_err(|wrong| Problem {
        field: "due_before-day".to_owned(),
        words: words::sentence(&wrong.to_string()),
    })?;
    if let Some(day) = day {
        order["due_before"] = json!(day);
    }
    Ok(order)
}

/// The address of the same list, behind another request.
fn query(values: &Values, after: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let others = values
        .pairs()
        .filter(|(name, value)| *name != "after" && !value.is_empty());
    query.extend_pairs(others);
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    query.finish()
}

/// The list as a file for a spreadsheet.
pub(crate) async fn file(visit: &Visit<'_>) -> Answer {
    let Ok(mut order) = order(&visit.query) else {
        return show(visit).await;
    };
    let mut csv = "reference,what,received,due,state,handler,closed,ending\r\n".to_owned();
    for _ in 0..PAGES {
        let page = visit.give(To::Requests, order.clone()).await?;
        for request in page["requests"].as_array().into_iter().flatten() {
            csv.push_str(&line(request));
        }
        if page["after"].is_null() {
            break;
        }
        order["after"] = page["after"].clone();
    }
    let mut response = typed(csv, "text/csv; charset=utf-8", NEVER_CACHED);
    let name = HeaderValue::from_static("attachment; filename=\"requests.csv\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

fn line(request: &Value) -> String {
    let closed = &request["closed"];
    let cells = [
        &request["request_id"],
        &request["kind"],
        &request["received"],
        &request["due"],
        &request["state"],
        &request["handler"],
        &closed["on"],
        &closed["ending"],
    ];
    let cells = cells.map(|cell| guarded(cell.as_str().unwrap_or_default()));
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV injection).
fn guarded(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("a\"b,c", "\"a\"\"b,c\""),
            ("C-2026-0042-access", "\"C-2026-0042-access\""),
        ] {
            assert_eq!(guarded(text), cell);
        }
    }
}
