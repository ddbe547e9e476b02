//! Every key of every table. Only this module knows their spelling. The spelling of a holder comes
//! from the domain.

mod breaches;
mod cases;
mod register;
mod sessions;

pub use breaches::*;
pub use cases::*;
pub use register::*;
pub use sessions::*;

use crate::Item;
use chrono::NaiveDate;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::{EntryId, ItemKind};
use custodian_domain::record::source::Source;
use custodian_domain::record::{Holder, RecordId};
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Index, PrimaryKey};

pub use custodian_dynamo::{EXPIRES_AT, PK, SK};

/// When a held item would be over, epoch seconds: it has this instead of [`EXPIRES_AT`].
pub const RETENTION_DUE_AT: &str = "retention_due_at";
/// That a record may only be stored.
pub const RESTRICTED: &str = "restricted";
/// Partition key of the index [`BY_DAY`]: an item's day and shard.
pub const DAY: &str = "day";
/// Which deadline of a complaint runs.
pub const CLOCK: &str = "clock";
/// The last day of that deadline.
pub const CLOCK_ENDS: &str = "clock_ends";
/// The one index of Records.
pub const BY_DAY: Index = Index {
    name: "by_day",
    partition: DAY,
};
/// A request, a task or a suppression itself.
pub const META: &str = "META";
/// The certificate of a request; in the ledger, of a day.
pub const CERTIFICATE: &str = "CERTIFICATE";

/// The beginning of the sort key of every record.
pub const RECORD: &str = "record#";
/// The beginning of the sort key of a link.
pub const LINK: &str = "link#";
/// The sort key of a profile.
pub const PROFILE: &str = "@profile";

/// How many partitions a day has in the index `by_day`, so that a busy day is written by more than
/// one of DynamoDB's.
pub const SHARDS: u8 = 4;

/// The key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub partition: String,
    /// Sort key.
    pub sort: String,
}

impl Key {
    /// A key from its two parts.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            sort: sort.into(),
        }
    }

    /// The key of a record.
    #[must_use]
    pub fn record(holder: &Holder, source: Source, id: &RecordId) -> Self {
        record(holder, source, id)
    }

    /// A record's sort key, under any holder.
    #[must_use]
    pub fn record_sort(source: Source, id: &RecordId) -> String {
        record_sort(source, id)
    }

    /// Whether this is the sort key of a record.
    #[must_use]
    pub fn is_record_sort(sort: &str) -> bool {
        record_id(sort).is_some()
    }

    /// The source of the record, if it is the key of one.
    #[must_use]
    pub fn record_source(&self) -> Option<Source> {
        let (source, _) = self.sort.strip_prefix(RECORD)?.split_once('#')?;
        Source::named(source)
    }

    /// The key of the link from a further key to a subject.
    #[must_use]
    pub fn link(from: &SubjectKey, to: &SubjectKey) -> Self {
        link(from, to)
    }

    /// The key under a holder with this sort key.
    pub fn under(holder: &Holder, sort: impl Into<String>) -> Self {
        Self::new(partition(holder), sort)
    }

    /// Whose item it is.
    #[must_use]
    pub fn holder(&self) -> Option<Holder> {
        holder(&self.partition)
    }

    /// The subject that a link leads to.
    #[must_use]
    pub fn link_target(&self) -> Option<SubjectKey> {
        link_target(&self.sort)
    }

    /// The key of an item that was read.
    #[must_use]
    pub fn of(item: &Item) -> Option<Self> {
        Some(Self::new(crate::text(item, PK)?, crate::text(item, SK)?))
    }
}

impl From<Key> for PrimaryKey {
    fn from(Key { partition, sort }: Key) -> Self {
        Self { partition, sort }
    }
}

impl From<&Key> for PrimaryKey {
    fn from(key: &Key) -> Self {
        key.clone().into()
    }
}

/// The partition of everything of one holder.
#[must_use]
pub fn partition(holder: &Holder) -> String {
    holder.clone().into()
}

/// Whose partition this is.
#[must_use]
pub fn holder(partition: &str) -> Option<Holder> {
    Holder::try_from(partition.to_owned()).ok()
}

/// A record's sort key, under any holder.
#[must_use]
pub fn record_sort(source: Source, id: &RecordId) -> String {
    format!("{RECORD}{}#{}", source.as_str(), id.as_str())
}

/// The key of a record.
#[must_use]
pub fn record(holder: &Holder, source: Source, id: &RecordId) -> Key {
    Key::new(partition(holder), record_sort(source, id))
}

/// The record that a sort key names.
#[must_use]
pub fn record_id(sort: &str) -> Option<RecordId> {
    let (_, id) = sort.strip_prefix(RECORD)?.split_once('#')?;
    Some(RecordId::stored(id.to_owned()))
}

/// The key of the link from a further key to a subject.
#[must_use]
pub fn link(from: &SubjectKey, to: &SubjectKey) -> Key {
    Key::new(from.as_str(), format!("{LINK}{}", to.as_str()))
}

/// The subject that a link's sort key leads to.
#[must_use]
pub fn link_target(sort: &str) -> Option<SubjectKey> {
    SubjectKey::try_from(sort.strip_prefix(LINK)?.to_owned()).ok()
}

/// The key of a subject's profile.
#[must_use]
pub fn profile(subject: &SubjectKey) -> Key {
    Key::new(subject.as_str(), PROFILE)
}

/// The kind of item that a sort key of Records names.
#[must_use]
pub fn kind(sort: &str) -> Option<ItemKind> {
    match sort {
        PROFILE => Some(ItemKind::Profile),
        _ if sort.starts_with(RECORD) => Some(ItemKind::Record),
        _ if sort.starts_with(LINK) => Some(ItemKind::Link),
        _ => None,
    }
}

/// The partition of [`BY_DAY`] for an item of `day` with this sort key: a day's items are spread
/// over its shards.
#[must_use]
pub fn day(day: NaiveDate, sort: &str) -> String {
    let spread = sort
        .bytes()
        .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    day_shard(day, spread % SHARDS)
}

/// One of a day's partitions of [`BY_DAY`].
#[must_use]
pub fn day_shard(day: NaiveDate, shard: u8) -> String {
    format!("{day}#{shard}")
}

/// The beginning of the keys of a source's records in one of a day's partitions of [`BY_DAY`].
#[must_use]
pub fn collected(source: Source, day: NaiveDate, shard: u8) -> Key {
    Key::new(
        day_shard(day, shard),
        format!("{RECORD}{}#", source.as_str()),
    )
}

/// The first and the last sort key that a record can have whose sort key comes after this one.
#[must_use]
pub fn records_after(after: Option<&str>) -> (String, String) {
    // No sort key has a control character, and none comes after a tilde.
    let first = after.map_or_else(|| RECORD.to_owned(), |after| format!("{after}\u{1}"));
    (first, format!("{RECORD}~"))
}

/// The partition of the blocks of a day of the ledger, and of its certificate.
#[must_use]
pub fn ledger_day(day: NaiveDate) -> String {
    format!("DAY#{day}")
}

/// The day of the ledger of a partition.
#[must_use]
pub fn day_of_ledger(partition: &str) -> Option<NaiveDate> {
    let day = partition.strip_prefix("DAY#")?.parse().ok()?;
    (ledger_day(day) == partition).then_some(day)
}

/// The beginning of the sort key of a block.
pub const ENTRY: &str = "ENTRY#";

/// The key of a block of the ledger; sorts by number.
#[must_use]
pub fn block(day: NaiveDate, n: u64) -> Key {
    Key::new(ledger_day(day), format!("{ENTRY}{n:012}"))
}

/// The number of the block that a sort key names.
#[must_use]
pub fn block_number(sort: &str) -> Option<u64> {
    sort.strip_prefix(ENTRY)?.parse().ok()
}

/// The key of the certificate of a day of the ledger.
#[must_use]
pub fn day_certificate(day: NaiveDate) -> Key {
    Key::new(ledger_day(day), CERTIFICATE)
}

/// The key of the end of the ledger's chain.
#[must_use]
pub fn chain_head() -> Key {
    Key::new("CHAIN", "HEAD")
}

/// The beginning of the partition of the pointers to a request's entries in the audit trail.
pub const AUDITED: &str = "REQUEST#";

/// The key of the pointer from a request to an entry in the audit trail; sorts by number.
#[must_use]
pub fn audited(request: &RequestId, day: NaiveDate, n: u64) -> Key {
    Key::new(audited_of(request), format!("{n:012}#{day}"))
}

/// The partition of the pointers to a request's entries in the audit trail.
#[must_use]
pub fn audited_of(request: &RequestId) -> String {
    format!("{AUDITED}{}", request.as_str())
}

/// The number and the day of the entry that such a sort key names.
#[must_use]
pub fn audited_entry(sort: &str) -> Option<(u64, NaiveDate)> {
    let (n, day) = sort.split_once('#')?;
    Some((n.parse().ok()?, day.parse().ok()?))
}

/// The beginning of the partition of a mark that a removal by TTL is in the ledger.
pub const RECORDED: &str = "TOLD#";

/// The key of the mark that a removal by TTL is in the ledger.
#[must_use]
pub fn recorded_removal(id: &EntryId) -> Key {
    Key::new(format!("{RECORDED}{}", id.as_str()), META)
}

#[cfg(test)]
mod tests {
    use super::{day, day_shard, holder, kind, link_target, partition, record, record_id};
    use custodian_domain::identity::subject::SubjectKey;
    use custodian_domain::ledger::ItemKind;
    use custodian_domain::place::Place;
    use custodian_domain::record::reference::Reference;
    use custodian_domain::record::source::Source;
    use custodian_domain::record::{Holder, RecordId};
    use custodian_domain::rights::package::RequestId;
    #[test]
    fn keys_read_back_as_what_they_name() {
        let id = RecordId::of_submission("bins", "key");
        let subject = SubjectKey::try_from("subject#1#digest".to_owned()).unwrap();
        for whose in [
            Holder::Subject(subject.clone()),
            Holder::Anonymous(Reference::of(&id)),
        ] {
            let key = record(&whose, Source::WebForm, &id);
            assert_eq!(holder(&key.partition), Some(whose.clone()));
            assert_eq!(holder(&partition(&whose)), Some(whose));
            assert_eq!(record_id(&key.sort), Some(id.clone()));
            assert_eq!(kind(&key.sort), Some(ItemKind::Record));
        }
        assert_eq!(
            link_target(&super::link(&subject, &subject).sort),
            Some(subject)
        );
        assert_eq!(kind("something else"), None);
        let request = RequestId::try_from("ERA-1".to_owned()).unwrap();
        assert_eq!(
            super::task_of(&super::task(&request, Place::Five9)),
            Some((request, Place::Five9))
        );
    }

    #[test]
    fn a_day_has_its_shards_and_no_others() {
        let date = "2026-11-23".parse().unwrap();
        let shards: Vec<String> = (0..super::SHARDS)
            .map(|shard| day_shard(date, shard))
            .collect();
        assert!((0..200).all(|i| shards.contains(&day(date, &format!("record#web_form#{i}")))));
    }
}
