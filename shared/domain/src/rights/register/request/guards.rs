//! What depends on days: today, the receipt, and what is known of bank holidays. It is checked when
//! an event is entered, and not again when it is read.

use super::CaseRequest;
use crate::retention::periods;
use crate::rights::calendar::Calendar;
use crate::rights::register::case_event::CaseEvent;
use crate::rights::register::lists::Ending;
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
    /// Whether the event's days are sound for this request, before the event.
    pub(in crate::rights::register) fn check_days(
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
            CaseEvent::ReceiptCorrected { received, .. } => {
                receipt(*received, today)?;
                match self.first_event() {
                    Some(first) if first < *received => Err(Refusal::AfterEvents(first)),
                    _ => Ok(()),
                }
            }
            CaseEvent::Extended { told_on, .. } => self.check_extension(*told_on, calendar),
            CaseEvent::Closed {
                ending, on, late, ..
            } => {
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
        questions.map(|one| one.asked).chain(asked).min()
    }

    /// The person has to be told within the month, with the days that were stopped.
    fn check_extension(&self, told_on: NaiveDate, calendar: &Calendar) -> Result<(), Refusal> {
        let Some(facts) = &self.clock else {
            return Err(Refusal::NotARight);
        };
        if facts.extended {
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
