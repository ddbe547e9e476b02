//! What starts an import: a file that was dropped, or a handover from another invocation.

use aws_lambda_events::event::s3::{S3Event, S3EventRecord, S3Object};
use custodian_buckets::files::{self, File, Folder};
use custodian_domain::record::revision::ArrivalTime;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The subject of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Started {
    /// A file that was dropped.
    Dropped {
        /// The file.
        file: File,
        /// When it arrived.
        arrived: ArrivalTime,
    },
    /// A file that another invocation has read in part, or that the sweep has found.
    HandedOver {
        /// Its folder.
        folder: Folder,
        /// Its id.
        id: String,
    },
}

impl Started {
    /// The folder of the file.
    pub fn folder(&self) -> Folder {
        match self {
            Self::Dropped { file, .. } => file.folder,
            Self::HandedOver { folder, .. } => *folder,
        }
    }

    /// The name of the import.
    pub fn id(&self) -> String {
        match self {
            Self::Dropped { file, .. } => file.id(),
            Self::HandedOver { id, .. } => id.clone(),
        }
    }
}

/// Reads S3's notification
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>);
/// `None` if it is not one, or is about something else.
pub fn read(event: Value) -> Option<Vec<Started>> {
    let event: S3Event = serde_json::from_value(event).ok()?;
    // A folder that somebody makes in the console is an empty object. An object without a size may
    // be a file.
    let is_file = |object: &S3Object| {
        let size = object.size.and_then(|size| u64::try_from(size).ok());
        !object
            .key
            .as_deref()
            .zip(size)
            .is_some_and(|(key, size)| files::is_folder(key, size))
    };
    event
        .records
        .into_iter()
        .filter(|record| is_file(&record.s3.object))
        .map(read_one)
        .collect()
}

fn read_one(record: S3EventRecord) -> Option<Started> {
    let object = record.s3.object;
    // S3 writes a key like a form field: a space is a plus.
    let key = object.key?.replace('+', " ");
    let key = percent_decode_str(&key).decode_utf8().ok()?;
    if let Some((folder, id)) = files::handed_over(&key) {
        return Some(Started::HandedOver {
            folder,
            id: id.to_owned(),
        });
    }
    let file = File::dropped(&key, &object.e_tag?)?;
    Some(Started::Dropped {
        file,
        arrived: ArrivalTime::of_notification(record.event_time, object.sequencer.as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Started, read};
    use custodian_buckets::files::{Beside, Folder};
    use custodian_domain::record::revision::ArrivalTime;
    use custodian_domain::record::source::Source;
    use serde_json::{Value, json};

    fn event(key: &str, size: u64) -> Value {
        json!({"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-2", "eventTime": "2026-11-23T10:00:00.123Z",
            "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "partner"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"}, "responseElements": {},
            "s3": {"s3SchemaVersion": "1.0", "configurationId": "c",
                "bucket": {"name": "b", "ownerIdentity": {"principalId": "o"}, "arn": "arn:aws:s3:::b"},
                "object": {"key": key, "size": size, "eTag": "1", "sequencer": "0055AED6"}},
        }]})
    }

    #[test]
    fn a_file_arrives_when_s3_says_and_in_its_order() {
        let started = read(event("telephone/a+b%2Fc.csv", 7));
        let Some([Started::Dropped { file, arrived }]) = started.as_deref() else {
            panic!("it is a file")
        };
        assert_eq!(
            (file.key.as_str(), file.folder),
            ("telephone/a b/c.csv", Folder::Of(Source::Telephone))
        );
        let at = "2026-11-23T10:00:00.123Z".parse().unwrap();
        assert_eq!(*arrived, ArrivalTime::of_notification(at, Some("0055AED6")));
    }

    #[test]
    fn a_folder_starts_nothing_and_a_key_of_ours_is_no_file() {
        assert_eq!(read(event("telephone/", 0)), Some(Vec::new()));
        assert_eq!(
            read(event("telephone/", 9)).unwrap().len(),
            1,
            "it has something in it"
        );
        let mut unsaid = event("telephone/", 0);
        unsaid["Records"][0]["s3"]["object"]
            .as_object_mut()
            .unwrap()
            .remove("size");
        assert_eq!(
            read(unsaid).unwrap().len(),
            1,
            "it may have something in it"
        );
        let id = "0123456789abcdef";
        assert_eq!(
            read(event(&Beside::Report.key(Source::Social, id), 9)),
            None
        );
        let handed_over = Started::HandedOver {
            folder: Folder::Unknown,
            id: id.to_owned(),
        };
        assert_eq!(
            read(event(&Beside::Handover.key(Folder::Unknown, id), 0)),
            Some(vec![handed_over])
        );
        assert_eq!(read(json!({"alice": 1})), None);
    }
}
