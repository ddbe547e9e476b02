//! Surveys in the Register, and the copies that a function keeps for a minute.
//!
//! What is open lies in one partition, every version of every survey in another: see [`versions`] and [`publishing`].

pub mod publishing;
pub mod tidying;
pub mod versions;

use crate::keys::{self, SK};
use crate::table::Table;
use crate::{Item, text};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::survey::Survey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use versions::Remembered;

/// How long a copy is used.
const FRESH: TimeDelta = TimeDelta::minutes(1);
const DOCUMENT: &str = "document";

type All = Arc<HashMap<String, Arc<Survey>>>;
/// What was read, and when.
type Copy = Option<(DateTime<Utc>, All)>;

/// The surveys.
#[derive(Clone, Debug)]
pub struct Surveys {
    register: Table,
    copy: Arc<Mutex<Copy>>,
    remembered: Arc<Mutex<Remembered>>,
}

impl Surveys {
    /// The surveys in the Register called `name`.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self { register: Table::new(client, name), copy: Arc::default(), remembered: Arc::default() }
    }

    /// The survey called `id`, as it was at most a minute ago; if the Register does not answer, as it was last read.
    ///
    /// # Errors
    /// [`StorageError`] if the surveys were never read and cannot be.
    pub async fn find(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Arc<Survey>>, StorageError> {
        Ok(self.all(now).await?.get(id).cloned())
    }

    /// Every survey, by id.
    ///
    /// # Errors
    /// As [`Surveys::find`].
    pub async fn all(&self, now: DateTime<Utc>) -> Result<All, StorageError> {
        let copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stale = match copy {
            Some((read_at, surveys)) if (TimeDelta::zero()..FRESH).contains(&(now - read_at)) => return Ok(surveys),
            Some((_, surveys)) => Some(surveys),
            None => None,
        };
        let surveys = match (self.read(now).await, stale) {
            (Ok(surveys), _) => surveys,
            (Err(error), Some(stale)) => {
                tracing::warn!(error = %error, outcome = "stale", "surveys");
                stale
            }
            (Err(error), None) => return Err(error),
        };
        *self.copy.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&surveys)));
        Ok(surveys)
    }

    async fn read(&self, now: DateTime<Utc>) -> Result<All, StorageError> {
        let read =
            |item: &Item| Some((text(item, SK)?.to_owned(), text(item, DOCUMENT).unwrap_or_default().to_owned()));
        let mut pages = self.register.live("read surveys", keys::SURVEY, "", now, read);
        let mut surveys = HashMap::new();
        while let Some(page) = pages.next().await? {
            for (id, document) in page {
                match Survey::parse(&document) {
                    Ok(survey) if survey.id == id => drop(surveys.insert(id, Arc::new(survey))),
                    // One broken survey must not close the others.
                    _ => tracing::error!(survey = %id, outcome = "unreadable", "surveys"),
                }
            }
        }
        Ok(Arc::new(surveys))
    }
}
