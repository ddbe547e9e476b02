//! Putting a survey into the Register, and removing it. The earlier wording becomes a version that
//! stays.

use super::versions::{PUT_AT, RETIRED_AT, rfc3339};
use super::{DOCUMENT, Surveys};
use crate::keys;
use crate::{Item, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::survey::{Survey, VersionId};
use custodian_dynamo::Write;

/// The result of putting a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// There was no survey with that id.
    New,
    /// It differs from the earlier one, which stays as a version.
    Changed,
    /// It was there already, word by word.
    Same,
}

/// Whether a version is what is asked today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VersionState {
    Current,
    Retired,
}

impl Surveys {
    /// Puts a survey into the Register; functions with a copy see it within a minute. Twice has the
    /// effect of once.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there; putting it again continues.
    pub async fn put(
        &self,
        survey: &Survey,
        document: &str,
        now: DateTime<Utc>,
    ) -> Result<Put, StorageError> {
        let before = self.standing(&survey.id, now).await?;
        // A form is never shown before its version is stored, and a version is never removed before
        // another replaces it.
        self.keep_version(
            &survey.id,
            &survey.version,
            document,
            VersionState::Current,
            now,
        )
        .await?;
        let put = match &before {
            None => Put::New,
            Some((version, _)) if *version == survey.version => Put::Same,
            Some((version, document)) => {
                self.keep_version(&survey.id, version, document, VersionState::Retired, now)
                    .await?;
                Put::Changed
            }
        };
        let item = Item::from([(DOCUMENT.to_owned(), s(document))]);
        self.register
            .put("put a survey", keys::survey(&survey.id), item)
            .await?;
        Ok(put)
    }

    /// Removes a survey: nobody is shown it any longer, and its answers keep their words. Returns
    /// whether it was there.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone; trying again continues.
    pub async fn remove(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let before = self.standing(id, now).await?;
        if let Some((version, document)) = &before {
            self.keep_version(id, version, document, VersionState::Retired, now)
                .await?;
        }
        self.register
            .delete("remove a survey", keys::survey(id))
            .await?;
        Ok(before.is_some())
    }

    /// The survey under an id, as version and document; `None` if it is not JSON, which nobody was
    /// asked.
    async fn standing(
        &self,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<(VersionId, String)>, StorageError> {
        let item = self
            .register
            .get("read a survey", keys::survey(id), now)
            .await?;
        Ok(item
            .as_ref()
            .and_then(|item| text(item, DOCUMENT))
            .and_then(|document| {
                let version = VersionId::of(&serde_json::from_str(document).ok()?);
                Some((version, document.to_owned()))
            }))
    }

    /// Makes sure that a version is stored, and whether it is asked today. The times at which it
    /// was put and retired stay.
    pub(super) async fn keep_version(
        &self,
        survey: &str,
        version: &VersionId,
        document: &str,
        asked: VersionState,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let version = Write::update(&self.register, keys::survey_version(survey, version))
            .set_once(DOCUMENT, s(document));
        let at = s(rfc3339(now));
        let (operation, version) = match asked {
            VersionState::Current => (
                "keep a version of a survey",
                version.set_once(PUT_AT, at).remove(RETIRED_AT),
            ),
            VersionState::Retired => (
                "retire a version of a survey",
                version.set_once(RETIRED_AT, at),
            ),
        };
        version.send(operation).await.map(drop)
    }
}
