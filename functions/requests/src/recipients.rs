//! Informs recipients about data that they got: it is restricted, freed, or corrected (Article 19).
//!
//! Each time this is a request with a task for every processor, entered together with the order
//! that causes it. Their interfaces only know erasure, so these are tasks for a human.

use crate::Error;
use crate::approve::due;
use crate::impact::Impact;
use crate::request_view::RequestView;
use chrono::{DateTime, Utc};
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::rights::constraint::ConstraintKind;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::plan::Plan;
use custodian_domain::rights::task::{Action, Task};
use custodian_domain::validation::violation::Violation;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_store::Write;
use custodian_store::constraints::Placed;
use custodian_store::requests::{Approval, HOLDERS, Request, Requests};
use serde_json::Value;
use std::sync::Arc;

/// The endings of the ids of requests that inform recipients of a restriction, and of its lifting.
pub(crate) const RESTRICTED: &str = "restricted";
pub(crate) const LIFTED: &str = "lifted";

/// What recipients are informed about.
pub(crate) struct Notification<'a> {
    pub(crate) action: Action,
    /// A digest of the order.
    pub(crate) order: String,
    pub(crate) by: &'a str,
    pub(crate) holders: Vec<Holder>,
}

/// Notifies recipients.
#[derive(Debug)]
pub(crate) struct Recipients {
    pub(crate) register: Requests,
    pub(crate) impact: Arc<Impact>,
    pub(crate) view: Arc<RequestView>,
}

impl Recipients {
    /// The writes that enter the request that follows from `id`, together with what recipients are
    /// informed about.
    pub(crate) async fn notify_beside(
        &self,
        id: &RequestId,
        what: &str,
        notification: Notification<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, Error> {
        let (request, tasks) = self.notifying(notification, now).await?;
        let approval = Approval {
            request: &request,
            tasks: &tasks,
            suppress: false,
            beside: Vec::new(),
        };
        Ok(self
            .register
            .entering(&following(id, what)?, approval, now)?)
    }

    pub(crate) async fn notifying(
        &self,
        notification: Notification<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Request, Vec<Task>), Error> {
        let Notification {
            action,
            order,
            by,
            holders,
        } = notification;
        if holders.len() > HOLDERS {
            return Err(Violation::new(
                "identifiers",
                "lead to too many keys for one request: name fewer",
            )
            .into());
        }
        let scope = ErasureScope {
            holders,
            up_to: now,
            exclusions: Vec::new(),
        };
        let mut plan = Plan::default();
        self.impact.count_records(&scope, &mut plan, now).await?;
        let places = Place::ALL
            .into_iter()
            .filter(|place| place.can_be_notified());
        let tasks = places
            .map(|place| Task::new(place, action, plan.held(place), due(now), now))
            .collect();
        Ok((
            Request::entered(action, order, by, &scope.holders, now),
            tasks,
        ))
    }

    /// The requests that inform recipients of a hold or restriction.
    pub(crate) async fn of(
        &self,
        id: &RequestId,
        placed: &Placed,
        now: DateTime<Utc>,
    ) -> Result<Vec<Value>, Error> {
        let mut recipients = Vec::new();
        if matches!(placed.standing.kind, ConstraintKind::Restriction(_)) {
            for what in [RESTRICTED, LIFTED] {
                let following = following(id, what)?;
                if let Some(request) = self.register.find(&following, now).await? {
                    recipients.push(self.view.of(&following, &request, now).await?);
                }
            }
        }
        Ok(recipients)
    }
}

fn following(id: &RequestId, what: &str) -> Result<RequestId, Error> {
    id.following(what)
        .map_err(|_| Violation::new("request_id", "must have at most 53 characters").into())
}
