//! What the template allows each function, beside what the function calls.
//!
//! A permission is written `dynamodb:Query Records/by_day`: the action, and what it is allowed on,
//! by its name in the template. A call is written in the same way, so that the two can be compared
//! as sets.

use serde_json::Value as Json;
use serde_yaml_ng::Value;
use serde_yaml_ng::value::TaggedValue;
use std::collections::BTreeSet;

/// Actions that Lambda takes in the function's name, and KMS's, which other services take for it.
const NOT_CALLED: [&str; 4] = ["kms:", "logs:", "sqs:", "xray:"];
/// What Lambda needs, in the function's name, to store the part of a stream that it gives up on.
const KEEPS: [&str; 2] = ["s3:ListBucket Discarded", "s3:PutObject Discarded"];
/// The intake bucket, by its own name.
const INTAKE: &str = "arn:${AWS::Partition}:s3:::${IntakeName.Value}";
/// The suffix of a stream, which Lambda reads for the function.
const STREAM: &str = "/stream";

/// The template as it is deployed.
pub fn template() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every permission that the role of `function` (a logical id, such as `Ingest`) gives.
pub fn granted(template: &Value, function: &str) -> BTreeSet<String> {
    let resources = &template["Resources"];
    let role = named(&resources[function]["Properties"]["Role"]);
    let policies = resources[role.as_str()]["Properties"]["Policies"]
        .as_sequence()
        .unwrap();
    let statements = policies
        .iter()
        .flat_map(|policy| several(&policy["PolicyDocument"]["Statement"]));
    let mut permissions = BTreeSet::new();
    for statement in statements {
        assert_eq!(
            statement["Effect"], "Allow",
            "{role} denies; what is left must be said here"
        );
        for resource in several(&statement["Resource"]) {
            for action in several(&statement["Action"]) {
                permissions.insert(format!("{} {}", action.as_str().unwrap(), named(resource)));
            }
        }
    }
    permissions
}

/// What the function itself may call. The journeys should see each of these used, and nothing else.
pub fn allowed(template: &Value, function: &str) -> BTreeSet<String> {
    let lambdas = |it: &String| {
        NOT_CALLED.iter().any(|service| it.starts_with(service))
            || it.ends_with(STREAM)
            || KEEPS.contains(&it.as_str())
    };
    granted(template, function)
        .into_iter()
        .filter(|it| !lambdas(it))
        .collect()
}

/// What a call of `DynamoDB` needs. `names` gives a table's name in the template.
pub fn needed_of_dynamodb(
    operation: &str,
    body: &Json,
    names: impl Fn(&str) -> String,
) -> BTreeSet<String> {
    let on = |action: &str, table: &str| format!("dynamodb:{action} {}", names(table));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    if let Some(items) = body["TransactItems"].as_array() {
        let parts = items.iter().filter_map(Json::as_object).flatten();
        let action = |kind: &str| {
            if kind == "ConditionCheck" {
                "ConditionCheckItem".into()
            } else {
                format!("{kind}Item")
            }
        };
        return parts
            .map(|(kind, item)| on(&action(kind), &text(&item["TableName"])))
            .collect();
    }
    if let Some(tables) = body["RequestItems"].as_object() {
        return tables.keys().map(|table| on(operation, table)).collect();
    }
    let index = body["IndexName"]
        .as_str()
        .map_or(String::new(), |index| format!("/{index}"));
    BTreeSet::from([on(operation, &text(&body["TableName"])) + &index])
}

/// What a call of S3 needs, by its method and its query (`uploads`, `partNumber=1&uploadId=…`, or
/// nothing).
pub fn needed_of_s3(method: &str, query: &str, bucket: &str) -> String {
    let has = |name: &str| {
        query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(name))
    };
    let action = match method {
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "DELETE" => "DeleteObject",
        "POST" if has("delete") => "DeleteObject",
        "PUT" | "POST" => "PutObject",
        _ if has("uploadId") => "ListMultipartUploadParts",
        _ if has("list-type") => "ListBucket",
        _ if has("uploads") => "ListBucketMultipartUploads",
        _ if has("versions") => "ListBucketVersions",
        _ if has("versionId") => "GetObjectVersion",
        _ => "GetObject",
    };
    format!("s3:{action} {bucket}")
}

/// One value or several: policies write both.
fn several(value: &Value) -> &[Value] {
    value
        .as_sequence()
        .map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The logical id behind a reference, with the part it means: `Records`, `Records/by_day`,
/// `Records/stream`.
fn named(value: &Value) -> String {
    let Value::Tagged(tagged) = value else {
        panic!("{value:?} is no reference")
    };
    let TaggedValue { tag, value } = tagged.as_ref();
    let text = value.as_str().unwrap();
    // The intake bucket is called by the name that it is given.
    let text = text.replace(INTAKE, "${Intake.Arn}");
    let name = if tag == "!Sub" {
        text.trim_start_matches("${").replace('}', "")
    } else {
        text
    };
    name.replace(".StreamArn", STREAM)
        .replace(".Arn", "")
        .replace("/index/", "/")
        .trim_end_matches("/*")
        .to_owned()
}

fn set<const N: usize>(permissions: [&str; N]) -> BTreeSet<String> {
    permissions.map(str::to_owned).into()
}

#[test]
fn nothing_is_allowed_without_limits() {
    let template = template();
    let functions = template["Resources"].as_mapping().unwrap().iter();
    let functions = functions.filter(|(_, it)| it["Type"] == "AWS::Serverless::Function");
    for function in functions.map(|(name, _)| name.as_str().unwrap()) {
        for permission in granted(&template, function) {
            assert!(!permission.contains('*'), "{function}: {permission}");
        }
    }
}

#[test]
fn whoever_reads_secrets_at_once_is_whoever_somebody_waits_for() {
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap().iter();
    let managed = |role: &Value| {
        several(&role["Properties"]["ManagedPolicyArns"])
            .iter()
            .map(named)
            .collect::<Vec<_>>()
    };
    let roles = resources.filter(|(_, it)| it["Type"] == "AWS::IAM::Role");
    let readers =
        roles.filter(|(_, role)| managed(role).iter().any(|policy| policy == "SecretsAtOnce"));
    assert_eq!(
        readers
            .map(|(name, _)| name.as_str().unwrap())
            .collect::<Vec<_>>(),
        ["IngestRole"]
    );
}

#[test]
fn ingest_sees_the_surveys_of_the_register_counts_clients_and_does_nothing_else_to_it() {
    let template = template();
    let policy =
        &template["Resources"]["IngestRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let of_register = |it: &&Value| {
        several(&it["Resource"])
            .iter()
            .any(|resource| named(resource) == "Register")
    };
    let may = |statement: &Value| {
        let (how, keys) = statement["Condition"]
            .as_mapping()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        let keys = several(&keys["dynamodb:LeadingKeys"]).to_vec();
        (
            statement["Action"].as_str().unwrap().to_owned(),
            how.as_str().unwrap().to_owned(),
            keys,
        )
    };
    let one = |action: &str, how: &str, key: &str| {
        (action.to_owned(), how.to_owned(), vec![Value::from(key)])
    };
    assert_eq!(
        several(&policy["Statement"])
            .iter()
            .filter(of_register)
            .map(may)
            .collect::<Vec<_>>(),
        [
            one("dynamodb:Query", "ForAllValues:StringEquals", "SURVEY"),
            one(
                "dynamodb:GetItem",
                "ForAllValues:StringEquals",
                "SURVEYVERSION"
            ),
            one("dynamodb:UpdateItem", "ForAllValues:StringLike", "CLIENT#*"),
            // It stores the question for somebody who wants the newsletter, whether the address is
            // theirs, and cannot read it back.
            one(
                "dynamodb:PutItem",
                "ForAllValues:StringEquals",
                "CONFIRMATIONS"
            ),
        ]
    );
}

#[test]
fn partners_and_import_see_of_the_register_who_was_erased_and_nothing_else() {
    let template = template();
    // What starts a task is incremented and never read.
    let partners = [
        &["SUPPRESSIONS", "SUPPRESSION#*", "STANDING#*"][..],
        &["START#*", "CLICKSTART#*"],
    ];
    let import = [
        &["SUPPRESSIONS", "SUPPRESSION#*", "STANDING#*", "IMPORTS"][..],
        &["SUPPRESSION#record#*", "IMPORTS"],
    ];
    for (role, may) in [("PartnersRole", &partners[..]), ("ImportRole", &import)] {
        let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
        let of_register = |it: &&Value| {
            several(&it["Resource"])
                .iter()
                .any(|resource| named(resource) == "Register")
        };
        let register: Vec<&Value> = several(&policy["Statement"])
            .iter()
            .filter(of_register)
            .collect();
        assert_eq!(register.len(), may.len());
        for (statement, may) in register.into_iter().zip(may) {
            let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
            assert_eq!(
                several(keys),
                may.iter().copied().map(Value::from).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn who_tells_the_ledger_puts_blocks_and_moves_the_head_and_changes_nothing_else_of_it() {
    let template = template();
    for role in [
        "PartnersRole",
        "ImportRole",
        "ExpireRole",
        "SweepRole",
        "EraseRole",
        "RequestsRole",
    ] {
        let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
        let of_ledger = |it: &&Value| {
            several(&it["Resource"])
                .iter()
                .any(|resource| named(resource) == "Ledger")
        };
        let ledger: Vec<&Value> = several(&policy["Statement"])
            .iter()
            .filter(of_ledger)
            .collect();
        let keys = |statement: &Value, how: &str| {
            several(&statement["Condition"][how]["dynamodb:LeadingKeys"]).to_vec()
        };
        let puts = ledger
            .iter()
            .find(|it| it["Action"] == "dynamodb:PutItem")
            .unwrap();
        let may: &[&str] = if role == "ExpireRole" {
            &["DAY#*", "TOLD#*"]
        } else {
            &["DAY#*"]
        };
        assert_eq!(
            keys(puts, "ForAllValues:StringLike"),
            may.iter().map(|it| Value::from(*it)).collect::<Vec<_>>()
        );
        for statement in ledger
            .iter()
            .filter(|it| it["Action"] != "dynamodb:PutItem")
        {
            let reads = several(&statement["Action"])
                .iter()
                .all(|it| *it == "dynamodb:Query");
            assert!(
                !reads
                    || (role == "SweepRole"
                        && keys(statement, "ForAllValues:StringLike") == ["DAY#*"]),
                "{role}"
            );
            assert!(
                reads || keys(statement, "ForAllValues:StringEquals") == [Value::from("CHAIN")],
                "{role}"
            );
        }
    }
}

#[test]
fn unsubscribe_sees_of_the_register_who_opted_out_and_nothing_of_the_records() {
    let template = template();
    assert_eq!(
        allowed(&template, "Unsubscribe"),
        set([
            "dynamodb:GetItem Register",
            "dynamodb:PutItem Records",
            "dynamodb:PutItem Register",
            "dynamodb:UpdateItem Register",
            "secretsmanager:GetSecretValue MailLinkKeys",
        ])
    );
    let policy =
        &template["Resources"]["UnsubscribeRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let of_register = |it: &&Value| {
        several(&it["Resource"])
            .iter()
            .any(|resource| named(resource) == "Register")
    };
    let register: Vec<&Value> = several(&policy["Statement"])
        .iter()
        .filter(of_register)
        .collect();
    let may = |statement: &Value| {
        let like = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        let equal = &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"];
        (
            statement["Action"].as_str().unwrap().to_owned(),
            several(if like.is_null() { equal } else { like }).to_vec(),
        )
    };
    let own = [
        "OPTOUT#*",
        "CLICK#*",
        "CLICKTASK#*",
        "CLICKSTART#*",
        "CLICKTASKS",
        "CLICKED#*",
        "CONFIRMED#*",
        "SAID#*",
    ];
    assert_eq!(
        register.into_iter().map(may).collect::<Vec<_>>(),
        [
            (
                "dynamodb:GetItem".to_owned(),
                ["OPTOUT#*", "CLICKED#*", "CONFIRMATIONS"]
                    .map(Value::from)
                    .to_vec()
            ),
            ("dynamodb:PutItem".to_owned(), own.map(Value::from).to_vec()),
            (
                "dynamodb:UpdateItem".to_owned(),
                vec![Value::from("CONFIRMATIONS")]
            ),
            (
                "dynamodb:UpdateItem".to_owned(),
                vec![Value::from("CLICKUNATTESTED")]
            ),
        ]
    );
}

#[test]
fn verify_reads_and_does_nothing_else() {
    let template = template();
    assert_eq!(
        allowed(&template, "Verify"),
        set([
            "dynamodb:GetItem Audit",
            "dynamodb:GetItem Ledger",
            "dynamodb:GetItem Register",
            "dynamodb:Query Audit",
            "dynamodb:Query Ledger",
            "dynamodb:Query Records",
            "dynamodb:Query Records/by_day",
            "dynamodb:Query Register",
            "dynamodb:Scan Ledger",
            "dynamodb:Scan Register",
            "s3:GetObjectVersion Anchors/anchors",
            "s3:GetObjectVersion Anchors/heads",
            "s3:ListBucketVersions Anchors",
        ])
    );
    let policy =
        &template["Resources"]["VerifyRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let of_records = |it: &&Value| {
        several(&it["Resource"])
            .iter()
            .any(|resource| named(resource) == "Records")
    };
    let records: Vec<&Value> = several(&policy["Statement"])
        .iter()
        .filter(of_records)
        .collect();
    let sees =
        several(&records[0]["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]);
    assert_eq!(
        (records.len(), sees),
        (
            1,
            ["pk", "sk", "expires_at", "retention_due_at"]
                .map(Value::from)
                .as_slice()
        )
    );
}

#[test]
fn notify_sees_the_mails_that_wait_and_no_record() {
    let template = template();
    assert_eq!(
        allowed(&template, "Notify"),
        set([
            "dynamodb:Query Register",
            "dynamodb:UpdateItem Register",
            "secretsmanager:GetSecretValue AddressKeys",
            "secretsmanager:GetSecretValue MailLinkKeys",
            "secretsmanager:GetSecretValue NotifyProcessor",
        ])
    );
    let policy =
        &template["Resources"]["NotifyRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let of_register = |it: &&Value| {
        several(&it["Resource"])
            .iter()
            .any(|resource| named(resource) == "Register")
    };
    let register: Vec<&Value> = several(&policy["Statement"])
        .iter()
        .filter(of_register)
        .collect();
    let keys =
        several(&register[0]["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]);
    assert_eq!(
        (register.len(), keys),
        (1, [Value::from("CONFIRMATIONS")].as_slice())
    );
}

#[test]
fn download_sees_of_the_register_requests_and_suppressions_and_signs_for_packages_only() {
    let template = template();
    assert_eq!(
        allowed(&template, "Download"),
        set([
            "dynamodb:GetItem Register",
            "dynamodb:UpdateItem Register",
            "s3:GetObject Exports",
            "secretsmanager:GetSecretValue PackageKeys",
        ])
    );
    let policy =
        &template["Resources"]["DownloadRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let of_register = |it: &&Value| {
        several(&it["Resource"])
            .iter()
            .any(|resource| named(resource) == "Register")
    };
    let register: Vec<&Value> = several(&policy["Statement"])
        .iter()
        .filter(of_register)
        .collect();
    let keys = |at: usize| {
        several(&register[at]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
    };
    assert_eq!(
        (register.len(), keys(0)),
        (
            2,
            ["REQUEST#*", "SUPPRESSION#*"].map(Value::from).as_slice()
        )
    );
    // It changes only the counts of a request. These are the attributes that its updates name.
    let attributes =
        several(&register[1]["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]);
    let counted = [
        "pk",
        "sk",
        "state",
        "release",
        "reading",
        "fetched",
        "handed_over_at",
    ]
    .map(Value::from);
    assert_eq!(
        (keys(1), attributes),
        ([Value::from("REQUEST#*")].as_slice(), counted.as_slice())
    );
}

#[test]
fn only_the_stream_s_reader_may_read_the_stream() {
    let template = template();
    let readers = [
        "Ingest",
        "Import",
        "Partners",
        "Expire",
        "Sweep",
        "Export",
        "Requests",
        "Erase",
        "Download",
        "Unsubscribe",
        "Notify",
        "Verify",
        "Desk",
    ];
    let readers = readers.into_iter().filter(|it| {
        granted(&template, it)
            .iter()
            .any(|may| may.ends_with(STREAM))
    });
    assert_eq!(
        readers.collect::<Vec<_>>(),
        ["Expire", "Erase", "Notify"],
        "each what is meant for it"
    );
}

#[test]
fn a_transaction_needs_the_permission_of_each_of_its_items() {
    let body = serde_json::json!({"TransactItems": [
        {"Delete": {"TableName": "stack-Records-1"}},
        {"Put": {"TableName": "stack-Ledger-2"}},
        {"ConditionCheck": {"TableName": "stack-Records-1"}},
    ]});
    let logical = |table: &str| table.split('-').nth(1).unwrap().to_owned();
    assert_eq!(
        needed_of_dynamodb("TransactWriteItems", &body, logical),
        set([
            "dynamodb:ConditionCheckItem Records",
            "dynamodb:DeleteItem Records",
            "dynamodb:PutItem Ledger"
        ])
    );
}

#[test]
fn a_query_of_an_index_is_not_a_query_of_its_table() {
    let query = serde_json::json!({"TableName": "Records", "IndexName": "by_day"});
    assert_eq!(
        needed_of_dynamodb("Query", &query, str::to_owned),
        set(["dynamodb:Query Records/by_day"])
    );
    let batch = serde_json::json!({"RequestItems": {"Records": [], "Ledger": []}});
    assert_eq!(
        needed_of_dynamodb("BatchWriteItem", &batch, str::to_owned),
        set([
            "dynamodb:BatchWriteItem Ledger",
            "dynamodb:BatchWriteItem Records"
        ])
    );
}

#[test]
fn a_multipart_upload_is_a_put_until_it_is_abandoned() {
    let calls = [
        ("POST", "uploads", "s3:PutObject"),
        ("PUT", "partNumber=1&uploadId=1", "s3:PutObject"),
        ("POST", "uploadId=1", "s3:PutObject"),
        (
            "DELETE",
            "uploadId=1&x-id=AbortMultipartUpload",
            "s3:AbortMultipartUpload",
        ),
        ("GET", "uploadId=1", "s3:ListMultipartUploadParts"),
        ("POST", "delete", "s3:DeleteObject"),
        ("DELETE", "x-id=DeleteObject", "s3:DeleteObject"),
        ("HEAD", "", "s3:GetObject"),
        ("GET", "list-type=2&prefix=r", "s3:ListBucket"),
        ("GET", "uploads&prefix=r", "s3:ListBucketMultipartUploads"),
        ("GET", "versions&prefix=r", "s3:ListBucketVersions"),
        ("GET", "versionId=1&x-id=GetObject", "s3:GetObjectVersion"),
    ];
    for (method, query, action) in calls {
        assert_eq!(
            needed_of_s3(method, query, "Exports"),
            format!("{action} Exports"),
            "{method} {query}"
        );
    }
}
