//! One person's traces in the intake bucket: rows in quarantine that name them, and files that nobody has read yet.

mod leave_out;

use super::{Files, has_status};
use crate::domain::identifier::Identifier;
use crate::domain::mention::Mentions;
use crate::domain::mention::rows::{Found, Layout, Search};
use crate::domain::source::Source;
use crate::storage::{StorageError, failed};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::Object;
use chrono::{DateTime, TimeDelta, Utc};
use leave_out::Obstacle;
pub use leave_out::QUARANTINED;
use std::collections::HashSet;

/// How often an object that others write at the same time is tried.
const TRIES: u32 = 8;
/// How long an invocation may run, which is as long as Lambda lets it: what it left behind is then nobody's any more.
const INVOCATION: TimeDelta = TimeDelta::minutes(15);

/// What of a person is in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mentioned {
    /// How many files wait to be read; nobody knows whose data is in them.
    pub waiting: u64,
    /// How many rows in quarantine name the person.
    pub rows: u64,
}

/// What of a person has gone from the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// How many files that were dropped in time are still to be read: after them it has to be done again.
    pub waiting: u64,
    /// How many rows in quarantine named the person; they are gone.
    pub rows: u64,
}

impl Files {
    /// Counts what [`scrub`](Self::scrub) would look at now.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn mentions(&self, identities: &[Identifier], now: DateTime<Utc>) -> Result<Mentioned, StorageError> {
        let (mentions, mut rows) = (Mentions::of(identities), 0);
        let waiting = self.waiting(now, now).await?;
        let mut listing = Listing::of("quarantine/");
        while let Some(objects) = listing.next(self).await? {
            for key in objects.iter().filter_map(Object::key) {
                rows += self.look(key, &mentions).await?.map_or(0, |(_, found)| found.rows);
            }
        }
        Ok(Mentioned { waiting, rows })
    }

    /// Takes the rows that name a person out of quarantine, and says how many files that were dropped up to `before` are
    /// still to be read. What they put into quarantine is found by another time; a second time without them finds
    /// nothing to do.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known that all such rows are gone.
    pub async fn scrub(
        &self,
        identities: &[Identifier],
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Scrubbed, StorageError> {
        let (mentions, mut rows) = (Mentions::of(identities), 0);
        // First: what has been read by then has put its rows where they are looked for.
        let waiting = self.waiting(before, now).await? + self.end_uploads(now).await?;
        let mut listing = Listing::of("quarantine/");
        while let Some(objects) = listing.next(self).await? {
            for key in objects.iter().filter_map(Object::key) {
                rows += self.scrub_object(key, &mentions, now).await?;
            }
        }
        Ok(Scrubbed { waiting, rows })
    }

    /// How many files that were dropped up to `before` are not read to their end.
    async fn waiting(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StorageError> {
        let in_time = |object: &Object| put_at(object).is_none_or(|at| at <= before);
        // A file that was replaced while it is read goes on being read by that invocation.
        let mut being_read = HashSet::new();
        for folder in ["progress/", "handover/"] {
            let mut listing = Listing::of(folder);
            while let Some(objects) = listing.next(self).await? {
                let fresh =
                    objects.iter().filter(|it| in_time(it) && put_at(it).is_none_or(|at| now - at < INVOCATION));
                being_read.extend(fresh.filter_map(|it| import_of(it.key()?)).map(str::to_owned));
            }
        }
        let mut waiting = 0;
        for source in Source::ALL {
            let mut listing = Listing::of(&format!("{}/", source.as_str()));
            while let Some(objects) = listing.next(self).await? {
                for object in objects.iter().filter(|object| in_time(object)) {
                    let file = object.key().and_then(|key| super::File::dropped(key, object.e_tag()?));
                    waiting += u64::from(file.is_some());
                    file.map(|file| being_read.remove(&file.id()));
                }
            }
        }
        Ok(waiting + being_read.len() as u64)
    }

    /// Ends what a run that broke off has half written, and says how many uploads may still be going on.
    async fn end_uploads(&self, now: DateTime<Utc>) -> Result<u64, StorageError> {
        const OPERATION: &str = "end an upload";
        let (mut going_on, mut markers) = (0, (None, None));
        loop {
            let list = self.client.list_multipart_uploads().bucket(&self.bucket).prefix("quarantine/");
            let list = list.set_key_marker(markers.0).set_upload_id_marker(markers.1);
            let page = list.send().await.map_err(failed(OPERATION))?;
            for upload in page.uploads() {
                let begun = upload.initiated().and_then(|at| DateTime::from_timestamp(at.secs(), 0));
                if begun.is_some_and(|begun| now - begun < INVOCATION) {
                    going_on += 1;
                } else if let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) {
                    self.abandon(key, id).await?;
                }
            }
            if !page.is_truncated().unwrap_or_default() {
                return Ok(going_on);
            }
            markers = (page.next_key_marker, page.next_upload_id_marker);
        }
    }

    async fn abandon(&self, key: &str, id: &str) -> Result<(), StorageError> {
        let abort = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
        abort.send().await.map(drop).or_else(|error| match error.as_service_error() {
            Some(gone) if gone.is_no_such_upload() => Ok(()),
            _ => Err(failed("end an upload")(error)),
        })
    }

    /// Which rows of an object in quarantine name the person; nothing if it is no longer there.
    async fn look(&self, key: &str, mentions: &Mentions) -> Result<Option<(GetObjectOutput, Found)>, StorageError> {
        const OPERATION: &str = "look into quarantine";
        let mut object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if has_status(&error, &[404]) => return Ok(None),
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        let mut search = Search::new(mentions, layout(key));
        while let Some(bytes) = object.body.next().await {
            search.push(&bytes.map_err(|_| StorageError::unreadable(OPERATION))?);
        }
        Ok(Some((object, search.finish())))
    }

    async fn scrub_object(&self, key: &str, mentions: &Mentions, now: DateTime<Utc>) -> Result<u64, StorageError> {
        for _ in 0..TRIES {
            let Some((object, found)) = self.look(key, mentions).await? else { return Ok(0) };
            if found.rows == 0 {
                return Ok(0);
            }
            match self.leave_out(key, &object, &found, now).await {
                Ok(()) => return Ok(found.rows),
                Err(Obstacle::Changed) => {}
                Err(Obstacle::Storage(error)) => return Err(error),
            }
        }
        Err(StorageError { operation: "scrub quarantine", code: "written by others all the time".to_owned() })
    }
}

/// A folder, a page at a time.
struct Listing {
    prefix: String,
    /// Where the next page begins.
    token: Option<String>,
    is_over: bool,
}

impl Listing {
    fn of(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), token: None, is_over: false }
    }

    async fn next(&mut self, files: &Files) -> Result<Option<Vec<Object>>, StorageError> {
        if self.is_over {
            return Ok(None);
        }
        let list = files.client.list_objects_v2().bucket(&files.bucket).prefix(&self.prefix);
        let page = list.set_continuation_token(self.token.take()).send().await.map_err(failed("list files"))?;
        (self.is_over, self.token) = (page.next_continuation_token.is_none(), page.next_continuation_token);
        Ok(Some(page.contents.unwrap_or_default()))
    }
}

fn put_at(object: &Object) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(object.last_modified()?.secs(), 0)
}

/// The import whose progress or handover lies under a key.
fn import_of(key: &str) -> Option<&str> {
    let (_, name) = key.rsplit_once('/')?;
    Some(name.strip_suffix(".json").unwrap_or(name))
}

/// How the rows of an object in quarantine are written.
fn layout(key: &str) -> Layout {
    let mut parts = key.split('/').skip(1);
    let source = parts.next().and_then(Source::named);
    match (parts.nth(1), source) {
        (Some("file"), Some(Source::Reviews)) => Layout::List,
        (Some("file"), Some(Source::Interviews | Source::Support)) => Layout::Lines,
        (Some("file"), _) => Layout::Csv,
        _ => Layout::Told,
    }
}
