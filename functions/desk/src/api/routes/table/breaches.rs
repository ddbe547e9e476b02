//! The calls about breaches.

use super::{DPO, get, post};
use crate::api::routes::{About, Does, REVISION, Route, Shown};

/// An event of a breach.
const fn breach(path: &'static str, order: &'static str, fields: &'static [&'static str]) -> Route {
    post(path, Does::Requests(order), DPO)
        .about(About::Breach)
        .fields(fields)
        .seen(REVISION)
}

/// Every call about breaches.
pub(super) const ALL: &[Route] = &[
    post("/api/breaches", Does::Requests("breach_register"), DPO).fields(&[
        "breach_id",
        "aware_at",
        "how",
    ]),
    get("/api/breaches", Does::Requests("breach_list"), DPO).fields(&["closed_in", "cursor"]),
    get("/api/breaches/{breach}", Does::Requests("breach"), DPO)
        .about(About::Breach)
        .shown(Shown::Present),
    get(
        "/api/breaches/{breach}/history",
        Does::Requests("breach"),
        DPO,
    )
    .about(About::Breach)
    .shown(Shown::History),
    get(
        "/api/breaches/{breach}/form",
        Does::Requests("breach_form"),
        DPO,
    )
    .about(About::Breach),
    breach(
        "/api/breaches/{breach}/scope",
        "breach_scope",
        &[
            "what",
            "happened_at",
            "effects",
            "categories",
            "whose",
            "query",
            "about_people",
            "about_records",
            "consequences",
            "likelihood",
            "high_risk",
            "cyber",
            "before",
            "others",
        ],
    ),
    breach(
        "/api/breaches/{breach}/unlikely",
        "breach_unlikely",
        &["reasons", "text"],
    ),
    breach(
        "/api/breaches/{breach}/commissioner",
        "breach_told_ico",
        &["at", "reference", "phase", "late", "text"],
    ),
    breach(
        "/api/breaches/{breach}/follow-ups",
        "breach_follow_up",
        &["at", "what"],
    ),
    breach(
        "/api/breaches/{breach}/people",
        "breach_people",
        &["told", "exempt", "why"],
    ),
    breach(
        "/api/breaches/{breach}/containment",
        "breach_contained",
        &["at", "what"],
    ),
    breach(
        "/api/breaches/{breach}/remedy",
        "breach_remedied",
        &["at", "what"],
    ),
    breach("/api/breaches/{breach}/hold", "breach_hold", &[]),
    breach("/api/breaches/{breach}/close", "breach_close", &["lessons"]),
    post(
        "/api/breaches/{breach}/count",
        Does::Requests("breach_count"),
        DPO,
    )
    .about(About::Breach)
    .fields(&["query", "cursor"]),
    post(
        "/api/breaches/{breach}/affected",
        Does::Requests("breach_affected"),
        DPO,
    )
    .about(About::Breach)
    .fields(&["cursor"]),
];
