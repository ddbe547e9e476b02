//! What somebody with a stolen function's role may and may not do. Each attempt is decided as AWS
//! decides it, for every role. Every journey proves that the roles suffice, because the stack
//! refuses what a role does not allow.

mod buckets;
mod told;

use crate::house::House;
use custodian_local::iam::{Call, Principal};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every function, by the name of its crate.
pub const FUNCTIONS: [&str; 12] = [
    "download",
    "erase",
    "expire",
    "export",
    "import",
    "ingest",
    "notify",
    "partners",
    "requests",
    "sweep",
    "unsubscribe",
    "verify",
];
const SUBJECT: &str = "subject#1#kXo0Zr0cSxkTqCbJ3m4Vd7sWQb1n5m8pQ2rT6yUiOpA";

/// Something that somebody tries.
enum Tried {
    /// A request to DynamoDB.
    Table(&'static str, Value),
    /// A call to another service.
    Call(Call),
}

/// An attempt: what it is, and the functions whose roles allow it.
struct Try(&'static str, Tried, &'static [&'static str]);

impl Try {
    fn by(&self, who: &Principal) -> bool {
        match &self.1 {
            Tried::Table(operation, body) => who.may_ask(operation, body),
            Tried::Call(call) => who.may(call),
        }
    }
}

/// The names that attempts use.
struct Names {
    records: String,
    register: String,
    ledger: String,
    exports: String,
    intake: String,
    anchors: String,
}

impl Names {
    fn of(house: &House) -> Self {
        let setting = |name| house.setting(name);
        Self {
            records: setting("RECORDS_TABLE"),
            register: setting("REGISTER_TABLE"),
            ledger: setting("LEDGER_TABLE"),
            exports: setting("EXPORTS_BUCKET"),
            intake: setting("INTAKE_BUCKET"),
            anchors: house.anchors_bucket(),
        }
    }
}

fn put(table: &str, partition: &str, attributes: &[&str]) -> Tried {
    Tried::Table(
        "PutItem",
        json!({"TableName": table, "Item": item(partition, attributes)}),
    )
}

fn item(partition: &str, attributes: &[&str]) -> Value {
    let mut item = json!({"pk": {"S": partition}, "sk": {"S": "META"}});
    for name in attributes {
        item[name] = json!({"S": "forged"});
    }
    item
}

fn update(table: &str, partition: &str, attributes: &[&str]) -> Tried {
    let set: Vec<String> = attributes
        .iter()
        .map(|name| format!("{name} = :forged"))
        .collect();
    let body = json!({"TableName": table, "Key": {"pk": {"S": partition}, "sk": {"S": "META"}},
        "UpdateExpression": format!("SET {}", set.join(", ")), "ExpressionAttributeValues": {":forged": {"S": "forged"}}});
    Tried::Table("UpdateItem", body)
}

fn delete(table: &str, partition: &str) -> Tried {
    Tried::Table(
        "DeleteItem",
        json!({"TableName": table, "Key": {"pk": {"S": partition}, "sk": {"S": "META"}}}),
    )
}

fn get(table: &str, partition: &str) -> Tried {
    Tried::Table(
        "GetItem",
        json!({"TableName": table, "Key": {"pk": {"S": partition}, "sk": {"S": "META"}}}),
    )
}

fn query(table: &str, partition: &str) -> Tried {
    let body = json!({"TableName": table, "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": partition}}});
    Tried::Table("Query", body)
}

fn scan(table: &str) -> Tried {
    Tried::Table("Scan", json!({"TableName": table}))
}

fn statement(text: &str, table: &str) -> Tried {
    Tried::Table(
        "ExecuteStatement",
        json!({"Statement": text.replace("TABLE", &format!("\"{table}\""))}),
    )
}

fn transaction(puts: &[(&str, &str)]) -> Tried {
    let puts = puts.iter().map(
        |(table, partition)| json!({"Put": {"TableName": table, "Item": item(partition, &[])}}),
    );
    Tried::Table(
        "TransactWriteItems",
        json!({"TransactItems": puts.collect::<Vec<_>>()}),
    )
}

fn object(action: &str, bucket: &str, key: &str) -> Tried {
    let key = if key.is_empty() {
        String::new()
    } else {
        format!("/{key}")
    };
    Tried::Call(Call::new(
        &format!("s3:{action}"),
        &format!("arn:aws:s3:::{bucket}{key}"),
    ))
}

fn anchor(bucket: &str, key: &str, once: bool) -> Tried {
    let Tried::Call(call) = object("PutObject", bucket, key) else {
        unreachable!()
    };
    Tried::Call(call.with("s3:if-none-match", once.then(|| "*".to_owned())))
}

fn secret(name: &str) -> Tried {
    let arn =
        format!("arn:aws:secretsmanager:eu-west-2:000000000000:secret:custodian-{name}-LoCaL1");
    Tried::Call(Call::new("secretsmanager:GetSecretValue", &arn))
}

const NOBODY: &[&str] = &[];
const DELETES: &[&str] = &["erase", "expire", "import", "partners", "requests", "sweep"];

/// Attempts on the Register: to have somebody erased, held, suppressed, or notified.
fn of_register(names: &Names) -> Vec<Try> {
    let Names {
        register, records, ..
    } = names;
    vec![
        Try(
            "a request",
            put(
                register,
                "REQUEST#ERA-1",
                &["action", "stage", "holders", "planned_by"],
            ),
            &["erase", "requests"],
        ),
        Try(
            "who approved a request, or what it asks",
            update(register, "REQUEST#ERA-1", &["stage"]),
            &["erase", "requests"],
        ),
        Try(
            "whom a request is about",
            update(register, "REQUEST#ERA-1", &["holders"]),
            &["erase", "export", "requests", "sweep"],
        ),
        Try(
            "a task",
            put(register, "TASK#ERA-1#records", &["state"]),
            &["erase", "requests"],
        ),
        Try(
            "what starts a task",
            put(register, "START#ERA-1#records", &["approved"]),
            &["requests"],
        ),
        Try(
            "what was approved, in what starts a task",
            update(register, "START#ERA-1#records", &["approved"]),
            NOBODY,
        ),
        Try(
            "another try of a task",
            update(register, "START#ERA-1#records", &["times"]),
            &["erase", "partners", "requests", "sweep"],
        ),
        Try(
            "that nothing starts a task",
            delete(register, "START#ERA-1#records"),
            &["erase"],
        ),
        Try(
            "that a task is open",
            put(register, "TASKS", &[]),
            &["requests"],
        ),
        Try(
            "that something waits to be attested",
            update(register, "UNATTESTED", &["act"]),
            &["erase", "export", "requests", "sweep"],
        ),
        Try(
            "that something of a click waits to be attested",
            update(register, "CLICKUNATTESTED", &["act"]),
            &["erase", "requests", "sweep", "unsubscribe"],
        ),
        Try(
            "that nothing waits to be attested",
            delete(register, "UNATTESTED"),
            &["erase", "requests", "sweep"],
        ),
        Try(
            "a click",
            put(register, "CLICK#click-1", &["action"]),
            &["erase", "requests", "unsubscribe"],
        ),
        Try(
            "what starts a click's task",
            put(register, "CLICKSTART#click-1#newsletter", &["approved"]),
            &["unsubscribe"],
        ),
        Try(
            "a click and what starts a task, at once",
            transaction(&[(register, "CLICK#1"), (register, "START#E#records")]),
            &["requests"],
        ),
        Try(
            "that somebody was erased",
            put(register, &format!("SUPPRESSION#{SUBJECT}"), &["erased_at"]),
            NOBODY,
        ),
        Try(
            "that somebody was erased, at another time",
            update(register, &format!("SUPPRESSION#{SUBJECT}"), &["erased_at"]),
            &["erase", "requests"],
        ),
        Try(
            "that nobody was erased",
            delete(register, &format!("SUPPRESSION#{SUBJECT}")),
            &["erase"],
        ),
        Try(
            "that a source withdrew a record",
            put(register, "SUPPRESSION#record#social#x", &["erased_at"]),
            &["import"],
        ),
        Try(
            "a hold or a restriction",
            put(register, &format!("STANDING#{SUBJECT}"), &["holds"]),
            NOBODY,
        ),
        Try(
            "for whom something stands",
            update(register, &format!("STANDING#{SUBJECT}"), &["holds"]),
            &["requests", "sweep"],
        ),
        Try(
            "that a package is somebody's",
            put(register, &format!("SUBJECT#{SUBJECT}"), &[]),
            &["export", "requests"],
        ),
        Try(
            "when a package goes",
            put(register, "PACKAGES", &[]),
            &["erase", "export", "requests", "sweep"],
        ),
        Try(
            "what opens a package",
            update(register, "REQUEST#SAR-1", &["release"]),
            &["download", "erase", "export", "requests", "sweep"],
        ),
        Try(
            "an opt-out",
            put(register, &format!("OPTOUT#{SUBJECT}"), &["since"]),
            &["unsubscribe"],
        ),
        Try(
            "that an address is confirmed",
            put(register, &format!("CONFIRMED#{SUBJECT}"), &["at"]),
            &["requests", "unsubscribe"],
        ),
        Try(
            "that a requester confirmed their address",
            put(register, "SAID#ERA-1", &["at"]),
            &["unsubscribe"],
        ),
        Try(
            "a mail that asks to confirm",
            put(register, "CONFIRMATIONS", &["address"]),
            &["ingest", "requests"],
        ),
        Try("a survey", put(register, "SURVEY", &["document"]), NOBODY),
        Try(
            "a wording of a survey",
            put(register, "SURVEYVERSION", &["document"]),
            &["sweep"],
        ),
        Try(
            "that a file was read",
            put(register, "IMPORTS", &["at"]),
            &["import"],
        ),
        Try(
            "how far the sweep got",
            put(register, "SWEEP", &["day"]),
            &["sweep"],
        ),
        Try(
            "how much a client sent",
            update(register, "CLIENT#x", &["count"]),
            &["ingest"],
        ),
        Try(
            "whole requests",
            get(register, "REQUEST#ERA-1"),
            &["download", "erase", "export", "requests", "sweep"],
        ),
        Try(
            "who has opted out",
            get(register, &format!("OPTOUT#{SUBJECT}")),
            &["export", "requests", "unsubscribe"],
        ),
        Try(
            "mails that wait",
            query(register, "CONFIRMATIONS"),
            &["erase", "export", "notify", "requests"],
        ),
        Try("the whole Register", scan(register), &["verify"]),
        Try(
            "anything of the Register, by PartiQL",
            statement("SELECT * FROM TABLE WHERE pk = 'REQUEST#ERA-1'", register),
            NOBODY,
        ),
        Try(
            "an update by PartiQL",
            statement(
                "UPDATE TABLE SET stage = 'approved' WHERE pk = 'REQUEST#ERA-1'",
                register,
            ),
            NOBODY,
        ),
        Try(
            "a put by PartiQL",
            statement(
                "INSERT INTO TABLE VALUE {'pk': 'START#ERA-1#records'}",
                register,
            ),
            NOBODY,
        ),
        Try(
            "many items at once",
            Tried::Table(
                "BatchWriteItem",
                json!({"RequestItems": {register: [{"PutRequest": {"Item": item("IMPORTS", &[])}}]}}),
            ),
            NOBODY,
        ),
        Try(
            "a query of no key",
            Tried::Table("Query", json!({"TableName": register})),
            NOBODY,
        ),
        Try(
            "one's own and another's key in one read",
            Tried::Table(
                "BatchGetItem",
                json!({"RequestItems": {register: {"Keys": [item(&format!("STANDING#{SUBJECT}"), &[]), item("REQUEST#1", &[])]}}}),
            ),
            &["export", "requests", "sweep"],
        ),
        Try(
            "a record",
            put(records, SUBJECT, &["source", "expires_at"]),
            &["import", "ingest", "partners"],
        ),
        Try(
            "a profile",
            put(records, SUBJECT, &["opted_out", "day", "expires_at"]),
            &["import", "ingest", "partners", "unsubscribe"],
        ),
        Try(
            "what a record says",
            update(records, SUBJECT, &["comment"]),
            NOBODY,
        ),
        Try(
            "when a record ends",
            update(records, SUBJECT, &["expires_at"]),
            &["requests", "sweep"],
        ),
        Try(
            "that a record is gone",
            delete(records, SUBJECT),
            &["erase", "import", "partners", "requests", "sweep"],
        ),
        Try(
            "what somebody told",
            query(records, SUBJECT),
            &["erase", "export", "requests"],
        ),
        Try("all records", scan(records), NOBODY),
        Try(
            "all records, by PartiQL",
            statement("SELECT * FROM TABLE", records),
            NOBODY,
        ),
    ]
}

/// Attempts on the ledger, objects and secrets.
fn of_evidence(names: &Names) -> Vec<Try> {
    let Names {
        ledger,
        exports,
        intake,
        anchors,
        ..
    } = names;
    vec![
        Try(
            "a block of the ledger",
            put(ledger, "DAY#2026-11-23", &["body"]),
            DELETES,
        ),
        Try(
            "a block of the ledger, changed",
            update(ledger, "DAY#2026-11-23", &["body"]),
            NOBODY,
        ),
        Try(
            "a block of the ledger, deleted",
            delete(ledger, "DAY#2026-11-23"),
            NOBODY,
        ),
        Try(
            "where the ledger ends",
            update(ledger, "CHAIN", &["n", "hash"]),
            DELETES,
        ),
        Try(
            "another head of the ledger",
            put(ledger, "CHAIN", &["n", "hash"]),
            NOBODY,
        ),
        Try(
            "that a removal was told",
            put(ledger, "TOLD#x", &[]),
            &["expire"],
        ),
        Try(
            "the ledger",
            query(ledger, "DAY#2026-11-23"),
            &["sweep", "verify"],
        ),
        Try("the whole ledger", scan(ledger), &["verify"]),
        Try(
            "the ledger, by PartiQL",
            statement("DELETE FROM TABLE WHERE pk = 'CHAIN'", ledger),
            NOBODY,
        ),
        Try(
            "an anchor of a day that has none",
            anchor(anchors, "anchors/2026-11-23", true),
            &["sweep"],
        ),
        Try(
            "how the ledger ended, where it is not told yet",
            anchor(anchors, "heads/2026-11-23/1", true),
            &["sweep"],
        ),
        Try(
            "an anchor over another",
            anchor(anchors, "anchors/2026-11-23", false),
            NOBODY,
        ),
        Try(
            "that an anchor is gone",
            object("DeleteObject", anchors, "anchors/2026-11-23"),
            NOBODY,
        ),
        Try(
            "that a version of an anchor is gone",
            object("DeleteObjectVersion", anchors, "anchors/2026-11-23"),
            NOBODY,
        ),
        Try(
            "for how long an anchor stays",
            object("PutObjectRetention", anchors, "anchors/2026-11-23"),
            NOBODY,
        ),
        Try(
            "a package's object",
            object("GetObject", exports, "SAR-1/x/export.json"),
            &["download"],
        ),
        Try(
            "another object for a package",
            object("PutObject", exports, "SAR-1/x/export.json"),
            &["export"],
        ),
        Try(
            "that a package's object is gone",
            object("DeleteObject", exports, "SAR-1/x/export.json"),
            &["erase", "export", "sweep"],
        ),
        Try(
            "which packages there are",
            object("ListBucket", exports, ""),
            &["erase", "export", "sweep"],
        ),
        Try(
            "a partner's file",
            object("GetObject", intake, "telephone/calls.csv"),
            &["import"],
        ),
        Try(
            "another file of a partner's",
            object("PutObject", intake, "telephone/calls.csv"),
            NOBODY,
        ),
        Try(
            "that a partner's file is gone",
            object("DeleteObject", intake, "telephone/calls.csv"),
            &["import"],
        ),
        Try(
            "what lies in quarantine",
            object("GetObject", intake, "quarantine/telephone/x"),
            &["erase", "export", "import", "requests"],
        ),
        Try(
            "something else in quarantine",
            object("PutObject", intake, "quarantine/telephone/x"),
            &["erase", "import"],
        ),
        Try(
            "how far a file is read",
            object("PutObject", intake, "progress/telephone/x"),
            &["import"],
        ),
        Try(
            "that a file is to be read",
            object("PutObject", intake, "handover/telephone/x"),
            &["import", "sweep"],
        ),
        Try("Granicus's token", secret("GranicusProcessor"), &["erase"]),
        Try(
            "Granicus's certificate",
            secret("GranicusCertificate"),
            &["erase", "partners"],
        ),
        Try(
            "what Granicus signs with",
            secret("GranicusWebhook"),
            &["partners"],
        ),
        Try("Five9's password", secret("Five9Processor"), &["erase"]),
        Try(
            "the newsletter's token",
            secret("NewsletterProcessor"),
            &["erase"],
        ),
        Try(
            "the newsletter's certificate",
            secret("NewsletterCertificate"),
            &["erase", "partners"],
        ),
        Try(
            "GOV.UK Notify's key",
            secret("NotifyProcessor"),
            &["notify"],
        ),
        Try(
            "the subject keys",
            secret("SubjectKeys"),
            &[
                "erase", "export", "import", "ingest", "partners", "requests",
            ],
        ),
    ]
}

fn tries(house: &House) -> Vec<Try> {
    let names = Names::of(house);
    of_register(&names)
        .into_iter()
        .chain(of_evidence(&names))
        .collect()
}

/// The functions whose role allows an attempt.
fn who_may<'a>(house: &House, tried: &Try) -> BTreeSet<&'a str> {
    FUNCTIONS
        .into_iter()
        .filter(|name| tried.by(house.stack.principal(name).unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_forge_what_is_its_own_and_nothing_else() {
    let house = House::open().await;
    for tried in tries(&house) {
        assert_eq!(
            who_may(&house, &tried),
            tried.2.iter().copied().collect(),
            "{}",
            tried.0
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_condition_on_several_values_lets_through_what_has_none() {
    let house = House::open().await;
    let mut seen = 0;
    for function in FUNCTIONS {
        for said in house.stack.principal(function).unwrap().says() {
            let conditions = said["Condition"].as_object().into_iter().flatten();
            for (operator, keys) in conditions.filter(|(operator, _)| operator.starts_with("For")) {
                for key in keys.as_object().unwrap().keys() {
                    seen += 1;
                    assert_eq!(
                        said["Condition"]["Null"][key], "false",
                        "{function}: {operator} {key}: {said}"
                    );
                }
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

/// The limit is in <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>. It
/// counts all inline policies, without white space.
#[tokio::test(flavor = "multi_thread")]
async fn the_policies_of_a_role_are_not_larger_than_iam_takes() {
    let house = House::open().await;
    for function in FUNCTIONS {
        let size: usize = house
            .stack
            .principal(function)
            .unwrap()
            .says()
            .map(|said| said.to_string().len() + 1)
            .sum();
        // Names on AWS are longer, because a suffix makes them unique.
        assert!(size < 9_000, "{function}: {size}");
    }
}
