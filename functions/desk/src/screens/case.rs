//! One case: what there is to do, its clocks, and its history.

use super::today;
use crate::case_forms;
use crate::order_form::{Group, OrderForm};
use crate::orders::To;
use crate::view::{Block, Fact, Happened, Link, Screen, Tab};
use crate::visit::{Answer, Stop, Visit};
use crate::words;
use serde_json::{Value, json};

/// A case as `requests` shows it.
pub(crate) async fn find(visit: &Visit<'_>) -> Result<Value, Stop> {
    let order = json!({"order": "case", "case_id": visit.part("case")});
    Ok(visit.give(To::Requests, order).await?)
}

/// A page about a case, with its tabs.
pub(crate) fn screen(visit: &Visit<'_>, title: &str) -> Screen {
    let case = visit.part("case");
    let base = format!("/desk/cases/{case}");
    let tabs = [
        ("Overview", String::new()),
        ("Clock", "/clock".to_owned()),
        ("Letters", "/letters".to_owned()),
        ("History", "/history".to_owned()),
    ];
    let tabs = tabs.into_iter().map(|(words, path)| {
        let to = format!("{base}{path}");
        Tab {
            is_here: to == visit.path,
            link: Link::new(words, to),
        }
    });
    Screen {
        title: title.to_owned(),
        caption: format!("Case {case}"),
        tabs: tabs.collect(),
        done: visit.query.given("done").and_then(done),
        ..Screen::default()
    }
}

/// What was done, by the name of its form: never words from the address.
fn done(name: &str) -> Option<String> {
    match name {
        "registered" => return Some("The request is registered.".to_owned()),
        "person" => return Some("It is entered whose request it is.".to_owned()),
        _ => {}
    }
    case_forms::named(name).map(|form| form.done.to_owned())
}

/// The case with the tasks of each of its requests.
pub(crate) async fn overview(visit: &Visit<'_>) -> Answer {
    let case = find(visit).await?;
    let text = |field: &str| case[field].as_str().unwrap_or_default();
    let base = format!("/desk/cases/{}", visit.part("case"));
    let mut blocks = vec![Block::Summary(vec![
        Fact::new("Received", words::day(text("received")))
            .with("Correct", format!("{base}/do/correct-receipt")),
        Fact::new("How", words::label(words::CHANNELS, text("channel"))),
        Fact::new("Who asks", words::label(words::ASKERS, text("asker"))),
        Fact::new("Who has it", text("handler").to_uppercase())
            .with("Change", format!("{base}/do/assign")),
        Fact::new("Kept until", words::time(text("kept_until"))),
    ])];
    for request in requests(&case) {
        blocks.extend(of_request(visit, &case, request, &base));
    }
    blocks.push(Block::Link(Link::new(
        "They ask for something else as well",
        format!("{base}/do/add"),
    )));
    let mut screen = screen(visit, "Overview");
    screen.blocks = blocks;
    Ok(visit.show(&screen))
}

/// The requests of a case.
pub(crate) fn requests(case: &Value) -> impl Iterator<Item = &Value> {
    case["requests"].as_array().into_iter().flatten()
}

fn of_request(visit: &Visit<'_>, case: &Value, request: &Value, base: &str) -> Vec<Block> {
    let text = |field: &str| request[field].as_str().unwrap_or_default();
    let (kind, state) = (text("kind"), text("state"));
    let mut facts = vec![
        Fact::new("State", words::plain(state)),
        Fact::new(
            "Answer by",
            today::due(request["due"].as_str(), visit.today()),
        ),
    ];
    if let Some(day) = request["consider_closing"].as_str() {
        let words = format!(
            "If you hear nothing by {}, consider closing it. It does not close by itself.",
            words::day(day)
        );
        facts.push(Fact::new("Waiting for the person", words));
    }
    if let Some(verdict) = request["decision"]["verdict"].as_str() {
        facts.push(Fact::new("Decided", words::label(words::VERDICTS, verdict)));
    }
    if let Some(ending) = request["closed"]["ending"].as_str() {
        let on = request["closed"]["on"].as_str().unwrap_or_default();
        let line = format!(
            "{}, {}",
            words::label(words::ENDINGS, ending),
            words::day(on)
        );
        facts.push(Fact::new("Closed", line));
    }
    let mut blocks = vec![
        Block::Heading(words::label(words::KINDS, kind)),
        Block::Summary(facts),
    ];
    blocks.extend(tasks(case, request, base));
    blocks
}

/// What can be done about a request of this kind in this state, under the headings of its work.
fn tasks(case: &Value, request: &Value, base: &str) -> Vec<Block> {
    let text = |field: &str| request[field].as_str().unwrap_or_default();
    let (kind, state) = (text("kind"), text("state"));
    let is_for_somebody = case["asker"] == json!("representative");
    let useful = |form: &&OrderForm| {
        let is_of_kind = form.kinds.is_empty() || form.kinds.contains(&kind);
        let needs_somebody = form.name.contains("authority");
        // A complaint has one date, and a newsletter none: nothing is asked, extended or decided.
        let has_clock = !["complaint", "unsubscribe"].contains(&kind);
        let needs_clock =
            matches!(form.group, Group::Identity | Group::Clock) || form.name == "decide";
        (has_clock || !needs_clock)
            && is_of_kind
            && !form.of_case
            && fits(form.name, state)
            && (is_for_somebody || !needs_somebody)
    };
    let groups = Group::ALL.into_iter().map(|group| {
        let pages = pages(kind).into_iter();
        let pages = pages.filter(|(of, ..)| *of == group && !is_closed(state));
        let pages = pages.map(|(_, words, path)| Link::new(words, format!("{base}{path}")));
        let forms = case_forms::ALL.iter().filter(useful);
        let forms = forms
            .filter(|form| form.group == group)
            .map(|form| Link::new(form.title, format!("{base}/do/{}?kind={kind}", form.name)));
        (group, pages.chain(forms).collect::<Vec<Link>>())
    });
    groups
        .filter(|(_, links)| !links.is_empty())
        .map(|(group, links)| Block::Tasks(group.words().to_owned(), links))
        .collect()
}

/// The pages about a person that a request of this kind needs.
fn pages(kind: &str) -> Vec<(Group, &'static str, String)> {
    let person = (
        Group::Person,
        "Find the person",
        format!("/person?kind={kind}"),
    );
    match kind {
        "access" | "portability" => {
            vec![person, (Group::Do, "The copy", format!("/package/{kind}"))]
        }
        "erasure" => {
            let erasure = "Plan and follow the erasure";
            vec![person, (Group::Do, erasure, "/erasure".to_owned())]
        }
        "complaint" => Vec::new(),
        "objection" => vec![
            person,
            (
                Group::Do,
                "Plan and follow the erasure",
                "/erasure".to_owned(),
            ),
        ],
        _ => vec![person],
    }
}

/// Whether a request is closed.
fn is_closed(state: &str) -> bool {
    state.starts_with("closed")
}

/// Whether a form can be of use in a state. What it does is decided by the register alone.
fn fits(form: &str, state: &str) -> bool {
    let is_closed = is_closed(state);
    match form {
        "reopen" => is_closed,
        _ if is_closed => false,
        "proof-seen" | "proof-not-sufficient" => state == "waiting_identity",
        "authority-not-sufficient" => state == "waiting_authority",
        "fee-paid" => state == "waiting_fee",
        "answer-came" => state == "stopped",
        "ask-what-is-meant" => state != "stopped",
        _ => true,
    }
}

/// The clock of each request, with its working.
pub(crate) async fn clock(visit: &Visit<'_>) -> Answer {
    let case = find(visit).await?;
    let base = format!("/desk/cases/{}", visit.part("case"));
    let mut blocks = Vec::new();
    for request in requests(&case) {
        let text = |field: &str| request[field].as_str().unwrap_or_default();
        let kind = text("kind");
        blocks.push(Block::Heading(words::label(words::KINDS, kind)));
        let mut facts = vec![
            Fact::new(
                "Answer by",
                today::due(request["due"].as_str(), visit.today()),
            ),
            Fact::of(
                "How we worked this out",
                text("working").split("; ").map(words::sentence).collect(),
            ),
        ];
        if let Some(day) = request["extend_by"].as_str() {
            let extended = request["extended"] == json!(true);
            let line = if extended {
                "It is extended.".to_owned()
            } else {
                format!(
                    "Only if the person is told by {}, with your reasons",
                    words::day(day)
                )
            };
            let fact = Fact::new("More time", line);
            facts.push(if extended {
                fact
            } else {
                fact.with("Extend", format!("{base}/do/extend?kind={kind}"))
            });
        }
        blocks.push(Block::Summary(facts));
    }
    blocks.push(Block::Link(Link::new(
        "Correct the date of receipt",
        format!("{base}/do/correct-receipt"),
    )));
    blocks.push(Block::Link(Link::new(
        "Work out another date",
        "/desk/calendar",
    )));
    let mut screen = screen(visit, "Clock");
    screen.blocks = blocks;
    Ok(visit.show(&screen))
}

/// What happened, newest first.
pub(crate) async fn history(visit: &Visit<'_>) -> Answer {
    let case = find(visit).await?;
    let entries = case["history"].as_array().into_iter().flatten().rev();
    let events = entries.map(happened).collect();
    let mut screen = screen(visit, "History");
    screen.blocks = vec![Block::Timeline(events)];
    Ok(visit.show(&screen))
}

fn happened(entry: &Value) -> Happened {
    let event = &entry["event"];
    let step = event["step"]["name"].as_str();
    let name = step.or(event["what"].as_str()).unwrap_or_default();
    let about = entry["of"].as_str().map(words::kind);
    let what = match about {
        Some(about) => format!("{}: {}", about, words::plain(name).to_lowercase()),
        None => words::plain(name),
    };
    let mut more = Vec::new();
    told(event, &mut more);
    more.extend(entry["note"].as_str().map(|note| format!("Note: {note}")));
    Happened {
        what,
        when: words::time(entry["at"].as_str().unwrap_or_default()),
        by: entry["by"].as_str().unwrap_or_default().to_uppercase(),
        more,
    }
}

/// The facts of an event, one a line.
fn told(event: &Value, lines: &mut Vec<String>) {
    for (name, value) in event.as_object().into_iter().flatten() {
        match value {
            _ if ["what", "name", "hash"].contains(&name.as_str()) => {}
            Value::Object(_) => told(value, lines),
            Value::String(text) => lines.push(format!("{}: {}", words::plain(name), said(text))),
            Value::Array(all) => {
                let all: Vec<String> = all.iter().filter_map(Value::as_str).map(said).collect();
                if !all.is_empty() {
                    lines.push(format!("{}: {}", words::plain(name), all.join(", ")));
                }
            }
            _ => {}
        }
    }
}

/// A day, or a word, as people read it.
fn said(text: &str) -> String {
    let day = words::day(text);
    if day == text {
        words::sentence(text)
    } else {
        day
    }
}
