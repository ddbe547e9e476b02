//! Figures of a month, by kind.

use crate::orders::{Refused, To};
use crate::view::{Block, Button, Cell, Field, Form, Problem, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use custodian_web::http::StatusCode;
use serde_json::{Value, json};

/// What was closed in a month, and how.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let mut values = visit.query.clone();
    if values.get("month").is_empty() {
        values.set("month", visit.today().format("%Y-%m").to_string());
    }
    let order = json!({"order": "figures", "month": values.get("month")});
    let (figures, problems) = match visit.give(To::Requests, order).await {
        Ok(figures) => (Some(figures), Vec::new()),
        Err(Refused::Order { words, .. }) => {
            let problem = Problem {
                field: "month".to_owned(),
                words: words::sentence(&words),
            };
            (None, vec![problem])
        }
        Err(unavailable) => return Err(unavailable.into()),
    };
    let mut blocks = vec![Block::Form(Form {
        to: visit.path.to_owned(),
        fields: vec![
            Field::line("month", "Which month?", &values, 10)
                .hint("For example, 2026-11")
                .among(&problems),
        ],
        buttons: vec![Button::main("Show this month")],
        is_search: true,
        ..Form::default()
    })];
    if let Some(figures) = &figures {
        let kinds = figures["kinds"].as_object();
        let rows = words::KINDS.iter().map(|(kind, _)| {
            let of_kind = kinds.and_then(|kinds| kinds.get(*kind));
            row(kind, of_kind.unwrap_or(&Value::Null))
        });
        blocks.push(Block::Table(Table {
            caption: format!("Closed in {}", values.get("month")),
            head: vec![
                "What",
                "Closed",
                "Answered in time",
                "Late",
                "Extended",
                "Refused",
                "Median days",
            ],
            rows: rows.collect(),
            empty: "Nothing was closed.",
        }));
        if let Some(due) = figures["first_due"]["due"].as_str() {
            let request = figures["first_due"]["request_id"].as_str();
            blocks.push(Block::Text(format!(
                "The open request that is due first is {}, by {}.",
                request.unwrap_or_default(),
                words::day(due)
            )));
        }
    }
    let screen = Screen {
        title: "Figures".to_owned(),
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

fn row(kind: &str, figures: &Value) -> Vec<Cell> {
    let number = |field: &str| {
        let number = figures[field].as_u64();
        Cell::text(number.map_or_else(|| "–".to_owned(), |number| number.to_string()))
    };
    let fields = [
        "closed",
        "answered_in_time",
        "late",
        "extended",
        "refused",
        "median_days",
    ];
    let mut row = vec![Cell::text(words::kind(kind))];
    row.extend(fields.map(number));
    row
}
