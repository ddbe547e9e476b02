//! How a simulator behaves, and its answer to everything when it behaves badly.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use futures_util::stream;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// How a simulator answers, now and later; clones are handles on the same one.
#[derive(Clone, Debug, Default)]
pub struct Conduct(Arc<Mutex<Planned>>);

#[derive(Debug, Default)]
struct Planned {
    mode: Mode,
    /// A single call with another answer, after this many calls.
    falter: Option<(usize, Mode)>,
}

impl Conduct {
    fn planned(&self) -> MutexGuard<'_, Planned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the mode from now on.
    pub fn behave(&self, mode: Mode) {
        self.planned().mode = mode;
    }

    /// Answers this many calls, and then a single one in another mode.
    pub fn falter(&self, calls: usize, mode: Mode) {
        self.planned().falter = Some((calls, mode));
    }

    /// Whether that call is still to come.
    #[must_use]
    pub fn is_to_falter(&self) -> bool {
        self.planned().falter.is_some()
    }

    /// The mode that was set.
    pub(super) fn mode(&self) -> Mode {
        self.planned().mode
    }

    /// How the next call is answered.
    pub(super) fn next_mode(&self) -> Mode {
        let mut planned = self.planned();
        match planned.falter.take() {
            Some((0, falters)) => falters,
            Some((calls, falters)) => {
                planned.falter = Some((calls - 1, falters));
                planned.mode
            }
            None => planned.mode,
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
