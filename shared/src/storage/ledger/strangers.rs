//! What lies in the ledger's table and is nothing that is written there.

use super::Ledger;
use crate::domain::ledger::EntryId;
use crate::storage::keys::{self, Key, PK, SK};
use crate::storage::{Item, StorageError, failed};
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use chrono::NaiveDate;

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
    /// It lies where nobody puts anything.
    #[error("an item lies in a partition that nobody writes to")]
    Anywhere,
}

/// The whole table, a page at a time.
#[derive(Debug)]
pub struct Strangers {
    scan: Option<ScanFluentBuilder>,
    first: NaiveDate,
    last: NaiveDate,
}

impl Ledger {
    /// What lies in the table and does not belong to a chain of these days, in pages.
    #[must_use]
    pub fn strangers(&self, first: NaiveDate, last: NaiveDate) -> Strangers {
        let scan = self.table.client.scan().table_name(&self.table.name).consistent_read(true);
        Strangers { scan: Some(scan), first, last }
    }
}

impl Strangers {
    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Stranger>>, StorageError> {
        let Some(scan) = &self.scan else { return Ok(None) };
        let page = scan.clone().send().await.map_err(failed("read the whole ledger"))?;
        self.scan = page.last_evaluated_key.map(|key| scan.clone().set_exclusive_start_key(Some(key)));
        Ok(Some(page.items.unwrap_or_default().iter().filter_map(|item| self.stranger(item)).collect()))
    }

    fn stranger(&self, item: &Item) -> Option<Stranger> {
        let Some(key) = Key::of(item) else { return Some(Stranger::Anywhere) };
        let has_only = |known: &[&str]| item.keys().all(|name| [PK, SK].iter().chain(known).any(|it| it == name));
        if key.partition == keys::chain_head().partition {
            return (key != keys::chain_head() || !has_only(&HEAD)).then_some(Stranger::AtHead);
        }
        if let Some(day) = keys::day_of_ledger(&key.partition) {
            let is_within = self.first <= day && day <= self.last;
            let outside = (!is_within).then_some(Stranger::OnDay(day));
            return outside.or((!has_only(&LINK)).then_some(Stranger::Adorned(day)));
        }
        let id = key.partition.strip_prefix(keys::TOLD).map(|id| EntryId::try_from(id.to_owned()));
        match id {
            Some(Ok(id)) if keys::told(&id) == key && has_only(&[]) => None,
            Some(_) => Some(Stranger::AtTold),
            None => Some(Stranger::Anywhere),
        }
    }
}
