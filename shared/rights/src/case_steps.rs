//! Enters into a case what orders that name it do, and what follows from them by itself.
//!
//! An order about a person may name a case. The step that it is is entered in the transaction in
//! which the order is carried out, or right after it: then the same order, given again, enters what
//! is missing. If the case does not allow the step, nothing is done.

use crate::case_view::{CALENDAR, show};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::london;
use custodian_domain::record::Holder;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{
    Awaited, Case, CaseEntry, CaseEvent, CaseId, InCase, Progress, Refusal, Step, step_id,
};
use custodian_domain::rights::task::Action;
use custodian_domain::validation::violation::Violation;
use custodian_store::Write;
use custodian_store::asked::{Asked, AskedFor};
use custodian_store::cases::{Cases, StoredCase};
use custodian_store::constraints::Constraints;
use custodian_store::packages::Packages;
use custodian_store::requests::{Requests, Stage};

/// How often it is tried to enter a step while others enter events.
const TRIES: u32 = 5;

/// Enters steps into cases.
#[derive(Clone, Debug)]
pub struct CaseSteps {
    /// The cases.
    pub cases: Cases,
    /// What was ordered, whose end is a step too.
    pub requests: Requests,
    /// The same of packages.
    pub packages: Packages,
}

/// An order that names a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedIn {
    /// The case, and which of its requests.
    pub in_case: InCase,
    /// The request under which it is ordered.
    pub request: RequestId,
    /// Who gives it.
    pub by: StaffNumber,
}

/// A case with the steps of an order, which are not stored yet.
#[derive(Clone, Debug)]
pub struct Taken {
    before: StoredCase,
    /// The case, with the steps.
    pub case: Case,
    /// Whether one of the steps of the order is new.
    pub is_new: bool,
}

/// What a case lacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// That a date has moved.
    pub moved: bool,
    /// That something has followed by itself.
    pub followed: bool,
}

/// Why a step is not entered.
#[derive(Debug, thiserror::Error)]
pub enum NotEntered {
    /// The order cannot be read.
    #[error(transparent)]
    Order(#[from] Violation),
    /// There is no such case.
    #[error("there is no case with this case_id")]
    UnknownCase,
    /// The case does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others enter events all the time.
    #[error("others enter events into this case: give the same order again")]
    Busy,
    /// DynamoDB does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Taken {
    /// Whether every step was entered before.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.case == self.before.case
    }
}

impl CaseSteps {
    /// A case as it is stored, and as it is now: with the dates that bank holidays have moved, and
    /// with what has followed by itself. Whoever enters something enters that as well.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(
        &self,
        id: &CaseId,
        now: DateTime<Utc>,
    ) -> Result<Option<(StoredCase, Case)>, StorageError> {
        let Some(stored) = self.cases.find(id, now).await? else {
            return Ok(None);
        };
        let mut case = stored.with_moved_dates(&CALENDAR, now);
        for (kind, awaited) in case.awaits() {
            if let Some((request, step)) = self.followed(awaited, now).await? {
                case = case.with_followed(kind, &request, step, now);
            }
        }
        Ok(Some((stored, case)))
    }

    /// Enters what has followed by itself, and the dates that have moved, and says which there was; if
    /// somebody else enters something at the same time, they enter this as well.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored.
    pub async fn catch_up(
        &self,
        id: &CaseId,
        now: DateTime<Utc>,
    ) -> Result<CaughtUp, StorageError> {
        let Some((stored, case)) = self.find(id, now).await? else {
            return Ok(CaughtUp::default());
        };
        let both = (Some(&stored), &case);
        if case == stored.case || !self.cases.store(both, Vec::new(), &CALENDAR, now).await? {
            return Ok(CaughtUp::default());
        }
        let moved = stored.with_moved_dates(&CALENDAR, now);
        Ok(CaughtUp {
            moved: moved != stored.case,
            followed: case != moved,
        })
    }

    /// The step that has followed, if what a request waits for has happened.
    async fn followed(
        &self,
        awaited: Awaited,
        now: DateTime<Utc>,
    ) -> Result<Option<(RequestId, Step)>, StorageError> {
        Ok(match awaited {
            Awaited::Places(id) => {
                let certificate = self.requests.certificate(&id, now).await?;
                certificate.map(|certificate| {
                    let on = london::date(certificate.completed_at);
                    (id, Step::PlacesDone { on: Some(on) })
                })
            }
            Awaited::Recipients(id) => {
                let request = self.requests.find(&id, now).await?;
                let is_told = request
                    .is_some_and(|it| it.action == Action::Rectify && it.stage == Stage::Closed);
                is_told.then_some((id, Step::RecipientsTold))
            }
            Awaited::Fetch(id) => {
                let package = self.packages.find(&id, now).await?;
                let is_fetched = package.is_some_and(|it| it.handed_over_at.is_some());
                is_fetched.then_some((id, Step::Fetched))
            }
        })
    }

    /// The request under which something is ordered, and the case that the order names. `kinds` are
    /// those of which the order can be a step; with none it is one of no kind. `by` is the field
    /// that says who gives it.
    ///
    /// Without a `request_id`, it is ordered under the id of the request of the case, or of the
    /// case itself.
    ///
    /// # Errors
    /// [`NotEntered`] if there is no such case, or the order does not say enough.
    pub async fn named(
        &self,
        order: Order<'_>,
        kinds: &[RequestKind],
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(RequestId, Option<OrderedIn>), NotEntered> {
        if !order.has("case_id") {
            if order.has("kind") {
                let rule = "is given with case_id: it names a request of the case";
                return Err(Violation::new("kind", rule).into());
            }
            return Ok((order.request()?, None));
        }
        let (id, by) = (order.case("case_id")?, order.staff_number(by)?);
        let given = order.perhaps::<RequestKind>("kind")?;
        let case = self.find(&id, now).await?.ok_or(NotEntered::UnknownCase)?.1;
        let has = |kind: &RequestKind| case.requests().any(|request| request.kind() == *kind);
        let mut possible = kinds.iter().filter(|kind| has(kind));
        let kind = match (given, possible.next(), possible.next()) {
            (Some(kind), ..) if !has(&kind) => return Err(Refusal::NoSuchRequest.into()),
            (Some(kind), ..) if kinds.is_empty() || kinds.contains(&kind) => Some(kind),
            (Some(_), ..) => {
                let rule = "must be that of a request which this order can be a step of";
                return Err(Violation::new("kind", rule).into());
            }
            (None, Some(only), None) => Some(*only),
            (None, Some(_), Some(_)) => {
                let rule = "must be given: the case has several requests that it could be";
                return Err(Violation::new("kind", rule).into());
            }
            (None, None, _) if kinds.is_empty() => None,
            (None, None, _) => return Err(Refusal::NoSuchRequest.into()),
        };
        let request = match order.request_id("request_id")? {
            Some(request) => request,
            None => kind.map_or_else(
                || Ok(id.as_request().clone()),
                |kind| {
                    let request = RequestId::try_from(id.request(kind));
                    request.map_err(|rule| Violation::new("case_id", rule.to_string()))
                },
            )?,
        };
        let in_case = InCase { case_id: id, kind };
        let ordered = OrderedIn {
            in_case,
            request: request.clone(),
            by,
        };
        Ok((request, Some(ordered)))
    }

    /// The case that an order is about which follows an earlier one: that of the earlier one, which
    /// the order need not name again.
    ///
    /// # Errors
    /// [`NotEntered`] if it names another, or whoever gives it gives no staff number.
    pub fn again(
        named: Option<OrderedIn>,
        before: Option<&InCase>,
        request: &RequestId,
        (field, by): (&str, &str),
    ) -> Result<Option<OrderedIn>, NotEntered> {
        let Some(before) = before else {
            return Ok(named);
        };
        let is_other = |it: &OrderedIn| it.in_case.case_id != before.case_id;
        if named.as_ref().is_some_and(is_other) {
            let rule = "must be that of the order which this one follows";
            return Err(Violation::new("case_id", rule).into());
        }
        let by = StaffNumber::try_from(by.to_owned());
        Ok(Some(OrderedIn {
            in_case: before.clone(),
            request: request.clone(),
            by: by.map_err(|rule| Violation::new(field, rule.to_string()))?,
        }))
    }

    /// The case with the steps of an order: those that `steps` says of how far its request is, each
    /// with what tells it from another one under the same request. A step that was entered before
    /// is entered once. Nothing is stored yet.
    ///
    /// # Errors
    /// [`NotEntered`] if the case does not allow it.
    pub async fn take(
        &self,
        ordered: &OrderedIn,
        steps: impl Fn(&Progress) -> Vec<(Step, String)> + Send,
        now: DateTime<Utc>,
    ) -> Result<Taken, NotEntered> {
        let InCase { case_id, kind } = &ordered.in_case;
        let (before, mut case) = self
            .find(case_id, now)
            .await?
            .ok_or(NotEntered::UnknownCase)?;
        let mut is_new = false;
        let request = case.requests().find(|it| Some(it.kind()) == *kind);
        let steps = request.map_or_else(Vec::new, |request| steps(request.progress()));
        for (step, more) in steps {
            let entry = CaseEntry {
                id: step_id(&ordered.request, &step, &more),
                at: now,
                by: Some(ordered.by.clone()),
                of: *kind,
                event: CaseEvent::Stepped { step },
                request: Some(ordered.request.clone()),
                note: None,
            };
            if !case.has(&entry.id) {
                is_new = true;
                case.enter(entry, &CALENDAR)?;
            }
        }
        Ok(Taken {
            before,
            case,
            is_new,
        })
    }

    /// The same for an order that is carried out whatever the case says: a step that it does not
    /// allow is left out.
    ///
    /// # Errors
    /// [`NotEntered`] if the case cannot be read.
    pub async fn take_if_allowed(
        &self,
        ordered: &OrderedIn,
        step: &Step,
        now: DateTime<Utc>,
    ) -> Result<Taken, NotEntered> {
        let with = |_: &Progress| vec![(step.clone(), String::new())];
        match self.take(ordered, with, now).await {
            Err(NotEntered::Refused(_)) => self.take(ordered, |_| Vec::new(), now).await,
            taken => taken,
        }
    }

    /// Enters that step, if the case allows it, and gives the case then.
    ///
    /// # Errors
    /// [`NotEntered`] unless it is certain to be entered, or left out.
    pub async fn enter_if_allowed(
        &self,
        ordered: &OrderedIn,
        step: &Step,
        now: DateTime<Utc>,
    ) -> Result<Case, NotEntered> {
        for _ in 0..TRIES {
            let taken = self.take_if_allowed(ordered, step, now).await?;
            if taken.is_stored() || self.store(&taken, Vec::new(), now).await? {
                return Ok(taken.case);
            }
        }
        Err(NotEntered::Busy)
    }

    /// The writes that store the steps, for the transaction of the order itself; none if they are
    /// stored.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be written.
    pub fn storing(&self, taken: &Taken, now: DateTime<Utc>) -> Result<Vec<Write>, StorageError> {
        if taken.is_stored() {
            return Ok(Vec::new());
        }
        let both = (Some(&taken.before), &taken.case);
        self.cases.storing(both, &CALENDAR, now)
    }

    /// Stores the steps with the writes `beside` them. Returns whether nobody else has entered
    /// anything meanwhile.
    ///
    /// # Errors
    /// [`StorageError`] unless they are certain to be stored.
    pub async fn store(
        &self,
        taken: &Taken,
        beside: Vec<Write>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let both = (Some(&taken.before), &taken.case);
        self.cases.store(both, beside, &CALENDAR, now).await
    }

    /// Adds the case to the answer of an order that was carried out before.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn show(
        &self,
        in_case: Option<&InCase>,
        answer: &mut serde_json::Value,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if let Some(in_case) = in_case
            && let Some((_, case)) = self.find(&in_case.case_id, now).await?
        {
            show(Some(&case), answer);
        }
        Ok(())
    }

    /// The same for an order that may name no case: none if it does not.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be written.
    pub fn storing_any(
        &self,
        taken: Option<&Taken>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, StorageError> {
        match taken {
            Some(taken) => self.storing(taken, now),
            None => Ok(Vec::new()),
        }
    }

    /// Enters steps, as [`CaseSteps::take`] has them, and gives the case then.
    ///
    /// # Errors
    /// [`NotEntered`] unless they are certain to be entered.
    pub async fn enter(
        &self,
        ordered: &OrderedIn,
        steps: impl Fn(&Progress) -> Vec<(Step, String)> + Send + Sync,
        now: DateTime<Utc>,
    ) -> Result<Case, NotEntered> {
        for _ in 0..TRIES {
            let taken = self.take(ordered, &steps, now).await?;
            if taken.is_stored() || self.store(&taken, Vec::new(), now).await? {
                return Ok(taken.case);
            }
        }
        Err(NotEntered::Busy)
    }
}

/// Points from a person to what they ask for. The case itself does not say whose it is.
#[derive(Clone, Debug)]
pub struct Pointing {
    /// The pointers.
    pub asked: Asked,
    /// What an approval of their erasure checks.
    pub constraints: Constraints,
}

impl Pointing {
    /// The writes that point from whose a request of a case is to the request, and let an approval
    /// of their erasure fail that has not seen it.
    ///
    /// # Errors
    /// [`StorageError`] if it is unknown what holds them.
    pub async fn writes(
        &self,
        case: &Case,
        kind: RequestKind,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, NotEntered> {
        let mut writes = self.constraints.asked(holders, now).await?;
        writes.extend(pointers(&self.asked, case, (kind, holders), now)?);
        Ok(writes)
    }
}

/// The writes that point from whose a request of a case is to the request, without a mark for an
/// approval that is being given in this very moment: for who may not write beside holds.
///
/// # Errors
/// [`NotEntered`] if the request has no id.
pub fn pointers(
    asked: &Asked,
    case: &Case,
    (kind, holders): (RequestKind, &[Holder]),
    now: DateTime<Utc>,
) -> Result<Vec<Write>, NotEntered> {
    let request = RequestId::try_from(case.id().request(kind));
    let since = AskedFor {
        request: request.map_err(|rule| Violation::new("case_id", rule.to_string()))?,
        since: now,
    };
    let to = |holder| asked.pointer(holder, &since, case.ends());
    Ok(holders.iter().map(to).collect())
}

/// One step, of which there is one under a request.
#[must_use]
pub fn once(step: Step) -> Vec<(Step, String)> {
    vec![(step, String::new())]
}
