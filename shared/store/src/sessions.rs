//! Who is signed in to the desk: a table of its own, which no other function reads.
//!
//! A session is found by the digest of its cookie, so whoever reads the table cannot take one
//! over. What is stored with it is sealed under the cookie itself.

use crate::keys;
use crate::{from_item, n, number, to_item};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::retention::ExpiresAt;
use custodian_dynamo::{Condition, Item, Returning, Table, Write};
use serde::{Deserialize, Serialize};

/// How many searches an item counts.
const SEARCHES: &str = "searches";

/// The sessions.
#[derive(Clone, Debug)]
pub struct Sessions(Table);

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The subject of the identity provider.
    pub subject: String,
    /// Their staff number.
    pub staff: StaffNumber,
    /// Their roles, as the provider spells them.
    pub roles: Vec<String>,
    /// When the session began.
    pub began_at: DateTime<Utc>,
    /// When they last proved who they are.
    pub proved_at: DateTime<Utc>,
    /// When their roles were last read.
    pub checked_at: DateTime<Utc>,
    /// When they last did something, to the minute.
    pub seen_at: DateTime<Utc>,
    /// The provider's refresh token, sealed.
    pub refresh: String,
}

impl Sessions {
    /// The sessions in the table named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
        Self(Table::new(client.clone(), name.to_owned()))
    }

    /// Opens a session, or stores it again, until `ends`.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn open(
        &self,
        digest: &str,
        session: &Session,
        ends: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "open a session";
        let item = to_item(OPERATION, session)?;
        Write::put(&self.0, keys::session(digest), item)
            .ending(ExpiresAt::at(ends).epoch())
            .send(OPERATION)
            .await
            .map(drop)
    }

    /// The same for a session that is there: one that was closed meanwhile stays closed. Returns
    /// whether it was there.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain what happened.
    pub async fn renew(
        &self,
        digest: &str,
        session: &Session,
        ends: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "renew a session";
        let item = to_item(OPERATION, session)?;
        let renewed = Write::put(&self.0, keys::session(digest), item)
            .ending(ExpiresAt::at(ends).epoch())
            .when(Condition::there())
            .send(OPERATION)
            .await?;
        Ok(renewed.is_applied())
    }

    /// The session of a cookie, if it is not over.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(
        &self,
        digest: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StorageError> {
        const OPERATION: &str = "read a session";
        let item = self.0.get(OPERATION, keys::session(digest), now).await?;
        item.map(|item| from_item(OPERATION, item)).transpose()
    }

    /// Closes a session. What was kept for it goes with it, or at the latest when it would have
    /// ended.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be closed.
    pub async fn close(&self, digest: &str) -> Result<(), StorageError> {
        const OPERATION: &str = "close a session";
        self.0.delete(OPERATION, keys::session(digest)).await?;
        let key = |item: Item| crate::Key::of(&item);
        let mut pages = self
            .0
            .all(OPERATION, &keys::session(digest).partition, "", key);
        while let Some(page) = pages.next().await? {
            for key in page {
                self.0.delete(OPERATION, key).await?;
            }
        }
        Ok(())
    }

    /// Keeps something sealed for a session under a name, in place of what was there.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn keep(
        &self,
        digest: &str,
        name: &str,
        sealed: &str,
        ends: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "keep something for a session";
        let item = to_item(
            OPERATION,
            Kept {
                sealed: sealed.to_owned(),
            },
        )?;
        Write::put(&self.0, keys::kept_for_session(digest, name), item)
            .ending(ExpiresAt::at(ends).epoch())
            .send(OPERATION)
            .await
            .map(drop)
    }

    /// What is kept for a session under a name, sealed.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn kept(
        &self,
        digest: &str,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StorageError> {
        const OPERATION: &str = "read what is kept for a session";
        let key = keys::kept_for_session(digest, name);
        let kept: Option<Kept> = self.0.find(OPERATION, key, now).await?;
        Ok(kept.map(|kept| kept.sealed))
    }

    /// Counts a search of somebody since the hour began at `hour`. Returns how many they are now.
    /// The count is over when the hour is.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be counted.
    pub async fn searched(
        &self,
        staff: &StaffNumber,
        hour: DateTime<Utc>,
        ends: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        const OPERATION: &str = "count a search";
        let counted = Write::update(&self.0, keys::searches(staff, hour))
            .add(SEARCHES, n(1))
            .ending(ExpiresAt::at(ends).epoch())
            .returning(Returning::Changed)
            .send(OPERATION)
            .await?
            .applied();
        let searches = counted.and_then(|it| u64::try_from(number(&it, SEARCHES)?).ok());
        searches.ok_or(StorageError::unreadable(OPERATION))
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    sealed: String,
}
