//! An erasure: planned, looked at, approved by somebody else, and followed to its certificate.

mod approval;
mod places;

pub(crate) use approval::approve;
pub(crate) use places::{certificate, confirm};

use super::{case, person};
use crate::orders::{Refused, To};
use crate::respond;
use crate::view::{Block, Button, Cell, Fact, Field, Form, Link, Look, Problem, Table};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words::{self, Choices};
use custodian_web::http::StatusCode;
use serde_json::{Value, json};

const GROUNDS: Choices = &[
    ("17(1)(a)", "It is no longer needed, Article 17(1)(a)"),
    ("17(1)(b)", "Consent is withdrawn, Article 17(1)(b)"),
    ("17(1)(c)", "An objection is upheld, Article 17(1)(c)"),
    ("17(1)(d)", "It was used unlawfully, Article 17(1)(d)"),
    ("17(1)(e)", "The law demands it, Article 17(1)(e)"),
    ("17(1)(f)", "It is a child’s, Article 17(1)(f)"),
];
const EXEMPTIONS: Choices = &[
    ("", "Nothing is left"),
    (
        "17(3)(a)",
        "Free expression and information, Article 17(3)(a)",
    ),
    (
        "17(3)(b)",
        "A legal obligation or a public task, Article 17(3)(b)",
    ),
    ("17(3)(c)", "Public health, Article 17(3)(c)"),
    (
        "17(3)(d)",
        "Archiving, research or statistics, Article 17(3)(d)",
    ),
    ("17(3)(e)", "Legal claims, Article 17(3)(e)"),
];

/// The request's id.
fn request(visit: &Visit<'_>) -> String {
    format!("{}-erasure", visit.part("case"))
}

/// How it stands; `None` before it is planned.
async fn status(visit: &Visit<'_>) -> Result<Option<Value>, Stop> {
    let order = json!({"order": "status", "request_id": request(visit)});
    match visit.give(To::Requests, order).await {
        Ok(status) if status["hash"].is_string() => Ok(Some(status)),
        Ok(_) => Ok(None),
        Err(Refused::Order { kind, .. }) if kind == "UnknownRequest" => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Shows the plan or the places, or plans it.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    if visit.sent.is_some() {
        return plan(visit).await;
    }
    let mut screen = case::screen(visit, "Erasure");
    match status(visit).await? {
        None => screen.blocks = asked(visit, &[]).await?,
        Some(status) if status["status"] == json!("planned") => {
            screen.blocks = planned(visit, &status);
            let again = asked(visit, &[]).await?;
            screen
                .blocks
                .push(Block::Heading("Plan it again".to_owned()));
            screen.blocks.extend(again);
        }
        Some(status) => {
            screen.blocks = places::places(visit, &status);
            if status["status"] == json!("approved") {
                visit.follow(&mut screen);
            }
        }
    }
    Ok(visit.show(&screen))
}

async fn plan(visit: &Visit<'_>) -> Answer {
    let person = match person::needed(visit).await? {
        Ok(person) => person,
        Err(page) => return Ok(page),
    };
    let typed = visit.typed();
    let refused = async |problem: Problem, code: StatusCode| -> Answer {
        let mut screen = case::screen(visit, "Erasure");
        screen.blocks = asked(visit, std::slice::from_ref(&problem)).await?;
        Ok(visit.again(screen, vec![problem], code))
    };
    if typed.get("ground").is_empty() {
        let problem = Problem {
            field: "ground".to_owned(),
            words: "Choose the ground".to_owned(),
        };
        return refused(problem, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let mut order = json!({
        "order": "plan", "request_id": request(visit), "case_id": visit.part("case"),
        "ground": typed.get("ground"), "planned_by": visit.open.staff(),
    });
    match exclusion(&typed) {
        Ok(Some(exclusion)) => order["exclude"] = json!([exclusion]),
        Ok(None) => {}
        Err(problem) => return refused(problem, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
    person.add_to(&mut order);
    match visit.desk.orders.give(To::Requests, &order).await {
        Ok(_) => Ok(respond::go(visit.path)),
        Err(Refused::Order { kind, words }) => {
            let problem = Problem {
                field: String::new(),
                words: words::sentence(&words),
            };
            refused(problem, status_of(&kind)).await
        }
        Err(unavailable) => Err(unavailable.into()),
    }
}

/// What is left, if something is.
fn exclusion(typed: &crate::fields::Values) -> Result<Option<Value>, Problem> {
    let Some(exemption) = typed.given("exemption") else {
        return Ok(None);
    };
    let mut exclusion = json!({"exemption": exemption});
    for field in ["source", "reference"] {
        if let Some(value) = typed.given(field) {
            exclusion[field] = json!(value);
        }
    }
    for field in ["from", "to"] {
        let day = typed.day(field).map_err(|wrong| Problem {
            field: format!("{field}-day"),
            words: words::sentence(&wrong.to_string()),
        })?;
        if let Some(day) = day {
            exclusion[field] = json!(day);
        }
    }
    Ok(Some(exclusion))
}

/// The form that plans it.
async fn asked(visit: &Visit<'_>, problems: &[Problem]) -> Result<Vec<Block>, Stop> {
    let base = format!("/desk/cases/{}", visit.part("case"));
    let Some(person) = visit.person().await? else {
        return Ok(vec![
            Block::Text("Find the person first.".to_owned()),
            Block::Link(Link::new(
                "Find the person",
                format!("{base}/person?kind=erasure"),
            )),
        ]);
    };
    let typed = visit.typed();
    let fields = vec![
        Field::one("ground", "On which ground?", &typed, GROUNDS).among(problems),
        Field::one(
            "exemption",
            "Is something left, and why?",
            &typed,
            EXEMPTIONS,
        ),
        Field::line(
            "source",
            "Left: from which source? (if something is)",
            &typed,
            20,
        )
        .hint("Such as complaints"),
        Field::line("reference", "Left: which record?", &typed, 20)
            .hint("Its reference, such as K7M2PX9T"),
        Field::day("from", "Left: collected from", &typed).among(problems),
        Field::day("to", "Left: collected to", &typed).among(problems),
    ];
    Ok(vec![
        Block::Inset("A plan deletes nothing. It counts what would be deleted.".to_owned()),
        form(
            visit,
            visit.path,
            vec![person.hidden(&visit.open.secret)],
            fields,
            "Plan it",
            Look::Main,
        ),
    ])
}

fn form(
    visit: &Visit<'_>,
    to: &str,
    hidden: Vec<(String, String)>,
    fields: Vec<Field>,
    words: &str,
    look: Look,
) -> Block {
    Block::Form(Form {
        to: to.to_owned(),
        token: visit.open.secret.form_token(to),
        hidden,
        fields,
        buttons: vec![Button::main(words).looking(look)],
        is_search: false,
    })
}

/// A plan: what goes, what stays and why, what comes first.
fn planned(visit: &Visit<'_>, status: &Value) -> Vec<Block> {
    let plan = &status["plan"];
    let by = status["planned_by"].as_str().unwrap_or_default();
    let mut blocks = vec![
        Block::Warning("Nothing has been deleted yet.".to_owned()),
        Block::Summary(vec![
            Fact::new("Planned by", by.to_uppercase()),
            Fact::new(
                "Planned",
                words::time(status["planned_at"].as_str().unwrap_or_default()),
            ),
            Fact::new(
                "Ground",
                words::label(GROUNDS, status["ground"].as_str().unwrap_or_default()),
            ),
        ]),
        months("What goes, by source and month", &plan["records"]),
        months("What stays", &plan["left"]),
    ];
    let counted = [
        ("links", "Links"),
        ("profiles", "Profiles"),
        ("packages", "Copies that were made"),
        ("quarantined", "Rows that could not be read"),
        ("unreadable", "Files that nobody can look into"),
    ];
    let mut facts: Vec<Fact> = counted
        .iter()
        .filter_map(|(field, name)| {
            let count = plan[*field].as_u64().filter(|count| *count > 0)?;
            Some(Fact::new(*name, count.to_string()))
        })
        .collect();
    for (processor, count) in plan["custody"].as_object().into_iter().flatten() {
        let name = format!("Copies known at {}", words::plain(processor));
        facts.push(Fact::new(name, count.to_string()));
    }
    let first = [
        ("access_first", "Comes first: copies that they asked for"),
        ("holds", "Is on hold"),
        ("open_requests", "Other requests of theirs"),
    ];
    for (field, name) in first {
        let all = plan[field].as_array().into_iter().flatten();
        let all: Vec<String> = all.map(named).collect();
        if !all.is_empty() {
            facts.push(Fact::of(name, all));
        }
    }
    if !facts.is_empty() {
        blocks.push(Block::Summary(facts));
    }
    blocks.push(Block::Text(
        "All processors are asked to erase, whether they are known to have a copy or not."
            .to_owned(),
    ));
    blocks.push(Block::Link(Link::new(
        "Approve this erasure",
        format!("{}/approve", visit.path),
    )));
    blocks
}

/// A request in a list of a plan.
fn named(one: &Value) -> String {
    one.as_str()
        .or(one["request_id"].as_str())
        .map_or_else(|| one.to_string(), str::to_owned)
}

/// Counts by source and month.
fn months(caption: &str, counts: &Value) -> Block {
    let rows = counts.as_object().into_iter().flatten();
    let rows = rows.flat_map(|(source, months)| {
        months
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(month, count)| {
                vec![
                    Cell::text(words::plain(source)),
                    Cell::text(month.as_str()),
                    Cell::text(count.to_string()),
                ]
            })
    });
    Block::Table(Table {
        caption: caption.to_owned(),
        head: vec!["Source", "Month", "Records"],
        rows: rows.collect(),
        empty: if caption.starts_with("What goes") {
            "No record goes."
        } else {
            "No record stays."
        },
    })
}
