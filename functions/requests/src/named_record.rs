//! What orders about one record have in common: the record is named by its reference and by whose
//! it is.

use crate::Error;
use crate::order::Invocation;
use chrono::{DateTime, Days, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::london;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::{Fingerprint, Holder, RecordBody};
use custodian_domain::retention::periods::STREAM;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::{Case, Progress, Step};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::{CaseSteps, OrderedIn};
use custodian_rights::case_view::show;
use custodian_rights::people::{Follow, Found, People};
use custodian_rights::rectifying::{NamedRecord, NotRectified, Rectified, Rectifying};
use custodian_store::requests::Requests;
use serde_json::{Value, json};

/// The fields of an order about a person's records.
pub(crate) const CONFIRMED: [&str; 8] = [
    "order",
    "case_id",
    "kind",
    "request_id",
    "identifiers",
    "by",
    "confirmed_links",
    "refused_links",
];
/// The fields of an order about one record.
pub(crate) const NAMED: [&str; 9] = [
    "order",
    "case_id",
    "kind",
    "request_id",
    "identifiers",
    "record",
    "by",
    "confirmed_links",
    "refused_links",
];

/// Finds the record that an order names.
#[derive(Debug)]
pub(crate) struct NamedRecords {
    pub(crate) people: People,
    pub(crate) rectifying: Rectifying,
    pub(crate) register: Requests,
    /// For how many days the tables can be restored.
    pub(crate) recovery: Days,
    pub(crate) steps: CaseSteps,
}

impl NamedRecords {
    /// Whose records an order is about: links count if they are confirmed.
    pub(crate) async fn found(
        &self,
        order: Order<'_>,
        invocation: &Invocation<'_>,
    ) -> Result<Found, Error> {
        let (identifiers, decisions) = (order.identifiers()?, order.decisions()?);
        let follow = Follow::Confirmed;
        let found = self
            .people
            .find(&identifiers, &decisions, follow, invocation.now)
            .await?;
        invocation.concerned.about(&found.holders);
        People::must_know(&decisions, &found)?;
        Ok(found)
    }

    /// The record that an order names: one of the person's; or of whoever `also` leads to, if it is
    /// as the same order has put it there before.
    pub(crate) async fn named(
        &self,
        order: Order<'_>,
        also: &Contact,
        is_done: impl Fn(&RecordBody) -> bool + Send,
        invocation: &Invocation<'_>,
    ) -> Result<NamedRecord, Error> {
        const FIELD: &str = "record";
        let reference = order.text(FIELD)?.to_owned();
        let reference = Reference::try_from(reference)
            .map_err(|_| Violation::new(FIELD, "must be a reference, such as K7M2PX9T"))?;
        let mut holders = self.found(order, invocation).await?.holders;
        let find = async |holders: &[Holder]| {
            let rectifying = &self.rectifying;
            rectifying.find(holders, &reference, invocation.now).await
        };
        let named = match find(&holders).await {
            Err(NotRectified::NotThere) => {
                let identifiers = also.identifiers();
                let keys = identifiers
                    .iter()
                    .flat_map(|one| self.people.keys.keys(one));
                holders.extend(keys.map(Holder::Subject));
                let named = find(&holders).await?;
                if !is_done(&named.details) {
                    return Err(NotRectified::NotThere.into());
                }
                named
            }
            named => named?,
        };
        invocation.concerned.about(&named.holders());
        Ok(named)
    }

    /// Refuses, before anything is done, a step that the case of an order does not allow. It is
    /// entered when the record is stored; if that fails, the same order enters it. `changes` is
    /// whether the order changes the record.
    pub(crate) async fn must_allow(
        &self,
        (in_case, changes): (Option<&OrderedIn>, bool),
        steps: &(dyn Fn(&Progress) -> Vec<(Step, String)> + Send + Sync),
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(ordered) = in_case else {
            return Ok(());
        };
        let taken = self.steps.take(ordered, steps, now).await?;
        if changes && !taken.is_new {
            return Err(Error::NotNow(
                "the record was changed in this very second: give the same order again",
            ));
        }
        // Recipients are told of what was corrected before they were.
        if taken.is_new && self.register.find(&ordered.request, now).await?.is_some() {
            return Err(Error::AnotherRequest);
        }
        Ok(())
    }

    /// Enters the step of an order into its case, if it names one.
    pub(crate) async fn enter(
        &self,
        in_case: Option<&OrderedIn>,
        steps: &(dyn Fn(&Progress) -> Vec<(Step, String)> + Send + Sync),
        now: DateTime<Utc>,
    ) -> Result<Option<Case>, Error> {
        match in_case {
            Some(ordered) => Ok(Some(self.steps.enter(ordered, steps, now).await?)),
            None => Ok(None),
        }
    }

    /// Names a state of a record, so that nobody changes what they have not seen.
    pub(crate) fn version(details: &RecordBody) -> String {
        Fingerprint::of(details).into_string()
    }

    /// Refuses to change what has changed since the order's `version` was looked at.
    pub(crate) fn must_be_seen(order: Order<'_>, details: &RecordBody) -> Result<(), Error> {
        let seen = order
            .has("version")
            .then(|| order.text("version"))
            .transpose()?;
        match seen {
            Some(seen) if seen != Self::version(details) => Err(NotRectified::Changed.into()),
            _ => Ok(()),
        }
    }

    /// What was done, and until when copies that nobody can reach into still have what the record
    /// said before: the table's stream, and its recovery.
    pub(crate) fn answer(
        &self,
        (id, case): (&RequestId, Option<&Case>),
        details: &RecordBody,
        done: &Rectified,
        now: DateTime<Utc>,
    ) -> Value {
        let mut answer = json!({
            "request_id": id, "record": details.reference,
            "corrected": details.rectification.corrected,
            "statement": details.rectification.statement.is_some(),
            "moved": done.moved, "links_deleted": done.links, "packages_ended": done.packages,
            "stream_clear_at": now + STREAM, "backups_clear_on": london::date(now) + self.recovery,
        });
        show(case, &mut answer);
        answer
    }
}
