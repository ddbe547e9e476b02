//! Verifies the ledger, and reports what was found.

use chrono::{DateTime, Utc};
use custodian_buckets::anchors::Anchors;
use custodian_domain::ledger::{Hash, Verified, Witness};
use custodian_rights::audit::{self, Compared};
use custodian_store::ledger::Ledger;

pub use custodian_rights::audit::{Audited, Unverified};

/// The output of a verification, and the exit code: 0 if the ledger is what it was, 1 if not, 2 if
/// it could not be read.
#[must_use]
pub fn summary(outcome: &Result<Audited, Unverified>) -> (String, u8) {
    match outcome {
        Ok(Audited {
            chain, anchored, ..
        }) => {
            let Verified {
                links,
                entries,
                days,
                overdue,
                ..
            } = chain;
            let last = chain.closed.map_or_else(String::new, |closed| {
                format!(
                    "The last certificate is {closed}={}\n",
                    chain.certificate.as_str()
                )
            });
            let holds = format!(
                "The chain holds. Links: {links}. Deletions recorded: {entries}. Days closed: {days}."
            );
            let anchored = match anchored {
                Some(Compared { days, heads }) => {
                    format!("It matches its anchors. Daily anchors: {days}. Hourly anchors: {heads}.")
                }
                None => "Nothing outside the table was compared: anyone who may write to it can make a chain that holds."
                    .to_owned(),
            };
            (
                format!("{holds}\n{anchored}\n{last}Overdue, over all certificates: {overdue}"),
                0,
            )
        }
        Err(Unverified::Broken(broken)) => (format!("The chain is broken: {broken}."), 1),
        Err(Unverified::Contradicted(contradiction)) => (
            format!("The chain does not match its anchors: {contradiction}."),
            1,
        ),
        Err(Unverified::ForeignItem(stranger)) => (
            format!("The ledger has an item that Custodian did not write: {stranger}."),
            1,
        ),
        Err(Unverified::Open(day)) => (
            format!(
                "Days are no longer being closed: {}.",
                Unverified::Open(*day)
            ),
            1,
        ),
        Err(Unverified::Storage(error)) => (format!("The ledger could not be read: {error}."), 2),
    }
}

/// Verifies a ledger by itself; with a witness, also that the chain has this certificate.
///
/// # Errors
/// [`Unverified::Broken`] names the first wrong link.
pub async fn verify(ledger: &Ledger, witness: Option<Witness>) -> Result<Verified, Unverified> {
    let audited = audit::audit(ledger, None, witness, DateTime::UNIX_EPOCH, |_| ()).await?;
    Ok(audited.chain)
}

/// Verifies a ledger, at `now` and against its anchors if they are given; with a witness, also that
/// the chain has this certificate.
///
/// # Errors
/// [`Unverified`] names the first thing that is wrong.
pub async fn compare(
    ledger: &Ledger,
    anchors: Option<&Anchors>,
    witness: Option<Witness>,
    now: DateTime<Utc>,
) -> Result<Audited, Unverified> {
    audit::audit(ledger, anchors, witness, now, |_| ()).await
}

/// Reads `2029-11-24=…`: a day and the hash of its certificate.
///
/// # Errors
/// What is wrong with it.
pub fn witness(text: &str) -> Result<Witness, &'static str> {
    let (day, hash) = text.split_once('=').ok_or("must be a day, =, and a hash")?;
    let day = day
        .parse()
        .map_err(|_| "must begin with a day, YYYY-MM-DD")?;
    // An anchor's line has the link's number in between.
    let hash = hash.split_once('=').map_or(hash, |(_, hash)| hash);
    let hash = Hash::try_from(hash.to_owned())
        .map_err(|_| "must end with a hash of 64 hexadecimal digits")?;
    Ok(Witness { day, hash })
}
