//! Finding the person whom a case is about: what we hold of them, record by record and masked, and
//! the links that somebody has to decide on.

use super::case;
use crate::orders::{Refused, To};
use crate::person::{KINDS, Person, WHO};
use crate::respond;
use crate::view::{Block, Button, Cell, Field, Form, Link, Look, Problem, Screen, Table};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words::{self, Choices};
use custodian_web::http::{Response, StatusCode};
use serde_json::{Value, json};

const DECISIONS: Choices = &[
    ("same", "The same person"),
    ("other", "Somebody else"),
    ("", "Not decided yet"),
];

/// Shows the form, searches, or enters that it is this person.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let kind = kind(visit);
    let Some(sent) = &visit.sent else {
        case::find(visit).await?;
        let person = visit.person().await?.unwrap_or_default();
        return Ok(visit.show(&asked(visit, &person, &[])));
    };
    let typed = Person::typed(&sent.values);
    if typed.is_none() && sent.values.given(WHO).is_some() {
        match needed(visit).await? {
            Ok(_) => {}
            Err(page) => return Ok(page),
        }
    }
    let Some(mut person) = typed.or(visit.person().await?) else {
        let problem = Problem {
            field: "emails".to_owned(),
            words: "Enter at least one address, number or reference".to_owned(),
        };
        let screen = asked(visit, &Person::default(), std::slice::from_ref(&problem));
        return Ok(visit.again(screen, vec![problem], StatusCode::UNPROCESSABLE_ENTITY));
    };
    person = person.deciding(&sent.values);
    match visit.desk.may_search(visit.open.staff(), visit.now).await {
        Ok(Ok(())) => {}
        Ok(Err(too_many)) => return Ok(searched_too_often(visit, too_many.wait.num_minutes() + 1)),
        Err(error) => {
            tracing::error!(error = %error, outcome = "unavailable", "search");
            return Err(Refused::Unavailable.into());
        }
    }
    let request = format!("{}-{kind}", visit.part("case"));
    let mut order = json!({
        "order": "find", "request_id": request, "case_id": visit.part("case"),
    });
    person.add_to(&mut order);
    if let Some(after) = sent.values.given("after") {
        order["after"] = json!(after);
    }
    let found = match visit.give(To::Requests, order).await {
        Ok(found) => found,
        Err(Refused::Order { kind, words }) => {
            return Ok(refused(visit, &person, &kind, &words));
        }
        Err(unavailable) => return Err(unavailable.into()),
    };
    visit.keep_person(&person).await?;
    if sent.values.get("confirm") == "yes" {
        return confirm(visit, &person, &kind, &sent.id).await;
    }
    Ok(visit.show(&results(visit, &person, &found)))
}

/// Whoever searches too often waits: enough for the work, too little to look around.
fn searched_too_often(visit: &Visit<'_>, minutes: i64) -> Response {
    let mut screen = case::screen(visit, "You have searched too often");
    screen.blocks = vec![Block::Text(format!(
        "40 searches an hour are possible. Search again in {minutes} minutes."
    ))];
    let page = visit.show_with(&screen, StatusCode::TOO_MANY_REQUESTS);
    custodian_web::http::retry_after(page, minutes * 60)
}

/// The kind of the request for which somebody searches.
pub(crate) fn kind(visit: &Visit<'_>) -> String {
    let typed = visit
        .sent
        .as_ref()
        .and_then(|sent| sent.values.given("kind"));
    let kind = typed.or(visit.query.given("kind")).unwrap_or("access");
    let is_known = words::KINDS.iter().any(|(known, _)| *known == kind);
    if is_known { kind } else { "access" }.to_owned()
}

/// Enters into the case that its person is found.
async fn confirm(visit: &Visit<'_>, person: &Person, kind: &str, id: &str) -> Answer {
    let case = visit.part("case");
    let mut order = json!({
        "order": "step", "case_id": case, "kind": kind, "step": "person_confirmed", "event_id": id,
    });
    person.add_to(&mut order);
    match visit.give(To::Requests, order).await {
        Ok(_) => Ok(respond::go(&format!("/desk/cases/{case}?done=person"))),
        Err(Refused::Order { kind, words }) => Ok(refused(visit, person, &kind, &words)),
        Err(unavailable) => Err(unavailable.into()),
    }
}

fn refused(visit: &Visit<'_>, person: &Person, kind: &str, words: &str) -> Response {
    let problem = person.refused(words).map_or_else(
        || Problem {
            field: String::new(),
            words: words::sentence(words),
        },
        |(field, words)| Problem {
            field: field.to_owned(),
            words,
        },
    );
    let screen = asked(visit, person, std::slice::from_ref(&problem));
    visit.again(screen, vec![problem], status_of(kind))
}

fn asked(visit: &Visit<'_>, person: &Person, problems: &[Problem]) -> Screen {
    let mut values = visit.typed();
    if values.pairs().next().is_none() {
        person.fill(&mut values);
    }
    let fields = KINDS.map(|(field, _, label)| {
        let hint = match field {
            "references" => {
                "One a line: from a thank-you page, such as K7M2PX9T, or a customer number."
            }
            _ => "One a line, however they are written.",
        };
        Field::area(field, label, &values, 1_000)
            .hint(hint)
            .among(problems)
    });
    let mut screen = case::screen(visit, "Find the person");
    screen.blocks = vec![
        Block::Text(
            "Up to ten in all. Households share telephones, and anybody can type anybody’s address into a form: you \
             decide on every link."
                .to_owned(),
        ),
        Block::Inset("Your search is recorded, with this case.".to_owned()),
        Block::Form(Form {
            to: visit.path.to_owned(),
            token: visit.token(),
            hidden: vec![("kind".to_owned(), kind(visit))],
            fields: fields.into(),
            buttons: vec![Button::main("Search")],
            is_search: false,
        }),
    ];
    screen
}

fn results(visit: &Visit<'_>, person: &Person, found: &Value) -> Screen {
    let list = |field: &str| found[field].as_array().cloned().unwrap_or_default();
    let base = format!("/desk/cases/{}", visit.part("case"));
    let kind = kind(visit);
    let mut screen = case::screen(visit, "What we hold");
    let matched = list("matched");
    let searched = matched.iter().map(|one| {
        vec![
            Cell::text(words::plain(one["type"].as_str().unwrap_or_default())),
            Cell::text(words::masked(
                one["identifier"].as_str().unwrap_or_default(),
            )),
            Cell::text(vouched(one)),
        ]
    });
    let records = list("records");
    let rows = records.iter().map(|record| row(record, &base, &kind));
    screen.blocks = vec![
        Block::Table(Table {
            caption: "Searched by".to_owned(),
            head: vec!["Kind", "What", "Who vouches for it"],
            rows: searched.collect(),
            empty: "Nothing was searched.",
        }),
        Block::Table(Table {
            caption: "Records".to_owned(),
            head: vec!["Reference", "From", "Collected", "Kept until", "Marks"],
            rows: rows.collect(),
            empty: "We hold no record under these.",
        }),
    ];
    if let Some(after) = found["after"].as_str() {
        let hidden = vec![
            person.hidden(&visit.open.secret),
            ("kind".to_owned(), kind.clone()),
            ("after".to_owned(), after.to_owned()),
        ];
        screen.blocks.push(button(
            visit,
            hidden,
            Vec::new(),
            "Show more records",
            Look::Second,
        ));
    }
    screen
        .blocks
        .extend(links(visit, person, &list("linked"), &kind));
    if ["access", "portability"].contains(&kind.as_str()) {
        let confirm = vec![
            person.hidden(&visit.open.secret),
            ("kind".to_owned(), kind),
            ("confirm".to_owned(), "yes".to_owned()),
        ];
        screen.blocks.extend([
            Block::Heading("Is this the person?".to_owned()),
            Block::Text(
                "If you confirm it, the case knows which records it is about, and an erasure waits until the request is \
                 answered. The case itself does not say whose it is."
                    .to_owned(),
            ),
            button(visit, confirm, Vec::new(), "Yes, this is the person", Look::Main),
        ]);
    } else {
        screen.blocks.push(Block::Text(
            "What you do next in this case is about this person, until you search by something else or sign out."
                .to_owned(),
        ));
        let case = Link::new("Back to the case, to go on", base);
        screen.blocks.push(Block::Link(case));
    }
    screen.blocks.push(Block::Link(Link::new(
        "Search by something else",
        visit.path,
    )));
    screen
}

fn button(
    visit: &Visit<'_>,
    hidden: Vec<(String, String)>,
    fields: Vec<Field>,
    words: &str,
    look: Look,
) -> Block {
    Block::Form(Form {
        to: visit.path.to_owned(),
        token: visit.token(),
        hidden,
        fields,
        buttons: vec![Button::main(words).looking(look)],
        is_search: false,
    })
}

fn row(record: &Value, base: &str, kind: &str) -> Vec<Cell> {
    let text = |field: &str| record[field].as_str().unwrap_or_default();
    let marks = [
        ("on_hold", "on hold"),
        ("restricted", "restricted"),
        ("corrected", "corrected"),
        ("statement", "has a statement"),
    ];
    let marks = marks
        .iter()
        .filter(|(field, _)| record[*field] == json!(true));
    let marks: Vec<&str> = marks.map(|(_, words)| *words).collect();
    let reference = text("record");
    vec![
        Cell::Link(Link::new(
            reference,
            format!("{base}/records/{reference}?kind={kind}"),
        )),
        Cell::text(words::plain(text("source"))),
        Cell::text(words::time(text("collected_at"))),
        Cell::text(words::time(text("kept_until"))),
        Cell::text(if marks.is_empty() {
            "None".to_owned()
        } else {
            marks.join(", ")
        }),
    ]
}

/// The links, each with a decision.
fn links(visit: &Visit<'_>, person: &Person, linked: &[Value], kind: &str) -> Vec<Block> {
    if linked.is_empty() {
        return Vec::new();
    }
    let fields = linked.iter().map(|link| {
        let text = |field: &str| link[field].as_str().unwrap_or_default();
        let (name, records) = (text("link"), link["records"].as_u64().unwrap_or_default());
        let field = format!("link-{name}");
        let mut values = crate::fields::Values::default();
        values.set(&field, person.decided(name));
        let label = format!("Is {} the same person?", words::masked(text("person")));
        let hint = format!(
            "The link comes from their {}. {} It adds {records} {}.",
            words::plain(text("through")).to_lowercase(),
            vouched(link),
            if records == 1 { "record" } else { "records" },
        );
        Field::one(&field, &label, &values, DECISIONS).hint(hint)
    });
    vec![
        Block::Heading("People who may be the same".to_owned()),
        button(
            visit,
            vec![
                person.hidden(&visit.open.secret),
                ("kind".to_owned(), kind.to_owned()),
            ],
            fields.collect(),
            "Save these and search again",
            Look::Second,
        ),
    ]
}

/// Who vouches for an identifier or a link.
fn vouched(one: &Value) -> String {
    let all = one["asserted_by"].as_array().into_iter().flatten();
    let all: Vec<String> = all
        .filter_map(Value::as_str)
        .map(|who| words::plain(who).to_lowercase())
        .collect();
    if all.is_empty() {
        "Nobody vouches for it.".to_owned()
    } else {
        format!("Vouched for by: {}.", all.join(", "))
    }
}

/// What an order about a person needs: the person of this session.
pub(crate) async fn needed(visit: &Visit<'_>) -> Result<Result<Person, Response>, Stop> {
    if let Some(person) = visit.person().await? {
        let shown = visit.sent.as_ref().map(|sent| sent.values.get(WHO));
        if shown.is_none_or(|shown| shown == person.mark(&visit.open.secret)) {
            return Ok(Ok(person));
        }
        return Ok(Err(visit.show_with(&another(visit), StatusCode::CONFLICT)));
    }
    let base = format!("/desk/cases/{}", visit.part("case"));
    let mut screen = case::screen(visit, "Find the person first");
    screen.blocks = vec![
        Block::Text(
            "You have not said in this session whom the case is about. What you typed before is not kept after you sign \
             out."
                .to_owned(),
        ),
        Block::Link(Link::new(
            "Find the person",
            format!("{base}/person?kind={}", kind(visit)),
        )),
    ];
    Ok(Err(visit.show_with(&screen, StatusCode::CONFLICT)))
}

/// Another tab searched for somebody else in this case since the form was shown.
fn another(visit: &Visit<'_>) -> Screen {
    let base = format!("/desk/cases/{}", visit.part("case"));
    let mut screen = case::screen(visit, "Somebody else was searched for since");
    screen.blocks = vec![
        Block::Text(
            "Nothing was done. Another search was made in this case after this page was opened, in another tab, say. Find \
             the person again, and go on from there."
                .to_owned(),
        ),
        Block::Link(Link::new(
            "Find the person",
            format!("{base}/person?kind={}", kind(visit)),
        )),
    ];
    screen
}
