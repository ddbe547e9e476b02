//! A package is ordered.

use crate::Error;
use crate::making::{PackageMaker, ToMake};
use crate::order::{Invocation, OrderHandler};
use crate::sections::Counted;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::Exports;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::record::Fingerprint;
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::{PackageKind, RequestId};
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::progress::CopyStage;
use custodian_domain::rights::register::{Case, Progress, Step};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::{CaseSteps, OrderedIn, once, pointers};
use custodian_rights::case_view::show;
use custodian_rights::people::{Follow, Found, People};
use custodian_runtime::Clock;
use custodian_store::asked::Asked;
use custodian_store::packages::{HOLDERS, Made, Package, Packages, State};
use custodian_store::requests::{HOLDERS as PER_CASE, Requests};
use serde_json::{Value, json};

/// Makes the package of a request.
#[derive(Debug)]
pub(crate) struct MakePackage {
    pub(crate) clock: Clock,
    pub(crate) people: People,
    pub(crate) packages: Packages,
    pub(crate) requests: Requests,
    pub(crate) exports: Exports,
    pub(crate) maker: PackageMaker,
    pub(crate) steps: CaseSteps,
    pub(crate) asked: Asked,
}

/// An order for a package.
#[derive(Debug)]
struct PackageOrder<'a> {
    order: Order<'a>,
    kind: PackageKind,
    identifiers: Vec<Identifier>,
    requested_by: String,
    request: RequestId,
    decisions: Decisions,
}

impl<'a> PackageOrder<'a> {
    /// Reads an order. Without a request id it has that of the invocation, which Lambda's own
    /// retries share.
    fn read(order: &'a Value, invocation: &str) -> Result<Self, Violation> {
        const FIELDS: [&str; 7] = [
            "case_id",
            "kind",
            "identifiers",
            "requested_by",
            "request_id",
            "confirmed_links",
            "refused_links",
        ];
        let order = Order::read(order, &FIELDS)?;
        let kind = match order.get("kind") {
            Some("access") => PackageKind::Access,
            Some("portability") => PackageKind::Portability,
            _ => return Err(Violation::new("kind", "must be access or portability")),
        };
        Ok(Self {
            kind,
            order,
            identifiers: order.identifiers()?,
            requested_by: order.text("requested_by")?.to_owned(),
            request: order.request_or(invocation)?,
            decisions: order.decisions()?,
        })
    }

    /// Tells this order from another under the same id, without containing whom it is about.
    fn digest(&self, keys: &SubjectKeys) -> String {
        let people: Vec<_> = self
            .identifiers
            .iter()
            .map(|identifier| keys.key(identifier))
            .collect();
        let Decisions {
            confirmed,
            refused,
            refuses_claimed,
        } = &self.decisions;
        // An order without refusals has the digest that it had before there were refusals.
        if refused.is_empty() && !refuses_claimed {
            Fingerprint::of(&(people, self.kind, confirmed)).into_string()
        } else {
            Fingerprint::of(&(people, self.kind, confirmed, refused, refuses_claimed)).into_string()
        }
    }

    /// The entry of the package before it is made. If it was entered before, it keeps the time at
    /// which it was first ordered.
    fn package(
        &self,
        digest: String,
        before: Option<&Package>,
        found: &Found,
        in_case: Option<&OrderedIn>,
        now: DateTime<Utc>,
    ) -> Package {
        Package {
            kind: self.kind,
            state: State::Started,
            order: digest,
            requested_by: self.requested_by.clone(),
            requested_at: before.map_or(now, |before| before.requested_at),
            holders: found.holders.clone(),
            unconfirmed: found.unconfirmed(),
            undecided: found.undecided(),
            decided: found
                .decided(&self.requested_by, now, &self.decisions)
                .into_iter()
                .collect(),
            made: None,
            handed_over_at: None,
            release: None,
            reading: None,
            fetched: Vec::new(),
            withdrawn: None,
            reviewed: None,
            superseded: false,
            in_case: in_case.map(|ordered| ordered.in_case.clone()),
        }
    }
}

#[async_trait]
impl OrderHandler for MakePackage {
    fn name(&self) -> &'static str {
        "package"
    }

    fn given_by(&self, _: &str) -> &'static str {
        BY
    }

    /// Makes the package of a request, or returns the one that was made before: `{"kind",
    /// "identifiers", "requested_by", "request_id"?, "confirmed_links"?, "refused_links"?,
    /// "case_id"?}`. In a case, it is first entered whose data it is, then that the package is
    /// ordered, with the package, and at last that it is made. If that breaks off, the same order
    /// enters the rest.
    async fn carry_out(
        &self,
        order: &Value,
        _: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Value, Error> {
        let (mut order, now) = (PackageOrder::read(order, invocation.id)?, invocation.now);
        let mut named = None;
        if order.order.has("case_id") {
            let kinds = [RequestKind::from(order.kind)];
            (order.request, named) = self.steps.named(order.order, &kinds, BY, now).await?;
        }
        let order = order;
        let digest = order.digest(&self.people.keys);
        let before = self.packages.find(&order.request, now).await?;
        let found = self
            .people
            .find(
                &order.identifiers,
                &order.decisions,
                Follow::Unambiguous,
                now,
            )
            .await?;
        invocation.concerned.about(&found.holders);
        if let Some(before) = &before
            && named.is_some()
            && before.in_case != named.as_ref().map(|it| it.in_case.clone())
        {
            return Err(Error::AnotherRequest);
        }
        let stored = before.as_ref().and_then(|before| before.in_case.as_ref());
        let by = (BY, &*order.requested_by);
        let in_case = CaseSteps::again(named, stored, &order.request, by)?;
        if let Some((before, made)) = before
            .as_ref()
            .map(|it| completed(it, &digest, now))
            .transpose()?
            .flatten()
        {
            self.record_order(&order).await?;
            note_look(invocation, before, made);
            let case = self.enter_made(in_case.as_ref(), now).await?;
            return Ok(self.answer(&order, (before, made), &found, case.as_ref()));
        }
        People::must_know(&order.decisions, &found)?;
        if found.holders.len() > HOLDERS {
            return Err(Violation::new(
                "identifiers",
                "lead to too many keys for one package: name or confirm fewer",
            )
            .into());
        }
        self.confirm(&order, in_case.as_ref(), &found, now).await?;
        if before.is_some() {
            // What an interrupted run has left.
            self.exports.discard(&order.request).await?;
        }
        let package = order.package(digest, before.as_ref(), &found, in_case.as_ref(), now);
        let beside = match &in_case {
            Some(ordered) => {
                let step = |_: &Progress| once(Step::PackageOrdered);
                let taken = self.steps.take(ordered, step, now).await?;
                self.steps.storing(&taken, now)?
            }
            None => Vec::new(),
        };
        let started = self.packages.start(&order.request, &package, beside);
        if !started.await? {
            // Another run completed it in between, or it was closed.
            let other = self
                .packages
                .find(&order.request, now)
                .await?
                .ok_or(Error::Unknown)?;
            let (other, made) = completed(&other, &package.order, now)?.ok_or(Error::Unfinished)?;
            self.record_order(&order).await?;
            note_look(invocation, other, made);
            let case = self.enter_made(in_case.as_ref(), now).await?;
            return Ok(self.answer(&order, (other, made), &found, case.as_ref()));
        }
        self.record_order(&order).await?;
        let to_make = ToMake {
            request: &order.request,
            identifiers: &order.identifiers,
            package: &package,
            found: &found,
        };
        let made = Box::pin(self.maker.make(to_make, now)).await?;
        note_look(invocation, &package, &made);
        tracing::info!(outcome = "packaged", count = made.records, "export");
        let case = self.enter_made(in_case.as_ref(), now).await?;
        Ok(self.answer(&order, (&package, &made), &found, case.as_ref()))
    }
}

/// The field that says who orders a package.
const BY: &str = "requested_by";

impl MakePackage {
    /// Refuses what the case does not allow, before anything is done, and enters whose data it is if
    /// nobody has confirmed that.
    async fn confirm(
        &self,
        order: &PackageOrder<'_>,
        in_case: Option<&OrderedIn>,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(ordered) = in_case else {
            return Ok(());
        };
        let is_new = |progress: &Progress| *progress == Progress::Copy(CopyStage::Finding);
        let both = |progress: &Progress| {
            let confirmed = is_new(progress).then_some(Step::PersonConfirmed);
            let steps = confirmed.into_iter().chain([Step::PackageOrdered]);
            steps.flat_map(once).collect()
        };
        self.steps.take(ordered, both, now).await?;
        let one = |progress: &Progress| {
            let confirmed = is_new(progress).then_some(Step::PersonConfirmed);
            confirmed.into_iter().flat_map(once).collect()
        };
        let taken = self.steps.take(ordered, one, now).await?;
        if taken.is_stored() {
            return Ok(());
        }
        if found.holders.len() > PER_CASE {
            return Err(Violation::new(
                "identifiers",
                "lead to too many keys for a request of a case: name or confirm fewer",
            )
            .into());
        }
        let kind = RequestKind::from(order.kind);
        let whose = (kind, &*found.holders);
        let pointing = pointers(&self.asked, &taken.case, whose, now)?;
        if self.steps.store(&taken, pointing, now).await? {
            Ok(())
        } else {
            Err(Error::Busy)
        }
    }

    /// Enters that the package is ordered and made, as far as that is missing.
    async fn enter_made(
        &self,
        in_case: Option<&OrderedIn>,
        now: DateTime<Utc>,
    ) -> Result<Option<Case>, Error> {
        let Some(ordered) = in_case else {
            return Ok(None);
        };
        let steps = |_: &Progress| {
            let both = [Step::PackageOrdered, Step::PackageMade];
            both.into_iter().flat_map(once).collect()
        };
        Ok(Some(self.steps.enter(ordered, steps, now).await?))
    }

    /// Stores who ordered the package: once for each order, because a second one may be somebody
    /// else's.
    async fn record_order(&self, order: &PackageOrder<'_>) -> Result<(), StorageError> {
        self.requests
            .happened(
                &order.request,
                "ordered",
                &order.requested_by,
                self.clock.now(),
            )
            .await
    }

    fn answer(
        &self,
        order: &PackageOrder<'_>,
        (package, made): (&Package, &Made),
        found: &Found,
        case: Option<&Case>,
    ) -> Value {
        let links = found.links();
        let mut answer = json!({
            "request_id": order.request.as_str(), "bucket": self.exports.bucket(), "key": made.key,
            "records": made.records, "bytes": made.bytes, "sha256": made.sha256, "expires_at": made.expires_at,
            "matched": found.matched, "linked": links.linked, "linked_total": links.linked_total, "undecided": package.undecided(&order.decisions),
        });
        if let Some(report) = &made.report_key {
            answer["report_key"] = json!(report);
        }
        // A package of an earlier version had no counts, and says itself what there is.
        if !made.held.is_empty() {
            let counted = Counted {
                held: made.held.clone(),
                not_followed: made.not_followed,
            };
            answer["held"] = json!(counted.held);
            counted
                .message(order.kind)
                .into_iter()
                .for_each(|message| answer["message"] = json!(message));
        }
        show(case, &mut answer);
        answer
    }
}

/// Notes that a package with records leads to them: also where it was made before, because what came
/// of that order may not have been written.
fn note_look(invocation: &Invocation<'_>, package: &Package, made: &Made) {
    if let Some(until) = made.records_until {
        invocation.concerned.looked_at(&package.holders, until);
    }
}

/// The package that was made before for the same order, if it is complete.
fn completed<'a>(
    before: &'a Package,
    digest: &str,
    now: DateTime<Utc>,
) -> Result<Option<(&'a Package, &'a Made)>, Error> {
    before.refuse_closed(now)?;
    if before.order != digest {
        return Err(Error::AnotherRequest);
    }
    Ok(before
        .made
        .as_ref()
        .filter(|_| before.state == State::Complete)
        .map(|made| (before, made)))
}

#[cfg(test)]
mod tests {
    use super::{PackageKind, PackageOrder};
    use serde_json::json;

    #[test]
    fn an_order_without_a_request_id_has_that_of_its_invocation() {
        let identifiers = json!([{"type": "email", "value": "alice@example.com"}]);
        let order =
            json!({"kind": "access", "identifiers": identifiers, "requested_by": "A. Officer"});
        let read = PackageOrder::read(&order, "invocation-1").unwrap();
        assert_eq!(
            (read.kind, read.request.as_str()),
            (PackageKind::Access, "invocation-1")
        );
        let order = json!({
            "kind": "portability", "identifiers": identifiers, "requested_by": "A. Officer", "request_id": "DSR-1",
        });
        let read = PackageOrder::read(&order, "invocation-1").unwrap();
        assert_eq!(
            (read.kind, read.request.as_str()),
            (PackageKind::Portability, "DSR-1")
        );
    }

    #[test]
    fn a_package_is_for_access_or_for_portability() {
        let order = json!({"kind": "everything", "identifiers": [], "requested_by": "A. Officer"});
        assert_eq!(
            PackageOrder::read(&order, "invocation-1")
                .unwrap_err()
                .to_string(),
            "kind must be access or portability"
        );
    }
}
