//! Versions of objects, and how long nobody may delete one: S3's versioning, and Object Lock by the
//! bucket's default.
//!
//! A put under an existing key makes another version. A delete without a version only adds a marker
//! (Amazon S3 User Guide, "How S3 Versioning works"). Nobody can delete a version under lock early,
//! except, in governance mode, a caller that asks to bypass the lock ("Object Lock").

use super::{
    Store,
    disk::random,
    listing::{page, spelled},
    record::{Bucket, Object, Version, signed, timestamp},
};
use chrono::{DateTime, TimeDelta, Utc};
use s3s::{S3Error, S3Result, dto, s3_error};
use serde::{Deserialize, Serialize};
use std::io;

/// The name of an object's version where none are kept.
pub(super) const NO_VERSION: &str = "null";

/// Who may delete what is under lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockMode {
    /// Nobody.
    Compliance,
    /// Anyone who asks to bypass it.
    Governance,
}

impl LockMode {
    /// S3's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliance => "COMPLIANCE",
            Self::Governance => "GOVERNANCE",
        }
    }
}

/// How long each new version of a bucket is under lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Who may delete it earlier.
    pub mode: LockMode,
    /// For how many days.
    pub days: u32,
}

/// That a bucket keeps versions, and the lock of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Versions {
    pub lock: Option<Retention>,
}

/// Until when nobody may delete a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    pub mode: LockMode,
    pub until: DateTime<Utc>,
}

/// The result of a deletion: a marker, or nothing; and the version that it was about.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pub marker: bool,
    pub version: Option<String>,
}

impl Bucket {
    /// An object, as it is or in one version.
    pub fn find(&self, key: &str, version: Option<&str>) -> S3Result<&Object> {
        let latest = || self.objects.get(key).ok_or_else(|| s3_error!(NoSuchKey));
        match version {
            None => latest(),
            Some(NO_VERSION) if self.settings.versions.is_none() => latest(),
            Some(id) => {
                let mut versions = self.versions.get(key).into_iter().flatten();
                let version = versions
                    .find(|version| version.id == id)
                    .ok_or_else(|| s3_error!(NoSuchVersion))?;
                version
                    .object
                    .as_ref()
                    .ok_or_else(|| s3_error!(MethodNotAllowed))
            }
        }
    }

    /// The current object of a key, according to its last version.
    fn follow(&mut self, key: &str) {
        match self
            .versions
            .get(key)
            .and_then(|all| all.last()?.object.clone())
        {
            Some(object) => drop(self.objects.insert(key.to_owned(), object)),
            None => drop(self.objects.remove(key)),
        }
    }

    fn next_turn(&self, key: &str) -> u64 {
        self.versions
            .get(key)
            .and_then(|all| all.last())
            .map_or(1, |last| last.turn + 1)
    }
}

impl Store {
    /// Makes a bucket keep versions from now on, each under this lock.
    ///
    /// # Errors
    /// If there is no such bucket (`NotFound`), it already has objects (`Unsupported`), or the
    /// folder can't be written.
    pub fn keep_versions(&self, bucket: &str, lock: Option<Retention>) -> io::Result<()> {
        let mut buckets = self.buckets();
        let kept = buckets.get_mut(bucket).ok_or(io::ErrorKind::NotFound)?;
        if kept.settings.versions.is_none() && !kept.objects.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "versions are kept from a bucket's beginning, or not",
            ));
        }
        kept.settings.versions = Some(Versions { lock });
        // It makes the folder of versions in a bucket from before there was one.
        self.disk.make(bucket, &kept.settings)
    }

    /// Adds a version of an object whose bytes are in place.
    pub(super) fn add_version(
        &self,
        name: &str,
        bucket: &mut Bucket,
        versions: Versions,
        mut object: Object,
    ) -> S3Result<Object> {
        let id = random().map_err(S3Error::internal_error)?;
        object.version = Some(id.clone());
        let until = |days: u32| object.modified + TimeDelta::days(i64::from(days));
        object.lock = versions.lock.map(|lock| Lock {
            mode: lock.mode,
            until: until(lock.days),
        });
        let (key, turn, at) = (
            object.key.clone(),
            bucket.next_turn(&object.key),
            object.modified,
        );
        self.add(
            name,
            bucket,
            Version {
                key,
                id,
                turn,
                at,
                object: Some(object.clone()),
            },
        )
        .inspect_err(|_| {
            let _ = self.disk.discard(name, &object.data);
        })?;
        Ok(object)
    }

    /// Marks a key as deleted; earlier versions stay.
    pub(super) fn add_marker(&self, name: &str, bucket: &mut Bucket, key: &str) -> S3Result<Gone> {
        let id = random().map_err(S3Error::internal_error)?;
        let (turn, at) = (bucket.next_turn(key), self.now());
        self.add(
            name,
            bucket,
            Version {
                key: key.to_owned(),
                id: id.clone(),
                turn,
                at,
                object: None,
            },
        )?;
        Ok(Gone {
            marker: true,
            version: Some(id),
        })
    }

    fn add(&self, name: &str, bucket: &mut Bucket, version: Version) -> S3Result<()> {
        self.disk
            .write_version(name, &version)
            .map_err(S3Error::internal_error)?;
        let key = version.key.clone();
        bucket
            .versions
            .entry(key.clone())
            .or_default()
            .push(version);
        bucket.follow(&key);
        Ok(())
    }

    /// Removes one version, unless it is under lock.
    pub(super) fn remove_version(
        &self,
        name: &str,
        bucket: &mut Bucket,
        key: &str,
        id: &str,
        bypass: bool,
    ) -> S3Result<Gone> {
        let all = bucket
            .versions
            .get_mut(key)
            .ok_or_else(|| s3_error!(NoSuchVersion))?;
        let place = all
            .iter()
            .position(|version| version.id == id)
            .ok_or_else(|| s3_error!(NoSuchVersion))?;
        let lock = all
            .get(place)
            .and_then(|version| version.object.as_ref()?.lock);
        if let Some(lock) = lock.filter(|lock| lock.until > self.now())
            && !(bypass && lock.mode == LockMode::Governance)
        {
            return Err(s3_error!(
                AccessDenied,
                "Access Denied because object protected by object lock."
            ));
        }
        let gone = all.remove(place);
        if all.is_empty() {
            bucket.versions.remove(key);
        }
        bucket.follow(key);
        self.disk
            .remove_version(name, &gone)
            .map_err(S3Error::internal_error)?;
        Ok(Gone {
            marker: gone.object.is_none(),
            version: Some(gone.id),
        })
    }

    pub(super) fn versioning(&self, bucket: &str) -> S3Result<dto::GetBucketVersioningOutput> {
        let enabled =
            || dto::BucketVersioningStatus::from_static(dto::BucketVersioningStatus::ENABLED);
        let kept = self.with(bucket, |bucket| Ok(bucket.settings.versions.is_some()))?;
        Ok(dto::GetBucketVersioningOutput {
            status: kept.then(enabled),
            ..Default::default()
        })
    }

    pub(super) fn lock_configuration(
        &self,
        bucket: &str,
    ) -> S3Result<dto::GetObjectLockConfigurationOutput> {
        let lock = self.with(bucket, |bucket| {
            Ok(bucket.settings.versions.and_then(|versions| versions.lock))
        })?;
        let lock = lock.ok_or_else(|| s3_error!(ObjectLockConfigurationNotFoundError))?;
        let retention = dto::DefaultRetention {
            days: i32::try_from(lock.days).ok(),
            mode: Some(lock.mode.as_str().to_owned().into()),
            years: None,
        };
        Ok(dto::GetObjectLockConfigurationOutput {
            object_lock_configuration: Some(dto::ObjectLockConfiguration {
                object_lock_enabled: Some(dto::ObjectLockEnabled::from_static(
                    dto::ObjectLockEnabled::ENABLED,
                )),
                rule: Some(dto::ObjectLockRule {
                    default_retention: Some(retention),
                }),
            }),
        })
    }

    /// Lists versions and markers: keys in order, and for each key the latest first.
    pub(super) fn list_versions(
        &self,
        input: dto::ListObjectVersionsInput,
    ) -> S3Result<dto::ListObjectVersionsOutput> {
        if input
            .delimiter
            .as_ref()
            .is_some_and(|delimiter| !delimiter.is_empty())
        {
            return Err(s3_error!(
                NotImplemented,
                "Versions are not listed by delimiter."
            ));
        }
        let max_keys = page(input.max_keys)?;
        let limit = usize::try_from(max_keys).unwrap_or_default();
        let url = input.encoding_type.is_some();
        let prefix = input.prefix.clone().unwrap_or_default();
        let mut found = self.with(&input.bucket, |bucket| {
            let all = bucket
                .versions
                .iter()
                .filter(|(key, _)| key.starts_with(&prefix));
            let all = all.flat_map(|(_, versions)| versions.iter().rev().enumerate());
            let listed = all.map(|(place, version)| (version.clone(), place == 0));
            // Everything up to the marker is done; without a version, all of its key.
            let mut past = input.key_marker.is_none();
            let after = listed.filter(|(version, _)| {
                let behind = !past;
                let key = input.key_marker.as_deref().unwrap_or_default();
                past = past
                    || version.key.as_str() > key
                    || (version.key == key
                        && input.version_id_marker.as_deref() == Some(version.id.as_str()));
                !behind || version.key.as_str() > key
            });
            Ok(after.take(limit + 1).collect::<Vec<_>>())
        })?;
        let truncated = limit > 0 && found.len() > limit;
        found.truncate(limit);
        let last = found
            .last()
            .filter(|_| truncated)
            .map(|(version, _)| (spelled(&version.key, url), version.id.clone()));
        let (mut versions, mut markers) = (Vec::new(), Vec::new());
        for (version, latest) in &found {
            match &version.object {
                Some(object) => versions.push(listed(object, *latest, url)),
                None => markers.push(dto::DeleteMarkerEntry {
                    is_latest: Some(*latest),
                    key: Some(spelled(&version.key, url)),
                    last_modified: Some(timestamp(version.at)),
                    owner: None,
                    version_id: Some(version.id.clone()),
                }),
            }
        }
        Ok(dto::ListObjectVersionsOutput {
            name: Some(input.bucket),
            prefix: Some(spelled(&prefix, url)),
            encoding_type: input.encoding_type,
            key_marker: input.key_marker.map(|key| spelled(&key, url)),
            version_id_marker: input.version_id_marker,
            next_key_marker: last.as_ref().map(|(key, _)| key.clone()),
            next_version_id_marker: last.map(|(_, id)| id),
            is_truncated: Some(truncated),
            max_keys: Some(max_keys),
            versions: (!versions.is_empty()).then_some(versions),
            delete_markers: (!markers.is_empty()).then_some(markers),
            ..Default::default()
        })
    }
}

fn listed(object: &Object, latest: bool, url: bool) -> dto::ObjectVersion {
    dto::ObjectVersion {
        key: Some(spelled(&object.key, url)),
        version_id: object.version.clone(),
        is_latest: Some(latest),
        e_tag: Some(object.tag()),
        last_modified: Some(timestamp(object.modified)),
        size: Some(signed(object.size)),
        storage_class: Some(dto::ObjectVersionStorageClass::from_static(
            dto::ObjectVersionStorageClass::STANDARD,
        )),
        ..Default::default()
    }
}
