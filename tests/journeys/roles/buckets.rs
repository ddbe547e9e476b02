//! What the buckets' policies allow people whose own policies allow everything: administrators,
//! operators, partners, strangers.

use super::Names;
use crate::house::House;
use crate::permissions::{allowed, template};
use custodian_local::iam::{Call, Principal};

/// The buckets that contain no personal data, and that the account may read.
const OPEN: [&str; 1] = ["Anchors"];
const ACCOUNT: &str = "arn:aws:iam::000000000000";

fn object(action: &str, bucket: &str, key: &str) -> Call {
    let key = if key.is_empty() {
        String::new()
    } else {
        format!("/{key}")
    };
    Call::new(
        &format!("s3:{action}"),
        &format!("arn:aws:s3:::{bucket}{key}"),
    )
    .with("aws:ViaAWSService", ["false".to_owned()])
}

fn somebody(house: &House, who: &str) -> Principal {
    house
        .stack
        .principal("ingest")
        .unwrap()
        .with_all_rights(&format!("{ACCOUNT}:{who}"))
}

/// Every action on objects, on each bucket, by people it is not meant for.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_meant_gets_at_no_object_whatever_their_own_policies_allow() {
    let house = House::open().await;
    let Names {
        exports, intake, ..
    } = Names::of(&house);
    for who in [
        "user/admin",
        "root",
        "role/Administrator",
        "role/custodian-IngestRole",
        "role/custodian-NotifyRole",
    ] {
        let who = somebody(&house, who);
        for bucket in [&exports, &intake] {
            for action in [
                "GetObject",
                "GetObjectVersion",
                "PutObject",
                "DeleteObject",
                "DeleteObjectVersion",
            ] {
                assert!(
                    !who.may(&object(action, bucket, "telephone/x")),
                    "{}: {action} {bucket}",
                    who.arn
                );
            }
            for action in [
                "ListBucket",
                "ListBucketVersions",
                "ListBucketMultipartUploads",
            ] {
                assert!(
                    !who.may(&object(action, bucket, "")),
                    "{}: {action} {bucket}",
                    who.arn
                );
            }
            assert!(
                who.may(&object("PutBucketPolicy", bucket, "")),
                "the account can still mend the bucket"
            );
        }
        let by_cloudformation = Call::new("s3:ListBucket", &format!("arn:aws:s3:::{intake}"));
        let by_cloudformation = by_cloudformation.with("aws:ViaAWSService", ["true".to_owned()]);
        assert!(
            who.may(&by_cloudformation),
            "CloudFormation sees whether a bucket is there"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_looks_into_quarantine_and_into_no_package() {
    let house = House::open().await;
    let Names {
        exports, intake, ..
    } = Names::of(&house);
    let operator = somebody(&house, "role/operators/night");
    // What `make quarantine` does.
    for (action, key) in [
        ("ListBucket", ""),
        ("GetObject", "quarantine/telephone/x"),
        ("PutObject", "telephone/mended.csv"),
        ("PutObject", "quarantine/telephone/x"),
        ("DeleteObject", "quarantine/telephone/x"),
    ] {
        assert!(
            operator.may(&object(action, &intake, key)),
            "{action} {key}"
        );
    }
    for (action, key) in [("ListBucket", ""), ("DeleteObject", "SAR-1/x/export.json")] {
        assert!(
            operator.may(&object(action, &exports, key)),
            "to empty it: {action}"
        );
    }
    for action in ["GetObject", "PutObject"] {
        assert!(
            !operator.may(&object(action, &exports, "SAR-1/x/export.json")),
            "{action}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_drops_files_and_neither_reads_nor_puts_anything_beside_them() {
    let house = House::open().await;
    let Names {
        exports, intake, ..
    } = Names::of(&house);
    for who in ["user/partners/five9", "role/partners/reviews"] {
        let partner = somebody(&house, who);
        for action in ["PutObject", "AbortMultipartUpload"] {
            assert!(
                partner.may(&object(action, &intake, "telephone/calls.csv")),
                "{who}: {action}"
            );
            for folder in ["quarantine", "progress", "handover", "reports"] {
                assert!(
                    !partner.may(&object(action, &intake, &format!("{folder}/telephone/x"))),
                    "{who}: {folder}"
                );
            }
        }
        for action in ["GetObject", "DeleteObject"] {
            assert!(
                !partner.may(&object(action, &intake, "telephone/calls.csv")),
                "{who}: {action}"
            );
        }
        assert!(
            !partner.may(&object("ListBucket", &intake, ""))
                && !partner.may(&object("PutObject", &exports, "x"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_package_is_followed_by_the_right_of_the_function_that_signed_it() {
    let house = House::open().await;
    let Names { exports, .. } = Names::of(&house);
    let get = object("GetObject", &exports, "SAR-1/x/export.json");
    // Export reads what somebody has reviewed, to make a version without what is taken out.
    for reader in ["download", "export"] {
        assert!(house.stack.principal(reader).unwrap().may(&get), "{reader}");
    }
    for other in super::FUNCTIONS
        .into_iter()
        .filter(|name| !["download", "export"].contains(name))
    {
        assert!(
            !somebody(&house, &format!("role/custodian-{other}")).may(&get),
            "{other}"
        );
    }
}

#[test]
fn every_bucket_says_who_is_meant() {
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap();
    let of = |kind: &str| {
        resources
            .iter()
            .filter(move |(_, it)| it["Type"] == kind)
            .collect::<Vec<_>>()
    };
    for (name, _) in of("AWS::S3::Bucket") {
        let policies = of("AWS::S3::BucketPolicy");
        let name = name.as_str().unwrap();
        let own = policies.iter().find(|(_, it)| {
            serde_yaml_ng::to_string(&it["Properties"]["Bucket"])
                .unwrap()
                .trim()
                == format!("!Ref {name}")
        });
        let (_, policy) = own.unwrap_or_else(|| panic!("{name} has no policy"));
        let statements = policy["Properties"]["PolicyDocument"]["Statement"]
            .as_sequence()
            .unwrap();
        let denied = |action: &str| {
            statements.iter().any(|it| {
                let text = serde_yaml_ng::to_string(it).unwrap();
                let whom = text.contains("aws:PrincipalArn") || it["Condition"].is_null();
                it["Effect"] == "Deny" && whom && text.contains(action)
            })
        };
        let read: &[&str] = if OPEN.contains(&name) {
            &[]
        } else {
            &["s3:GetObject", "s3:ListBucket"]
        };
        for action in ["s3:PutObject", "s3:DeleteObject"].iter().chain(read) {
            assert!(denied(action), "{name}: {action} is denied to nobody");
        }
    }
}

#[test]
fn nothing_lets_anybody_but_its_stream_invoke_expire() {
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap();
    let text = |value: &serde_yaml_ng::Value| serde_yaml_ng::to_string(value).unwrap();
    let events = resources["Expire"]["Properties"]["Events"]
        .as_mapping()
        .unwrap()
        .values();
    assert!(
        events
            .map(|event| event["Type"].as_str().unwrap())
            .eq(["DynamoDB"]),
        "a mapping needs no permission"
    );
    for (name, it) in resources {
        let name = name.as_str().unwrap();
        assert_ne!(it["Type"], "AWS::Lambda::Permission", "{name}");
        let policy = text(&it["Properties"]);
        if policy.contains("lambda:") && it["Type"] != "AWS::IAM::Role" {
            assert_eq!(name, "Orders");
        }
        assert!(
            it["Type"] != "AWS::IAM::Role"
                || name == "DeskRole"
                || !policy.contains("lambda:Invoke"),
            "{name} invokes functions"
        );
    }
    let invoked = allowed(&template, "Desk").into_iter();
    let invoked = invoked.filter(|may| may.starts_with("lambda:"));
    assert!(invoked.eq([
        "lambda:InvokeFunction Export",
        "lambda:InvokeFunction Requests"
    ]));
    let orders = resources["Orders"]["Properties"]["PolicyDocument"]["Statement"]
        .as_sequence()
        .unwrap();
    assert!(orders[0]["Effect"] == "Allow" && !text(&orders[0]["Resource"]).contains("Expire"));
    let denied = text(&orders[1]["Resource"]);
    assert_eq!(orders[1]["Effect"], "Deny");
    for function in ["Expire", "Erase", "Import", "Desk"] {
        assert!(denied.contains(&format!("{function}.Arn")), "{function}");
    }
    // No other stream can be read for it either: a mapping reads in the function's own name.
    let role = text(&resources["ExpireRole"]["Properties"]["Policies"]);
    assert_eq!(
        role.matches("StreamArn").count(),
        1,
        "its role reads one stream"
    );
    assert!(role.contains("Records.StreamArn"));
}
