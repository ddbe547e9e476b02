//! What docs/operations.md tells people to do, through the port of a stack that runs here and with
//! the scripts that `make` calls.

use crate::house::{House, at, email_id, erasure};
use custodian_local::operate::{backup, rehearse, verify_ledger};
use custodian_operations::verify;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const ROSA: &str = "rosa@example.org";

fn port(house: &House) -> u16 {
    house
        .stack
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

async fn tables(house: &House) -> usize {
    house
        .dynamodb()
        .list_tables()
        .send()
        .await
        .unwrap()
        .table_names()
        .len()
}

/// A script of `.ci`, with only these programs on the PATH.
fn script(name: &str, arguments: &[&str], programs: &[(&str, &str)]) -> Output {
    let folder = TempDir::new().unwrap();
    for (program, text) in programs {
        let path = folder.path().join(program);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../.ci")
        .join(name);
    Command::new("/bin/sh")
        .arg(script)
        .args(arguments)
        .env_clear()
        .env("PATH", folder.path())
        .output()
        .unwrap()
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8(output.to_vec())
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_of_a_stack_is_found_by_its_port_and_verified() {
    let house = House::open().await;
    let nothing = verify::summary(&verify_ledger(port(&house), None).await.unwrap());
    assert_eq!(
        nothing.1, 1,
        "a ledger that has not begun does not hold: {nothing:?}"
    );
    house.tell("Hello.", Some(ROSA), None).await;
    house.move_to("2029-11-24T10:00:00Z").await;
    let (told, code) = verify::summary(&verify_ledger(port(&house), None).await.unwrap());
    assert!(
        code == 0 && told.starts_with("The chain holds. Links: 1. Deletions recorded: 1."),
        "{told}"
    );
    let witness = verify::witness(&format!("2029-11-20={}", "0".repeat(64))).unwrap();
    let (told, code) = verify::summary(&verify_ledger(port(&house), Some(witness)).await.unwrap());
    assert!(
        code == 1 && told.starts_with("The chain is broken"),
        "{told}"
    );
}

#[tokio::test]
async fn where_no_stack_runs_it_is_said_how_to_start_one() {
    let said = verify_ledger(1, None).await.unwrap_err();
    assert!(
        said.contains("port 1") && said.contains("make run"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_can_be_rehearsed_and_brings_nobody_back_who_was_erased_since() {
    let house = House::open().await;
    let before = tables(&house).await;
    house.tell("Rosa's.", Some(ROSA), None).await;
    house.tell("Abel's.", Some("abel@example.org"), None).await;
    let moment = backup(port(&house)).await.unwrap();
    assert_eq!(moment, at("2026-11-23T10:00:00Z"));
    house.move_to("2026-11-24T10:00:00Z").await;
    house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    house.tell("Later.", Some("cleo@example.org"), None).await;
    let records = house.items("RECORDS_TABLE").await;
    for (live, taken_over) in [(true, 1), (false, 0)] {
        let redone = rehearse(port(&house), moment, live, |_| ())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (redone.deleted + redone.erased, redone.taken_over),
            (1, taken_over),
            "{redone:?}"
        );
        assert_eq!(
            tables(&house).await,
            before,
            "what was restored is deleted again"
        );
    }
    assert_eq!(
        house.items("RECORDS_TABLE").await,
        records,
        "the live table is as it was"
    );
    assert!(verify::verify(&house.ledger(), None).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_that_nobody_kept_is_refused_and_those_that_are_kept_are_named() {
    let house = House::open().await;
    let since = at("2026-11-23T10:00:01Z");
    let refused = rehearse(port(&house), since, true, |_| ())
        .await
        .unwrap_err();
    assert!(refused.contains("backups: none"), "{refused}");
    backup(port(&house)).await.unwrap();
    let refused = rehearse(port(&house), since, true, |_| ())
        .await
        .unwrap_err();
    assert!(refused.contains("2026-11-23T10:00:00Z"), "{refused}");
    house.move_to("2026-12-28T10:00:01Z").await;
    backup(port(&house)).await.unwrap();
    let refused = rehearse(port(&house), since, true, |_| ())
        .await
        .unwrap_err();
    assert!(
        refused.ends_with(": 2026-12-28T10:00:01Z"),
        "after 35 days a moment is let go: {refused}"
    );
}

#[test]
fn each_tool_that_is_missing_or_too_old_is_named_in_a_line_of_its_own() {
    let tools = [
        "cargo", "cc", "node", "npm", "venv", "tar", "chromium", "aws", "java",
    ];
    let (cut, sed) = (
        ("cut", "exec /usr/bin/cut \"$@\""),
        ("sed", "exec /usr/bin/sed \"$@\""),
    );
    let none = script("needs", &tools, &[cut, sed, ("id", "echo 1000")]);
    let said = lines(&none.stderr);
    assert_eq!(
        (none.status.code(), said.len()),
        (Some(1), tools.len()),
        "{said:?}"
    );
    assert!(
        said.iter().all(|line| line.contains(" is missing: ")),
        "{said:?}"
    );
    let old = [
        ("rustc", "echo rustc 1.94.1"),
        ("cargo", ""),
        ("node", "echo v18.20.4"),
        ("python3", "echo Python 3.9.2"),
        ("java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2"),
        cut,
        sed,
    ];
    let old = lines(&script("needs", &["cargo", "node", "venv", "java"], &old).stderr);
    let here = ["1.94.1", "18.20.4", "3.9.2", "11.0.2"];
    assert!(
        old.len() == 4 && old.iter().zip(here).all(|(line, here)| line.contains(here)),
        "{old:?}"
    );
    let new = [
        ("rustc", "echo rustc 1.100.0"),
        ("cargo", ""),
        ("node", "echo v24.0.1"),
        ("python3", "echo Python 3.13.1"),
        ("java", "echo 'openjdk version \"21\" 2023-09-19' >&2"),
        cut,
        sed,
    ];
    let new = script("needs", &["cargo", "node", "venv", "java"], &new);
    assert!(
        new.status.success() && new.stderr.is_empty(),
        "{:?}",
        lines(&new.stderr)
    );
}

#[test]
fn an_output_of_a_stack_is_read_and_one_that_is_not_there_is_named() {
    let found = script(
        "output",
        &["custodian", "LedgerTable"],
        &[("aws", "echo custodian-Ledger-1ABC")],
    );
    assert_eq!(
        (found.status.success(), lines(&found.stdout)),
        (true, vec!["custodian-Ledger-1ABC".to_owned()])
    );
    let none = script("output", &["custodian", "LedgerTable"], &[("aws", "echo")]);
    assert_eq!(
        (none.status.success(), lines(&none.stderr)),
        (
            false,
            vec!["The stack custodian has no output LedgerTable.".to_owned()]
        )
    );
    let refused = script(
        "output",
        &["custodian", "LedgerTable"],
        &[("aws", "echo denied >&2; exit 254")],
    );
    assert_eq!(
        (refused.status.code(), refused.stdout.is_empty()),
        (Some(254), true)
    );
}

#[test]
fn the_outputs_that_make_asks_a_stack_for_are_in_the_template() {
    let makefile =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Makefile")).unwrap();
    let asked: Vec<&str> = makefile
        .split("$(call OUTPUT,")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert!(asked.len() >= 3, "{asked:?}");
    for output in asked {
        assert!(
            crate::permissions::template()["Outputs"][output]["Value"]
                != serde_yaml_ng::Value::Null,
            "{output}"
        );
    }
}

#[test]
fn what_a_function_is_built_for_is_what_its_template_says() {
    let folder = TempDir::new().unwrap();
    let built = folder.path().join(".aws-sam/build");
    let template = "Parameters:\n  Architecture:\n    Description: What it is for.\n    Type: String\n    Default: arm64\n    AllowedValues:\n    - arm64\n    - x86_64\n  Other:\n    Type: String\n";
    let function = |name: &str, machine: u8, library: &str| {
        fs::create_dir_all(built.join(name)).unwrap();
        let mut program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        program.extend([machine, 0]);
        program.extend(library.bytes());
        fs::write(built.join(name).join("bootstrap"), program).unwrap();
    };
    let stamp = || {
        fs::write(built.join("template.yaml"), template).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/stamp-architecture");
        let ended = Command::new("python3")
            .arg(script)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (
            ended.status.success(),
            fs::read_to_string(built.join("template.yaml")).unwrap(),
        )
    };
    function("Ingest", 0x3E, "GLIBC_2.17");
    let (done, stamped) = stamp();
    assert!(
        done && stamped.contains("Default: x86_64\n    AllowedValues:\n    - x86_64\n  Other:"),
        "{stamped}"
    );
    assert!(
        !stamped.contains("arm64"),
        "a deployment for another architecture is refused: {stamped}"
    );
    function("Expire", 0xB7, "GLIBC_2.17");
    assert_eq!(
        stamp(),
        (false, template.to_owned()),
        "two architectures are no package"
    );
    function("Expire", 0x3E, "GLIBC_2.35");
    assert_eq!(
        stamp(),
        (false, template.to_owned()),
        "a C library that Lambda has not"
    );
}
