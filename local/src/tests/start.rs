//! What a template says, and what is refused when the stack starts.

use super::{Fake, TEMPLATE, house, options};
use crate::{Stack, StartError};
use custodian_local_aws as aws;
use tempfile::TempDir;

/// The error of a fixture in which `from` is `to`.
async fn refused(from: &str, to: &str) -> String {
    assert!(TEMPLATE.contains(from), "{from}");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, TEMPLATE.replacen(from, to, 1)).unwrap();
    let fake = Fake::default();
    match Stack::start(options(
        &path,
        [("echo", &fake), ("consumer", &fake), ("timer", &fake)],
    ))
    .await
    {
        Ok(_) => panic!("{to} is not refused"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_function_gets_exactly_the_settings_of_the_template_and_the_endpoints() {
    let house = house(|_| ()).await;
    let mut settings = house.stack.settings("echo").unwrap();
    settings.retain(|name, _| !name.starts_with("AWS_"));
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let expected = [
        "BUCKET=custodian-packages",
        "COLOUR=green",
        "REGISTER_TABLE=custodian-Things",
        "SECRET=arn:aws:secretsmanager:eu-west-2:000000000000:secret:custodian-SubjectKeys-LoCaL1",
        "TABLE_ARN=arn:aws:dynamodb:eu-west-2:000000000000:table/custodian-Things/x",
    ];
    assert_eq!(settings, expected);
    assert_eq!(
        house
            .stack
            .settings("timer")
            .unwrap()
            .keys()
            .filter(|name| !name.starts_with("AWS_"))
            .count(),
        1
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list: one entry a mistake")]
async fn what_is_wrong_in_the_template_fails_at_start_and_names_the_resource() {
    for (from, to, place) in [
        (
            "!Ref Things, SECRET",
            "!Ref Thing, SECRET",
            "Echo: refers to Thing, which",
        ),
        (
            "!GetAtt Things.StreamArn",
            "!GetAtt Things.StreamARN",
            "Consumer: refers to Things.StreamARN",
        ),
        (
            "${Things.Arn}/x",
            "${Thing.Arn}/x",
            "Echo: refers to Thing, which",
        ),
        (
            "!If [Blue,",
            "!If [Bleu,",
            "Alarm: refers to the condition Bleu",
        ),
        (
            "!If [Blue,",
            "!If [Green,",
            "Alarm: refers to OnlyBlue, which is not made",
        ),
        (
            "AttributeName: sk, AttributeType: S",
            "AttributeName: sk2, AttributeType: S",
            "Things: ",
        ),
        (
            "TimeToLiveSpecification",
            "TimeToLive",
            "Things: TimeToLive is not one of its properties",
        ),
        (
            "StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }",
            "",
            "Consumer: event Changes: the table Things has no stream",
        ),
        (
            "dynamodb\":{\"Keys",
            "dynamo\":{\"Keys",
            "Consumer: event Changes: the filter",
        ),
        (
            "Method: GET",
            "Method: FETCH",
            "Echo: event Page: the method FETCH",
        ),
        (
            "Path: \"/pages/{page}\"",
            "Path: \"pages\"",
            "Echo: event Page: the path pages",
        ),
        ("rate(1 hour)", "rate(1 hours ago)", "Timer: event Hourly: "),
        (
            "Input: '{\"from\"",
            "Input: '{from\"",
            "Timer: event Hourly: its Input",
        ),
        (
            "target/lambda/timer/",
            "target/lambda/tinner/",
            "Timer: there is no function tinner",
        ),
        (
            "CodeUri: target/lambda/echo/",
            "CodeUri: target/lambda/timer/",
            "Echo: its code is of timer and its name of echo",
        ),
        (
            "OnFailure: { Destination: !GetAtt Failed.Arn } } }",
            "OnFailure: { Destination: nowhere } } }",
            "Timer: the destination nowhere",
        ),
        (
            "Failed: { Type: AWS::SQS::Queue }",
            "Failed: { Type: AWS::Lambda::Function }",
            "Failed: AWS::Lambda::Function is not",
        ),
        (
            "Unnamed: { Type: String }",
            "Other: { Type: String }",
            "Parameters: Other has no Default",
        ),
        (
            "SecretStringTemplate: '{\"v",
            "SecretStringTemplate: '\"v",
            "SubjectKeys: SecretStringTemplate",
        ),
        (
            "ExpirationInDays: 365",
            "ExpiresInDays: 365",
            "Intake: unknown field `ExpiresInDays`",
        ),
        (
            "Prefix: reports/",
            "Filter: { Prefix: reports/ }",
            "Intake: unknown field `Filter`",
        ),
        (
            "ExpirationInDays: 365",
            "ExpirationInDays: 0",
            "Intake: 0 days is not a lifecycle",
        ),
        (
            "LifecycleConfiguration:",
            "ReplicationConfiguration:",
            "Packages: ReplicationConfiguration is not one of",
        ),
        (
            "LifecycleConfiguration:",
            "ObjectLockConfiguration:",
            "Packages: unknown field `Rules`",
        ),
        (
            "Bucket: !Ref Intake",
            "Bucket: elsewhere",
            "Reader: event Inbox: elsewhere is not a bucket of this template",
        ),
        (
            "ObjectCreated:*",
            "ObjectRemoved:*",
            "Reader: event Inbox: s3:ObjectRemoved:* is not an event",
        ),
        (
            "Value: onward/",
            "Value: tele",
            "Reader: event Onward: S3 refuses filters that overlap, and Inbox of Reader",
        ),
        (
            "Timeout: 900",
            "Timeout: 901",
            "Reader: a Timeout of 901 is not between",
        ),
        (
            "PasswordLength: 64",
            "PasswordLength: many",
            "Salts: a PasswordLength of many",
        ),
        (
            "ExcludePunctuation: true",
            "ExcludePunctuations: true",
            "Salts: ExcludePunctuations is not one of",
        ),
        ("Resources:", "Resources: [", "YAML: "),
    ] {
        let error = refused(from, to).await;
        assert!(
            error.starts_with(&format!("template.yaml: {place}")),
            "{to}: {error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_taken_port_is_said_in_one_line() {
    let first = house(|_| ()).await;
    let port = first
        .stack
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let mut second = options(
        std::path::Path::new("src/tests/template.yaml"),
        [
            ("echo", &Fake::default()),
            ("consumer", &Fake::default()),
            ("timer", &Fake::default()),
        ],
    );
    second.port = port;
    let error = Stack::start(second).await.err().unwrap();
    assert!(matches!(error, StartError::Stack(aws::StartError::Port(taken, _)) if taken == port));
    assert_eq!(error.to_string().lines().count(), 1);
}

#[tokio::test]
async fn two_stacks_cannot_share_a_folder() {
    let folder = TempDir::new().unwrap();
    let _first = house(|options| options.data = Some(folder.path().into())).await;
    let mut second = options(
        std::path::Path::new("src/tests/template.yaml"),
        [
            ("echo", &Fake::default()),
            ("consumer", &Fake::default()),
            ("timer", &Fake::default()),
        ],
    );
    second.data = Some(folder.path().into());
    let error = Stack::start(second).await.err().unwrap();
    assert!(
        error.to_string().ends_with("another stack is using it"),
        "{error}"
    );
}

#[tokio::test]
async fn the_surveys_of_the_folder_are_in_the_register() {
    let surveys = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../surveys");
    let house = house(|options| options.surveys = Some(surveys)).await;
    assert_eq!(
        house.stack.surveys(),
        ["planning-application", "recycling-centre"]
    );
    // Each of them, and its version, which is kept longer.
    assert_eq!(house.count().await, 4);
}
