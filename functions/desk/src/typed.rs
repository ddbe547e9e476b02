//! What somebody typed when their session had ended: kept sealed for a while, and shown again to
//! the same person.

use crate::Desk;
use crate::fields::{self, Values};
use crate::secret::Secret;
use crate::session::Open;
use crate::visit::Sent;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_web::http::Request;

/// How long a typed form is kept for somebody who was signed out.
const TYPED_LIVES: TimeDelta = TimeDelta::minutes(10);
/// Under what it is kept.
const TYPED: &str = "typed";

impl Desk {
    /// Keeps a form that was sent after its session had ended, sealed under that session's cookie.
    pub(crate) async fn keep_typed(
        &self,
        secret: &Secret,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if request.body.len() > fields::LARGEST {
            return Ok(());
        }
        let typed = [request.path.as_bytes(), b"\n", &request.body].concat();
        let sealed = secret.seal(TYPED, &typed);
        self.sessions
            .keep(&secret.digest(), TYPED, &sealed, now + TYPED_LIVES)
            .await
    }

    /// Moves what was typed to the session that follows.
    pub(crate) async fn move_typed(
        &self,
        before: &Secret,
        open: &Open,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let kept = self.sessions.kept(&before.digest(), TYPED, now).await?;
        let Some(typed) = kept.and_then(|sealed| before.unseal(TYPED, &sealed)) else {
            return Ok(());
        };
        let sealed = open.secret.seal(TYPED, &typed);
        let digest = open.secret.digest();
        self.sessions
            .keep(&digest, TYPED, &sealed, now + TYPED_LIVES)
            .await
    }

    /// What was typed on this page before its session ended, if it waits.
    pub(crate) async fn typed_before(
        &self,
        open: &Open,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Option<Sent> {
        let is_new = now - open.session.began_at < TYPED_LIVES;
        if !is_new {
            return None;
        }
        let kept = self.sessions.kept(&open.secret.digest(), TYPED, now).await;
        let typed = open.secret.unseal(TYPED, &kept.ok()??)?;
        let place = typed.iter().position(|byte| *byte == b'\n')?;
        let (path, body) = typed.split_at(place);
        (path == request.path.as_bytes()).then(|| Sent {
            values: Values::read(&body[1..]),
            id: String::new(),
        })
    }
}
