//! What people who deploy and run a stack on AWS follow. The commands in the documents reach what
//! the template makes, and a package runs on the machine it was built for.

use crate::permissions::template;
use serde_yaml_ng::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The lines of the documents.
fn lines() -> Vec<String> {
    let folders = [root(), root().join("docs")];
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path());
    let documents = files.filter(|path| path.extension().is_some_and(|it| it == "md"));
    documents
        .flat_map(|path| {
            std::fs::read_to_string(path)
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn names(of: &Value) -> BTreeSet<String> {
    of.as_mapping()
        .unwrap()
        .keys()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// What follows each occurrence of this word, up to a character that cannot be part of a name.
fn behind(word: &str) -> BTreeSet<String> {
    let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let lines = lines();
    let found = lines
        .iter()
        .flat_map(|line| line.split(word).skip(1))
        .map(|rest| rest.chars().take_while(is_name).collect());
    found.collect()
}

/// The Makefile commands that the documents give for a stack on AWS.
fn commands() -> BTreeSet<String> {
    let lines = lines();
    let commands = lines
        .iter()
        .flat_map(|line| line.split("make ").skip(1))
        .map(|rest| {
            rest.split(['`', '#', ')'])
                .next()
                .unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        });
    commands
        .filter(|command| command.contains("STACK=custodian"))
        .collect()
}

fn dry_run(command: &str) -> Output {
    let mut make = Command::new("make");
    // Under `make test` these variables would change the command.
    make.env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .env_remove("MFLAGS");
    make.arg("--dry-run")
        .args(command.split(' '))
        .current_dir(root())
        .output()
        .unwrap()
}

#[test]
fn every_command_for_a_stack_asks_the_stack_for_names_that_it_has() {
    let outputs = names(&template()["Outputs"]);
    let commands = commands();
    let targets: BTreeSet<&str> = commands
        .iter()
        .filter_map(|command| command.split(' ').next())
        .collect();
    for target in [
        "verify-ledger",
        "quarantine",
        "restore",
        "put-survey",
        "surveys",
    ] {
        assert!(
            targets.contains(target),
            "the documents give no make {target} for a stack: {commands:?}"
        );
    }
    for command in &commands {
        let run = dry_run(command);
        assert!(
            run.status.success(),
            "make {command}: {}",
            String::from_utf8_lossy(&run.stderr)
        );
        let run = String::from_utf8(run.stdout).unwrap();
        let asked: Vec<&str> = run
            .split(".ci/output \"custodian\" ")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
            .collect();
        assert!(
            !asked.is_empty(),
            "make {command} does not ask the stack: {run}"
        );
        for output in asked {
            assert!(
                outputs.contains(output),
                "make {command} asks for {output}, which is no output"
            );
        }
    }
}

#[test]
fn what_the_documents_ask_aws_for_is_what_the_template_makes() {
    let template = template();
    let (outputs, resources) = (names(&template["Outputs"]), names(&template["Resources"]));
    let asked = behind("OutputKey=='");
    assert!(
        asked.len() >= 3 && asked.is_subset(&outputs),
        "{:?}",
        asked.difference(&outputs)
    );
    let asked = behind("--logical-resource-id ");
    assert!(
        !asked.is_empty() && asked.is_subset(&resources),
        "{:?}",
        asked.difference(&resources)
    );
    let functions = resources
        .iter()
        .filter(|name| template["Resources"][name.as_str()]["Type"] == "AWS::Serverless::Function");
    let functions: BTreeSet<String> = functions
        .map(|name| format!("custodian-{}", name.to_lowercase()))
        .collect();
    // The functions that the documents name; `custodian-NAME` stands for each of them.
    let asked: BTreeSet<String> = behind("--function-name ")
        .into_iter()
        .filter(|it| !["custodian-", "custodian-NAME"].contains(&it.as_str()))
        .collect();
    assert!(
        !asked.is_empty() && asked.is_subset(&functions),
        "{:?}",
        asked.difference(&functions)
    );
    // No table of a stack on AWS is named by the stack's name and its own: CloudFormation adds a
    // random suffix.
    let tables = behind("TABLE=custodian-");
    let local = ["Records", "Register", "Ledger", "Audit", "Sessions"].map(str::to_owned);
    let others: BTreeSet<&String> = tables.iter().filter(|it| !local.contains(it)).collect();
    assert_eq!(others, BTreeSet::from([&"restored".to_owned()]));
    assert!(!lines().iter().any(|line| {
        line.contains("make ")
            && local
                .iter()
                .any(|it| line.contains(&format!("TABLE=custodian-{it}")))
    }));
}

/// The first bytes of a program, which say what machine it is built for.
fn program(machine: u16) -> Vec<u8> {
    [
        b"\x7fELF".as_slice(),
        &[0; 14],
        &machine.to_le_bytes(),
        b"GLIBC_2.17",
    ]
    .concat()
}

/// The output for a package of programs for these machines, and its template afterwards.
fn stamped(machines: &[u16]) -> (Output, String) {
    let folder = TempDir::new().unwrap();
    let built = folder.path().join(".aws-sam/build");
    std::fs::create_dir_all(&built).unwrap();
    for (number, machine) in machines.iter().enumerate() {
        let function = built.join(format!("Function{number}"));
        std::fs::create_dir_all(&function).unwrap();
        std::fs::write(function.join("bootstrap"), program(*machine)).unwrap();
    }
    std::fs::copy(root().join("template.yaml"), built.join("template.yaml")).unwrap();
    let stamp = Command::new("python3")
        .arg(root().join(".ci/stamp-architecture"))
        .current_dir(folder.path())
        .output();
    (
        stamp.unwrap(),
        std::fs::read_to_string(built.join("template.yaml")).unwrap(),
    )
}

#[test]
fn a_package_can_be_deployed_as_what_it_was_built_for_and_as_nothing_else() {
    let source = &template()["Parameters"]["Architecture"];
    assert!(
        source["Default"].is_null(),
        "what was not built is for nothing: {source:?}"
    );
    for (machine, name) in [(0x3E, "x86_64"), (0xB7, "arm64")] {
        let (said, template) = stamped(&[machine, machine]);
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        let template: Value = serde_yaml_ng::from_str(&template).unwrap();
        let parameter = &template["Parameters"]["Architecture"];
        assert_eq!(
            (parameter["Default"].as_str(), &parameter["AllowedValues"]),
            (Some(name), &Value::from(vec![name]))
        );
    }
    for (machines, problem) in [
        (&[0x3E, 0xB7][..], "one architecture"),
        (&[0x28], "does not run on Lambda"),
        (&[], "none"),
    ] {
        let (said, template) = stamped(machines);
        let told = String::from_utf8(said.stderr).unwrap();
        assert!(
            !said.status.success() && told.contains(problem),
            "{machines:?}: {told}"
        );
        assert_eq!(
            template,
            std::fs::read_to_string(root().join("template.yaml")).unwrap(),
            "{machines:?}"
        );
    }
}
