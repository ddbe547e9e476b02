//! Removals of the stream that nobody can read, so that the ledger can't record them. They wait in
//! the Register until a program that can read them records them.

use crate::keys::{self, Key, SK};
use crate::records::NEEDED;
use crate::{Item, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::retention::{ExpiresAt, periods};
use custodian_dynamo::{Pages, Table, Write};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The record of the stream, as a JSON document.
const REMOVAL: &str = "removal";
/// The longest attribute that is stored, in bytes of JSON. It is more than any key of DynamoDB can
/// have, and six attributes of that length are a quarter of an item
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const LONGEST: usize = 16 * 1024;

/// The unreadable removals in the Register.
#[derive(Clone, Debug)]
pub struct UnreadableRemovals(Table);

/// A removal that nobody could read when it came.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableRemoval {
    key: Key,
    /// The record of the stream; `None` if the item has none.
    pub record: Option<Value>,
}

impl UnreadableRemovals {
    /// The unreadable removals in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Stores a record of the stream: the attributes of its item that an entry needs, and nothing
    /// else that the item said. The same record again is the same item.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn keep(&self, record: Value, now: DateTime<Utc>) -> Result<(), StorageError> {
        let record = bare(record);
        let item = Item::from([(REMOVAL.to_owned(), s(record.to_string()))]);
        Write::put(&self.0, keys::unreadable_removal(&name(&record)), item)
            .ending(ExpiresAt::at(now + periods::UNRECORDED).epoch())
            .send("store an unreadable removal")
            .await
            .map(drop)
    }

    /// Those that are stored, in pages.
    #[must_use]
    pub fn stored(&self, now: DateTime<Utc>) -> Pages<UnreadableRemoval> {
        self.0.live(
            "list unreadable removals",
            keys::UNREADABLE,
            "",
            now,
            |item| read(&item),
        )
    }

    /// Deletes one that is in the ledger.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn delete(&self, removal: &UnreadableRemoval) -> Result<(), StorageError> {
        Write::delete(&self.0, &removal.key)
            .send("delete an unreadable removal")
            .await
            .map(drop)
    }
}

fn read(item: &Item) -> Option<UnreadableRemoval> {
    let record = text(item, REMOVAL).and_then(|record| serde_json::from_str(record).ok());
    Some(UnreadableRemoval {
        key: keys::unreadable_removal(text(item, SK)?),
        record,
    })
}

/// A record without what the item said.
fn bare(mut record: Value) -> Value {
    if let Some(change) = record.get_mut("dynamodb").and_then(Value::as_object_mut) {
        change.remove("NewImage");
        if let Some(image) = change.get_mut("OldImage").and_then(Value::as_object_mut) {
            image.retain(|name, value| {
                NEEDED.contains(&name.as_str()) && value.to_string().len() <= LONGEST
            });
        }
    }
    record
}

/// The name of a record: a digest of AWS's name for it, or of everything that is there.
fn name(record: &Value) -> String {
    let own = ["/eventID", "/dynamodb/SequenceNumber"]
        .map(|path| record.pointer(path).and_then(Value::as_str));
    let text = match own {
        [Some(event), Some(number)] => format!("{event} {number}"),
        _ => record.to_string(),
    };
    hex::encode(&Sha256::digest(text.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, bare, name};
    use serde_json::json;

    #[test]
    fn what_a_person_told_is_not_kept() {
        let image = json!({"pk": {"S": "subject#1#x"}, "sk": {"S": "?"}, "comment": {"S": "Hello"}, "expires_at": {"N": "1"}});
        let record = json!({"eventID": "1", "dynamodb": {"SequenceNumber": "7", "OldImage": image, "NewImage": image}});
        let kept = bare(record.clone());
        assert!(!kept.to_string().contains("Hello"), "{kept}");
        assert_eq!(kept["dynamodb"]["OldImage"]["expires_at"]["N"], "1");
        assert_eq!(name(&kept), name(&record), "by what AWS calls it");
        assert_eq!(bare(json!("no record")), json!("no record"));
    }

    #[test]
    fn an_attribute_too_long_for_an_item_is_not_kept() {
        let image = json!({"pk": {"S": "subject#1#x"}, "source": {"S": "x".repeat(LONGEST)}});
        let kept = bare(json!({"dynamodb": {"OldImage": image}}));
        assert_eq!(
            kept,
            json!({"dynamodb": {"OldImage": {"pk": {"S": "subject#1#x"}}}})
        );
    }
}
