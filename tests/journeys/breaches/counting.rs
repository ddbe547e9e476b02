//! What a breach's query counts is what a naive count gives, however it is cut.

use super::{about, done, registered};
use crate::house::{House, at, cases_of, email_id};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::london;
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::SourceDetails;
use custodian_domain::record::{Holder, Record, RecordBody, RecordId};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_runtime::secret;
use custodian_store::records::Records;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Numbers that look random, and are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let place = self.below(all.len() as u64);
        &all[usize::try_from(place).unwrap()]
    }
}

const COMPLAINT: &str = "\
reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at
CMP-1,complaint,2026-11-13T10:00:00Z,highways,1,Rosa Hardy,rosa@example.org,,A pothole,,,
CMP-2,complaint,2026-11-14T10:00:00Z,highways,1,Abel Hardy,abel@example.org,,Another,,,
";
const SURVEYS: [Option<&str>; 3] = [None, Some("bins"), Some("parks")];
const SOURCES: [Source; 3] = [Source::WebForm, Source::Telephone, Source::Support];

/// 300 records of 40 people and some unknown ones, within eight days about the change of the clocks.
fn records(random: &mut Random, people: &[Holder]) -> Vec<Record> {
    let first = at("2026-10-22T00:00:00Z");
    let record = |number: u64, random: &mut Random| {
        let id = RecordId::of_submission("random", &number.to_string());
        let reference = Reference::of(&id);
        let holder = if random.below(10) == 0 {
            Holder::Anonymous(reference.clone())
        } else {
            random.one_of(people).clone()
        };
        // Many of them around midnight.
        let day = TimeDelta::days(i64::try_from(random.below(8)).unwrap());
        let minutes = TimeDelta::minutes(i64::try_from(random.below(240)).unwrap() - 120);
        let collected_at = first + day + minutes;
        let source = *random.one_of(&SOURCES);
        let mut details = RecordBody::from_source(
            &number.to_string(),
            collected_at,
            Revision::updated(collected_at),
            SourceDetails::default(),
        );
        details.source = source;
        details.reference = reference;
        // What is over is affected no longer.
        let over = (random.below(12) == 0).then(|| ExpiresAt::at(collected_at));
        let ends = over.unwrap_or_else(|| ExpiresAt::of(source, collected_at));
        details.retention = Retention::Until(ends);
        details.survey = random.one_of(&SURVEYS).map(str::to_owned);
        details.newsletter = (random.below(5) == 0).then_some(true);
        if random.below(4) == 0 {
            details.custody = vec![ProcessorCopy::granicus()];
        }
        Record {
            holder,
            id,
            details,
        }
    };
    (0..300).map(|number| record(number, random)).collect()
}

fn query(random: &mut Random) -> Value {
    let mut query = json!({});
    if random.below(2) == 0 {
        let first: NaiveDate = "2026-10-21".parse().unwrap();
        let from = first + Days::new(random.below(8));
        query["from"] = json!(from);
        query["to"] = json!(from + Days::new(random.below(4)));
    } else {
        query["from"] = json!("2026-10-20");
    }
    if random.below(2) == 0 {
        query["sources"] = json!([random.one_of(&SOURCES), random.one_of(&SOURCES)]);
    }
    if random.below(3) == 0 {
        query["survey"] = json!("bins");
    }
    if random.below(3) == 0 {
        query["processor"] = json!(random.one_of(&["granicus", "five9", "newsletter"]));
    }
    query
}

/// Whether a record is affected, said once more.
fn is_affected(record: &Record, query: &Value, now: DateTime<Utc>) -> bool {
    let details = &record.details;
    let collected_on = json!(london::date(details.collected_at))
        .as_str()
        .unwrap()
        .to_owned();
    let day = |name: &str| query[name].as_str().map(str::to_owned);
    let processors = [
        ("granicus", !details.custody.is_empty()),
        ("five9", details.source == Source::Telephone),
        ("newsletter", details.newsletter == Some(true)),
    ];
    let sources = query["sources"].as_array();
    !details.retention.due().has_passed(now)
        && day("from").is_none_or(|from| from <= collected_on)
        && day("to").is_none_or(|to| collected_on <= to)
        && sources.is_none_or(|sources| sources.contains(&json!(details.source)))
        && day("survey").is_none_or(|survey| Some(survey) == details.survey)
        && day("processor").is_none_or(|name| processors.contains(&(name.as_str(), true)))
}

async fn keep(house: &House, records: &[Record]) {
    let table = Records::new(house.dynamodb(), house.setting("RECORDS_TABLE"));
    let records: Vec<&Record> = records.iter().collect();
    table.keep_all(&records).await.unwrap();
}

/// Counts until it is through: the counts, and how many orders it took.
async fn counted(house: &House, query: &Value) -> ([u64; 3], usize) {
    let (mut more, mut orders) = (json!({"query": query}), 0);
    loop {
        orders += 1;
        let counted = done(house, about("breach_count", &more)).await;
        if counted["complete"] == true {
            let count = |name: &str| counted[name].as_u64().unwrap();
            return (["people", "anonymous", "records"].map(count), orders);
        }
        let after = counted["after"].as_str().unwrap();
        assert!(
            !after.contains("subject#") && !after.contains("anon#"),
            "{after}"
        );
        more["after"] = json!(after);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_is_what_a_naive_count_gives_over_random_records() {
    for seed in 0..u64::from(cases_of(2)) {
        let house = House::where_ttl_is_late().await;
        let mut random = Random(seed);
        let host = house.stack.host("requests").unwrap();
        let keys = secret::subject_keys(&host).await.unwrap();
        let holder = |number: u32| {
            let email = Identifier::email(&format!("person-{number}@example.org")).unwrap();
            Holder::Subject(keys.key(&email))
        };
        let people: Vec<Holder> = (0..40).map(holder).collect();
        let records = records(&mut random, &people);
        keep(&house, &records).await;
        registered(&house).await;
        for _ in 0..12 {
            let (query, now) = (query(&mut random), house.stack.clock().now());
            let affected = records.iter().filter(|it| is_affected(it, &query, now));
            let affected: Vec<&Record> = affected.collect();
            let holders: BTreeSet<&Holder> = affected.iter().map(|it| &it.holder).collect();
            let unknown = holders.iter().filter(|it| it.subject().is_none()).count();
            let naive = [holders.len(), unknown, affected.len()];
            let naive = naive.map(|count| u64::try_from(count).unwrap());
            assert_eq!(counted(&house, &query).await.0, naive, "{seed}: {query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_over_many_days_takes_several_orders_and_counts_everybody_once() {
    let house = House::open().await;
    for day in ["2026-11-23", "2027-06-30", "2028-02-29"] {
        house.move_to(&format!("{day}T10:00:00Z")).await;
        house.tell("Again.", Some("rosa@example.org"), None).await;
        house
            .tell("Once.", Some(&format!("on-{day}@example.org")), None)
            .await;
    }
    house.move_to("2028-03-01T10:00:00Z").await;
    let aware = json!({"aware_at": "2028-03-01T09:00:00Z", "how": "processor"});
    done(&house, about("breach_register", &aware)).await;
    let (counts, orders) = counted(
        &house,
        &json!({"sources": ["web_form"], "from": "2025-01-01"}),
    )
    .await;
    assert_eq!(counts, [4, 0, 6]);
    assert!(orders > 1, "{orders}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_member_of_staff_looked_at_is_found_by_the_audit_trail() {
    let house = House::open().await;
    for name in ["rosa", "abel", "carol"] {
        house
            .tell("One.", Some(&format!("{name}@example.org")), None)
            .await;
    }
    for (name, by) in [
        ("rosa", "clerk-9"),
        ("abel", "clerk-8"),
        ("carol", "CLERK-09"),
    ] {
        let who = [email_id(&format!("{name}@example.org"))];
        let find = json!({"order": "find", "request_id": name, "identifiers": who, "by": by});
        done(&house, find).await;
    }
    registered(&house).await;
    let looked = |from: &str, to: &str| {
        json!({"looked": {"by": "clerk-9", "from": from, "to": to},
        "from": "2026-11-01"})
    };
    let on_the_day = looked("2026-11-23", "2026-11-23");
    assert_eq!(counted(&house, &on_the_day).await.0, [2, 0, 2]);
    let before = looked("2026-11-01", "2026-11-22");
    assert_eq!(counted(&house, &before).await.0, [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_found_by_its_report_and_too_many_people_are_not_held_by_halves() {
    let house = House::open().await;
    registered(&house).await;
    let host = house.stack.host("requests").unwrap();
    let keys = secret::subject_keys(&host).await.unwrap();
    let collected_at = at("2026-11-20T10:00:00Z");
    let record = |number: u32| {
        let email = Identifier::email(&format!("person-{number}@example.org")).unwrap();
        let details = RecordBody::from_source(
            &number.to_string(),
            collected_at,
            Revision::updated(collected_at),
            SourceDetails::default(),
        );
        Record {
            holder: Holder::Subject(keys.key(&email)),
            id: RecordId::of_submission("many", &number.to_string()),
            details,
        }
    };
    let records: Vec<Record> = (0..1_001).map(record).collect();
    keep(&house, &records).await;
    let scope =
        json!({"what": "a laptop was lost", "query": {"from": "2026-11-20", "to": "2026-11-20"}});
    done(&house, about("breach_scope", &scope)).await;
    let refused = house
        .invoke("requests", about("breach_hold", &json!({})))
        .await;
    let refused = refused.unwrap_err();
    assert!(refused.contains("more than 1,000"), "{refused}");
    let register = house.items("REGISTER_TABLE").await;
    assert!(
        !register.iter().any(|item| item.contains("STANDING#")),
        "nobody is held"
    );
    let report = house
        .drop_file("complaints", "c.csv", COMPLAINT.as_bytes())
        .await;
    let import = json!({"import": report["import"], "from": "2026-01-01"});
    assert_eq!(
        (counted(&house, &import).await.0, &report["new"]),
        ([2, 0, 2], &json!(2))
    );
}
