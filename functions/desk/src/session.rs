//! Who is signed in: an opaque cookie, and what is stored of the session behind it.
//!
//! A session is over after half an hour in which nothing was done, and after eight hours in any
//! case. The roles are read from the provider again every five minutes, so that somebody who was
//! removed loses the desk by then.

use crate::Desk;
use crate::provider::{NotSignedIn, SignedIn};
use crate::roles::{self, Role};
use crate::secret::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff::StaffNumber;
use custodian_store::sessions::Session;
use custodian_web::http::Request;

/// The cookie. Browsers take it from this very host only, over TLS (RFC 6265bis, `__Host-`), and on
/// `localhost`.
pub(crate) const COOKIE: &str = "__Host-desk";
/// How long a session lives while nothing is done.
pub(crate) const IDLE: TimeDelta = TimeDelta::minutes(30);
/// How long it lives at most.
pub(crate) const WHOLE: TimeDelta = TimeDelta::hours(8);
/// How long roles are believed.
const ROLES_LIVE: TimeDelta = TimeDelta::minutes(5);
/// How long ago somebody may have proved who they are to approve something.
pub(crate) const RECENT: TimeDelta = TimeDelta::minutes(15);
/// How exactly it is stored when somebody was last here.
const SEEN: TimeDelta = TimeDelta::minutes(1);
/// The parameter of a page that loads itself again.
pub(crate) const FOLLOW: &str = "follow";
/// What the refresh token is sealed as.
const REFRESH: &str = "refresh";

/// A session that is open.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) secret: Secret,
    pub(crate) session: Session,
    pub(crate) roles: Vec<Role>,
}

/// What the cookie of a request leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// Somebody who is signed in.
    Open(Box<Open>),
    /// A session that was open until nothing was done for too long.
    Idle(Secret),
    /// Nobody.
    Nobody,
}

/// Why it is not known who asks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unknown {
    /// The table does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The provider does not answer, and the roles are too old to be believed.
    #[error("the identity provider does not answer")]
    Provider,
}

impl Open {
    /// The staff number.
    pub(crate) fn staff(&self) -> &StaffNumber {
        &self.session.staff
    }

    /// When the session is over if nothing more is done.
    pub(crate) fn ends(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        (now + IDLE).min(self.session.began_at + WHOLE)
    }

    /// When the session is over in any case.
    pub(crate) fn ends_at_last(&self) -> DateTime<Utc> {
        self.session.began_at + WHOLE
    }

    /// Whether they proved who they are so recently that they may approve something.
    pub(crate) fn is_recent(&self, now: DateTime<Utc>) -> bool {
        now - self.session.proved_at <= RECENT
    }
}

/// The secret in the cookie of a request.
pub(crate) fn secret(request: &Request) -> Option<Secret> {
    Secret::of_cookie(request.cookie(COOKIE)?)
}

/// The `Set-Cookie` of a session.
pub(crate) fn cookie(secret: &Secret) -> String {
    format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax",
        secret.cookie()
    )
}

/// The `Set-Cookie` that takes a cookie away.
pub(crate) fn no_cookie(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

impl Desk {
    /// Opens a session for somebody who has just signed in.
    pub(crate) async fn open_session(
        &self,
        signed_in: &SignedIn,
        staff: StaffNumber,
        now: DateTime<Utc>,
    ) -> Result<Open, StorageError> {
        let secret = Secret::new();
        let (identity, refresh) = (&signed_in.identity, signed_in.refresh.as_deref());
        let session = Session {
            subject: identity.subject.clone(),
            staff,
            roles: spelt(&identity.roles),
            began_at: now,
            proved_at: identity.proved_at,
            checked_at: now,
            seen_at: now,
            refresh: secret.seal(REFRESH, refresh.unwrap_or_default().as_bytes()),
        };
        self.sessions
            .open(&secret.digest(), &session, now + WHOLE)
            .await?;
        Ok(Open {
            secret,
            session,
            roles: identity.roles.clone(),
        })
    }

    /// Who asks, with the roles that they have now.
    pub(crate) async fn session(
        &self,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<Found, Unknown> {
        let Some(secret) = secret(request) else {
            return Ok(Found::Nobody);
        };
        let digest = secret.digest();
        let Some(mut session) = self.sessions.find(&digest, now).await? else {
            return Ok(Found::Nobody);
        };
        if now - session.seen_at >= IDLE {
            return Ok(Found::Idle(secret));
        }
        let is_old = now - session.checked_at >= ROLES_LIVE;
        if is_old && !self.check(&secret, &mut session, now).await? {
            self.sessions.close(&digest).await?;
            return Ok(Found::Nobody);
        }
        // A page that loads itself again is nobody who does something.
        let is_somebody = request.parameter(FOLLOW).is_none();
        if is_old || is_somebody && now - session.seen_at >= SEEN {
            if is_somebody {
                session.seen_at = now;
            }
            let ends = session.began_at + WHOLE;
            if !self.sessions.renew(&digest, &session, ends).await? {
                return Ok(Found::Nobody);
            }
        }
        let roles = roles::named(session.roles.iter().map(String::as_str));
        Ok(Found::Open(Box::new(Open {
            secret,
            session,
            roles,
        })))
    }

    /// Reads somebody's roles again. Returns whether they still are who they were.
    async fn check(
        &self,
        secret: &Secret,
        session: &mut Session,
        now: DateTime<Utc>,
    ) -> Result<bool, Unknown> {
        let refresh = secret
            .unseal(REFRESH, &session.refresh)
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(refresh) = refresh else {
            return Ok(false);
        };
        let renewed = match self.provider.renew(&refresh, now).await {
            Ok(renewed) => renewed,
            Err(NotSignedIn::Unavailable) => return Err(Unknown::Provider),
            Err(NotSignedIn::Refused(why)) => {
                tracing::info!(why, outcome = "ended", "session");
                return Ok(false);
            }
        };
        let identity = renewed.identity;
        if identity.subject != session.subject || identity.staff.as_ref() != Some(&session.staff) {
            return Ok(false);
        }
        session.roles = spelt(&identity.roles);
        session.checked_at = now;
        if let Some(refresh) = renewed.refresh {
            session.refresh = secret.seal(REFRESH, refresh.as_bytes());
        }
        Ok(true)
    }
}

fn spelt(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}
