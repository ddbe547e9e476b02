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
pub const FUNCTIONS: [&str; 13] = [
    "desk",
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
    audit: String,
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
            audit: setting("AUDIT_TABLE"),
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
            "Enter a request",
            put(
                register,
                "REQUEST#ERA-1",
                &["action", "stage", "holders", "planned_by"],
            ),
            &["erase", "requests"],
        ),
        Try(
            "Change who approved a request, or what it asks for",
            update(register, "REQUEST#ERA-1", &["stage"]),
            &["erase", "requests"],
        ),
        Try(
            "Change whom a request is about",
            update(register, "REQUEST#ERA-1", &["holders"]),
            &["erase", "export", "requests", "sweep"],
        ),
        Try(
            "Enter a task",
            put(register, "TASK#ERA-1#records", &["state"]),
            &["erase", "requests"],
        ),
        Try(
            "Enter what starts a task",
            put(register, "START#ERA-1#records", &["approved"]),
            &["requests"],
        ),
        Try(
            "Change what was approved, in what starts a task",
            update(register, "START#ERA-1#records", &["approved"]),
            NOBODY,
        ),
        Try(
            "Have a task tried again",
            update(register, "START#ERA-1#records", &["times"]),
            &["erase", "partners", "requests", "sweep"],
        ),
        Try(
            "Delete what starts a task",
            delete(register, "START#ERA-1#records"),
            &["erase"],
        ),
        Try(
            "Enter what happened to a case",
            put(register, "CASE#C-1", &["event", "by"]),
            &["export", "requests"],
        ),
        Try(
            "Enter what nobody did to a case: its date moved",
            put(register, "CASE#C-1", &["event"]),
            &["export", "requests", "sweep"],
        ),
        Try(
            "Enter what happened to a breach",
            put(register, "BREACH#B-1", &["event", "by"]),
            &["requests"],
        ),
        Try(
            "Change what happened to a breach",
            update(register, "BREACH#B-1", &["event"]),
            NOBODY,
        ),
        Try(
            "Delete what happened to a breach",
            delete(register, "BREACH#B-1"),
            NOBODY,
        ),
        Try(
            "Delete what happened to a case",
            delete(register, "CASE#C-1"),
            NOBODY,
        ),
        Try(
            "Take a request off the list of open ones",
            delete(register, "OPEN"),
            &["export", "requests", "sweep"],
        ),
        Try(
            "Note that a task is open",
            put(register, "TASKS", &[]),
            &["requests"],
        ),
        Try(
            "Change the note that something waits to be attested",
            update(register, "UNATTESTED", &["act"]),
            &["erase", "export", "requests", "sweep"],
        ),
        Try(
            "The same for a click on an unsubscribe link",
            update(register, "CLICKUNATTESTED", &["act"]),
            &["erase", "requests", "sweep", "unsubscribe"],
        ),
        Try(
            "Delete the note that something waits to be attested",
            delete(register, "UNATTESTED"),
            &["erase", "requests", "sweep"],
        ),
        Try(
            "Enter a click on an unsubscribe link",
            put(register, "CLICK#click-1", &["action"]),
            &["erase", "requests", "unsubscribe"],
        ),
        Try(
            "Enter what starts the task of a click",
            put(register, "CLICKSTART#click-1#newsletter", &["approved"]),
            &["requests", "unsubscribe"],
        ),
        Try(
            "Enter a click and what starts a task in one transaction",
            transaction(&[(register, "CLICK#1"), (register, "START#E#records")]),
            &["requests"],
        ),
        Try(
            "Enter that somebody was erased",
            put(register, &format!("SUPPRESSION#{SUBJECT}"), &["erased_at"]),
            NOBODY,
        ),
        Try(
            "Change when somebody was erased",
            update(register, &format!("SUPPRESSION#{SUBJECT}"), &["erased_at"]),
            &["erase", "requests"],
        ),
        Try(
            "Delete the note that somebody was erased",
            delete(register, &format!("SUPPRESSION#{SUBJECT}")),
            &["erase"],
        ),
        Try(
            "Enter that a source withdrew a record",
            put(register, "SUPPRESSION#record#social#x", &["erased_at"]),
            &["import"],
        ),
        Try(
            "Enter a hold or a restriction in place of another",
            put(register, &format!("STANDING#{SUBJECT}"), &["holds"]),
            NOBODY,
        ),
        Try(
            "Change somebody's holds and restrictions",
            update(register, &format!("STANDING#{SUBJECT}"), &["holds"]),
            &["requests", "sweep"],
        ),
        Try(
            "Enter whose a package is",
            put(register, &format!("SUBJECT#{SUBJECT}"), &[]),
            &["export", "requests"],
        ),
        Try(
            "Enter when a package is deleted",
            put(register, "PACKAGES", &[]),
            &["erase", "export", "requests", "sweep"],
        ),
        Try(
            "Change what opens a package",
            update(register, "REQUEST#SAR-1", &["release"]),
            &["download", "erase", "export", "requests", "sweep"],
        ),
        Try(
            "Enter an opt-out",
            put(register, &format!("OPTOUT#{SUBJECT}"), &["since"]),
            &["requests", "unsubscribe"],
        ),
        Try(
            "Enter that an address is confirmed",
            put(register, &format!("CONFIRMED#{SUBJECT}"), &["at"]),
            &["requests", "unsubscribe"],
        ),
        Try(
            "Enter that a requester confirmed their address",
            put(register, "SAID#ERA-1", &["at"]),
            &["unsubscribe"],
        ),
        Try(
            "Have an email sent that asks for a confirmation",
            put(register, "CONFIRMATIONS", &["address"]),
            &["ingest", "requests"],
        ),
        Try(
            "Add a survey",
            put(register, "SURVEY", &["document"]),
            NOBODY,
        ),
        Try(
            "Add a wording of a survey",
            put(register, "SURVEYVERSION", &["document"]),
            &["sweep"],
        ),
        Try(
            "Enter that a file was read",
            put(register, "IMPORTS", &["at"]),
            &["import"],
        ),
        Try(
            "Change how far the sweep got",
            put(register, "SWEEP", &["day"]),
            &["sweep"],
        ),
        Try(
            "Change how much a network has sent",
            update(register, "CLIENT#x", &["count"]),
            &["ingest"],
        ),
        Try(
            "Read whole requests",
            get(register, "REQUEST#ERA-1"),
            &["download", "erase", "export", "requests", "sweep"],
        ),
        Try(
            "Read who has opted out",
            get(register, &format!("OPTOUT#{SUBJECT}")),
            &["export", "requests", "unsubscribe"],
        ),
        Try(
            "Read which emails wait to be sent",
            query(register, "CONFIRMATIONS"),
            &["erase", "export", "notify", "requests"],
        ),
        Try("Read the whole Register", scan(register), &["verify"]),
        Try(
            "Read anything in the Register with PartiQL",
            statement("SELECT * FROM TABLE WHERE pk = 'REQUEST#ERA-1'", register),
            NOBODY,
        ),
        Try(
            "Update the Register with PartiQL",
            statement(
                "UPDATE TABLE SET stage = 'approved' WHERE pk = 'REQUEST#ERA-1'",
                register,
            ),
            NOBODY,
        ),
        Try(
            "Put into the Register with PartiQL",
            statement(
                "INSERT INTO TABLE VALUE {'pk': 'START#ERA-1#records'}",
                register,
            ),
            NOBODY,
        ),
        Try(
            "Put many items into the Register in one batch",
            Tried::Table(
                "BatchWriteItem",
                json!({"RequestItems": {register: [{"PutRequest": {"Item": item("IMPORTS", &[])}}]}}),
            ),
            NOBODY,
        ),
        Try(
            "Query the Register without a key",
            Tried::Table("Query", json!({"TableName": register})),
            NOBODY,
        ),
        Try(
            "Read holds and a request in one call",
            Tried::Table(
                "BatchGetItem",
                json!({"RequestItems": {register: {"Keys": [item(&format!("STANDING#{SUBJECT}"), &[]), item("REQUEST#1", &[])]}}}),
            ),
            &["export", "requests", "sweep"],
        ),
        Try(
            "Enter a record",
            put(records, SUBJECT, &["source", "expires_at"]),
            // What the DPO corrects is put in place of what was there.
            &["import", "ingest", "partners", "requests"],
        ),
        Try(
            "Enter a profile",
            put(records, SUBJECT, &["opted_out", "day", "expires_at"]),
            &["import", "ingest", "partners", "requests", "unsubscribe"],
        ),
        Try(
            "Change what a record says",
            update(records, SUBJECT, &["comment"]),
            NOBODY,
        ),
        Try(
            "Change when a record expires",
            update(records, SUBJECT, &["expires_at"]),
            &["requests", "sweep"],
        ),
        Try(
            "Delete a record",
            delete(records, SUBJECT),
            &["erase", "import", "partners", "requests", "sweep"],
        ),
        Try(
            "Read what somebody told the council",
            query(records, SUBJECT),
            &["erase", "export", "requests"],
        ),
        Try("Read all records", scan(records), NOBODY),
        Try(
            "Read all records with PartiQL",
            statement("SELECT * FROM TABLE", records),
            NOBODY,
        ),
    ]
}

/// Attempts on the ledger, objects and secrets.
fn of_evidence(names: &Names) -> Vec<Try> {
    let Names {
        ledger,
        audit,
        exports,
        intake,
        anchors,
        ..
    } = names;
    vec![
        Try(
            "Add a block to the ledger",
            put(ledger, "DAY#2026-11-23", &["body"]),
            DELETES,
        ),
        Try(
            "Change a block of the ledger",
            update(ledger, "DAY#2026-11-23", &["body"]),
            NOBODY,
        ),
        Try(
            "Delete a block of the ledger",
            delete(ledger, "DAY#2026-11-23"),
            NOBODY,
        ),
        Try(
            "Move the head of the ledger",
            update(ledger, "CHAIN", &["n", "hash"]),
            DELETES,
        ),
        Try(
            "Put another head of the ledger in its place",
            put(ledger, "CHAIN", &["n", "hash"]),
            NOBODY,
        ),
        Try(
            "Mark a removal as recorded",
            put(ledger, "TOLD#x", &[]),
            &["expire"],
        ),
        Try(
            "Read a day of the ledger",
            query(ledger, "DAY#2026-11-23"),
            &["sweep", "verify"],
        ),
        Try(
            "Add an entry to the audit trail",
            put(audit, "DAY#2026-11-23", &["body"]),
            &["export", "requests"],
        ),
        Try(
            "Change an entry of the audit trail",
            update(audit, "DAY#2026-11-23", &["body"]),
            NOBODY,
        ),
        Try(
            "Delete an entry of the audit trail",
            delete(audit, "DAY#2026-11-23"),
            NOBODY,
        ),
        Try(
            "Put many items into the audit trail in one batch",
            Tried::Table(
                "BatchWriteItem",
                json!({"RequestItems": {audit: [{"PutRequest": {"Item": item("DAY#2026-11-23", &[])}}]}}),
            ),
            NOBODY,
        ),
        Try(
            "Change the audit trail with PartiQL",
            statement("UPDATE TABLE SET body = 'forged' WHERE pk = 'CHAIN'", audit),
            NOBODY,
        ),
        Try(
            "Read a day of the audit trail",
            query(audit, "DAY#2026-11-23"),
            &["requests", "verify"],
        ),
        Try("Read the whole ledger", scan(ledger), &["verify"]),
        Try(
            "Delete from the ledger with PartiQL",
            statement("DELETE FROM TABLE WHERE pk = 'CHAIN'", ledger),
            NOBODY,
        ),
        Try(
            "Put an anchor for a day that has none",
            anchor(anchors, "anchors/2026-11-23", true),
            &["sweep"],
        ),
        Try(
            "Put an hourly anchor that is not there yet",
            anchor(anchors, "heads/2026-11-23/1", true),
            &["sweep"],
        ),
        Try(
            "Put an anchor in place of another",
            anchor(anchors, "anchors/2026-11-23", false),
            NOBODY,
        ),
        Try(
            "Delete an anchor",
            object("DeleteObject", anchors, "anchors/2026-11-23"),
            NOBODY,
        ),
        Try(
            "Delete a version of an anchor",
            object("DeleteObjectVersion", anchors, "anchors/2026-11-23"),
            NOBODY,
        ),
        Try(
            "Change how long an anchor is kept",
            object("PutObjectRetention", anchors, "anchors/2026-11-23"),
            NOBODY,
        ),
        Try(
            "Read a package",
            object("GetObject", exports, "SAR-1/x/export.json"),
            &["download", "export"],
        ),
        Try(
            "Put another object in a package",
            object("PutObject", exports, "SAR-1/x/export.json"),
            &["export"],
        ),
        Try(
            "Delete a package's object",
            object("DeleteObject", exports, "SAR-1/x/export.json"),
            &["erase", "export", "sweep"],
        ),
        Try(
            "List the packages",
            object("ListBucket", exports, ""),
            &["erase", "export", "sweep"],
        ),
        Try(
            "Read a partner's file",
            object("GetObject", intake, "telephone/calls.csv"),
            &["import"],
        ),
        Try(
            "Add a file as if it came from a partner",
            object("PutObject", intake, "telephone/calls.csv"),
            NOBODY,
        ),
        Try(
            "Delete a partner's file",
            object("DeleteObject", intake, "telephone/calls.csv"),
            &["import"],
        ),
        Try(
            "Read what is in quarantine",
            object("GetObject", intake, "quarantine/telephone/x"),
            &["erase", "export", "import", "requests"],
        ),
        Try(
            "Put something into quarantine",
            object("PutObject", intake, "quarantine/telephone/x"),
            &["erase", "import"],
        ),
        Try(
            "Change how far a file is read",
            object("PutObject", intake, "progress/telephone/x"),
            &["import"],
        ),
        Try(
            "Have a file read again",
            object("PutObject", intake, "handover/telephone/x"),
            &["import", "sweep"],
        ),
        Try(
            "Read the token for Granicus",
            secret("GranicusProcessor"),
            &["erase"],
        ),
        Try(
            "Read the certificate of Granicus",
            secret("GranicusCertificate"),
            &["erase", "partners"],
        ),
        Try(
            "Read the secret that Granicus signs with",
            secret("GranicusWebhook"),
            &["partners"],
        ),
        Try(
            "Read the password for Five9",
            secret("Five9Processor"),
            &["erase"],
        ),
        Try(
            "Read the token for the newsletter service",
            secret("NewsletterProcessor"),
            &["erase"],
        ),
        Try(
            "Read the certificate of the newsletter service",
            secret("NewsletterCertificate"),
            &["erase", "partners"],
        ),
        Try(
            "Read the key for GOV.UK Notify",
            secret("NotifyProcessor"),
            &["notify"],
        ),
        Try(
            "Read the subject keys",
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
