//! Approving a plan: what was looked at is what happens, or nothing does.

use crate::planning::{Drafted, Ordered};
use crate::{Error, Requests};
use chrono::{DateTime, Days, NaiveDate, SubsecRound, Utc};
use serde_json::Value;
use shared::domain::order::Order;
use shared::domain::package::RequestId;
use shared::domain::place::Place;
use shared::domain::plan::Plan;
use shared::domain::task::{Action, Task};
use shared::domain::{identities, london};
use shared::storage::requests::{Approval, Request, Stage};
use shared::storage::{StorageError, keys};

/// Within how many days every place has to be done: less than the month of Article 12(3), and the 28 days that the
/// privacy notice gives to newsletters.
const DAYS: Days = Days::new(28);

impl Requests {
    /// Approves a plan by its hash.
    pub(crate) async fn approve(&self, order: &Value) -> Result<Value, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let order = Order::read(order, &["order", "request_id", "hash", "approved_by", "confirmed_links"])?;
        let (id, hash, confirmed) = (order.request()?, order.text("hash")?, order.confirmed_links()?);
        let approved_by = order.text("approved_by")?;
        let planned = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        if planned.stage != Stage::Planned {
            return self.approved_before(&id, &planned, hash, approved_by, now).await;
        }
        let (Some(ground), Some(before)) = (planned.ground, planned.plan.as_ref()) else {
            return Err(Error::AnotherRequest);
        };
        let identifiers = planned.sealed.as_deref().and_then(|sealed| identities::unseal(&self.people.keys, sealed));
        let identifiers = identifiers.ok_or_else(|| StorageError::unreadable("open the sealed identifiers"))?;
        let ordered = Ordered {
            id: &id,
            identifiers: &identifiers,
            confirmed: &confirmed,
            ground,
            exclusions: &planned.exclusions,
        };
        let Drafted { plan, found, touched, hash: now_hash } = self.draft(&ordered, now).await?;
        if planned.hash != hash {
            return Err(Error::Stale("hash is not that of the plan as it was last made".to_owned()));
        }
        if now_hash != hash {
            return Err(Error::Stale(changes(&plan, before, planned.order != self.digest(&ordered))));
        }
        refuse_blocked(&plan)?;
        let request = Request {
            stage: Stage::Approved,
            approved_by: Some(approved_by.to_owned()),
            approved_at: Some(now),
            holders: found.holders.iter().map(keys::partition).collect(),
            sealed: Some(identities::seal(&self.people.keys, &found.identifiers)),
            ..planned
        };
        let tasks: Vec<Task> = Place::ALL
            .into_iter()
            .map(|place| Task::new(place, Action::Erase, plan.held(place), due(now), now))
            .collect();
        // A hold that is placed this very moment is not passed over either.
        let unheld = touched.iter().map(|holder| self.settling.standings.unheld(holder));
        let beside = unheld.collect::<Result<_, _>>()?;
        let approval = Approval { request: &request, tasks: &tasks, suppress: true, beside };
        if !self.register.approve(&id, approval, now).await? {
            // Somebody else approved or planned it in between; what stands is told.
            let stands = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
            return self.approved_before(&id, &stands, hash, approved_by, now).await;
        }
        tracing::info!(outcome = "approved", "request");
        self.told(&id, &request, now).await
    }

    /// The same approval twice is one; another is refused.
    async fn approved_before(
        &self,
        id: &RequestId,
        request: &Request,
        hash: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        if request.stage == Stage::Planned {
            return Err(Error::Stale("somebody planned it anew, or placed a hold, just now".to_owned()));
        }
        let same = request.hash == hash && request.approved_by.as_deref() == Some(by);
        if same { self.told(id, request, now).await } else { Err(Error::Approved) }
    }
}

/// What must be done before an erasure.
fn refuse_blocked(plan: &Plan) -> Result<(), Error> {
    if !plan.access_first.is_empty() {
        let ids: Vec<&str> = plan.access_first.iter().map(RequestId::as_str).collect();
        return Err(Error::AccessFirst(ids.join(", ")));
    }
    if plan.holds.is_empty() { Ok(()) } else { Err(Error::Held(plan.holds.join(", "))) }
}

fn changes(plan: &Plan, before: &Plan, other_order: bool) -> String {
    let mut changes = plan.changes_since(before);
    if other_order {
        changes.push("confirmed_links are not those of the plan".to_owned());
    }
    changes.join("; ")
}

/// The day by which a task that begins now has to be done.
pub(crate) fn due(now: DateTime<Utc>) -> NaiveDate {
    let today = london::date(now);
    today.checked_add_days(DAYS).unwrap_or(today)
}
