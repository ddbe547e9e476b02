//! What the Register has about a person besides what they confirmed.

use super::{Listed, distinct};
use crate::sections::Item;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::record::facts::Value;
use custodian_domain::rights::constraint::Constraint;
use custodian_domain::rights::package::RequestId;
use custodian_store::asked::Asked;
use custodian_store::constraints::Constraints;
use custodian_store::looks::Looks;
use custodian_store::packages::{DAYS, Packages, State};
use custodian_store::requests::{Requests, Stage};
use custodian_store::suppressions::Suppressions;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Lists looks, requests for a copy, other requests, holds and restrictions, suppressions and packages.
#[derive(Debug)]
pub(crate) struct RegisterGatherer {
    pub(crate) requests: Requests,
    pub(crate) constraints: Constraints,
    pub(crate) suppressions: Suppressions,
    pub(crate) packages: Packages,
    pub(crate) looks: Looks,
    pub(crate) asked: Asked,
}

impl RegisterGatherer {
    /// When and what for somebody looked at the person's data, latest first.
    pub(super) async fn looks(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let mut looks = Vec::new();
        for holder in holders {
            looks.extend(self.looks.at(holder, now).all().await?);
        }
        looks.sort_by_key(|look| (Reverse(look.at), look.order.clone()));
        looks.dedup();
        let items = looks.into_iter().map(|look| {
            let item = look.request.as_ref().map_or_else(Item::default, named);
            item.time("at", "When", look.at)
                .text("purpose", "What for", purpose(&look.order))
        });
        Ok(items.collect::<Vec<_>>().into())
    }

    /// The requests for a copy that were confirmed to be the person's.
    pub(super) async fn asked(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let mut asked = BTreeMap::new();
        for holder in holders {
            for one in self.asked.of(holder, now).all().await? {
                let since = asked.entry(one.request).or_insert(one.since);
                *since = one.since.min(*since);
            }
        }
        let items = asked
            .iter()
            .map(|(request, since)| named(request).time("since", "Since", *since));
        Ok(items.collect::<Vec<_>>().into())
    }

    /// The person's open requests.
    pub(super) async fn requests(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let mut open = BTreeSet::new();
        for holder in holders {
            let mut pages = self.requests.open_about(holder, now);
            while let Some(page) = pages.next().await? {
                open.extend(page);
            }
        }
        let mut items = Vec::new();
        for id in open {
            let Some(request) = self.requests.find(&id, now).await? else {
                continue;
            };
            let stage = match request.stage {
                Stage::Planned => "It is planned, and not approved yet",
                Stage::Approved if request.stopped_by.is_some() => {
                    "It was stopped, and what had begun is being ended"
                }
                Stage::Approved => "It is being carried out",
                // A plan that nobody approved in time leaves its pointer a little longer.
                Stage::Closed => continue,
            };
            let item = named(&id).code("request", "What is asked", request.action);
            let item = item.time(
                "since",
                "Since",
                request.approved_at.unwrap_or(request.planned_at),
            );
            items.push(item.text("state", "How far it is", stage));
        }
        Ok(items.into())
    }

    /// The holds and restrictions in force.
    pub(super) async fn constraints(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let constraints = self.constraints.of(holders, now).await?.into_iter();
        let item = |(id, constraint): (RequestId, Constraint)| {
            let notice = constraint.notice.map(|act| Value::Time(act.at));
            let item = named(&id).code("standing", "What stands", constraint.kind);
            item.time("since", "Since", constraint.placed.at).with(
                "told_at",
                "You were told that it will be lifted",
                notice,
            )
        };
        Ok(constraints.map(item).collect::<Vec<_>>().into())
    }

    /// That the person was erased.
    pub(super) async fn suppressions(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for holder in holders {
            let Some(suppression) = self.suppressions.of(holder, now).await? else {
                continue;
            };
            let end = suppression.ends().instant();
            ends.push(end);
            for erased in &suppression.erasures {
                let left = (!erased.except.is_empty()).then_some(Value::YesNo(true));
                let item =
                    Item::default().time("erased_at", "You were erased", erased.approved_at());
                let item = item.with(
                    "something_was_left",
                    "Something was left, as we told you",
                    left,
                );
                items.push(item.time("kept_until", "The digest is kept until", end));
            }
        }
        Ok(Listed {
            items: distinct(items),
            ends,
        })
    }

    /// The packages of other requests, as the Register lists them: nobody here may read what is in
    /// them.
    pub(super) async fn other_packages(
        &self,
        request: &RequestId,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let mut requests = BTreeSet::new();
        for holder in holders {
            let mut pages = self.packages.holding(holder);
            while let Some(page) = pages.next().await? {
                requests.extend(page.into_iter().filter(|other| other != request));
            }
        }
        let mut packages = self.packages.find_all(requests, now).await?;
        packages.sort_by_key(|(id, package)| (Reverse(package.requested_at), id.clone()));
        let mut items = Vec::new();
        for (id, package) in packages {
            let state = match package.state {
                State::Started => "It is being made, or its making broke off",
                State::Complete => "It is there",
                // A closed package no longer says whose it was.
                State::Expired | State::Erased | State::Withdrawn => continue,
            };
            let until = package
                .made
                .as_ref()
                .map_or(package.requested_at + DAYS, |made| made.expires_at);
            let item = named(&id).code("package", "What it is", package.kind);
            let item = item
                .time("asked_for_at", "Asked for", package.requested_at)
                .text("state", "How far it is", state);
            let handed_over = package.handed_over_at.map(Value::Time);
            items.push(
                item.with("handed_over_at", "Handed over", handed_over)
                    .time("kept_until", "Kept until", until),
            );
        }
        Ok(items.into())
    }
}

fn named(request: &RequestId) -> Item {
    Item::default().text("request_id", "Request", request.as_str().to_owned())
}

/// What an order was for, in words for the person.
fn purpose(order: &str) -> &'static str {
    match order {
        "package" => "To make a copy of what we hold about you",
        "read" => "To read a copy before it was handed over",
        "breach_affected" => "To find out whom a breach affects",
        _ => "To work on a request about you",
    }
}
