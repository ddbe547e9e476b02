//! Records in the ledger what `expire` could not record in time.
//!
//! What is recorded is deleted from the bucket of discarded removals. What nobody can read stays
//! there until its days are over. Recording it again has no further effect, so it may be
//! interrupted and run again.

use custodian_aws::StorageError;
use custodian_expire::{Expire, RecordedRemovals};

/// What was found, and what was done with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// How many objects were recorded whole, and are deleted.
    pub objects: u64,
    /// What happened to their records, and to those of the remaining objects.
    pub told: RecordedRemovals,
    /// How many objects remain: nobody can read them, or something in them.
    pub left: u64,
}

impl Redriven {
    /// The output, and the exit code: 0 if nothing remains, 1 if something does.
    #[must_use]
    pub fn told(&self) -> (String, u8) {
        let Self {
            objects,
            told:
                RecordedRemovals {
                    new,
                    again,
                    unreadable,
                },
            left,
        } = self;
        if (*objects, *left) == (0, 0) {
            return ("Nothing was discarded.".to_owned(), 0);
        }
        let counts = format!(
            "Objects recorded in the ledger and deleted: {objects}. New entries: {new}. Recorded before: {again}."
        );
        if *left == 0 {
            return (counts, 0);
        }
        (
            format!("{counts}\nObjects left: {left}. Unreadable records in them: {unreadable}."),
            1,
        )
    }
}

/// Records everything in the bucket.
///
/// # Errors
/// [`StorageError`] if S3 or `DynamoDB` does not answer; running it again continues.
pub async fn redrive(expire: &Expire) -> Result<Redriven, StorageError> {
    let (mut redriven, mut from) = (Redriven::default(), None);
    loop {
        let page = expire.discarded.list(from).await?;
        for key in &page.keys {
            let Some(records) = expire.discarded.read(key).await? else {
                redriven.left += 1;
                continue;
            };
            let RecordedRemovals {
                new,
                again,
                unreadable,
            } = expire.record_removals(records).await?;
            redriven.told.new += new;
            redriven.told.again += again;
            redriven.told.unreadable += unreadable;
            if unreadable == 0 {
                expire.discarded.delete(key).await?;
                redriven.objects += 1;
            } else {
                redriven.left += 1;
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok(redriven);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RecordedRemovals, Redriven};

    #[test]
    fn what_is_left_is_said_and_ends_with_1() {
        let whole = Redriven {
            objects: 2,
            told: RecordedRemovals {
                new: 98,
                again: 1,
                unreadable: 0,
            },
            left: 0,
        };
        let words =
            "Objects recorded in the ledger and deleted: 2. New entries: 98. Recorded before: 1.";
        assert_eq!(whole.told(), (words.to_owned(), 0));
        assert_eq!(
            Redriven::default().told(),
            ("Nothing was discarded.".to_owned(), 0)
        );
        let left = Redriven {
            left: 1,
            told: RecordedRemovals {
                unreadable: 3,
                ..RecordedRemovals::default()
            },
            ..Redriven::default()
        };
        let (words, code) = left.told();
        assert!(
            words.ends_with("Objects left: 1. Unreadable records in them: 3.") && code == 1,
            "{words}"
        );
    }
}
