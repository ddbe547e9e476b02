//! Every version of every survey, for as long as a record can have been given under it.

use super::{DOCUMENT, FRESH, Surveys};
use crate::keys::{self, SK, SURVEY_VERSION};
use crate::{Item, text};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::RecordBody;
use custodian_domain::survey::words::Words;
use custodian_domain::survey::{Survey, VersionId, version};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// When a version was put into the Register, RFC 3339; missing on one from before versions were
/// kept.
pub(super) const PUT_AT: &str = "put_at";
/// When another version replaced it, or the survey was removed. RFC 3339.
pub(super) const RETIRED_AT: &str = "retired_at";

/// Versions that were read earlier, by survey and version.
pub(super) type Remembered = HashMap<(String, VersionId), (DateTime<Utc>, Option<Version>)>;

/// How many versions are held at most.
const MOST: usize = 64;

/// One version of a survey.
#[derive(Clone, Debug)]
pub struct Version {
    /// What it asks.
    pub survey: Arc<Survey>,
    /// When it was put into the Register; `None` if it was there before versions were kept.
    pub put_at: Option<DateTime<Utc>>,
    /// When another version replaced it, or the survey was removed; `None` while it is today's.
    pub retired_at: Option<DateTime<Utc>>,
}

impl Surveys {
    /// The version of a survey that is not today's, if a form of it is still accepted at `now`. It
    /// may be a minute old.
    ///
    /// # Errors
    /// [`StorageError`] if it is unknown whether there is one.
    pub async fn earlier(
        &self,
        survey: &str,
        id: &VersionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Version>, StorageError> {
        let key = (survey.to_owned(), id.clone());
        let remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        let found = match remembered {
            Some((read_at, found)) if (TimeDelta::zero()..FRESH).contains(&(now - read_at)) => {
                found
            }
            _ => {
                let found = self.version(survey, id, now).await?;
                let mut remembered = self
                    .remembered
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                if remembered.len() >= MOST {
                    remembered.clear();
                }
                remembered.insert(key, (now, found.clone()));
                found
            }
        };
        Ok(found.filter(|found| version::is_taken(found.retired_at, now)))
    }

    /// The words with which a record's answers are shown. One look-up a version: [`Wordbook`] keeps
    /// what was found.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn words(
        &self,
        details: &RecordBody,
        now: DateTime<Utc>,
    ) -> Result<Words, StorageError> {
        // Records from others name their own forms, which may have the same name as one of ours.
        let Some(survey) = details
            .survey
            .as_deref()
            .filter(|_| details.is_of_our_form())
        else {
            return Ok(Words::Others);
        };
        let today = self.find(survey, now).await?;
        let Some(id) = &details.survey_version else {
            let earliest = self.earliest(survey, now).await?.or(today);
            return Ok(earliest.map_or(Words::Gone, Words::Earliest));
        };
        if let Some(today) = today.filter(|today| today.version == *id) {
            return Ok(Words::Asked(today));
        }
        let found = self.version(survey, id, now).await?;
        Ok(found.map_or(Words::Gone, |found| Words::Asked(found.survey)))
    }

    /// One version, today's or not.
    async fn version(
        &self,
        survey: &str,
        id: &VersionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Version>, StorageError> {
        const OPERATION: &str = "read a version of a survey";
        let key = keys::survey_version(survey, id);
        let item = self.register.get(OPERATION, key, now).await?;
        item.map(|item| read(&item).ok_or(StorageError::unreadable(OPERATION)))
            .transpose()
    }

    /// The oldest known version of the survey.
    async fn earliest(
        &self,
        survey: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Survey>>, StorageError> {
        let prefix = keys::survey_versions(survey);
        let mut pages = self.register.live(
            "read versions of a survey",
            SURVEY_VERSION,
            &prefix,
            now,
            |item| read(&item),
        );
        let mut earliest: Option<Version> = None;
        while let Some(page) = pages.next().await? {
            for version in page {
                if earliest
                    .as_ref()
                    .is_none_or(|earliest| version.put_at < earliest.put_at)
                {
                    earliest = Some(version);
                }
            }
        }
        Ok(earliest.map(|earliest| earliest.survey))
    }
}

/// A version as it is stored; `None` if this version of the code cannot read it.
fn read(item: &Item) -> Option<Version> {
    let (_, id) = keys::survey_version_of(text(item, SK)?)?;
    let survey = Survey::parse(text(item, DOCUMENT)?)
        .ok()
        .filter(|survey| survey.version == id)?;
    Some(Version {
        survey: Arc::new(survey),
        put_at: time(item, PUT_AT)?,
        retired_at: time(item, RETIRED_AT)?,
    })
}

/// A time in the form that versions use: to the second.
pub(super) fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time of a version: `Some(None)` if it has none, and `None` if it cannot be read.
#[expect(
    clippy::option_option,
    reason = "an unreadable time is not a missing one"
)]
pub(super) fn time(item: &Item, name: &str) -> Option<Option<DateTime<Utc>>> {
    match item.get(name) {
        None => Some(None),
        Some(_) => text(item, name)?.parse().ok().map(Some),
    }
}

/// The words of every record of one package, each version read once.
#[derive(Debug)]
pub struct Wordbook<'a> {
    surveys: &'a Surveys,
    known: HashMap<(String, Option<VersionId>), Words>,
}

impl<'a> Wordbook<'a> {
    /// A book with nothing in it.
    #[must_use]
    pub fn new(surveys: &'a Surveys) -> Self {
        Self {
            surveys,
            known: HashMap::new(),
        }
    }

    /// The words of a record, as [`Surveys::words`] gives them.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn of(
        &mut self,
        details: &RecordBody,
        now: DateTime<Utc>,
    ) -> Result<Words, StorageError> {
        let Some(survey) = details.survey.clone().filter(|_| details.is_of_our_form()) else {
            return Ok(Words::Others);
        };
        let key = (survey, details.survey_version.clone());
        if let Some(words) = self.known.get(&key) {
            return Ok(words.clone());
        }
        let words = self.surveys.words(details, now).await?;
        self.known.insert(key, words.clone());
        Ok(words)
    }
}
