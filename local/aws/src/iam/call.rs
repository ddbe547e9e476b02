//! Calls as IAM sees them: an action on a resource, with the keys that policies may test
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>).

use super::attributes::{equal_to, named};
use super::condition::Context;
use super::invocation::invoked;
use crate::template::intrinsics::{ACCOUNT, REGION};
use crate::template::resources::Table;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The key that a table, or an index of one, is divided by.
#[derive(Debug, Default)]
pub(crate) struct HashKeys(BTreeMap<(String, Option<String>), String>);

impl HashKeys {
    pub(crate) fn of(tables: &[Table]) -> Self {
        let hash = |keys: &[crate::template::resources::Key]| {
            keys.iter()
                .find(|key| key.key_type == "HASH")
                .map(|key| key.attribute_name.clone())
                .unwrap_or_default()
        };
        let mut all = BTreeMap::new();
        for table in tables {
            all.insert((table.name.clone(), None), hash(&table.keys));
            for index in table.indexes.iter().chain(&table.local_indexes) {
                all.insert(
                    (table.name.clone(), Some(index.name.clone())),
                    hash(&index.key_schema),
                );
            }
        }
        Self(all)
    }

    fn of_table(&self, table: &str, index: Option<&str>) -> &str {
        self.0
            .get(&(table.to_owned(), index.map(str::to_owned)))
            .map_or("pk", String::as_str)
    }
}

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Such as `dynamodb:PutItem`.
    pub action: String,
    /// The ARN.
    pub resource: String,
    /// What else policies may test, by the key in small letters.
    pub context: Context,
}

impl Call {
    /// A call.
    #[must_use]
    pub fn new(action: &str, resource: &str) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: Context::new(),
        }
    }

    /// The same call, with another key that policies may test.
    #[must_use]
    pub fn with(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        let values: Vec<String> = values.into_iter().collect();
        // A key without values is a key that is not there.
        if !values.is_empty() {
            self.context.insert(key.to_lowercase(), values);
        }
        self
    }

    /// The same call, by somebody.
    pub(super) fn by(&self, arn: &str) -> Self {
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        self.clone()
            .with("aws:PrincipalArn", [arn.to_owned()])
            .with("aws:PrincipalAccount", [account])
            .with("aws:SecureTransport", ["true".to_owned()])
    }
}

/// The calls of a request of the SDK.
pub(super) fn of_request(request: &HttpRequest, hash_keys: &HashKeys) -> Vec<Call> {
    let body = || {
        serde_json::from_slice::<Value>(request.body().bytes().unwrap_or_default())
            .unwrap_or_default()
    };
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    match target.split_once('.') {
        Some(("secretsmanager", operation)) => {
            let body = body();
            let Some(ids) = body["SecretIdList"].as_array() else {
                let id = body["SecretId"].as_str().unwrap_or_default();
                return vec![Call::new(&format!("secretsmanager:{operation}"), id)];
            };
            // To read several at once takes the permission to read each as well.
            let each = ids
                .iter()
                .filter_map(Value::as_str)
                .map(|id| Call::new("secretsmanager:GetSecretValue", id));
            std::iter::once(Call::new(&format!("secretsmanager:{operation}"), "*"))
                .chain(each)
                .collect()
        }
        Some((_, operation)) => of_dynamodb(operation, &body(), hash_keys),
        None => {
            if let Some(function) = invoked(request) {
                return vec![Call::new("lambda:InvokeFunction", &function)];
            }
            let mut calls = of_s3(
                request.method(),
                request.uri(),
                request.headers().get("x-amz-copy-source"),
            );
            let unless = request.headers().get("if-none-match").map(str::to_owned);
            if let Some(call) = calls.first_mut() {
                *call = call.clone().with("s3:if-none-match", unless);
            }
            calls
        }
    }
}

/// The calls of a request to DynamoDB: one for each action of a transaction, and for each table of
/// a batch.
pub(super) fn of_dynamodb(operation: &str, body: &Value, hash_keys: &HashKeys) -> Vec<Call> {
    let one = |operation: &str, request: &Value| single(operation, request, hash_keys);
    if let Some(actions) = body["TransactItems"].as_array() {
        let actions = actions.iter().filter_map(Value::as_object).flatten();
        return actions
            .map(|(kind, action)| {
                let name = if kind == "ConditionCheck" {
                    "ConditionCheckItem".into()
                } else {
                    format!("{kind}Item")
                };
                one(&name, action).with("dynamodb:EnclosingOperation", [operation.to_owned()])
            })
            .collect();
    }
    if let Some(tables) = body["RequestItems"].as_object() {
        return tables
            .iter()
            .map(|(table, batch)| batched(operation, table, batch, hash_keys))
            .collect();
    }
    if operation.starts_with("Execute") || operation == "BatchExecuteStatement" {
        return vec![statement(body)];
    }
    vec![one(operation, body)]
}

fn single(operation: &str, request: &Value, hash_keys: &HashKeys) -> Call {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let (name, index) = (text("TableName").unwrap_or_default(), text("IndexName"));
    let hash = hash_keys.of_table(name, index);
    let written = ["Key", "Item"]
        .iter()
        .find_map(|part| request.get(*part)?.get(hash)?.get("S")?.as_str());
    let leading = match operation {
        "Query" => equal_to(hash, request),
        _ => written,
    };
    let call = Call::new(&format!("dynamodb:{operation}"), &arn(name, index));
    let call = call.with("dynamodb:LeadingKeys", leading.map(str::to_owned));
    let call = call.with("dynamodb:Attributes", named(request));
    match operation {
        "Query" | "Scan" => {
            let projected = request.get("ProjectionExpression").is_some();
            let select = text("Select").unwrap_or(if projected {
                "SPECIFIC_ATTRIBUTES"
            } else {
                "ALL_ATTRIBUTES"
            });
            call.with("dynamodb:Select", [select.to_owned()])
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => call.with(
            "dynamodb:ReturnValues",
            [text("ReturnValues").unwrap_or("NONE").to_owned()],
        ),
        _ => call,
    }
}

fn batched(operation: &str, table: &str, batch: &Value, hash_keys: &HashKeys) -> Call {
    let hash = hash_keys.of_table(table, None);
    let (mut leading, mut attributes) = (Vec::new(), named(batch));
    let reads = batch
        .get("Keys")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let writes = batch.as_array().into_iter().flatten();
    let writes = writes.filter_map(|write| {
        write
            .pointer("/PutRequest/Item")
            .or(write.pointer("/DeleteRequest/Key"))
    });
    for item in reads.chain(writes) {
        leading.extend(
            item.get(hash)
                .and_then(|value| value.get("S")?.as_str())
                .map(str::to_owned),
        );
        attributes.extend(
            item.as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone()),
        );
    }
    let call = Call::new(&format!("dynamodb:{operation}"), &arn(table, None));
    call.with("dynamodb:LeadingKeys", leading)
        .with("dynamodb:Attributes", attributes)
}

/// `PartiQL`: the statement is a text, and policies see no key of it.
fn statement(body: &Value) -> Call {
    let text = body
        .pointer("/Statement")
        .or_else(|| body.pointer("/Statements/0/Statement"));
    let text = text.and_then(Value::as_str).unwrap_or_default();
    let kind = match text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_uppercase()
        .as_str()
    {
        "INSERT" => "PartiQLInsert",
        "UPDATE" => "PartiQLUpdate",
        "DELETE" => "PartiQLDelete",
        _ => "PartiQLSelect",
    };
    let table = text.split('"').nth(1).unwrap_or_default();
    Call::new(&format!("dynamodb:{kind}"), &arn(table, None))
}

fn arn(table: &str, index: Option<&str>) -> String {
    let index = index.map_or(String::new(), |index| format!("/index/{index}"));
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}{index}")
}

/// The calls of a request to S3, by its method and its address, whose path begins with the bucket.
fn of_s3(method: &str, uri: &str, copied: Option<&str>) -> Vec<Call> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let names: BTreeSet<String> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    let has = |name: &str| names.contains(name);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    // A plus is itself in a path.
    let decoded = |text: &str| {
        let text = text.replace('+', "%2B");
        form_urlencoded::parse(text.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect::<String>()
    };
    let object = |path: &str| format!("arn:aws:s3:::{}", decoded(path.trim_start_matches('/')));
    let action = match method {
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "DELETE" if has("versionId") => "DeleteObjectVersion",
        "DELETE" => "DeleteObject",
        "POST" if has("delete") => "DeleteObject",
        "PUT" if has("retention") => "PutObjectRetention",
        "PUT" | "POST" => "PutObject",
        _ if has("uploadId") => "ListMultipartUploadParts",
        _ if has("uploads") => "ListBucketMultipartUploads",
        _ if has("versions") => "ListBucketVersions",
        _ if has("versionId") => "GetObjectVersion",
        _ if key.is_empty() => "ListBucket",
        _ => "GetObject",
    };
    let resource = if key.is_empty() && action != "DeleteObject" {
        format!("arn:aws:s3:::{bucket}")
    } else if key.is_empty() {
        // Many at once: the body says which.
        format!("arn:aws:s3:::{bucket}/*")
    } else {
        object(path)
    };
    let mut calls = vec![Call::new(&format!("s3:{action}"), &resource)];
    calls.extend(copied.map(|from| Call::new("s3:GetObject", &object(from))));
    calls
}

#[cfg(test)]
mod tests {
    use super::{Call, HashKeys, of_dynamodb, of_s3};
    use serde_json::json;

    fn leading(call: &Call) -> Vec<String> {
        call.context
            .get("dynamodb:leadingkeys")
            .cloned()
            .unwrap_or_default()
    }

    #[test]
    fn each_action_of_a_transaction_is_a_call_with_its_own_key() {
        let body = json!({"TransactItems": [
            {"Put": {"TableName": "t", "Item": {"pk": {"S": "A"}, "x": {"S": ""}}}},
            {"ConditionCheck": {"TableName": "t", "Key": {"pk": {"S": "B"}}, "ConditionExpression": "attribute_exists(y)"}},
        ]});
        let calls = of_dynamodb("TransactWriteItems", &body, &HashKeys::default());
        let seen: Vec<_> = calls
            .iter()
            .map(|call| (call.action.as_str(), leading(call)))
            .collect();
        assert_eq!(
            seen,
            [
                ("dynamodb:PutItem", vec!["A".to_owned()]),
                ("dynamodb:ConditionCheckItem", vec!["B".to_owned()])
            ]
        );
        assert_eq!(calls[0].context["dynamodb:attributes"], ["pk", "x"]);
        assert_eq!(calls[1].context["dynamodb:attributes"], ["pk", "y"]);
    }

    #[test]
    fn a_batch_has_the_keys_of_all_its_items() {
        let keys =
            json!({"RequestItems": {"t": {"Keys": [{"pk": {"S": "A"}}, {"pk": {"S": "B"}}]}}});
        assert_eq!(
            leading(&of_dynamodb("BatchGetItem", &keys, &HashKeys::default())[0]),
            ["A", "B"]
        );
        let puts = json!({"RequestItems": {"t": [{"PutRequest": {"Item": {"pk": {"S": "A"}}}},
            {"DeleteRequest": {"Key": {"pk": {"S": "C"}}}}]}});
        assert_eq!(
            leading(&of_dynamodb("BatchWriteItem", &puts, &HashKeys::default())[0]),
            ["A", "C"]
        );
    }

    #[test]
    fn of_a_scan_and_of_a_statement_no_key_is_known() {
        let scan = of_dynamodb("Scan", &json!({"TableName": "t"}), &HashKeys::default());
        assert_eq!(
            (scan[0].action.as_str(), leading(&scan[0])),
            ("dynamodb:Scan", vec![])
        );
        let text = json!({"Statement": "DELETE FROM \"t\" WHERE pk = 'A'"});
        let statement = of_dynamodb("ExecuteStatement", &text, &HashKeys::default());
        assert_eq!(
            (statement[0].action.as_str(), leading(&statement[0])),
            ("dynamodb:PartiQLDelete", vec![])
        );
        assert!(statement[0].resource.ends_with(":table/t"));
    }

    #[test]
    fn a_request_to_s3_is_known_by_its_method_and_its_address() {
        for (method, uri, action, resource) in [
            (
                "GET",
                "http://s3/b/telephone/a%20b.csv",
                "s3:GetObject",
                "b/telephone/a b.csv",
            ),
            ("HEAD", "http://s3/b/k?x-id=1", "s3:GetObject", "b/k"),
            (
                "GET",
                "http://s3/b/?list-type=2&prefix=r",
                "s3:ListBucket",
                "b",
            ),
            (
                "GET",
                "http://s3/b?uploads",
                "s3:ListBucketMultipartUploads",
                "b",
            ),
            (
                "PUT",
                "http://s3/b/k?partNumber=1&uploadId=1",
                "s3:PutObject",
                "b/k",
            ),
            (
                "DELETE",
                "http://s3/b/k?uploadId=1",
                "s3:AbortMultipartUpload",
                "b/k",
            ),
            (
                "DELETE",
                "http://s3/b/k?versionId=1",
                "s3:DeleteObjectVersion",
                "b/k",
            ),
            ("GET", "http://s3/b?versions", "s3:ListBucketVersions", "b"),
            ("POST", "http://s3/b/?delete", "s3:DeleteObject", "b/*"),
        ] {
            let calls = of_s3(method, uri, None);
            let expected = (action.to_owned(), format!("arn:aws:s3:::{resource}"));
            assert_eq!(
                (calls[0].action.clone(), calls[0].resource.clone()),
                expected,
                "{method} {uri}"
            );
        }
        let copied = of_s3("PUT", "http://s3/b/k", Some("/b/a%2Bb"));
        assert_eq!(copied[1], Call::new("s3:GetObject", "arn:aws:s3:::b/a+b"));
    }
}
