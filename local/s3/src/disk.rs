//! The folder: where things are in it, and how they are written whole.
//!
//! ```text
//! lock                              held while a store is open
//! tmp/                              bodies that are still arriving
//! buckets/{bucket}/bucket.json
//! buckets/{bucket}/objects/{sha256 of the key}.json
//! buckets/{bucket}/uploads/{upload id}.json
//! buckets/{bucket}/versions/{version id}.json   instead of objects, where versions are kept
//! buckets/{bucket}/data/{random}    bytes of an object or a part, never changed
//! ```
//!
//! An object exists once its JSON does, which is renamed into place after its bytes were. Bytes
//! that no JSON names (left by a process that ended in between) are removed when the store is
//! opened.

use super::record::{Bucket, Object, Settings, Upload, Version};
use s3s::crypto::{Checksum as _, Sha256};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};
use tempfile::{NamedTempFile, TempPath};

/// The folder of a store.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    _lock: fs::File,
}

impl Disk {
    /// Opens the folder, making it if it isn't there, for this process alone.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root.join("buckets"))?;
        let lock = fs::File::create(root.join("lock"))?;
        lock.try_lock().map_err(|_| {
            io::Error::new(
                io::ErrorKind::ResourceBusy,
                "another process has this folder",
            )
        })?;
        remove_tree(&root.join("tmp"))?;
        fs::create_dir(root.join("tmp"))?;
        Ok(Self {
            root: root.to_owned(),
            _lock: lock,
        })
    }

    /// The folder for bodies that are still arriving.
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn bucket(&self, bucket: &str) -> PathBuf {
        self.root.join("buckets").join(bucket)
    }

    /// The file of some bytes.
    pub fn data(&self, bucket: &str, data: &str) -> PathBuf {
        self.bucket(bucket).join("data").join(data)
    }

    fn object(&self, bucket: &str, key: &str) -> PathBuf {
        self.bucket(bucket)
            .join("objects")
            .join(hex::encode(Sha256::checksum(key.as_bytes())) + ".json")
    }

    fn upload(&self, bucket: &str, id: &str) -> PathBuf {
        self.bucket(bucket)
            .join("uploads")
            .join(format!("{id}.json"))
    }

    /// Makes a bucket's folders.
    pub fn make(&self, bucket: &str, settings: &Settings) -> io::Result<()> {
        for folder in ["objects", "uploads", "data", "versions"] {
            fs::create_dir_all(self.bucket(bucket).join(folder))?;
        }
        self.settle(bucket, settings)
    }

    /// Writes a bucket's settings.
    pub fn settle(&self, bucket: &str, settings: &Settings) -> io::Result<()> {
        self.write(&self.bucket(bucket).join("bucket.json"), settings)
    }

    /// Removes a bucket and everything in it.
    pub fn unmake(&self, bucket: &str) -> io::Result<()> {
        // A folder that is renamed away at once can't be seen half removed.
        let gone = self.tmp().join(random()?);
        fs::rename(self.bucket(bucket), &gone)?;
        remove_tree(&gone)
    }

    /// Moves a body that has arrived to the bytes of a bucket. Returns its name there.
    pub fn adopt(&self, bucket: &str, body: TempPath) -> io::Result<String> {
        let name = random()?;
        body.persist(self.data(bucket, &name))
            .map_err(|error| error.error)?;
        Ok(name)
    }

    /// Removes bytes.
    pub fn discard(&self, bucket: &str, data: &str) -> io::Result<()> {
        remove(&self.data(bucket, data))
    }

    /// Writes what is stored about an object.
    pub fn write_object(&self, bucket: &str, object: &Object) -> io::Result<()> {
        self.write(&self.object(bucket, &object.key), object)
    }

    /// Removes an object: first what is stored about it, then its bytes.
    pub fn remove_object(&self, bucket: &str, object: &Object) -> io::Result<()> {
        remove(&self.object(bucket, &object.key))?;
        self.discard(bucket, &object.data)
    }

    fn version(&self, bucket: &str, id: &str) -> PathBuf {
        self.bucket(bucket)
            .join("versions")
            .join(format!("{id}.json"))
    }

    /// Writes what is stored about a version.
    pub fn write_version(&self, bucket: &str, version: &Version) -> io::Result<()> {
        self.write(&self.version(bucket, &version.id), version)
    }

    /// Removes a version: first what is stored about it, then its bytes.
    pub fn remove_version(&self, bucket: &str, version: &Version) -> io::Result<()> {
        remove(&self.version(bucket, &version.id))?;
        version
            .object
            .as_ref()
            .map_or(Ok(()), |object| self.discard(bucket, &object.data))
    }

    /// Writes what is stored about an upload.
    pub fn write_upload(&self, bucket: &str, upload: &Upload) -> io::Result<()> {
        self.write(&self.upload(bucket, &upload.id), upload)
    }

    /// Removes an upload and its parts.
    pub fn remove_upload(&self, bucket: &str, upload: &Upload) -> io::Result<()> {
        remove(&self.upload(bucket, &upload.id))?;
        upload
            .parts
            .values()
            .try_for_each(|part| self.discard(bucket, &part.data))
    }

    /// Reads everything but the bytes.
    pub fn load(&self) -> io::Result<BTreeMap<String, Bucket>> {
        let mut buckets = BTreeMap::new();
        for folder in fs::read_dir(self.root.join("buckets"))? {
            let folder = folder?;
            let Ok(name) = folder.file_name().into_string() else {
                continue;
            };
            // A bucket without settings was being made when its process ended.
            if fs::exists(folder.path().join("bucket.json"))? {
                buckets.insert(name, load_bucket(&folder.path())?);
            } else {
                remove_tree(&folder.path())?;
            }
        }
        Ok(buckets)
    }

    fn write<T: Serialize>(&self, path: &Path, value: &T) -> io::Result<()> {
        let file = NamedTempFile::new_in(self.tmp())?;
        serde_json::to_writer(io::BufWriter::new(file.as_file()), value)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn load_bucket(folder: &Path) -> io::Result<Bucket> {
    let settings = read(&folder.join("bucket.json"))?;
    let objects: Vec<Object> = read_all(&folder.join("objects"))?;
    let uploads: Vec<Upload> = read_all(&folder.join("uploads"))?;
    // A folder from before there were versions has none.
    let versions = folder.join("versions");
    let mut all: Vec<Version> = if fs::exists(&versions)? {
        read_all(&versions)?
    } else {
        Vec::new()
    };
    all.sort_by_key(|version| version.turn);
    let mut versions = BTreeMap::<String, Vec<Version>>::new();
    for version in all {
        versions
            .entry(version.key.clone())
            .or_default()
            .push(version);
    }
    let mut named: HashSet<&str> = objects.iter().map(|object| object.data.as_str()).collect();
    named.extend(
        uploads
            .iter()
            .flat_map(|upload| upload.parts.values())
            .map(|part| part.data.as_str()),
    );
    let kept = versions
        .values()
        .flatten()
        .filter_map(|version| version.object.as_ref());
    named.extend(kept.map(|object| object.data.as_str()));
    for data in fs::read_dir(folder.join("data"))? {
        let data = data?;
        if !data
            .file_name()
            .to_str()
            .is_some_and(|name| named.contains(name))
        {
            remove(&data.path())?;
        }
    }
    let latest = versions
        .values()
        .filter_map(|all| all.last()?.object.clone())
        .collect::<Vec<_>>();
    Ok(Bucket {
        settings,
        objects: objects
            .into_iter()
            .chain(latest)
            .map(|object| (object.key.clone(), object))
            .collect(),
        versions,
        uploads: uploads
            .into_iter()
            .map(|upload| ((upload.key.clone(), upload.id.clone()), upload))
            .collect(),
    })
}

fn read_all<T: DeserializeOwned>(folder: &Path) -> io::Result<Vec<T>> {
    fs::read_dir(folder)?
        .map(|entry| read(&entry?.path()))
        .collect()
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_reader(io::BufReader::new(
        fs::File::open(path)?,
    ))?)
}

fn remove(path: &Path) -> io::Result<()> {
    ignore_missing(fs::remove_file(path))
}

fn remove_tree(path: &Path) -> io::Result<()> {
    ignore_missing(fs::remove_dir_all(path))
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            Ok(())
        } else {
            Err(error)
        }
    })
}

/// A name that nobody can guess: 32 hexadecimal characters.
pub(super) fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(hex::encode(bytes))
}
