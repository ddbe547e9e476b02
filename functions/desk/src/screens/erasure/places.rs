//! The places of an erasure that was approved, and its certificate.

use super::{form, request};
use crate::orders::To;
use crate::respond;
use crate::view::{Block, Cell, Fact, Field, Link, Look, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use custodian_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use custodian_web::http::{NEVER_CACHED, typed};
use serde_json::{Value, json};

/// The places, each with its state, and what can be done.
pub(super) fn places(visit: &Visit<'_>, status: &Value) -> Vec<Block> {
    let case = visit.part("case");
    let tasks = status["tasks"].as_object();
    let list = status["tasks"].as_array();
    let all: Vec<(String, &Value)> = tasks
        .map(|tasks| {
            tasks
                .iter()
                .map(|(place, task)| (place.clone(), task))
                .collect()
        })
        .or_else(|| {
            let tasks = list?.iter();
            let place = |task: &Value| task["place"].as_str().unwrap_or_default().to_owned();
            Some(tasks.map(|task| (place(task), task)).collect())
        })
        .unwrap_or_default();
    let rows = all.iter().map(|(place, task)| {
        let text = |field: &str| task[field].as_str().unwrap_or_default();
        let is_over = ["done", "stopped"].contains(&text("state"));
        let next = if is_over || text("next_try").is_empty() {
            String::new()
        } else {
            words::time(text("next_try"))
        };
        let outcome = task["receipt"]["outcome"].as_str();
        vec![
            Cell::text(words::plain(place)),
            Cell::Tag(words::plain(text("state"))),
            Cell::text(outcome.map(words::plain).unwrap_or_default()),
            Cell::text(next),
            Cell::text(words::day(text("due"))),
        ]
    });
    let mut blocks = vec![
        Block::Summary(vec![
            Fact::new(
                "State",
                words::plain(status["status"].as_str().unwrap_or_default()),
            ),
            Fact::new(
                "Approved by",
                status["approved_by"]
                    .as_str()
                    .unwrap_or_default()
                    .to_uppercase(),
            ),
        ]),
        Block::Table(Table {
            caption: "Places".to_owned(),
            head: vec!["Place", "State", "Outcome", "Next try", "Due"],
            rows: rows.collect(),
            empty: "There is no place.",
        }),
    ];
    for (place, task) in &all {
        let by_hand = task["correspondence"]["instructions"].is_string();
        let waits =
            by_hand && task["state"] == json!("waiting") || task["state"] == json!("failed");
        if waits && ["granicus", "five9", "newsletter"].contains(&place.as_str()) {
            blocks.extend(confirming(visit, place, task));
        }
    }
    if status["certificate"].is_object() {
        let clear = status["certificate"]["backups_clear_on"].as_str();
        blocks.push(Block::Inset(format!(
            "Everything is over. Tell the person, with the day on which backups are clear: {}.",
            words::day(clear.unwrap_or_default())
        )));
        blocks.push(Block::Link(Link::new(
            "Download the certificate",
            format!("{}/certificate", visit.path),
        )));
        blocks.push(Block::Link(Link::new(
            "Write the letter",
            format!("/desk/cases/{case}/letters?kind=erasure&letter=erased"),
        )));
    }
    blocks
}

/// What somebody does at a processor, and says that they did.
fn confirming(visit: &Visit<'_>, place: &str, task: &Value) -> Vec<Block> {
    let mut values = crate::fields::Values::default();
    crate::order_form::today_if_empty(&mut values, "done_on", visit.today());
    let instructions = task["correspondence"]["instructions"].as_str();
    let mut blocks = vec![Block::Heading(format!(
        "At {}, by hand",
        words::plain(place)
    ))];
    blocks.extend(instructions.map(|words| Block::Text(words.to_owned())));
    blocks.push(form(
        visit,
        &format!("{}/confirm", visit.path),
        vec![("place".to_owned(), place.to_owned())],
        vec![Field::day("done_on", "When was it done there?", &values)],
        "It is done there",
        Look::Second,
    ));
    blocks
}

/// Somebody says that they erased by hand at a processor.
pub(crate) async fn confirm(visit: &Visit<'_>) -> Answer {
    let back = visit.path.trim_end_matches("/confirm").to_owned();
    let Some(sent) = &visit.sent else {
        return Ok(respond::go(&back));
    };
    let day = sent.values.day("done_on").ok().flatten();
    let order = json!({
        "order": "confirm", "request_id": request(visit), "place": sent.values.get("place"),
        "confirmed_by": visit.open.staff(), "done_on": day.unwrap_or(visit.today()),
    });
    visit.desk.orders.give(To::Requests, &order).await?;
    Ok(respond::go(&back))
}

/// The certificate, as a page to print.
pub(crate) async fn certificate(visit: &Visit<'_>) -> Answer {
    let order = json!({"order": "certificate", "request_id": request(visit)});
    let answer = visit.give(To::Requests, order).await?;
    let html = answer["html"].as_str().unwrap_or_default().to_owned();
    let mut response = typed(html, "text/html; charset=utf-8", NEVER_CACHED);
    let name = format!(
        "attachment; filename=\"certificate-{}.html\"",
        request(visit)
    );
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
