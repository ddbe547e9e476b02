//! Prepares a table that was restored from a backup for reading, and says whether it may be read.

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_rights::restoring::{Redone, Restoring};

/// How many passes through the table are made until nothing is left to do.
const TIMES: u32 = 4;

/// Why a restored table may not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// It lacks something that it needs.
    #[error("it lacks {}", .0.join(", "))]
    Unprotected(Vec<&'static str>),
    /// In every pass there was still something to do.
    #[error("somebody is still changing it, or the live table")]
    Restless,
    /// The instant is in the future.
    #[error("the restored moment is in the future")]
    Future,
    /// Something does not answer, or cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The output of a restore, and the exit code: 0 if the table may be read, 1 if it may not.
#[must_use]
pub fn summary(outcome: &Result<Redone, Unready>) -> (String, u8) {
    match outcome {
        Ok(redone) => {
            let counts = counts(redone);
            (
                format!(
                    "{counts}\nIt MAY be read: a second pass found nothing left to do, and all protection is on."
                ),
                0,
            )
        }
        Err(unready) => (format!("NOT to be read: {unready}."), 1),
    }
}

/// What was done so far, in counts only.
#[must_use]
pub fn counts(redone: &Redone) -> String {
    let Redone {
        looked_at,
        expired,
        deleted,
        erased,
        withdrawn,
        turned,
        taken_over,
    } = redone;
    format!(
        "{looked_at} items: {deleted} deleted since, {erased} of people erased, {withdrawn} withdrawn, {expired} over; \
         {turned} held, restricted or released; {taken_over} taken over"
    )
}

/// Adds what a restore leaves out, repeats what was done since, and checks once more: a table may
/// only be read after a pass with nothing to do. Running it again continues.
///
/// # Errors
/// [`Unready`] says why it may not be read.
pub async fn restore(
    restoring: &Restoring,
    days: i32,
    now: DateTime<Utc>,
    mut progress: impl FnMut(&Redone),
) -> Result<Redone, Unready> {
    if restoring.since > now {
        return Err(Unready::Future);
    }
    let missing = restoring.protect(days).await?.missing();
    if !missing.is_empty() {
        return Err(Unready::Unprotected(missing));
    }
    let mut all = Redone::default();
    for _ in 0..TIMES {
        let redone = restoring.redo(now, &mut progress).await?;
        all = all.and(redone);
        if redone.changed() == 0 {
            let missing = restoring.protection(days).await?.missing();
            return if missing.is_empty() {
                Ok(all)
            } else {
                Err(Unready::Unprotected(missing))
            };
        }
    }
    Err(Unready::Restless)
}
