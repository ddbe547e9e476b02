//! What starts an import: a file that was dropped, or another invocation that handed over.

use aws_lambda_events::event::s3::S3Event;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use shared::domain::source::Source;
use shared::storage::files::{self, File};

/// What an event is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Started {
    /// A file that was dropped.
    Dropped(File),
    /// A file that another invocation has read in part.
    HandedOver {
        /// Its source.
        source: Source,
        /// Its id.
        id: String,
    },
}

/// Reads S3's notification
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>); none if it is none, or
/// of something else.
pub fn read(event: Value) -> Option<Vec<Started>> {
    let event: S3Event = serde_json::from_value(event).ok()?;
    // A folder that somebody makes in the console is an object without a name.
    let folder = |key: &str| key.ends_with('/');
    let read = |object: aws_lambda_events::event::s3::S3Object| {
        // S3 writes a key as a form would: a space is a plus.
        let key = object.key?.replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8().ok()?;
        if let Some((source, id)) = files::handed_over(&key) {
            return Some(Started::HandedOver { source, id: id.to_owned() });
        }
        File::dropped(&key, &object.e_tag?).map(Started::Dropped)
    };
    let objects = event.records.into_iter().map(|record| record.s3.object);
    objects.filter(|object| !object.key.as_deref().is_some_and(folder)).map(read).collect()
}
