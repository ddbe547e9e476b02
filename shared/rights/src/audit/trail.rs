//! Whether the audit trail is unbroken, and as the ledger witnessed it.

use chrono::{DateTime, Days, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Broken, ChainEnd, ChainFault, Hash};
use custodian_domain::retention::periods;
use custodian_store::audit_log::{AuditLog, StoredEntry};
use std::collections::BTreeMap;

/// How many days after its end an entry is gone for certain: TTL deletes within days, in no order
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
const GONE_FOR_CERTAIN: Days = Days::new(7);

/// Why the audit trail is not verified.
#[derive(Debug, thiserror::Error)]
pub enum UnverifiedTrail {
    /// An entry is wrong.
    #[error("audit trail, {0}")]
    Broken(#[from] Broken),
    /// It cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The trail, as far as it was followed.
struct Followed {
    next: u64,
    /// The hash of the entry before; `None` where entries before it are over and gone.
    previous: Option<Hash>,
    entries: u64,
    witnessed: BTreeMap<u64, Hash>,
}

/// Verifies the audit trail against these witnesses, in the ledger's order and each with its day,
/// from the first day whose entries are not over. Returns how many entries there are.
///
/// # Errors
/// [`UnverifiedTrail`] names the first thing that is wrong.
pub async fn verify_trail(
    log: &AuditLog,
    witnessed: &[(NaiveDate, ChainEnd)],
    now: DateTime<Utc>,
) -> Result<u64, UnverifiedTrail> {
    let broken = |day, n, fault| Broken { day, n, fault };
    for ((_, before), (day, after)) in witnessed.iter().zip(witnessed.iter().skip(1)) {
        if after.n < before.n || (after.n == before.n && after.hash != before.hash) {
            return Err(broken(*day, after.n, ChainFault::Replaced).into());
        }
    }
    // The end is read first: what is written meanwhile is behind it.
    let end = log.end().await?;
    let (Some((first, last)), Some(end)) = (log.days().await?, end) else {
        return match witnessed.last() {
            None => Ok(0),
            Some((day, end)) => Err(broken(*day, end.n, ChainFault::Missing).into()),
        };
    };
    let kept_from = first_kept(now);
    // The trail's own head may say anything of its first day: the ledger knows better.
    let began = witnessed.first().map_or(first, |(day, _)| *day);
    let mut followed = Followed {
        next: 1,
        previous: (began >= kept_from).then(Hash::of_nothing),
        entries: 0,
        witnessed: witnessed
            .iter()
            .filter(|(day, _)| *day >= kept_from)
            .map(|(_, end)| (end.n, end.hash.clone()))
            .collect(),
    };
    let days = first.max(kept_from).iter_days();
    for day in days.take_while(|day| *day <= last) {
        let mut pages = log.on(day);
        while let Some(page) = pages.next().await? {
            for stored in &page {
                followed
                    .follow(stored, day)
                    .map_err(|(n, fault)| broken(day, n, fault))?;
            }
        }
    }
    if let Some(n) = followed.witnessed.keys().next() {
        return Err(broken(last, *n, ChainFault::Missing).into());
    }
    if last >= kept_from && followed.next <= end.n {
        return Err(broken(last, followed.next, ChainFault::Missing).into());
    }
    Ok(followed.entries)
}

/// The first day whose entries are all stored.
fn first_kept(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    let ended = today.checked_sub_months(periods::EVIDENCE).unwrap_or(today);
    ended.checked_add_days(GONE_FOR_CERTAIN).unwrap_or(ended)
}

impl Followed {
    fn follow(&mut self, stored: &StoredEntry, day: NaiveDate) -> Result<(), (u64, ChainFault)> {
        let n = stored.n.unwrap_or(self.next);
        let wrong = |fault| Err((n, fault));
        let Some(link) = &stored.link else {
            return wrong(ChainFault::Unreadable);
        };
        let is_first = self.previous.is_none() && self.entries == 0;
        if is_first {
            self.next = n;
        }
        if stored.n != Some(self.next) {
            let missing = n > self.next;
            return Err(if missing {
                (self.next, ChainFault::Missing)
            } else {
                (n, ChainFault::Misplaced)
            });
        }
        if !link.is_whole() {
            return wrong(ChainFault::Changed);
        }
        if self
            .previous
            .as_ref()
            .is_some_and(|before| *before != link.previous)
        {
            return wrong(ChainFault::Unlinked);
        }
        let Some(entry) = stored.entry() else {
            return wrong(ChainFault::Unreadable);
        };
        if (entry.n, entry.day) != (n, day) {
            return wrong(ChainFault::Misplaced);
        }
        if self
            .witnessed
            .remove(&n)
            .is_some_and(|hash| hash != link.hash)
        {
            return wrong(ChainFault::Replaced);
        }
        (self.previous, self.next) = (Some(link.hash.clone()), n + 1);
        self.entries += 1;
        Ok(())
    }
}
