//! Who looked: the audit trail, by day or by case. Reading it is in it too.

use crate::orders::{Refused, To};
use crate::view::{Block, Button, Cell, Field, Form, Link, Problem, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use custodian_web::http::StatusCode;
use serde_json::{Value, json};

/// The entries of a day, or about a case.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let values = &visit.query;
    let mut problems = Vec::new();
    let day = values.day("day").unwrap_or_else(|wrong| {
        problems.push(Problem {
            field: "day-day".to_owned(),
            words: words::sentence(&wrong.to_string()),
        });
        None
    });
    let mut order = json!({"order": "audit"});
    match values.given("request_id") {
        Some(id) => order["request_id"] = json!(id),
        None => order["day"] = json!(day.unwrap_or(visit.now.date_naive())),
    }
    if let Some(after) = values.given("after").and_then(|it| it.parse::<u64>().ok()) {
        order["after"] = json!(after);
    }
    let listed = if problems.is_empty() {
        match visit.give(To::Requests, order).await {
            Ok(listed) => Some(listed),
            Err(Refused::Order { words, .. }) => {
                problems.push(Problem {
                    field: "request_id".to_owned(),
                    words: words::sentence(&words),
                });
                None
            }
            Err(unavailable) => return Err(unavailable.into()),
        }
    } else {
        None
    };
    let mut blocks = vec![Block::Form(Form {
        to: visit.path.to_owned(),
        fields: vec![
            Field::day("day", "Which day? (UTC)", values)
                .hint("Today, if it is left empty")
                .among(&problems),
            Field::line("request_id", "Or about which case or request?", values, 20)
                .hint("Such as C-2026-0042")
                .among(&problems),
        ],
        buttons: vec![Button::main("Show who looked")],
        is_search: true,
        ..Form::default()
    })];
    if let Some(listed) = &listed {
        let entries = listed["entries"].as_array().map(Vec::as_slice);
        blocks.push(Block::Table(Table {
            caption: "What was written down, oldest first".to_owned(),
            head: vec![
                "Number",
                "When",
                "By",
                "What",
                "Case or request",
                "What came of it",
            ],
            rows: entries.unwrap_or_default().iter().map(row).collect(),
            empty: "Nothing was written down then.",
        }));
        if let Some(after) = listed["after"].as_u64() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            let others = values.pairs().filter(|(name, _)| *name != "after");
            query.extend_pairs(others);
            query.append_pair("after", &after.to_string());
            let next = format!("{}?{}", visit.path, query.finish());
            blocks.push(Block::Link(Link::new("Next page", next)));
        }
    }
    let screen = Screen {
        title: "Who looked".to_owned(),
        blocks,
        ..Screen::default()
    };
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(visit.again(screen, problems, status))
}

fn row(entry: &Value) -> Vec<Cell> {
    let (attempt, result) = (&entry["attempt"], &entry["result"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let what = match (attempt["order"].as_str(), result["attempt"].as_u64()) {
        (Some(order), _) => words::plain(order),
        (None, Some(of)) => format!("Result of number {of}"),
        (None, None) => String::new(),
    };
    let people = result["people"].as_array().map_or(0, Vec::len);
    let outcome = match result["outcome"].as_str() {
        Some(outcome) if people > 0 => {
            format!("{}, {people} keys of people", words::plain(outcome))
        }
        Some(outcome) => words::plain(outcome),
        None => String::new(),
    };
    vec![
        Cell::text(entry["n"].to_string()),
        Cell::text(words::time(&text(&entry["at"]))),
        Cell::text(text(&attempt["by"]).to_uppercase()),
        Cell::text(what),
        Cell::text(text(&attempt["request"])),
        Cell::text(outcome),
    ]
}
