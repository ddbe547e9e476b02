//! One secret for each purpose: who reads which, what somebody with one of them can make, and what
//! a rotation ends.

mod inheriting;
mod reach;
mod rotating;

use crate::house::House;
use crate::permissions::{granted, template};
use custodian_domain::identity::keyring;
use custodian_ingest::Ingest;
use custodian_runtime::Function;
use custodian_runtime::secret;
use std::collections::{BTreeMap, BTreeSet};

/// The secrets of keys, by their logical ids, and the functions that read each.
const READERS: [(&str, &[&str]); 7] = [
    (
        "SubjectKeys",
        &[
            "erase", "export", "import", "ingest", "partners", "requests",
        ],
    ),
    ("FormKeys", &["ingest"]),
    ("PackageKeys", &["download", "export"]),
    ("MailLinkKeys", &["notify", "requests", "unsubscribe"]),
    ("AddressKeys", &["ingest", "notify", "requests"]),
    ("IdentityKeys", &["erase", "requests"]),
    ("AuditKeys", &["export", "requests"]),
];

/// The id of a secret in the running stack.
fn id(secret: &str) -> String {
    format!("custodian-{secret}")
}

/// The document of a secret in the running stack.
async fn document(house: &House, secret: &str) -> String {
    secret::read(&house.stack.host("requests").unwrap(), &id(secret))
        .await
        .unwrap()
}

/// Puts another document into a secret. Functions that start from now on read it.
async fn put(house: &House, secret: &str, document: &str) {
    secret::put(
        &house.stack.host("requests").unwrap(),
        &id(secret),
        document.to_owned(),
    )
    .await
    .unwrap();
}

fn readers(secret: &str) -> BTreeSet<String> {
    let template = template();
    let permission = format!("secretsmanager:GetSecretValue {secret}");
    let functions = template["Resources"].as_mapping().unwrap().iter();
    let functions = functions.filter(|(_, it)| it["Type"] == "AWS::Serverless::Function");
    let functions = functions.filter_map(|(name, _)| name.as_str());
    functions
        .filter(|it| granted(&template, it).contains(&permission))
        .map(str::to_lowercase)
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn each_secret_of_keys_is_read_by_the_functions_that_need_it_and_by_no_other() {
    for (secret, may) in READERS {
        assert_eq!(readers(secret), set(may), "{secret}");
    }
    let known: BTreeSet<&str> = READERS.iter().skip(1).map(|(secret, _)| *secret).collect();
    assert_eq!(
        known,
        keyring::ALL.iter().map(|about| about.secret).collect(),
        "every purpose is here"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_of_its_secrets_the_public_door_does_not_start() {
    let house = House::open().await;
    let host = house.stack.host("ingest").unwrap();
    assert!(Ingest::start(&host).await.is_ok());
    for setting in [
        "SUBJECT_KEYS_SECRET",
        "FORM_KEYS_SECRET",
        "ADDRESS_KEYS_SECRET",
    ] {
        let refused = Ingest::start(&host.clone().with(setting, id("Nothing")))
            .await
            .err();
        assert_eq!(
            refused.unwrap().to_string(),
            format!("the setting {setting} names a secret that is not given")
        );
    }
}

#[test]
fn a_function_is_told_of_a_secret_of_keys_only_if_it_may_read_it() {
    let template = template();
    for (name, function) in template["Resources"].as_mapping().unwrap() {
        let Some(settings) = function["Properties"]["Environment"]["Variables"].as_mapping() else {
            continue;
        };
        let text = serde_yaml_ng::to_string(settings).unwrap();
        for (secret, may) in READERS {
            let is_told = text
                .lines()
                .any(|line| line.ends_with(&format!("!Ref {secret}")));
            let name = name.as_str().unwrap().to_lowercase();
            assert_eq!(is_told, may.contains(&name.as_str()), "{name}: {secret}");
        }
    }
}

#[test]
fn whoever_takes_one_key_of_cloudfront_s_takes_the_other_and_learns_of_a_change() {
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap().iter();
    let behind = resources
        .filter(|(_, it)| !it["Properties"]["Environment"]["Variables"]["EDGE_KEY"].is_null());
    let behind: Vec<(&str, _)> = behind
        .map(|(name, it)| (name.as_str().unwrap(), it))
        .collect();
    assert!(behind.len() >= 4);
    let distribution = &template["Resources"]["Edge"];
    for (name, function) in behind {
        let settings = &function["Properties"]["Environment"]["Variables"];
        let text = |name: &str| serde_yaml_ng::to_string(&settings[name]).unwrap();
        assert!(
            text("EDGE_KEY").contains("${EdgeKey}")
                && text("EDGE_KEY_OTHER").contains("${EdgeKeyOther}"),
            "{name}"
        );
        assert!(
            text("EDGE_SHOWS").contains("EdgeShows"),
            "another value has CloudFormation read both again: {name}"
        );
        let after = distribution["DependsOn"].as_sequence().unwrap();
        assert!(
            after.iter().any(|it| it == name),
            "{name} knows a key before CloudFront shows it"
        );
    }
}

#[test]
fn the_document_says_who_reads_which_keys() {
    let document =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md"))
            .unwrap();
    let table = document
        .split("\n## Keys\n")
        .nth(1)
        .expect("a section")
        .split("| Rotation of |")
        .next()
        .unwrap();
    let code = |cell: &str| {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').collect::<Vec<_>>());
    let told: BTreeMap<String, BTreeSet<String>> = rows
        .map(|cells| (code(cells[1]).pop_first().unwrap(), code(cells[3])))
        .collect();
    assert_eq!(
        told,
        READERS
            .into_iter()
            .map(|(secret, may)| (secret.to_owned(), set(may)))
            .collect()
    );
}

#[test]
fn make_replaces_the_instances_of_all_who_read_the_keys_that_it_rotates() {
    let makefile =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Makefile")).unwrap();
    let line = |start: String| {
        let line = makefile.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{start}"))
            .split(' ')
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let template = template();
    let names = [("subject-keys", "SubjectKeys")].into_iter();
    let names = names.chain(keyring::ALL.iter().map(|about| (about.name, about.secret)));
    for (name, secret) in names {
        assert_eq!(
            line(format!("READERS_{name} = ")),
            readers(secret),
            "{name}"
        );
        let output = line(format!("SECRET_{name} = ")).pop_first().unwrap();
        assert_eq!(
            serde_yaml_ng::to_string(&template["Outputs"][output.as_str()]["Value"])
                .unwrap()
                .trim(),
            format!("!Ref {secret}")
        );
    }
    assert_eq!(
        line("PURPOSES = ".to_owned()),
        keyring::ALL
            .iter()
            .map(|about| about.name.to_owned())
            .collect()
    );
}
