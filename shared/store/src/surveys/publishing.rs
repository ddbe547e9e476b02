//! Putting a survey into the Register, and taking it out: the wording that stood there before
//! becomes a version that stays.

use super::versions::{PUT_AT, RETIRED_AT, rfc3339};
use super::{DOCUMENT, Surveys};
use crate::keys;
use crate::{Item, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::survey::{Survey, VersionId};
use custodian_dynamo::Write;

/// What became of a survey that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// There was no survey of that id.
    New,
    /// It asks something else than before; what it asked until now stays as a version.
    Changed,
    /// It was there already, word by word.
    Same,
}

/// Whether a version is what is asked today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Today,
    NoLonger,
}

impl Surveys {
    /// Puts a survey into the Register; whoever has a copy sees it within a minute. Twice is once.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be there; put again, it goes on.
    pub async fn put(
        &self,
        survey: &Survey,
        document: &str,
        now: DateTime<Utc>,
    ) -> Result<Put, StorageError> {
        let before = self.standing(&survey.id, now).await?;
        // A form is never shown before its version is there, nor a version gone before another
        // stands in its place.
        self.keep_version(&survey.id, &survey.version, document, Asked::Today, now)
            .await?;
        let put = match &before {
            None => Put::New,
            Some((version, _)) if *version == survey.version => Put::Same,
            Some((version, document)) => {
                self.keep_version(&survey.id, version, document, Asked::NoLonger, now)
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

    /// Takes a survey out: nobody is shown it any longer, and what was answered keeps its words.
    /// Gives whether it was there.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be gone; tried again, it goes on.
    pub async fn remove(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let before = self.standing(id, now).await?;
        if let Some((version, document)) = &before {
            self.keep_version(id, version, document, Asked::NoLonger, now)
                .await?;
        }
        self.register
            .delete("remove a survey", keys::survey(id))
            .await?;
        Ok(before.is_some())
    }

    /// What stands under an id, as version and document; what is no JSON is nothing that somebody
    /// was asked.
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

    /// Makes sure that a version is there, and whether it is asked today; when it came, and when it
    /// was retired, stand.
    pub(super) async fn keep_version(
        &self,
        survey: &str,
        version: &VersionId,
        document: &str,
        asked: Asked,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let version = Write::update(&self.register, keys::survey_version(survey, version))
            .set_once(DOCUMENT, s(document));
        let at = s(rfc3339(now));
        let (operation, version) = match asked {
            Asked::Today => (
                "keep a version of a survey",
                version.set_once(PUT_AT, at).remove(RETIRED_AT),
            ),
            Asked::NoLonger => (
                "retire a version of a survey",
                version.set_once(RETIRED_AT, at),
            ),
        };
        version.send(operation).await.map(drop)
    }
}
