//! The register of breaches: who was told what within the 72 hours, and whom it affects.

use crate::breach_forms::{self, REGISTER};
use crate::order_form::OrderForm;
use crate::orders::{Refused, To};
use crate::respond;
use crate::view::{Block, Button, Cell, Fact, Form, Happened, Link, Look, Problem, Screen, Table};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words;
use custodian_web::http::{Response, StatusCode};
use serde_json::{Value, json};

/// How often a page goes on with a count before it shows how far it came.
const TIMES: usize = 5;

/// The breaches that are open, the first due at the top, and how one is registered.
pub(crate) async fn list(visit: &Visit<'_>) -> Answer {
    let mut order = json!({"order": "breach_list"});
    for field in ["closed_in", "after"] {
        if let Some(value) = visit.query.given(field) {
            order[field] = json!(value);
        }
    }
    let listed = visit.give(To::Requests, order).await?;
    let rows = listed["breaches"].as_array().into_iter().flatten().map(row);
    let mut blocks = vec![
        Block::Link(Link::new("Register a breach", "/desk/breaches/register")),
        Block::Table(Table {
            caption: "Breaches, the first due at the top".to_owned(),
            head: vec![
                "Reference",
                "Tell the Commissioner by",
                "State",
                "About how many people",
            ],
            rows: rows.collect(),
            empty: "No breach is open.",
        }),
    ];
    if let Some(after) = listed["after"].as_str() {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("after", after)
            .finish();
        let next = format!("{}?{query}", visit.path);
        blocks.push(Block::Link(Link::new("Next page", next)));
    }
    Ok(visit.show(&Screen {
        title: "Breaches".to_owned(),
        blocks,
        ..Screen::default()
    }))
}

fn row(breach: &Value) -> Vec<Cell> {
    let id = breach["breach_id"].as_str().unwrap_or_default();
    let people = breach["about_people"].as_u64();
    vec![
        Cell::Link(Link::new(id, format!("/desk/breaches/{id}"))),
        Cell::text(hours(&breach["clock"])),
        Cell::Tag(words::plain(breach["state"].as_str().unwrap_or_default())),
        Cell::text(people.map_or_else(|| "Not known yet".to_owned(), |count| count.to_string())),
    ]
}

/// The 72 hours in words.
pub(crate) fn hours(clock: &Value) -> String {
    let due = clock["due_in_words"].as_str().unwrap_or_default();
    match clock["hours_left"].as_i64() {
        None => "Told, or need not be told".to_owned(),
        Some(_) if clock["late"] == json!(true) => format!("{due} (overdue)"),
        Some(left) => format!("{due} ({left} hours left)"),
    }
}

/// Registers one.
pub(crate) async fn register(visit: &Visit<'_>) -> Answer {
    let Some(sent) = &visit.sent else {
        return Ok(visit.show(&form_screen(visit, &REGISTER, "", "", &[])));
    };
    let id = format!("B-{}-{}", visit.today().format("%Y"), &sent.id[..8]);
    give(visit, &REGISTER, &id, "").await
}

/// One breach: its hours, what is known, and what can be done.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let breach = find(visit).await?;
    let id = visit.part("breach");
    let base = format!("/desk/breaches/{id}");
    let text = |field: &str| breach[field].as_str().unwrap_or_default();
    let clock = &breach["clock"];
    let mut facts = vec![
        Fact::new("State", words::plain(text("state"))),
        Fact::new("Tell the Commissioner by", hours(clock)),
        Fact::of(
            "How we worked this out",
            clock["working"]
                .as_str()
                .unwrap_or_default()
                .split("; ")
                .map(words::sentence)
                .collect(),
        ),
        Fact::new("How it became known", words::plain(text("how"))),
    ];
    for (field, value) in breach["scope"].as_object().into_iter().flatten() {
        let lines = said(value);
        if !lines.is_empty() {
            facts.push(Fact::of(words::plain(field), lines));
        }
    }
    let mut blocks = Vec::new();
    if breach["must_tell_people"] == json!(true) {
        blocks.push(Block::Warning(
            "The risk is high: the people have to be told.".to_owned(),
        ));
    }
    blocks.push(Block::Summary(facts));
    blocks.push(Block::Heading("What can be done".to_owned()));
    if text("state") != "closed" {
        let links = breach_forms::ALL.iter();
        let links = links.map(|form| Link::new(form.title, format!("{base}/do/{}", form.name)));
        blocks.push(Block::Tasks("Enter".to_owned(), links.collect()));
    }
    blocks.push(Block::Tasks(
        "See".to_owned(),
        vec![
            Link::new("The Commissioner’s form, filled in", format!("{base}/form")),
            Link::new(
                "Who is affected: count and list",
                format!("{base}/affected"),
            ),
        ],
    ));
    let entries = breach["history"].as_array().into_iter().flatten().rev();
    blocks.push(Block::Heading("History".to_owned()));
    blocks.push(Block::Timeline(entries.map(happened).collect()));
    let mut screen = screen(visit, "Overview");
    screen.back = Some(Link::new("Back to all breaches", "/desk/breaches"));
    screen.blocks = blocks;
    Ok(visit.show(&screen))
}

async fn find(visit: &Visit<'_>) -> Result<Value, Stop> {
    let order = json!({"order": "breach", "breach_id": visit.part("breach")});
    Ok(visit.give(To::Requests, order).await?)
}

fn screen(visit: &Visit<'_>, title: &str) -> Screen {
    let id = visit.part("breach");
    let done = visit.query.given("done").and_then(|name| {
        let form = breach_forms::named(name).or((name == REGISTER.name).then_some(&REGISTER));
        form.map(|form| form.done.to_owned())
    });
    Screen {
        title: title.to_owned(),
        caption: format!("Breach {id}"),
        back: Some(Link::new(
            "Back to the breach",
            format!("/desk/breaches/{id}"),
        )),
        done,
        ..Screen::default()
    }
}

/// What a value says, one line each.
fn said(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![spoken(text)],
        Value::Bool(yes) => vec![if *yes { "Yes" } else { "No" }.to_owned()],
        Value::Array(all) => all.iter().flat_map(said).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{}: {}", words::plain(name), said(value).join(", ")))
            .collect(),
        Value::Number(number) => vec![number.to_string()],
    }
}

/// A day, a time or a word, as people read it.
fn spoken(text: &str) -> String {
    let day = words::day(text);
    if day != text {
        return day;
    }
    let time = words::time(text);
    if time == text {
        words::plain(text)
    } else {
        time
    }
}

fn happened(entry: &Value) -> Happened {
    let event = &entry["event"];
    let facts = event.as_object().into_iter().flatten();
    let facts = facts.filter(|(name, _)| *name != "name");
    let facts = facts.map(|(name, value)| {
        let value = said(value).join(", ");
        format!("{}: {value}", words::plain(name))
    });
    Happened {
        what: words::plain(event["name"].as_str().unwrap_or_default()),
        when: words::time(entry["at"].as_str().unwrap_or_default()),
        by: entry["by"].as_str().unwrap_or_default().to_uppercase(),
        more: facts.collect(),
    }
}

/// Any form about a breach.
pub(crate) async fn form(visit: &Visit<'_>) -> Answer {
    let form = breach_forms::named(visit.part("form")).ok_or(Stop::NotFound)?;
    let id = visit.part("breach").to_owned();
    let Some(sent) = &visit.sent else {
        let revision = find(visit).await?["revision"].to_string();
        return Ok(visit.show(&form_screen(visit, form, &id, &revision, &[])));
    };
    let revision = sent.values.get("revision").to_owned();
    give(visit, form, &id, &revision).await
}

async fn give(visit: &Visit<'_>, form: &OrderForm, id: &str, revision: &str) -> Answer {
    let Some(sent) = &visit.sent else {
        return Err(Stop::NotFound);
    };
    let shown = |problems: Vec<Problem>, status: StatusCode| -> Response {
        let screen = form_screen(visit, form, id, revision, &problems);
        visit.again(screen, problems, status)
    };
    let mut order = match form.read(&sent.values) {
        Ok(order) => Value::Object(order),
        Err(problems) => return Ok(shown(problems, StatusCode::UNPROCESSABLE_ENTITY)),
    };
    order["breach_id"] = json!(id);
    order["event_id"] = json!(sent.id);
    if let Ok(seen) = revision.parse::<u64>() {
        order["revision"] = json!(seen);
    }
    match visit.give(To::Requests, order).await {
        Ok(_) => Ok(respond::go(&format!(
            "/desk/breaches/{id}?done={}",
            form.name
        ))),
        Err(Refused::Order { kind, words }) if !kind.starts_with("Unknown") => {
            Ok(shown(vec![form.refused(&words)], status_of(&kind)))
        }
        Err(other) => Err(other.into()),
    }
}

fn form_screen(
    visit: &Visit<'_>,
    form: &OrderForm,
    id: &str,
    revision: &str,
    problems: &[Problem],
) -> Screen {
    let mut blocks: Vec<Block> = form
        .lead
        .iter()
        .map(|words| Block::Text((*words).to_owned()))
        .collect();
    blocks.push(Block::Form(Form {
        to: visit.path.to_owned(),
        token: visit.token(),
        hidden: vec![("revision".to_owned(), revision.to_owned())],
        fields: form.fields_as_typed(&visit.typed(), problems),
        buttons: vec![Button::main(form.button).looking(form.look)],
        is_search: false,
    }));
    let (caption, back) = if visit.part("breach").is_empty() {
        (
            String::new(),
            Link::new("Back to all breaches", "/desk/breaches"),
        )
    } else {
        let back = Link::new("Back to the breach", format!("/desk/breaches/{id}"));
        (format!("Breach {id}"), back)
    };
    Screen {
        title: form.title.to_owned(),
        caption,
        back: Some(back),
        blocks,
        ..Screen::default()
    }
}

/// The Commissioner's form, as text to copy.
pub(crate) async fn commissioners_form(visit: &Visit<'_>) -> Answer {
    let order = json!({"order": "breach_form", "breach_id": visit.part("breach")});
    let form = visit.give(To::Requests, order).await?;
    let label = "The Commissioner’s form";
    let mut screen = screen(visit, label);
    screen.blocks = vec![
        Block::Text(
            "The answers in the order of the form. What was not entered is not known yet."
                .to_owned(),
        ),
        Block::Copy {
            label: label.to_owned(),
            text: form["text"].as_str().unwrap_or_default().to_owned(),
        },
    ];
    Ok(visit.show(&screen))
}

/// Counts the affected, or lists them: only on a button, because it is a look.
pub(crate) async fn affected(visit: &Visit<'_>) -> Answer {
    let mut screen = screen(visit, "Who is affected");
    let Some(sent) = &visit.sent else {
        screen.blocks = affected_forms(visit, &Value::Null);
        return Ok(visit.show(&screen));
    };
    let is_list = sent.values.get("act") == "list";
    let name = if is_list {
        "breach_affected"
    } else {
        "breach_count"
    };
    let mut order = json!({"order": name, "breach_id": visit.part("breach")});
    if let Some(after) = sent.values.given("after") {
        order["after"] = json!(after);
    }
    let found = match gone_through(visit, order).await {
        Ok(found) => found,
        Err(Refused::Order { kind, words }) if !kind.starts_with("Unknown") => {
            let problem = Problem {
                field: String::new(),
                words: words::sentence(&words),
            };
            screen.blocks = affected_forms(visit, &Value::Null);
            return Ok(visit.again(screen, vec![problem], status_of(&kind)));
        }
        Err(other) => return Err(other.into()),
    };
    if is_list {
        let people = found["people"].as_array().into_iter().flatten();
        screen.blocks.push(Block::Table(Table {
            caption: "Who is affected, masked".to_owned(),
            head: vec!["Record", "Known by", "Records", "From", "Collected"],
            rows: people.map(affected_row).collect(),
            empty: "Nobody is, on this page.",
        }));
    } else {
        let count = |field: &str| found[field].to_string();
        screen.blocks.push(Block::Summary(vec![
            Fact::new("People", count("people")),
            Fact::new("Of these known by a reference only", count("anonymous")),
            Fact::new("Records", count("records")),
            Fact::new(
                "Counted to the end",
                if found["complete"] == json!(true) {
                    "Yes"
                } else {
                    "No, there is more: go on counting"
                },
            ),
        ]));
    }
    screen.blocks.extend(affected_forms(visit, &found["after"]));
    Ok(visit.show(&screen))
}

/// The answer to an order that goes through records some at a time: it goes on from where it came,
/// until it has something to show, it is through, or a person has waited long enough.
async fn gone_through(visit: &Visit<'_>, mut order: Value) -> Result<Value, Refused> {
    for _ in 0..TIMES {
        let found = visit.give(To::Requests, order.clone()).await?;
        let is_shown = found["people"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        if is_shown || found["after"].is_null() {
            return Ok(found);
        }
        order["after"] = found["after"].clone();
    }
    visit.give(To::Requests, order).await
}

fn affected_row(person: &Value) -> Vec<Cell> {
    let known = person["identifiers"].as_array().into_iter().flatten();
    let known: Vec<String> = known
        .filter_map(|one| one.as_str().or(one["identifier"].as_str()))
        .map(words::masked)
        .collect();
    vec![
        Cell::text(person["record"].as_str().unwrap_or_default()),
        Cell::text(known.join("; ")),
        Cell::text(person["records"].to_string()),
        Cell::text(said(&person["sources"]).join(", ")),
        Cell::text(words::time(
            person["collected_at"].as_str().unwrap_or_default(),
        )),
    ]
}

fn affected_forms(visit: &Visit<'_>, after: &Value) -> Vec<Block> {
    let form = |act: &str, words: &str, look: Look| {
        let mut hidden = vec![("act".to_owned(), act.to_owned())];
        if let Some(after) = after.as_str() {
            hidden.push(("after".to_owned(), after.to_owned()));
        }
        Block::Form(Form {
            to: visit.path.to_owned(),
            token: visit.token(),
            hidden,
            buttons: vec![Button::main(words).looking(look)],
            ..Form::default()
        })
    };
    let is_more = after.is_string();
    vec![
        Block::Inset(
            "Whom a breach affects is looked up anew each time, and that you looked is recorded. The register keeps no list."
                .to_owned(),
        ),
        form("count", if is_more { "Go on counting" } else { "Count them" }, Look::Main),
        form("list", if is_more { "Show more of them" } else { "List them, masked" }, Look::Second),
    ]
}
