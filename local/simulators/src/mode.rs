//! How a simulator behaves, and its answer to everything when it behaves badly.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;

/// How a simulator behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As it should.
    #[default]
    Well,
    /// It takes a minute for every answer.
    Slow,
    /// It answers 503.
    Down,
    /// It answers 429, without saying for how long.
    Busy,
    /// It answers with a page.
    Garbled,
    /// It answers about another request, or another operation.
    Wrong,
    /// It answers that all is done, signed by somebody else.
    Forging,
    /// It redirects to itself, as it would to a private address.
    Redirecting,
    /// It never ends its answer.
    Huge,
    /// It does what it is asked, and answers 500.
    Losing,
    /// It does not do what it is asked, and calls back that it has.
    Boasting,
    /// It refuses what it is asked.
    Refusing,
}

/// Where a redirected call ends up.
pub(super) const TRAP: &str = "/trap";

/// A single call with another answer, after this many calls.
#[derive(Debug, Default)]
pub(super) struct Falter(Option<(usize, Mode)>);

impl Falter {
    pub(super) const fn after(calls: usize, mode: Mode) -> Self {
        Self(Some((calls, mode)))
    }

    /// Whether it is still to come.
    pub(super) const fn is_to_come(&self) -> bool {
        self.0.is_some()
    }

    /// How the next call is answered by a simulator that otherwise answers in this `mode`.
    pub(super) fn next(&mut self, mode: Mode) -> Mode {
        match self.0.take() {
            Some((0, falters)) => falters,
            Some((calls, falters)) => {
                self.0 = Some((calls - 1, falters));
                mode
            }
            None => mode,
        }
    }
}

impl Mode {
    /// The answer that does not depend on the request, in modes that have one.
    pub(super) async fn answer(self) -> Option<Response<Body>> {
        match self {
            Self::Slow => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                None
            }
            Self::Down => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
            Self::Busy => Some(StatusCode::TOO_MANY_REQUESTS.into_response()),
            Self::Garbled => {
                Some(([(CONTENT_TYPE, "text/html")], "<html><body>Welcome").into_response())
            }
            Self::Redirecting => {
                Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, TRAP)]).into_response())
            }
            Self::Huge => {
                let endless = stream::repeat_with(|| {
                    Ok::<_, Infallible>(Bytes::from_static(&[b' '; 16 * 1024]))
                });
                Some(Body::from_stream(endless).into_response())
            }
            Self::Well
            | Self::Wrong
            | Self::Forging
            | Self::Losing
            | Self::Boasting
            | Self::Refusing => None,
        }
    }

    /// Whether it really does what it says.
    pub(super) const fn acts(self) -> bool {
        !matches!(self, Self::Forging | Self::Boasting | Self::Wrong)
    }
}
