//! What lies in the ledger's table and is nothing that is written there.

use super::Ledger;
use crate::Item;
use crate::keys::{self, Key, PK, SK};
use chrono::NaiveDate;
use custodian_aws::StorageError;
use custodian_domain::ledger::EntryId;
use custodian_dynamo::Pages;

/// The attributes of a link, beside its key.
const LINK: [&str; 4] = ["n", "previous", "body", "hash"];
/// The attributes of the head, beside its key.
const HEAD: [&str; 6] = ["n", "hash", "day", "first", "closed", "certificate"];

/// An item that nobody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// It lies on a day that the chain does not have.
    #[error("something lies on {0}, a day that the chain does not have")]
    OnDay(NaiveDate),
    /// It has an attribute that what belongs there does not have.
    #[error("an item of {0} has an attribute that no link has")]
    Adorned(NaiveDate),
    /// It is a head with an attribute more, or lies beside the head.
    #[error("the head has an attribute that no head has, or something lies beside it")]
    AtHead,
    /// It says that something was told, and says more.
    #[error("an item says of a removal more than that it is told")]
    AtTold,
    /// It says that a removal was told which no link tells of: so it would never be told.
    #[error("an item says that a removal is told which no link tells of")]
    Untold,
    /// It lies where nobody puts anything.
    #[error("an item lies in a partition that nobody writes to")]
    Anywhere,
}

/// What was found on a page of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedThrough {
    /// What nobody writes there.
    pub strangers: Vec<Stranger>,
    /// The removals that are said to be told.
    pub told: Vec<EntryId>,
}

/// The whole table, a page at a time.
#[derive(Debug)]
pub struct Strangers {
    pages: Pages<Item>,
    first: NaiveDate,
    last: NaiveDate,
}

impl Ledger {
    /// What lies in the table and does not belong to a chain of these days, in pages.
    #[must_use]
    pub fn strangers(&self, first: NaiveDate, last: NaiveDate) -> Strangers {
        Strangers {
            pages: self.table.scan("read the whole ledger", None, Some),
            first,
            last,
        }
    }
}

impl Strangers {
    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn next(&mut self) -> Result<Option<LookedThrough>, StorageError> {
        let Some(page) = self.pages.next().await? else {
            return Ok(None);
        };
        let mut found = LookedThrough::default();
        for item in page {
            match self.look(&item) {
                Ok(told) => found.told.extend(told),
                Err(stranger) => found.strangers.push(stranger),
            }
        }
        Ok(Some(found))
    }

    /// Gives the removal that an item says is told, if it says so.
    fn look(&self, item: &Item) -> Result<Option<EntryId>, Stranger> {
        let key = Key::of(item).ok_or(Stranger::Anywhere)?;
        let has_only = |known: &[&str]| {
            item.keys()
                .all(|name| [PK, SK].iter().chain(known).any(|it| it == name))
        };
        if key.partition == keys::chain_head().partition {
            return if key == keys::chain_head() && has_only(&HEAD) {
                Ok(None)
            } else {
                Err(Stranger::AtHead)
            };
        }
        if let Some(day) = keys::day_of_ledger(&key.partition) {
            if day < self.first || self.last < day {
                return Err(Stranger::OnDay(day));
            }
            return if has_only(&LINK) {
                Ok(None)
            } else {
                Err(Stranger::Adorned(day))
            };
        }
        let id = key
            .partition
            .strip_prefix(keys::TOLD)
            .ok_or(Stranger::Anywhere)?;
        let id = EntryId::try_from(id.to_owned()).map_err(|_| Stranger::AtTold)?;
        if keys::told(&id) == key && has_only(&[]) {
            Ok(Some(id))
        } else {
            Err(Stranger::AtTold)
        }
    }
}
