//! Letters, as text to copy. Nothing is sent from here.

use super::case;
use crate::orders::{Refused, To};
use crate::view::{Block, Button, Field, Form, Link};
use crate::visit::{Answer, Visit};
use crate::words;
use serde_json::json;

/// The letters of a case, and the one that was chosen.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let found = case::find(visit).await?;
    let kinds: Vec<(String, String)> = case::requests(&found)
        .filter_map(|request| request["kind"].as_str())
        .map(|kind| (kind.to_owned(), words::label(words::KINDS, kind)))
        .collect();
    let choices: Vec<(&str, &str)> = kinds
        .iter()
        .map(|(kind, label)| (kind.as_str(), label.as_str()))
        .collect();
    let mut values = visit.query.clone();
    if let [(only, _)] = choices.as_slice()
        && values.get("kind").is_empty()
    {
        values.set("kind", *only);
    }
    let mut screen = case::screen(visit, "Letters");
    screen.blocks = vec![
        Block::Text(
            "Nothing is sent from here. A letter says what is entered, so enter it first. What only you know stands in \
             square brackets."
                .to_owned(),
        ),
        Block::Form(Form {
            to: visit.path.to_owned(),
            fields: vec![
                Field::one("kind", "About which request?", &values, &choices),
                Field::one("letter", "Which letter?", &values, words::LETTERS),
            ],
            buttons: vec![Button::main("Write the letter")],
            is_search: true,
            ..Form::default()
        }),
    ];
    if let (Some(kind), Some(letter)) = (values.given("kind"), values.given("letter")) {
        screen
            .blocks
            .splice(0..0, written(visit, kind, letter).await?);
    }
    Ok(visit.show(&screen))
}

/// The letter, or why it would not be true.
async fn written(
    visit: &Visit<'_>,
    kind: &str,
    letter: &str,
) -> Result<Vec<Block>, crate::visit::Stop> {
    let case = visit.part("case");
    let order = json!({"order": "letter", "case_id": case, "kind": kind, "letter": letter});
    let label = words::label(words::LETTERS, letter);
    match visit.give(To::Requests, order).await {
        Ok(answer) => Ok(vec![
            Block::Heading(label.clone()),
            Block::Copy {
                label,
                text: answer["text"].as_str().unwrap_or_default().to_owned(),
            },
            Block::Link(Link::new("Another letter", visit.path)),
        ]),
        Err(Refused::Order { words, .. }) => Ok(vec![Block::Warning(words::sentence(&words))]),
        Err(unavailable) => Err(unavailable.into()),
    }
}
