//! Every call. A test compares docs/openapi.yaml with it.

mod breaches;

use super::{About, Does, REVISION, Route, Shown, VERSION, Verb};
use crate::roles::Role;
use custodian_domain::rights::register::lists::RequestKind;

pub(super) const DPO: &[Role] = &[Role::Dpo];
const TASKS: &[Role] = &[Role::Dpo, Role::Handler];
const EVIDENCE: &[Role] = &[Role::Dpo, Role::Auditor];
const ANYBODY: &[Role] = &Role::ALL;

const COPIES: &[RequestKind] = &[RequestKind::Access, RequestKind::Portability];
const COMPLAINT: &[RequestKind] = &[RequestKind::Complaint];
const ERASURE: &[RequestKind] = &[RequestKind::Erasure];

const WHOSE: &[&str] = &["identifiers", "confirmed_links", "refused_links"];
const SEARCH: &[&str] = &["identifiers", "confirmed_links", "refused_links", "cursor"];
const STANDING: &[&str] = &["identifiers", "confirmed_links", "refused_links", "ground"];

pub(super) const fn get(path: &'static str, does: Does, roles: &'static [Role]) -> Route {
    Route {
        verb: Verb::Get,
        path,
        roles,
        does,
        about: About::Nothing,
        kinds: &[],
        fields: &[],
        seen: None,
        shown: Shown::Whole,
    }
}

pub(super) const fn post(path: &'static str, does: Does, roles: &'static [Role]) -> Route {
    Route {
        verb: Verb::Post,
        ..get(path, does, roles)
    }
}

/// An event of one request of a case.
const fn event(path: &'static str, order: &'static str, fields: &'static [&'static str]) -> Route {
    post(path, Does::Requests(order), DPO)
        .about(About::CaseRequest)
        .fields(fields)
        .seen(REVISION)
}

/// An order about one request of a case.
const fn act(path: &'static str, order: &'static str, fields: &'static [&'static str]) -> Route {
    post(path, Does::Requests(order), DPO)
        .about(About::Request)
        .fields(fields)
}

/// An order about the package of a request.
const fn package(
    path: &'static str,
    field: &'static str,
    fields: &'static [&'static str],
) -> Route {
    post(path, Does::Export(field), DPO)
        .about(About::Request)
        .of(COPIES)
        .fields(fields)
}

/// Every call.
pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    [ALL, breaches::ALL].into_iter().flatten()
}

/// Every call but those about breaches.
const ALL: &[Route] = &[
    post("/api/cases", Does::Requests("register"), DPO).fields(&[
        "case_id", "received", "channel", "asker", "kinds", "handler", "note",
    ]),
    get("/api/cases", Does::Requests("list"), DPO).fields(&[
        "state",
        "kind",
        "due_before",
        "handler",
        "closed_in",
        "cursor",
    ]),
    get("/api/cases/{case}", Does::Requests("case"), EVIDENCE)
        .about(About::Case)
        .shown(Shown::Present),
    get(
        "/api/cases/{case}/history",
        Does::Requests("case"),
        EVIDENCE,
    )
    .about(About::Case)
    .shown(Shown::History),
    post("/api/cases/{case}/handler", Does::Requests("assign"), DPO)
        .about(About::Case)
        .fields(&["handler", "note"])
        .seen(REVISION),
    post("/api/cases/{case}/kinds", Does::Requests("add"), DPO)
        .about(About::Case)
        .fields(&["kind", "note"])
        .seen(REVISION),
    get("/api/requests/{id}", Does::Requests("status"), DPO).about(About::Request),
    event(
        "/api/requests/{id}/identity",
        "identity",
        &["on", "doubt", "proof", "fault", "note"],
    ),
    event(
        "/api/requests/{id}/authority",
        "authority",
        &["on", "proof", "fault", "note"],
    ),
    event("/api/requests/{id}/fee", "fee", &["on", "reason", "note"]),
    event("/api/requests/{id}/questions", "ask", &["on", "note"]),
    event(
        "/api/requests/{id}/questions/{n}/answer",
        "answered",
        &["on", "note"],
    ),
    event(
        "/api/requests/{id}/extension",
        "extend",
        &["told_on", "reason", "note"],
    ),
    event(
        "/api/requests/{id}/received-date",
        "received",
        &["received", "reason", "note"],
    )
    .about(About::CaseOfRequest),
    event(
        "/api/requests/{id}/links",
        "step",
        &["identifiers", "confirmed_links", "refused_links", "note"],
    ),
    event(
        "/api/requests/{id}/steps",
        "step",
        &[
            "step", "on", "left_out", "means", "hash", "reason", "then", "outcome", "note",
        ],
    ),
    event(
        "/api/requests/{id}/decision",
        "decide",
        &["verdict", "grounds", "decided_by", "note"],
    ),
    event(
        "/api/requests/{id}/close",
        "close",
        &[
            "ending",
            "on",
            "means",
            "parts",
            "duplicate_of",
            "late",
            "note",
        ],
    ),
    event("/api/requests/{id}/reopen", "reopen", &["reason", "note"]),
    get(
        "/api/requests/{id}/letters/{letter}",
        Does::Requests("letter"),
        DPO,
    )
    .about(About::CaseRequest),
    act("/api/requests/{id}/search", "find", SEARCH),
    act("/api/requests/{id}/links/search", "links", SEARCH),
    act("/api/requests/{id}/records/{reference}/look", "look", WHOSE),
    act(
        "/api/requests/{id}/corrections",
        "correct",
        &[
            "identifiers",
            "confirmed_links",
            "refused_links",
            "record",
            "changes",
        ],
    )
    .seen(VERSION),
    act(
        "/api/requests/{id}/statements",
        "state",
        &[
            "identifiers",
            "confirmed_links",
            "refused_links",
            "record",
            "text",
        ],
    )
    .seen(VERSION),
    act("/api/requests/{id}/recipients", "rectified", WHOSE),
    act(
        "/api/requests/{id}/address-confirmation",
        "confirm_address",
        &["identifiers"],
    ),
    post("/api/requests/{id}/package", Does::Package, DPO)
        .about(About::Request)
        .of(COPIES)
        .fields(WHOSE),
    get("/api/requests/{id}/package", Does::Export("status"), DPO)
        .about(About::Request)
        .of(COPIES),
    package("/api/requests/{id}/package/reading", "read", &[]),
    package(
        "/api/requests/{id}/package/review",
        "review",
        &["nothing_taken_out", "take_out"],
    ),
    package(
        "/api/requests/{id}/package/link",
        "release",
        &["confirmed_links", "refused_links", "fetches", "days"],
    ),
    package(
        "/api/requests/{id}/package/withdrawal",
        "withdraw",
        &["reason"],
    ),
    act(
        "/api/requests/{id}/plan",
        "plan",
        &[
            "identifiers",
            "confirmed_links",
            "refused_links",
            "ground",
            "exclude",
        ],
    )
    .of(ERASURE),
    act(
        "/api/requests/{id}/approve",
        "approve",
        &[
            "hash",
            "confirmed_links",
            "refused_links",
            "single_handed_reason",
            "person_agreed_on",
        ],
    )
    .of(ERASURE),
    act("/api/requests/{id}/stop", "stop", &[]).of(ERASURE),
    act(
        "/api/requests/{id}/confirm",
        "confirm",
        &["place", "done_on"],
    )
    .of(ERASURE),
    get(
        "/api/requests/{id}/certificate",
        Does::Requests("certificate"),
        DPO,
    )
    .about(About::Request)
    .of(ERASURE),
    act("/api/requests/{id}/holds", "hold", STANDING),
    act("/api/requests/{id}/holds/lift", "lift", &["reason"]),
    act("/api/requests/{id}/restrictions", "restrict", STANDING),
    act("/api/requests/{id}/restrictions/notice", "notice", &[]),
    act(
        "/api/requests/{id}/restrictions/lift",
        "unrestrict",
        &["reason"],
    ),
    event(
        "/api/requests/{id}/about",
        "complaint_about",
        &["about", "note"],
    )
    .of(COMPLAINT),
    get(
        "/api/service-complaints",
        Does::Requests("service_complaints"),
        DPO,
    )
    .fields(&["cursor"]),
    get("/api/tasks", Does::Requests("tasks"), TASKS).fields(&["cursor"]),
    post("/api/tasks/{id}/whom", Does::Requests("whom"), TASKS).about(About::Tasks),
    post("/api/tasks/{id}/confirm", Does::Requests("confirm"), TASKS)
        .about(About::Tasks)
        .fields(&["place", "done_on"]),
    get("/api/audit", Does::Requests("audit"), EVIDENCE).fields(&["case", "day", "cursor"]),
    get("/api/figures", Does::Requests("figures"), EVIDENCE).fields(&["month"]),
    get("/api/clocks", Does::Clocks, ANYBODY).fields(&[
        "kind", "received", "identity", "asked", "answered", "extended",
    ]),
    get("/api/calendar", Does::Calendar, ANYBODY),
];
