//! Which event may follow, and at what time.

use super::breach_event::{BreachEntry, BreachEvent};
use super::refusal::BreachRefusal;
use super::{Breach, BreachState, HOLDS};
use crate::retention::periods;
use chrono::{DateTime, Utc};

/// The council cannot have become aware in the future, or before anything that is stored.
pub(super) fn awareness(aware_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), BreachRefusal> {
    if aware_at > now {
        return Err(BreachRefusal::InTheFuture);
    }
    let earliest = now.checked_sub_months(periods::RECORDS);
    if earliest.is_some_and(|earliest| aware_at < earliest) {
        return Err(BreachRefusal::TooLongAgo);
    }
    Ok(())
}

/// Whether what happened can have happened then; and a late notification has a reason, and no other.
pub(super) fn times(breach: &Breach, entry: &BreachEntry) -> Result<(), BreachRefusal> {
    let clock = &breach.clock;
    let told_at = clock.told_at.unwrap_or(clock.aware_at);
    let (at, earliest) = match &entry.event {
        BreachEvent::ToldIco { at, .. } | BreachEvent::PeopleTold { at, .. } => {
            (*at, Some(clock.aware_at))
        }
        BreachEvent::FollowUp { at, .. } => (*at, Some(told_at)),
        // What somebody does at once can come before anybody knows what it was.
        BreachEvent::Contained { at, .. } | BreachEvent::Remedied { at, .. } => (*at, None),
        BreachEvent::Scoped { scope } => {
            let happened = scope.happened_at.is_none_or(|at| at <= entry.at);
            return happened.then_some(()).ok_or(BreachRefusal::InTheFuture);
        }
        _ => return Ok(()),
    };
    if at > entry.at {
        return Err(BreachRefusal::InTheFuture);
    }
    if let Some(earliest) = earliest.filter(|earliest| at < *earliest) {
        return Err(BreachRefusal::TooEarly(earliest));
    }
    if let BreachEvent::ToldIco { late, text, .. } = &entry.event {
        let (due, has_reason) = (clock.due(), !late.is_empty() && text.is_some());
        if due < at && !has_reason {
            return Err(BreachRefusal::Late(due));
        }
        if at <= due && (!late.is_empty() || text.is_some()) {
            return Err(BreachRefusal::NotLate);
        }
    }
    Ok(())
}

/// Whether an event may follow where the breach is, and where it is then.
pub(super) fn may_follow(
    breach: &Breach,
    event: &BreachEvent,
) -> Result<BreachState, BreachRefusal> {
    use BreachState::{Assessing, Closed, Logged, Notified};
    let state = breach.state();
    match (state, event) {
        (Closed, _) => Err(BreachRefusal::Closed),
        (Assessing, BreachEvent::Unlikely { .. }) if breach.scope.what.is_none() => {
            Err(BreachRefusal::NotScoped)
        }
        (Assessing, BreachEvent::Unlikely { .. }) if breach.scope.high_risk == Some(true) => {
            Err(BreachRefusal::HighRisk)
        }
        (Assessing, BreachEvent::Unlikely { .. }) => Ok(Logged),
        (_, BreachEvent::Aware { .. }) | (Logged | Notified, BreachEvent::Unlikely { .. }) => {
            Err(BreachRefusal::NotNow)
        }
        (Notified, BreachEvent::ToldIco { .. }) => Err(BreachRefusal::ToldAlready),
        // Somebody may find out later that it is a risk after all.
        (Assessing | Logged, BreachEvent::ToldIco { .. }) => Ok(Notified),
        (Assessing | Logged, BreachEvent::FollowUp { .. }) => Err(BreachRefusal::NotTold),
        (_, BreachEvent::Held { .. }) if breach.scope.query.is_none() => {
            Err(BreachRefusal::NoQuery)
        }
        (_, BreachEvent::Held { .. }) if breach.holds.len() >= HOLDS => {
            Err(BreachRefusal::TooManyHolds)
        }
        (Assessing, BreachEvent::Closed { .. }) => Err(BreachRefusal::Undecided),
        (_, BreachEvent::Closed { .. }) if breach.must_tell_people() => {
            Err(BreachRefusal::PeopleNotTold)
        }
        (_, BreachEvent::Closed { .. }) => Ok(Closed),
        (
            _,
            BreachEvent::Scoped { .. }
            | BreachEvent::FollowUp { .. }
            | BreachEvent::PeopleTold { .. }
            | BreachEvent::PeopleExempt { .. }
            | BreachEvent::Contained { .. }
            | BreachEvent::Remedied { .. }
            | BreachEvent::Held { .. },
        ) => Ok(state),
    }
}
