//! What a list says of a request: a cache, made anew with every event.

use crate::keys::{self, CASES_OPEN, Key};
use chrono::NaiveDate;
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::rights::calendar::Calendar;
use custodian_domain::rights::register::lists::{Ending, RequestKind};
use custodian_domain::rights::register::{Case, CaseId, CaseRequest};
use serde::{Deserialize, Serialize};

/// A request in a list. It says nothing about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseNote {
    /// The case.
    pub case_id: CaseId,
    /// What is asked.
    pub kind: RequestKind,
    /// The word for its state.
    pub state: String,
    /// When it reached the council.
    pub received: NaiveDate,
    /// By when it has to be answered; `None` while there is no such day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// When somebody is asked whether to close it, because the person is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consider_closing: Option<NaiveDate>,
    /// Whether the time was extended.
    pub extended: bool,
    /// Who works on it.
    pub handler: StaffNumber,
    /// How it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedNote>,
}

/// How a request was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedNote {
    /// On which day.
    pub on: NaiveDate,
    /// How it ended.
    pub ending: Ending,
    /// Whether that was late.
    pub late: bool,
}

impl CaseNote {
    /// What lists say of the requests of a case.
    pub(super) fn all(case: &Case, calendar: &Calendar) -> Vec<Self> {
        case.requests()
            .map(|request| Self::of(case, request, calendar))
            .collect()
    }

    fn of(case: &Case, request: &CaseRequest, calendar: &Calendar) -> Self {
        let due = request.due(calendar);
        Self {
            case_id: case.id().clone(),
            kind: request.kind(),
            state: request.state().to_owned(),
            received: request.received(),
            due: due.date(),
            consider_closing: due.consider_closing(calendar),
            extended: request.is_extended(calendar),
            handler: case.handler().clone(),
            closed: request.closing().map(|closing| ClosedNote {
                on: closing.on,
                ending: closing.ending,
                late: closing.late.is_some(),
            }),
        }
    }

    /// Where it is listed: among the open ones and those of its handler by the day on which it is
    /// due, or among those that were closed in its month.
    pub(super) fn keys(&self) -> Vec<Key> {
        let sort = |day| keys::listed(day, &self.case_id, self.kind);
        match &self.closed {
            Some(closed) => vec![Key::new(
                keys::cases_closed(closed.on),
                sort(Some(closed.on)),
            )],
            None => [CASES_OPEN.to_owned(), keys::cases_with(&self.handler)]
                .map(|list| Key::new(list, sort(self.due)))
                .into(),
        }
    }
}
