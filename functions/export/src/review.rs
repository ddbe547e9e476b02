//! A package is reviewed by somebody who has read it, before it is released.

use crate::Error;
use crate::links::{Links, OPENED, in_case};
use crate::order::{Invocation, OrderHandler, request};
use crate::revising::Reviser;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_buckets::exports::Exports;
use custodian_domain::identity::staff;
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::{Progress, Step};
use custodian_domain::rights::taking_out::{self, Mark};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::OrderedIn;
use custodian_store::packages::{Made, Package, Review as Reviewed};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reviews a package.
#[derive(Debug)]
pub(crate) struct Review {
    pub(crate) links: Arc<Links>,
    pub(crate) exports: Exports,
    pub(crate) reviser: Reviser,
}

/// An order to review a package.
#[derive(Debug)]
struct ReviewOrder<'a> {
    order: Order<'a>,
    request: RequestId,
    by: &'a str,
    /// What is taken out; empty if nothing is.
    marks: Vec<Mark>,
}

impl<'a> ReviewOrder<'a> {
    /// Reads `{"review", "by", "nothing_taken_out": true}` or `{"review", "by", "take_out": […]}`.
    fn read(order: &'a Value, field: &str) -> Result<Self, Violation> {
        const NOTHING: &str = "nothing_taken_out";
        let fields = [field, "by", NOTHING, "take_out", "case_id"];
        let order = Order::read(order, &fields)?;
        let marks = match (order.has(NOTHING), order.has("take_out")) {
            (true, false) if order.value(NOTHING)? == &json!(true) => Vec::new(),
            (false, true) => taking_out::read(order)?,
            _ => {
                let rule = "must be true, or take_out must say what is taken out";
                return Err(Violation::new(NOTHING, rule));
            }
        };
        Ok(Self {
            order,
            request: request(order, field)?,
            by: order.staff("by")?,
            marks,
        })
    }

    /// Tells this order from another one about the same package. Once the package is gone, nobody can
    /// make it again from what it says was taken out.
    fn digest(&self, package: &Package) -> String {
        Fingerprint::of(&(&package.order, &self.request, self.by, &self.marks)).into_string()
    }
}

#[async_trait]
impl OrderHandler for Review {
    fn name(&self) -> &'static str {
        "review"
    }

    /// Enters what somebody who has read the package decided. If something is taken out, the package
    /// becomes a new version without it: first both files are written, then every link leads to
    /// them and, in the same transaction, the case has the step; then what was there before is
    /// deleted. It is not released until that is certain, and the same order completes it.
    async fn carry_out(
        &self,
        order: &Value,
        field: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Value, Error> {
        let (order, now) = (ReviewOrder::read(order, field)?, invocation.now);
        let (package, made) = self.links.openable(&order.request, invocation).await?;
        let given = (order.order, "by", order.by);
        let ordered = in_case(given, &order.request, &package)?;
        let digest = order.digest(&package);
        let before = package.reviewed.as_ref();
        if before.is_some_and(|review| review.order == digest) {
            self.alone(&order.request, &package, &made).await?;
            return self.answer(&order.request, now).await;
        }
        if package.superseded {
            return Err(Error::ReviewUnfinished);
        }
        self.must_have_read(&order, &package, &made, now).await?;
        let mut taken_out = before.map_or_else(BTreeMap::new, |review| review.taken_out.clone());
        for (ground, count) in taking_out::counted(&order.marks) {
            *taken_out.entry(ground).or_default() += count;
        }
        let review = Reviewed {
            by: order.by.to_owned(),
            at: now,
            order: digest,
            taken_out,
        };
        // What the case does not allow is refused before anything is written.
        self.step(ordered.as_ref(), &review, now).await?;
        let instead = if order.marks.is_empty() {
            None
        } else {
            // What a run that broke off has left.
            self.exports
                .discard_others(&order.request, &kept(&made))
                .await?;
            let marks = &order.marks;
            let both = (&package, &made);
            let revised = self
                .reviser
                .revise(&order.request, both, marks, &review.taken_out, now);
            Some(Box::pin(revised).await?)
        };
        let beside = self.step(ordered.as_ref(), &review, now).await?;
        let versions = (&made, instead.as_ref());
        if !self
            .links
            .packages
            .review(&order.request, versions, &review, beside)
            .await?
        {
            // Nobody is shown what was written in vain. What closed it meanwhile says why.
            let (_, current) = self.links.openable(&order.request, invocation).await?;
            self.exports
                .discard_others(&order.request, &kept(&current))
                .await?;
            return Err(Error::Busy);
        }
        self.links
            .requests
            .happened(&order.request, "reviewed", order.by, self.links.clock.now())
            .await?;
        let (package, made) = self.links.openable(&order.request, invocation).await?;
        self.alone(&order.request, &package, &made).await?;
        tracing::info!(outcome = "reviewed", count = order.marks.len(), "export");
        self.answer(&order.request, now).await
    }
}

impl Review {
    /// Refuses whoever has not opened this version, or whose link nobody has followed.
    async fn must_have_read(
        &self,
        order: &ReviewOrder<'_>,
        package: &Package,
        made: &Made,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let since = made.made_at.unwrap_or(package.requested_at);
        let events = self.links.requests.history(&order.request, now).await?;
        let opened = events.iter().filter(|event| {
            let is_theirs = event
                .by
                .as_deref()
                .is_some_and(|by| staff::is_same(by, order.by));
            event.what == OPENED && event.at >= since && is_theirs
        });
        let first = opened.map(|event| event.at).min().ok_or(Error::NotRead)?;
        if package.was_opened_since(first) {
            Ok(())
        } else {
            Err(Error::NotRead)
        }
    }

    /// The writes that enter the step into the package's case.
    async fn step(
        &self,
        ordered: Option<&OrderedIn>,
        review: &Reviewed,
        now: DateTime<Utc>,
    ) -> Result<Vec<custodian_store::Write>, Error> {
        let Some(ordered) = ordered else {
            return Ok(Vec::new());
        };
        let step = Step::Reviewed {
            left_out: BTreeSet::new(),
            taken_out: review.taken_out.clone(),
        };
        let steps = |_: &Progress| vec![(step.clone(), review.order.clone())];
        let taken = self.links.steps.take(ordered, steps, now).await?;
        Ok(self.links.steps.storing(&taken, now)?)
    }

    /// Deletes every object of a version that was read before.
    async fn alone(
        &self,
        request: &RequestId,
        package: &Package,
        made: &Made,
    ) -> Result<(), Error> {
        if package.superseded {
            self.exports.discard_others(request, &kept(made)).await?;
            self.links.packages.is_alone(request, made).await?;
        }
        Ok(())
    }

    async fn answer(&self, request: &RequestId, now: DateTime<Utc>) -> Result<Value, Error> {
        let package = self.links.packages.find(request, now).await?;
        let package = package.ok_or(Error::Unknown)?;
        let review = package.reviewed.as_ref();
        let made = package.made.as_ref();
        let mut answer = json!({
            "request_id": request.as_str(), "records": made.map(|made| made.records),
            "sha256": made.map(|made| &made.sha256),
            "reviewed": review.map(|it| json!({"by": it.by, "at": it.at, "taken_out": it.taken_out})),
        });
        let in_case = package.in_case.as_ref();
        self.links.steps.show(in_case, &mut answer, now).await?;
        Ok(answer)
    }
}

/// The keys of a version's objects.
fn kept(made: &Made) -> Vec<&str> {
    let report = made.report_key.as_deref();
    report.into_iter().chain([made.key.as_str()]).collect()
}

#[cfg(test)]
mod tests {
    use super::ReviewOrder;
    use serde_json::json;

    #[test]
    fn a_review_says_that_nothing_is_taken_out_or_what_is() {
        let nothing = json!({"review": "DSR-1", "by": "dpo-7", "nothing_taken_out": true});
        assert!(
            ReviewOrder::read(&nothing, "review")
                .unwrap()
                .marks
                .is_empty()
        );
        let mark = json!([{"record": "K7M2PX9T", "ground": "third_party"}]);
        let some = json!({"review": "DSR-1", "by": "dpo-7", "take_out": mark});
        assert_eq!(ReviewOrder::read(&some, "review").unwrap().marks.len(), 1);
        for wrong in [
            json!({"review": "DSR-1", "by": "dpo-7"}),
            json!({"review": "DSR-1", "by": "dpo-7", "nothing_taken_out": false}),
            json!({"review": "DSR-1", "by": "dpo-7", "nothing_taken_out": true, "take_out": mark}),
            json!({"review": "DSR-1", "nothing_taken_out": true}),
        ] {
            assert!(ReviewOrder::read(&wrong, "review").is_err(), "{wrong}");
        }
    }
}
