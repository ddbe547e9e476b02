//! The approval of an erasure, on a page of its own.

use super::{form, request, status};
use crate::orders::{Refused, To};
use crate::respond;
use crate::screens::case;
use crate::view::{Block, Fact, Field, Link, Look, Problem, Screen};
use crate::visit::{Answer, Stop, Visit, status_of};
use crate::words;
use custodian_domain::identity::staff;
use custodian_web::http::{Response, StatusCode};
use serde_json::{Value, json};

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
    if staff::is_same(planner, visit.open.staff().as_str()) {
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
