//! Files that are imported, as by `local import`.

use super::{House, house};
use crate::{
    Event, Handler, ImportArguments, ImportError, Imported, ProgressView, import, reports,
};
use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use custodian_buckets::files::{Beside, ERRAND, File};
use custodian_import::report::{Reason, Report, State};
use custodian_runtime::Environment;
use custodian_runtime::failure::failure;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const BUCKET: &str = "custodian-intake-000000000000";

/// Reports what the name of the file says.
struct Import(Environment);

impl Import {
    async fn put(&self, file: &File, what: Beside, body: Vec<u8>) {
        let put = custodian_buckets::client(&self.0.s3())
            .put_object()
            .bucket(BUCKET)
            .key(what.key(file.folder, &file.id()));
        put.body(ByteStream::from(body)).send().await.unwrap();
    }
}

#[async_trait]
impl Handler for Import {
    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        let object = &event.payload.read::<Value>().unwrap()["Records"][0]["s3"]["object"];
        let (key, size) = (
            object["key"].as_str().unwrap(),
            object["size"].as_u64().unwrap(),
        );
        if key.contains("fail") {
            return Err(failure("Failed", "it failed"));
        }
        if key.contains("endless") {
            std::future::pending::<()>().await;
        }
        let file = File::dropped(key, object["eTag"].as_str().unwrap()).unwrap();
        let progress = json!({"offset": size / 2, "size": size}).to_string();
        self.put(&file, Beside::Progress, progress.into_bytes())
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let now = self.0.clock().now();
        let head = custodian_buckets::client(&self.0.s3())
            .head_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
        let mut report = Report::new(file.id(), file.folder);
        report.errand = head.metadata().and_then(|it| it.get(ERRAND).cloned());
        if key.contains("refused") {
            report.refused(
                Reason {
                    rule: "header_not_utf8".to_owned(),
                    field: None,
                },
                now,
            );
        } else {
            (report.rows, report.new) = (2, 2);
            if !key.contains("clean") {
                report.new = 1;
                report.refuse("time");
            }
            report.done(now);
        }
        self.put(&file, Beside::Report, serde_json::to_vec(&report).unwrap())
            .await;
        Ok(Value::Null)
    }
}

/// Stores what it was shown.
#[derive(Default)]
struct Shown {
    uploaded: Vec<(u64, u64)>,
    read: Vec<(u64, u64)>,
    ended: bool,
}

impl ProgressView for Shown {
    fn uploaded(&mut self, bytes: u64, all: u64) {
        self.uploaded.push((bytes, all));
    }

    fn read(&mut self, bytes: u64, all: u64) {
        self.read.push((bytes, all));
    }

    fn end(&mut self) {
        self.ended = true;
    }
}

/// A stack that accepts files, and a folder of files.
struct Intake {
    house: House,
    folder: TempDir,
}

async fn intake() -> Intake {
    let house = house(|options| {
        options.functions = std::mem::take(&mut options.functions).with("import", move |host| {
            let import: Arc<dyn Handler> = Arc::new(Import(host));
            async move { Ok(import) }
        });
        options.schedules = false;
    });
    Intake {
        house: house.await,
        folder: TempDir::new().unwrap(),
    }
}

impl Intake {
    fn errand(&self, name: &str, size: usize) -> ImportArguments {
        let file = self.folder.path().join(name);
        std::fs::write(&file, vec![b'x'; size]).unwrap();
        ImportArguments {
            port: self.port(),
            source: "telephone".into(),
            file,
        }
    }

    fn port(&self) -> u16 {
        self.house
            .stack
            .url()
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn import(&self, name: &str, size: usize) -> (Result<Imported, ImportError>, Shown) {
        let (errand, mut shown) = (self.errand(name, size), Shown::default());
        (import(&errand, &mut shown).await, shown)
    }
}

#[tokio::test]
async fn a_file_is_brought_and_its_report_said() {
    let intake = intake().await;
    let mut created = intake.house.stack.created();
    let (brought, shown) = intake.import("a.csv", 100).await;
    let brought = brought.unwrap();
    assert_eq!(
        reports::line(&brought.report),
        "telephone: 2 rows, 1 new, 1 refused (time 1)"
    );
    let name = brought.quarantine.unwrap();
    assert!(
        name.starts_with("telephone/") && name.len() == "telephone/".len() + 16,
        "{name}"
    );
    assert_eq!(
        (shown.uploaded, shown.ended),
        (vec![(0, 100), (100, 100)], true)
    );
    assert!(shown.read.contains(&(50, 100)), "{:?}", shown.read);
    // The stack's own terminal says the same.
    let mut lines = Vec::new();
    while let Ok(object) = created.try_recv() {
        lines
            .extend(reports::of(&intake.house.stack, &object).map(|report| reports::line(&report)));
    }
    assert_eq!(lines, [reports::line(&brought.report)]);
}

#[tokio::test]
async fn a_file_with_nothing_to_refuse_has_no_quarantine() {
    let intake = intake().await;
    assert_eq!(
        intake.import("clean.csv", 10).await.0.unwrap().quarantine,
        None
    );
}

#[tokio::test]
async fn a_file_that_is_refused_whole_says_so() {
    let intake = intake().await;
    let brought = intake.import("refused.csv", 0).await.0.unwrap();
    assert!(brought.report.state == State::Refused && brought.quarantine.is_some());
}

#[tokio::test]
async fn a_large_file_is_brought_in_parts() {
    let intake = intake().await;
    let size = 33 << 20;
    let (brought, shown) = intake.import("large.csv", size).await;
    brought.unwrap();
    let mib = shown
        .uploaded
        .iter()
        .map(|(bytes, _)| bytes >> 20)
        .collect::<Vec<_>>();
    assert_eq!(mib, [0, 16, 32, 33, 33]);
    assert!(intake.house.stack.store().uploads(BUCKET).is_empty());
    let kept = intake
        .house
        .stack
        .store()
        .bytes(BUCKET, "telephone/large.csv")
        .unwrap()
        .unwrap();
    assert_eq!(kept.len(), size);
}

#[tokio::test]
async fn a_file_that_is_brought_again_at_once_is_told_of_by_its_own_report() {
    let intake = intake().await;
    let mut errands = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let report = intake.import("a.csv", 100).await.0.unwrap().report;
        errands.insert(report.errand.unwrap());
    }
    assert_eq!(
        errands.len(),
        3,
        "each report is of what was brought, also within one second"
    );
}

#[tokio::test]
async fn an_import_that_fails_for_good_is_not_waited_for() {
    let intake = intake().await;
    let Err(ImportError::Unfinished(text)) = intake.import("fail.csv", 10).await.0 else {
        panic!("it did not fail")
    };
    assert!(text.contains("/_local/queues"), "{text}");
}

#[tokio::test]
async fn a_stack_that_ends_meanwhile_is_not_waited_for() {
    let intake = intake().await;
    let errand = intake.errand("endless.csv", 10);
    let mut shown = Shown::default();
    let end = async {
        while intake.house.stack.store().keys(BUCKET).is_empty() {
            tokio::task::yield_now().await;
        }
        intake.house.stack.stop().await;
    };
    let (brought, ()) = tokio::join!(import(&errand, &mut shown), end);
    let Err(ImportError::Unfinished(text)) = brought else {
        panic!("it was waited for")
    };
    assert!(
        text.contains("the stack stopped before") && shown.ended,
        "{text}"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_said_before_anything_is_sent() {
    let intake = intake().await;
    let good = intake.errand("a.csv", 1);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for (errand, problem) in [
        (
            ImportArguments {
                source: "fax".into(),
                ..good.clone()
            },
            "there is no source fax; files come from telephone, reviews",
        ),
        (
            ImportArguments {
                source: "web_form".into(),
                ..good.clone()
            },
            "there is no source web_form",
        ),
        (
            ImportArguments {
                file: PathBuf::from("/nowhere/a.csv"),
                ..good.clone()
            },
            "/nowhere/a.csv: ",
        ),
        (
            ImportArguments {
                file: intake.folder.path().into(),
                ..good.clone()
            },
            "this is not a file",
        ),
        (
            ImportArguments {
                port: nobody,
                ..good.clone()
            },
            "`make run`",
        ),
    ] {
        let Err(ImportError::Wrong(text)) = import(&errand, &mut Shown::default()).await else {
            panic!("{errand:?}")
        };
        assert!(text.contains(problem), "{text}");
    }
    assert!(intake.house.stack.store().keys(BUCKET).is_empty());
}
