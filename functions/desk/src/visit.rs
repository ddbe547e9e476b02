//! One request of somebody who is signed in and may see the page.

use crate::Desk;
use crate::fields::Values;
use crate::orders::{Refused, To};
use crate::respond;
use crate::routes::Parts;
use crate::session::Open;
use crate::view::{Block, Link, Problem, Screen};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::london;
use custodian_web::http::{Response, StatusCode, retry_soon};
use serde_json::{Value, json};

/// What a page works with.
#[derive(Debug)]
pub(crate) struct Visit<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) open: &'a Open,
    /// The address, which a form is sent to as well.
    pub(crate) path: &'a str,
    pub(crate) parts: Parts,
    pub(crate) query: Values,
    /// What was typed, if a form was sent.
    pub(crate) sent: Option<Sent>,
    /// What was typed here before a session ended, if it waits.
    pub(crate) kept: Option<Values>,
    pub(crate) now: DateTime<Utc>,
}

/// A form that was sent from one of our pages.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// What was typed.
    pub(crate) values: Values,
    /// The id of the form that was shown. The order has it as well, so two clicks are one order.
    pub(crate) id: String,
}

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Stop {
    /// An order was not carried out.
    Refused(Refused),
    /// There is nothing at this address.
    NotFound,
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// A page's response, or why it is not shown.
pub(crate) type Answer = Result<Response, Stop>;

impl Visit<'_> {
    /// Gives an order in the name of whoever is signed in.
    pub(crate) async fn give(&self, to: To, mut order: Value) -> Result<Value, Refused> {
        order["by"] = json!(self.open.staff());
        self.desk.orders.give(to, &order).await
    }

    /// Shows a page.
    pub(crate) fn show(&self, screen: &Screen) -> Response {
        self.show_with(screen, StatusCode::OK)
    }

    /// Shows a page with a status.
    pub(crate) fn show_with(&self, screen: &Screen, status: StatusCode) -> Response {
        respond::page(
            &self.desk.frame(Some((self.open, self.now, self.path))),
            screen,
            status,
        )
    }

    /// Shows a page again whose form was not accepted.
    pub(crate) fn again(
        &self,
        mut screen: Screen,
        problems: Vec<Problem>,
        status: StatusCode,
    ) -> Response {
        screen.problems = problems;
        self.show_with(&screen, status)
    }

    /// A part of the address.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.parts.get(name).map_or("", String::as_str)
    }

    /// The token of this page's form.
    pub(crate) fn token(&self) -> String {
        self.open.secret.form_token(self.path)
    }

    /// What was typed; empty where nothing was.
    pub(crate) fn typed(&self) -> Values {
        let sent = self.sent.as_ref().map(|sent| &sent.values);
        sent.or(self.kept.as_ref()).cloned().unwrap_or_default()
    }

    /// Has a page follow something that goes on, if somebody asks for it: a page that loads itself
    /// again takes the focus from whoever reads it (WCAG 2.2, 2.2.1).
    pub(crate) fn follow(&self, screen: &mut Screen) {
        if self.query.get("follow") == "yes" {
            screen.refresh = Some("5".to_owned());
            screen
                .blocks
                .push(Block::Link(Link::new("Stop following", self.path)));
        } else {
            let follow = format!("{}?follow=yes", self.path);
            let words = "Follow it: load this page again every 5 seconds";
            screen.blocks.extend([
                Block::Text("It goes on whether you stay here or not.".to_owned()),
                Block::Link(Link::new("Load this page again", self.path)),
                Block::Link(Link::new(words, follow)),
            ]);
        }
    }

    /// Today in London.
    pub(crate) fn today(&self) -> NaiveDate {
        london::date(self.now)
    }

    /// Shows why a page is not shown.
    pub(crate) fn stopped(&self, stop: Stop) -> Response {
        let (status, title, words) = match stop {
            Stop::NotFound => (
                StatusCode::NOT_FOUND,
                "Page not found",
                "If you typed the address, check it is correct.".to_owned(),
            ),
            Stop::Refused(Refused::Unavailable) => {
                let screen = not_now();
                return retry_soon(self.show_with(&screen, StatusCode::SERVICE_UNAVAILABLE));
            }
            Stop::Refused(Refused::Order { kind, words }) => (
                status_of(&kind),
                title_of(&kind),
                crate::words::sentence(&words),
            ),
        };
        let screen = Screen {
            title: title.to_owned(),
            back: Some(Link::new("Back to today", "/desk")),
            blocks: vec![Block::Text(words)],
            ..Screen::default()
        };
        self.show_with(&screen, status)
    }
}

/// The page for what nobody can know now.
pub(crate) fn not_now() -> Screen {
    Screen {
        title: "Sorry, this does not work at the moment".to_owned(),
        blocks: vec![Block::Text(
            "It is not certain that it was done. Go back and use the same button again in a minute: it is done once."
                .to_owned(),
        )],
        ..Screen::default()
    }
}

/// The status of a refusal.
pub(crate) fn status_of(kind: &str) -> StatusCode {
    match kind {
        "BadOrder" | "Incomplete" | "Late" | "TooLateToExtend" | "NotAccess" => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        "UnknownCase" | "UnknownRequest" | "UnknownRecord" => StatusCode::NOT_FOUND,
        "Expired" | "Withdrawn" | "Erased" => StatusCode::GONE,
        _ => StatusCode::CONFLICT,
    }
}

fn title_of(kind: &str) -> &'static str {
    match kind {
        "UnknownCase" | "UnknownRequest" | "UnknownRecord" => {
            "There is nothing under this reference"
        }
        "Outdated" | "Stale" | "AnotherEvent" => "Somebody else was faster",
        "BadOrder" | "Incomplete" | "Late" | "TooLateToExtend" | "NotAccess" => {
            "There is a problem"
        }
        _ => "This cannot be done now",
    }
}
