//! The store: a folder, an index of it in memory, and one lock over both.

use super::{
    created::{Created, Ear, How},
    disk::Disk,
    record::{Bucket, Object, Settings},
};
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use s3s::{S3Error, S3Result, s3_error};
use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Buckets in a folder; clones share them.
///
/// The bytes of objects stay on disk; everything else is in memory too. One process at a time can
/// open a folder.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) disk: Arc<Disk>,
    buckets: Arc<Mutex<BTreeMap<String, Bucket>>>,
    clock: Clock,
    pub(super) ear: Arc<Ear>,
}

/// A multipart upload that is neither complete nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// The key of the object that it would become.
    pub key: String,
    /// Its id.
    pub id: String,
    /// The numbers of the parts that have arrived.
    pub parts: Vec<i32>,
}

impl Store {
    /// Opens the store in the folder `root`, which is created if it is missing.
    ///
    /// # Errors
    /// If the folder can't be read or written, or another store has it open (`ResourceBusy`).
    pub fn open(root: &Path, clock: Clock) -> io::Result<Self> {
        let disk = Disk::open(root)?;
        let buckets = disk.load()?;
        Ok(Self {
            disk: Arc::new(disk),
            buckets: Arc::new(Mutex::new(buckets)),
            clock,
            ear: Arc::default(),
        })
    }

    /// Makes a bucket; an existing one stays as it is.
    ///
    /// # Errors
    /// If the name is not one that S3 allows, or the folder can't be written.
    pub fn create_bucket(&self, name: &str) -> io::Result<()> {
        self.make(name).map(drop)
    }

    /// The keys of all objects of a bucket, in order; none if there is no such bucket.
    #[must_use]
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.buckets()
            .get(bucket)
            .map(|bucket| bucket.objects.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// The open multipart uploads of a bucket, by key and id; none if there is no such bucket.
    #[must_use]
    pub fn uploads(&self, bucket: &str) -> Vec<OpenUpload> {
        let buckets = self.buckets();
        let uploads = buckets
            .get(bucket)
            .into_iter()
            .flat_map(|bucket| bucket.uploads.values());
        uploads
            .map(|upload| OpenUpload {
                key: upload.key.clone(),
                id: upload.id.clone(),
                parts: upload.parts.keys().copied().collect(),
            })
            .collect()
    }

    /// The bytes of an object; `None` if there is no such object.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn bytes(&self, bucket: &str, key: &str) -> io::Result<Option<Vec<u8>>> {
        let buckets = self.buckets();
        let object = buckets
            .get(bucket)
            .and_then(|bucket| bucket.objects.get(key));
        object
            .map(|object| std::fs::read(self.disk.data(bucket, &object.data)))
            .transpose()
    }

    /// The time in whole seconds, as S3 stores it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
    }

    /// Makes a bucket. Returns whether it was missing.
    pub(super) fn make(&self, name: &str) -> io::Result<bool> {
        if !s3s::path::check_bucket_name(name) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "S3 allows no such name for a bucket",
            ));
        }
        let mut buckets = self.buckets();
        if buckets.contains_key(name) {
            return Ok(false);
        }
        let settings = Settings {
            created: self.now(),
            rules: Vec::new(),
            versions: None,
        };
        self.disk.make(name, &settings)?;
        let (objects, uploads, versions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        buckets.insert(
            name.to_owned(),
            Bucket {
                settings,
                objects,
                uploads,
                versions,
            },
        );
        Ok(true)
    }

    /// Removes a bucket in which there is no object, and no version of one.
    pub(super) fn unmake(&self, name: &str) -> S3Result<()> {
        let mut buckets = self.buckets();
        let bucket = buckets.get(name).ok_or_else(|| s3_error!(NoSuchBucket))?;
        if !bucket.objects.is_empty() || !bucket.versions.is_empty() {
            return Err(s3_error!(BucketNotEmpty));
        }
        self.disk.unmake(name).map_err(S3Error::internal_error)?;
        buckets.remove(name);
        Ok(())
    }

    /// The index, locked.
    pub(super) fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to a bucket under the lock.
    pub(super) fn with<T>(
        &self,
        bucket: &str,
        act: impl FnOnce(&mut Bucket) -> S3Result<T>,
    ) -> S3Result<T> {
        act(self
            .buckets()
            .get_mut(bucket)
            .ok_or_else(|| s3_error!(NoSuchBucket))?)
    }

    /// Puts an object whose bytes are in place into the index, replacing any earlier one, and calls
    /// the listener. Returns the object. If versions are kept, it is a new version, and the earlier
    /// one stays.
    pub(super) fn install(
        &self,
        name: &str,
        bucket: &mut Bucket,
        object: Object,
        how: How,
    ) -> S3Result<Object> {
        if let Some(versions) = bucket.settings.versions {
            let object = self.add_version(name, bucket, versions, object)?;
            self.tell(&Created::new(name, &object, how));
            return Ok(object);
        }
        if let Err(error) = self.disk.write_object(name, &object) {
            let _ = self.disk.discard(name, &object.data);
            return Err(S3Error::internal_error(error));
        }
        let created = Created::new(name, &object, how);
        let former = bucket.objects.insert(object.key.clone(), object.clone());
        self.tell(&created);
        if let Some(former) = former {
            self.disk
                .discard(name, &former.data)
                .map_err(S3Error::internal_error)?;
        }
        Ok(object)
    }
}
