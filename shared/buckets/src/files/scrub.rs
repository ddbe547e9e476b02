//! One person's data in the intake bucket: rows in quarantine that name them, and files that nobody
//! has read yet.

mod leave_out;

use super::folder::{self, QUARANTINE};
use super::index::MayName;
use super::kept::{dropped_at, goes_on};
use super::layout::layout;
use super::listing::{Listed, Listing};
use super::{File, Files, has_status, is_folder};
use crate::paging::next_page;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::{StorageError, failed};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::mention::Mentions;
use custodian_domain::identity::mention::index::{Index, Indexing};
use custodian_domain::identity::mention::rows::{Both, Found, Look, Search};
use custodian_domain::retention::INVOCATION;
use leave_out::Obstacle;
use std::collections::HashSet;

/// How many times an object is tried that others write at the same time.
const TRIES: u32 = 8;

/// A person's data in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mentioned {
    /// How many files wait to be read. Nobody knows whose data is in them.
    pub waiting: u64,
    /// How many rows in quarantine name the person.
    pub rows: u64,
    /// How many rows and files in quarantine nobody can look into, such as a workbook. They may
    /// name anybody.
    pub unreadable: u64,
    /// The day on which the last of these is deleted.
    pub unreadable_until: Option<NaiveDate>,
}

/// What was erased of a person in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// How many files that were dropped in time are still to be read. After them it has to be done
    /// again.
    pub waiting: u64,
    /// How many rows in quarantine named the person; they are deleted.
    pub rows: u64,
    /// How many rows and files that were dropped in time nobody can look into. They stay until
    /// somebody has corrected them, or the bucket's lifecycle deletes them. Only then is nothing of
    /// the person known to be left.
    pub unreadable: u64,
    /// Whether all of quarantine was searched.
    pub is_whole: bool,
}

impl Files {
    /// Counts what [`scrub`](Self::scrub) would search now.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn mentions(
        &self,
        identities: &[Identifier],
        now: DateTime<Utc>,
    ) -> Result<Mentioned, StorageError> {
        let mentions = Mentions::of(identities);
        let waiting = self.waiting(now, now).await?;
        let mut mentioned = Mentioned {
            waiting,
            rows: 0,
            unreadable: 0,
            unreadable_until: None,
        };
        let mut listing = Listing::of(QUARANTINE);
        while let Some(objects) = listing.next(self).await? {
            for MayName {
                object,
                wants_index,
            } in self.may_name(&objects, &mentions).await?
            {
                let looked = self.look(&object.key, &mentions, wants_index).await?;
                let Some((opened, found, index)) = looked else {
                    continue;
                };
                self.keep_index(&object.key, opened.e_tag(), index).await;
                mentioned.rows += found.rows;
                mentioned.unreadable += found.opaque;
                let until = (found.opaque > 0).then(|| goes_on(object.put_at));
                mentioned.unreadable_until = mentioned.unreadable_until.max(until);
            }
        }
        Ok(mentioned)
    }

    /// Takes the rows that name a person out of quarantine. Returns how many files that were
    /// dropped up to `before` are still to be read, and how many nobody can look into. Another call
    /// finds what those put into quarantine; without them a second call finds nothing to do.
    ///
    /// It stops as soon as `has_time` returns false, and says so. Another call continues: what was
    /// searched has an index by then.
    ///
    /// # Errors
    /// [`StorageError`] unless all such rows are certain to be gone, or it was stopped.
    pub async fn scrub(
        &self,
        identities: &[Identifier],
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        has_time: impl Fn() -> bool + Send + Sync,
    ) -> Result<Scrubbed, StorageError> {
        let mentions = Mentions::of(identities);
        // First: a file that is read by now has put its rows where they are searched.
        let waiting = self.waiting(before, now).await? + self.end_uploads(now).await?;
        let mut scrubbed = Scrubbed {
            waiting,
            rows: 0,
            unreadable: 0,
            is_whole: true,
        };
        let (mut listing, mut there) = (Listing::of(QUARANTINE), HashSet::new());
        while let Some(objects) = listing.next(self).await? {
            for object in self.may_name(&objects, &mentions).await? {
                if !has_time() {
                    scrubbed.is_whole = false;
                    return Ok(scrubbed);
                }
                let (rows, unreadable) = self.scrub_object(&object, &mentions, before, now).await?;
                scrubbed.rows += rows;
                scrubbed.unreadable += unreadable;
            }
            there.extend(objects.into_iter().map(|object| object.key));
        }
        self.drop_indexes_of_none(&there).await?;
        Ok(scrubbed)
    }

    /// How many files that were dropped up to `before` are not read to their end.
    async fn waiting(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let in_time = |object: &Listed| object.put_at <= before;
        // A file that is replaced while it is read is still read by that invocation.
        let mut being_read = HashSet::new();
        for folder in ["progress/", "handover/"] {
            let mut listing = Listing::of(folder);
            while let Some(objects) = listing.next(self).await? {
                let fresh = objects
                    .iter()
                    .filter(|it| in_time(it) && now - it.put_at < INVOCATION);
                being_read.extend(
                    fresh
                        .filter_map(|it| folder::own(&it.key))
                        .map(|(_, _, id)| id.to_owned()),
                );
            }
        }
        // Every key that is not ours is a partner's, wherever it is.
        let (mut waiting, mut listing) = (0, Listing::of(""));
        while let Some(objects) = listing.next(self).await? {
            for object in objects.iter().filter(|object| in_time(object)) {
                if is_folder(&object.key, object.size) {
                    continue;
                }
                let file = File::dropped(&object.key, &object.etag);
                waiting += u64::from(file.is_some());
                file.map(|file| being_read.remove(&file.id()));
            }
        }
        Ok(waiting + being_read.len() as u64)
    }

    /// Ends what an interrupted run has half written. Returns how many uploads may still be in
    /// progress.
    async fn end_uploads(&self, now: DateTime<Utc>) -> Result<u64, StorageError> {
        const OPERATION: &str = "end an upload";
        let (mut going_on, mut markers) = (0, (None, None));
        loop {
            let list = self
                .client
                .list_multipart_uploads()
                .bucket(&self.bucket)
                .prefix(QUARANTINE);
            let list = list
                .set_key_marker(markers.0)
                .set_upload_id_marker(markers.1);
            let page = list.send().await.map_err(failed(OPERATION))?;
            for upload in page.uploads() {
                let begun = upload
                    .initiated()
                    .and_then(|at| DateTime::from_timestamp(at.secs(), 0));
                if begun.is_some_and(|begun| now - begun < INVOCATION) {
                    going_on += 1;
                } else if let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) {
                    self.abandon(key, id).await?;
                }
            }
            let Some(key) = next_page(OPERATION, page.is_truncated, page.next_key_marker)? else {
                return Ok(going_on);
            };
            markers = (Some(key), page.next_upload_id_marker);
        }
    }

    async fn abandon(&self, key: &str, id: &str) -> Result<(), StorageError> {
        let abort = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(id);
        abort
            .send()
            .await
            .map(drop)
            .or_else(|error| match error.as_service_error() {
                Some(gone) if gone.is_no_such_upload() => Ok(()),
                _ => Err(failed("end an upload")(error)),
            })
    }

    /// Which rows of an object in quarantine name the person, and its index if that is wanted;
    /// `None` if it is no longer there.
    pub(super) async fn look(
        &self,
        key: &str,
        mentions: &Mentions,
        wants_index: bool,
    ) -> Result<Option<(GetObjectOutput, Found, Option<Index>)>, StorageError> {
        const OPERATION: &str = "look into quarantine";
        let mut object = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(object) => object,
            Err(error) if has_status(&error, &[404]) => return Ok(None),
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        let size = object
            .content_length()
            .and_then(|length| u64::try_from(length).ok())
            .ok_or(StorageError::unreadable(OPERATION))?;
        let Some(index) = self
            .index_key()
            .filter(|_| wants_index)
            .map(|key| Indexing::new(key, size))
        else {
            let (found, _) = searched(&mut object, Search::new(mentions, layout(key))).await?;
            return Ok(Some((object, found, None)));
        };
        let (found, Both(_, index)) =
            searched(&mut object, Search::new(Both(mentions, index), layout(key))).await?;
        let index = index.finish(&found);
        Ok(Some((object, found, Some(index))))
    }

    /// Returns how many rows are deleted, and how many that were dropped up to `before` nobody can
    /// look into.
    async fn scrub_object(
        &self,
        may: &MayName<'_>,
        mentions: &Mentions,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(u64, u64), StorageError> {
        let (key, mut wants_index, mut gone) = (&may.object.key, may.wants_index, 0);
        for _ in 0..TRIES {
            let Some((object, found, index)) = self.look(key, mentions, wants_index).await? else {
                return Ok((gone, 0));
            };
            let put_at = object
                .last_modified()
                .map(aws_sdk_s3::primitives::DateTime::secs);
            let in_time = dropped_at(object.metadata(), put_at).is_none_or(|at| at <= before);
            let unreadable = if in_time { found.opaque } else { 0 };
            if found.rows == 0 {
                self.keep_index(key, object.e_tag(), index).await;
                return Ok((gone, unreadable));
            }
            // First: an index may be missing, but must not say that somebody who is erased may be
            // named.
            self.drop_index(key).await?;
            match self.leave_out(key, &object, &found, now).await {
                Ok(()) if self.index_key().is_none() => return Ok((gone + found.rows, unreadable)),
                // Again: the rest has an index of its own.
                Ok(()) => (gone, wants_index) = (gone + found.rows, true),
                Err(Obstacle::Changed) => wants_index = true,
                Err(Obstacle::Storage(error)) => return Err(error),
            }
        }
        Err(StorageError::because(
            "scrub quarantine",
            "written by others all the time",
        ))
    }
}

/// Searches an object, to its end unless nobody can look into it.
async fn searched<L: Look>(
    object: &mut GetObjectOutput,
    mut search: Search<L>,
) -> Result<(Found, L), StorageError> {
    while let Some(bytes) = object.body.next().await {
        search.push(&bytes.map_err(|_| StorageError::unreadable("look into quarantine"))?);
        if search.is_opaque() {
            break;
        }
    }
    Ok(search.finish())
}
