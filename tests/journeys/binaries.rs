//! The built binaries under cargo-lambda's Runtime API, with the local stack's endpoints.
//!
//! cargo-lambda serves only the two APIs. The binaries are the ones that `cargo build --workspace`
//! put beside this test.

use crate::imports_faults;
use crate::slowest::Taken;
use custodian_local::{ACCESS_KEY, Options, SECRET_KEY, Stack};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A form that is sent sooner than this is treated as a program's.
const A_PERSON_TYPES: Duration = Duration::from_millis(2500);
/// A function that has not answered by now has not started.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn the_built_binaries_take_two_answers_and_export_both() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut options = Options::new(house.join("template.yaml"));
    options.surveys = Some(house.join("surveys"));
    let stack = Stack::start(options).await.unwrap();
    let lambda = Lambda::start(&stack, &["ingest", "export"]).await;

    let form = lambda
        .invoke("ingest", &request("GET", "/surveys/recycling-centre", ""))
        .await;
    assert_eq!(form["statusCode"], 200, "{form}");
    tokio::time::sleep(A_PERSON_TYPES).await;
    let typed = format!(
        "submission_token={}&satisfaction=5&site=Wareham&comment=Quick+and+tidy.&email=rosa.hardy%40example.com&website=",
        token(form["body"].as_str().unwrap())
    );
    let thanks = lambda
        .invoke(
            "ingest",
            &request("POST", "/surveys/recycling-centre/responses", &typed),
        )
        .await;
    assert_eq!(thanks["statusCode"], 303, "{thanks}");

    let created = lambda.invoke("ingest", &fixture("ingest-post.json")).await;
    assert_eq!(created["statusCode"], 201, "{created}");

    let package = lambda
        .invoke("export", &fixture("export-portability.json"))
        .await;
    assert_eq!(package["records"], 2, "{package}");
    let document = object(
        &stack,
        package["bucket"].as_str().unwrap(),
        package["key"].as_str().unwrap(),
    )
    .await;
    assert!(document.contains("Quick and tidy."), "{document}");
    assert!(
        document.contains("The staff helped me lift the sofa."),
        "{document}"
    );
    drop(lambda);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_import_reads_a_file_that_s3_tells_of() {
    let house = imports_faults::house().await;
    let lambda = Lambda::start(&house.stack, &["import"]).await;
    let calls = include_str!("../fixtures/intake/telephone/call-survey-2026-10-12.csv");
    let event = imports_faults::dropped(&house, "telephone", calls).await;
    let done = lambda.invoke("import", &event.payload).await;
    assert_eq!(
        (&done["reports"][0]["new"], &done["reports"][0]["joined"]),
        (&json!(6), &json!(1)),
        "{done}"
    );
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 6);
}

/// cargo-lambda's Runtime API and the functions that poll it. All of them are killed when this
/// value is dropped, even by a panic.
struct Lambda {
    port: u16,
    _processes: Vec<Process>,
    _taken: Taken,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Lambda {
    async fn start(stack: &Stack, functions: &[&str]) -> Self {
        let taken = Taken::begin();
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let (binaries, tool) = built();
        let api = Process(
            Command::new(tool)
                .args([
                    "lambda",
                    "watch",
                    "--only-lambda-apis",
                    "-A",
                    "127.0.0.1",
                    "-P",
                    &port.to_string(),
                ])
                .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
                .stdout(Stdio::null())
                .spawn()
                .expect(
                    "cargo-lambda is in target/venv/bin (`make test` puts it there) or on the PATH",
                ),
        );
        let listening = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listening)
            .await
            .expect("cargo-lambda opens its port");
        let mut processes = Vec::new();
        for name in functions {
            let function = Command::new(binaries.join(name))
                .env_clear()
                .envs(stack.settings(name).unwrap())
                .env(
                    "AWS_LAMBDA_RUNTIME_API",
                    format!("http://127.0.0.1:{port}/.rt/{name}"),
                )
                .env("AWS_LAMBDA_FUNCTION_NAME", name)
                .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
                .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
                .env("AWS_REGION", "eu-west-2")
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
                .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
                .stdout(Stdio::null())
                .spawn()
                .expect("the binary is built (`cargo build --workspace`)");
            processes.push(Process(function));
        }
        // Last, so that it ends last: a function that loses its API logs an error.
        processes.push(api);
        Self {
            port,
            _processes: processes,
            _taken: taken,
        }
    }

    /// Invokes a function through the Invoke API, in HTTP/1.0, so that the answer ends with the
    /// connection.
    async fn invoke(&self, function: &str, event: &Value) -> Value {
        let body = event.to_string();
        let call = async {
            let mut connection = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
            let head = format!(
                "POST /2015-03-31/functions/{function}/invocations HTTP/1.0\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            connection
                .write_all((head + &body).as_bytes())
                .await
                .unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = tokio::time::timeout(PATIENCE, call)
            .await
            .unwrap_or_else(|_| panic!("{function} does not answer"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200"), "{function}: {answer}");
        serde_json::from_str(body).unwrap()
    }
}

/// Where the binaries and cargo-lambda are.
fn built() -> (PathBuf, PathBuf) {
    let test = std::env::current_exe().unwrap();
    let binaries = test.parent().unwrap().parent().unwrap();
    let tool = binaries.parent().unwrap().join("venv/bin/cargo-lambda");
    (
        binaries.to_owned(),
        if tool.is_file() {
            tool
        } else {
            "cargo-lambda".into()
        },
    )
}

/// An event as API Gateway makes it from a browser's request.
fn request(method: &str, path: &str, body: &str) -> Value {
    let mut event = fixture("ingest-post.json");
    let suffix = if method == "POST" { "/responses" } else { "" };
    event["routeKey"] = format!("{method} /surveys/{{survey}}{suffix}").into();
    event["rawPath"] = path.into();
    event["headers"] = json!({"accept": "text/html", "content-type": "application/x-www-form-urlencoded", "host": "localhost"});
    event["requestContext"]["routeKey"] = event["routeKey"].clone();
    event["requestContext"]["http"]["method"] = method.into();
    event["requestContext"]["http"]["path"] = path.into();
    event["body"] = if body.is_empty() {
        Value::Null
    } else {
        body.into()
    };
    event
}

fn token(page: &str) -> &str {
    page.split_once(r#"name="submission_token" value=""#)
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
}

fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn object(stack: &Stack, bucket: &str, key: &str) -> String {
    let config = aws_sdk_s3::config::Builder::from(&stack.sdk())
        .endpoint_url(&stack.endpoints().s3)
        .force_path_style(true);
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let found = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .unwrap();
    String::from_utf8(found.body.collect().await.unwrap().to_vec()).unwrap()
}
