//! What the sweep does with versions: it keeps what somebody put in by hand, and deletes what no
//! record can need any longer.

use super::publishing::VersionState;
use super::versions::{PUT_AT, RETIRED_AT, rfc3339, time};
use super::{DOCUMENT, Surveys};
use crate::keys::{self, Key, SK, SURVEY, SURVEY_VERSION};
use crate::{Item, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::survey::{VersionId, version};
use custodian_dynamo::{Condition, Write};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was done about versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tidied {
    /// How many surveys had no version yet, and have one now.
    pub kept: u64,
    /// How many versions are no longer asked, or are asked again, and were not marked so.
    pub marked: u64,
    /// How many versions no record can need any longer, and are deleted.
    pub forgotten: u64,
}

/// A version as the sweep sees it, without its questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The survey's id.
    pub survey: String,
    /// Which version of it.
    pub version: VersionId,
    /// When another replaced it, or the survey was removed; `None` while it is today's.
    pub retired_at: Option<DateTime<Utc>>,
}

impl Surveys {
    /// Makes versions agree with the surveys at `now`, and deletes those that are over, unless
    /// something is held: a held record is kept beyond its date, and needs its words.
    ///
    /// # Errors
    /// [`StorageError`] if it broke off; the next run continues.
    pub async fn tidy(&self, held: bool, now: DateTime<Utc>) -> Result<Tidied, StorageError> {
        // Versions first: one that is put meanwhile must not look like one that was replaced.
        let versions = self.listed().await?;
        let mut current = self.current_versions(now).await?;
        let mut tidied = Tidied::default();
        for Listed {
            survey,
            version,
            retired_at,
        } in versions
        {
            let key = keys::survey_version(&survey, &version);
            let today = match current.get(&survey) {
                // What is asked there is unknown.
                Some(None) => continue,
                Some(Some((today, _))) => *today == version,
                None => false,
            };
            match (today, retired_at) {
                (true, Some(_)) => tidied.marked += u64::from(self.mark(&key, None).await?),
                (false, None) => tidied.marked += u64::from(self.mark(&key, Some(now)).await?),
                (false, Some(retired_at)) if version::kept_until(retired_at) <= now && !held => {
                    tidied.forgotten += u64::from(self.forget(&key, retired_at).await?);
                }
                (true, None) | (false, Some(_)) => {}
            }
            if today {
                current.remove(&survey);
            }
        }
        for (survey, today) in current {
            if let Some((version, document)) = today {
                self.keep_version(&survey, &version, &document, VersionState::Current, now)
                    .await?;
                tidied.kept += 1;
            }
        }
        Ok(tidied)
    }

    /// Every version of every survey, including today's and those of removed surveys.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn listed(&self) -> Result<Vec<Listed>, StorageError> {
        let read = |item: Item| {
            let (survey, version) = keys::survey_version_of(text(&item, SK)?)?;
            Some(Listed {
                survey,
                version,
                retired_at: time(&item, RETIRED_AT)?,
            })
        };
        let pages = self
            .register
            .all("list versions of surveys", SURVEY_VERSION, "", read);
        pages.showing(&[SK, PUT_AT, RETIRED_AT]).all().await
    }

    /// What is asked today, as it is stored and not from a copy; `None` for what is not JSON.
    async fn current_versions(
        &self,
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<String, Option<(VersionId, String)>>, StorageError> {
        let read = |item: Item| {
            // Without a document it is like one that is not JSON: the others are still read.
            Some((
                text(&item, SK)?.to_owned(),
                text(&item, DOCUMENT).unwrap_or_default().to_owned(),
            ))
        };
        let mut pages = self.register.live("read surveys", SURVEY, "", now, read);
        let mut current = BTreeMap::new();
        while let Some(page) = pages.next().await? {
            for (survey, document) in page {
                let version = serde_json::from_str(&document)
                    .ok()
                    .map(|value| VersionId::of(&value));
                current.insert(survey, version.map(|version| (version, document)));
            }
        }
        Ok(current)
    }

    /// Marks a version as retired then, or as asked again. Returns whether it is still there.
    async fn mark(
        &self,
        key: &Key,
        retired_at: Option<DateTime<Utc>>,
    ) -> Result<bool, StorageError> {
        let version = Write::update(&self.register, key).when(Condition::there());
        let marked = match retired_at {
            Some(at) => version.set_once(RETIRED_AT, s(rfc3339(at))),
            None => version.remove(RETIRED_AT),
        };
        Ok(marked
            .send("mark a version of a survey")
            .await?
            .is_applied())
    }

    /// Deletes a version that was retired then, unless it is asked again meanwhile.
    async fn forget(&self, key: &Key, retired_at: DateTime<Utc>) -> Result<bool, StorageError> {
        let gone = Write::delete(&self.register, key)
            .when(Condition::is(RETIRED_AT, s(rfc3339(retired_at))));
        Ok(gone
            .send("forget a version of a survey")
            .await?
            .is_applied())
    }
}
