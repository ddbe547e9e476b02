//! Closing a package: its time was over, somebody in it was erased, or the DPO withdrew it.

use super::{DAYS, Package, Packages, State, entry, pointers};
use crate::keys;
use crate::requests::{Event, Events};
use crate::word;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::INVOCATION;
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Condition, Write, to_value, transact};
use serde::{Deserialize, Serialize};

/// That a package was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Who ordered it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the Register drops of a closed package: whose it was, and what opens it.
const FORGOTTEN: [&str; 9] = [
    "holders",
    "made",
    "unconfirmed",
    "undecided",
    "decided",
    "order",
    "release",
    "reading",
    "superseded",
];

impl Packages {
    /// Closes a package whose objects are deleted: the Register drops whose it was, and keeps that
    /// it existed.
    ///
    /// An export in progress may have finished an object just before it learns of this, and then
    /// have failed. So the sweep checks once more when no such export can still be running.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be closed.
    pub async fn close(
        &self,
        request: &RequestId,
        package: &Package,
        state: State,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "close a package's entry";
        let state = if state == State::Erased {
            State::Erased
        } else {
            State::Expired
        };
        let closed = self.closed(request, state).when(Condition::there());
        let writes = self.closing(request, package, closed, now);
        if transact(OPERATION, writes).await? {
            Ok(())
        } else {
            Err(StorageError::because(OPERATION, "there is no such package"))
        }
    }

    /// Closes a package that the DPO withdraws, as [`Packages::close`] does, and stores who did,
    /// with the writes `beside` it.
    /// Returns whether it was open until then.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be closed.
    pub async fn withdraw(
        &self,
        request: &RequestId,
        package: &Package,
        withdrawal: &Withdrawal,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "withdraw a package";
        let open = Condition::one_of("state", [State::Started, State::Complete].map(word));
        let withdrawn = self
            .closed(request, State::Withdrawn)
            .set("withdrawn", to_value(OPERATION, withdrawal)?)
            .when(open);
        let mut writes = self.closing(request, package, withdrawn, withdrawal.at);
        let event = Event::by(&withdrawal.by, "withdrawn", withdrawal.at);
        writes.extend(Events(self.0.clone()).next(request, &event, &[]).await?);
        writes.extend(beside);
        transact(OPERATION, writes).await
    }

    fn closed(&self, request: &RequestId, state: State) -> Write {
        Write::update(&self.0, entry(request))
            .set("state", word(state))
            .remove_all(&FORGOTTEN)
    }

    /// The writes that close a package: its entry, the notes that point to it, and when the sweep
    /// checks once more.
    fn closing(
        &self,
        request: &RequestId,
        package: &Package,
        closed: Write,
        now: DateTime<Utc>,
    ) -> Vec<Write> {
        let mut writes = vec![closed];
        let mut gone = pointers(request, package);
        gone.push(keys::package_due(
            ExpiresAt::at(package.requested_at + DAYS),
            request,
        ));
        gone.extend(
            package
                .made
                .iter()
                .map(|made| keys::package_due(ExpiresAt::at(made.expires_at), request)),
        );
        gone.dedup();
        let later = ExpiresAt::at(now + INVOCATION);
        let again = keys::package_due(later, request);
        gone.retain(|key| *key != again);
        writes.push(self.put_due(later, request));
        writes.extend(gone.iter().map(|key| Write::delete(&self.0, key)));
        writes
    }
}
