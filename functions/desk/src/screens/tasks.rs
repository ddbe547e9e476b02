//! Tasks for people: what has to be done at a processor by hand, whom it is about on demand, and
//! that it is done.

use crate::fields::Values;
use crate::order_form::today_if_empty;
use crate::orders::{Refused, To};
use crate::respond;
use crate::view::{Block, Button, Fact, Field, Form, Link, Look, Problem, Screen};
use crate::visit::{Answer, Visit, status_of};
use crate::words;
use serde_json::{Value, json};

/// The tasks; or whom one is about; or one is done.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let Some(sent) = &visit.sent else {
        return list(visit, Vec::new()).await;
    };
    let (request, place) = (sent.values.get("request"), sent.values.get("place"));
    if sent.values.get("act") == "whom" {
        let order = json!({"order": "whom", "request_id": request});
        return match visit.give(To::Requests, order).await {
            Ok(whom) => Ok(visit.show(&disclosed(visit, request, &whom))),
            Err(Refused::Order { kind, words }) => refused(visit, &kind, &words).await,
            Err(unavailable) => Err(unavailable.into()),
        };
    }
    let day = match sent.values.day("done_on") {
        Ok(day) => day.unwrap_or(visit.today()),
        Err(wrong) => return refused(visit, "BadOrder", &wrong.to_string()).await,
    };
    let order = json!({
        "order": "confirm", "request_id": request, "place": place,
        "confirmed_by": visit.open.staff(), "done_on": day,
    });
    match visit.desk.orders.give(To::Requests, &order).await {
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
    let mut page = list(visit, vec![problem]).await?;
    *page.status_mut() = status_of(kind);
    Ok(page)
}

async fn list(visit: &Visit<'_>, problems: Vec<Problem>) -> Answer {
    let mut order = json!({"order": "tasks"});
    if let Some(after) = visit.query.given("after") {
        order["after"] = json!(after);
    }
    let listed = visit.give(To::Requests, order).await?;
    let tasks: Vec<&Value> = listed["tasks"].as_array().into_iter().flatten().collect();
    let mut blocks = vec![Block::Text(
        "What has to be done at a processor by hand. Whom a task is about is shown only if you ask, and your asking is \
         recorded."
            .to_owned(),
    )];
    if tasks.is_empty() {
        blocks.push(Block::Text("No task waits for anybody.".to_owned()));
    }
    for task in tasks {
        blocks.extend(one(visit, task));
    }
    if let Some(after) = listed["after"].as_str() {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("after", after)
            .finish();
        let next = format!("{}?{query}", visit.path);
        blocks.push(Block::Link(Link::new("Next page", next)));
    }
    Ok(visit.show(&Screen {
        title: "Tasks for people".to_owned(),
        problems,
        blocks,
        ..Screen::default()
    }))
}

fn one(visit: &Visit<'_>, task: &Value) -> Vec<Block> {
    let text = |field: &str| task[field].as_str().unwrap_or_default();
    let (request, place) = (text("request_id"), text("place"));
    let mut facts = vec![
        Fact::new("State", words::plain(text("state"))),
        Fact::new("Due", words::day(text("due"))),
    ];
    if let Some(instructions) = task["instructions"].as_str() {
        facts.push(Fact::new("What to do", instructions));
    }
    let hidden = |act: &str| {
        [("request", request), ("place", place), ("act", act)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    };
    let form = |act: &str, fields: Vec<Field>, words: &str| {
        Block::Form(Form {
            to: visit.path.to_owned(),
            token: visit.token(),
            hidden: hidden(act),
            fields,
            buttons: vec![Button::main(words).looking(Look::Second)],
            is_search: false,
        })
    };
    vec![
        Block::Heading(format!("{}, for {request}", words::plain(place))),
        Block::Summary(facts),
        form("whom", Vec::new(), "Show whom it is about"),
        Block::Link(Link::new(
            "It is done there",
            format!("{}/done?request={request}&place={place}", visit.path),
        )),
    ]
}

/// Asks on which day a task was done.
#[expect(clippy::unnecessary_wraps, reason = "as every page answers")]
pub(crate) fn done(visit: &Visit<'_>) -> Answer {
    let mut values = Values::default();
    today_if_empty(&mut values, "done_on", visit.today());
    let (request, place) = (visit.query.get("request"), visit.query.get("place"));
    let to = "/desk/tasks";
    Ok(visit.show(&Screen {
        title: "When was it done?".to_owned(),
        caption: format!("{}, for {request}", words::plain(place)),
        back: Some(Link::new("Back to the tasks", to)),
        blocks: vec![Block::Form(Form {
            to: to.to_owned(),
            token: visit.open.secret.form_token(to),
            hidden: [("request", request), ("place", place), ("act", "done")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            fields: vec![
                Field::day("done_on", "When was it done there?", &values)
                    .hint("For example, 27 11 2026"),
            ],
            buttons: vec![Button::main("It is done there")],
            is_search: false,
        })],
        ..Screen::default()
    }))
}

/// Whom a task is about: shown once.
fn disclosed(visit: &Visit<'_>, request: &str, whom: &Value) -> Screen {
    let all = whom["identifiers"].as_array().into_iter().flatten();
    let facts = all.map(|one| {
        let text = |field: &str| one[field].as_str().unwrap_or_default();
        Fact::new(words::plain(text("type")), text("value"))
    });
    let facts: Vec<Fact> = facts.collect();
    let shown = if facts.is_empty() {
        Block::Text("Nothing is known of them any more.".to_owned())
    } else {
        Block::Summary(facts)
    };
    Screen {
        title: "Whom it is about".to_owned(),
        caption: request.to_owned(),
        back: Some(Link::new("Back to the tasks", visit.path)),
        blocks: vec![shown],
        ..Screen::default()
    }
}
