//! The copy for a person: made, read, reviewed and released.

use super::{case, person};
use crate::orders::{Refused, To};
use crate::respond;
use crate::view::{Block, Button, Fact, Field, Form, Link, Look, Problem, Screen};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words::{self, Choices};
use custodian_web::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a page waits for something long before it follows it instead. API Gateway waits 30
/// seconds at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

const GROUNDS: Choices = &[
    ("third_party", "It is about other people"),
    (
        "exempt_crime",
        "Exempt: it would prejudice the prevention or detection of crime",
    ),
    (
        "exempt_management",
        "Exempt: it is about the council’s planning",
    ),
    ("exempt_legal", "Exempt: it is what lawyers said"),
    (
        "exempt_negotiation",
        "Exempt: it is about negotiations with the person",
    ),
    ("exempt_health", "Exempt: it would harm somebody’s health"),
    (
        "exempt_other",
        "Another exemption of the Data Protection Act 2018",
    ),
];

/// What can be done with a package, by the state of its page's button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Make,
    Read,
    Nothing,
    TakeOut,
    Release,
    Withdraw,
}

impl Act {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "make" => Self::Make,
            "read" => Self::Read,
            "nothing" => Self::Nothing,
            "take_out" => Self::TakeOut,
            "release" => Self::Release,
            "withdraw" => Self::Withdraw,
            _ => return None,
        })
    }
}

/// Shows how far the package is, or does the next thing.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let kind = visit.part("kind");
    if !["access", "portability"].contains(&kind) {
        return Err(Stop::NotFound);
    }
    let act = visit
        .sent
        .as_ref()
        .map(|sent| sent.values.get("act").to_owned());
    match act.as_deref().map(Act::named) {
        None => page(visit, Vec::new()).await,
        Some(None) => Err(Stop::NotFound),
        Some(Some(Act::Make)) => make(visit).await,
        Some(Some(act)) => carry_out(visit, act).await,
    }
}

/// The package's id: that of the request.
fn request(visit: &Visit<'_>) -> String {
    format!("{}-{}", visit.part("case"), visit.part("kind"))
}

/// Orders the package, and waits a little. It is made whether anybody waits or not.
async fn make(visit: &Visit<'_>) -> Answer {
    let person = match person::needed(visit).await? {
        Ok(person) => person,
        Err(page) => return Ok(page),
    };
    let mut order = json!({
        "kind": visit.part("kind"), "request_id": request(visit), "case_id": visit.part("case"),
    });
    person.add_to(&mut order);
    order["requested_by"] = json!(visit.open.staff());
    let given = visit.desk.orders.give(To::Export, &order);
    match tokio::time::timeout(PATIENCE, given).await {
        Err(_) | Ok(Ok(_)) => Ok(respond::go(visit.path)),
        Ok(Err(Refused::Order { kind, words })) => refused(visit, &kind, &words).await,
        Ok(Err(unavailable)) => Err(unavailable.into()),
    }
}

async fn carry_out(visit: &Visit<'_>, act: Act) -> Answer {
    let (id, case) = (request(visit), visit.part("case"));
    let typed = visit.typed();
    let order = match act {
        Act::Read => json!({"read": id, "case_id": case}),
        Act::Nothing => json!({"review": id, "case_id": case, "nothing_taken_out": true}),
        Act::TakeOut if typed.get("record").is_empty() || typed.get("ground").is_empty() => {
            let words = "Say which record something is taken out of, and choose why";
            return refused(visit, "BadOrder", words).await;
        }
        Act::TakeOut => {
            let mut mark = json!({"record": typed.get("record"), "ground": typed.get("ground")});
            if let Some(field) = typed.given("field") {
                mark["fields"] = json!([field]);
            }
            json!({"review": id, "case_id": case, "take_out": [mark]})
        }
        Act::Release => {
            let mut order = json!({"release": id, "case_id": case});
            order["released_by"] = json!(visit.open.staff());
            order
        }
        Act::Withdraw => json!({"withdraw": id, "case_id": case, "reason": typed.get("reason")}),
        Act::Make => return Err(Stop::NotFound),
    };
    // Whoever releases is named in a field of its own.
    let given = if act == Act::Release {
        visit.desk.orders.give(To::Export, &order).await
    } else {
        visit.give(To::Export, order).await
    };
    match given {
        Ok(answer) if [Act::Read, Act::Release].contains(&act) => {
            Ok(visit.show(&link(visit, act, &answer)))
        }
        Ok(_) => Ok(respond::go(visit.path)),
        Err(Refused::Order { kind, words }) => refused(visit, &kind, &words).await,
        Err(unavailable) => Err(unavailable.into()),
    }
}

async fn refused(visit: &Visit<'_>, kind: &str, words: &str) -> Answer {
    let problem = Problem {
        field: String::new(),
        words: words::sentence(words),
    };
    let mut response = page(visit, vec![problem]).await?;
    *response.status_mut() = status_of(kind);
    Ok(response)
}

/// The link and its code, which are shown once.
fn link(visit: &Visit<'_>, act: Act, answer: &Value) -> Screen {
    let text = |field: &str| answer[field].as_str().unwrap_or_default();
    let is_for_person = act == Act::Release;
    let mut screen = case::screen(
        visit,
        if is_for_person {
            "The link for the person"
        } else {
            "Read the copy"
        },
    );
    screen.blocks = vec![
        Block::Warning(
            if is_for_person {
                "Send the link by one channel and the code by another: by email and by telephone, say. Whoever has both \
                 has the data. Both are shown once."
            } else {
                "This link is for you, for 15 minutes. Reading hands nothing over, and is recorded. The person may have \
                 written about others."
            }
            .to_owned(),
        ),
        Block::Summary(vec![
            Fact::new("Link", text("url")),
            Fact::new("Code", text("code")),
            Fact::new("Works until", words::time(text("expires_at"))),
            Fact::new("How often each file can be fetched", answer["fetches"].to_string()),
        ]),
    ];
    if !is_for_person {
        let words = "Open the link (opens the page of the copy)";
        screen
            .blocks
            .push(Block::Link(Link::new(words, text("url"))));
    }
    screen
        .blocks
        .push(Block::Link(Link::new("Back to the copy", visit.path)));
    screen
}

/// How far the package is, and what comes next.
async fn page(visit: &Visit<'_>, problems: Vec<Problem>) -> Answer {
    let status = visit.give(To::Export, json!({"status": request(visit)}));
    let package = match status.await {
        Ok(package) => Some(package),
        Err(Refused::Order { kind, .. }) if kind == "UnknownRequest" => None,
        Err(other) => return Err(other.into()),
    };
    let mut screen = case::screen(visit, "The copy");
    screen.problems = problems;
    let Some(package) = package else {
        screen.blocks = not_made(visit).await?;
        return Ok(visit.show(&screen));
    };
    let text = |field: &str| package[field].as_str().unwrap_or_default();
    let state = text("state");
    screen.blocks.push(Block::Summary(facts(&package)));
    if state == "started" {
        screen
            .blocks
            .push(Block::Text("It is being made.".to_owned()));
        visit.follow(&mut screen);
        if let Some(person) = visit.person().await? {
            screen.blocks.push(form_with(
                visit,
                vec![
                    ("act".to_owned(), "make".to_owned()),
                    person.hidden(&visit.open.secret),
                ],
                Vec::new(),
                ("It broke off: make it again", Look::Second),
            ));
        }
    }
    if state == "complete" {
        screen.blocks.extend(complete(visit, &package));
    }
    let code = if screen.problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    Ok(visit.show_with(&screen, code))
}

async fn not_made(visit: &Visit<'_>) -> Result<Vec<Block>, Stop> {
    let base = format!("/desk/cases/{}", visit.part("case"));
    let kind = visit.part("kind");
    let Some(person) = visit.person().await? else {
        return Ok(vec![
            Block::Text("Find the person first.".to_owned()),
            Block::Link(Link::new(
                "Find the person",
                format!("{base}/person?kind={kind}"),
            )),
        ]);
    };
    Ok(vec![
        Block::Text(format!(
            "It is made for the person whom you found by {} in this session. It has everything that is held of them.",
            counted(person.count())
        )),
        form_with(
            visit,
            vec![
                ("act".to_owned(), "make".to_owned()),
                person.hidden(&visit.open.secret),
            ],
            Vec::new(),
            ("Make the copy", Look::Main),
        ),
    ])
}

fn counted(count: usize) -> String {
    if count == 1 {
        "1 identifier".to_owned()
    } else {
        format!("{count} identifiers")
    }
}

fn facts(package: &Value) -> Vec<Fact> {
    let text = |field: &str| package[field].as_str().unwrap_or_default();
    let mut facts = vec![
        Fact::new("State", words::plain(text("state"))),
        Fact::new("Ordered by", text("requested_by").to_uppercase()),
        Fact::new("Ordered", words::time(text("requested_at"))),
    ];
    if let Some(until) = package["expires_at"].as_str() {
        facts.push(Fact::new("Is there until", words::time(until)));
    }
    if let Some(undecided) = package["undecided"].as_u64().filter(|left| *left > 0) {
        facts.push(Fact::new(
            "Links nobody has decided on",
            undecided.to_string(),
        ));
    }
    let reviewed = &package["reviewed"];
    if reviewed.is_object() {
        facts.push(Fact::new(
            "Reviewed by",
            reviewed["by"].as_str().unwrap_or_default().to_uppercase(),
        ));
        let taken = reviewed["taken_out"].as_object().into_iter().flatten();
        let taken: Vec<String> = taken
            .map(|(ground, count)| format!("{count}: {}", words::label(GROUNDS, ground)))
            .collect();
        facts.push(if taken.is_empty() {
            Fact::new("Taken out", "Nothing")
        } else {
            Fact::of("Taken out", taken)
        });
    }
    if let Some(at) = package["handed_over_at"].as_str() {
        facts.push(Fact::new("First fetched by the person", words::time(at)));
    }
    let release = &package["release"];
    if release.is_object() {
        let open = if release["is_open"] == json!(true) {
            "It works"
        } else {
            "It has ended"
        };
        facts.push(Fact::of(
            "The person’s link",
            vec![
                open.to_owned(),
                format!(
                    "Until {}",
                    words::time(release["until"].as_str().unwrap_or_default())
                ),
            ],
        ));
    }
    facts
}

/// What can be done with a package that is there.
fn complete(visit: &Visit<'_>, package: &Value) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading("1. Read it".to_owned()),
        act(visit, "read", "Get a link to read it", Look::Second),
        Block::Heading("2. Say what is taken out".to_owned()),
    ];
    if package["reviewed"].is_object() {
        blocks.push(Block::Text("It is reviewed.".to_owned()));
    }
    blocks.push(act(
        visit,
        "nothing",
        "I have read it: nothing is taken out",
        Look::Second,
    ));
    let typed = visit.typed();
    let fields = vec![
        Field::line("record", "Which record?", &typed, 20).hint("Its reference, such as K7M2PX9T"),
        Field::line(
            "field",
            "Which field? (the whole record, if it is empty)",
            &typed,
            20,
        )
        .hint("As the copy names it, such as answers.comment"),
        Field::one("ground", "Why?", &typed, GROUNDS),
    ];
    blocks.push(form(
        visit,
        "take_out",
        fields,
        "Take it out, and make a new version",
        Look::Second,
    ));
    blocks.push(Block::Heading("3. Release it to the person".to_owned()));
    blocks.push(act(
        visit,
        "release",
        "Make a link for the person",
        Look::Main,
    ));
    blocks.push(Block::Heading("Or withdraw it".to_owned()));
    blocks.push(Block::Text(
        "Only if it was made for somebody who is not the person, or by mistake. To withdraw what a person has asked for, \
         so that they do not see it, is an offence."
            .to_owned(),
    ));
    let reason = Field::line("reason", "Why is it withdrawn?", &typed, 20)
        .hint("Say nothing about the person.");
    blocks.push(form(
        visit,
        "withdraw",
        vec![reason],
        "Withdraw it",
        Look::Warning,
    ));
    blocks
}

fn act(visit: &Visit<'_>, name: &str, words: &str, look: Look) -> Block {
    form(visit, name, Vec::new(), words, look)
}

fn form(visit: &Visit<'_>, name: &str, fields: Vec<Field>, words: &str, look: Look) -> Block {
    let hidden = vec![("act".to_owned(), name.to_owned())];
    form_with(visit, hidden, fields, (words, look))
}

fn form_with(
    visit: &Visit<'_>,
    hidden: Vec<(String, String)>,
    fields: Vec<Field>,
    (words, look): (&str, Look),
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
