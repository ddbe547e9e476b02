//! A package that must not be handed out is withdrawn: one that somebody else had made in the
//! person's name.

use crate::Error;
use crate::order::{Invocation, OrderHandler, request};
use async_trait::async_trait;
use custodian_buckets::exports::Exports;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::validation::violation::Violation;
use custodian_store::packages::{Packages, State, Withdrawal};
use serde_json::{Value, json};

/// Withdraws a package.
#[derive(Debug)]
pub(crate) struct Withdraw {
    pub(crate) packages: Packages,
    pub(crate) exports: Exports,
}

/// An order to withdraw a package: `{"withdraw": …, "by": …, "reason"?: …}`.
#[derive(Debug)]
struct WithdrawOrder {
    request: RequestId,
    by: String,
    /// Why, in the words of the person who gives the order.
    reason: Option<String>,
}

impl WithdrawOrder {
    /// Reads an order.
    fn read(order: &Value, field: &str) -> Result<Self, Violation> {
        let order = Order::read(order, &[field, "by", "reason"])?;
        Ok(Self {
            request: request(order, field)?,
            by: order.text("by")?.to_owned(),
            reason: order.words("reason", &[])?,
        })
    }
}

#[async_trait]
impl OrderHandler for Withdraw {
    fn name(&self) -> &'static str {
        "withdraw"
    }

    /// Withdraws a package: its links end, its files are deleted, and it no longer blocks an
    /// erasure. Twice has the effect of once.
    async fn carry_out(
        &self,
        order: &Value,
        field: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Value, Error> {
        let order = WithdrawOrder::read(order, field)?;
        let (request, now) = (&order.request, invocation.now);
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

#[cfg(test)]
mod tests {
    use super::WithdrawOrder;
    use serde_json::json;

    #[test]
    fn a_package_can_be_withdrawn_without_a_reason() {
        let order = json!({"withdraw": "DSR-1", "by": "A. Officer"});
        let read = WithdrawOrder::read(&order, "withdraw").unwrap();
        assert_eq!((&*read.by, read.reason), ("A. Officer", None));
        let order =
            json!({"withdraw": "DSR-1", "by": "A. Officer", "reason": "somebody else asked"});
        let read = WithdrawOrder::read(&order, "withdraw").unwrap();
        assert_eq!(read.reason.as_deref(), Some("somebody else asked"));
    }
}
