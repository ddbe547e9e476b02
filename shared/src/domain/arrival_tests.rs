use crate::domain::answers::Answer;
use crate::domain::custody::Custody;
use crate::domain::particulars::{Leg, Particulars, Post, Telephone};
use crate::domain::record::Details;
use crate::domain::revision::Revision;
use crate::domain::satisfaction::Satisfaction;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minute)
}

/// One leg of a call: when, from which row of the file, what number, what rating.
fn leg(minute: i64, row: u64, phone: Option<u32>, rating: Option<u8>) -> Details {
    let telephone = Telephone {
        legs: vec![Leg {
            at: at(minute),
            campaign: None,
            skill: None,
            outcome: None,
            seconds: Some(u32::try_from(row).unwrap()),
            service: Some(format!("service-{minute}")),
        }],
        answered_at: rating.map(|_| at(minute)),
        named_at: phone.map(|_| at(minute)),
    };
    let revision = Revision::row(at(100), row);
    let mut details = Details::told("300000002187346", at(minute), revision, Particulars::Telephone(telephone));
    details.service = Some(format!("service-{minute}"));
    details.satisfaction = rating.map(|rating| Satisfaction::try_from(rating).unwrap());
    details.contact.phone = phone.map(|number| format!("07700 900{number:03}"));
    details.custody = vec![Custody::five9(at(minute))];
    details
}

fn post(minute: i64, row: u64, text: &str) -> Details {
    let particulars = Particulars::Social(Post { network: "x".to_owned(), url: None, sentiment: None });
    let mut details = Details::told("9911", at(minute), Revision::row(at(100), row), particulars);
    details.answers.insert("comment".to_owned(), Answer::Text(text.to_owned()));
    details
}

#[test]
fn the_legs_of_a_transfer_are_one_call_with_the_rating_of_the_last_and_the_anchor_of_the_first() {
    let (first, second) = (leg(0, 2, Some(177), None), leg(4, 3, Some(177), Some(2)));
    let call = first.corrected(&second);
    assert_eq!(call.legs(), 2);
    assert_eq!((call.collected_at, call.retention), (first.collected_at, first.retention));
    assert_eq!(call.satisfaction, second.satisfaction);
    assert_eq!(call.service.as_deref(), Some("service-4"));
    assert_eq!(call.custody, second.custody, "Five9 holds the last leg the longest");
}

#[test]
fn a_correction_renews_nothing() {
    let (first, later) = (post(0, 1, "Bins."), post(60 * 24 * 30, 2, "Bins. Again."));
    let corrected = first.corrected(&later);
    assert_eq!(corrected.answers, later.answers);
    assert_eq!((corrected.collected_at, corrected.retention), (first.collected_at, first.retention));
}

fn any_leg() -> impl Strategy<Value = Details> {
    let (phone, rating) = (proptest::option::of(0_u32..3), proptest::option::of(1_u8..=5));
    // A row is one leg; the same leg may come again, corrected, in another row.
    (0_i64..4, 0_u64..6, phone, rating)
        .prop_map(|(minute, row, phone, rating)| leg(minute, u64::try_from(minute).unwrap() + 4 * row, phone, rating))
}

proptest! {
    #[test]
    fn the_order_in_which_posts_arrive_does_not_matter(minutes in proptest::collection::vec(0_i64..50, 2..6), seed in any::<u64>()) {
        let posts: Vec<Details> =
            minutes.iter().enumerate().map(|(row, minute)| post(*minute, row as u64, &row.to_string())).collect();
        let mut shuffled = posts.clone();
        let turn = usize::try_from(seed % posts.len() as u64).unwrap();
        shuffled.rotate_left(turn);
        let fold = |posts: &[Details]| posts.iter().skip(1).fold(posts[0].clone(), |held, later| held.corrected(later));
        prop_assert_eq!(fold(&posts), fold(&shuffled));
    }

    #[test]
    fn hearing_a_leg_again_changes_nothing(legs in proptest::collection::vec(any_leg(), 1..8), again in 0_usize..8) {
        let call = legs.iter().skip(1).fold(legs[0].clone(), |held, later| held.corrected(later));
        let again = &legs[again % legs.len()];
        // Every leg that was told is in it, once; and telling the same rows again adds nothing.
        let twice = legs.iter().fold(call.clone(), |held, later| held.corrected(later));
        prop_assert_eq!(twice.legs(), call.legs());
        prop_assert!(call.corrected(again).legs() == call.legs());
        prop_assert_eq!(call.collected_at, legs.iter().map(|leg| leg.collected_at).min().unwrap());
    }
}
