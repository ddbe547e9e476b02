//! One record: looked at, corrected, or given a statement.

use super::{case, person};
use crate::orders::{Refused, To};
use crate::person::Person;
use crate::respond;
use crate::view::{Block, Button, Fact, Field, Form, Link, Problem, Screen};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words;
use custodian_web::http::{Response, StatusCode};
use serde_json::{Value, json};

/// The longest statement, in characters.
const STATEMENT: usize = 1_250;

/// Asks before it shows a record, and shows it.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let person = match person::needed(visit).await? {
        Ok(person) => person,
        Err(page) => return Ok(page),
    };
    let reference = visit.part("record").to_owned();
    let mut screen = case::screen(visit, &format!("Record {reference}"));
    if visit.sent.is_none() {
        screen.blocks = vec![
            Block::Inset(
                "Your looking is recorded before you see anything. The person is told when and why somebody looked, and \
                 not who."
                    .to_owned(),
            ),
            form(visit, &person, Vec::new(), Vec::new(), "Look at this record"),
        ];
        return Ok(visit.show(&screen));
    }
    let record = look(visit, &person).await?;
    screen.blocks = shown(visit, &person, &record);
    Ok(visit.show(&screen))
}

/// Corrects one field, or shows what it says now.
pub(crate) async fn correct(visit: &Visit<'_>) -> Answer {
    let person = match person::needed(visit).await? {
        Ok(person) => person,
        Err(page) => return Ok(page),
    };
    let Some(sent) = &visit.sent else {
        return Ok(respond::go(&record_path(visit)));
    };
    let field = sent.values.get("field").to_owned();
    if field.is_empty() {
        let mut screen = case::screen(visit, "Choose which field is wrong");
        screen.blocks = vec![Block::Link(Link::new(
            "Look at the record again",
            format!("{}?kind={}", record_path(visit), person::kind(visit)),
        ))];
        return Ok(visit.show_with(&screen, StatusCode::UNPROCESSABLE_ENTITY));
    }
    if sent.values.get("save") != "yes" {
        let record = look(visit, &person).await?;
        return Ok(visit.show(&correction(visit, &person, &record, &field, &[])));
    }
    let mut order = order(visit, &person, "correct");
    order["version"] = json!(sent.values.get("version"));
    order["changes"] = json!({&field: value(&sent.values, &field)});
    match visit.give(To::Requests, order).await {
        Ok(done) => Ok(visit.show(&corrected(visit, &done))),
        Err(Refused::Order { kind, words }) => {
            let record = look(visit, &person).await?;
            let problem = Problem {
                field: "value".to_owned(),
                words: words::sentence(&words),
            };
            let screen = correction(
                visit,
                &person,
                &record,
                &field,
                std::slice::from_ref(&problem),
            );
            Ok(visit.again(screen, vec![problem], status_of(&kind)))
        }
        Err(unavailable) => Err(unavailable.into()),
    }
}

/// Attaches the person's own words to a record.
pub(crate) async fn statement(visit: &Visit<'_>) -> Answer {
    let person = match person::needed(visit).await? {
        Ok(person) => person,
        Err(page) => return Ok(page),
    };
    let Some(sent) = &visit.sent else {
        return Ok(visit.show(&stating(visit, &person, &[])));
    };
    let Some(text) = sent.values.given("text") else {
        let problem = Problem {
            field: "text".to_owned(),
            words: "Enter what the person says".to_owned(),
        };
        return Ok(again(
            visit,
            &person,
            problem,
            StatusCode::UNPROCESSABLE_ENTITY,
        ));
    };
    let mut order = order(visit, &person, "state");
    order["text"] = json!(text);
    match visit.give(To::Requests, order).await {
        Ok(done) => Ok(visit.show(&corrected(visit, &done))),
        Err(Refused::Order { kind, words }) => {
            let problem = Problem {
                field: "text".to_owned(),
                words: words::sentence(&words),
            };
            Ok(again(visit, &person, problem, status_of(&kind)))
        }
        Err(unavailable) => Err(unavailable.into()),
    }
}

fn again(visit: &Visit<'_>, person: &Person, problem: Problem, status: StatusCode) -> Response {
    let screen = stating(visit, person, std::slice::from_ref(&problem));
    visit.again(screen, vec![problem], status)
}

fn record_path(visit: &Visit<'_>) -> String {
    let (case, record) = (visit.part("case"), visit.part("record"));
    format!("/desk/cases/{case}/records/{record}")
}

/// What every form about a record carries: whom its page was about, and for which request.
fn about(visit: &Visit<'_>, person: &Person) -> Vec<(String, String)> {
    vec![
        person.hidden(&visit.open.secret),
        ("kind".to_owned(), person::kind(visit)),
    ]
}

/// An order about this record.
fn order(visit: &Visit<'_>, person: &Person, name: &str) -> Value {
    let case = visit.part("case");
    // A look is for the request that somebody works on; what is corrected is a step of another.
    let kind = if name == "look" {
        person::kind(visit)
    } else {
        "rectification".to_owned()
    };
    let mut order = json!({
        "order": name, "record": visit.part("record"), "request_id": format!("{case}-{kind}"),
        "case_id": case,
    });
    person.add_to(&mut order);
    order
}

async fn look(visit: &Visit<'_>, person: &Person) -> Result<Value, Stop> {
    let order = order(visit, person, "look");
    Ok(visit.give(To::Requests, order).await?)
}

fn form(
    visit: &Visit<'_>,
    person: &Person,
    mut hidden: Vec<(String, String)>,
    fields: Vec<Field>,
    words: &str,
) -> Block {
    hidden.extend(about(visit, person));
    Block::Form(Form {
        to: visit.path.to_owned(),
        token: visit.token(),
        hidden,
        fields,
        buttons: vec![Button::main(words)],
        is_search: false,
    })
}

/// A record with what it says.
fn shown(visit: &Visit<'_>, person: &Person, record: &Value) -> Vec<Block> {
    let text = |field: &str| record[field].as_str().unwrap_or_default();
    let yes = |field: &str| {
        if record[field] == json!(true) {
            "Yes"
        } else {
            "No"
        }
    };
    let mut facts = vec![
        Fact::new("From", words::plain(text("source"))),
        Fact::new("Collected", words::time(text("collected_at"))),
        Fact::new("Kept until", words::time(text("kept_until"))),
        Fact::new("On hold", yes("on_hold")),
        Fact::new("Restricted", yes("restricted")),
    ];
    if let Some(words) = record["statement"]
        .as_str()
        .or(record["statement"]["text"].as_str())
    {
        facts.push(Fact::of("Statement", lines(words)));
    }
    let fields = record["fields"].as_object();
    let says = fields.into_iter().flatten().map(|(name, value)| {
        let since = record["corrected"][name.as_str()].as_str();
        let mut said = lines(&spoken(value));
        said.extend(since.map(|since| format!("Corrected {}", words::time(since))));
        Fact::of(label(name), said)
    });
    let names: Vec<(String, String)> = fields
        .into_iter()
        .flatten()
        .map(|(name, _)| (name.clone(), label(name)))
        .collect();
    let names: Vec<(&str, &str)> = names
        .iter()
        .map(|(name, label)| (name.as_str(), label.as_str()))
        .collect();
    let to = record_path(visit);
    let correct = format!("{to}/correct");
    let values = crate::fields::Values::default();
    vec![
        Block::Summary(facts),
        Block::Heading("What it says".to_owned()),
        Block::Summary(says.collect()),
        Block::Heading("Correct something".to_owned()),
        Block::Form(Form {
            to: correct.clone(),
            token: visit.open.secret.form_token(&correct),
            hidden: about(visit, person),
            fields: vec![Field::one(
                "field",
                "Which field is wrong?",
                &values,
                &names,
            )],
            buttons: vec![Button::main("Continue")],
            ..Form::default()
        }),
        Block::Link(Link::new(
            "Attach a statement of the person instead",
            format!("{to}/statement?kind={}", person::kind(visit)),
        )),
    ]
}

/// What a field says, as people read it.
fn spoken(value: &Value) -> String {
    match value {
        Value::Null => "Nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Array(all) => all.iter().map(spoken).collect::<Vec<_>>().join("\n"),
        // A whole number is said without its point.
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |number| number.to_string()),
        Value::Object(_) => String::new(),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The name of a field as people read it: `contact.email` is "Email", and `answers.site` is
/// "Answer: site".
fn label(field: &str) -> String {
    match field.split_once('.') {
        Some(("answers", question)) => format!("Answer: {}", words::plain(question).to_lowercase()),
        Some((_, name)) => words::plain(name),
        None => words::plain(field),
    }
}

fn correction(
    visit: &Visit<'_>,
    person: &Person,
    record: &Value,
    field: &str,
    problems: &[Problem],
) -> Screen {
    let typed = visit.typed();
    let now = &record["fields"][field];
    let mut values = typed.clone();
    if !problems.is_empty() || typed.get("save") == "yes" {
        // What was typed stays.
    } else {
        values.set(
            "value",
            if now.is_null() {
                String::new()
            } else {
                spoken(now)
            },
        );
    }
    let mut screen = case::screen(visit, &format!("Correct: {}", label(field).to_lowercase()));
    screen.back = Some(Link::new("Back to the record", record_path(visit)));
    let hidden = vec![
        ("field".to_owned(), field.to_owned()),
        ("save".to_owned(), "yes".to_owned()),
        (
            "version".to_owned(),
            record["version"].as_str().unwrap_or_default().to_owned(),
        ),
        ("value_kind".to_owned(), kind_of(now).to_owned()),
    ];
    screen.blocks = vec![
        Block::Summary(vec![Fact::of("It says now", lines(&spoken(now)))]),
        Block::Warning(
            "What it says now will not be kept. Packages that may have it end, and others have to be made.".to_owned(),
        ),
        form(
            visit,
            person,
            hidden,
            vec![
                Field::area("value", "What should it say?", &values, 10_000)
                    .hint("Leave it empty if there is nothing to say. A list has one entry a line.")
                    .among(problems),
            ],
            "Correct it",
        ),
    ];
    screen
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        Value::Array(_) => "list",
        _ => "text",
    }
}

/// What was typed, as the kind of value that the field had.
fn value(values: &crate::fields::Values, field: &str) -> Value {
    let text = values.get("value");
    let is_number = ["satisfaction", "details.stars"].contains(&field);
    match values.get("value_kind") {
        _ if text.is_empty() => Value::Null,
        "number" => number(text),
        _ if is_number => number(text),
        "bool" => match text.to_lowercase().as_str() {
            "yes" | "true" => json!(true),
            "no" | "false" => json!(false),
            _ => json!(text),
        },
        "list" => json!(text.lines().collect::<Vec<_>>()),
        _ if field == "details.themes" => json!(text.lines().collect::<Vec<_>>()),
        _ => json!(text),
    }
}

fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| json!(text), |number| json!(number))
}

/// What was done, and until when copies that nobody can reach into have the old value.
fn corrected(visit: &Visit<'_>, done: &Value) -> Screen {
    let text = |field: &str| done[field].as_str().unwrap_or_default();
    let packages = done["packages_ended"].as_array().into_iter().flatten();
    let packages: Vec<String> = packages
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let mut facts = vec![
        Fact::new("Record", text("record")),
        Fact::new(
            "Moved to another holder",
            if done["moved"] == json!(true) {
                "Yes"
            } else {
                "No"
            },
        ),
        Fact::new(
            "The table’s stream has the old value until",
            words::time(text("stream_clear_at")),
        ),
        Fact::new(
            "Backups have it until",
            words::day(text("backups_clear_on")),
        ),
    ];
    if !packages.is_empty() {
        facts.push(Fact::of("Packages that ended: make others", packages));
    }
    let mut screen = case::screen(visit, "It is done");
    screen.blocks = vec![
        Block::Summary(facts),
        Block::Text(
            "Nobody can reach into the stream or the backups. Now have everybody who had the data told, and tell the \
             person.".to_owned(),
        ),
        Block::Link(Link::new("Look at the record", record_path(visit))),
        Block::Link(Link::new(
            "Back to the case",
            format!("/desk/cases/{}", visit.part("case")),
        )),
    ];
    screen
}

fn stating(visit: &Visit<'_>, person: &Person, problems: &[Problem]) -> Screen {
    let mut screen = case::screen(visit, "Attach a statement");
    screen.back = Some(Link::new("Back to the record", record_path(visit)));
    screen.blocks = vec![
        Block::Text(
            "The person’s own words, beside a record that stays as it is. They are part of every copy that has the \
             record, and are deleted with it. Another statement replaces this one."
                .to_owned(),
        ),
        form(
            visit,
            person,
            Vec::new(),
            vec![
                Field::area("text", "What does the person say?", &visit.typed(), STATEMENT)
                    .hint("Up to 1,250 characters")
                    .among(problems),
            ],
            "Attach it",
        ),
    ];
    screen
}
