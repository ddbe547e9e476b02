//! An index beside each object in quarantine says who may be named in it. A search for a person
//! opens only what may name them.
//!
//! An index belongs to one object, by its `ETag`. If there is none of exactly these bytes, or none
//! that can be read, the object is opened. So a missing or late index only costs time.

use super::folder::{Kind, QUARANTINE, own};
use super::layout::layout;
use super::listing::{Listed, Listing};
use super::{Files, is_gone};
use custodian_aws::{StorageError, failed};
use custodian_domain::identity::mention::Mentions;
use custodian_domain::identity::mention::index::{Index, IndexKey, Indexing};
use custodian_domain::identity::mention::rows::Search;
use custodian_domain::identity::subject::SubjectKeys;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::HashSet;
use std::time::Duration;

/// The folder of indexes, each with the key of its object in quarantine.
pub(super) const INDEX: &str = "indexes/";
/// Which object an index belongs to: its `ETag`, in the metadata.
const OF: &str = "of";
/// How many indexes are read at a time.
const AT_ONCE: usize = 16;

/// How a user of the bucket handles indexes.
#[derive(Clone, Debug)]
pub(super) struct Indexes {
    key: IndexKey,
    writes: bool,
}

/// An object that may name the person.
pub(super) struct MayName<'a> {
    pub(super) object: &'a Listed,
    /// Whether it has no index, so that a search has to make one.
    pub(super) wants_index: bool,
}

impl Files {
    /// The bucket, for users that read indexes but make none.
    #[must_use]
    pub fn indexed(self, keys: &SubjectKeys) -> Self {
        Self {
            indexes: Some(Indexes {
                key: IndexKey::of(keys),
                writes: false,
            }),
            ..self
        }
    }

    /// The bucket, for users that also make missing indexes.
    #[must_use]
    pub fn indexing(self, keys: &SubjectKeys) -> Self {
        Self {
            indexes: Some(Indexes {
                key: IndexKey::of(keys),
                writes: true,
            }),
            ..self
        }
    }

    /// The key that indexes are made with; `None` for users that make none.
    pub(super) fn index_key(&self) -> Option<&IndexKey> {
        self.indexes
            .as_ref()
            .filter(|indexes| indexes.writes)
            .map(|indexes| &indexes.key)
    }

    /// Which of these objects may name the person.
    pub(super) async fn may_name<'a>(
        &self,
        objects: &'a [Listed],
        mentions: &Mentions,
    ) -> Result<Vec<MayName<'a>>, StorageError> {
        let looked =
            stream::iter(0..objects.len()).map(|at| self.may_name_in(objects.get(at), mentions));
        let looked: Vec<Option<MayName<'a>>> = looked.buffered(AT_ONCE).try_collect().await?;
        Ok(looked.into_iter().flatten().collect())
    }

    async fn may_name_in<'a>(
        &self,
        object: Option<&'a Listed>,
        mentions: &Mentions,
    ) -> Result<Option<MayName<'a>>, StorageError> {
        let Some(object) = object else {
            return Ok(None);
        };
        let Some(indexes) = &self.indexes else {
            return Ok(Some(MayName {
                object,
                wants_index: false,
            }));
        };
        Ok(match self.index_of(object, &indexes.key).await? {
            Some(index) if !index.may_name(mentions, &indexes.key) => None,
            Some(_) => Some(MayName {
                object,
                wants_index: false,
            }),
            None => Some(MayName {
                object,
                wants_index: indexes.writes,
            }),
        })
    }

    async fn index_of(
        &self,
        object: &Listed,
        key: &IndexKey,
    ) -> Result<Option<Index>, StorageError> {
        const OPERATION: &str = "read an index of quarantine";
        let get = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(beside(&object.key));
        let index = match get.send().await {
            Ok(index) => index,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        if index
            .metadata()
            .and_then(|it| it.get(OF))
            .is_none_or(|of| *of != bare(&object.etag))
        {
            return Ok(None);
        }
        let document = index
            .body
            .collect()
            .await
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        Ok(Index::parse(&document.into_bytes(), key))
    }

    /// The index of bytes for a key; `None` for users that make none.
    pub(super) fn index_of_bytes(&self, key: &str, bytes: &[u8]) -> Option<Index> {
        let indexing = Indexing::new(self.index_key()?, bytes.len() as u64);
        let mut search = Search::new(indexing, layout(key));
        search.push(bytes);
        let (found, indexing) = search.finish();
        Some(indexing.finish(&found))
    }

    /// Stores the index of an object. If that fails, the index is only missing.
    pub(super) async fn keep_index(&self, key: &str, etag: Option<&str>, index: Option<Index>) {
        let (Some(index), Some(etag), Some(with)) = (index, etag, self.index_key()) else {
            return;
        };
        let Ok(document) = index.to_json(with) else {
            return;
        };
        // The index of something that a partner dropped into our folder would itself be taken for a
        // partner's file.
        let at = beside(key);
        if !matches!(own(&at), Some((Kind::Index, ..))) {
            return;
        }
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(at)
            .metadata(OF, bare(etag));
        let put = put
            .content_type("application/json")
            .body(document.into())
            .send()
            .await;
        if let Err(error) = put.map_err(failed("keep an index of quarantine")) {
            tracing::warn!(error = %error, "index");
        }
    }

    /// Searches an object only for its index, as long as there is time.
    pub(super) async fn index_within(&self, key: &str, time: Duration) {
        if self.index_key().is_none() {
            return;
        }
        let nobody = Mentions::of(&[]);
        let looking = async {
            match self.look(key, &nobody, true).await {
                Ok(Some((object, _, index))) => self.keep_index(key, object.e_tag(), index).await,
                Ok(None) => {}
                Err(error) => tracing::warn!(error = %error, "index"),
            }
        };
        if tokio::time::timeout(time, looking).await.is_err() {
            tracing::warn!(outcome = "not_indexed", "index");
        }
    }

    /// Deletes the index of an object.
    pub(super) async fn drop_index(&self, key: &str) -> Result<(), StorageError> {
        let delete = self
            .client
            .delete_object()
            .bucket(&self.bucket)
            .key(beside(key));
        delete
            .send()
            .await
            .map(drop)
            .map_err(failed("delete an index of quarantine"))
    }

    /// Deletes the indexes of objects that no longer exist. An object that was put there meanwhile
    /// may lose its index as well, and is then opened.
    pub(super) async fn drop_indexes_of_none(
        &self,
        there: &HashSet<String>,
    ) -> Result<(), StorageError> {
        let mut listing = Listing::of(INDEX);
        while let Some(indexes) = listing.next(self).await? {
            let of =
                |index: &Listed| format!("{QUARANTINE}{}", index.key.trim_start_matches(INDEX));
            for index in indexes.iter().map(of).filter(|of| !there.contains(of)) {
                self.drop_index(&index).await?;
            }
        }
        Ok(())
    }
}

/// The key of the index of an object in quarantine.
fn beside(key: &str) -> String {
    format!("{INDEX}{}", key.strip_prefix(QUARANTINE).unwrap_or(key))
}

/// An `ETag` without its quotes.
fn bare(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}
