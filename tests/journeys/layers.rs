//! The layers of the code: what each crate may depend on, and that no two modules depend on each
//! other.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Cargo's metadata of the workspace.
fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(root());
    let output = cargo.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// What each package depends on when it runs, by name.
fn needed(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let names: BTreeMap<&str, &str> = packages
        .map(|package| {
            (
                package["id"].as_str().unwrap(),
                package["name"].as_str().unwrap(),
            )
        })
        .collect();
    let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let runs = |other: &&Value| {
            other["dep_kinds"]
                .as_array()
                .unwrap()
                .iter()
                .any(|kind| kind["kind"].is_null())
        };
        let others = node["deps"].as_array().unwrap().iter().filter(runs);
        let others = others.map(|other| names[other["pkg"].as_str().unwrap()].to_owned());
        needed
            .entry(names[node["id"].as_str().unwrap()].to_owned())
            .or_default()
            .extend(others);
    }
    needed
}

/// Everything that a package depends on, directly and indirectly.
fn reached(needed: &BTreeMap<String, BTreeSet<String>>, package: &str) -> BTreeSet<String> {
    let (mut all, mut open) = (BTreeSet::new(), vec![package.to_owned()]);
    while let Some(one) = open.pop() {
        for other in needed.get(&one).into_iter().flatten() {
            if all.insert(other.clone()) {
                open.push(other.clone());
            }
        }
    }
    all
}

/// The features of chrono that a package asks for itself.
fn features_of_chrono(metadata: &Value, package: &str) -> BTreeSet<String> {
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == package)
        .unwrap();
    let chrono = package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "chrono")
        .unwrap();
    chrono["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect()
}

#[test]
fn a_crate_needs_only_what_lies_below_it() {
    const ORDER: [&str; 11] = [
        "clock",
        "domain",
        "aws",
        "dynamo",
        "store",
        "buckets",
        "rights",
        "runtime",
        "egress",
        "partner-auth",
        "web",
    ];
    let needed = needed(&metadata());
    for (place, name) in ORDER.iter().enumerate() {
        for other in needed[&format!("custodian-{name}")]
            .iter()
            .filter_map(|it| it.strip_prefix("custodian-"))
        {
            let below = ORDER.iter().position(|it| *it == other);
            assert!(
                below.is_some_and(|below| below < place),
                "{name} needs {other}"
            );
        }
    }
    let shared: BTreeSet<&str> = ORDER.into_iter().collect();
    let functions = std::fs::read_dir(root().join("functions")).unwrap();
    for function in functions.map(|it| it.unwrap().file_name().into_string().unwrap()) {
        for other in needed[&format!("custodian-{function}")]
            .iter()
            .filter_map(|it| it.strip_prefix("custodian-"))
        {
            assert!(shared.contains(other), "{function} needs {other}");
        }
    }
}

#[test]
fn the_domain_knows_no_aws_no_tasks_and_no_clock() {
    let metadata = metadata();
    let domain = reached(&needed(&metadata), "custodian-domain");
    let banned = |name: &&String| {
        name.starts_with("aws-") || ["tokio", "hyper", "reqwest", "http"].contains(&&***name)
    };
    assert_eq!(domain.iter().find(banned), None);
    let asks_for_clock = |package| features_of_chrono(&metadata, package).contains("clock");
    assert!(
        !asks_for_clock("custodian-domain"),
        "the domain asks for chrono's clock"
    );
    assert!(
        asks_for_clock("custodian-clock"),
        "this test sees no features"
    );
}

#[test]
fn dynamodb_is_spoken_to_by_one_crate_which_knows_nothing_of_custodian() {
    let needed = needed(&metadata());
    let ours = |package: &&String| {
        package.starts_with("custodian-")
            && ![
                "custodian-local",
                "custodian-local-aws",
                "custodian-journeys",
            ]
            .contains(&package.as_str())
    };
    let speakers: Vec<&String> = needed
        .keys()
        .filter(ours)
        .filter(|package| needed[*package].contains("aws-sdk-dynamodb"))
        .collect();
    assert_eq!(speakers, ["custodian-dynamo"]);
    let known: Vec<&String> = needed["custodian-dynamo"].iter().filter(ours).collect();
    assert_eq!(known, ["custodian-aws"]);
}

#[test]
fn what_stands_in_for_others_knows_nothing_of_custodian_but_the_time() {
    let needed = needed(&metadata());
    for (package, known) in [
        ("custodian-local-s3", &["custodian-clock"][..]),
        ("custodian-simulators", &["custodian-clock"]),
        (
            "custodian-local-aws",
            &["custodian-clock", "custodian-local-s3"],
        ),
    ] {
        let ours: Vec<&String> = needed[package]
            .iter()
            .filter(|it| it.starts_with("custodian-"))
            .collect();
        assert_eq!(ours, known, "{package}");
    }
}

#[test]
fn what_brings_a_template_to_life_names_nothing_of_custodian() {
    const OF_CUSTODIAN: [&str; 8] = [
        "custodian",
        "council",
        "granicus",
        "five9",
        "newsletter",
        "survey",
        "ingest",
        "register_table",
    ];
    let modules = modules(&root().join("local/aws"));
    assert!(modules.len() > 20, "this test sees nothing");
    for (module, text) in modules {
        let text = text.to_lowercase();
        let text = ["custodian_clock", "custodian_local_s3"]
            .into_iter()
            .fold(text, |text, known| text.replace(known, ""));
        for word in OF_CUSTODIAN {
            assert!(!text.contains(word), "{module} names {word}");
        }
    }
}

#[test]
fn who_stores_no_file_knows_no_s3() {
    let needed = needed(&metadata());
    assert!(
        reached(&needed, "custodian-export").contains("aws-sdk-s3"),
        "this test sees nothing"
    );
    for function in [
        "custodian-ingest",
        "custodian-unsubscribe",
        "custodian-notify",
        "custodian-expire",
    ] {
        assert!(
            !reached(&needed, function).contains("aws-sdk-s3"),
            "{function} needs S3"
        );
    }
}

/// The folders of the crates whose modules are checked.
fn crates() -> Vec<PathBuf> {
    let folders = ["shared", "functions"]
        .into_iter()
        .flat_map(|group| std::fs::read_dir(root().join(group)).unwrap());
    let folders = folders
        .map(|it| it.unwrap().path())
        .filter(|it| it.is_dir());
    folders
        .chain(
            [
                "local",
                "local/aws",
                "local/s3",
                "local/simulators",
                "operations",
            ]
            .map(|it| root().join(it)),
        )
        .collect()
}

/// The modules of a crate, and their code, without tests and comments.
fn modules(folder: &Path) -> BTreeMap<String, String> {
    let (source, mut modules, mut open) = (
        folder.join("src"),
        BTreeMap::new(),
        vec![folder.join("src")],
    );
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().path())
        {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(&source).unwrap().with_extension("");
                let name: Vec<&str> = name.iter().map(|it| it.to_str().unwrap()).collect();
                let name = name.join("::");
                if name.ends_with("tests") || name.starts_with("tests") || name.starts_with("bin::")
                {
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                let lines = text.lines().map(|line| line.split("//").next().unwrap());
                modules.insert(
                    name.trim_end_matches("::mod").to_owned(),
                    lines.collect::<Vec<_>>().join("\n"),
                );
            }
        }
    }
    modules
}

/// The module that a path leads to, seen from another.
fn leads_to(modules: &BTreeMap<String, String>, from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut whole: Vec<&str> = Vec::new();
    if parts.first() == Some(&"crate") {
        parts.remove(0);
    } else {
        whole = from.split("::").collect();
        while parts.first() == Some(&"super") {
            parts.remove(0);
            whole.pop();
        }
    }
    whole.extend(parts);
    while !whole.is_empty() && !modules.contains_key(&whole.join("::")) {
        whole.pop();
    }
    Some(whole.join("::")).filter(|it| !it.is_empty() && it != from)
}

/// The paths in a text that begin with `crate` or `super`. Paths inside braces are left out.
fn paths(text: &str) -> Vec<String> {
    let is_of_a_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text
        .split(|c: char| !is_of_a_path(c))
        .filter(|it| it.contains("::"));
    let words = words
        .map(|it| it.trim_end_matches(':'))
        .filter(|it| it.starts_with("crate::") || it.starts_with("super::"));
    words.map(str::to_owned).collect()
}

/// Whether one module is inside the other. Such modules count as one.
fn is_kin(one: &str, other: &str) -> bool {
    let is_below = |below: &str, above: &str| {
        below
            .strip_prefix(above)
            .is_some_and(|rest| rest.starts_with("::"))
    };
    is_below(one, other) || is_below(other, one)
}

fn circle(needs: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let (mut left, mut changed) = (needs.clone(), true);
    // A module that needs nobody who is left is in no circle.
    while changed {
        let before = left.len();
        let names: BTreeSet<String> = left.keys().cloned().collect();
        left.retain(|_, others| others.iter().any(|other| names.contains(other)));
        changed = left.len() < before;
    }
    (!left.is_empty()).then(|| left.into_keys().collect())
}

#[test]
fn no_module_needs_another_that_needs_it() {
    for folder in crates() {
        let modules = modules(&folder);
        let needs = modules.iter().map(|(name, text)| {
            let others = paths(text)
                .into_iter()
                .filter_map(|path| leads_to(&modules, name, &path));
            (
                name.clone(),
                others.filter(|other| !is_kin(name, other)).collect(),
            )
        });
        assert_eq!(
            circle(&needs.collect()),
            None,
            "{} has a circle among these modules",
            folder.display()
        );
    }
}

#[test]
fn nobody_outside_the_store_spells_a_key() {
    for folder in crates()
        .into_iter()
        .filter(|folder| !folder.ends_with("shared/store"))
    {
        for (module, text) in modules(&folder) {
            let words: Vec<&str> = text
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
                .collect();
            let is_known = text.contains("custodian_store::");
            assert!(
                !is_known || !words.contains(&"Key::new"),
                "{} spells a key in {module}",
                folder.display()
            );
        }
    }
}

#[test]
fn a_circle_is_seen() {
    let needs = |all: &[(&str, &str)]| {
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (one, other) in all {
            needs
                .entry((*one).to_owned())
                .or_default()
                .insert((*other).to_owned());
        }
        needs
    };
    assert_eq!(circle(&needs(&[("a", "b"), ("b", "c")])), None);
    assert_eq!(
        circle(&needs(&[("a", "b"), ("b", "c"), ("c", "a")])).map(|it| it.len()),
        Some(3)
    );
    let modules = BTreeMap::from([
        ("a".to_owned(), String::new()),
        ("a::b".to_owned(), String::new()),
    ]);
    assert_eq!(
        leads_to(&modules, "a::b", "crate::a::c").as_deref(),
        Some("a")
    );
    assert_eq!(
        leads_to(&modules, "a", "super::a::b::Type").as_deref(),
        Some("a::b")
    );
}

#[test]
fn a_public_type_s_name_is_its_own_within_a_crate() {
    for folder in crates() {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (module, text) in modules(&folder) {
            for line in text.lines() {
                let words: Vec<&str> = line
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .collect();
                if let ["pub", "struct" | "enum" | "trait" | "type", name, ..] = words[..] {
                    places
                        .entry(name.to_owned())
                        .or_default()
                        .push(module.clone());
                }
            }
        }
        places.retain(|_, modules| modules.len() > 1);
        assert!(places.is_empty(), "{}: {places:?}", folder.display());
    }
}

/// Where an empty value that nobody stored would become evidence, somebody's identity, a lost row
/// or a trusted connection.
const LOUD: [&str; 16] = [
    "shared/domain/src/identity",
    "shared/domain/src/ledger",
    "shared/domain/src/record",
    "shared/domain/src/rights",
    "shared/store/src",
    "shared/buckets/src",
    "shared/rights/src",
    "shared/runtime/src",
    "shared/egress/src",
    "shared/partner-auth/src",
    "functions/erase/src",
    "functions/expire/src",
    "functions/export/src",
    "functions/import/src",
    "functions/sweep/src",
    "functions/verify/src",
];
/// The exception is the surveys, which are about nobody.
const NOT_LOUD: [&str; 1] = ["shared/store/src/surveys"];

/// What turns a missing value into an empty one without saying what that means. A zero, or a
/// flattened list, says so.
const SILENT: [&str; 11] = [
    "unwrap_or_default()",
    "map_or_default(",
    "unwrap_or(\"\")",
    "unwrap_or(b\"\")",
    "unwrap_or(&[])",
    "unwrap_or(vec![])",
    "unwrap_or(Vec::new())",
    "unwrap_or(String::new())",
    "unwrap_or_else(Vec::new)",
    "unwrap_or_else(String::new)",
    "unwrap_or_else(Default::default)",
];

#[test]
fn nothing_empty_stands_in_for_what_is_not_there_where_it_would_be_believed() {
    let mut looked_at = BTreeSet::new();
    for folder in crates() {
        for (module, text) in modules(&folder) {
            let path = folder.join("src").join(module.replace("::", "/"));
            let path = path.strip_prefix(root()).unwrap();
            let path = path.to_str().unwrap();
            let is_in = |all: &[&'static str]| all.iter().copied().find(|it| path.starts_with(it));
            let Some(loud) = is_in(&LOUD).filter(|_| is_in(&NOT_LOUD).is_none()) else {
                continue;
            };
            looked_at.insert(loud);
            let text: String = text.split_whitespace().collect();
            let silent = SILENT.iter().find(|it| text.contains(**it));
            assert_eq!(silent, None, "in {path}");
        }
    }
    assert_eq!(looked_at, LOUD.into_iter().collect());
}

#[test]
fn a_setting_of_the_template_is_spelled_in_one_file() {
    let template = crate::permissions::template();
    let resources = template["Resources"].as_mapping().unwrap().values();
    let of_function = |it: &serde_yaml_ng::Value| {
        it["Properties"]["Environment"]["Variables"]
            .as_mapping()
            .cloned()
    };
    let settings: BTreeSet<String> = resources
        .filter_map(of_function)
        .flat_map(|variables| variables.into_iter())
        .map(|(name, _)| name.as_str().unwrap().to_owned())
        // It changes a function's configuration so that the function reads its secrets again.
        // Nothing reads the variable.
        .filter(|name| name != "EDGE_SHOWS")
        .collect();
    let of_functions =
        |folder: &PathBuf| !folder.ends_with("local") && !folder.ends_with("operations");
    let folders = crates().into_iter().filter(of_functions);
    let files: Vec<String> = folders
        .flat_map(|folder| modules(&folder).into_values())
        .collect();
    for setting in settings {
        let quoted = format!("\"{setting}\"");
        let spelled = files.iter().filter(|text| text.contains(&quoted)).count();
        assert_eq!(spelled, 1, "{setting}");
    }
}
