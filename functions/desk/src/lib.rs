//! The desk of the Data Protection Officer's office, in a browser and as an API.
//!
//! It reads no personal data itself: it gives orders to `requests` and `export`, in the name of
//! whoever is signed in. Those two write down who asked before they read anything. A page is a list
//! of blocks (`view`), and `routes` says which page is where and who may see it.

mod api;
mod breach_forms;
mod case_forms;
mod clocks;
mod fields;
mod frame;
mod limits;
mod networks;
mod order_form;
mod orders;
mod person;
mod provider;
mod respond;
mod roles;
mod routes;
mod screens;
mod secret;
mod session;
mod sign_in;
mod typed;
mod view;
mod visit;
mod words;

use chrono::{DateTime, SubsecRound, Utc};
use custodian_domain::identity::staff::StaffNumber;
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, settings};
use custodian_store::sessions::Sessions;
use custodian_web::Edge;
use custodian_web::gateway;
use custodian_web::http::{Method, Request, Response, StatusCode, typed};
use custodian_web::site::{BasePath, Site};
use fields::Values;
use lambda_runtime::{Diagnostic, LambdaEvent};
use networks::Networks;
use orders::{Orders, Refused, To};
use provider::Provider;
use roles::Role;
use routes::{Page, Route};
use secret::Secret;
use serde_json::json;
use session::{Found, Open, Unknown};
use view::{Block, Link, Screen};
use visit::{Sent, Stop, Visit};

/// How long a browser keeps the stylesheet: its address changes with it.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The desk.
#[derive(Debug)]
pub struct Desk {
    clock: Clock,
    site: Site,
    /// Our own origin, as browsers spell it.
    url: String,
    networks: Networks,
    sessions: Sessions,
    provider: Provider,
    orders: Orders,
}

impl Function for Desk {
    const NAME: &'static str = "desk";
    const PATIENCE: Patience = Patience::ORDER;
    type Event = gateway::Event;
    type Answer = gateway::Answer;

    /// Makes the clients once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or cannot be used.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let url = environment
            .setting("DESK_URL")?
            .trim_end_matches('/')
            .to_owned();
        let dynamodb = custodian_store::client(&environment.dynamodb());
        Ok(Self {
            clock: environment.clock(),
            site: Site::read(environment)?,
            networks: Networks::read(environment)?,
            sessions: Sessions::new(&dynamodb, environment.setting(settings::SESSIONS_TABLE)?),
            provider: Provider::new(environment, url.clone())?,
            orders: Orders::new(environment)?,
            url,
        })
    }

    /// Answers an event of API Gateway (HTTP API, payload 2.0).
    ///
    /// # Errors
    /// A constant if the event is not one of API Gateway's. Whatever a person sends is answered and
    /// does not fail.
    async fn invoke(&self, event: LambdaEvent<Self::Event>) -> Result<Self::Answer, Diagnostic> {
        let (edge, base) = (Edge::default(), BasePath::default());
        let invocation = event.context.request_id;
        gateway::answer(event.payload, &edge, &base, |request| {
            Box::pin(async move { self.handle(request, &invocation).await })
        })
        .await
    }
}

impl Desk {
    async fn handle(&self, request: Request, invocation: &str) -> Response {
        let now = self.clock.now().trunc_subsecs(0);
        if api::is_here(&request.path) {
            return self.api(&request, invocation, now).await;
        }
        if !self.networks.let_in(request.client) {
            let words = "The desk answers in the council’s own network only.";
            return self.message(StatusCode::FORBIDDEN, "You cannot use the desk here", words);
        }
        match (&request.method, request.path.as_str()) {
            (&Method::GET, "/desk/assets/desk.css") => {
                typed(respond::STYLESHEET, "text/css; charset=utf-8", FOREVER)
            }
            (&Method::GET, "/desk/sign-in") => self.begin_sign_in(&request, now).await,
            (&Method::GET, "/desk/signed-in") => self.finish_sign_in(&request, now).await,
            (&Method::GET, "/desk/signed-out") => self.signed_out(),
            (&Method::GET | &Method::POST, _) => self.page(&request, now).await,
            _ => self.message(StatusCode::METHOD_NOT_ALLOWED, "This cannot be done", ""),
        }
    }

    /// A page for somebody who is signed in.
    async fn page(&self, request: &Request, now: DateTime<Utc>) -> Response {
        let is_post = request.method == Method::POST;
        if is_post && !self.is_ours(request) {
            let words = "It came from another website. Open the page here, and use its button.";
            return self.message(StatusCode::FORBIDDEN, "Nothing was done", words);
        }
        let open = match self.session(request, now).await {
            Ok(Found::Open(open)) => open,
            Ok(found) => return self.nobody(request, found, now).await,
            Err(why) => return self.unknown(&why),
        };
        if is_post && request.path == "/desk/sign-out" {
            return match read(request, &open.secret) {
                Some(_) => self.sign_out(&open, now).await,
                None => self.stale(&open, now, "/desk"),
            };
        }
        let Some((route, parts)) = routes::find(&request.path) else {
            return self.not_found(&open, now, &request.path);
        };
        // Who has another role begins with another page.
        let home = frame::menu(&open.roles, "").into_iter().next();
        if let (Page::Today, Some(home)) = (route.page, home)
            && home.link.to != request.path
            && !open.roles.contains(&Role::Dpo)
        {
            return respond::go(&home.link.to);
        }
        if !route.roles.iter().any(|role| open.roles.contains(role)) {
            return self.forbidden(route, &open, now).await;
        }
        if is_post && !route.takes_forms {
            return self.message(StatusCode::METHOD_NOT_ALLOWED, "This cannot be done", "");
        }
        let sent = if is_post {
            match read(request, &open.secret) {
                Some(sent) => Some(sent),
                None => return self.stale(&open, now, &request.path),
            }
        } else {
            self.typed_before(&open, request, now).await
        };
        let mut visit = Visit {
            desk: self,
            open: &open,
            path: &request.path,
            parts,
            query: Values::read(request.query.as_bytes()),
            sent: None,
            kept: None,
            now,
        };
        // What was typed before a session ended is shown again, and sent by nobody but the person.
        let (sent, kept) = if is_post { (sent, None) } else { (None, sent) };
        visit.sent = sent;
        if let Some(kept) = kept {
            visit.query.add(&kept.values);
            visit.kept = Some(kept.values);
        }
        let shown = match route.page {
            Page::Today => screens::today::show(&visit).await,
            Page::Requests => screens::requests::show(&visit).await,
            Page::RequestsFile => screens::requests::file(&visit).await,
            Page::Register => screens::register::show(&visit).await,
            Page::Case => screens::case::overview(&visit).await,
            Page::Clock => screens::case::clock(&visit).await,
            Page::History => screens::case::history(&visit).await,
            Page::Letters => screens::letters::show(&visit).await,
            Page::Person => screens::person::show(&visit).await,
            Page::Record => screens::record::show(&visit).await,
            Page::Correct => screens::record::correct(&visit).await,
            Page::Statement => screens::record::statement(&visit).await,
            Page::Package => screens::package::show(&visit).await,
            Page::Erasure => screens::erasure::show(&visit).await,
            Page::Approve => screens::erasure::approve(&visit).await,
            Page::Confirm => screens::erasure::confirm(&visit).await,
            Page::Certificate => screens::erasure::certificate(&visit).await,
            Page::CaseForm => screens::case_form::show(&visit).await,
            Page::Breaches => screens::breaches::list(&visit).await,
            Page::RegisterBreach => screens::breaches::register(&visit).await,
            Page::Breach => screens::breaches::show(&visit).await,
            Page::BreachForm => screens::breaches::form(&visit).await,
            Page::CommissionersForm => screens::breaches::commissioners_form(&visit).await,
            Page::Affected => screens::breaches::affected(&visit).await,
            Page::Tasks => screens::tasks::show(&visit).await,
            Page::TaskDone => screens::tasks::done(&visit),
            Page::WhoLooked => screens::looks::show(&visit).await,
            Page::Figures => screens::figures::show(&visit).await,
            Page::Processing => screens::processing::record(&visit),
            Page::NoticeToOthers => screens::processing::notice(&visit),
            Page::Calendar => screens::calendar::show(&visit),
            Page::Accessibility => screens::accessibility::show(&visit),
        };
        shown.unwrap_or_else(|stop| visit.stopped(stop))
    }

    /// Whether a form comes from our own pages: browsers say so themselves, and those that do not
    /// say at least where it comes from.
    fn is_ours(&self, request: &Request) -> bool {
        let header = |name: &str| {
            let value = request.headers.get(name)?;
            value.to_str().ok()
        };
        match header("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => header("origin") == Some(&self.url),
        }
    }

    /// Nobody is signed in. What they typed waits for them, if they were until now.
    async fn nobody(&self, request: &Request, found: Found, now: DateTime<Utc>) -> Response {
        let is_post = request.method == Method::POST;
        let idle = match found {
            Found::Idle(secret) => Some(secret),
            _ => None,
        };
        let mut is_kept = false;
        if let Some(secret) = idle.as_ref().filter(|_| is_post) {
            is_kept = self.keep_typed(secret, request, now).await.is_ok();
        }
        let screen = self.sign_in_page(&request.path, is_kept);
        respond::page(&self.frame(None), &screen, StatusCode::UNAUTHORIZED)
    }

    /// Writes down what somebody does here that is no order.
    async fn note(&self, staff: &StaffNumber, event: &str) -> Result<(), Refused> {
        let order = json!({"order": event, "by": staff});
        self.orders.give(To::Requests, &order).await.map(drop)
    }

    async fn forbidden(&self, route: &Route, open: &Open, now: DateTime<Utc>) -> Response {
        if self.note(open.staff(), "page_refused").await.is_err() {
            return self.unavailable();
        }
        let screen = Screen {
            title: "You may not see this page".to_owned(),
            blocks: vec![Block::Text(format!(
                "Whose page it is: {}. Your role here: {}. It is written down that you asked.",
                roles::one_of(route.roles),
                if open.roles.is_empty() {
                    "none".to_owned()
                } else {
                    roles::one_of(&open.roles)
                }
            ))],
            ..Screen::default()
        };
        let frame = self.frame(Some((open, now, "")));
        respond::page(&frame, &screen, StatusCode::FORBIDDEN)
    }

    fn not_found(&self, open: &Open, now: DateTime<Utc>, path: &str) -> Response {
        let visit = Visit {
            desk: self,
            open,
            path,
            parts: routes::Parts::new(),
            query: Values::default(),
            sent: None,
            kept: None,
            now,
        };
        visit.stopped(Stop::NotFound)
    }

    /// A form whose token is not of this session: another tab signed in again.
    fn stale(&self, open: &Open, now: DateTime<Utc>, path: &str) -> Response {
        let screen = Screen {
            title: "This page is out of date".to_owned(),
            blocks: vec![
                Block::Text(
                    "Nothing was done. Open the page again, and use its button.".to_owned(),
                ),
                Block::Link(Link::new("Open the page again", path)),
            ],
            ..Screen::default()
        };
        let frame = self.frame(Some((open, now, path)));
        respond::page(&frame, &screen, StatusCode::CONFLICT)
    }

    fn unknown(&self, why: &Unknown) -> Response {
        tracing::error!(error = %why, outcome = "unavailable", "session");
        self.unavailable()
    }

    fn unavailable(&self) -> Response {
        let screen = visit::not_now();
        let page = respond::page(&self.frame(None), &screen, StatusCode::SERVICE_UNAVAILABLE);
        custodian_web::http::retry_soon(page)
    }

    fn message(&self, status: StatusCode, title: &str, words: &str) -> Response {
        let screen = Screen {
            title: title.to_owned(),
            blocks: vec![Block::Text(words.to_owned())],
            ..Screen::default()
        };
        respond::page(&self.frame(None), &screen, status)
    }
}

/// A form that was sent, if it was shown to this session for this page.
fn read(request: &Request, secret: &Secret) -> Option<Sent> {
    if request.body.len() > fields::LARGEST {
        return None;
    }
    let values = Values::read(&request.body);
    let id = secret
        .form_id(&request.path, values.get("token"))?
        .to_owned();
    Some(Sent { values, id })
}
