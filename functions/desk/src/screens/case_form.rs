//! Any form about a case.

use super::{case, person};
use crate::case_forms;
use crate::order_form::OrderForm;
use crate::orders::{Refused, To};
use crate::person::WHO;
use crate::respond;
use crate::view::{Block, Button, Form, Link, Problem, Screen};
use crate::visit::{Answer, Stop, Visit, status_of};
use custodian_web::http::StatusCode;
use serde_json::{Value, json};

/// Shows the form, or gives its order.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let form = case_forms::named(visit.part("form")).ok_or(Stop::NotFound)?;
    let Some(sent) = &visit.sent else {
        let found = case::find(visit).await?;
        let kind = visit.query.get("kind").to_owned();
        if !form.of_case && !case::requests(&found).any(|request| request["kind"] == json!(kind)) {
            return Err(Stop::NotFound);
        }
        let revision = found["revision"].to_string();
        let who = who(visit, form).await?;
        return Ok(visit.show(&screen(visit, form, (&revision, &who), &[])));
    };
    let revision = sent.values.get("revision").to_owned();
    let refused = |problems: Vec<Problem>, status| {
        let who = sent.values.get(WHO);
        let shown = screen(visit, form, (&revision, who), &problems);
        Ok(visit.again(shown, problems, status))
    };
    let mut order = match form.read(&sent.values) {
        Ok(order) => Value::Object(order),
        Err(problems) => return refused(problems, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let (case, kind) = (visit.part("case"), sent.values.get("kind"));
    order["case_id"] = json!(case);
    if let Some(of_person) = form.of_person {
        // These orders do not know the case's revision.
        let now = case::find(visit).await?["revision"].as_u64();
        if now.is_none() || now != revision.parse().ok() {
            let words = "Something was entered into this case since you opened this page. Nothing was done. Look at the \
                         case, then use this form again.";
            let problem = Problem {
                field: String::new(),
                words: words.to_owned(),
            };
            return refused(vec![problem], StatusCode::CONFLICT);
        }
        let ends = if of_person.ends.is_empty() {
            order["kind"] = json!(kind);
            kind
        } else {
            of_person.ends
        };
        order["request_id"] = json!(format!("{case}-{ends}"));
        if of_person.names {
            match person::needed(visit).await? {
                Ok(person) => person.add_to(&mut order),
                Err(page) => return Ok(page),
            }
        }
    } else {
        order["event_id"] = json!(sent.id);
        if !form.of_case {
            order["kind"] = json!(kind);
        }
        if let Ok(seen) = revision.parse::<u64>() {
            order["revision"] = json!(seen);
        }
    }
    match visit.give(To::Requests, order).await {
        Ok(_) => {
            let case = visit.part("case");
            Ok(respond::go(&format!(
                "/desk/cases/{case}?done={}",
                form.name
            )))
        }
        Err(Refused::Order { kind, words }) if kind == "Outdated" => {
            let words = format!(
                "{}. Nothing was saved. Look at the case, then use this form again.",
                crate::words::sentence(&words).trim_end_matches('.')
            );
            let field = String::new();
            refused(vec![Problem { field, words }], StatusCode::CONFLICT)
        }
        Err(Refused::Order { kind, words }) if !kind.starts_with("Unknown") => {
            refused(vec![form.refused(&words)], status_of(&kind))
        }
        Err(other) => Err(other.into()),
    }
}

/// The mark of the person whom the form is about, if its order names one.
async fn who(visit: &Visit<'_>, form: &OrderForm) -> Result<String, Stop> {
    if !form.of_person.is_some_and(|of_person| of_person.names) {
        return Ok(String::new());
    }
    let person = visit.person().await?;
    Ok(person.map_or_else(String::new, |person| person.mark(&visit.open.secret)))
}

fn screen(
    visit: &Visit<'_>,
    form: &OrderForm,
    (revision, who): (&str, &str),
    problems: &[Problem],
) -> Screen {
    let typed = visit
        .sent
        .as_ref()
        .map_or_else(|| visit.query.clone(), |sent| sent.values.clone());
    let case = visit.part("case");
    let mut blocks: Vec<Block> = form
        .lead
        .iter()
        .map(|words| Block::Text((*words).to_owned()))
        .collect();
    if !form.warning.is_empty() {
        blocks.push(Block::Warning(form.warning.to_owned()));
    }
    let mut hidden = vec![
        ("revision".to_owned(), revision.to_owned()),
        (WHO.to_owned(), who.to_owned()),
    ];
    if !form.of_case {
        hidden.push(("kind".to_owned(), typed.get("kind").to_owned()));
    }
    blocks.push(Block::Form(Form {
        to: visit.path.to_owned(),
        token: visit.token(),
        hidden,
        fields: form.fields(&typed, visit.today(), problems),
        buttons: vec![Button::main(form.button).looking(form.look)],
        is_search: false,
    }));
    let what = crate::words::kind(typed.get("kind"));
    Screen {
        title: form.title.to_owned(),
        caption: if form.of_case || what.is_empty() {
            format!("Case {case}")
        } else {
            format!("Case {case}, {}", what.to_lowercase())
        },
        back: Some(Link::new("Back to the case", format!("/desk/cases/{case}"))),
        blocks,
        ..Screen::default()
    }
}
