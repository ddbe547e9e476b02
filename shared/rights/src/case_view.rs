//! What the DPO sees of a case.

use custodian_domain::rights::calendar::{Calendar, ENGLAND_AND_WALES};
use custodian_domain::rights::register::{Case, CaseRequest};
use serde_json::{Value, json};

/// What is known of bank holidays.
pub const CALENDAR: Calendar = ENGLAND_AND_WALES;

/// A case with its requests, and by when each has to be answered: never whose it is.
#[must_use]
pub fn of(case: &Case) -> Value {
    json!({
        "case_id": case.id(), "revision": case.revision(), "received": case.received(),
        "channel": case.channel(), "asker": case.asker(), "handler": case.handler(),
        "kept_until": case.ends(), "complaint_about": case.complaint_about(),
        "requests": case.requests().map(|request| of_request(case, request)).collect::<Vec<_>>(),
    })
}

/// Adds the case to the answer of an order that names one, so that a page can show what is next.
pub fn show(case: Option<&Case>, answer: &mut Value) {
    if let Some(case) = case {
        answer["case"] = of(case);
    }
}

fn of_request(case: &Case, request: &CaseRequest) -> Value {
    let (due, decision) = (request.due(&CALENDAR), request.decision());
    let closing = request
        .closing()
        .map(|closing| json!({"ending": closing.ending, "on": closing.on, "late": closing.late}));
    json!({
        "request_id": case.id().request(request.kind()), "kind": request.kind(),
        "state": request.state(), "due": due.date(), "working": due.words(),
        "consider_closing": due.consider_closing(&CALENDAR),
        "extend_by": request.extend_by(&CALENDAR), "extended": request.is_extended(&CALENDAR),
        "outcome": request.progress().outcome(),
        "decision": decision.map(|decision| json!({
            "verdict": decision.verdict, "grounds": decision.grounds,
            "decided_by": decision.decided_by,
        })),
        "closed": closing, "standing": request.is_standing(),
    })
}
