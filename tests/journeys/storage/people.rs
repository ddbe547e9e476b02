//! From identifiers to holders: what is followed, and what is asked about first.

use super::tables::{Tables, lend};
use super::{DAY, END, TOLD, at, day, ends, record, subject};
use custodian_domain::identity::assertion::Assertion;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::record::Holder;
use custodian_domain::record::source::Source;
use custodian_domain::rights::decision::Decisions;
use custodian_rights::people::{Follow, Found, Linked, People};
use std::collections::BTreeSet;

const PHONE: &str = "07700 900142";

fn secret(version: &str) -> String {
    format!(r#""version": "{version}", "key": "{}""#, version.repeat(40))
}

fn keys() -> SubjectKeys {
    SubjectKeys::parse(&format!("{{{}}}", secret("1"))).unwrap()
}

fn email(name: &str) -> Identifier {
    Identifier::email(&format!("{name}@example.org")).unwrap()
}

fn phone() -> Identifier {
    Identifier::phone(PHONE).unwrap()
}

fn held_by(identifiers: &[Identifier]) -> Vec<Holder> {
    let mut holders: Vec<Holder> = identifiers
        .iter()
        .map(|one| Holder::Subject(keys().key(one)))
        .collect();
    holders.sort();
    holders
}

/// Keeps a record that names both identifiers, and the link from the telephone number to it.
async fn keep(tables: &Tables, source: Source, name: &str) {
    let (records, key) = (tables.records(), keys().key(&email(name)));
    records
        .link(&keys().key(&phone()), &key, day(DAY), ends(END))
        .await
        .unwrap();
    let mut record = record(&Holder::Subject(key), name, "Quick.");
    let (email, phone) = (
        Some(format!("{name}@example.org")),
        Some("+44 (0)7700 900 142".to_owned()),
    );
    record.details.contact = Contact {
        email,
        phone,
        ..Contact::default()
    };
    record.details.source = source;
    records.keep(&record, at(TOLD)).await.unwrap();
}

/// Staff record what somebody says, with their address and number.
async fn tell(tables: &Tables, name: &str) {
    keep(tables, Source::Complaints, name).await;
}

/// Somebody types an address and the number into a form.
async fn claim(tables: &Tables, name: &str) {
    keep(tables, Source::WebForm, name).await;
}

/// Somebody sent something and gave the telephone number alone.
async fn call(tables: &Tables) {
    let mut record = record(&Holder::Subject(keys().key(&phone())), "call", "Quick.");
    record.details.contact = Contact {
        phone: Some(PHONE.to_owned()),
        ..Contact::default()
    };
    record.details.source = Source::Telephone;
    tables.records().keep(&record, at(TOLD)).await.unwrap();
}

async fn decide(
    tables: &Tables,
    identifiers: &[Identifier],
    decisions: &Decisions,
    follow: Follow,
) -> Found {
    let people = tables.people(keys());
    people
        .find(identifiers, decisions, follow, at(TOLD))
        .await
        .unwrap()
}

async fn find(
    tables: &Tables,
    identifiers: &[Identifier],
    confirmed: &[String],
    follow: Follow,
) -> Found {
    decide(
        tables,
        identifiers,
        &Decisions::confirming(confirmed),
        follow,
    )
    .await
}

fn shown(found: &Found) -> Vec<(&str, bool, bool)> {
    found
        .linked
        .iter()
        .map(|link| (link.person.as_str(), link.followed, link.confirmed))
        .collect()
}

fn link_of<'a>(found: &'a Found, person: &str) -> &'a Linked {
    found
        .linked
        .iter()
        .find(|link| link.person == person)
        .unwrap()
}

#[tokio::test]
async fn an_identifier_leads_to_its_own_records_and_to_nobody_else() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(
            (found.holders, found.linked),
            (held_by(&[email("rosa")]), vec![])
        );
        assert_eq!(
            found.named,
            [phone()],
            "a number that leads to nothing else is no question"
        );
    })
    .await;
}

#[tokio::test]
async fn the_only_link_is_followed_into_a_package_and_asked_about_before_an_erasure() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let packed = find(tables, &[phone()], &[], Follow::Unambiguous).await;
        assert_eq!(packed.holders, held_by(&[phone(), email("rosa")]));
        assert_eq!(shown(&packed), [("r•••@example.org", true, false)]);
        assert_eq!(packed.linked[0].through, IdentifierKind::Phone);
        assert_eq!(
            (packed.unconfirmed(), packed.undecided().is_empty()),
            (vec![packed.linked[0].link.clone()], true)
        );
        let asked = find(tables, &[phone()], &[], Follow::Confirmed).await;
        assert_eq!(
            (&asked.holders, shown(&asked)),
            (
                &held_by(&[phone()]),
                vec![("r•••@example.org", false, false)]
            )
        );
        let link = asked.linked[0].link.clone();
        assert_eq!(
            (asked.undecided().proven, asked.links().undecided),
            (vec![link.clone()], 1)
        );
        let confirmed = find(
            tables,
            &[phone()],
            std::slice::from_ref(&link),
            Follow::Confirmed,
        )
        .await;
        assert_eq!(confirmed.holders, held_by(&[phone(), email("rosa")]));
        assert_eq!(shown(&confirmed), [("r•••@example.org", true, true)]);
        let refusing = Decisions {
            refused: vec![link],
            ..Decisions::default()
        };
        for follow in [Follow::Unambiguous, Follow::Confirmed] {
            let refused = decide(tables, &[phone()], &refusing, follow).await;
            assert_eq!(
                (&refused.holders, refused.linked[0].refused),
                (&held_by(&[phone()]), true)
            );
            assert_eq!(
                (refused.links().undecided, refused.undecided().is_empty()),
                (0, true)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_says_who_asserts_it_through_what_from_when_to_when_and_how_much_it_adds() {
    lend(async |tables| {
        for (source, name, when) in [
            (Source::WebForm, "first", "2096-11-20T10:00:00Z"),
            (Source::Support, "second", "2096-11-21T10:00:00Z"),
            (Source::WebForm, "third", "2096-11-22T10:00:00Z"),
        ] {
            let mut record = record(&Holder::Subject(keys().key(&email("rosa"))), name, "Quick.");
            let named = name != "third";
            let phone = named.then(|| PHONE.to_owned());
            record.details.contact = Contact {
                phone,
                ..record.details.contact
            };
            (record.details.source, record.details.collected_at) = (source, at(when));
            tables.records().keep(&record, at(TOLD)).await.unwrap();
        }
        let (from, to) = (keys().key(&phone()), keys().key(&email("rosa")));
        tables
            .records()
            .link(&from, &to, day(DAY), ends(END))
            .await
            .unwrap();
        let found = find(tables, &[phone()], &[], Follow::Confirmed).await;
        let link = &found.linked[0];
        assert_eq!(
            link.asserted_by,
            BTreeSet::from([Assertion::Claimed, Assertion::Staff])
        );
        assert_eq!(
            link.sources,
            BTreeSet::from([Source::WebForm, Source::Support])
        );
        assert_eq!(
            (link.from, link.to),
            (
                Some(at("2096-11-20T10:00:00Z")),
                Some(at("2096-11-21T10:00:00Z"))
            )
        );
        assert_eq!(
            (link.records, link.assertion),
            (3, Assertion::Staff),
            "the third names no number, and is theirs"
        );
    })
    .await;
}

#[tokio::test]
async fn two_people_who_share_a_telephone_are_shown_and_not_mixed() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        tell(tables, "abel").await;
        for follow in [Follow::Unambiguous, Follow::Confirmed] {
            let found = find(tables, &[phone()], &[], follow).await;
            assert_eq!(found.holders, held_by(&[phone()]));
            let mut people = shown(&found);
            people.sort_unstable();
            assert_eq!(
                people,
                [
                    ("a•••@example.org", false, false),
                    ("r•••@example.org", false, false)
                ]
            );
            let abel = link_of(&found, "a•••@example.org").link.clone();
            let confirmed = find(tables, &[phone()], &[abel], follow).await;
            assert_eq!(confirmed.holders, held_by(&[phone(), email("abel")]));
        }
        let both = find(tables, &[phone(), email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(
            (&both.holders, shown(&both)),
            (
                &held_by(&[phone(), email("rosa")]),
                vec![("a•••@example.org", false, false)]
            )
        );
    })
    .await;
}

#[tokio::test]
async fn a_claim_is_followed_by_nobody_and_makes_nothing_ambiguous() {
    lend(async |tables| {
        claim(tables, "mallory").await;
        let alone = find(tables, &[phone()], &[], Follow::Unambiguous).await;
        assert_eq!(
            (&alone.holders, shown(&alone)),
            (
                &held_by(&[phone()]),
                vec![("m•••@example.org", false, false)]
            )
        );
        call(tables).await;
        let reversed = find(tables, &[email("mallory")], &[], Follow::Unambiguous).await;
        let expected = (held_by(&[email("mallory")]), vec![("•••142", false, false)]);
        assert_eq!((reversed.holders.clone(), shown(&reversed)), expected);
        tell(tables, "rosa").await;
        let found = find(tables, &[phone()], &[], Follow::Unambiguous).await;
        assert_eq!(found.holders, held_by(&[phone(), email("rosa")]));
        assert_eq!(
            shown(&found),
            [
                ("r•••@example.org", true, false),
                ("m•••@example.org", false, false)
            ]
        );
        let of_rosa = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(of_rosa.holders, held_by(&[phone(), email("rosa")]));
        assert_eq!(
            shown(&of_rosa),
            [("•••142", true, false), ("m•••@example.org", false, false)]
        );
        let flood = Decisions {
            refuses_claimed: true,
            ..Decisions::default()
        };
        let found = decide(tables, &[phone()], &flood, Follow::Unambiguous).await;
        assert_eq!(
            (
                link_of(&found, "m•••@example.org").refused,
                found.links().undecided
            ),
            (true, 1)
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_that_records_name_is_looked_up_and_asked_about_before_an_erasure() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        call(tables).await;
        let packed = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(
            (&packed.holders, shown(&packed)),
            (
                &held_by(&[phone(), email("rosa")]),
                vec![("•••142", true, false)]
            )
        );
        let asked = find(tables, &[email("rosa")], &[], Follow::Confirmed).await;
        assert_eq!(
            (&asked.holders, shown(&asked)),
            (&held_by(&[email("rosa")]), vec![("•••142", false, false)])
        );
        let confirming = Decisions::confirming(&[asked.linked[0].link.clone()]);
        let confirmed = decide(tables, &[email("rosa")], &confirming, Follow::Confirmed).await;
        assert_eq!(confirmed.holders, packed.holders);
        People::must_know(&confirming, &confirmed).unwrap();
        let mistyped = Decisions {
            refused: vec!["000000000000".to_owned()],
            ..Decisions::default()
        };
        assert_eq!(
            People::must_know(&mistyped, &confirmed).unwrap_err().field,
            "refused_links"
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_that_leads_to_others_is_shown_and_not_followed() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        tell(tables, "abel").await;
        for _ in 0..2 {
            let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
            assert_eq!(
                (&found.holders, shown(&found)),
                (&held_by(&[email("rosa")]), vec![("•••142", false, false)])
            );
            call(tables).await;
        }
        let asked = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        let found = find(
            tables,
            &[email("rosa")],
            &[asked.linked[0].link.clone()],
            Follow::Unambiguous,
        )
        .await;
        assert_eq!(found.holders, held_by(&[phone(), email("rosa")]));
        let mut people = shown(&found);
        people.sort_unstable();
        assert_eq!(
            people,
            [("a•••@example.org", false, false), ("•••142", true, true)]
        );
    })
    .await;
}

#[tokio::test]
async fn no_more_is_followed_unasked_than_a_household_has() {
    lend(async |tables| {
        for number in 0..12 {
            let (mobile, key) = (format!("07700 9001{number:02}"), keys().key(&email("rosa")));
            let mut told = record(&Holder::Subject(key), &mobile, "Quick.");
            let (email, phone) = (Some("rosa@example.org".to_owned()), Some(mobile.clone()));
            told.details.contact = Contact {
                email,
                phone: phone.clone(),
                ..Contact::default()
            };
            told.details.source = Source::Support;
            tables.records().keep(&told, at(TOLD)).await.unwrap();
            let holder = Holder::Subject(keys().key(&Identifier::phone(&mobile).unwrap()));
            let mut called = record(&holder, "call", "Quick.");
            called.details.contact = Contact {
                phone,
                ..Contact::default()
            };
            tables.records().keep(&called, at(TOLD)).await.unwrap();
        }
        let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(found.linked.iter().filter(|link| link.followed).count(), 10);
        assert_eq!((found.linked.len(), found.holders.len()), (12, 11));
        assert_eq!(
            found.undecided().proven.len(),
            2,
            "and the others are asked about"
        );
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_under_an_earlier_key_is_found_with_the_present_one() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let rotated = format!(r#"{{{}, "previous": [{{{}}}]}}"#, secret("2"), secret("1"));
        let people = tables.people(SubjectKeys::parse(&rotated).unwrap());
        let find = async |decisions: &Decisions| {
            people
                .find(&[phone()], decisions, Follow::Unambiguous, at(TOLD))
                .await
                .unwrap()
        };
        let found = find(&Decisions::default()).await;
        assert_eq!(
            found.holders.len(),
            4,
            "the telephone and the person, each under both keys"
        );
        assert!(
            held_by(&[phone(), email("rosa")])
                .iter()
                .all(|holder| found.holders.contains(holder))
        );
        assert_eq!(found.linked.len(), 1, "one person is one link");
        // A claim under the present key, made after the rotation, belongs to another person and
        // makes nothing ambiguous.
        let (from, to) = (
            people.keys.key(&phone()),
            people.keys.key(&email("mallory")),
        );
        tables
            .records()
            .link(&from, &to, day(DAY), ends(END))
            .await
            .unwrap();
        let mut forged = record(&Holder::Subject(to), "forged", "Quick.");
        let address = Some("mallory@example.org".to_owned());
        forged.details.contact = Contact {
            email: address,
            phone: Some(PHONE.to_owned()),
            ..Contact::default()
        };
        tables.records().keep(&forged, at(TOLD)).await.unwrap();
        let found = find(&Decisions::default()).await;
        assert_eq!(
            (
                found.holders.len(),
                found.linked.len(),
                found.undecided().claimed.len()
            ),
            (4, 2, 1)
        );
        // A decision that used the link's earlier name still counts.
        let earlier = tables.people(keys()).name_of(&email("rosa"));
        assert_ne!(earlier, found.linked[0].link);
        let confirming = Decisions::confirming(&[earlier]);
        let found = find(&confirming).await;
        assert!(found.linked[0].confirmed && People::must_know(&confirming, &found).is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_reference_leads_to_its_anonymous_answer() {
    lend(async |tables| {
        let reference = record(&Holder::Subject(subject("rosa")), "k", "Quick.")
            .details
            .reference;
        let quoted = Identifier::reference(&reference.as_str().to_lowercase()).unwrap();
        let found = find(tables, &[quoted], &[], Follow::Confirmed).await;
        assert!(found.holders.contains(&Holder::Anonymous(reference)));
        let other = Identifier::reference("CUSTOMER-1").unwrap();
        let found = find(tables, std::slice::from_ref(&other), &[], Follow::Confirmed).await;
        assert_eq!(
            found.holders,
            held_by(&[other]),
            "what is no reference of ours is not taken for one"
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_over_leads_nowhere() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let people = tables.people(keys());
        let found = people
            .find(
                &[phone()],
                &Decisions::default(),
                Follow::Unambiguous,
                at(END),
            )
            .await
            .unwrap();
        assert_eq!((found.holders, found.linked), (held_by(&[phone()]), vec![]));
    })
    .await;
}

#[tokio::test]
async fn of_very_many_links_an_answer_lists_a_hundred_and_all_are_there() {
    lend(async |tables| {
        let (records, phone_key) = (tables.records(), keys().key(&phone()));
        for number in 0..103 {
            records
                .link(
                    &phone_key,
                    &subject(&number.to_string()),
                    day(DAY),
                    ends(END),
                )
                .await
                .unwrap();
        }
        tell(tables, "rosa").await;
        let found = find(tables, &[phone()], &[], Follow::Unambiguous).await;
        assert_eq!(
            (&found.holders, found.linked.len()),
            (&held_by(&[phone(), email("rosa")]), 104)
        );
        let links = found.links();
        assert_eq!(
            (links.linked.len(), links.linked_total, links.undecided),
            (100, 104, 104)
        );
        assert_eq!(
            found.linked[0].person, "r•••@example.org",
            "the best asserted first"
        );
        let rest = &found.linked[1..];
        assert!(
            rest.iter()
                .all(|link| link.person == "nobody with a record" && !link.followed)
        );
        assert!(
            rest.iter()
                .all(|link| link.asserted_by.is_empty() && link.records == 0)
        );
    })
    .await;
}
