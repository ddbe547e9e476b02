//! Signing in and out: the code flow with PKCE, bound to the browser by a cookie that lives ten
//! minutes.

use crate::provider::{Beginning, NotSignedIn, SignedIn};
use crate::secret::{Secret, random_text};
use crate::session::{self, Open, no_cookie};
use crate::view::{Block, Link, Screen};
use crate::{Desk, respond};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_web::http::{Request, Response, StatusCode};

/// The cookie of a sign-in that has begun.
const COOKIE: &str = "__Host-desk-sign-in";
/// How far the provider's clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// How long a sign-in may take.
const TEN_MINUTES: TimeDelta = TimeDelta::minutes(10);
/// The part of that cookie which says that the person has to prove again who they are.
const AGAIN: &str = "again";
/// What stands between the parts of that cookie.
const JOINT: char = '.';

impl Desk {
    /// The page that everybody sees who is not signed in.
    pub(crate) fn sign_in_page(&self, next: &str, was_idle: bool) -> Screen {
        let mut blocks = Vec::new();
        if was_idle {
            let words = "You were signed out because nothing was done for 30 minutes. What you typed is kept for 10 \
                         minutes, and you get it back when you sign in.";
            blocks.push(Block::Inset(words.to_owned()));
        }
        let council = &self.site.council;
        blocks.extend([
            Block::Text(format!(
                "This desk is for the staff of {council} who answer people's requests about their data."
            )),
            Block::Link(Link::new(
                "Sign in with your council account",
                format!("/desk/sign-in?{}", next_query(next)),
            )),
            Block::Inset(
                "Everything that you look at or do here is written down first: when, your staff number, and the case that \
                 it was for. Auditors read that, and people can ask when and why somebody looked at their data."
                    .to_owned(),
            ),
        ]);
        Screen {
            title: "Sign in".to_owned(),
            blocks,
            ..Screen::default()
        }
    }

    /// Sends somebody to the provider.
    pub(crate) async fn begin_sign_in(&self, request: &Request, now: DateTime<Utc>) -> Response {
        let beginning = Beginning {
            state: random_text(),
            nonce: random_text(),
            verifier: random_text(),
        };
        let again = request.parameter("again").is_some();
        let next = request.parameter("next").unwrap_or_default();
        let place = match self.provider.sign_in(&beginning, again, now).await {
            Ok(place) => place,
            Err(why) => return self.not_signed_in(why),
        };
        let until = (now + TEN_MINUTES).timestamp().to_string();
        let parts = [
            beginning.state.as_str(),
            &beginning.nonce,
            &beginning.verifier,
            &until,
            &hex::encode(safe(&next)),
            if again { AGAIN } else { "" },
        ];
        let value = parts.join(&JOINT.to_string());
        let cookie = format!(
            "{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
            TEN_MINUTES.num_seconds()
        );
        respond::redirect(&place, &[cookie])
    }

    /// Somebody comes back from the provider.
    pub(crate) async fn finish_sign_in(&self, request: &Request, now: DateTime<Utc>) -> Response {
        let begun = request.cookie(COOKIE).and_then(|value| begun(value, now));
        let (state, code) = (request.parameter("state"), request.parameter("code"));
        let Some(((beginning, next, since), code)) = begun
            .zip(code)
            .filter(|((beginning, ..), _)| state.as_deref() == Some(beginning.state.as_str()))
        else {
            return self.not_signed_in(NotSignedIn::Refused("not_begun"));
        };
        let signed_in = match self.provider.exchange(&code, &beginning, now).await {
            Ok(signed_in) => signed_in,
            Err(why) => return self.not_signed_in(why),
        };
        if since.is_some_and(|since| signed_in.identity.proved_at < since - LEEWAY) {
            return self.not_signed_in(NotSignedIn::Refused("not_proved_again"));
        }
        let Some(staff) = signed_in.identity.staff.clone() else {
            return self.not_signed_in(NotSignedIn::Refused("no_staff_number"));
        };
        if self.note(&staff, "signed_in").await.is_err() {
            return self.not_signed_in(NotSignedIn::Unavailable);
        }
        let before = session::secret(request);
        match self.change_session(&signed_in, staff, before, now).await {
            Ok(secret) => respond::redirect(&next, &[session::cookie(&secret), no_cookie(COOKIE)]),
            Err(error) => {
                tracing::error!(error = %error, outcome = "unavailable", "sign_in");
                self.not_signed_in(NotSignedIn::Unavailable)
            }
        }
    }

    /// Opens the new session in place of the one before, whose typed form moves along if it is the
    /// same person's.
    async fn change_session(
        &self,
        signed_in: &SignedIn,
        staff: custodian_domain::identity::staff::StaffNumber,
        before: Option<Secret>,
        now: DateTime<Utc>,
    ) -> Result<Secret, custodian_aws::StorageError> {
        let open = self.open_session(signed_in, staff, now).await?;
        if let Some(before) = before {
            let digest = before.digest();
            let earlier = self.sessions.find(&digest, now).await?;
            if earlier.is_some_and(|earlier| earlier.subject == open.session.subject) {
                self.move_typed(&before, &open, now).await?;
            }
            self.sessions.close(&digest).await?;
        }
        Ok(open.secret)
    }

    /// Ends a session, here and at the provider.
    pub(crate) async fn sign_out(&self, open: &Open, now: DateTime<Utc>) -> Response {
        if let Err(error) = self.sessions.close(&open.secret.digest()).await {
            tracing::error!(error = %error, outcome = "unavailable", "sign_out");
            return self.not_signed_in(NotSignedIn::Unavailable);
        }
        // Whoever signs out is signed out, even if that cannot be written down.
        if self.note(open.staff(), "signed_out").await.is_err() {
            tracing::warn!(outcome = "not_noted", "sign_out");
        }
        let place = self.provider.sign_out(now).await.ok().flatten();
        let Some(place) = place else {
            return respond::redirect("/desk/signed-out", &[no_cookie(session::COOKIE)]);
        };
        // A form may not lead to another origin, not even by a redirect. A page may.
        let screen = Screen {
            title: "Signing out".to_owned(),
            refresh: Some(format!("0; url={place}")),
            blocks: vec![Block::Link(Link::new(
                "Sign out of your council account as well",
                place,
            ))],
            ..Screen::default()
        };
        let page = respond::page(&self.frame(None), &screen, StatusCode::OK);
        respond::with_cookie(page, &no_cookie(session::COOKIE))
    }

    /// The page after that.
    pub(crate) fn signed_out(&self) -> Response {
        let screen = Screen {
            title: "You are signed out".to_owned(),
            blocks: vec![
                Block::Text("Close this window if others use this computer.".to_owned()),
                Block::Link(Link::new("Sign in again", "/desk")),
            ],
            ..Screen::default()
        };
        respond::page(&self.frame(None), &screen, StatusCode::OK)
    }

    fn not_signed_in(&self, why: NotSignedIn) -> Response {
        tracing::warn!(why = %why, outcome = "not_signed_in", "sign_in");
        let (status, words) = match why {
            NotSignedIn::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "This is a problem on our side. Try again in a few minutes.",
            ),
            NotSignedIn::Refused("no_staff_number") => (
                StatusCode::FORBIDDEN,
                "Your account has no staff number. Ask whoever manages accounts to enter it.",
            ),
            NotSignedIn::Refused(_) => (
                StatusCode::FORBIDDEN,
                "We could not sign you in. Begin again: a sign-in is good for 10 minutes, in one window.",
            ),
        };
        let screen = Screen {
            title: "You are not signed in".to_owned(),
            blocks: vec![
                Block::Text(words.to_owned()),
                Block::Link(Link::new("Sign in", "/desk")),
            ],
            ..Screen::default()
        };
        respond::page(&self.frame(None), &screen, status)
    }
}

/// The query that names where somebody goes after signing in.
pub(crate) fn next_query(next: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("next", safe(next))
        .finish()
}

/// A path of the desk; anything else is its first page, so that nobody is sent elsewhere.
fn safe(next: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.?=&".contains(&byte);
    let is_ours = next == "/desk" || next.starts_with("/desk/");
    if is_ours && next.len() <= 300 && next.bytes().all(plain) && !next.contains("//") {
        next
    } else {
        "/desk"
    }
}

/// What a sign-in began with, where it leads, and since when the person has to have proved who they
/// are, if they have to; nothing once its ten minutes are over.
fn begun(value: &str, now: DateTime<Utc>) -> Option<(Beginning, String, Option<DateTime<Utc>>)> {
    let parts: Vec<&str> = value.split(JOINT).collect();
    let [state, nonce, verifier, until, next, again] = parts.as_slice() else {
        return None;
    };
    let until: i64 = until.parse().ok()?;
    let next = String::from_utf8(hex::decode(next).ok()?).ok()?;
    (now.timestamp() < until).then(|| {
        let beginning = Beginning {
            state: (*state).to_owned(),
            nonce: (*nonce).to_owned(),
            verifier: (*verifier).to_owned(),
        };
        let began = DateTime::from_timestamp(until, 0).map(|until| until - TEN_MINUTES);
        let since = began.filter(|_| *again == AGAIN);
        (beginning, safe(&next).to_owned(), since)
    })
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        for ours in [
            "/desk",
            "/desk/cases/C-1/clock",
            "/desk/requests?kind=access",
        ] {
            assert_eq!(safe(ours), ours);
        }
        for other in [
            "",
            "/",
            "/desks",
            "//evil.example",
            "/desk//evil.example",
            "https://evil.example/desk/",
            "/desk/\r\nSet-Cookie: x",
            "/desk/../x\\y",
        ] {
            assert_eq!(safe(other), "/desk", "{other}");
        }
    }
}
