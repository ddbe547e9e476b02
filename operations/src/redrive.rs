//! Records in the ledger what `expire` could not record in time.
//!
//! What Lambda gave up is in the bucket of discarded removals. What nobody could read is in the
//! Register; earlier versions put it in the bucket. What is recorded is deleted from there. What
//! still nobody can read stays until its days are over. Recording it again has no further effect,
//! so it may be interrupted and run again.

use custodian_aws::StorageError;
use custodian_buckets::discarded::Discarded;
use custodian_expire::{Expire, RecordedRemovals};
use serde_json::Value;

/// What was found, and what was done with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// How many objects of the bucket were recorded whole, and are deleted.
    pub objects: u64,
    /// How many items of the Register were recorded, and are deleted.
    pub items: u64,
    /// What happened to their records, and to those of the rest.
    pub recorded: RecordedRemovals,
    /// How many objects and items remain: nobody can read them, or something in them.
    pub left: u64,
}

impl Redriven {
    /// The output, and the exit code: 0 if nothing remains, 1 if something does.
    #[must_use]
    pub fn summary(&self) -> (String, u8) {
        let Self {
            objects,
            items,
            recorded:
                RecordedRemovals {
                    new,
                    again,
                    unreadable,
                },
            left,
        } = self;
        if (*objects, *items, *left) == (0, 0, 0) {
            return ("Nothing was discarded.".to_owned(), 0);
        }
        let counts = format!(
            "Objects recorded in the ledger and deleted: {objects}. Items of the Register: {items}. \
             New entries: {new}. Recorded before: {again}."
        );
        if *left == 0 {
            return (counts, 0);
        }
        (
            format!(
                "{counts}\nObjects and items left: {left}. Unreadable records in them: {unreadable}."
            ),
            1,
        )
    }

    /// Records the removals of one object or item. Returns whether it was recorded whole.
    async fn record(
        &mut self,
        expire: &Expire,
        records: Option<Vec<Value>>,
    ) -> Result<bool, StorageError> {
        let Some(records) = records else {
            self.left += 1;
            return Ok(false);
        };
        let RecordedRemovals {
            new,
            again,
            unreadable,
        } = expire.record_removals(records).await?;
        self.recorded.new += new;
        self.recorded.again += again;
        self.recorded.unreadable += unreadable;
        if unreadable > 0 {
            self.left += 1;
        }
        Ok(unreadable == 0)
    }
}

/// Records everything in the bucket and in the Register.
///
/// # Errors
/// [`StorageError`] if S3 or `DynamoDB` does not answer; running it again continues.
pub async fn redrive(expire: &Expire, discarded: &Discarded) -> Result<Redriven, StorageError> {
    let (mut redriven, mut from) = (Redriven::default(), None);
    loop {
        let page = discarded.list(from).await?;
        for key in &page.keys {
            let records = discarded.read(key).await?;
            if redriven.record(expire, records).await? {
                discarded.delete(key).await?;
                redriven.objects += 1;
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let mut pages = expire.unreadable.stored(expire.clock.now());
    while let Some(page) = pages.next().await? {
        for mut removal in page {
            let records = removal.record.take().map(|record| vec![record]);
            if redriven.record(expire, records).await? {
                expire.unreadable.delete(&removal).await?;
                redriven.items += 1;
            }
        }
    }
    Ok(redriven)
}

#[cfg(test)]
mod tests {
    use super::{RecordedRemovals, Redriven};

    #[test]
    fn what_is_left_is_said_and_ends_with_1() {
        let whole = Redriven {
            objects: 2,
            items: 1,
            recorded: RecordedRemovals {
                new: 98,
                again: 1,
                unreadable: 0,
            },
            left: 0,
        };
        let words = "Objects recorded in the ledger and deleted: 2. Items of the Register: 1. \
            New entries: 98. Recorded before: 1.";
        assert_eq!(whole.summary(), (words.to_owned(), 0));
        assert_eq!(
            Redriven::default().summary(),
            ("Nothing was discarded.".to_owned(), 0)
        );
        let left = Redriven {
            left: 1,
            recorded: RecordedRemovals {
                unreadable: 3,
                ..RecordedRemovals::default()
            },
            ..Redriven::default()
        };
        let (words, code) = left.summary();
        assert!(
            words.ends_with("Objects and items left: 1. Unreadable records in them: 3.")
                && code == 1,
            "{words}"
        );
    }
}
