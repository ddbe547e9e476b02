//! Bank holidays that are known, and a calculator: received on, so answer by. It needs no data.

use crate::fields::Values;
use crate::view::{Block, Button, Cell, Fact, Field, Form, Problem, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use chrono::{Datelike, NaiveDate};
use custodian_domain::rights::calendar::{COVERS_FROM, ENGLAND_AND_WALES};
use custodian_domain::rights::response_deadline::{
    Clarification, ClockFacts, Need, ResponseDeadline, Right, Wait, acknowledge_complaint_by,
};
use custodian_web::http::StatusCode;

/// The page.
#[expect(clippy::unnecessary_wraps, reason = "as every page answers")]
pub(crate) fn show(visit: &Visit<'_>) -> Answer {
    let values = &visit.query;
    let (blocks, problems) = match asked(values) {
        Ok(None) => (Vec::new(), Vec::new()),
        Ok(Some(facts)) => (result(&facts, values), Vec::new()),
        Err(problems) => (Vec::new(), problems),
    };
    let mut blocks = blocks;
    blocks.push(Block::Form(form(values, &problems)));
    blocks.push(Block::Heading("Bank holidays".to_owned()));
    blocks.push(Block::Text(format!(
        "Bank holidays of England and Wales are known until {}. A date after that is not guessed. When more become \
         known, open dates that move say so in their case’s history.",
        words::day(&ENGLAND_AND_WALES.until().to_string())
    )));
    blocks.push(Block::Table(Table {
        caption: "Bank holidays from this year on".to_owned(),
        head: vec!["Day"],
        rows: holidays(visit.today()),
        empty: "None is known.",
    }));
    let screen = Screen {
        title: "Work out a date".to_owned(),
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

fn holidays(today: NaiveDate) -> Vec<Vec<Cell>> {
    let from = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(COVERS_FROM);
    let days = from.iter_days();
    let days = days.take_while(|day| *day <= ENGLAND_AND_WALES.until());
    days.filter(|day| ENGLAND_AND_WALES.is_bank_holiday(*day))
        .map(|day| vec![Cell::text(words::day(&day.to_string()))])
        .collect()
}

fn form(values: &Values, problems: &[Problem]) -> Form {
    Form {
        to: "/desk/calendar".to_owned(),
        fields: vec![
            Field::one("kind", "What do they want?", values, words::KINDS),
            Field::day("received", "When did it reach the council?", values)
                .hint("For example, 27 11 2026")
                .among(problems),
            Field::day(
                "identity",
                "When was proof of identity sufficient? (if you asked)",
                values,
            )
            .among(problems),
            Field::day(
                "asked",
                "When did you ask what they mean? (only for a copy)",
                values,
            )
            .among(problems),
            Field::day("answered", "When did they answer?", values).among(problems),
            Field::any(
                "extended",
                "Is the time extended?",
                values,
                &[("yes", "Yes")],
            ),
        ],
        buttons: vec![Button::main("Work out the date")],
        is_search: true,
        ..Form::default()
    }
}

/// The facts that were typed; `None` if there are none yet.
fn asked(values: &Values) -> Result<Option<ClockFacts>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut day = |name: &str| {
        values.day(name).unwrap_or_else(|wrong| {
            problems.push(Problem {
                field: format!("{name}-day"),
                words: words::plain(&wrong.to_string()),
            });
            None
        })
    };
    let (received, identity) = (day("received"), day("identity"));
    let (question, answered) = (day("asked"), day("answered"));
    if !problems.is_empty() {
        return Err(problems);
    }
    let Some(received) = received else {
        return Ok(None);
    };
    let right = right(values.get("kind"));
    let mut facts = ClockFacts::received(right, received);
    facts.waits = identity
        .map(|met| Wait {
            need: Need::Identity,
            met: Some(met),
        })
        .into_iter()
        .collect();
    facts.questions = question
        .map(|asked| Clarification { asked, answered })
        .into_iter()
        .collect();
    facts.extended = values.has("extended", "yes");
    Ok(Some(facts))
}

fn result(facts: &ClockFacts, values: &Values) -> Vec<Block> {
    if values.get("kind") == "complaint" {
        let by = acknowledge_complaint_by(facts.received, &ENGLAND_AND_WALES);
        let by = by.map_or_else(
            |beyond| beyond.to_string(),
            |day| words::day(&day.to_string()),
        );
        return vec![Block::Summary(vec![Fact::new("Acknowledge by", by)])];
    }
    let mut rows = match facts.deadline(&ENGLAND_AND_WALES) {
        ResponseDeadline::By { due, working } => vec![
            Fact::new("Answer by", words::day(&due.to_string())),
            Fact::of(
                "How we worked this out",
                working.to_string().split("; ").map(words::plain).collect(),
            ),
        ],
        ResponseDeadline::Waiting(_) => vec![Fact::new("Answer by", "The clock has not begun")],
        ResponseDeadline::Stopped { .. } => {
            vec![Fact::new(
                "Answer by",
                "The clock is stopped until they answer",
            )]
        }
        ResponseDeadline::NotKnownYet(beyond) => {
            vec![Fact::new("Answer by", format!("Not known yet: {beyond}"))]
        }
    };
    if let Some(day) = facts.extend_by(&ENGLAND_AND_WALES) {
        rows.push(Fact::new(
            "If you extend it, tell the person by",
            words::day(&day.to_string()),
        ));
    }
    vec![Block::Summary(rows)]
}

fn right(kind: &str) -> Right {
    match kind {
        "access" => Right::Access,
        "portability" => Right::Portability,
        "rectification" => Right::Rectification,
        "restriction" => Right::Restriction,
        "objection" => Right::Objection,
        _ => Right::Erasure,
    }
}
