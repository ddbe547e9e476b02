//! The whole stack in this process, for the journeys, with a clock that stands still.

use crate::slowest::Taken;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveDate, Utc};
use custodian_buckets::anchors::Anchors;
use custodian_buckets::files::{Beside, File, Folder};
use custodian_domain::ledger::Entry;
use custodian_domain::survey::Survey;
use custodian_local::{Event, Handler, Options, Registry, Stack};
use custodian_operations::verify::{Audited, Unverified, compare};
use custodian_runtime::Clock;
use custodian_store::ledger::Ledger;
use custodian_store::surveys::Surveys;
use lambda_runtime::{Diagnostic, LambdaEvent};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// When every journey begins: a Monday morning in November.
pub const BEGINNING: &str = "2026-11-23T10:00:00Z";
/// The settings that name the stack's tables.
pub const TABLES: [&str; 5] = [
    "RECORDS_TABLE",
    "REGISTER_TABLE",
    "LEDGER_TABLE",
    "AUDIT_TABLE",
    "SESSIONS_TABLE",
];

/// A function that does nothing when it is started.
struct Asleep;

#[async_trait::async_trait]
impl Handler for Asleep {
    async fn answer(&self, _: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        Ok(Value::Null)
    }
}

/// The running stack, with what journeys do to it.
pub struct House {
    /// The stack.
    pub stack: Stack,
    http: reqwest::Client,
    /// How many files were dropped whose notification the journey itself sends.
    pub dropped: AtomicU64,
    /// Dropped last, so that it counts the time the stack takes to end.
    _taken: Taken,
}

/// An answer at the public door.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.body))
    }

    /// A header, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// How many cases to try a property on that goes through the store: `few`, or what `make test-long`
/// sets.
///
/// A property without a store does not need this: proptest reads `PROPTEST_CASES` itself, unless a
/// test sets `cases`.
pub fn cases_of(few: u32) -> u32 {
    std::env::var_os("CUSTODIAN_CASES")
        .map_or(few, |cases| cases.to_str().unwrap().parse().unwrap())
}

/// An instant, parsed from RFC 3339.
pub fn at(instant: &str) -> DateTime<Utc> {
    instant.parse().unwrap()
}

/// The options of a stack whose clock stands at the beginning and whose schedules do not run by
/// themselves.
pub fn options() -> Options {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut options = Options::new(format!("{root}/template.yaml"));
    options.surveys = Some(format!("{root}/surveys").into());
    options.clock = Clock::stopped_at(at(BEGINNING));
    options.schedules = false;
    options
}

/// All functions, with these ones doing nothing when they are started.
pub fn asleep(functions: &[&str]) -> Registry {
    let asleep = |_| async { Ok(Arc::new(Asleep) as Arc<dyn Handler>) };
    functions
        .iter()
        .fold(Registry::custodian(), |all, function| {
            all.with(function, asleep)
        })
}

impl House {
    /// A stack where TTL removes what has expired.
    pub async fn open() -> Self {
        Self::with(options()).await
    }

    /// A stack where TTL never removes anything.
    pub async fn where_ttl_is_late() -> Self {
        Self::with(Options {
            ttl: false,
            ..options()
        })
        .await
    }

    /// A stack where one function does nothing when it is started. The journey invokes it itself.
    pub async fn where_it_sleeps(function: &str) -> Self {
        Self::with(Options {
            functions: asleep(&[function]),
            ..options()
        })
        .await
    }

    /// A stack with other options.
    pub async fn with(options: Options) -> Self {
        let taken = Taken::begin();
        crate::heard::listen();
        let stack = Stack::start(options).await.unwrap();
        // The client of `erase` brings TLS into every client of this build, and none of them
        // chooses a provider by itself.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            stack,
            http,
            dropped: AtomicU64::default(),
            _taken: taken,
        }
    }

    /// Moves the clock. When this returns, everything this causes has happened.
    pub async fn move_to(&self, instant: &str) {
        self.stack.move_clock(at(instant)).await.unwrap();
    }

    /// Gets a page.
    pub async fn get(&self, path: &str) -> Answer {
        read(
            self.http
                .get(format!("{}{path}", self.stack.url()))
                .header("accept", "text/html"),
        )
        .await
    }

    /// Gets any address.
    pub async fn get_url(&self, url: &str) -> Answer {
        read(self.http.get(url)).await
    }

    /// Somebody reads a package, and decides that nothing is taken out.
    pub async fn review(&self, request: &str) {
        let read = json!({"read": request, "by": "dpo-7"});
        let link = self.invoke("export", read).await.unwrap();
        assert_eq!(self.fetch(&link, "report").await.status, 200);
        let review = json!({"review": request, "by": "dpo-7", "nothing_taken_out": true});
        self.invoke("export", review).await.unwrap();
    }

    /// The DPO reviews a package, if nobody has, and releases it. Returns the link and its code.
    pub async fn release(&self, request: &str) -> Value {
        let order = json!({"release": request, "released_by": "dpo-7"});
        self.release_by(order).await.unwrap()
    }

    /// The same with this order.
    pub async fn release_by(&self, order: Value) -> Result<Value, String> {
        let released = self.invoke("export", order.clone()).await;
        match released {
            Err(refused) if refused.contains("NotReviewed") => {
                let request = order.get("release").or(order.get("link_for"));
                self.review(request.unwrap().as_str().unwrap()).await;
                self.invoke("export", order).await
            }
            released => released,
        }
    }

    /// Somebody with a link to a package types a code and presses the button for a file.
    pub async fn press(&self, link: &Value, code: &str, file: &str) -> Answer {
        let form = format!("code={code}&file={file}");
        let request = self.http.post(link["url"].as_str().unwrap());
        read(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form),
        )
        .await
    }

    /// Somebody with a link to a package and its code fetches a file.
    pub async fn fetch(&self, link: &Value, file: &str) -> Answer {
        let door = self.press(link, link["code"].as_str().unwrap(), file).await;
        assert_eq!(door.status, 303, "{}", door.body);
        self.get_url(door.header("location")).await
    }

    /// The DPO releases a package, and the person fetches it.
    pub async fn answer_request(&self, request: &str) {
        let link = self.release(request).await;
        assert_eq!(self.fetch(&link, "report").await.status, 200);
    }

    /// Sends a body to a survey as a browser sends a form.
    pub async fn post_form(&self, survey: &str, body: &str) -> Answer {
        self.post(
            survey,
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("accept", "text/html"),
            ],
            body,
        )
        .await
    }

    /// Sends JSON to a survey.
    pub async fn post_json(&self, survey: &str, answers: &Value) -> Answer {
        self.post(
            survey,
            &[("content-type", "application/json")],
            &answers.to_string(),
        )
        .await
    }

    /// Sends any body to a survey.
    pub async fn post(&self, survey: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.post_to(&format!("/surveys/{survey}/responses"), headers, body)
            .await
    }

    /// Sends any body to any path.
    pub async fn post_to(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = self.http.post(format!("{}{path}", self.stack.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.body(body.to_owned())).await
    }

    /// A person sends an answer to the recycling centre's survey.
    pub async fn tell(&self, comment: &str, email: Option<&str>, phone: Option<&str>) -> Value {
        let answers = json!({"satisfaction": 4, "site": "Wareham", "comment": comment, "email": email, "phone": phone});
        let answer = self.post_json("recycling-centre", &answers).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    }

    /// The DPO invokes a function with an order.
    pub async fn invoke(&self, function: &str, order: Value) -> Result<Value, String> {
        told(self.stack.invoke(function, order).await)
    }

    /// The DPO exports what is held under an email address.
    pub async fn export(&self, email: &str) -> Value {
        let order = json!({"kind": "portability", "identifiers": [email_id(email)], "requested_by": "dpo-7"});
        self.invoke("export", order).await.unwrap()
    }

    /// The DPO plans an erasure, looks at the plan and approves it, and people do what has to be
    /// done by hand. Returns the request when nothing more is going to happen.
    pub async fn erase(&self, order: Value) -> Result<Value, String> {
        let id = order["request_id"].clone();
        let planned = self.approve(order).await?;
        self.carried_out(id, &planned).await
    }

    /// The same, refusing every link that is not confirmed, as `approve_alone` does.
    pub async fn erase_alone(&self, order: Value) -> Result<Value, String> {
        let id = order["request_id"].clone();
        let planned = self.approve_alone(order).await?;
        self.carried_out(id, &planned).await
    }

    async fn carried_out(&self, id: Value, planned: &Value) -> Result<Value, String> {
        self.stack.settle().await.unwrap();
        self.confirm_all(&id).await;
        let mut status = self.status(&id).await?;
        status["linked"] = planned["linked"].clone();
        Ok(status)
    }

    /// Everybody who has to delete something by hand confirms that they did so today.
    pub async fn confirm_all(&self, request: &Value) {
        let today = self.stack.clock().now().date_naive();
        for task in self.status(request).await.unwrap()["tasks"]
            .as_array()
            .unwrap()
        {
            if task["state"] == "waiting" && task["correspondence"]["instructions"].is_string() {
                let order = json!({"order": "confirm", "request_id": request, "place": task["place"],
                    "confirmed_by": "staff-12", "done_on": today});
                self.invoke("requests", order).await.unwrap();
            }
        }
        self.stack.settle().await.unwrap();
    }

    /// One person plans an erasure and another approves it.
    pub async fn approve(&self, order: Value) -> Result<Value, String> {
        self.approve_deciding(order, |_| None).await
    }

    /// The same, refusing every link that is not confirmed.
    pub async fn approve_alone(&self, order: Value) -> Result<Value, String> {
        let every = |planned: &Value| {
            let linked = planned["linked"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|link| link["confirmed"] == false);
            Some(linked.map(|link| link["link"].clone()).collect())
        };
        self.approve_deciding(order, every).await
    }

    async fn approve_deciding(
        &self,
        mut order: Value,
        refused: impl Fn(&Value) -> Option<Value>,
    ) -> Result<Value, String> {
        let by = order.as_object_mut().unwrap().remove("approved_by");
        let id = order["request_id"].clone();
        let links =
            ["confirmed_links", "refused_links"].map(|field| (field, order.get(field).cloned()));
        (order["order"], order["planned_by"]) = (json!("plan"), json!("planner-3"));
        let planned = self.invoke("requests", order).await?;
        let mut approval = json!({"order": "approve", "request_id": id, "hash": planned["hash"], "approved_by": by});
        for (field, links) in links {
            links.into_iter().for_each(|links| approval[field] = links);
        }
        refused(&planned)
            .into_iter()
            .for_each(|refused| approval["refused_links"] = refused);
        self.invoke("requests", approval).await?;
        Ok(planned)
    }

    /// The state of a request.
    pub async fn status(&self, request: &Value) -> Result<Value, String> {
        self.invoke(
            "requests",
            json!({"order": "status", "request_id": request, "by": "dpo-7"}),
        )
        .await
    }

    /// The document of a package.
    pub async fn document(&self, package: &Value) -> Value {
        serde_json::from_str(&self.object(package["key"].as_str().unwrap()).await).unwrap()
    }

    /// An object in the bucket of packages.
    pub async fn object(&self, key: &str) -> String {
        self.object_in(&self.bucket(), key).await
    }

    /// An object in this bucket, as text.
    pub async fn object_in(&self, bucket: &str, key: &str) -> String {
        let object = self
            .s3()
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }

    /// The keys of all objects.
    pub fn objects(&self) -> Vec<String> {
        self.stack.store().keys(&self.bucket())
    }

    /// A partner drops a file into the intake bucket. Returns the import's report.
    pub async fn drop_file(&self, source: &str, name: &str, file: &[u8]) -> Value {
        let id = self.put_file(source, name, file).await;
        self.stack.settle().await.unwrap();
        self.report(source, &id).await
    }

    /// A partner drops a file, and nobody waits for the import. Returns the import's id.
    pub async fn put_file(&self, source: &str, name: &str, file: &[u8]) -> String {
        let (key, body) = (format!("{source}/{name}"), file.to_vec().into());
        let put = self
            .s3()
            .put_object()
            .bucket(self.intake())
            .key(&key)
            .body(body)
            .send()
            .await
            .unwrap();
        File::dropped(&key, put.e_tag().unwrap()).unwrap().id()
    }

    /// The report of an import.
    pub async fn report(&self, source: &str, id: &str) -> Value {
        let key = Beside::Report.key(Folder::named(source).unwrap(), id);
        serde_json::from_str(&self.object_in(&self.intake(), &key).await).unwrap()
    }

    /// The rows of a source that could not be read.
    pub async fn quarantined(&self, source: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let folder = format!("quarantine/{source}/");
        for key in self
            .files()
            .into_iter()
            .filter(|key| key.starts_with(&folder) && key.ends_with(".jsonl"))
        {
            let lines = self.object_in(&self.intake(), &key).await;
            rows.extend(
                lines
                    .lines()
                    .map(|line| serde_json::from_str::<Value>(line).unwrap()),
            );
        }
        rows
    }

    /// Everything in the intake bucket except the indexes of quarantine.
    pub fn files(&self) -> Vec<String> {
        self.stack
            .store()
            .keys(&self.intake())
            .into_iter()
            .filter(|key| !key.starts_with("indexes/"))
            .collect()
    }

    /// The indexes of quarantine.
    pub fn indexes(&self) -> Vec<String> {
        self.stack
            .store()
            .keys(&self.intake())
            .into_iter()
            .filter(|key| key.starts_with("indexes/"))
            .collect()
    }

    /// The bucket that partners drop files into.
    pub fn intake(&self) -> String {
        self.stack.settings("import").unwrap()["INTAKE_BUCKET"].clone()
    }

    /// Every item of a table, expired or not, as text that can be searched and compared.
    pub async fn items(&self, table: &str) -> BTreeSet<String> {
        let client = self.dynamodb();
        let mut pages = client
            .scan()
            .table_name(self.setting(table))
            .into_paginator()
            .items()
            .send();
        let mut items = BTreeSet::new();
        while let Some(item) = pages.next().await {
            let sorted: Value = serde_dynamo::from_item(item.unwrap()).unwrap();
            items.insert(sorted.to_string());
        }
        items
    }

    /// Everything that is stored anywhere, except the audit trail: every order adds to it, those
    /// too that are refused or change nothing.
    pub async fn everything(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for table in TABLES.iter().filter(|table| **table != "AUDIT_TABLE") {
            all.extend(
                self.items(table)
                    .await
                    .into_iter()
                    .map(|item| format!("{table} {item}")),
            );
        }
        for key in self.objects() {
            all.insert(format!("object {key} {}", self.object(&key).await));
        }
        for key in self.files() {
            all.insert(format!(
                "file {key} {}",
                self.object_in(&self.intake(), &key).await
            ));
        }
        for key in self.indexes() {
            all.insert(format!(
                "index {key} {}",
                self.object_in(&self.intake(), &key).await
            ));
        }
        for key in self.stack.store().keys(&self.discarded()) {
            all.insert(format!(
                "discarded {key} {}",
                self.object_in(&self.discarded(), &key).await
            ));
        }
        for key in self.stack.store().keys(&self.anchors_bucket()) {
            all.insert(format!(
                "anchor {key} {}",
                self.object_in(&self.anchors_bucket(), &key).await
            ));
        }
        all.extend(
            self.stack
                .store()
                .uploads(&self.bucket())
                .iter()
                .map(|upload| format!("upload {}", upload.key)),
        );
        all
    }

    /// The ledger.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.dynamodb(), self.setting("LEDGER_TABLE"))
    }

    /// Every entry of the ledger, in order.
    pub async fn told(&self) -> Vec<Entry> {
        let (mut pages, mut entries) = (self.ledger().entries_since(NaiveDate::MIN), Vec::new());
        while let Some(page) = pages.next().await.unwrap() {
            entries.extend(page);
        }
        entries
    }

    /// A client of the embedded `DynamoDB`.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        custodian_store::client(&self.stack.host("erase").unwrap().dynamodb())
    }

    /// A client of the embedded S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        custodian_buckets::client(&self.stack.host("export").unwrap().s3())
    }

    /// The bucket of packages.
    pub fn bucket(&self) -> String {
        self.setting("EXPORTS_BUCKET")
    }

    /// The bucket of removals that could not be recorded in the ledger.
    pub fn discarded(&self) -> String {
        "custodian-discarded".to_owned()
    }

    /// The bucket of anchors.
    pub fn anchors_bucket(&self) -> String {
        self.stack.settings("sweep").unwrap()["ANCHORS_BUCKET"].clone()
    }

    /// The result of comparing the ledger with its anchors, as of now.
    pub async fn audit(&self) -> Result<Audited, Unverified> {
        let anchors = Anchors::new(self.s3(), self.anchors_bucket());
        compare(
            &self.ledger(),
            Some(&anchors),
            None,
            self.stack.clock().now(),
        )
        .await
    }

    /// A setting of `erase`, `ingest` or `requests`, which together have all of them.
    pub fn setting(&self, name: &str) -> String {
        let settings = ["erase", "ingest", "requests", "desk"]
            .map(|function| self.stack.settings(function).unwrap());
        settings
            .iter()
            .find_map(|all| all.get(name))
            .unwrap()
            .clone()
    }
}

/// A function's answer, or, if it refused or failed, the reason as text. A refusal is returned as
/// an answer, too.
pub fn told(answer: Result<Value, impl std::fmt::Debug>) -> Result<Value, String> {
    match answer {
        Ok(answer) if answer["errorType"].is_string() => Err(format!("{answer:?}")),
        Ok(answer) => Ok(answer),
        Err(failed) => Err(format!("{failed:?}")),
    }
}

/// An email address, as an order names it.
pub fn email_id(value: &str) -> Value {
    json!({"type": "email", "value": value})
}

/// A telephone number, as an order names it.
pub fn phone_id(value: &str) -> Value {
    json!({"type": "phone", "value": value})
}

/// An order to erase, of a request with its own id.
pub fn erasure(identifiers: &[Value]) -> Value {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    let id = format!("ERASURE-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    json!({"identifiers": identifiers, "ground": "17(1)(b)", "approved_by": "dpo-7", "request_id": id})
}

/// A string attribute of an item.
pub fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// The token in a form's page.
pub fn token(page: &str) -> String {
    let after = page
        .split("name=\"submission_token\" value=\"")
        .nth(1)
        .expect("a form has a token");
    after.split('"').next().unwrap().to_owned()
}

async fn read(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer {
        status,
        headers,
        body: response.text().await.unwrap(),
    }
}

impl House {
    /// Puts one of the folder's surveys into the Register with changed wording. Functions with a
    /// copy see it after a minute.
    pub async fn reword(&self, survey: &str, from: &str, to: &str) {
        let path = format!("{}/../surveys/{survey}.json", env!("CARGO_MANIFEST_DIR"));
        let document = std::fs::read_to_string(path).unwrap().replace(from, to);
        let surveys = Surveys::new(self.dynamodb(), self.setting("REGISTER_TABLE"));
        let now = self.stack.clock().now();
        surveys
            .put(&Survey::parse(&document).unwrap(), &document, now)
            .await
            .unwrap();
    }

    /// One of many answers of one person, each with its own key.
    pub async fn post_form_from(&self, email: &str, comment: &str, number: usize) {
        let body =
            json!({"satisfaction": 4, "site": "Wareham", "comment": comment, "email": email})
                .to_string();
        let key = key(&format!("answer-{number}"));
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        assert_eq!(
            self.post("recycling-centre", &headers, &body).await.status,
            201
        );
    }
}

/// An `Idempotency-Key`, always the same for the same name: a UUID of version 4, as a program would
/// make one.
pub fn key(name: &str) -> String {
    let digest = Sha256::digest(name);
    let digits: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "{}-{}-4{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..]
    )
}
