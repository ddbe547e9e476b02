//! What the DPO sees of a case.

use custodian_domain::rights::calendar::{Calendar, ENGLAND_AND_WALES};
use custodian_domain::rights::register::{Case, CaseRequest};
use serde_json::{Value, json};

/// What is known of bank holidays.
pub(super) const CALENDAR: Calendar = ENGLAND_AND_WALES;

/// A case with its requests, and by when each has to be answered: never whose it is.
pub(super) fn of(case: &Case) -> Value {
    json!({
        "case_id": case.id(), "revision": case.revision(), "received": case.received(),
        "channel": case.channel(), "asker": case.asker(), "handler": case.handler(),
        "kept_until": case.ends(),
        "requests": case.requests().map(|request| of_request(case, request)).collect::<Vec<_>>(),
    })
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
