//! Walks the ledger from its first day to its last and looks whether the chain holds.

use chrono::NaiveDate;
use shared::domain::ledger::{Broken, Fault, Hash, Head, Lies, Verification, Verified, Witness};
use shared::storage::StorageError;
use shared::storage::ledger::{Ledger, Seat};

/// Why a ledger is not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// A link does not hold.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What to tell of a verification, and the code to end with: 0 if the chain holds, 1 if it is broken, 2 if it could not be read.
#[must_use]
pub fn told(outcome: &Result<Verified, Unverified>) -> (String, u8) {
    match outcome {
        Ok(found) => {
            let Verified { links, entries, days, overdue, .. } = found;
            let last = found.closed.map_or_else(String::new, |closed| {
                format!("The last certificate is {closed}={}\n", found.certificate.as_str())
            });
            let holds = format!(
                "The chain holds. Links: {links}. Deletions that they tell of: {entries}. Days that are closed: {days}."
            );
            (format!("{holds}\n{last}Overdue, over all certificates: {overdue}"), 0)
        }
        Err(Unverified::Broken(broken)) => (format!("The chain is broken: {broken}."), 1),
        Err(Unverified::Storage(error)) => (format!("The ledger could not be read: {error}."), 2),
    }
}

/// Verifies a ledger; with a witness, also that this certificate is in it.
///
/// # Errors
/// [`Unverified::Broken`] names the first link that does not hold.
pub async fn verify(ledger: &Ledger, witness: Option<Witness>) -> Result<Verified, Unverified> {
    // A chain that has not begun has no day that anything could lie on, or it has lost its head.
    let head = ledger.head().await?.ok_or(Broken { day: NaiveDate::MIN, n: 0, fault: Fault::Missing })?;
    let last = head.day.max(head.closed.unwrap_or(head.first));
    let mut verification = Verification::of(head.clone(), witness);
    for day in head.first.iter_days().take_while(|day| *day <= last) {
        verify_day(ledger, &head, &mut verification, day).await?;
    }
    Ok(verification.finish()?)
}

async fn verify_day(
    ledger: &Ledger,
    head: &Head,
    verification: &mut Verification,
    day: NaiveDate,
) -> Result<(), Unverified> {
    verification.begin(day);
    let (mut certificate, mut pages) = (Lies::Nothing, ledger.lying(day));
    while let Some(page) = pages.next().await? {
        for lying in page {
            match lying.seat {
                // What was written after the head was read is the next run's.
                Seat::Block(n) if n > head.n && has_moved(ledger, head).await? => {}
                Seat::Certificate if is_later(&lying.lies, head) && has_moved(ledger, head).await? => {}
                Seat::Certificate => certificate = lying.lies,
                Seat::Block(n) => verification.block(n, &lying.lies)?,
                Seat::Stray => verification.stray()?,
            }
        }
    }
    Ok(verification.end(certificate)?)
}

fn is_later(lies: &Lies, head: &Head) -> bool {
    matches!(lies, Lies::Link(link) if link.n > head.n)
}

async fn has_moved(ledger: &Ledger, head: &Head) -> Result<bool, StorageError> {
    Ok(ledger.head().await?.is_some_and(|now| now.n > head.n))
}

/// Reads `2029-11-24=…`: a day and the hash of its certificate.
///
/// # Errors
/// What is wrong with it.
pub fn witness(text: &str) -> Result<Witness, &'static str> {
    let (day, hash) = text.split_once('=').ok_or("must be a day, =, and a hash")?;
    let day = day.parse().map_err(|_| "must begin with a day, YYYY-MM-DD")?;
    let hash = Hash::try_from(hash.to_owned()).map_err(|_| "must end with a hash of 64 hexadecimal digits")?;
    Ok(Witness { day, hash })
}
