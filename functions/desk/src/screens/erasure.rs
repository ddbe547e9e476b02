//! An erasure: planned, looked at, approved by somebody else, and followed to its certificate.

use super::{case, person};
use crate::orders::{Refused, To};
use crate::respond;
use crate::view::{Block, Button, Cell, Fact, Field, Form, Link, Look, Problem, Screen, Table};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words::{self, Choices};
use custodian_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use custodian_web::http::{NEVER_CACHED, Response, StatusCode, typed};
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
            screen.blocks = places(visit, &status);
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
    if visit.person().await?.is_none() {
        return Ok(vec![
            Block::Text("Find the person first.".to_owned()),
            Block::Link(Link::new(
                "Find the person",
                format!("{base}/person?kind=erasure"),
            )),
        ]);
    }
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
        form(visit, visit.path, Vec::new(), fields, "Plan it", Look::Main),
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

/// The places, each with its state, and what can be done.
fn places(visit: &Visit<'_>, status: &Value) -> Vec<Block> {
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

/// The approval, on a page of its own: by somebody who has proved just now who they are.
pub(crate) async fn approve(visit: &Visit<'_>) -> Answer {
    let Some(status) = status(visit).await? else {
        return Err(Stop::NotFound);
    };
    let case = visit.part("case");
    let back = format!("/desk/cases/{case}/erasure");
    if status["status"] != json!("planned") {
        return Ok(respond::go(&back));
    }
    if !visit.open.is_recent(visit.now) {
        return Ok(sign_in_again(visit, &back));
    }
    let Some(sent) = &visit.sent else {
        return Ok(visit.show(&approving(visit, &status, &back, &[])));
    };
    let refused = |problem: Problem, code: StatusCode| {
        let screen = approving(visit, &status, &back, std::slice::from_ref(&problem));
        Ok(visit.again(screen, vec![problem], code))
    };
    if sent.values.get("reference") != request(visit) {
        let problem = Problem {
            field: "reference".to_owned(),
            words: format!("Type {} to approve it", request(visit)),
        };
        return refused(problem, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut order = json!({
        "order": "approve", "request_id": request(visit), "case_id": case,
        "hash": sent.values.get("hash"), "approved_by": visit.open.staff(),
    });
    if let Some(reason) = sent.values.given("single_handed_reason") {
        order["single_handed_reason"] = json!(reason);
    }
    if let Ok(Some(day)) = sent.values.day("person_agreed_on") {
        order["person_agreed_on"] = json!(day);
    }
    match visit.desk.orders.give(To::Requests, &order).await {
        Ok(_) => Ok(respond::go(&back)),
        Err(Refused::Order { kind, words }) => {
            let field = if kind == "SingleHanded" {
                "single_handed_reason"
            } else {
                ""
            };
            let problem = Problem {
                field: field.to_owned(),
                words: words::sentence(&words),
            };
            refused(problem, status_of(&kind))
        }
        Err(unavailable) => Err(unavailable.into()),
    }
}

/// Whoever approves proves first who they are.
fn sign_in_again(visit: &Visit<'_>, back: &str) -> Response {
    let next = crate::sign_in::next_query(visit.path);
    let mut screen = case::screen(visit, "Sign in again to approve");
    screen.tabs = Vec::new();
    screen.blocks = vec![
        Block::Text(
            "An approval deletes for good, so it is given by somebody who has just signed in: 15 minutes ago at most."
                .to_owned(),
        ),
        Block::Link(Link::new(
            "Sign in again",
            format!("/desk/sign-in?again=1&{next}"),
        )),
        Block::Link(Link::new("Back to the plan", back)),
    ];
    visit.show(&screen)
}

fn approving(visit: &Visit<'_>, status: &Value, back: &str, problems: &[Problem]) -> Screen {
    let records = status["plan"]["records"].as_object().into_iter().flatten();
    let months = records.filter_map(|(_, months)| months.as_object());
    let count: u64 = months
        .flat_map(|months| months.values())
        .filter_map(Value::as_u64)
        .sum();
    let planner = status["planned_by"].as_str().unwrap_or_default();
    let typed = visit.typed();
    let mut fields = Vec::new();
    if planner.eq_ignore_ascii_case(visit.open.staff().as_str()) {
        fields.push(
            Field::line(
                "single_handed_reason",
                "You planned it yourself. Why can nobody else approve it?",
                &typed,
                20,
            )
            .hint("Say nothing about the person.")
            .among(problems),
        );
    }
    if status["plan"]["restrictions"].is_array() {
        fields.push(Field::day(
            "person_agreed_on",
            "The person opposed erasure. When did they agree?",
            &typed,
        ));
    }
    fields.push(
        Field::line(
            "reference",
            &format!("Type {} to approve it", request(visit)),
            &typed,
            20,
        )
        .among(problems),
    );
    let hash = status["hash"].as_str().unwrap_or_default().to_owned();
    let mut screen = case::screen(visit, "Approve this erasure");
    screen.tabs = Vec::new();
    screen.back = Some(Link::new("Back to the plan", back));
    screen.blocks = vec![
        Block::Warning(format!(
            "This deletes {} for good, everywhere, and asks every processor to do the same. It cannot be undone.",
            if count == 1 {
                "1 record".to_owned()
            } else {
                format!("{count} records")
            }
        )),
        Block::Summary(vec![Fact::new("Planned by", planner.to_uppercase())]),
        form(
            visit,
            visit.path,
            vec![("hash".to_owned(), hash)],
            fields,
            "Approve it, and delete",
            Look::Warning,
        ),
    ];
    screen
}
