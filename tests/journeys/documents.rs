//! What somebody new follows: the documents' links, the names they explain, the answers they show,
//! and the Makefile's commands.

use custodian_domain::survey::answers::AnswerRule;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every document, by its path from the root.
fn documents() -> BTreeMap<String, String> {
    let names = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        entries
            .map(|entry| format!("{folder}{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect()
    };
    let all = names("")
        .into_iter()
        .chain(names("docs/"))
        .filter(|name| name.ends_with(".md"));
    all.map(|name| (name.clone(), read(&name))).collect()
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(document: &str) -> BTreeSet<String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

#[test]
fn every_link_of_a_document_leads_to_a_file_and_a_heading() {
    let documents = documents();
    assert!(documents.len() >= 9, "{:?}", documents.keys());
    for (name, document) in &documents {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in document
            .split("](")
            .skip(1)
            .map(|rest| rest.split([')', ' ']).next().unwrap())
        {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link
                .split_once('#')
                .map_or((link, None), |(file, heading)| (file, Some(heading)));
            let target = match (file, folder) {
                ("", _) => name.clone(),
                (file, "") => file.to_owned(),
                (file, folder) => format!("{folder}/{file}").replace(&format!("{folder}/../"), ""),
            };
            assert!(root().join(&target).exists(), "{name} leads to {link}");
            if let Some(heading) = heading {
                assert!(
                    anchors(&documents[&target]).contains(heading),
                    "{name} leads to {link}"
                );
            }
        }
    }
}

#[test]
fn every_rule_by_which_a_row_or_a_file_is_refused_is_explained() {
    let explained = read("docs/formats.md") + &read("docs/operations.md");
    let mut rules = 0;
    for source in [
        "shared/domain/src/validation/rule.rs",
        "functions/import/src/rows/framed.rs",
    ] {
        let code = read(source);
        let names = code
            .split("=> \"")
            .skip(1)
            .filter_map(|rest| rest.split_once("\","));
        for (rule, _) in names.filter(|(name, _)| {
            name.chars()
                .all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c))
        }) {
            rules += 1;
            assert!(
                explained.contains(&format!("`{rule}`")),
                "{source} refuses what is `{rule}`"
            );
        }
    }
    assert!(rules > 40, "{rules} rules were found");
    // What a row has in common with an answer to a form.
    let common = [
        AnswerRule::Text,
        AnswerRule::Length(0),
        AnswerRule::Rating,
        AnswerRule::Email,
        AnswerRule::Phone,
    ];
    for rule in common.map(AnswerRule::name) {
        assert!(explained.contains(&format!("`{rule}`")), "{rule}");
    }
}

/// The kinds of failure that a function names when it answers an order with an error.
fn error_types(function: &str) -> BTreeSet<String> {
    let (mut kinds, mut open) = (
        BTreeSet::new(),
        vec![root().join(format!("functions/{function}/src"))],
    );
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().path())
        {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            let parts = ["for Diagnostic {\n", "impl AuditedError for Error {\n"];
            for told in parts.iter().flat_map(|part| code.split(part).skip(1)) {
                let told = told.split("\n}\n").next().unwrap();
                let quoted = told.split('"').skip(1).step_by(2);
                let is_kind = |text: &&str| text.chars().all(|c| c.is_ascii_alphabetic());
                kinds.extend(quoted.filter(is_kind).map(str::to_owned));
                if told.contains("UNAVAILABLE") {
                    kinds.insert(custodian_runtime::failure::UNAVAILABLE.to_owned());
                }
            }
        }
    }
    kinds
}

#[test]
fn every_kind_of_refusal_of_an_order_stands_in_the_dpo_s_table_with_who_gives_it() {
    const FUNCTIONS: [&str; 3] = ["requests", "export", "sweep"];
    let document = read("docs/orders.md");
    let rows = document
        .split("\n| `errorType` |")
        .nth(1)
        .unwrap()
        .lines()
        .skip(2);
    let mut documented: BTreeSet<(String, String)> = BTreeSet::new();
    for row in rows.take_while(|row| row.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let kind = cells[1].trim_matches('`');
        let from = FUNCTIONS
            .iter()
            .filter(|it| cells[2] == "all" || cells[2].contains(&format!("`{it}`")));
        documented.extend(from.map(|function| (kind.to_owned(), (*function).to_owned())));
    }
    let told = FUNCTIONS.iter().flat_map(|function| {
        let kinds = error_types(function).into_iter();
        kinds.map(|kind| (kind, (*function).to_owned()))
    });
    assert_eq!(documented, told.collect());
}

/// The names of all fields of an object, nested ones included.
fn fields(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        fields(value, &path, into);
        into.insert(path);
    }
}

#[test]
fn the_answer_of_the_sweep_is_the_one_that_is_shown() {
    let document = read("docs/orders.md");
    let section = document.split("\n## Sweep\n").nth(1).unwrap();
    let shown = section
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    let answer = json!(custodian_sweep::Report::default());
    let (mut told, mut documented) = (BTreeSet::new(), BTreeSet::new());
    fields(&answer, "", &mut told);
    fields(&shown, "", &mut documented);
    // Without any telephone data, those fields do not appear.
    documented.retain(|field| !field.starts_with("/telephone/"));
    assert_eq!(documented, told);
}

#[test]
fn every_command_says_in_one_line_which_argument_it_lacks() {
    for (arguments, missing) in [
        ("import", "FILE"),
        ("import FILE=calls.csv", "SOURCE"),
        ("quarantine RESTORE=telephone/0123456789abcdef", "TO"),
        ("quarantine TO=rows.csv", "RESTORE"),
        ("quarantine FILE=rows.csv", "RETRY"),
        ("quarantine SOURCE=telephone", "RETRY"),
        ("check-survey", "FILE"),
        ("put-survey", "FILE"),
        ("put-survey STACK=custodian", "FILE"),
        ("remove-survey", "ID"),
        ("restore", "SINCE"),
        ("restore STACK=custodian", "TABLE"),
        ("restore STACK=custodian TABLE=restored", "SINCE"),
        (
            "restore TABLE=restored SINCE=2026-11-24T10:00:00Z",
            "LEDGER",
        ),
        (
            "restore TABLE=restored SINCE=2026-11-24T10:00:00Z LEDGER=ledger",
            "REGISTER",
        ),
    ] {
        let mut make = Command::new("make");
        // Under `make test` these variables would change the command.
        make.env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .env_remove("MFLAGS");
        let said = make
            .arg("--dry-run")
            .args(arguments.split(' '))
            .current_dir(root())
            .output()
            .unwrap();
        let lines = String::from_utf8(said.stderr).unwrap();
        assert_eq!(
            (said.status.code(), lines.lines().count()),
            (Some(2), 1),
            "make {arguments}: {lines}"
        );
        let target = arguments.split(' ').next().unwrap();
        assert!(
            lines.contains(&format!("*** {missing}= is missing: make {target} ")),
            "make {arguments}: {lines}"
        );
    }
}
