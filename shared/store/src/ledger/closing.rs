//! Closes days of the ledger.

use super::{ACTIONS, Ledger};
use crate::chain::{Links, Outcome};
use crate::keys;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::{Figures, Hash, Head, Left};
use custodian_dynamo::wait;

const OPERATION: &str = "close a day of the ledger";

/// How many certificates fit into one transaction besides the head.
pub const CLOSED_AT_ONCE: usize = ACTIONS - 1;

impl Ledger {
    /// The end of the chain. Begins the chain now if it has not begun.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read, or written.
    pub async fn begun(&self, now: DateTime<Utc>) -> Result<Head, StorageError> {
        let mut tries = 0;
        loop {
            let mut known = self.chain.known.lock().await;
            if let Some(head) = self.head().await? {
                *known = Some(head.clone());
                return Ok(head);
            }
            let head = Head::begin(now.date_naive());
            let (outcome, ends) = self
                .chain
                .transact(
                    OPERATION,
                    Vec::new(),
                    Links::lasting(Vec::new()),
                    None,
                    &head,
                )
                .await?;
            *known = ends;
            if matches!(outcome, Outcome::Appended) {
                return Ok(head);
            }
            drop(known);
            wait(OPERATION, &mut tries).await?;
        }
    }

    /// Closes the first open days with these figures, one day after another and [`CLOSED_AT_ONCE`]
    /// at most, if the chain still ends at `head`. Returns the closed days; `None` if others have
    /// written to the chain.
    ///
    /// # Errors
    /// [`StorageError`] unless they are certain to be closed.
    pub async fn close(
        &self,
        head: &Head,
        days: &[(Figures, Left)],
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Closed>>, StorageError> {
        let (mut after, mut links, mut closed) = (head.clone(), Vec::new(), Vec::new());
        for (figures, left) in days.iter().take(CLOSED_AT_ONCE) {
            let next = after.close(figures.clone(), left.clone(), now);
            let (day, link, next) = next.ok_or(StorageError::unreadable(OPERATION))?;
            closed.push(Closed {
                day,
                certificate: link.hash.clone(),
            });
            links.push((keys::day_certificate(day), link));
            after = next;
        }
        let mut known = self.chain.known.lock().await;
        *known = None;
        let (outcome, ends) = self
            .chain
            .transact(
                OPERATION,
                Vec::new(),
                Links::lasting(links),
                Some(head),
                &after,
            )
            .await?;
        *known = ends;
        Ok(matches!(outcome, Outcome::Appended).then_some(closed))
    }
}

/// A day that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The day.
    pub day: NaiveDate,
    /// The hash of its certificate.
    pub certificate: Hash,
}
