use super::are_of_two;
use crate::identity::contact::Contact;
use crate::record::RecordBody;
use crate::record::processor_copy::ProcessorCopy;
use crate::record::revision::Revision;
use crate::record::satisfaction::Satisfaction;
use crate::record::source_details::{Leg, Post, ReportRow, SourceDetails, TelephoneDetails};
use crate::survey::answers::Answer;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minute)
}

/// A row of a report: one leg of a call.
#[derive(Clone, Debug)]
struct Row {
    minute: i64,
    skill: u8,
    /// Whether the clock can't tell: the hour comes twice.
    twice: bool,
    line: u64,
    /// The number of the report.
    report: i64,
    phone: Option<u32>,
    rating: Option<u8>,
}

fn row(minute: i64, line: u64, phone: Option<u32>, rating: Option<u8>) -> Row {
    Row {
        minute,
        skill: 0,
        twice: false,
        line,
        report: 0,
        phone,
        rating,
    }
}

fn told(
    Row {
        minute,
        skill,
        twice,
        line,
        report,
        phone,
        rating,
    }: &Row,
) -> RecordBody {
    let began = at(*minute);
    let leg = Leg {
        at: began,
        campaign: None,
        skill: Some(skill.to_string()),
        outcome: None,
        seconds: Some(60),
        service: Some(format!("service-{minute}")),
    };
    let revision = Revision::row(at(100 + report), *line);
    let said = ReportRow::of(&leg, twice.then(|| (at(-1), *line)), revision.file());
    let telephone = TelephoneDetails {
        legs: vec![leg],
        answered_at: rating.map(|_| began),
        named_at: phone.map(|_| began),
        answered_by: rating.map(|_| said.clone()),
        named_by: phone.map(|_| said),
    };
    let mut details = RecordBody::from_source(
        "300000002187346",
        began,
        revision,
        SourceDetails::Telephone(telephone),
    );
    details.service = Some(format!("service-{minute}"));
    details.satisfaction = rating.map(|rating| Satisfaction::try_from(rating).unwrap());
    details.contact.phone = phone.map(|number| format!("07700 900{number:03}"));
    details.custody = vec![ProcessorCopy::five9(began)];
    details
}

fn leg(minute: i64, line: u64, phone: Option<u32>, rating: Option<u8>) -> RecordBody {
    told(&row(minute, line, phone, rating))
}

/// What is stored after these versions.
fn after(words: &[RecordBody]) -> RecordBody {
    words
        .iter()
        .skip(1)
        .fold(words[0].clone(), |held, later| held.corrected(later))
}

fn post(minute: i64, row: u64, text: &str) -> RecordBody {
    let particulars = SourceDetails::Social(Post {
        network: "x".to_owned(),
        url: None,
        sentiment: None,
    });
    let mut details =
        RecordBody::from_source("9911", at(minute), Revision::row(at(100), row), particulars);
    details
        .answers
        .insert("comment".to_owned(), Answer::Text(text.to_owned()));
    details
}

#[test]
fn the_legs_of_a_transfer_are_one_call_with_the_rating_of_the_last_and_the_anchor_of_the_first() {
    let (first, second) = (leg(0, 2, Some(177), None), leg(4, 3, Some(177), Some(2)));
    let call = first.corrected(&second);
    assert_eq!(call.legs(), 2);
    assert_eq!(
        (call.collected_at, call.retention),
        (first.collected_at, first.retention)
    );
    assert_eq!(call.satisfaction, second.satisfaction);
    assert_eq!(call.service.as_deref(), Some("service-4"));
    assert_eq!(
        call.custody, second.custody,
        "Five9 holds the last leg the longest"
    );
}

#[test]
fn a_correction_renews_nothing() {
    let (first, later) = (post(0, 1, "Bins."), post(60 * 24 * 30, 2, "Bins. Again."));
    let corrected = first.corrected(&later);
    assert_eq!(corrected.answers, later.answers);
    assert_eq!(
        (corrected.collected_at, corrected.retention),
        (first.collected_at, first.retention)
    );
}

#[test]
fn two_legs_of_one_second_are_both_kept_whichever_comes_first() {
    let (one, other) = (
        leg(0, 2, Some(1), None),
        told(&Row {
            skill: 1,
            ..row(0, 3, Some(1), Some(2))
        }),
    );
    let call = one.corrected(&other);
    assert_eq!((call.legs(), call.satisfaction), (2, other.satisfaction));
    assert!(call.says_the_same_as(&other.corrected(&one)));
    assert_eq!(call.corrected(&one).legs(), 2, "and neither comes twice");
}

#[test]
fn in_the_hour_that_is_there_twice_the_later_row_of_the_report_is_the_later_leg() {
    let first = told(&Row {
        twice: true,
        ..row(58, 2, Some(1), Some(5))
    });
    let last = told(&Row {
        twice: true,
        ..row(10, 3, Some(1), Some(1))
    });
    for call in [first.corrected(&last), last.corrected(&first)] {
        assert_eq!(call.satisfaction, last.satisfaction);
        assert_eq!(
            call.collected_at, last.collected_at,
            "and the time counts from the earliest that it can have been"
        );
    }
}

#[test]
fn a_later_report_corrects_the_rating_of_a_leg_and_not_that_of_a_later_leg() {
    let (first, last) = (leg(0, 2, Some(1), Some(3)), leg(4, 3, Some(1), Some(1)));
    let corrected = told(&Row {
        report: 1,
        ..row(4, 9, Some(1), Some(2))
    });
    let earlier = told(&Row {
        report: 1,
        ..row(0, 8, Some(1), Some(5))
    });
    let call = after(&[first, last, corrected.clone(), earlier]);
    assert_eq!(
        (call.satisfaction, call.legs()),
        (corrected.satisfaction, 2)
    );
}

#[test]
fn a_call_that_an_earlier_version_kept_is_joined_as_before() {
    let formerly = |details: &RecordBody| {
        let SourceDetails::Telephone(mut call) = details.particulars.clone() else {
            panic!()
        };
        (call.answered_by, call.named_by) = (None, None);
        RecordBody {
            particulars: SourceDetails::Telephone(call),
            ..details.clone()
        }
    };
    let (first, second) = (leg(0, 2, Some(1), Some(3)), leg(4, 3, Some(2), Some(1)));
    let held = formerly(&first.corrected(&second));
    for again in [&first, &second] {
        assert!(
            held.corrected(again).says_the_same_as(&held),
            "the same file again changes nothing"
        );
    }
    let third = leg(9, 4, None, Some(4));
    let call = held.corrected(&third);
    assert_eq!(
        (call.legs(), call.satisfaction, call.contact),
        (3, third.satisfaction, first.contact)
    );
}

#[test]
fn who_and_when_together_are_of_two() {
    let who = |name: Option<&str>, email: Option<&str>| Contact {
        name: name.map(str::to_owned),
        email: email.map(str::to_owned),
        ..Contact::default()
    };
    let (alex, sam) = (
        who(Some("Alex"), Some("a@example.org")),
        who(Some("Sam"), Some("s@example.org")),
    );
    assert!(are_of_two((&alex, at(0)), (&sam, at(1))));
    assert!(
        !are_of_two((&alex, at(0)), (&sam, at(0))),
        "whom it is of may be corrected"
    );
    assert!(
        !are_of_two((&alex, at(0)), (&alex, at(1))),
        "and when it was"
    );
    assert!(
        !are_of_two((&alex, at(0)), (&Contact::default(), at(1))),
        "nobody is no other"
    );
    assert!(
        !are_of_two(
            (&alex, at(0)),
            (&who(Some("Alex"), Some("other@example.org")), at(1))
        ),
        "one name, a new address"
    );
    assert!(
        !are_of_two(
            (&alex, at(0)),
            (&who(Some("A. Example"), Some("A@Example.org")), at(1))
        ),
        "one address"
    );
    assert!(are_of_two(
        (&who(Some("Alex"), None), at(0)),
        (&who(Some("Sam"), None), at(1))
    ));
    assert!(are_of_two(
        (&who(None, Some("a@example.org")), at(0)),
        (&who(None, Some("s@example.org")), at(1))
    ));
}

fn any_row() -> impl Strategy<Value = Row> {
    let (phone, rating) = (
        proptest::option::of(0_u32..3),
        proptest::option::of(1_u8..=5),
    );
    let twice = prop_oneof![3 => Just(false), 1 => Just(true)];
    (0_i64..4, 0_u8..2, twice, phone, rating).prop_map(|(minute, skill, twice, phone, rating)| {
        Row {
            minute,
            skill,
            twice,
            line: 0,
            report: 0,
            phone,
            rating,
        }
    })
}

/// Rows of a call as two reports have them: each row has its line.
fn any_reports() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec((any_row(), 0_i64..2), 1..9).prop_map(|rows| {
        let numbered = rows.into_iter().zip(2..);
        numbered
            .map(|((row, report), line)| Row {
                line,
                report,
                ..row
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_order_in_which_posts_arrive_does_not_matter(minutes in proptest::collection::vec(0_i64..50, 2..6), seed in any::<u64>()) {
        let posts: Vec<RecordBody> =
            minutes.iter().enumerate().map(|(row, minute)| post(*minute, row as u64, &row.to_string())).collect();
        let mut shuffled = posts.clone();
        let turn = usize::try_from(seed % posts.len() as u64).unwrap();
        shuffled.rotate_left(turn);
        prop_assert_eq!(after(&posts), after(&shuffled));
    }

    /// Rows keep their lines: this is the order in which they arrive, in whichever files and
    /// chunks.
    #[test]
    fn the_order_in_which_the_rows_of_a_call_arrive_does_not_matter(
        (rows, shuffled) in any_reports().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let words = |rows: &[Row]| rows.iter().map(told).collect::<Vec<_>>();
        prop_assert_eq!(after(&words(&rows)), after(&words(&shuffled)));
    }

    /// Where their times tell legs apart, the order of a report's lines does not matter either.
    #[test]
    fn the_order_of_the_rows_in_a_report_does_not_matter(
        (rows, shuffled) in proptest::collection::vec(any_row(), 1..9)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let words = |rows: &[Row]| {
            let numbered = rows.iter().zip(2..).map(|(row, line)| Row { line, twice: false, ..row.clone() });
            numbered.map(|row| told(&row)).collect::<Vec<_>>()
        };
        prop_assert!(after(&words(&rows)).says_the_same_as(&after(&words(&shuffled))));
    }

    #[test]
    fn calls_may_be_joined_in_any_grouping(rows in any_reports(), at in any::<prop::sample::Index>()) {
        let words: Vec<RecordBody> = rows.iter().map(told).collect();
        let (left, right) = words.split_at(at.index(words.len()));
        if !left.is_empty() {
            prop_assert_eq!(after(left).corrected(&after(right)), after(&words));
        }
    }

    #[test]
    fn hearing_a_leg_again_changes_nothing(rows in any_reports(), again in any::<prop::sample::Index>(), report in 2_i64..4) {
        let words: Vec<RecordBody> = rows.iter().map(told).collect();
        let call = after(&words);
        prop_assert_eq!(call.corrected(again.get(&words)), call.clone());
        prop_assert_eq!(call.corrected(&call), call.clone());
        // The same rows again in a later report, as they were in the last one.
        let last = rows.iter().map(|row| row.report).max().unwrap();
        let later: Vec<RecordBody> =
            rows.iter().filter(|row| row.report == last).map(|row| told(&Row { report, ..row.clone() })).collect();
        let twice = later.iter().fold(call.clone(), |held, later| held.corrected(later));
        prop_assert_eq!(twice.legs(), call.legs());
        let earliest = words.iter().map(|leg| leg.collected_at).min().unwrap();
        prop_assert_eq!((call.collected_at, twice.collected_at), (earliest, earliest));
    }

    #[test]
    fn the_same_report_again_says_the_same(rows in proptest::collection::vec(any_row(), 1..9)) {
        let rows: Vec<Row> = rows.into_iter().zip(2..).map(|(row, line)| Row { line, ..row }).collect();
        let call = after(&rows.iter().map(told).collect::<Vec<_>>());
        let again = rows.iter().map(|row| told(&Row { report: 1, ..row.clone() }));
        prop_assert!(again.fold(call.clone(), |held, later| held.corrected(&later)).says_the_same_as(&call));
    }
}
