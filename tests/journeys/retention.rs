//! The periods of `docs/data-retention.md`, beside the code, the template, and what is really
//! stored.

use crate::confirming::subscribe;
use crate::house::{BEGINNING, House, at, email_id, erasure};
use crate::permissions::template;
use chrono::{DateTime, Days, Months, TimeDelta, Utc};
use custodian_domain::identity::client::{Clients, Hour};
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::ledger::{Figures, Left};
use custodian_domain::record::RecordId;
use custodian_domain::record::source::Source;
use custodian_domain::retention::periods;
use custodian_domain::rights::holding::Holding;
use custodian_runtime::secret;
use custodian_store::clients::ClientCounts;
use custodian_store::imports::Imports;
use custodian_store::sessions::{Session, Sessions};
use custodian_store::suppressions::Suppressions;
use custodian_store::unreadable::UnreadableRemovals;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../docs/data-retention.md");

/// The rows of the table below a heading, cell by cell.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = DOCUMENT
        .split("\n## ")
        .find(|section| section.lines().next() == Some(heading));
    let section = section.unwrap_or_else(|| panic!("the document has no section {heading}"));
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        row.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

#[test]
fn the_document_lists_every_source_with_its_period() {
    let listed: Vec<Vec<String>> = table("Sources");
    let known = Source::ALL.map(|source| {
        let period = format!("{} calendar months", source.retention_months());
        vec![
            format!("`{}`", source.as_str()),
            source.label().to_owned(),
            period,
        ]
    });
    assert_eq!(listed, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_promise_the_period_of_the_source() {
    let house = House::open().await;
    let promise = format!("{} years", Source::WebForm.retention_months() / 12);
    let sent = house
        .post_form("recycling-centre", "satisfaction=4&site=Wareham")
        .await;
    for page in [
        "/surveys/recycling-centre",
        "/privacy",
        sent.header("location"),
    ] {
        assert!(house.get(page).await.body.contains(&promise), "{page}");
    }
}

#[test]
fn what_the_template_sets_is_what_the_document_says() {
    let template = template();
    let resources = &template["Resources"];
    let lifecycle = &resources["Exports"]["Properties"]["LifecycleConfiguration"]["Rules"];
    let uploads = &lifecycle[1]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"];
    let intake = resources["Intake"]["Properties"]["LifecycleConfiguration"]["Rules"]
        .as_sequence()
        .unwrap();
    let unfinished = intake
        .iter()
        .find(|rule| rule["Id"] == "unfinished")
        .unwrap();
    let same = &unfinished["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"];
    assert_eq!(same, uploads, "both buckets end unfinished uploads alike");
    // One rule for every key: a partner may drop a file anywhere, and of several rules S3 applies
    // the shortest.
    let everything = intake
        .iter()
        .find(|rule| rule["Id"] == "everything")
        .unwrap();
    assert!(everything["Prefix"].is_null() && intake.iter().all(|rule| rule["Prefix"].is_null()));
    let everything = everything["ExpirationInDays"].as_u64().unwrap();
    let failures = resources["Failed"]["Properties"]["MessageRetentionPeriod"]
        .as_u64()
        .unwrap()
        / 86_400;
    let discarded =
        resources["Discarded"]["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"].as_u64();
    assert_eq!(
        discarded,
        u64::try_from(periods::UNRECORDED.num_days()).ok(),
        "the lifecycle and the code agree on what is not recorded"
    );
    let days = [
        (
            "Removals that the ledger could not be told of",
            discarded.unwrap(),
        ),
        (
            "Packages",
            lifecycle[0]["ExpirationInDays"].as_u64().unwrap(),
        ),
        ("Unfinished uploads", uploads.as_u64().unwrap()),
        (
            "Backups",
            template["Parameters"]["RecoveryDays"]["Default"]
                .as_u64()
                .unwrap(),
        ),
        (
            "Logs",
            template["Parameters"]["LogRetentionDays"]["Default"]
                .as_u64()
                .unwrap(),
        ),
        ("Queue of failures", failures),
        ("Rows and files in quarantine", everything),
        ("Reports of imports", everything),
    ];
    let rows = table("Beside the tables");
    for (what, days) in days {
        let row = rows
            .iter()
            .find(|row| row[0].starts_with(what))
            .unwrap_or_else(|| panic!("no row {what}"));
        let unit = if days == 1 { "day" } else { "days" };
        assert!(
            row[2].starts_with(&format!("{days} {unit}")),
            "{what}: {}, not {days} {unit}",
            row[2]
        );
    }
    let longest = custodian_store::packages::DAYS.num_days();
    assert_eq!(
        u64::try_from(longest).unwrap(),
        days[1].1,
        "the lifecycle and the code agree on packages"
    );
    let quarantined = custodian_buckets::files::QUARANTINED.num_days();
    assert_eq!(
        u64::try_from(quarantined).unwrap(),
        everything,
        "and on quarantine"
    );
    let notice = format!(
        "functions/ingest/templates/notices/{}.html",
        custodian_domain::validation::notice::CURRENT.version
    );
    let notice =
        std::fs::read_to_string(format!("{}/../{notice}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(
        notice.contains(&format!("within {} days", days[3].1)),
        "the privacy notice names the backups' window"
    );
}

/// A number of months or days, as the documents write it.
fn months(months: Months) -> String {
    format!("{} months", months.as_u32())
}

fn days(period: TimeDelta) -> String {
    format!("{} days", period.num_days())
}

#[test]
fn the_dpo_s_page_and_the_notice_promise_the_periods_of_the_code() {
    let read = |file: &str| {
        let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let written_out = |count: i64| {
        ["two", "three", "ten"][[2, 3, 10].iter().position(|it| *it == count).unwrap()]
    };
    let mails = periods::CONFIRM_SENDING + periods::MAILS_AT_NOTIFY;
    let dpo = [
        format!("package ends after {}", days(periods::PACKAGES)),
        format!(
            "The link works for {} minutes",
            periods::READING.num_minutes()
        ),
        format!(
            "how many days the link works: 1 to {}",
            periods::PACKAGES.num_days()
        ),
        format!("{} from the approval", days(periods::PLACES)),
        format!("due within {}", days(periods::PLACES)),
        format!("{} days after the approval", written_out(mails.num_days())),
        format!(
            "with what it undoes for {}",
            months(periods::CONFIRMED_LISTS)
        ),
        format!(
            "counts for {} months",
            written_out(periods::CONFIRMED_REQUESTS.as_u32().into())
        ),
        format!(
            "past its {} months",
            written_out(periods::UNAPPROVED.as_u32().into())
        ),
    ];
    let version = custodian_domain::validation::notice::CURRENT.version;
    let notice = [
        format!(
            "We keep your answers for {} years",
            periods::RECORDS.as_u32() / 12
        ),
        format!("It can take up to {}", days(periods::PLACES)),
        format!(
            "stay for {} with the service that runs our telephones",
            days(periods::CALLS_AT_FIVE9)
        ),
        format!("and your address, after {}", days(periods::MAILS_AT_NOTIFY)),
        format!(
            "before the {} years are over",
            periods::RECORDS.as_u32() / 12
        ),
    ];
    let retention = [
        format!(
            "{} from the approval; or {} from a plan",
            months(periods::EVIDENCE),
            periods::UNAPPROVED.as_u32()
        ),
        format!(
            "{} from when they asked: the link works for {}",
            days(mails),
            periods::CONFIRM_LINKS.num_days()
        ),
        format!(
            "{}, {} and {} from when another replaced it",
            days(periods::FORMS),
            months(periods::RECORDS),
            days(periods::FORMS_MARGIN)
        ),
        format!("{} from the last approval", months(periods::SUPPRESSIONS)),
        format!("{} from the last click", months(periods::OPT_OUTS)),
        format!("{} minutes at most", periods::LEASES.num_minutes()),
        format!("{} from its removal", days(periods::UNRECORDED)),
    ];
    for (file, promises) in [
        ("docs/orders.md".to_owned(), &dpo[..]),
        (
            format!("functions/ingest/templates/notices/{version}.html"),
            &notice[..],
        ),
        ("docs/data-retention.md".to_owned(), &retention[..]),
    ] {
        let text = read(&file);
        for promise in promises {
            assert!(text.contains(promise), "{file} does not say: {promise}");
        }
    }
}

/// Everything that the stack can store is stored here, all at the beginning. If personal data is
/// stored that the table does not list, the test below fails. If the table lists a kind that a
/// package does not report, this test fails.
#[test]
fn everything_personal_in_a_table_is_of_a_kind_that_a_package_tells_of() {
    let personal = |row: &&Vec<String>| {
        row[3].starts_with("yes")
            || row[3].starts_with("if the text is")
            || row[3].contains("the person's part")
    };
    let documented: BTreeSet<String> = table("Tables")
        .iter()
        .filter(personal)
        .map(|row| row[1].clone())
        .collect();
    let mut told: BTreeSet<String> = Holding::ALL
        .into_iter()
        .flat_map(Holding::items)
        .map(|item| (*item).to_owned())
        .collect();
    // What is left of a record that is past its time is no kind of its own, and is said as a
    // limitation, as for what Lambda gives up.
    told.insert("`UNREADABLE` / `…`".to_owned());
    assert_eq!(documented, told);
    assert!(DOCUMENT.contains("removal that nobody can read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_stored_ends_when_the_document_says() {
    let house = House::open().await;
    house
        .tell(
            "Kept.",
            Some("rosa.hardy@example.org"),
            Some("07700 900142"),
        )
        .await;
    house.tell("Nobody's.", None, None).await;
    house.export("rosa.hardy@example.org").await;
    house
        .click(&house.unsubscribe_path("rosa.hardy@example.org").await)
        .await;
    subscribe(&house, "dora@example.org").await;
    house.confirm(&house.path_to("dora@example.org")).await;
    let who = [email_id("rosa.hardy@example.org")];
    let ask =
        json!({"order": "confirm_address", "request_id": "C", "identifiers": who, "by": "dpo-7"});
    house.invoke("requests", ask).await.unwrap();
    house.stack.settle().await.unwrap();
    house
        .confirm(&house.path_to("rosa.hardy@example.org"))
        .await;
    house.opt_in_by_hand("rosa.hardy@example.org").await;
    house.tell("Erased.", Some("abel@example.org"), None).await;
    house
        .erase(erasure(&[email_id("abel@example.org")]))
        .await
        .unwrap();
    house.tell("Going.", Some("carol@example.org"), None).await;
    // Granicus is not done yet.
    house
        .stack
        .simulators()
        .granicus
        .take(chrono::TimeDelta::days(1));
    house
        .approve(erasure(&[email_id("carol@example.org")]))
        .await
        .unwrap();
    house.stack.settle().await.unwrap();
    // Nor is the newsletter service.
    house
        .stack
        .simulators()
        .newsletter
        .take(chrono::TimeDelta::days(1));
    house
        .click(&house.unsubscribe_path("erna@example.org").await)
        .await;
    house.stack.settle().await.unwrap();
    let restricted = json!({"order": "restrict", "request_id": "R", "ground": "18(1)(a)", "by": "dpo-7",
        "identifiers": [email_id("rosa.hardy@example.org")]});
    house.invoke("requests", restricted).await.unwrap();
    house
        .invoke("sweep", json!({"from": "2026-11-23"}))
        .await
        .unwrap();
    house.tell("Moved.", Some("gina@example.org"), None).await;
    let who = [email_id("gina@example.org")];
    let order = |order: &str| json!({"order": order, "request_id": "COR", "identifiers": who, "by": "dpo-7"});
    let found = house.invoke("requests", order("find")).await.unwrap();
    let mut correct = order("correct");
    correct["record"] = found["records"][0]["record"].clone();
    correct["changes"] = json!({"contact.email": "georgina@example.org"});
    house.invoke("requests", correct).await.unwrap();
    let case = json!({"order": "register", "case_id": "CASE", "received": "2026-11-23", "channel": "letter",
        "asker": "person", "kinds": ["access", "unsubscribe"], "by": "dpo-7"});
    house.invoke("requests", case).await.unwrap();
    let confirmed = json!({"order": "step", "case_id": "CASE", "kind": "access", "step": "person_confirmed",
        "identifiers": [email_id("rosa.hardy@example.org")], "by": "dpo-7"});
    house.invoke("requests", confirmed).await.unwrap();
    let close = json!({"order": "close", "case_id": "CASE", "kind": "access", "ending": "withdrawn",
        "on": "2026-11-23", "by": "dpo-7"});
    house.invoke("requests", close).await.unwrap();
    for id in ["CLOSED", "OPEN"] {
        let about = |order: &str| json!({"order": order, "breach_id": id, "by": "dpo-7"});
        let mut aware = about("breach_register");
        (aware["aware_at"], aware["how"]) = (json!(BEGINNING), json!("staff"));
        house.invoke("requests", aware).await.unwrap();
    }
    let told = json!({"order": "breach_told_ico", "breach_id": "CLOSED", "by": "dpo-7", "at": BEGINNING,
        "reference": "IC-1", "phase": "complete"});
    house.invoke("requests", told).await.unwrap();
    let close =
        json!({"order": "breach_close", "breach_id": "CLOSED", "by": "dpo-7", "lessons": "none"});
    house.invoke("requests", close).await.unwrap();
    // What is written after that waits to be attested.
    house.export("rosa.hardy@example.org").await;
    house
        .click(&house.unsubscribe_path("fay@example.org").await)
        .await;
    let imports = Imports::new(house.dynamodb(), house.setting("REGISTER_TABLE"));
    imports
        .mark(Source::Telephone, at(BEGINNING))
        .await
        .unwrap();
    assert!(
        imports
            .take_lease(Source::Telephone, "invocation", at(BEGINNING))
            .await
            .unwrap()
    );
    let suppressions = Suppressions::new(house.dynamodb(), house.setting("REGISTER_TABLE"));
    suppressions
        .withdraw(
            Source::Social,
            &RecordId::at_source(Source::Social, "x:1"),
            at(BEGINNING),
        )
        .await
        .unwrap();
    let keys = secret::keyring(&house.stack.host("ingest").unwrap())
        .await
        .unwrap();
    let (hour, counts) = (
        Hour::of(at(BEGINNING)),
        ClientCounts::new(house.dynamodb(), house.setting("REGISTER_TABLE")),
    );
    let client = Clients::new(&keys).at("203.0.113.7".parse().unwrap(), hour);
    counts.add(&client, hour, 1).await.unwrap();
    let unreadable = UnreadableRemovals::new(house.dynamodb(), house.setting("REGISTER_TABLE"));
    unreadable.keep(json!({}), at(BEGINNING)).await.unwrap();
    let ledger = house.ledger();
    let told = house.told().await;
    ledger.append(told, at(BEGINNING)).await.unwrap();
    let head = ledger.begun(at(BEGINNING)).await.unwrap();
    ledger
        .close(
            &head,
            &[(Figures::default(), Left::default())],
            at(BEGINNING),
        )
        .await
        .unwrap()
        .unwrap();
    signed_in(&house).await;
    let rows = table("Tables");
    let mut used = BTreeSet::new();
    for (name, table) in [
        ("Records", "RECORDS_TABLE"),
        ("Register", "REGISTER_TABLE"),
        ("Ledger", "LEDGER_TABLE"),
        ("Audit", "AUDIT_TABLE"),
        ("Sessions", "SESSIONS_TABLE"),
    ] {
        for item in house.items(table).await {
            let item: Value = serde_json::from_str(&item).unwrap();
            let (pk, sk) = (item["pk"].as_str().unwrap(), item["sk"].as_str().unwrap());
            let row = rows
                .iter()
                .position(|row| row[0] == name && names(&row[1], pk, sk));
            let row =
                row.unwrap_or_else(|| panic!("the document has no row for {name} {pk} / {sk}"));
            used.insert(row);
            // A look is over a second before what was looked at, so that TTL leaves none behind.
            let before = i64::from(pk.starts_with("LOOKED#"));
            // A breach has no end while it is open.
            let ends = end(&rows[row][4]).filter(|_| pk != "BREACH#OPEN");
            assert_eq!(
                item["expires_at"].as_i64(),
                ends.map(|end| end - before),
                "{name} {pk} / {sk}: {}",
                rows[row][4]
            );
        }
    }
    let unused: Vec<&String> = rows
        .iter()
        .enumerate()
        .filter(|(row, _)| !used.contains(row))
        .map(|(_, row)| &row[1])
        .collect();
    assert!(unused.is_empty(), "nothing like this is stored: {unused:?}");
}

/// Somebody is signed in to the desk since the beginning and has searched; what they typed waits for
/// them, and whom a case is about is kept.
async fn signed_in(house: &House) {
    let sessions = Sessions::new(&house.dynamodb(), &house.setting("SESSIONS_TABLE"));
    let (now, staff) = (
        at(BEGINNING),
        StaffNumber::try_from("D-1".to_owned()).unwrap(),
    );
    let session = Session {
        subject: "subject".to_owned(),
        staff: staff.clone(),
        roles: vec!["dpo".to_owned()],
        began_at: now,
        proved_at: now,
        checked_at: now,
        seen_at: now,
        refresh: "sealed".to_owned(),
    };
    let ends = |time| now + time;
    let opened = sessions.open("digest", &session, ends(TimeDelta::hours(8)));
    opened.await.unwrap();
    let kept = sessions.keep("digest", "typed", "sealed", ends(TimeDelta::minutes(10)));
    kept.await.unwrap();
    let person = sessions.keep("digest", "0c1d", "sealed", ends(TimeDelta::hours(8)));
    person.await.unwrap();
    let searched = sessions.searched(&staff, now, ends(TimeDelta::hours(1)));
    searched.await.unwrap();
}

/// Whether a pattern such as `` `REQUEST#…` / `META` `` matches this item.
fn names(pattern: &str, pk: &str, sk: &str) -> bool {
    let fits = |pattern: &str, key: &str| match pattern.trim_matches('`').strip_suffix('…') {
        Some(beginning) => key.starts_with(beginning),
        None => pattern.trim_matches('`') == key,
    };
    pattern
        .split_once(" / ")
        .is_some_and(|(first, second)| fits(first, pk) && fits(second, sk))
}

/// The epoch second at which a period that began at the beginning ends, or `None` if it has no end.
fn end(period: &str) -> Option<i64> {
    let beginning: DateTime<Utc> = at(BEGINNING);
    let mut words = period.split(' ');
    let number = words.next().unwrap();
    if number == "no" {
        return None;
    }
    let number: u32 = number
        .parse()
        .unwrap_or_else(|_| panic!("{period} is no period"));
    let end = match words.next() {
        Some("minutes") => Some(beginning + TimeDelta::minutes(number.into())),
        Some("hour" | "hours") => Some(beginning + TimeDelta::hours(number.into())),
        Some("months") => beginning.checked_add_months(Months::new(number)),
        Some("days") => beginning.checked_add_days(Days::new(number.into())),
        _ => panic!("{period} is no period"),
    };
    Some(end.unwrap().timestamp())
}
