//! Surveys in the Register, and the copies that a function keeps for a minute.
//!
//! Today's surveys are in one partition, and every version of every survey is in another: see
//! [`versions`] and [`publishing`].

pub mod publishing;
pub mod tidying;
pub mod versions;

use crate::keys::{self, SK};
use crate::{Item, text};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::survey::Survey;
use custodian_dynamo::Table;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use versions::Remembered;

/// How long a copy is used.
const FRESH: TimeDelta = TimeDelta::minutes(1);
const DOCUMENT: &str = "document";

type All = HashMap<String, Arc<Survey>>;
/// What was read, by id, and when.
type Copy = Option<(DateTime<Utc>, Arc<HashMap<String, StoredSurvey>>)>;

/// A survey as it is stored; it is parsed when somebody wants it.
#[derive(Debug)]
struct StoredSurvey {
    document: String,
    survey: OnceLock<Option<Arc<Survey>>>,
}

impl StoredSurvey {
    /// One broken survey must not close the others.
    fn survey(&self, id: &str) -> Option<Arc<Survey>> {
        let read = || {
            let survey = Survey::parse(&self.document)
                .ok()
                .filter(|survey| survey.id == id);
            if survey.is_none() {
                tracing::error!(survey = %id, outcome = "unreadable", "surveys");
            }
            survey.map(Arc::new)
        };
        self.survey.get_or_init(read).clone()
    }
}

/// The surveys.
#[derive(Clone, Debug)]
pub struct Surveys {
    register: Table,
    copy: Arc<Mutex<Copy>>,
    remembered: Arc<Mutex<Remembered>>,
}

impl Surveys {
    /// The surveys in the Register named `name`.
    #[must_use]
    pub fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self {
            register: Table::new(client, name),
            copy: Arc::default(),
            remembered: Arc::default(),
        }
    }

    /// The survey with this `id`, as it was at most a minute ago; if the Register does not answer,
    /// as it was last read.
    ///
    /// # Errors
    /// [`StorageError`] if the surveys were never read and cannot be.
    pub async fn find(
        &self,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Survey>>, StorageError> {
        Ok(self
            .copy(now)
            .await?
            .get(id)
            .and_then(|stored| stored.survey(id)))
    }

    /// Every survey, by id.
    ///
    /// # Errors
    /// The errors of [`Surveys::find`].
    pub async fn all(&self, now: DateTime<Utc>) -> Result<All, StorageError> {
        let copy = self.copy(now).await?;
        Ok(copy
            .iter()
            .filter_map(|(id, stored)| Some((id.clone(), stored.survey(id)?)))
            .collect())
    }

    /// Reads them for callers within the next minute.
    ///
    /// # Errors
    /// The errors of [`Surveys::find`].
    pub async fn look(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        self.copy(now).await.map(drop)
    }

    async fn copy(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Arc<HashMap<String, StoredSurvey>>, StorageError> {
        let copy = self
            .copy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let stale = match copy {
            Some((read_at, surveys)) if (TimeDelta::zero()..FRESH).contains(&(now - read_at)) => {
                return Ok(surveys);
            }
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
        *self.copy.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((now, Arc::clone(&surveys)));
        Ok(surveys)
    }

    async fn read(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Arc<HashMap<String, StoredSurvey>>, StorageError> {
        let read = |item: Item| {
            // Without a document it is like one that is not JSON: the others are still read.
            Some((
                text(&item, SK)?.to_owned(),
                text(&item, DOCUMENT).unwrap_or_default().to_owned(),
            ))
        };
        let mut pages = self
            .register
            .live("read surveys", keys::SURVEY, "", now, read);
        let mut surveys = HashMap::new();
        while let Some(page) = pages.next().await? {
            let stored = |(id, document)| {
                (
                    id,
                    StoredSurvey {
                        document,
                        survey: OnceLock::new(),
                    },
                )
            };
            surveys.extend(page.into_iter().map(stored));
        }
        Ok(Arc::new(surveys))
    }
}
