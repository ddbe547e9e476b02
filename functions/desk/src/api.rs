//! The desk as an API for programs: `/api/…`, JSON, with the access token of whoever calls. API
//! Gateway has checked the token; [`routes`] says who may do what, and docs/openapi.yaml describes
//! it.

mod calculator;
mod caller;
#[cfg(test)]
mod described;
mod given;
mod order;
mod questions;
mod refusal;
mod routes;

use crate::Desk;
use crate::orders::{Refused, To};
use crate::roles::Role;
use crate::routes::Parts;
use crate::session::RECENT;
use caller::Caller;
use chrono::{DateTime, Utc};
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::london;
use custodian_web::http::header::{ETAG, HeaderName, HeaderValue, LOCATION};
use custodian_web::http::{Request, Response, StatusCode, json as answered, retry_soon};
use given::Given;
use refusal::Refusal;
use routes::{Does, Found, Route, Shown};
use serde_json::{Value, json};
use std::time::Duration;

/// The order that writes down that somebody asked for what their role may not do.
const REFUSED: &str = "page_refused";
/// The steps that orders enter: given by themselves they would say that something was done which
/// nobody has done.
const ORDERED: [&str; 11] = [
    "package_ordered",
    "package_made",
    "package_failed",
    "fetched",
    "planned",
    "approved",
    "stopped",
    "places_done",
    "corrected",
    "statement_attached",
    "marketing_stopped",
];
/// How long a call waits for a package: less than the desk waits for any order.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether an address is one of the API.
pub(crate) fn is_here(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A call, as it was understood.
struct Call<'a> {
    route: &'static Route,
    parts: Parts,
    given: Given,
    caller: Caller,
    /// The id of what it enters.
    event_id: String,
    path: &'a str,
}

impl Desk {
    /// Answers a call. `invocation` is Lambda's id, which its own retries share.
    pub(crate) async fn api(
        &self,
        request: &Request,
        invocation: &str,
        now: DateTime<Utc>,
    ) -> Response {
        let answer = match self.understood(request, invocation, now).await {
            Ok(call) => self.carried_out(&call, now).await,
            Err(refusal) => Err(refusal),
        };
        answer.unwrap_or_else(Refusal::into_response)
    }

    /// Reads a call of somebody who may make it. Whether there is what it names is looked at last,
    /// so that nobody learns it whose role may not know.
    async fn understood<'a>(
        &self,
        request: &'a Request,
        invocation: &str,
        now: DateTime<Utc>,
    ) -> Result<Call<'a>, Refusal> {
        if !self.networks.let_in(request.client) {
            return Err(Refusal::Network);
        }
        let caller = Caller::of(&request.claims)?;
        let (route, parts) = match routes::find(&request.method, &request.path) {
            Found::Route(route, parts) => (route, parts),
            Found::Other(allowed) => return Err(Refusal::Method(allowed)),
            Found::Nothing => return Err(Refusal::NotFound),
        };
        if !caller.has(route.roles) {
            return Err(self.forbidden_call(&caller.staff, route.roles).await);
        }
        let given = Given::read(request, route)?;
        // The whole trail is the auditor's; a case's is also the DPO's.
        let is_trail = route.does == Does::Requests("audit") && given.text("case").is_none();
        if is_trail && !caller.has(routes::AUDITOR) {
            return Err(self.forbidden_call(&caller.staff, routes::AUDITOR).await);
        }
        // What an order enters by itself nobody enters without it.
        let is_step = route.does == Does::Requests("step");
        if is_step
            && given
                .text("step")
                .is_some_and(|step| ORDERED.contains(&step))
        {
            let rule = "must not be a step that an order enters: give that order";
            return Err(refusal::field("step", "word", rule));
        }
        let is_approval = route.does == Does::Requests("approve");
        if is_approval && !caller.proved_within(RECENT, now) {
            return Err(Refusal::SignInAgain);
        }
        Ok(Call {
            event_id: order::event_id(&caller, &request.path, &given, invocation),
            path: &request.path,
            route,
            parts,
            given,
            caller,
        })
    }

    async fn carried_out(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Response, Refusal> {
        let today = london::date(now);
        match call.route.does {
            Does::Clocks => {
                let told = calculator::clocks(&call.given)?;
                return Ok(answered(StatusCode::OK, &told));
            }
            Does::Calendar => return Ok(answered(StatusCode::OK, &calculator::calendar(today))),
            _ => {}
        }
        let (route, parts, given) = (call.route, &call.parts, &call.given);
        let (to, order) = order::order(route, parts, given, &call.caller, &call.event_id)?;
        if route.is_search() {
            match self.may_search(&call.caller.staff, now).await {
                Ok(Ok(())) => {}
                Ok(Err(many)) => return Err(Refusal::TooMany(many.wait.num_seconds().max(1))),
                Err(error) => {
                    tracing::error!(error = %error, outcome = "not_counted", "search");
                    return Err(Refusal::Unavailable);
                }
            }
        }
        if let Some(number) = parts.get("n") {
            self.must_be_open(call, number).await?;
        }
        let given = if route.does == Does::Package {
            self.packaged(call, &order).await
        } else {
            self.orders.give(to, &order).await.map(Some)
        };
        match given {
            Ok(Some(answer)) => Ok(shown(route, answer)),
            Ok(None) => Ok(begun(call.path)),
            Err(refused) => Err(order::refused(refused, route, parts, &call.given)),
        }
    }

    /// Has a package made. `None` if it is not made yet: it goes on, or the same call continues it.
    async fn packaged(&self, call: &Call<'_>, order: &Value) -> Result<Option<Value>, Refused> {
        if call.given.is_async {
            return self.orders.begin(To::Export, order).await.map(|()| None);
        }
        let making = self.orders.give(To::Export, order);
        match tokio::time::timeout(PATIENCE, making).await {
            Ok(made) => made.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// An answer is to the question that is open.
    async fn must_be_open(&self, call: &Call<'_>, number: &str) -> Result<(), Refusal> {
        let (case, kind) = order::request_of(&call.parts).ok_or(Refusal::NotFound)?;
        let order = json!({"order": "case", "case_id": case, "by": call.caller.staff});
        let case = self.orders.give(To::Requests, &order).await;
        let case =
            case.map_err(|refused| order::refused(refused, call.route, &call.parts, &call.given))?;
        questions::must_be_open(&case, kind, number, &call.event_id)
    }

    /// The refusal of somebody whose role may not do this: it is written down first.
    async fn forbidden_call(&self, staff: &StaffNumber, roles: &'static [Role]) -> Refusal {
        match self.note(staff, REFUSED).await {
            Ok(()) => Refusal::Role(roles),
            Err(_) => Refusal::Unavailable,
        }
    }
}

/// The response with an order's answer.
fn shown(route: &Route, mut answer: Value) -> Response {
    let tag = ["revision", "version"].into_iter().find_map(|name| {
        let tag = answer.get(name)?;
        let text = tag.as_str().map(str::to_owned);
        Some(text.unwrap_or_else(|| tag.to_string()))
    });
    if let Some(fields) = answer.as_object_mut() {
        // A page goes on where the one before it ended: see the parameter `cursor`.
        if let Some(after) = fields.remove("after") {
            fields.insert("cursor".to_owned(), after);
        }
        match route.shown {
            Shown::Whole => {}
            Shown::Present => {
                fields.remove("history");
            }
            Shown::History => {
                const KEPT: [&str; 4] = ["case_id", "breach_id", "revision", "history"];
                fields.retain(|name, _| KEPT.contains(&name.as_str()));
            }
        }
    }
    let is_new = route.registers();
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = answered(status, &answer);
    if let Some(tag) = tag {
        set(&mut response, ETAG, &format!("\"{tag}\""));
    }
    let id = ["case_id", "breach_id"]
        .into_iter()
        .find_map(|name| answer[name].as_str());
    if let Some(id) = id.filter(|_| is_new) {
        set(&mut response, LOCATION, &format!("{}/{id}", route.path));
    }
    response
}

/// The response to what was begun.
fn begun(path: &str) -> Response {
    let mut response = answered(StatusCode::ACCEPTED, &json!({"state": "started"}));
    set(&mut response, LOCATION, path);
    retry_soon(response)
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::caller::Caller;
    use super::caller::tests::claims;
    use super::routes::{Does, Shown, all};
    use super::{begun, is_here, shown};
    use crate::roles::Role;
    use custodian_web::http::{Body, Response};
    use serde_json::{Value, json};

    fn document(response: &Response) -> Value {
        let Body::Text(text) = response.body() else {
            panic!("no text");
        };
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn only_its_own_addresses_are_the_api_s() {
        assert!(is_here("/api") && is_here("/api/cases"));
        assert!(!is_here("/apis") && !is_here("/desk/api/cases"));
    }

    #[test]
    fn every_role_may_do_what_the_contract_gives_it_and_nothing_else() {
        let may = |role: Role| -> Vec<String> {
            let caller = Caller::of(&claims(&format!("[{}]", role.as_str()))).unwrap();
            let routes = all().filter(|route| caller.has(route.roles));
            routes
                .map(|route| format!("{:?} {}", route.verb, route.path))
                .collect()
        };
        assert_eq!(may(Role::Dpo).len(), all().count());
        let any = ["Get /api/clocks", "Get /api/calendar"];
        assert_eq!(may(Role::Analyst), any);
        assert_eq!(may(Role::Publisher), any);
        let tasks = [
            "Get /api/tasks",
            "Post /api/tasks/{id}/whom",
            "Post /api/tasks/{id}/confirm",
        ];
        assert_eq!(may(Role::Handler), [&tasks[..], &any].concat());
        let evidence = [
            "Get /api/cases/{case}",
            "Get /api/cases/{case}/history",
            "Get /api/audit",
            "Get /api/figures",
        ];
        assert_eq!(may(Role::Auditor), [&evidence[..], &any].concat());
        let trainee = Caller::of(&claims("[dpo-trainee]")).unwrap();
        assert!(all().all(|route| !trainee.has(route.roles)));
    }

    #[test]
    fn a_case_is_told_with_its_revision_and_its_history_apart() {
        let case =
            json!({"case_id": "C-1", "revision": 7, "requests": [], "history": [{"id": "e1"}]});
        let of = |what: Shown| {
            let route = all().find(|route| route.shown == what).unwrap();
            let response = shown(route, case.clone());
            assert_eq!(response.headers()["etag"], "\"7\"");
            assert_eq!(response.headers()["cache-control"], "no-store");
            document(&response)
        };
        assert_eq!(
            of(Shown::Present),
            json!({"case_id": "C-1", "revision": 7, "requests": []})
        );
        assert_eq!(
            of(Shown::History),
            json!({"case_id": "C-1", "revision": 7, "history": [{"id": "e1"}]})
        );
    }

    #[test]
    fn what_is_new_or_begun_says_where_it_is() {
        let route = all().find(|it| it.does == Does::Requests("register"));
        let response = shown(route.unwrap(), json!({"case_id": "C-1", "revision": 1}));
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["location"], "/api/cases/C-1");
        let response = begun("/api/requests/C-1-access/package");
        assert_eq!(response.status(), 202);
        assert_eq!(
            response.headers()["location"],
            "/api/requests/C-1-access/package"
        );
        let list = all().find(|it| it.does == Does::Requests("list"));
        let response = shown(list.unwrap(), json!({"requests": [], "after": "x"}));
        assert_eq!(document(&response), json!({"requests": [], "cursor": "x"}));
    }
}
