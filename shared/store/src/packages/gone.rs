//! When a package is no longer handed out, even if S3 still has it.

use super::{Package, State};
use crate::suppressions::Suppressions;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;

/// Why a package is no longer handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// Its time is over.
    #[error("gone: the package has expired; ask for a new one")]
    Expired,
    /// Somebody whose data it held was erased.
    #[error("gone: the package was deleted because the person was erased")]
    Erased,
    /// The DPO withdrew it.
    #[error(
        "gone: the package was withdrawn; if there is to be another, give it a request_id of its own"
    )]
    Withdrawn,
}

impl Package {
    /// Refuses a package that is closed, or whose time is over.
    ///
    /// # Errors
    /// [`Gone`], which says why.
    pub fn refuse_closed(&self, now: DateTime<Utc>) -> Result<(), Gone> {
        let over = self
            .made
            .as_ref()
            .is_some_and(|made| made.expires_at <= now);
        match self.state {
            State::Erased => Err(Gone::Erased),
            State::Expired => Err(Gone::Expired),
            State::Withdrawn => Err(Gone::Withdrawn),
            State::Started | State::Complete if over => Err(Gone::Expired),
            State::Started | State::Complete => Ok(()),
        }
    }

    /// Why it is no longer handed out: closed, over, or of somebody who was erased since it was
    /// ordered, even if it is not deleted yet. `None` if it may be handed out.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    pub async fn gone(
        &self,
        suppressions: &Suppressions,
        now: DateTime<Utc>,
    ) -> Result<Option<Gone>, StorageError> {
        if let Err(gone) = self.refuse_closed(now) {
            return Ok(Some(gone));
        }
        for holder in &self.holders {
            let suppression = suppressions.of(holder, now).await?;
            if suppression.is_some_and(|suppression| self.requested_at <= suppression.erased_at) {
                return Ok(Some(Gone::Erased));
            }
        }
        Ok(None)
    }
}
