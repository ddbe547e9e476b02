//! AWS does not answer, answers slowly, or has no capacity for a long while.

use crate::gateway;
use crate::gateway::Ask;
use crate::house::House;
use crate::imports_faults::{self, POSTS, dropped, import};
use crate::partners::{CREATED, signed_event};
use crate::permissions::template;
use crate::unsubscribe::click_event;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::HttpConnector;
use custodian_buckets::files::{File, Files};
use custodian_desk::Desk;
use custodian_download::Download;
use custodian_erase::Erase;
use custodian_expire::Expire;
use custodian_export::Export;
use custodian_import::Import;
use custodian_ingest::Ingest;
use custodian_local::wire::{answer, between, target};
use custodian_notify::Notify;
use custodian_partners::Partners;
use custodian_requests::Requests;
use custodian_runtime::{Environment, Function, Patience};
use custodian_sweep::Sweep;
use custodian_unsubscribe::Unsubscribe;
use custodian_verify::Verify;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A host that accepts every connection and never answers.
async fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            connections.push(connection);
        }
    });
    format!("http://{address}")
}

/// The host of a public function with Lambda's time limits, whose database does not answer.
async fn unanswered<F: Function>(house: &House) -> Environment {
    let sdk = house
        .stack
        .sdk()
        .into_builder()
        .timeout_config(F::PATIENCE.timeouts())
        .build();
    let host = Environment::new(
        house.stack.settings(F::NAME).unwrap(),
        sdk,
        house.stack.clock(),
    );
    host.with("AWS_ENDPOINT_URL_DYNAMODB", silent().await)
}

/// A function once it has started. On a busy machine the secrets may arrive too late for such a
/// time limit.
async fn started<T, E, F: Future<Output = Result<T, E>>>(start: impl Fn() -> F) -> T {
    loop {
        if let Ok(started) = start().await {
            return started;
        }
    }
}

/// Asserts that an answer says that it is unavailable, long before Lambda would end the function.
async fn says_in_time<E: std::fmt::Debug>(
    answer: impl Future<Output = Result<Value, E>>,
    words: &str,
) {
    let asked = Instant::now();
    let answer = answer.await.unwrap();
    assert!(
        asked.elapsed() < Duration::from_secs(9),
        "Lambda would have ended it: {:?}",
        asked.elapsed()
    );
    assert_eq!(answer["statusCode"], 503, "{answer}");
    assert!(answer["body"].as_str().unwrap().contains(words), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_makes_a_page_and_not_lambda_s_timeout() {
    let house = House::open().await;
    house.tell("Hello.", Some("rosa@example.org"), None).await;
    let path = house.unsubscribe_path("rosa@example.org").await;
    let package = house.export("rosa@example.org").await;
    let link = house.release(package["request_id"].as_str().unwrap()).await;
    let token = link["url"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();

    let host = unanswered::<Ingest>(&house).await;
    let ingest = started(|| Ingest::start(&host)).await;
    let mut answer = gateway::event("POST", "/surveys/recycling-centre/responses", "");
    answer.payload["headers"]["content-type"] = json!("application/json");
    answer.payload["body"] = json!(json!({"satisfaction": 4, "site": "Wareham"}).to_string());
    let host = unanswered::<Unsubscribe>(&house).await;
    let unsubscribe = started(|| Unsubscribe::start(&host)).await;
    let host = unanswered::<Download>(&house).await;
    let download = started(|| Download::start(&host)).await;
    let host = unanswered::<Partners>(&house).await;
    let partners = started(|| Partners::start(&host)).await;
    let submission = signed_event(&house, CREATED).await;
    tokio::join!(
        says_in_time(
            ingest.ask(gateway::event("GET", "/surveys/recycling-centre", "")),
            "<h1"
        ),
        says_in_time(ingest.ask(answer), "unavailable"),
        says_in_time(unsubscribe.ask(click_event(&path)), "<h1"),
        says_in_time(
            download.ask(gateway::event("GET", &format!("/packages/{token}"), "")),
            "<h1"
        ),
        says_in_time(partners.ask(submission), "unavailable"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_comes_slowly_is_read_to_its_end() {
    const PIECES: usize = 12;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let _ = connection.read(&mut [0; 4096]).await.unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {PIECES}\r\netag: \"e\"\r\nlast-modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..PIECES {
            tokio::time::sleep(Duration::from_millis(200)).await;
            connection.write_all(b"x").await.unwrap();
            connection.flush().await.unwrap();
        }
    });
    let house = House::open().await;
    let patience = Patience {
        connect: Duration::from_secs(1),
        attempt: Duration::from_secs(1),
        call: Duration::from_secs(1),
    };
    let sdk = house
        .stack
        .sdk()
        .into_builder()
        .timeout_config(patience.timeouts())
        .build();
    let host = Environment::new(
        house.stack.settings("import").unwrap(),
        sdk,
        house.stack.clock(),
    );
    let files = Files::new(
        custodian_buckets::client(
            &host
                .with("AWS_ENDPOINT_URL_S3", format!("http://{address}"))
                .s3(),
        ),
        house.intake(),
    );
    let begun = Instant::now();
    let opened = files
        .open(&File::dropped("social/file", "e").unwrap(), 0)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        opened.body.collect().await.unwrap().to_vec(),
        vec![b'x'; PIECES]
    );
    assert!(
        begun.elapsed() > 2 * patience.call,
        "it took longer than any call may: {:?}",
        begun.elapsed()
    );
}

/// How long each function waits for AWS.
fn patiences() -> [(&'static str, Patience); 13] {
    const fn of<F: Function>() -> (&'static str, Patience) {
        (F::NAME, F::PATIENCE)
    }
    [
        of::<Desk>(),
        of::<Download>(),
        of::<Erase>(),
        of::<Expire>(),
        of::<Export>(),
        of::<Import>(),
        of::<Ingest>(),
        of::<Notify>(),
        of::<Partners>(),
        of::<Requests>(),
        of::<Sweep>(),
        of::<Unsubscribe>(),
        of::<Verify>(),
    ]
}

#[test]
fn every_function_gives_a_call_up_well_before_lambda_ends_the_function() {
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap();
    let mut seen = 0;
    for (id, resource) in resources
        .iter()
        .filter(|(_, it)| it["Type"] == "AWS::Serverless::Function")
    {
        let properties = &resource["Properties"];
        let serde_yaml_ng::Value::Tagged(name) = &properties["FunctionName"] else {
            panic!("{id:?}")
        };
        let name = name.value.as_str().unwrap().rsplit('-').next().unwrap();
        let (_, patience) = patiences()
            .into_iter()
            .find(|(function, _)| *function == name)
            .unwrap_or_else(|| panic!("{name}"));
        let timeout = Duration::from_secs(properties["Timeout"].as_u64().unwrap());
        assert!(
            2 * patience.call <= timeout,
            "{id:?} waits {:?} of {timeout:?} for one call",
            patience.call
        );
        assert!(
            patience.attempt < patience.call && patience.connect < patience.attempt,
            "{id:?}"
        );
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
}

/// The configuration of a database that has no capacity for writes for a while. The SDK itself does
/// not retry.
fn crowded(
    house: &House,
    refuses: &Arc<AtomicUsize>,
    status: u16,
    code: &'static str,
) -> SdkConfig {
    let left = Arc::clone(refuses);
    let sdk = house
        .stack
        .sdk()
        .into_builder()
        .retry_config(RetryConfig::disabled())
        .build();
    between(sdk, move |request, connector| {
        let writes = target(&request).is_some_and(|target| target.ends_with("BatchWriteItem"));
        let refuse = || {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        };
        if !writes || !refuse() {
            return connector.call(request);
        }
        let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "not now"});
        answer(status, "application/x-amz-json-1.0", body.to_string())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_waits_for_as_long_as_it_has_time_until_whole_batches_are_taken() {
    let row = |number| format!("{number},x,2026-09-01T08:00:00Z,@a,Text {number}.,,\n");
    let file = (0..60)
        .map(row)
        .fold(POSTS.to_owned(), |file, row| file + &row);
    for (status, code) in [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (400, "RequestLimitExceeded"),
        (500, "InternalServerError"),
    ] {
        let house = imports_faults::house().await;
        let refuses = Arc::new(AtomicUsize::new(12));
        let sdk = crowded(&house, &refuses, status, code);
        let host = Environment::new(
            house.stack.settings("import").unwrap(),
            sdk,
            house.stack.clock(),
        );
        let report = import(&host, dropped(&house, "social", &file).await)
            .await
            .unwrap();
        assert_eq!(
            (refuses.load(Ordering::SeqCst), &report["reports"][0]["new"]),
            (0, &json!(60)),
            "{code}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_has_no_time_left_for_a_crowded_table_hands_over_where_it_stands() {
    let row = |number| format!("{number},x,2026-09-01T08:00:00Z,@a,Text {number}.,,\n");
    let file = (0..30)
        .map(row)
        .fold(POSTS.to_owned(), |file, row| file + &row);
    let house = imports_faults::house().await;
    let refuses = Arc::new(AtomicUsize::new(usize::MAX));
    let sdk = crowded(
        &house,
        &refuses,
        400,
        "ProvisionedThroughputExceededException",
    );
    // Gives up on a batch after a second, as a function with a shorter time limit does.
    let patience = Patience {
        call: Duration::from_secs(1),
        ..Patience::LOCAL
    };
    let sdk = sdk
        .into_builder()
        .timeout_config(patience.timeouts())
        .build();
    let host = Environment::new(
        house.stack.settings("import").unwrap(),
        sdk,
        house.stack.clock(),
    );
    let LambdaEvent { payload, .. } = dropped(&house, "social", &file).await;
    let mut context = Context::default();
    context.deadline = 1;
    let report = import(&host, LambdaEvent::new(payload.clone(), context))
        .await
        .unwrap();
    assert_eq!(
        (&report["reports"][0]["state"], &report["reports"][0]["new"]),
        (&json!("reading"), &json!(0))
    );
    let mut context = Context::default();
    context.deadline = u64::MAX >> 1;
    let again = import(
        &house.stack.host("import").unwrap(),
        LambdaEvent::new(payload, context),
    )
    .await
    .unwrap();
    assert_eq!(again["reports"][0]["new"], 30);
}
