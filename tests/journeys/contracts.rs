//! What the documents say about the code: routes, answers, and the names of files and functions.

use crate::confirming::{YES, subscribe};
use crate::house::{House, at, key};
use crate::partners::{ANONYMOUS, CREATED, PATH as GRANICUS, UPDATED, changed};
use crate::permissions::template;
use crate::unsubscribe::ONE_CLICK;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A survey, headers, a body, and the status they are answered with.
type Post<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16);

const PACKAGE: &str = "/packages/{token}";
const CONFIRM: &str = "/confirm/{token}";
const UNSUBSCRIBE: &str = "/unsubscribe/{token}";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn api() -> Value {
    serde_yaml_ng::from_str(&read("docs/api.yaml")).unwrap()
}

#[test]
fn the_api_s_document_has_every_route_of_the_template_and_no_other() {
    let template = template();
    let functions = template["Resources"].as_mapping().unwrap().values();
    let events = functions.filter_map(|resource| resource["Properties"]["Events"].as_mapping());
    // The desk's API, which is another one, has a document of its own.
    let is_public = |event: &&serde_yaml_ng::Value| {
        let serde_yaml_ng::Value::Tagged(api) = &event["Properties"]["ApiId"] else {
            panic!("{event:?} does not say which API it is of")
        };
        api.value == "Api"
    };
    let events = events
        .flat_map(|events| events.values())
        .filter(|event| event["Type"] == "HttpApi")
        .filter(is_public);
    let text = |event: &serde_yaml_ng::Value, name: &str| {
        event["Properties"][name].as_str().unwrap().to_owned()
    };
    let (default, events): (Vec<_>, Vec<_>) =
        events.partition(|event| event["Properties"]["Path"].is_null());
    let routed: BTreeSet<String> = events
        .iter()
        .map(|event| format!("{} {}", text(event, "Method"), text(event, "Path")))
        .collect();
    let api = api();
    assert_eq!(
        default.len(),
        usize::from(api["x-default-route"] == "ingest"),
        "one takes what no route takes"
    );
    let paths = api["paths"].as_object().unwrap().iter();
    let methods = paths.flat_map(|(path, operations)| {
        let methods = operations
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "parameters");
        // OpenAPI has no keyword for "every other method". This is API Gateway's.
        methods.map(move |method| {
            format!(
                "{} {path}",
                method
                    .replace("x-amazon-apigateway-any-method", "any")
                    .to_uppercase()
            )
        })
    });
    assert_eq!(methods.collect::<BTreeSet<_>>(), routed);
}

/// The stylesheet has the headers that the document gives, at its versioned address and at others.
async fn stylesheets(house: &House, api: &Value) {
    let headers = &api["paths"]["/assets/{file}"]["get"]["responses"]["200"]["headers"];
    let documented = |name: &str| headers[name]["schema"]["enum"].as_array().unwrap().clone();
    let page = house.get("/privacy").await.body;
    let linked = page.split("href=\"/assets/").nth(1).unwrap();
    let versioned = format!("/assets/{}", linked.split('"').next().unwrap());
    let kept = [versioned.as_str(), "/assets/custodian.css"];
    for (address, cache) in kept.into_iter().zip(documented("cache-control")) {
        let answer = house.get(address).await;
        assert_eq!(answer.header("cache-control"), cache, "{address}");
        assert_eq!(json!([answer.header("vary")]), json!(documented("vary")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_the_api_s_document_has() {
    let house = House::open().await;
    let api = api();
    let good = r#"{"satisfaction": 4, "site": "Wareham"}"#;
    let one = key("one");
    let key = ("idempotency-key", one.as_str());
    let large = format!(r#"{{"comment": "{}"}}"#, "a".repeat(64 * 1024));
    let posts: [Post<'_>; 15] = [
        ("recycling-centre", &[JSON, key], good, 201),
        (
            "recycling-centre",
            &[JSON, key],
            r#"{"satisfaction": 1, "site": "Wareham"}"#,
            422,
        ),
        (
            "recycling-centre",
            &[JSON],
            r#"{"satisfaction": 9, "sight": "Wareham"}"#,
            422,
        ),
        ("recycling-centre", &[JSON], "{", 400),
        (
            "recycling-centre",
            &[JSON, ("idempotency-key", "one")],
            good,
            400,
        ),
        ("recycling-centre", &[JSON], &large, 413),
        (
            "recycling-centre",
            &[
                ("content-type", "text/plain"),
                ("accept", "application/json"),
            ],
            good,
            415,
        ),
        ("no-such-survey", &[JSON], good, 404),
        (
            "recycling-centre",
            &[FORM],
            "satisfaction=4&site=Wareham",
            303,
        ),
        ("recycling-centre", &[FORM], "satisfaction=4", 422),
        ("recycling-centre", &[FORM], "satisfaction=%FF", 400),
        (
            "recycling-centre",
            &[FORM, ("accept", "application/json")],
            "satisfaction=%FF",
            400,
        ),
        (
            "recycling-centre",
            &[FORM, ("accept", "application/json")],
            "satisfaction=4&site=Wareham&leave_empty=x",
            422,
        ),
        (
            "recycling-centre",
            &[FORM, ("accept", "application/json")],
            "submission_token=x",
            422,
        ),
        ("no-such-survey", &[FORM], "comment=Lost", 404),
    ];
    for (survey, headers, body, status) in posts {
        let answer = house.post(survey, headers, body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(&api, "/surveys/{survey}/responses", "post", &answer);
    }
    let thanks = house
        .post("recycling-centre", &[FORM], "satisfaction=4&site=Wareham")
        .await;
    let pages = [
        ("/surveys/{survey}", "/surveys/recycling-centre"),
        ("/surveys/{survey}", "/surveys/no-such-survey"),
        ("/", "/"),
        ("/", "/?page=7"),
        ("/surveys", "/surveys"),
        (
            "/surveys/{survey}/responses",
            "/surveys/recycling-centre/responses",
        ),
        ("/surveys/{survey}/thank-you", thanks.header("location")),
        (
            "/surveys/{survey}/thank-you",
            "/surveys/recycling-centre/thank-you?reference=M8DQHT7J&until=2029-11-23",
        ),
        (
            "/surveys/{survey}/thank-you",
            "/surveys/recycling-centre/thank-you",
        ),
        ("/privacy", "/privacy"),
        ("/privacy/{version}", "/privacy/2026-06"),
        ("/privacy/{version}", "/privacy/1999"),
        ("/accessibility", "/accessibility"),
        ("/assets/{file}", "/assets/custodian.css"),
        ("/assets/{file}", "/assets/other.css"),
        ("/schemas/{file}", "/schemas/export.schema.json"),
        ("/schemas/{file}", "/schemas/other.json"),
    ];
    for (path, address) in pages {
        documented(&api, path, "get", &house.get(address).await);
    }
    stylesheets(&house, &api).await;
    let large = changed(CREATED, "/data/comment", json!("a".repeat(256 * 1024)));
    let faulty = changed(CREATED, "/data/form", json!(7));
    for (message, status) in [
        (CREATED, 200),
        (CREATED, 200),
        (UPDATED, 200),
        (large.as_str(), 413),
        (faulty.as_str(), 422),
    ] {
        let answer = house.hand_over(message).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(&api, GRANICUS, "post", &answer);
    }
    callbacks(&house, &api).await;
    let unsigned = house.post_to(GRANICUS, &[JSON], CREATED).await;
    assert_eq!(unsigned.status, 401);
    documented(&api, GRANICUS, "post", &unsigned);
    let token = house.unsubscribe_path("rosa@example.org").await;
    documented(&api, UNSUBSCRIBE, "get", &house.get(&token).await);
    let (large, json) = ("a".repeat(4 * 1024 + 1), &[JSON][..]);
    for (headers, body, status) in [
        (&[][..], "", 200),
        (&[FORM], ONE_CLICK, 200),
        (json, ONE_CLICK, 200),
        (&[FORM], "no", 400),
        (&[FORM], &large, 413),
    ] {
        let answer = house.post_to(&token, headers, body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(&api, UNSUBSCRIBE, "post", &answer);
    }
    confirming(&house, &api, &large).await;
    packages(&house, &api).await;
    house.stack.clock().set(at("2025-12-31T12:00:00Z"));
    for address in [
        "/surveys/planning-application",
        "/surveys/planning-application?x=1",
    ] {
        let answer = house.get(address).await;
        assert_eq!(answer.status, 403);
        documented(&api, "/surveys/{survey}", "get", &answer);
    }
    let closed = house.post("planning-application", &[JSON], good).await;
    assert_eq!(closed.status, 403);
    documented(&api, "/surveys/{survey}/responses", "post", &closed);
}

/// Every answer about a link in an email.
async fn confirming(house: &House, api: &Value, large: &str) {
    subscribe(house, "abel@example.org").await;
    let path = house.path_to("abel@example.org");
    documented(api, CONFIRM, "get", &house.get(&path).await);
    for (path, body, status) in [
        (path.as_str(), YES, 200),
        (&path, "", 400),
        (&path, large, 413),
        ("/confirm/any-token", YES, 410),
    ] {
        let answer = house.post_to(path, &[FORM], body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(api, CONFIRM, "post", &answer);
    }
}

/// Every answer at the door of packages.
async fn packages(house: &House, api: &Value) {
    let package = house.export("rosa@example.org").await;
    let link = house.release(package["request_id"].as_str().unwrap()).await;
    let (url, code) = (
        link["url"].as_str().unwrap(),
        link["code"].as_str().unwrap(),
    );
    let path = url.strip_prefix(house.stack.url()).unwrap();
    let large = "a".repeat(4 * 1024 + 1);
    for (path, body, status) in [
        (path, format!("code={code}&file=report"), 303),
        (path, format!("code={code}&code={code}"), 400),
        ("/packages/any-token", format!("code={code}"), 404),
        (path, large, 413),
        (path, "code=".to_owned(), 422),
        (path, "code=WRONG".to_owned(), 422),
    ] {
        let answer = house.post_to(path, &[FORM], &body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(api, PACKAGE, "post", &answer);
    }
    let foreign = house.get("/packages/any-token").await;
    let there = house.get_url(url).await;
    house.move_to("2026-12-01T12:00:00Z").await;
    let gone = house.press(&link, code, "report").await;
    assert_eq!(gone.status, 410);
    documented(api, PACKAGE, "post", &gone);
    for (answer, status) in [
        (there, 200),
        (foreign, 404),
        (house.get_url(url).await, 410),
    ] {
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(api, PACKAGE, "get", &answer);
    }
}

/// Every answer to a callback.
async fn callbacks(house: &House, api: &Value) {
    let granicus = &house.stack.simulators().granicus;
    let path = "/partners/granicus/callbacks/DPO-1";
    let good = json!({"status_callback_url": path, "request_status": "completed"}).to_string();
    let large = "a".repeat(64 * 1024 + 1);
    for (path, media_type, body, status) in [
        (path, "application/json", good.as_str(), 202),
        (path, "application/json", "{}", 422),
        (path, "text/plain", good.as_str(), 415),
        (path, "application/json", large.as_str(), 413),
        (
            "/partners/newsletter/callbacks/DPO-1",
            "application/json",
            good.as_str(),
            401,
        ),
        (
            "/partners/five9/callbacks/DPO-1",
            "application/json",
            good.as_str(),
            404,
        ),
    ] {
        let signature = granicus.sign(body);
        let answer = house
            .post_to(
                path,
                &[
                    ("content-type", media_type),
                    ("x-opendsr-signature", &signature),
                ],
                body,
            )
            .await;
        assert_eq!(answer.status, status, "{}", answer.body);
        documented(
            api,
            "/partners/{processor}/callbacks/{request}",
            "post",
            &answer,
        );
    }
}

#[test]
fn the_schemas_of_answers_are_those_of_a_survey_that_comes_with_the_product() {
    let api = api();
    let survey: Value = serde_json::from_str(&read("surveys/recycling-centre.json")).unwrap();
    let questions = survey["questions"].as_array().unwrap();
    let ids = |questions: Vec<&Value>| {
        questions
            .iter()
            .map(|question| question["id"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    for name in ["Answers", "Form"] {
        let schema = &api["components"]["schemas"][name];
        let named = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>();
        assert_eq!(named, ids(questions.iter().collect()), "{name}");
        let required = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap().to_owned());
        let asked = ids(questions
            .iter()
            .filter(|question| question["required"] == true)
            .collect());
        assert_eq!(required.collect::<BTreeSet<_>>(), asked, "{name}");
        for question in questions
            .iter()
            .filter(|question| question["options"].is_array())
        {
            let field = &schema["properties"][question["id"].as_str().unwrap()];
            assert_eq!(
                *field.get("items").unwrap_or(field).get("enum").unwrap(),
                question["options"],
                "{name}"
            );
        }
    }
    let answers = json!({"$ref": "#/components/schemas/Answers", "components": api["components"]});
    let content = &api["paths"]["/surveys/{survey}/responses"]["post"]["requestBody"]["content"];
    let example = &content["application/json"]["examples"]["recycling-centre"]["value"];
    assert!(
        jsonschema::validator_for(&answers)
            .unwrap()
            .is_valid(example),
        "{example}"
    );
}

#[test]
fn the_samples_keep_to_the_schema_of_submissions() {
    let schema =
        json!({"$ref": "#/components/schemas/Submission", "components": api()["components"]});
    let validator = jsonschema::validator_for(&schema).unwrap();
    for sample in [CREATED, UPDATED, ANONYMOUS] {
        assert!(
            validator.is_valid(&serde_json::from_str(sample).unwrap()),
            "{sample}"
        );
    }
    let example = &api()["paths"][GRANICUS]["post"]["requestBody"]["content"]["application/json"]["examples"]
        ["created"];
    assert!(validator.is_valid(&example["value"]));
}

/// Asserts that the document has this status for this operation, with this media type, and that the
/// body matches its schema.
fn documented(api: &Value, path: &str, method: &str, answer: &crate::house::Answer) {
    let status = answer.status.to_string();
    let mut response = &api["paths"][path][method]["responses"][&status];
    if let Some(name) = response["$ref"].as_str() {
        response = api.pointer(name.trim_start_matches('#')).unwrap();
    }
    assert!(response.is_object(), "{method} {path} answers {status}");
    if answer.body.is_empty() {
        return;
    }
    let media_type = answer.header("content-type").split(';').next().unwrap();
    let content = &response["content"][media_type];
    assert!(
        content.is_object(),
        "{method} {path} answers {status} as {media_type}"
    );
    if content["schema"].is_object() {
        let schema = json!({"$ref": content["schema"]["$ref"], "components": api["components"]});
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&answer.json())
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{method} {path} {status}: {errors:#?}");
    }
}

/// The documents that name files and functions.
const DOCUMENTS: [&str; 9] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/data-retention.md",
    "docs/decisions.md",
    "docs/orders.md",
    "docs/keys.md",
    "docs/operations.md",
    "docs/walks.md",
];

#[test]
fn every_file_and_function_that_a_document_names_is_there() {
    let code = code(&root());
    for document in DOCUMENTS {
        for name in spans(&read(document)) {
            let file = name.contains('/')
                && [".rs", ".md", ".json", ".yaml"]
                    .iter()
                    .any(|end| name.ends_with(end));
            if file && !name.contains(['{', '*', ':', ' ']) {
                assert!(
                    root().join(&name).exists() || bucket_holds(&name),
                    "{document} names the file {name}"
                );
            }
            if let Some((_, function)) = name.rsplit_once("::")
                && function.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            {
                assert!(
                    code.contains(&format!("fn {function}")),
                    "{document} names the function {name}"
                );
            }
        }
    }
}

/// The keys of the exports bucket look like file names but are not.
fn bucket_holds(name: &str) -> bool {
    name.contains("/export-")
}

/// The text between single back-ticks, outside code blocks.
fn spans(document: &str) -> Vec<String> {
    let prose: String = document.split("```").step_by(2).collect();
    prose
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// All the Rust code of the functions and of their shared crates.
fn code(root: &Path) -> String {
    let mut folders = vec![
        root.join("shared"),
        root.join("functions"),
        root.join("local/src"),
        root.join("operations/src"),
    ];
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                code += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    code
}
