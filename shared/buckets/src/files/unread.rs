//! What a partner has dropped and nobody has read: files without a notification from S3, files that
//! failed for good, and files outside the agreed folders of sources.

use super::folder::{self, Kind};
use super::listing::Listing;
use super::{Beside, File, Files, is_folder, json};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::source::Source;
use serde::Serialize;
use std::collections::HashMap;

/// A file in the bucket that is not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The file.
    pub file: File,
    /// Since when it is there, in whole seconds.
    pub since: DateTime<Utc>,
    /// When somebody last stored how far it was read.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was last handed to another invocation.
    pub handed_over_at: Option<DateTime<Utc>>,
}

/// The files that are not read, a page at a time.
#[derive(Debug)]
pub struct UnreadPages {
    files: Files,
    listing: Listing,
    /// By the name of the import.
    read: HashMap<String, DateTime<Utc>>,
    handed_over: HashMap<String, DateTime<Utc>>,
}

impl UnreadPages {
    /// The next page, or `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Unread>>, StorageError> {
        let Some(objects) = self.listing.next(&self.files).await? else {
            return Ok(None);
        };
        let mut page = Vec::new();
        for object in &objects {
            if is_folder(&object.key, object.size) {
                continue;
            }
            let Some(file) = File::dropped(&object.key, &object.etag) else {
                continue;
            };
            let since = object.put_at;
            let id = file.id();
            let (read_at, handed_over_at) = (
                self.read.get(&id).copied(),
                self.handed_over.get(&id).copied(),
            );
            page.push(Unread {
                file,
                since,
                read_at,
                handed_over_at,
            });
        }
        Ok(Some(page))
    }
}

impl Files {
    /// Everything that a partner dropped, wherever it is in the bucket. Empty folders do not count
    /// as files.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn unread(&self) -> Result<UnreadPages, StorageError> {
        let (read, handed_over) = (
            self.beside(Kind::Progress).await?,
            self.beside(Kind::Handover).await?,
        );
        Ok(UnreadPages {
            files: self.clone(),
            listing: Listing::of(""),
            read,
            handed_over,
        })
    }

    /// The file of a source that has waited longest to be read, or to be continued. After a failure
    /// it is one that nobody was handed yet, and not the failed file: so several failing files do
    /// not start each other again and again.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn waiting_longest(
        &self,
        source: Source,
        failed: Option<&str>,
    ) -> Result<Option<File>, StorageError> {
        let handed_over = self.beside(Kind::Handover).await?;
        let mut listing = Listing::of(&format!("{}/", source.as_str()));
        let mut longest: Option<(DateTime<Utc>, File)> = None;
        while let Some(objects) = listing.next(self).await? {
            for object in objects {
                let Some(file) = File::dropped(&object.key, &object.etag) else {
                    continue;
                };
                let id = file.id();
                let handed_over_at = handed_over.get(&id).copied();
                let is_passed_over =
                    failed.is_some_and(|failed| failed == id || handed_over_at.is_some());
                let since = handed_over_at.unwrap_or(object.put_at);
                let is_later = longest
                    .as_ref()
                    .is_some_and(|(earlier, _)| *earlier <= since);
                if !(is_passed_over || is_later || is_folder(&object.key, object.size)) {
                    longest = Some((since, file));
                }
            }
        }
        Ok(longest.map(|(_, file)| file))
    }

    /// Makes an invocation read a file from where reading stopped, or from its beginning.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be handed over.
    pub async fn hand_over(&self, file: &File) -> Result<(), StorageError> {
        #[derive(Serialize)]
        struct Found<'a> {
            key: &'a str,
            etag: &'a str,
        }
        let found = json(
            "hand a file over",
            &Found {
                key: &file.key,
                etag: &file.etag,
            },
        )?;
        self.write(file, Beside::Handover, found).await
    }

    /// When our own objects of this kind were put, by the name of the import.
    async fn beside(&self, wanted: Kind) -> Result<HashMap<String, DateTime<Utc>>, StorageError> {
        let prefix = if wanted == Kind::Progress {
            "progress/"
        } else {
            "handover/"
        };
        let (mut listing, mut put) = (Listing::of(prefix), HashMap::new());
        while let Some(objects) = listing.next(self).await? {
            for object in &objects {
                let own = folder::own(&object.key).filter(|(kind, ..)| *kind == wanted);
                put.extend(own.map(|(_, _, id)| (id.to_owned(), object.put_at)));
            }
        }
        Ok(put)
    }
}
