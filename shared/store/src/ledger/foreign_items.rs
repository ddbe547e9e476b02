//! Items in the ledger's table that no function writes there.

use super::Ledger;
use crate::Item;
use crate::keys::{self, Key, PK, SK};
use chrono::NaiveDate;
use custodian_aws::StorageError;
use custodian_domain::ledger::EntryId;
use custodian_dynamo::Pages;

/// The attributes of a link, besides its key.
const LINK: [&str; 4] = ["n", "previous", "body", "hash"];
/// The attributes of the head, besides its key.
const HEAD: [&str; 6] = ["n", "hash", "day", "first", "closed", "certificate"];

/// An item that no function writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignItem {
    /// It is on a day that the chain does not have.
    #[error("there is an item on {0}, a day that the chain does not have")]
    OnDay(NaiveDate),
    /// It has an attribute that items there do not have.
    #[error("an item of {0} has an attribute that no link has")]
    Adorned(NaiveDate),
    /// It is a head with an extra attribute, or is beside the head.
    #[error("the head has an attribute that no head has, or there is an item beside it")]
    AtHead,
    /// It marks a removal as recorded, and says more.
    #[error("an item says more of a removal than that it is recorded")]
    AtMark,
    /// It marks a removal as recorded that no link records, so that it would never be recorded.
    #[error("an item says that a removal is recorded, but no link records it")]
    Unrecorded,
    /// It is where nothing belongs.
    #[error("an item is in a partition that nobody writes to")]
    Anywhere,
}

/// The result of a page of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScannedPage {
    /// The items that no function writes.
    pub foreign_items: Vec<ForeignItem>,
    /// The removals that are marked as recorded.
    pub recorded: Vec<EntryId>,
}

/// The whole table, a page at a time.
#[derive(Debug)]
pub struct ForeignItems {
    pages: Pages<Item>,
    first: NaiveDate,
    last: NaiveDate,
}

impl Ledger {
    /// The items in the table that do not belong to a chain of these days, in pages.
    #[must_use]
    pub fn foreign_items(&self, first: NaiveDate, last: NaiveDate) -> ForeignItems {
        ForeignItems {
            pages: self.table().scan("read the whole ledger", None, Some),
            first,
            last,
        }
    }
}

impl ForeignItems {
    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn next(&mut self) -> Result<Option<ScannedPage>, StorageError> {
        let Some(page) = self.pages.next().await? else {
            return Ok(None);
        };
        let mut found = ScannedPage::default();
        for item in page {
            match self.look(&item) {
                Ok(recorded) => found.recorded.extend(recorded),
                Err(stranger) => found.foreign_items.push(stranger),
            }
        }
        Ok(Some(found))
    }

    /// Returns the removal that an item marks as recorded, if it is such a mark.
    fn look(&self, item: &Item) -> Result<Option<EntryId>, ForeignItem> {
        let key = Key::of(item).ok_or(ForeignItem::Anywhere)?;
        let has_only = |known: &[&str]| {
            item.keys()
                .all(|name| [PK, SK].iter().chain(known).any(|it| it == name))
        };
        if key.partition == keys::chain_head().partition {
            return if key == keys::chain_head() && has_only(&HEAD) {
                Ok(None)
            } else {
                Err(ForeignItem::AtHead)
            };
        }
        if let Some(day) = keys::day_of_ledger(&key.partition) {
            if day < self.first || self.last < day {
                return Err(ForeignItem::OnDay(day));
            }
            return if has_only(&LINK) {
                Ok(None)
            } else {
                Err(ForeignItem::Adorned(day))
            };
        }
        let id = key
            .partition
            .strip_prefix(keys::RECORDED)
            .ok_or(ForeignItem::Anywhere)?;
        let id = EntryId::try_from(id.to_owned()).map_err(|_| ForeignItem::AtMark)?;
        if keys::recorded_removal(&id) == key && has_only(&[]) {
            Ok(Some(id))
        } else {
            Err(ForeignItem::AtMark)
        }
    }
}
