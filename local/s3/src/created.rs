//! Notice of created objects.

use super::{Store, record::Object};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// How an object was created, in the name of S3's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was put in one request.
    Put,
    /// It was copied.
    Copy,
    /// It came in parts, which were joined.
    CompleteMultipartUpload,
}

impl How {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "Put",
            Self::Copy => "Copy",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
        }
    }
}

/// An object that was created, or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The bucket that it is in.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub e_tag: String,
    /// How it was created.
    pub how: How,
}

impl Created {
    pub(super) fn new(bucket: &str, object: &Object, how: How) -> Self {
        let (key, e_tag) = (object.key.clone(), object.e_tag.clone());
        Self {
            bucket: bucket.to_owned(),
            key,
            size: object.size,
            e_tag,
            how,
        }
    }
}

type Listener = Arc<dyn Fn(&Created) + Send + Sync>;

/// The listener.
#[derive(Default)]
pub(super) struct Ear(OnceLock<Listener>);

impl fmt::Debug for Ear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Ear")
            .field(&self.0.get().is_some())
            .finish()
    }
}

impl Store {
    /// Sets the listener that gets every created object: when it exists, and before its sender has
    /// an answer.
    ///
    /// There is one listener, the first. It is called under the store's lock, so it must not ask
    /// the store anything.
    pub fn on_created(&self, listener: impl Fn(&Created) + Send + Sync + 'static) {
        let _ = self.ear.0.set(Arc::new(listener));
    }

    pub(super) fn tell(&self, created: &Created) {
        if let Some(listener) = self.ear.0.get() {
            listener(created);
        }
    }
}
