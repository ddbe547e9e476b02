use super::{
    Clarification, ClockFacts, Need, ResponseDeadline, Right, Wait, acknowledge_complaint_by,
    consider_closing_on, tell_of_breach_by,
};
use crate::london;
use crate::rights::calendar::{Calendar, ENGLAND_AND_WALES};
use chrono::{Days, Months, NaiveDate, TimeDelta};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn due(facts: &ClockFacts, calendar: &Calendar) -> Option<NaiveDate> {
    match facts.deadline(calendar) {
        ResponseDeadline::By { due, .. } => Some(due),
        _ => None,
    }
}

fn access(received: &str, stops: &[(&str, &str)]) -> ClockFacts {
    let question = |(asked, answered): &(&str, &str)| Clarification {
        asked: day(asked),
        answered: Some(day(answered)),
    };
    ClockFacts {
        questions: stops.iter().map(question).collect(),
        ..ClockFacts::received(Right::Access, day(received))
    }
}

fn extended(facts: ClockFacts) -> ClockFacts {
    ClockFacts {
        extended: true,
        ..facts
    }
}

fn identified(facts: ClockFacts, on: &str) -> ClockFacts {
    let wait = Wait {
        need: Need::Identity,
        met: Some(day(on)),
    };
    ClockFacts {
        waits: vec![wait],
        ..facts
    }
}

/// What a plausible program would say: the same day of the month, counted on from the end of the
/// month, whatever day of the week it is.
fn overflowing(received: &str, months: u32) -> NaiveDate {
    let received = day(received);
    let first = received - Days::new(u64::from(chrono::Datelike::day0(&received)));
    first + Months::new(months) + Days::new(u64::from(chrono::Datelike::day0(&received)))
}

/// What a plausible program would say that keeps the end of a month.
fn end_kept(received: &str, months: u32) -> NaiveDate {
    day(received) + Days::new(1) + Months::new(months) - Days::new(1)
}

#[test]
fn each_deadline_is_that_of_the_law_and_not_that_of_a_plausible_program() {
    let plain = |received| access(received, &[]);
    for (facts, expected, wrong) in [
        (plain("2026-11-24"), "2026-12-24", None),
        (
            plain("2026-11-25"),
            "2026-12-29",
            Some(day("2026-11-25") + Months::new(1)),
        ),
        (
            plain("2026-11-30"),
            "2026-12-30",
            Some(end_kept("2026-11-30", 1)),
        ),
        (plain("2026-12-01"), "2027-01-04", None),
        (
            plain("2027-01-31"),
            "2027-03-01",
            Some(overflowing("2027-01-31", 1)),
        ),
        (plain("2027-04-30"), "2027-06-01", None),
        (
            plain("2028-02-29"),
            "2028-03-29",
            Some(end_kept("2028-02-29", 1)),
        ),
        (extended(plain("2026-11-24")), "2027-02-24", None),
        // Two months after the day to which the first was rolled.
        (
            extended(plain("2026-12-01")),
            "2027-03-01",
            Some(day("2027-01-04") + Months::new(2)),
        ),
        (
            extended(plain("2026-11-30")),
            "2027-03-01",
            Some(overflowing("2026-11-30", 3)),
        ),
        (extended(plain("2026-12-28")), "2027-03-30", None),
        (
            access("2026-11-24", &[("2026-11-26", "2026-11-30")]),
            "2026-12-29",
            None,
        ),
        (
            access("2026-11-24", &[("2026-12-23", "2027-01-05")]),
            "2027-01-06",
            None,
        ),
        // The two overlap: added up they would be 14 days.
        (
            access(
                "2026-10-01",
                &[("2026-10-05", "2026-10-12"), ("2026-10-08", "2026-10-15")],
            ),
            "2026-11-12",
            Some(day("2026-11-16")),
        ),
        // Rolled after each stop it would be a day later.
        (
            access(
                "2026-12-01",
                &[("2026-12-03", "2026-12-08"), ("2026-12-15", "2026-12-16")],
            ),
            "2027-01-11",
            Some(day("2027-01-12")),
        ),
        // Only what comes after the clock began stops it.
        (
            identified(
                access("2026-11-02", &[("2026-11-04", "2026-11-20")]),
                "2026-11-16",
            ),
            "2026-12-21",
            Some(day("2027-01-04")),
        ),
        (
            identified(
                access("2026-11-02", &[("2026-11-04", "2026-11-10")]),
                "2026-11-16",
            ),
            "2026-12-16",
            Some(day("2026-12-22")),
        ),
        (
            extended(access("2026-11-24", &[("2026-12-01", "2026-12-09")])),
            "2027-03-04",
            None,
        ),
        // A question stops the clock of an access request only.
        (
            ClockFacts {
                right: Right::Rectification,
                ..access("2026-11-24", &[("2026-11-26", "2026-11-30")])
            },
            "2026-12-24",
            Some(day("2026-12-29")),
        ),
    ] {
        let found = due(&facts, &ENGLAND_AND_WALES);
        assert_eq!(found, Some(day(expected)), "{facts:?}");
        assert_ne!(found, wrong, "{facts:?}");
    }
}

#[test]
fn a_day_of_receipt_is_the_civil_one_in_london() {
    // The clocks went back that morning: in London it was still the 25th.
    let received = london::date("2026-10-25T23:30:00Z".parse().unwrap());
    let facts = ClockFacts::received(Right::Access, received);
    assert_eq!(due(&facts, &ENGLAND_AND_WALES), Some(day("2026-11-25")));
}

#[test]
fn a_date_past_the_calendar_is_not_guessed_and_is_known_once_the_calendar_reaches_it() {
    let facts = access("2028-11-30", &[]);
    assert_eq!(
        facts.deadline(&ENGLAND_AND_WALES),
        ResponseDeadline::NotKnownYet(ENGLAND_AND_WALES.beyond())
    );
    let longer = ENGLAND_AND_WALES.extended(day("2029-12-31"), &[day("2029-01-01")]);
    assert_eq!(due(&facts, &longer), Some(day("2029-01-02")));
    // A bank holiday that is announced moves what falls on it, and nothing else.
    let announced = ENGLAND_AND_WALES.extended(day("2028-12-31"), &[day("2026-12-24")]);
    let moved = access("2026-11-24", &[]);
    assert_eq!(due(&moved, &announced), Some(day("2026-12-29")));
    let elsewhere = access("2026-11-23", &[]);
    assert_eq!(
        due(&elsewhere, &announced),
        due(&elsewhere, &ENGLAND_AND_WALES)
    );
}

#[test]
fn the_clock_waits_for_what_was_asked_and_stops_for_a_question() {
    let mut facts = access("2026-11-24", &[]);
    facts.waits = vec![Wait {
        need: Need::Identity,
        met: None,
    }];
    assert_eq!(
        facts.deadline(&ENGLAND_AND_WALES),
        ResponseDeadline::Waiting(Need::Identity)
    );
    assert_eq!(facts.extend_by(&ENGLAND_AND_WALES), None);
    facts.waits.clear();
    facts.questions = vec![Clarification {
        asked: day("2026-11-26"),
        answered: None,
    }];
    let since = day("2026-11-26");
    assert_eq!(
        facts.deadline(&ENGLAND_AND_WALES),
        ResponseDeadline::Stopped { since }
    );
    facts.right = Right::Erasure;
    assert_eq!(due(&facts, &ENGLAND_AND_WALES), Some(day("2026-12-24")));
}

#[test]
fn the_person_can_be_told_of_an_extension_until_the_day_that_it_replaces() {
    let stopped = access("2026-11-24", &[("2026-12-01", "2026-12-09")]);
    let notice = Some(day("2027-01-04"));
    assert_eq!(stopped.extend_by(&ENGLAND_AND_WALES), notice);
    assert_eq!(extended(stopped).extend_by(&ENGLAND_AND_WALES), notice);
}

#[test]
fn the_working_is_shown_in_words() {
    let words = |facts: &ClockFacts| match facts.deadline(&ENGLAND_AND_WALES) {
        ResponseDeadline::By { working, .. } => working.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        words(&access("2026-11-25", &[])),
        "received Wednesday 25 November 2026; one month is Friday 25 December 2026, a bank holiday; \
         the next working day is Tuesday 29 December 2026"
    );
    let facts = identified(
        access("2026-11-02", &[("2026-11-04", "2026-11-20")]),
        "2026-11-16",
    );
    assert_eq!(
        words(&facts),
        "received Monday 2 November 2026; the clock began when proof of identity was sufficient, \
         Monday 16 November 2026; one month is Wednesday 16 December 2026; the clock was stopped \
         for 4 days, which leads to Sunday 20 December 2026; the next working day is Monday 21 \
         December 2026"
    );
    assert_eq!(
        words(&extended(access("2026-11-24", &[]))),
        "received Tuesday 24 November 2026; three months are Wednesday 24 February 2027"
    );
}

#[test]
fn complaints_breaches_and_silence_have_clocks_of_their_own() {
    for (received, expected) in [
        ("2026-07-01", "2026-07-31"),
        ("2026-08-01", "2026-09-01"),
        ("2026-11-26", "2026-12-29"),
        ("2027-11-28", "2027-12-29"),
    ] {
        let by = acknowledge_complaint_by(day(received), &ENGLAND_AND_WALES);
        assert_eq!(by, Ok(day(expected)), "{received}");
    }
    for (aware, expected) in [
        ("2026-10-24T11:00:00Z", "2026-10-27 11:00:00"),
        ("2026-11-27T17:45:00Z", "2026-11-30 17:45:00"),
        ("2027-03-25T09:15:00Z", "2027-03-28 10:15:00"),
    ] {
        let by = london::time(tell_of_breach_by(aware.parse().unwrap()));
        assert_eq!(by.to_string(), expected, "{aware}");
    }
    assert_eq!(
        consider_closing_on(day("2026-11-26"), &ENGLAND_AND_WALES),
        Ok(day("2026-12-29"))
    );
}

/// Any facts whose deadline the calendar knows: up to three questions, answered, and up to three
/// needs, met.
fn any_facts() -> impl Strategy<Value = ClockFacts> {
    let date = |days: i64| day("2025-01-06") + TimeDelta::days(days);
    let question = (0_i64..120, 0_i64..40);
    let wait = (
        0_i64..60,
        prop_oneof![Just(Need::Identity), Just(Need::Authority), Just(Need::Fee)],
    );
    (
        0_i64..900,
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(question, 0..4),
        proptest::collection::vec(wait, 0..4),
    )
        .prop_map(move |(received, access, extended, questions, waits)| {
            let question = |(asked, took): (i64, i64)| Clarification {
                asked: date(received + asked),
                answered: Some(date(received + asked + took)),
            };
            let wait = |(met, need): (i64, Need)| Wait {
                need,
                met: Some(date(received + met)),
            };
            let right = if access {
                Right::Access
            } else {
                Right::Erasure
            };
            ClockFacts {
                right,
                received: date(received),
                waits: waits.into_iter().map(wait).collect(),
                questions: questions.into_iter().map(question).collect(),
                extended,
            }
        })
}

proptest! {
    #[test]
    fn a_later_receipt_is_never_due_earlier(facts in any_facts(), later in 0_u64..30) {
        let before = due(&facts, &ENGLAND_AND_WALES).unwrap();
        let facts = ClockFacts { received: facts.received + Days::new(later), ..facts };
        // What was asked and answered before it came stops nothing any longer.
        let questions = facts.questions.iter().all(|one| one.asked >= facts.received);
        prop_assume!(questions || !facts.right.question_stops_the_clock());
        prop_assert!(due(&facts, &ENGLAND_AND_WALES).unwrap() >= before);
    }

    #[test]
    fn a_pause_never_brings_a_date_forward(facts in any_facts(), asked in 0_u64..90, took in 0_u64..40) {
        let before = due(&facts, &ENGLAND_AND_WALES).unwrap();
        let asked = facts.received + Days::new(asked);
        let mut facts = facts;
        facts.questions.push(Clarification { asked, answered: Some(asked + Days::new(took)) });
        prop_assert!(due(&facts, &ENGLAND_AND_WALES).unwrap() >= before);
    }

    #[test]
    fn the_order_of_entries_makes_no_difference_and_the_day_is_a_working_day(facts in any_facts()) {
        let mut turned = facts.clone();
        turned.questions.reverse();
        turned.waits.reverse();
        turned.questions.extend(facts.questions.first().copied());
        prop_assert_eq!(turned.deadline(&ENGLAND_AND_WALES), facts.deadline(&ENGLAND_AND_WALES));
        let due = due(&facts, &ENGLAND_AND_WALES).unwrap();
        prop_assert!(ENGLAND_AND_WALES.is_working_day(due).unwrap());
        let notice = facts.extend_by(&ENGLAND_AND_WALES).unwrap();
        prop_assert!(notice <= due);
    }
}
