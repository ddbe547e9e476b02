//! What the DPO sees of a breach: never whose data it is.

use chrono::{DateTime, Utc};
use custodian_domain::rights::breach::{Breach, BreachClock, spelt_time};
use serde_json::{Value, json};

/// A breach, with its 72 hours as of `now`.
pub(super) fn of(breach: &Breach, now: DateTime<Utc>) -> Value {
    let unlikely = breach
        .unlikely()
        .map(|(reasons, text)| json!({"reasons": reasons, "text": text}));
    json!({
        "breach_id": breach.id(), "revision": breach.revision(), "state": breach.state().as_str(),
        "how": breach.discovery(), "registered_by": breach.registered_by(),
        "clock": clock(breach.clock(), now), "scope": breach.scope(), "unlikely": unlikely,
        "must_tell_people": breach.must_tell_people(), "holds": breach.holds(),
        "closed_at": breach.closed_at(), "kept_until": breach.ends(),
    })
}

/// The 72 hours, as of `now`.
pub(super) fn clock(clock: &BreachClock, now: DateTime<Utc>) -> Value {
    json!({
        "aware_at": clock.aware_at, "due": clock.due(), "due_in_words": spelt_time(clock.due()),
        "working": clock.working(), "hours_left": clock.hours_left(now),
        "late": clock.is_late(now), "told_at": clock.told_at, "decided_at": clock.decided_at,
    })
}
