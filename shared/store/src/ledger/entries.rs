//! The ledger's entries, from a day on.

use super::Ledger;
use crate::keys;
use crate::{Item, text};
use chrono::NaiveDate;
use custodian_aws::StorageError;
use custodian_domain::ledger::{Block, Entry, Head};
use custodian_dynamo::Pages;

const OPERATION: &str = "read the ledger";

/// What was deleted, page by page: memory holds at most one page of DynamoDB.
#[derive(Debug)]
pub struct LedgerEntries {
    ledger: Ledger,
    day: NaiveDate,
    /// The last day; by default that of the chain's last block.
    last: Option<NaiveDate>,
    pages: Option<Pages<Vec<Entry>>>,
}

impl LedgerEntries {
    pub(super) const fn new(ledger: Ledger, day: NaiveDate, last: Option<NaiveDate>) -> Self {
        Self {
            ledger,
            day,
            last,
            pages: None,
        }
    }

    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer, or a block cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>, StorageError> {
        let last = match self.last {
            Some(last) => last,
            None => match self.ledger.head().await? {
                Some(Head { day, first, .. }) => {
                    self.day = self.day.max(first);
                    *self.last.insert(day)
                }
                None => return Ok(None),
            },
        };
        while self.day <= last {
            let ledger = &self.ledger;
            let partition = keys::ledger_day(self.day);
            let pages = self.pages.get_or_insert_with(|| {
                ledger
                    .table()
                    .all(OPERATION, &partition, keys::ENTRY, |item| entries(&item))
            });
            if let Some(page) = pages.next().await? {
                return Ok(Some(page.into_iter().flatten().collect()));
            }
            self.pages = None;
            let Some(next) = self.day.succ_opt() else {
                break;
            };
            self.day = next;
        }
        Ok(None)
    }
}

fn entries(item: &Item) -> Option<Vec<Entry>> {
    let block: Block = serde_json::from_str(text(item, "body")?).ok()?;
    Some(block.entries)
}
