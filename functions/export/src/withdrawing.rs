//! Withdraws a package that must not be handed out: one that somebody else had made in the person's
//! name.

use crate::order::WithdrawOrder;
use crate::{Error, Export};
use chrono::SubsecRound;
use custodian_domain::rights::package::RequestId;
use custodian_store::packages::{State, Withdrawal};
use serde_json::{Value, json};

impl Export {
    /// Withdraws a package: its links end, its files are deleted, and it no longer blocks an
    /// erasure. Twice has the effect of once.
    pub(crate) async fn withdraw(&self, order: &WithdrawOrder) -> Result<Value, Error> {
        let (request, now) = (&order.request, self.clock.now().trunc_subsecs(0));
        let package = self
            .packages
            .find(request, now)
            .await?
            .ok_or(Error::Unknown)?;
        if package.state.is_open() {
            // No link leads to its files while they are deleted. If this is interrupted, the same
            // order continues it.
            self.packages.end(request, now).await?;
            self.exports.discard(request).await?;
            let withdrawal = Withdrawal {
                by: order.by.clone(),
                at: now,
                reason: order.reason.clone(),
            };
            if self
                .packages
                .withdraw(request, &package, &withdrawal)
                .await?
            {
                tracing::info!(outcome = "withdrawn", "export");
                return Ok(answer(request, &withdrawal));
            }
        }
        // It was closed before, or in between.
        let closed = self
            .packages
            .find(request, now)
            .await?
            .ok_or(Error::Unknown)?;
        match closed
            .withdrawn
            .as_ref()
            .filter(|_| closed.state == State::Withdrawn)
        {
            Some(withdrawal) => Ok(answer(request, withdrawal)),
            None => closed
                .refuse_closed(now)
                .map_err(Error::from)
                .and(Err(Error::Unfinished)),
        }
    }
}

fn answer(request: &RequestId, withdrawal: &Withdrawal) -> Value {
    json!({"request_id": request.as_str(), "state": State::Withdrawn, "withdrawn": withdrawal})
}
