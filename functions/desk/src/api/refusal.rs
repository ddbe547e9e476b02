//! Why a call is refused, as a problem document (RFC 9457). It is made of constants and field names:
//! nothing that was sent is repeated.

use crate::roles::{self, Role};
use custodian_web::http::header::{ALLOW, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use custodian_web::http::{Response, StatusCode, retry_after, retry_soon};
use custodian_web::problem::{FieldProblem, Problem};

/// Why a call is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It comes from outside the council's networks.
    Network,
    /// There is no token, or it is not one for the desk.
    NoToken,
    /// The sign-in is too long ago to approve something.
    SignInAgain,
    /// Nobody has entered a staff number for this account.
    NoStaffNumber,
    /// It is for one of these roles.
    Role(&'static [Role]),
    /// There is nothing at this address.
    NotFound,
    /// What is there has other methods: what `Allow` says.
    Method(String),
    /// The body is not JSON by its type.
    MediaType,
    /// The body is too large.
    TooLarge,
    /// The body is not JSON.
    Broken,
    /// A header is not what it must be: its name, and the rule.
    Header(&'static str, &'static str),
    /// Fields are not what they must be.
    Fields(Vec<FieldProblem>),
    /// Somebody has searched too often: for how many seconds they wait.
    TooMany(i64),
    /// An order is refused: its kind, the field that is wrong if it is one, and its words.
    Order {
        kind: String,
        field: String,
        words: String,
        /// Whether the call said what it had seen, with `If-Match`.
        is_conditional: bool,
    },
    /// It is not certain what was done.
    Unavailable,
}

/// A field that breaks a rule.
pub(crate) fn field(field: &str, rule: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::Fields(vec![FieldProblem {
        field: field.to_owned(),
        rule,
        detail: detail.into(),
    }])
}

impl Refusal {
    /// The response.
    pub(crate) fn into_response(self) -> Response {
        match self {
            Self::NoToken => with(
                problem(
                    StatusCode::UNAUTHORIZED,
                    "no-token",
                    "You are not signed in",
                )
                .detail("Send an access token with the scope custodian/desk."),
                WWW_AUTHENTICATE,
                "Bearer error=\"invalid_token\"",
            ),
            // RFC 9470, 3: the client has the person sign in again.
            Self::SignInAgain => with(
                problem(
                    StatusCode::UNAUTHORIZED,
                    "sign-in-again",
                    "You signed in too long ago to approve this",
                )
                .detail("Sign in again, then give the same order within 15 minutes."),
                WWW_AUTHENTICATE,
                "Bearer error=\"insufficient_user_authentication\", max_age=\"900\"",
            ),
            Self::Method(allowed) => with(
                problem(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method",
                    "This cannot be done here",
                ),
                ALLOW,
                &allowed,
            ),
            Self::TooMany(seconds) => {
                let problem = problem(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too-many-searches",
                    "You have searched too often within the hour",
                );
                retry_after(problem.into_response(), seconds)
            }
            Self::Unavailable => {
                let problem = problem(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "It is not certain that it was done",
                );
                retry_soon(
                    problem
                        .detail(
                            "Send the same again, with the same Idempotency-Key: it is done once.",
                        )
                        .into_response(),
                )
            }
            Self::Order {
                kind,
                field,
                words,
                is_conditional,
            } => ordered(&kind, field, words, is_conditional),
            other => other.plain().into_response(),
        }
    }

    /// The problem of a refusal that has no header of its own.
    fn plain(self) -> Problem {
        match self {
            Self::Network => problem(
                StatusCode::FORBIDDEN,
                "network",
                "The desk answers in the council’s own network only",
            ),
            Self::NoStaffNumber => problem(
                StatusCode::FORBIDDEN,
                "no-staff-number",
                "Your account has no staff number",
            )
            .detail("Ask whoever looks after accounts to enter one."),
            Self::Role(roles) => {
                problem(StatusCode::FORBIDDEN, "role", "Your role may not do this").detail(format!(
                    "It is for a {}. It is written down that you asked.",
                    roles::one_of(roles)
                ))
            }
            Self::MediaType => problem(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "The body must be application/json",
            ),
            Self::TooLarge => problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body must not be larger than 64 KiB",
            ),
            Self::Broken => problem(
                StatusCode::BAD_REQUEST,
                "broken-body",
                "The body is not JSON",
            ),
            Self::Header(name, rule) => {
                let title = "A header is not what it must be";
                problem(StatusCode::BAD_REQUEST, "header", title).detail(format!("{name} {rule}."))
            }
            Self::Fields(errors) => {
                let title = "What was sent is not what it must be";
                Problem {
                    errors,
                    ..problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", title)
                }
            }
            _ => problem(
                StatusCode::NOT_FOUND,
                "not-found",
                "There is nothing at this address",
            ),
        }
    }
}

/// The response to an order that was refused, by its kind as docs/orders.md lists them.
fn ordered(kind: &str, field: String, words: String, is_conditional: bool) -> Response {
    let (status, name, title) = what(kind, is_conditional);
    let mut problem = Problem::new(status, name, title);
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        problem.errors = vec![FieldProblem {
            field,
            rule: name,
            detail: words,
        }];
        return problem.into_response();
    }
    let response = problem.detail(words).into_response();
    if kind == "Unfinished" {
        retry_soon(response)
    } else {
        response
    }
}

/// The status of a refusal, its name and its title.
fn what(kind: &str, is_conditional: bool) -> (StatusCode, &'static str, &'static str) {
    const NOT_NOW: &str = "This cannot be done now";
    const FASTER: &str = "Somebody else was faster";
    let invalid = |name| {
        let title = "What was sent is not what it must be";
        (StatusCode::UNPROCESSABLE_ENTITY, name, title)
    };
    let conflict = |name, title| (StatusCode::CONFLICT, name, title);
    match kind {
        "BadOrder" => invalid("invalid"),
        "Incomplete" => invalid("incomplete"),
        "Late" => invalid("late"),
        "TooLateToExtend" => invalid("too-late-to-extend"),
        "NotAccess" => invalid("not-access"),
        "UnknownCase" | "UnknownRequest" | "UnknownRecord" | "UnknownBreach" => (
            StatusCode::NOT_FOUND,
            "not-found",
            "There is nothing under this reference",
        ),
        "Gone" => (StatusCode::GONE, "gone", "It is no longer there"),
        "Outdated" if is_conditional => (StatusCode::PRECONDITION_FAILED, "outdated", FASTER),
        "Outdated" => conflict("outdated", FASTER),
        "Stale" => conflict("stale", FASTER),
        "AnotherEvent" => conflict(
            "another-event",
            "The Idempotency-Key was used for another call",
        ),
        "AnotherCase" => conflict("another-case", "The id is that of another case"),
        "AnotherBreach" => conflict("another-breach", "The id is that of another breach"),
        "TooMany" => conflict("too-many", "It is about too many people"),
        "AnotherRequest" => conflict("another-request", "The id was used for something else"),
        "AccessFirst" => conflict("access-first", "The person gets their copy first"),
        "Held" => conflict("held", "A hold covers it"),
        "SingleHanded" => conflict("same-person", "Somebody else approves it"),
        "Opposed" => conflict("opposed", "The person opposed erasure"),
        "Approved" => conflict("approved", "It is approved already"),
        "NotTold" => conflict("not-told", "The person is told first"),
        "ErasureOpen" => conflict("erasure-open", "An erasure of the person is under way"),
        "Undecided" => conflict("unconfirmed", "Links are not decided"),
        "NotReviewed" => conflict("not-reviewed", "The package is reviewed first"),
        "NotRead" => conflict("not-read", "The package is read first"),
        "Unfinished" => conflict("unfinished", "The package is not finished"),
        _ => conflict("not-now", NOT_NOW),
    }
}

fn problem(status: StatusCode, name: &str, title: &'static str) -> Problem {
    Problem::new(status, name, title)
}

fn with(problem: Problem, header: HeaderName, value: &str) -> Response {
    let mut response = problem.into_response();
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(header, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{Refusal, field};
    use crate::roles::Role;
    use custodian_web::http::{Body, Response};
    use serde_json::{Value, json};

    fn document(response: &Response) -> Value {
        let Body::Text(text) = response.body() else {
            panic!("no text");
        };
        serde_json::from_str(text).unwrap()
    }

    fn order(kind: &str, is_conditional: bool) -> Refusal {
        Refusal::Order {
            kind: kind.to_owned(),
            field: "on".to_owned(),
            words: "must be a day".to_owned(),
            is_conditional,
        }
    }

    #[test]
    fn each_refusal_has_its_status_and_its_type() {
        for (refusal, status, name) in [
            (Refusal::Network, 403, "network"),
            (Refusal::NoToken, 401, "no-token"),
            (Refusal::SignInAgain, 401, "sign-in-again"),
            (Refusal::NoStaffNumber, 403, "no-staff-number"),
            (Refusal::Role(&[Role::Dpo]), 403, "role"),
            (Refusal::NotFound, 404, "not-found"),
            (Refusal::Method("POST".to_owned()), 405, "method"),
            (Refusal::MediaType, 415, "media-type"),
            (Refusal::TooLarge, 413, "too-large"),
            (Refusal::Broken, 400, "broken-body"),
            (
                Refusal::Header("If-Match", "must be one tag"),
                400,
                "header",
            ),
            (field("on", "missing", "must be there"), 422, "invalid"),
            (Refusal::TooMany(60), 429, "too-many-searches"),
            (Refusal::Unavailable, 503, "unavailable"),
            (order("BadOrder", false), 422, "invalid"),
            (order("TooLateToExtend", false), 422, "too-late-to-extend"),
            (order("NotAccess", false), 422, "not-access"),
            (order("Incomplete", false), 422, "incomplete"),
            (order("Late", false), 422, "late"),
            (order("UnknownCase", false), 404, "not-found"),
            (order("UnknownBreach", false), 404, "not-found"),
            (order("TooMany", false), 409, "too-many"),
            (order("Gone", false), 410, "gone"),
            (order("Outdated", true), 412, "outdated"),
            (order("Outdated", false), 409, "outdated"),
            (order("Stale", false), 409, "stale"),
            (order("AccessFirst", false), 409, "access-first"),
            (order("Held", false), 409, "held"),
            (order("SingleHanded", false), 409, "same-person"),
            (order("ErasureOpen", false), 409, "erasure-open"),
            (order("Undecided", false), 409, "unconfirmed"),
            (order("NotReviewed", false), 409, "not-reviewed"),
            (order("NotTold", false), 409, "not-told"),
            (order("NotNow", false), 409, "not-now"),
            (order("SomethingNew", false), 409, "not-now"),
        ] {
            let response = refusal.into_response();
            let headers = response.headers().clone();
            let told = document(&response);
            assert_eq!(response.status().as_u16(), status, "{told}");
            assert_eq!(told["status"], status);
            assert_eq!(told["type"], format!("urn:custodian:problem:{name}"));
            assert_eq!(headers["cache-control"], "no-store");
            assert_eq!(headers["content-type"], "application/problem+json");
            assert_eq!(
                headers.contains_key("retry-after"),
                matches!(status, 429 | 503)
            );
            assert_eq!(headers.contains_key("www-authenticate"), status == 401);
            assert_eq!(headers.contains_key("allow"), status == 405);
        }
    }

    #[test]
    fn a_role_is_named_and_a_field_has_its_rule() {
        let told = document(&Refusal::Role(&[Role::Dpo, Role::Auditor]).into_response());
        let detail = told["detail"].as_str().unwrap();
        assert!(
            detail.contains("Data Protection Officer or auditor"),
            "{detail}"
        );
        let told = document(&order("BadOrder", false).into_response());
        assert_eq!(
            told["errors"],
            json!([{"field": "on", "rule": "invalid", "detail": "must be a day"}])
        );
        let unfinished = order("Unfinished", false).into_response();
        assert_eq!(unfinished.headers()["retry-after"], "5");
    }
}
