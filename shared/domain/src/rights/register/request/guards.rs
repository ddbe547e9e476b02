//! What is checked when an event is entered, and not again when it is read: what depends on days
//! (today, the receipt, and what is known of bank holidays), and on what was decided.

use super::CaseRequest;
use crate::retention::periods;
use crate::rights::calendar::Calendar;
use crate::rights::register::case_event::CaseEvent;
use crate::rights::register::lists::{Ending, RequestKind, Verdict};
use crate::rights::register::progress::Step;
use crate::rights::register::refusal::Refusal;
use crate::rights::response_deadline::Need;
use chrono::NaiveDate;

/// Whether something can have been received on this day. What is older than anything that is stored
/// is a slip of the pen.
pub(in crate::rights::register) fn receipt(
    received: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    let earliest = today.checked_sub_months(periods::RECORDS);
    if received > today {
        Err(Refusal::InTheFuture)
    } else if earliest.is_some_and(|earliest| received < earliest) {
        Err(Refusal::TooLongAgo)
    } else {
        Ok(())
    }
}

impl CaseRequest {
    /// Whether the event is sound for this request, before the event.
    pub(in crate::rights::register) fn check(
        &self,
        event: &CaseEvent,
        today: NaiveDate,
        calendar: &Calendar,
    ) -> Result<(), Refusal> {
        if let Some(on) = event.on() {
            if on > today {
                return Err(Refusal::InTheFuture);
            }
            let earliest = self.earliest_for(event);
            if on < earliest {
                return Err(Refusal::TooEarly(earliest));
            }
        }
        match event {
            CaseEvent::IdentityAsked { .. }
            | CaseEvent::AuthorityAsked { .. }
            | CaseEvent::FeeAsked { .. }
                if self.decision.is_some() =>
            {
                Err(Refusal::DecidedAlready)
            }
            CaseEvent::IdentityAsked { .. }
            | CaseEvent::AuthorityAsked { .. }
            | CaseEvent::FeeAsked { .. }
            | CaseEvent::QuestionAsked { .. } => self.check_not_overdue(today, calendar),
            CaseEvent::Stepped { step } => self.check_step(step),
            CaseEvent::ReceiptCorrected { received, .. } => {
                receipt(*received, today)?;
                match self.first_event() {
                    Some(first) if first < *received => Err(Refusal::AfterEvents(first)),
                    _ => Ok(()),
                }
            }
            CaseEvent::Extended { told_on, .. } => {
                self.check_extension(*told_on, calendar)?;
                self.check_not_overdue(today, calendar)
            }
            CaseEvent::Closed {
                ending, on, late, ..
            } => {
                if let Some(done) = self.done_on.filter(|done| ending.is_answer() && on < done) {
                    return Err(Refusal::AnsweredBefore(done));
                }
                if *ending == Ending::Lapsed {
                    self.check_silence(*on, calendar)?;
                }
                match (self.late(*on, calendar), late) {
                    (Some(due), None) => Err(Refusal::Late(due)),
                    (None, Some(_)) => Err(Refusal::NotLate),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The day that the event's own must not be before.
    fn earliest_for(&self, event: &CaseEvent) -> NaiveDate {
        let after = match event {
            CaseEvent::Sufficient { need, .. } | CaseEvent::Insufficient { need, .. } => {
                self.asked.get(need).copied()
            }
            CaseEvent::QuestionAnswered { .. } => self.open_question(),
            _ => None,
        };
        after.unwrap_or(self.received)
    }

    /// The first day on which something happened to its clock.
    fn first_event(&self) -> Option<NaiveDate> {
        let questions = self.clock.iter().flat_map(|facts| &facts.questions);
        let needs = [Need::Identity, Need::Authority, Need::Fee];
        let asked = needs
            .iter()
            .filter_map(|need| self.asked.get(need).copied());
        let all = questions.map(|one| one.asked).chain(asked);
        all.chain(self.authority).min()
    }

    /// What is entered after a request was due starts, stops and extends no clock, whatever day it
    /// is said to have happened on: nobody sees any more that the request was late.
    fn check_not_overdue(&self, today: NaiveDate, calendar: &Calendar) -> Result<(), Refusal> {
        self.overdue(today, calendar)
            .map_or(Ok(()), |due| Err(Refusal::OverdueAlready(due)))
    }

    /// What is done is what was decided, and nobody gets a copy for a person without authority.
    fn check_step(&self, step: &Step) -> Result<(), Refusal> {
        let verdict = self.decision.as_ref().map(|decision| decision.verdict);
        let is_other = match step {
            Step::Approved { .. }
            | Step::HandedOver { .. }
            | Step::Corrected
            | Step::Upheld { .. } => verdict == Some(Verdict::Refused),
            // An objection is restricted while it is weighed, whatever comes of it.
            Step::Restricted => {
                verdict == Some(Verdict::Refused) && self.kind == RequestKind::Restriction
            }
            Step::Overridden => verdict == Some(Verdict::Granted),
            _ => false,
        };
        if is_other {
            Err(Refusal::NotAsDecided)
        } else if matches!(step, Step::HandedOver { .. }) && !self.has_authority() {
            Err(Refusal::NotDealtWith(Need::Authority))
        } else {
            Ok(())
        }
    }

    /// The person has to be told within the month, with the days that were stopped.
    fn check_extension(&self, told_on: NaiveDate, calendar: &Calendar) -> Result<(), Refusal> {
        if self.is_extended(calendar) {
            return Err(Refusal::ExtendedAlready);
        }
        match self.due(calendar) {
            super::due::Due::NotKnownYet(beyond) => Err(beyond.into()),
            due => match due.date() {
                None => Err(Refusal::ClockStands),
                Some(by) if by < told_on => Err(Refusal::TooLateToExtend(by)),
                Some(_) => Ok(()),
            },
        }
    }

    /// A request lapses about a month after something was asked that is still open.
    fn check_silence(&self, on: NaiveDate, calendar: &Calendar) -> Result<(), Refusal> {
        let due = self.due(calendar);
        let from = due.consider_closing(calendar);
        match (due.silent_since(), from) {
            (Some(_), Some(from)) if from <= on => Ok(()),
            _ => Err(Refusal::NotSilent(from)),
        }
    }
}
