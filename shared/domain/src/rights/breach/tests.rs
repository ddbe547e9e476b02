//! What may happen to a breach, in which order, and what its form says.

use super::lists::{
    BreachLateReason, DataCategory, Discovery, Exemption, ReportPhase, TellingMeans, UnlikelyReason,
};
use super::{
    AffectedQuery, Breach, BreachEntry, BreachEvent, BreachId, BreachRefusal, BreachState, EVENTS,
    Organisation, Scope, form, text,
};
use crate::identity::staff::StaffNumber;
use crate::record::source::Source;
use crate::rights::package::RequestId;
use crate::rights::register::Entered;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

const AWARE: &str = "2026-10-24T11:00:00Z";
const SOON: &str = "2026-10-25T11:00:00Z";
const LATER: &str = "2026-10-29T09:00:00Z";

fn at(instant: &str) -> DateTime<Utc> {
    instant.parse().unwrap()
}

fn entry(id: &str, entered: &str, event: BreachEvent) -> BreachEntry {
    BreachEntry {
        id: RequestId::try_from(id.to_owned()).unwrap(),
        at: at(entered),
        by: StaffNumber::try_from("dpo-7".to_owned()).unwrap(),
        event,
    }
}

fn aware(at_time: &str) -> BreachEvent {
    BreachEvent::Aware {
        aware_at: at(at_time),
        how: Discovery::Staff,
    }
}

fn registered() -> Breach {
    let id = BreachId::named("B-1").unwrap();
    Breach::register(id, entry("e0", AWARE, aware(AWARE))).unwrap()
}

fn scoped() -> BreachEvent {
    scope(Scope {
        what: Some("a list went to the wrong service".to_owned()),
        categories: [DataCategory::BasicIdentifiers].into(),
        query: Some(AffectedQuery {
            sources: [Source::Support].into(),
            ..AffectedQuery::default()
        }),
        about_people: Some(12),
        ..Scope::default()
    })
}

fn scope(scope: Scope) -> BreachEvent {
    BreachEvent::Scoped {
        scope: Box::new(scope),
    }
}

fn unlikely() -> BreachEvent {
    BreachEvent::Unlikely {
        reasons: [UnlikelyReason::Encrypted].into(),
        text: "the key was changed at once".to_owned(),
    }
}

fn told(at_time: &str, late: &[BreachLateReason], text: Option<&str>) -> BreachEvent {
    BreachEvent::ToldIco {
        at: at(at_time),
        reference: "IC-1234".to_owned(),
        phase: ReportPhase::Initial,
        late: late.iter().copied().collect(),
        text: text.map(str::to_owned),
    }
}

fn contained() -> BreachEvent {
    BreachEvent::Contained {
        at: at(AWARE),
        what: "access was closed".to_owned(),
    }
}

fn closed() -> BreachEvent {
    BreachEvent::Closed {
        lessons: "ask a second person before a list is sent".to_owned(),
    }
}

fn exempt() -> BreachEvent {
    BreachEvent::PeopleExempt {
        exempt: Exemption::NoLongerHigh,
        why: "it was deleted unread".to_owned(),
    }
}

/// Enters these events at a time, one after the other.
fn with(events: Vec<BreachEvent>, entered: &str) -> (Breach, Result<Entered, BreachRefusal>) {
    let mut breach = registered();
    let mut last = Ok(Entered::Now);
    for (place, event) in events.into_iter().enumerate() {
        last = breach.enter(entry(&format!("e{}", place + 1), entered, event));
    }
    (breach, last)
}

#[test]
fn a_breach_goes_from_awareness_to_its_closing() {
    let follow_up = BreachEvent::FollowUp {
        at: at(LATER),
        what: "twelve people, not ten".to_owned(),
    };
    let people = BreachEvent::PeopleTold {
        how: TellingMeans::Letter,
        at: at(LATER),
    };
    let remedied = BreachEvent::Remedied {
        at: at(LATER),
        what: "the list was deleted".to_owned(),
    };
    let mut events = vec![scoped(), contained(), told(SOON, &[], None), follow_up];
    let (breach, last) = with(events.clone(), LATER);
    assert_eq!(
        (last, breach.state()),
        (Ok(Entered::Now), BreachState::Notified)
    );
    events.extend([people, remedied, closed()]);
    let (breach, last) = with(events, LATER);
    assert_eq!(
        (last, breach.state()),
        (Ok(Entered::Now), BreachState::Closed)
    );
    assert_eq!(breach.revision(), 8);
    let ends = breach.ends().unwrap();
    assert_eq!(
        ends.to_string(),
        "2032-10-29 09:00:00 UTC",
        "72 months later"
    );
    let again = Breach::of(breach.id().clone(), breach.entries().to_vec());
    assert_eq!(again, Some(breach));
}

#[test]
fn what_is_not_allowed_is_refused_with_its_rule() {
    let high = scope(Scope {
        high_risk: Some(true),
        ..Scope::default()
    });
    let late = [BreachLateReason::Staffing];
    let held = BreachEvent::Held {
        request: RequestId::try_from("B-1-hold-1".to_owned()).unwrap(),
        people: 1,
    };
    let follow_up = BreachEvent::FollowUp {
        at: at(AWARE),
        what: "more".to_owned(),
    };
    let in_time = told(SOON, &[], None);
    for (events, refusal) in [
        (vec![aware(AWARE)], BreachRefusal::NotNow),
        (vec![unlikely()], BreachRefusal::NotScoped),
        (
            vec![scoped(), high.clone(), unlikely()],
            BreachRefusal::HighRisk,
        ),
        (vec![scoped(), closed()], BreachRefusal::Undecided),
        (vec![scoped(), follow_up.clone()], BreachRefusal::NotTold),
        (vec![held], BreachRefusal::NoQuery),
        (
            vec![told("2026-10-30T00:00:00Z", &late, Some("ill"))],
            BreachRefusal::InTheFuture,
        ),
        (
            vec![told("2026-10-24T10:59:59Z", &[], None)],
            BreachRefusal::TooEarly(at(AWARE)),
        ),
        (
            vec![told(LATER, &[], None)],
            BreachRefusal::Late(at("2026-10-27T11:00:00Z")),
        ),
        (
            vec![told(LATER, &late, None)],
            BreachRefusal::Late(at("2026-10-27T11:00:00Z")),
        ),
        (vec![told(SOON, &late, Some("ill"))], BreachRefusal::NotLate),
        (vec![told(SOON, &[], Some("ill"))], BreachRefusal::NotLate),
        (
            vec![in_time.clone(), in_time.clone()],
            BreachRefusal::ToldAlready,
        ),
        (vec![in_time.clone(), unlikely()], BreachRefusal::NotNow),
        (
            vec![in_time.clone(), follow_up],
            BreachRefusal::TooEarly(at(SOON)),
        ),
        (
            vec![high, in_time.clone(), closed()],
            BreachRefusal::PeopleNotTold,
        ),
        (
            vec![in_time.clone(), closed(), contained()],
            BreachRefusal::Closed,
        ),
    ] {
        let (before, _) = with(events[..events.len() - 1].to_vec(), LATER);
        let (breach, last) = with(events, LATER);
        assert_eq!(last, Err(refusal));
        assert_eq!(breach, before, "nothing changes");
    }
    let register = |aware_at: &str| {
        let id = BreachId::named("B-1").unwrap();
        Breach::register(id, entry("e0", LATER, aware(aware_at))).map(drop)
    };
    assert_eq!(
        register("2026-10-29T09:00:01Z"),
        Err(BreachRefusal::InTheFuture)
    );
    assert_eq!(
        register("2023-10-29T08:59:59Z"),
        Err(BreachRefusal::TooLongAgo)
    );
}

#[test]
fn a_late_notification_has_reasons_and_a_risk_that_seemed_unlikely_can_be_told_later() {
    let late = [BreachLateReason::SeemedUnlikely];
    let events = vec![
        scoped(),
        unlikely(),
        told(LATER, &late, Some("a copy appeared")),
    ];
    let (breach, last) = with(events, LATER);
    assert_eq!(
        (last, breach.state()),
        (Ok(Entered::Now), BreachState::Notified)
    );
    assert!(breach.clock().is_late(at(LATER)));
    let (logged, _) = with(vec![scoped(), unlikely()], SOON);
    assert_eq!(logged.clock().hours_left(at(LATER)), None);
    assert!(!logged.clock().is_late(at(LATER)));
}

#[test]
fn a_high_risk_is_told_to_the_people_or_exempt() {
    let high = scope(Scope {
        high_risk: Some(true),
        ..Scope::default()
    });
    let told = told(SOON, &[], None);
    let (breach, last) = with(vec![high, told, exempt(), closed()], LATER);
    assert_eq!(
        (last, breach.state()),
        (Ok(Entered::Now), BreachState::Closed)
    );
}

#[test]
fn what_is_known_grows_and_nothing_is_lost() {
    let more = scope(Scope {
        about_people: Some(14),
        high_risk: Some(false),
        ..Scope::default()
    });
    let (breach, _) = with(vec![scoped(), more], SOON);
    let known = breach.scope();
    assert_eq!(
        (known.about_people, known.high_risk),
        (Some(14), Some(false))
    );
    assert!(known.what.is_some() && known.query.is_some());
}

#[test]
fn the_same_event_is_entered_once_and_another_needs_an_id_of_its_own() {
    let mut breach = registered();
    let one = entry("e1", SOON, contained());
    assert_eq!(breach.enter(one.clone()), Ok(Entered::Now));
    let again = BreachEntry {
        at: at(LATER),
        ..one
    };
    assert_eq!(breach.enter(again), Ok(Entered::Before));
    let other = entry("e1", SOON, unlikely());
    assert_eq!(breach.enter(other), Err(BreachRefusal::AnotherEvent));
    assert_eq!(breach.revision(), 2);
}

#[test]
fn there_is_always_room_to_close_it() {
    let mut breach = registered();
    breach
        .enter(entry("t", SOON, told(SOON, &[], None)))
        .unwrap();
    let mut last = Ok(Entered::Now);
    for number in 0..EVENTS {
        last = breach.enter(entry(&format!("c{number}"), SOON, contained()));
    }
    assert_eq!(last, Err(BreachRefusal::TooMany));
    assert_eq!(breach.enter(entry("x", SOON, closed())), Ok(Entered::Now));
    assert_eq!(breach.revision(), EVENTS);
}

#[test]
fn the_form_has_what_was_entered_and_says_what_is_not_known() {
    let organisation = Organisation {
        council: "Marlbury Council".to_owned(),
        dpo_email: "dpo@marlbury.example".to_owned(),
    };
    let (breach, _) = with(vec![scoped(), contained(), told(SOON, &[], None)], SOON);
    let told = text(&form(&breach, &organisation));
    for line in [
        "Reference of the Commissioner: IC-1234",
        "What happened: a list went to the wrong service",
        "How it was discovered: a member of staff noticed it",
        "When it happened: not yet known",
        "When it was discovered: Saturday 24 October 2026 at 12:00",
        "Categories of personal data: basic identifiers",
        "Number of people: about 12",
        "Number of records: not yet known",
        "What was done to contain it: access was closed (Saturday 24 October 2026 at 12:00)",
        "The people concerned: not yet known",
        "Data Protection Officer: dpo@marlbury.example",
    ] {
        assert!(told.lines().any(|one| one == line), "{line}\n{told}");
    }
    let order = [
        "What happened:",
        "When it happened:",
        "Categories of personal",
        "Number of rec",
    ];
    let places: Vec<usize> = order.iter().map(|it| told.find(it).unwrap()).collect();
    assert!(places.is_sorted());
}

fn any_event() -> impl Strategy<Value = BreachEvent> {
    prop_oneof![
        Just(scoped()),
        Just(unlikely()),
        Just(told(SOON, &[], None)),
        Just(told(LATER, &[BreachLateReason::Staffing], Some("ill"))),
        Just(contained()),
        Just(exempt()),
        Just(closed()),
        Just(aware(SOON)),
    ]
}

proptest! {
    #[test]
    fn whatever_is_entered_reads_back_and_nothing_follows_a_closing(
        events in proptest::collection::vec(any_event(), 0..12),
    ) {
        let mut breach = registered();
        for (place, event) in events.into_iter().enumerate() {
            let was = breach.state();
            let entered = breach.enter(entry(&format!("e{}", place + 1), LATER, event));
            prop_assert!(was != BreachState::Closed || entered.is_err());
            let again = Breach::of(breach.id().clone(), breach.entries().to_vec());
            prop_assert_eq!(again.as_ref(), Some(&breach));
            let stored = serde_json::to_string(breach.entries()).unwrap();
            let read: Vec<BreachEntry> = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(&read[..], breach.entries());
        }
    }
}
