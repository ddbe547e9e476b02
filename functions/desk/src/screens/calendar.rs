//! Bank holidays that are known, and a calculator: received on, so answer by. It needs no data.

use crate::clocks::{self, Question, Reply};
use crate::fields::Values;
use crate::view::{Block, Button, Cell, Fact, Field, Form, Problem, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use chrono::NaiveDate;
use custodian_domain::rights::calendar::ENGLAND_AND_WALES;
use custodian_domain::rights::response_deadline::ResponseDeadline;
use custodian_web::http::StatusCode;

/// The page.
#[expect(clippy::unnecessary_wraps, reason = "as every page answers")]
pub(crate) fn show(visit: &Visit<'_>) -> Answer {
    let values = &visit.query;
    let (blocks, problems) = match asked(values) {
        Ok(None) => (Vec::new(), Vec::new()),
        Ok(Some(question)) => (result(question.reply()), Vec::new()),
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
    clocks::holidays(today)
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

/// What was typed; `None` if nothing is yet.
fn asked(values: &Values) -> Result<Option<Question>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut day = |name: &str| {
        values.day(name).unwrap_or_else(|wrong| {
            problems.push(Problem {
                field: format!("{name}-day"),
                words: words::sentence(&wrong.to_string()),
            });
            None
        })
    };
    let (received, identity) = (day("received"), day("identity"));
    let (asked, answered) = (day("asked"), day("answered"));
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(received.map(|received| Question {
        kind: values.get("kind").to_owned(),
        received,
        identity,
        asked,
        answered,
        is_extended: values.has("extended", "yes"),
    }))
}

fn result(reply: Reply) -> Vec<Block> {
    let (deadline, extend_by) = match reply {
        Reply::Answer(deadline, extend_by) => (deadline, extend_by),
        Reply::Acknowledge(by) => {
            let by = by.map_or_else(
                |beyond| beyond.to_string(),
                |day| words::day(&day.to_string()),
            );
            return vec![Block::Summary(vec![Fact::new("Acknowledge by", by)])];
        }
    };
    let mut rows = match deadline {
        ResponseDeadline::By { due, working } => vec![
            Fact::new("Answer by", words::day(&due.to_string())),
            Fact::of(
                "How we worked this out",
                working
                    .to_string()
                    .split("; ")
                    .map(words::sentence)
                    .collect(),
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
    if let Some(day) = extend_by {
        rows.push(Fact::new(
            "If you extend it, tell the person by",
            words::day(&day.to_string()),
        ));
    }
    vec![Block::Summary(rows)]
}
