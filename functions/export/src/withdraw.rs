//! A package that must not be handed out is withdrawn: one that somebody else had made in the
//! person's name.

use crate::Error;
use crate::links::in_case;
use crate::order::{Invocation, OrderHandler, request};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_buckets::exports::Exports;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::Step;
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::CaseSteps;
use custodian_store::packages::{Package, Packages, State, Withdrawal};
use serde_json::{Value, json};

/// Withdraws a package.
#[derive(Debug)]
pub(crate) struct Withdraw {
    pub(crate) packages: Packages,
    pub(crate) exports: Exports,
    pub(crate) steps: CaseSteps,
}

/// An order to withdraw a package: `{"withdraw": …, "by": …, "reason"?: …}`.
#[derive(Debug)]
struct WithdrawOrder<'a> {
    order: Order<'a>,
    request: RequestId,
    by: String,
    /// Why, in the words of the person who gives the order.
    reason: Option<String>,
}

impl<'a> WithdrawOrder<'a> {
    /// Reads an order.
    fn read(order: &'a Value, field: &str) -> Result<Self, Violation> {
        let order = Order::read(order, &[field, "by", "reason", "case_id"])?;
        Ok(Self {
            order,
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
        let in_case = in_case((order.order, "by", &order.by), request, &package)?;
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
            // What must not be handed out is withdrawn, whatever its case says.
            let beside = match &in_case {
                Some(ordered) => {
                    let taken = self
                        .steps
                        .take_if_allowed(ordered, &Step::PackageFailed, now)
                        .await?;
                    self.steps.storing(&taken, now)?
                }
                None => Vec::new(),
            };
            if self
                .packages
                .withdraw(request, &package, &withdrawal, beside)
                .await?
            {
                tracing::info!(outcome = "withdrawn", "export");
                return self.answer(request, &package, &withdrawal, now).await;
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
            Some(withdrawal) => self.answer(request, &closed, withdrawal, now).await,
            None if closed.state.is_open() && in_case.is_some() => Err(Error::Busy),
            None => closed
                .refuse_closed(now)
                .map_err(Error::from)
                .and(Err(Error::Unfinished)),
        }
    }
}

impl Withdraw {
    async fn answer(
        &self,
        request: &RequestId,
        package: &Package,
        withdrawal: &Withdrawal,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let mut answer = json!({
            "request_id": request.as_str(), "state": State::Withdrawn, "withdrawn": withdrawal,
        });
        let in_case = package.in_case.as_ref();
        self.steps.show(in_case, &mut answer, now).await?;
        Ok(answer)
    }
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
