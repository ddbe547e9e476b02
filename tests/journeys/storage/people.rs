//! From identifiers to holders: what is followed, and what is asked about first.

use super::tables::{Tables, lend};
use super::{DAY, END, TOLD, at, day, ends, record, subject};
use shared::domain::identifier::{Identifier, Kind};
use shared::domain::record::{Contact, Holder};
use shared::domain::subject::SubjectKeys;
use shared::storage::people::{Follow, Found, Linked, People};

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
    let mut holders: Vec<Holder> = identifiers.iter().map(|one| Holder::Subject(keys().key(one))).collect();
    holders.sort();
    holders
}

/// Somebody tells something and gives the telephone as well.
async fn tell(tables: &Tables, name: &str) {
    let (records, key) = (tables.records(), keys().key(&email(name)));
    records.link(&keys().key(&phone()), &key, day(DAY), ends(END)).await.unwrap();
    let mut record = record(&Holder::Subject(key), "k", "Quick.");
    record.details.contact.email = Some(format!("{name}@example.org"));
    records.keep(&record, at(TOLD)).await.unwrap();
}

async fn find(tables: &Tables, identifiers: &[Identifier], confirmed: &[String], follow: Follow) -> Found {
    let people = People { keys: keys(), records: tables.records() };
    people.find(identifiers, confirmed, follow, at(TOLD)).await.unwrap()
}

fn shown(found: &Found) -> Vec<(&str, bool, bool)> {
    found.linked.iter().map(|link| (link.person.as_str(), link.followed, link.confirmed)).collect()
}

#[tokio::test]
async fn an_identifier_leads_to_its_own_records_and_to_nobody_else() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!((found.holders, found.linked), (held_by(&[email("rosa")]), vec![]));
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
        assert_eq!(packed.linked[0].through, Kind::Phone);
        let asked = find(tables, &[phone()], &[], Follow::Confirmed).await;
        assert_eq!((&asked.holders, shown(&asked)), (&held_by(&[phone()]), vec![("r•••@example.org", false, false)]));
        let confirmed = find(tables, &[phone()], &[asked.linked[0].link.clone()], Follow::Confirmed).await;
        assert_eq!(confirmed.holders, held_by(&[phone(), email("rosa")]));
        assert_eq!(shown(&confirmed), [("r•••@example.org", true, true)]);
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
            assert_eq!(people, [("a•••@example.org", false, false), ("r•••@example.org", false, false)]);
            let abel: Vec<&Linked> = found.linked.iter().filter(|link| link.person.starts_with('a')).collect();
            let confirmed = find(tables, &[phone()], &[abel[0].link.clone()], follow).await;
            assert_eq!(confirmed.holders, held_by(&[phone(), email("abel")]));
        }
        let both = find(tables, &[phone(), email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(
            (&both.holders, shown(&both)),
            (&held_by(&[phone(), email("rosa")]), vec![("a•••@example.org", false, false)])
        );
    })
    .await;
}

/// Somebody told something and gave the telephone alone.
async fn call(tables: &Tables) {
    let mut record = record(&Holder::Subject(keys().key(&phone())), "call", "Quick.");
    record.details.contact = Contact { phone: Some(PHONE.to_owned()), ..Contact::default() };
    tables.records().keep(&record, at(TOLD)).await.unwrap();
}

/// Somebody told something, gave the telephone as well, and the record says so.
async fn tell_with_number(tables: &Tables, name: &str) {
    tell(tables, name).await;
    let mut record = record(&Holder::Subject(keys().key(&email(name))), "with number", "Quick.");
    let (email, phone) = (Some(format!("{name}@example.org")), Some("+44 (0)7700 900 142".to_owned()));
    record.details.contact = Contact { email, phone, ..Contact::default() };
    tables.records().keep(&record, at(TOLD)).await.unwrap();
}

#[tokio::test]
async fn a_number_that_records_name_is_looked_up_and_asked_about_before_an_erasure() {
    lend(async |tables| {
        tell_with_number(tables, "rosa").await;
        let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(found.linked, [], "a number that leads to nothing else is no question");
        call(tables).await;
        let packed = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(
            (&packed.holders, shown(&packed)),
            (&held_by(&[phone(), email("rosa")]), vec![("•••142", true, false)])
        );
        let asked = find(tables, &[email("rosa")], &[], Follow::Confirmed).await;
        assert_eq!((&asked.holders, shown(&asked)), (&held_by(&[email("rosa")]), vec![("•••142", false, false)]));
        let confirmed = find(tables, &[email("rosa")], &[asked.linked[0].link.clone()], Follow::Confirmed).await;
        assert_eq!(confirmed.holders, packed.holders);
        People::must_know(&[asked.linked[0].link.clone()], &confirmed).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_number_that_leads_to_others_is_shown_and_not_followed() {
    lend(async |tables| {
        tell_with_number(tables, "rosa").await;
        tell(tables, "abel").await;
        for _ in 0..2 {
            let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
            assert_eq!((&found.holders, shown(&found)), (&held_by(&[email("rosa")]), vec![("•••142", false, false)]));
            call(tables).await;
        }
        let asked = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        let found = find(tables, &[email("rosa")], &[asked.linked[0].link.clone()], Follow::Unambiguous).await;
        assert_eq!(found.holders, held_by(&[phone(), email("rosa")]));
        assert_eq!(shown(&found), [("•••142", true, true), ("a•••@example.org", false, false)]);
    })
    .await;
}

#[tokio::test]
async fn no_more_is_followed_unasked_than_one_order_can_confirm() {
    lend(async |tables| {
        for number in 0..12 {
            let (mobile, key) = (format!("07700 9001{number:02}"), keys().key(&email("rosa")));
            let mut told = record(&Holder::Subject(key), &mobile, "Quick.");
            let (email, phone) = (Some("rosa@example.org".to_owned()), Some(mobile.clone()));
            told.details.contact = Contact { email, phone: phone.clone(), ..Contact::default() };
            tables.records().keep(&told, at(TOLD)).await.unwrap();
            let holder = Holder::Subject(keys().key(&Identifier::phone(&mobile).unwrap()));
            let mut called = record(&holder, "call", "Quick.");
            called.details.contact = Contact { phone, ..Contact::default() };
            tables.records().keep(&called, at(TOLD)).await.unwrap();
        }
        let found = find(tables, &[email("rosa")], &[], Follow::Unambiguous).await;
        assert_eq!(found.linked.iter().filter(|link| link.followed).count(), 10);
        assert_eq!((found.linked.len(), found.holders.len()), (12, 11));
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_under_an_earlier_key_is_found_with_the_present_one() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let rotated = format!(r#"{{{}, "previous": [{{{}}}]}}"#, secret("2"), secret("1"));
        let people = People { keys: SubjectKeys::parse(&rotated).unwrap(), records: tables.records() };
        let found = people.find(&[phone()], &[], Follow::Unambiguous, at(TOLD)).await.unwrap();
        assert_eq!(found.holders.len(), 4, "the telephone and the person, each under both keys");
        assert!(held_by(&[phone(), email("rosa")]).iter().all(|holder| found.holders.contains(holder)));
    })
    .await;
}

#[tokio::test]
async fn a_reference_leads_to_its_anonymous_answer() {
    lend(async |tables| {
        let reference = record(&Holder::Subject(subject("rosa")), "k", "Quick.").details.reference;
        let quoted = Identifier::reference(&reference.as_str().to_lowercase()).unwrap();
        let found = find(tables, &[quoted], &[], Follow::Confirmed).await;
        assert!(found.holders.contains(&Holder::Anonymous(reference)));
        let other = Identifier::reference("CUSTOMER-1").unwrap();
        let found = find(tables, std::slice::from_ref(&other), &[], Follow::Confirmed).await;
        assert_eq!(found.holders, held_by(&[other]), "what is no reference of ours is not taken for one");
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_over_leads_nowhere() {
    lend(async |tables| {
        tell(tables, "rosa").await;
        let people = People { keys: keys(), records: tables.records() };
        let found = people.find(&[phone()], &[], Follow::Unambiguous, at(END)).await.unwrap();
        assert_eq!((found.holders, found.linked), (held_by(&[phone()]), vec![]));
    })
    .await;
}

#[tokio::test]
async fn of_very_many_links_the_first_hundred_are_shown() {
    lend(async |tables| {
        let (records, phone_key) = (tables.records(), keys().key(&phone()));
        for number in 0..103 {
            records.link(&phone_key, &subject(&number.to_string()), day(DAY), ends(END)).await.unwrap();
        }
        let found = find(tables, &[phone()], &[], Follow::Unambiguous).await;
        assert_eq!((found.holders, found.linked.len()), (held_by(&[phone()]), 100));
        assert!(found.linked.iter().all(|link| link.person == "nobody with a record" && !link.followed));
    })
    .await;
}
