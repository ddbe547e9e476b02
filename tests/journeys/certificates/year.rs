//! A year of days: records arrive, fall due, are erased, held and released, and the ledger records
//! exactly that.

use super::{certificate, sweep, verified};
use crate::expiry::removed_by_ttl;
use crate::house::{House, at, email_id, erasure, s};
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use custodian_domain::ledger::{Cause, EntryId, ItemKind};
use custodian_domain::retention::ExpiresAt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// The morning of the first day. Everything happens at this hour, except that records fall due an
/// hour later.
const BEGIN: &str = "2026-11-23T10:00:00Z";
const DAYS: u64 = 365;
/// How many days there are between a partner's files.
const EVERY: u64 = 28;
/// On each of these days something falls due. Outside them, only on every 28th day.
const BUSY: Range<u64> = 98..112;
/// The days on which the sweep does not run.
const OFF: Range<u64> = 100..107;
/// Holds: the day on which the held person's record falls due, the day of placing, and the day of
/// lifting, if any.
const HOLDS: [(u64, u64, Option<u64>); 4] = [
    (33, 30, Some(32)),
    (89, 86, Some(95)),
    (104, 99, Some(105)),
    (201, 200, None),
];
const HEADER: &str = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n";

/// Something stored in Records.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Thing {
    partition: String,
    sort: String,
    item: Value,
    due: i64,
    held: bool,
}

/// A day's deletions: how many by cause, and how late the latest overdue one was.
type Day = (BTreeMap<Cause, u64>, Option<i64>);

/// The stack, and what must be true of it.
struct Year {
    house: House,
    lying: HashMap<EntryId, Thing>,
    gone: HashMap<EntryId, Cause>,
    /// What was held and got its expiry back since the last sweep.
    released: HashSet<EntryId>,
    days: BTreeMap<NaiveDate, Day>,
    /// For each day, how many records were held beyond their date when it was closed.
    held: BTreeMap<NaiveDate, u64>,
}

fn person(day: u64) -> String {
    format!("person-{day}@example.org")
}

fn newcomer(day: u64) -> String {
    format!("newcomer-{day}@example.org")
}

fn something_falls_due_on(day: &u64) -> bool {
    BUSY.contains(day) || day % EVERY == 5
}

/// A file of what falls due on these days. For each day: one record with an address and a telephone
/// number, one with an address, and two that name nobody.
fn file(days: Range<u64>) -> String {
    let row = |day: u64, number: u64, email: &str, phone: &str| {
        let due = at(BEGIN) + Days::new(day) + TimeDelta::hours(1);
        let told = due
            .checked_sub_months(Months::new(36))
            .unwrap()
            .format("%FT%TZ");
        format!("C-{day}-{number},compliment,{told},waste,,,{email},{phone},Thanks,,,\n")
    };
    let rows = days.filter(something_falls_due_on).flat_map(|day| {
        let (phone, other) = (
            format!("07700 900{day:03}"),
            format!("other-{day}@example.org"),
        );
        [
            row(day, 0, &person(day), &phone),
            row(day, 1, &other, ""),
            row(day, 2, "", ""),
            row(day, 3, "", ""),
        ]
    });
    rows.fold(HEADER.to_owned(), |file, row| file + &row)
}

impl Year {
    fn now(&self) -> DateTime<Utc> {
        self.house.stack.clock().now()
    }

    async fn content(&self) -> HashMap<EntryId, Thing> {
        let thing = |item: String| {
            let item: Value = serde_json::from_str(&item).unwrap();
            let text = |name: &str| item[name].as_str().unwrap().to_owned();
            let (partition, sort, held) = (text("pk"), text("sk"), item["expires_at"].is_null());
            let due = item[if held {
                "retention_due_at"
            } else {
                "expires_at"
            }]
            .as_i64()
            .unwrap();
            let end = ExpiresAt::at(DateTime::from_timestamp(due, 0).unwrap());
            (
                EntryId::of(&partition, &sort, end),
                Thing {
                    partition,
                    sort,
                    item,
                    due,
                    held,
                },
            )
        };
        self.house
            .items("RECORDS_TABLE")
            .await
            .into_iter()
            .map(thing)
            .collect()
    }

    /// Something arrives. Nothing else has come or gone.
    async fn arrives(&mut self, expected: usize) {
        let content = self.content().await;
        assert!(
            self.lying.keys().all(|id| content.contains_key(id)),
            "nothing goes before its time, or that is held"
        );
        let new: Vec<_> = content
            .into_iter()
            .filter(|(id, _)| !self.lying.contains_key(id))
            .collect();
        assert_eq!(new.len(), expected, "on {}", self.now());
        assert!(
            new.iter().all(|(id, _)| !self.gone.contains_key(id)),
            "nothing comes back"
        );
        self.lying.extend(new);
    }

    /// Everything stored about a person, including links to them.
    fn of(&self, email: &str) -> Vec<EntryId> {
        let theirs = |thing: &&Thing| thing.item["contact"]["email"] == email;
        let holder = &self.lying.values().find(theirs).unwrap().partition;
        let theirs = |thing: &Thing| thing.partition == *holder || thing.sort.contains(holder);
        self.lying
            .iter()
            .filter(|(_, thing)| theirs(thing))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// What is past its date and not held.
    fn over(&self) -> Vec<EntryId> {
        let over = |thing: &Thing| !thing.held && thing.due <= self.now().timestamp();
        self.lying
            .iter()
            .filter(|(_, thing)| over(thing))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Notes that these are deleted now.
    fn goes(&mut self, ids: Vec<EntryId>, cause: Cause) {
        let now = self.now();
        for id in ids {
            let thing = self.lying.remove(&id).unwrap();
            let (by_cause, latest) = self.days.entry(now.date_naive()).or_default();
            *by_cause.entry(cause).or_default() += 1;
            if cause.is_time() {
                *latest = (*latest).max(Some((now.timestamp() - thing.due).max(0)));
            }
            assert_eq!(self.gone.insert(id, cause), None);
        }
    }

    async fn erases(&mut self, email: &str) {
        let theirs = self.of(email);
        assert_eq!(
            theirs.len(),
            2,
            "what they told, and the link from their number"
        );
        self.house.erase(erasure(&[email_id(email)])).await.unwrap();
        self.goes(theirs, Cause::Erasure);
    }

    async fn holds(&mut self, request: &str, email: &str) {
        let order = json!({"order": "hold", "request_id": request, "identifiers": [email_id(email)],
            "ground": "legal_claim", "by": "dpo-7"});
        let held = self.house.invoke("requests", order).await.unwrap();
        assert_eq!(held["done"]["held"], 2);
        for id in self.of(email) {
            self.lying.get_mut(&id).unwrap().held = true;
        }
    }

    async fn lifts(&mut self, request: &str, email: &str) {
        let order =
            json!({"order": "lift", "request_id": request, "reason": "settled", "by": "dpo-8"});
        self.house.invoke("requests", order).await.unwrap();
        let theirs = self.of(email);
        for id in &theirs {
            self.lying.get_mut(id).unwrap().held = false;
        }
        let now = self.now().timestamp();
        let (over, not_yet) = theirs.into_iter().partition(|id| self.lying[id].due <= now);
        self.goes(over, Cause::Retention);
        self.released = not_yet.into_iter().collect();
    }

    /// TTL removes one thing that is past its date, and the stream reports it twice. It leaves
    /// released records to the sweep. Otherwise it would be chance whether the sweep finds a link
    /// while its record still exists.
    async fn ttl_removes_one(&mut self) {
        let over = self
            .over()
            .into_iter()
            .filter(|id| !self.released.contains(id));
        let place = |id: &EntryId| {
            (
                self.lying[id].partition.clone(),
                self.lying[id].sort.clone(),
            )
        };
        let Some(id) = over.min_by_key(place) else {
            return;
        };
        let Thing {
            partition,
            sort,
            item,
            ..
        } = &self.lying[&id];
        let delete = self
            .house
            .dynamodb()
            .delete_item()
            .table_name(self.house.setting("RECORDS_TABLE"));
        delete
            .key("pk", s(partition))
            .key("sk", s(sort))
            .send()
            .await
            .unwrap();
        let mut image = json!({"pk": {"S": partition}, "sk": {"S": sort}, "day": {"S": item["day"]},
            "expires_at": {"N": item["expires_at"].to_string()}});
        if let Some(source) = item.get("source") {
            image["source"] = json!({"S": source});
        }
        let removal = removed_by_ttl(&image, self.now());
        for _ in 0..2 {
            let told = self.house.invoke("expire", removal.clone()).await.unwrap();
            assert_eq!(told["batchItemFailures"], json!([]));
        }
        self.goes(vec![id], Cause::Retention);
    }

    async fn sweeps(&mut self) {
        let report = sweep(&self.house).await;
        // What was held is deleted when the sweep looks at lifted holds.
        let (released, over) = self
            .over()
            .into_iter()
            .partition::<Vec<_>, _>(|id| self.released.contains(id));
        let deleted = (&report["deleted"], &report["standings"]["deleted"]);
        assert_eq!(
            deleted,
            (&json!(over.len()), &json!(released.len())),
            "on {}",
            self.now()
        );
        self.goes(over, Cause::Sweep);
        self.goes(released, Cause::Retention);
        self.released.clear();
        let (now, first) = (self.now(), at(BEGIN).date_naive());
        let held = |thing: &&Thing| {
            thing.held && thing.due <= now.timestamp() && thing.sort.starts_with("record#")
        };
        let held = u64::try_from(self.lying.values().filter(held).count()).unwrap();
        for day in first.iter_days().take_while(|day| *day < now.date_naive()) {
            self.held.entry(day).or_insert(held);
        }
    }

    async fn lives_a_day(&mut self, day: u64) {
        let morning = at(BEGIN) + Days::new(day);
        self.house.move_to(&morning.to_rfc3339()).await;
        if day.is_multiple_of(EVERY) {
            let days = day..(day + EVERY).min(DAYS);
            let due = days.clone().filter(something_falls_due_on).count();
            self.house
                .drop_file("complaints", &format!("{day}.csv"), file(days).as_bytes())
                .await;
            // Four records, and a link from the telephone number.
            self.arrives(due * 5).await;
        }
        if day % EVERY == 10 {
            let phone = format!("07700 901{day:03}");
            self.house
                .tell("Kept for three years.", Some(&newcomer(day)), Some(&phone))
                .await;
            self.arrives(2).await;
        }
        if day.is_multiple_of(56) {
            self.erases(&person(day + 5)).await;
        }
        if day % 56 == 44 {
            self.erases(&newcomer(day - 6)).await;
        }
        for (due, placed, lifted) in HOLDS {
            let (request, email) = (format!("CLAIM-{due}"), person(due));
            if day == placed {
                self.holds(&request, &email).await;
            }
            if Some(day) == lifted {
                self.lifts(&request, &email).await;
            }
        }
        self.house
            .move_to(&(morning + TimeDelta::hours(2)).to_rfc3339())
            .await;
        self.ttl_removes_one().await;
        if day == 0 || something_falls_due_on(&day) && !OFF.contains(&day) {
            self.sweeps().await;
        } else {
            assert!(
                OFF.contains(&day) || self.over().is_empty(),
                "a sweep would find nothing"
            );
        }
    }
}

/// A partner drops files of what falls due within the year, and residents answer a survey. People
/// are erased every month, one of them while the sweep does not run. Four are held: one until
/// before the record's date, one until after it, one until a day without a sweep, and one for good.
/// TTL removes one thing a day of what is past its date. The sweep deletes the rest, and does not
/// run for a week. It runs only when there is something to find: on all other days it would make
/// 650 calls and find nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_days_ends_with_certificates_that_verify_overdue_0_and_every_expected_deletion_once()
 {
    let house = House::where_ttl_is_late().await;
    let (lying, gone, released) = (HashMap::new(), HashMap::new(), HashSet::new());
    let mut year = Year {
        house,
        lying,
        gone,
        released,
        days: BTreeMap::new(),
        held: BTreeMap::new(),
    };
    for day in 0..DAYS {
        year.lives_a_day(day).await;
    }
    let first = at(BEGIN).date_naive();
    let (last, after) = (first + Days::new(DAYS - 1), first + Days::new(DAYS));
    year.house.move_to(&format!("{after}T00:05:00Z")).await;
    year.sweeps().await;

    // The ledger records each deletion once, with its cause, and no other.
    let told = year.house.told().await;
    let ids: HashSet<&EntryId> = told.iter().map(|entry| &entry.id).collect();
    assert_eq!(ids.len(), told.len(), "each is told once");
    let told_causes: HashMap<EntryId, Cause> = told
        .iter()
        .map(|entry| (entry.id.clone(), entry.cause))
        .collect();
    assert_eq!(told_causes, year.gone);
    for cause in [Cause::Retention, Cause::Sweep, Cause::Erasure] {
        assert!(year.gone.values().any(|it| *it == cause), "{cause:?}");
    }
    // What remains is what is not due and what is held beyond its date.
    assert_eq!(
        year.content().await.into_keys().collect::<HashSet<_>>(),
        year.lying.keys().cloned().collect()
    );
    let standing = year.of(&person(201));
    assert!(standing.len() == 2 && standing.iter().all(|id| year.lying[id].held));

    // The chain holds, and its certificates count what happened.
    let found = verified(&year.house).await;
    assert_eq!(
        (found.days, found.closed, found.overdue),
        (DAYS, Some(last), 0)
    );
    assert_eq!(found.entries, u64::try_from(year.gone.len()).unwrap());
    for day in first.iter_days().take_while(|day| *day <= last) {
        let said = certificate(&year.house, &day.to_string()).await.unwrap();
        let (by_cause, latest) = year.days.remove(&day).unwrap_or_default();
        assert_eq!(
            (
                said.figures.by_cause,
                said.figures.lateness.map(|it| it.max)
            ),
            (by_cause, latest),
            "{day}"
        );
        assert_eq!(
            (said.left.overdue, said.left.held),
            (0, year.held[&day]),
            "{day}"
        );
    }
    assert_eq!((year.held[&last], year.days.len()), (1, 0));
    // The week without a sweep is not hidden: the day after it shows how late the deletions were.
    let back = (first + Days::new(OFF.end)).to_string();
    let late = certificate(&year.house, &back)
        .await
        .unwrap()
        .figures
        .lateness
        .unwrap();
    assert!(late.max > 6 * 86_400, "{late:?}");
    assert!(
        told.iter()
            .any(|entry| entry.kind == ItemKind::Link && entry.cause == Cause::Sweep)
    );
}
