//! A package is released to the person.

use crate::Error;
use crate::links::{FETCHES, Links, NewLink, in_case};
use crate::order::{Invocation, OrderHandler, request};
use async_trait::async_trait;
use chrono::TimeDelta;
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::package_token::LinkKind;
use custodian_domain::validation::violation::Violation;
use custodian_store::packages::Decided;
use serde_json::Value;
use std::sync::Arc;

/// For how many days a link works, unless the order says otherwise.
const DAYS: u32 = 7;

/// How many undecided links a message names.
const NAMED: usize = 10;

/// The field that names the request in the first form of the order.
pub(crate) const FORMER_FIELD: &str = "link_for";

/// Releases a package: makes the link by which the person gets it, and its code.
#[derive(Debug)]
pub(crate) struct Release(pub(crate) Arc<Links>);

/// An order to release a package: to make the link by which the person gets it.
#[derive(Debug)]
struct ReleaseOrder<'a> {
    order: Order<'a>,
    request: RequestId,
    decisions: Decisions,
    released_by: String,
    /// How often each file may be fetched.
    fetches: u32,
    /// For how long, unless the package ends earlier.
    valid: TimeDelta,
}

impl<'a> ReleaseOrder<'a> {
    /// Reads an order `{"release": …, "released_by": …}`, or its first form
    /// `{"link_for": …, "by": …}`.
    fn read(order: &'a Value, field: &str) -> Result<Self, Violation> {
        let by = given_by(field);
        let order = Order::read(
            order,
            &[
                field,
                by,
                "confirmed_links",
                "refused_links",
                "fetches",
                "days",
                "case_id",
            ],
        )?;
        Ok(Self {
            order,
            request: request(order, field)?,
            decisions: order.decisions()?,
            released_by: order.text(by)?.to_owned(),
            fetches: order.whole("fetches", 1..=10, FETCHES)?,
            valid: TimeDelta::days(order.whole("days", 1..=14, DAYS)?.into()),
        })
    }
}

/// The field that says who releases a package, in the form of the order with this field.
fn given_by(field: &str) -> &'static str {
    if field == FORMER_FIELD {
        "by"
    } else {
        "released_by"
    }
}

#[async_trait]
impl OrderHandler for Release {
    fn name(&self) -> &'static str {
        "release"
    }

    fn given_by(&self, field: &str) -> &'static str {
        given_by(field)
    }

    /// Releases a package. The earlier link ends. If the package was made in a case, that it is
    /// handed over there is entered in the same transaction.
    async fn carry_out(
        &self,
        order: &Value,
        field: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Value, Error> {
        let (order, now) = (ReleaseOrder::read(order, field)?, invocation.now);
        let (package, made) = self.0.openable(&order.request, invocation).await?;
        package.must_know(&order.decisions)?;
        let count = package.undecided(&order.decisions);
        if count > 0 {
            let names = package
                .names_undecided(&order.decisions)
                .take(NAMED)
                .cloned()
                .collect();
            return Err(Error::Undecided { count, names });
        }
        if package.reviewed.is_none() {
            return Err(Error::NotReviewed);
        }
        if package.superseded {
            return Err(Error::ReviewUnfinished);
        }
        let given = (order.order, given_by(field), &*order.released_by);
        let in_case = in_case(given, &order.request, &package)?;
        let (until, by) = (made.expires_at.min(now + order.valid), &order.released_by);
        let decided = Decided::released(by, now, &order.decisions, &package);
        let new = NewLink {
            kind: LinkKind::Release,
            by,
            fetches: order.fetches,
            until,
            decided,
        };
        self.0
            .open(&order.request, new, in_case.as_ref(), now)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::{FORMER_FIELD, ReleaseOrder};
    use chrono::TimeDelta;
    use serde_json::json;

    #[test]
    fn a_link_works_for_a_week_and_three_fetches_unless_the_order_says_otherwise() {
        let order = json!({"release": "DSR-1", "released_by": "A. Officer"});
        let read = ReleaseOrder::read(&order, "release").unwrap();
        assert_eq!((read.fetches, read.valid), (3, TimeDelta::days(7)));
        let order =
            json!({"release": "DSR-1", "released_by": "A. Officer", "fetches": 1, "days": 14});
        let read = ReleaseOrder::read(&order, "release").unwrap();
        assert_eq!((read.fetches, read.valid), (1, TimeDelta::days(14)));
    }

    #[test]
    fn the_first_form_of_the_order_names_who_orders_in_a_field_of_its_own() {
        let order = json!({"link_for": "DSR-1", "by": "A. Officer"});
        let read = ReleaseOrder::read(&order, FORMER_FIELD).unwrap();
        assert_eq!(
            (read.request.as_str(), &*read.released_by),
            ("DSR-1", "A. Officer")
        );
        let order = json!({"link_for": "DSR-1", "released_by": "A. Officer"});
        assert!(ReleaseOrder::read(&order, FORMER_FIELD).is_err());
    }
}
