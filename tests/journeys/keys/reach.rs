//! What somebody who holds one secret of keys can make of what the others protect. Each thing is
//! made and tried.

use super::{READERS, document};
use crate::confirming::{scheduled, subscribe};
use crate::house::{House, email_id, s, token};
use crate::unsubscribe::subscription;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{NaiveDate, TimeDelta};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::identities;
use custodian_domain::identity::keyring::Keyring;
use custodian_domain::record::RecordId;
use custodian_domain::record::reference::Reference;
use custodian_domain::rights::confirmation::{ConfirmationPurpose, seal_address};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::package_code::PackageCode;
use custodian_domain::rights::package_token::{LinkId, LinkKind, PackageLink};
use custodian_domain::rights::receipt::{AnswerReceipt, Receipts};
use custodian_domain::survey::VersionId;
use custodian_domain::survey::form_token::FormTokens;
use custodian_notify::Notify;
use custodian_runtime::Function;
use custodian_store::Key;
use custodian_store::confirmations::Confirmations;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SURVEY: &str = "recycling-centre";
const ROSA: &str = "rosa@example.org";

/// The things that are made with keys, and tried.
const THINGS: [&str; 8] = [
    "form",
    "receipt",
    "package link",
    "package code",
    "unsubscribe link",
    "confirm link",
    "address",
    "identities",
];

/// What the thief of one secret has besides it: everything in the Register, and people's subject
/// keys.
struct Thief<'a> {
    house: &'a House,
    /// The document of the secret.
    stolen: String,
    /// The secret's name.
    name: &'a str,
    /// A link that was released, with its code.
    released: &'a Value,
}

impl Thief<'_> {
    fn mailbox(&self, whose: &str) -> String {
        format!("{whose}-{}@example.org", self.name.to_lowercase())
    }

    fn identifier(&self, whose: &str) -> Identifier {
        Identifier::email(&self.mailbox(whose)).unwrap()
    }

    async fn makes(&self, thing: &str) -> bool {
        match thing {
            "form" => self.form().await,
            "receipt" => self.receipt().await,
            "package link" => self.package_link().await,
            "package code" => self.package_code().await,
            "unsubscribe link" => self.unsubscribe_link().await,
            "confirm link" => self.confirm_link().await,
            "address" => self.address().await,
            _ => self.identities().await,
        }
    }

    async fn form(&self) -> bool {
        let page = self.house.get(&format!("/surveys/{SURVEY}")).await;
        let version = token(&page.body).split('.').nth(2).unwrap().to_owned();
        let at = self.house.stack.clock().now() - TimeDelta::minutes(5);
        let tokens = FormTokens::new(&Keyring::parse(&self.stolen).unwrap());
        let made = tokens.make(SURVEY, &VersionId::try_from(version).unwrap(), at, [7; 16]);
        let form = format!("submission_token={made}&satisfaction=4&site=Wareham");
        self.house.post_form(SURVEY, &form).await.status == 303
    }

    async fn receipt(&self) -> bool {
        let reference = Reference::of(&RecordId::of_submission(SURVEY, "made up"));
        let receipt = AnswerReceipt {
            reference,
            until: NaiveDate::from_ymd_opt(2029, 11, 23).unwrap(),
            asks_to_confirm: false,
        };
        let query = Receipts::new(&Keyring::parse(&self.stolen).unwrap()).query(SURVEY, &receipt);
        let page = self
            .house
            .get(&format!("/surveys/{SURVEY}/thank-you?{query}"))
            .await;
        page.body.contains(receipt.reference.as_str())
    }

    /// What the Register holds about the link that was released.
    async fn grant(&self) -> (LinkId, String) {
        let items = self.house.items("REGISTER_TABLE").await;
        let items = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        let mut grants = items
            .filter(|item| item["sk"] == "PACKAGE")
            .map(|item| item["release"].clone());
        let grant = grants.find(Value::is_object).unwrap();
        (
            serde_json::from_value(grant["link"].clone()).unwrap(),
            grant["code"].as_str().unwrap().to_owned(),
        )
    }

    async fn package_link(&self) -> bool {
        let request =
            RequestId::try_from(self.released["request_id"].as_str().unwrap().to_owned()).unwrap();
        let until = self.house.stack.clock().now() + TimeDelta::days(1);
        let link = PackageLink {
            request,
            kind: LinkKind::Release,
            id: self.grant().await.0,
            until,
        };
        let token = link.token(&Keyring::parse(&self.stolen).unwrap());
        self.house.get(&format!("/packages/{token}")).await.status == 200
    }

    /// Whether somebody can try codes on what the Register holds, without asking at the door.
    async fn package_code(&self) -> bool {
        let ((link, digest), code) = (self.grant().await, self.released["code"].as_str().unwrap());
        PackageCode::typed(code).unwrap().opens(
            &Keyring::parse(&self.stolen).unwrap(),
            &link,
            &digest,
        )
    }

    async fn unsubscribe_link(&self) -> bool {
        let (house, email) = (self.house, self.mailbox("ulla"));
        let token = subscription(&house.subject_keys().await, &email)
            .token(&Keyring::parse(&self.stolen).unwrap());
        assert_eq!(
            house.click(&format!("/unsubscribe/{token}")).await.status,
            200,
            "whatever the token"
        );
        house
            .opt_out(&email, house.stack.clock().now())
            .await
            .is_some()
    }

    async fn confirm_link(&self) -> bool {
        let (house, email) = (self.house, self.mailbox("cora"));
        subscribe(house, &email).await;
        let confirmations = Confirmations::new(&house.dynamodb(), &house.setting("REGISTER_TABLE"));
        let (subject, now) = (
            house.subject_keys().await.key(&self.identifier("cora")),
            house.stack.clock().now(),
        );
        let asking = confirmations
            .asking(ConfirmationPurpose::Newsletter, &subject, now)
            .await
            .unwrap()
            .unwrap();
        let token = asking.link.token(&Keyring::parse(&self.stolen).unwrap());
        house.confirm(&format!("/confirm/{token}")).await.status == 200
    }

    /// Whether the council can be made to email somebody who did not ask for it.
    async fn address(&self) -> bool {
        let (house, email) = (self.house, self.mailbox("ada"));
        subscribe(house, &email).await;
        let subject = house.subject_keys().await.key(&self.identifier("ada"));
        let key = Key::new("CONFIRMATIONS", format!("newsletter#{}", subject.as_str()));
        let sealed = seal_address(
            &Keyring::parse(&self.stolen).unwrap(),
            &self.identifier("mallory"),
        );
        write(house, (&key.partition, &key.sort), "address", &sealed).await;
        let notify = Notify::start(&house.stack.host("notify").unwrap())
            .await
            .unwrap();
        notify.invoke(scheduled()).await.unwrap();
        let mails = house.stack.simulators().notify.mails();
        mails
            .iter()
            .any(|mail| mail.address == self.mailbox("mallory"))
    }

    /// Whether a request can be made to be about somebody else.
    async fn identities(&self) -> bool {
        let (house, request) = (self.house, format!("ERA-{}", self.name));
        let plan = json!({"order": "plan", "request_id": request, "identifiers": [email_id(&self.mailbox("ida"))],
            "ground": "17(1)(b)", "planned_by": "planner-3"});
        house.invoke("requests", plan).await.unwrap();
        let sealed = identities::seal(
            &Keyring::parse(&self.stolen).unwrap(),
            &[self.identifier("victim")],
        );
        write(
            house,
            (&format!("REQUEST#{request}"), "META"),
            "sealed",
            &sealed,
        )
        .await;
        let whom = house
            .invoke(
                "requests",
                json!({"order": "whom", "request_id": request, "by": "dpo-7"}),
            )
            .await;
        whom.is_ok_and(|told| told["identifiers"] == json!([email_id(&self.mailbox("victim"))]))
    }
}

/// Somebody who can write to the Register changes one attribute.
async fn write(house: &House, (partition, sort): (&str, &str), attribute: &str, value: &str) {
    let update = house
        .dynamodb()
        .update_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let update = update
        .key("pk", s(partition))
        .key("sk", s(sort))
        .condition_expression("attribute_exists(pk)");
    let update = update
        .update_expression("SET #attribute = :value")
        .expression_attribute_names("#attribute", attribute);
    update
        .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
        .send()
        .await
        .unwrap();
}

async fn released(house: &House, request: &str) -> Value {
    house
        .tell("Nobody else may read this.", Some(ROSA), None)
        .await;
    let order = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": request});
    house.invoke("export", order).await.unwrap();
    house.release(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_one_secret_makes_what_is_its_own_and_nothing_that_another_protects() {
    let house = House::where_it_sleeps("notify").await;
    let released = released(&house, "SAR-1").await;
    let mut made = BTreeMap::new();
    for (name, _) in READERS {
        let stolen = document(&house, name).await;
        let thief = Thief {
            house: &house,
            stolen,
            name,
            released: &released,
        };
        let mut can = BTreeSet::new();
        for thing in THINGS {
            if thief.makes(thing).await {
                can.insert(thing);
            }
        }
        made.insert(name, can);
    }
    let expected: [(&str, &[&str]); 7] = [
        // What this secret made before there were others is still accepted, except links to
        // packages.
        (
            "SubjectKeys",
            &[
                "form",
                "receipt",
                "unsubscribe link",
                "confirm link",
                "address",
                "identities",
            ],
        ),
        ("FormKeys", &["form", "receipt"]),
        ("PackageKeys", &["package link", "package code"]),
        ("MailLinkKeys", &["unsubscribe link", "confirm link"]),
        ("AddressKeys", &["address"]),
        ("IdentityKeys", &["identities"]),
        // Whose tag is whose: nothing is made or opened with it.
        ("AuditKeys", &[]),
    ];
    let expected = expected
        .into_iter()
        .map(|(name, can)| (name, can.iter().copied().collect()));
    assert_eq!(made, expected.collect::<BTreeMap<&str, BTreeSet<&str>>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_package_that_ends_in_ten_years_is_refused_whoever_sealed_it_and_whatever_the_register_says()
 {
    let house = House::open().await;
    let released = released(&house, "SAR-1").await;
    let keys = Keyring::parse(&document(&house, "PackageKeys").await).unwrap();
    let thief = Thief {
        house: &house,
        stolen: String::new(),
        name: "PackageKeys",
        released: &released,
    };
    let (id, _) = thief.grant().await;
    let (request, now) = (
        RequestId::try_from("SAR-1".to_owned()).unwrap(),
        house.stack.clock().now(),
    );
    let path = |kind, until| {
        let link = PackageLink {
            request: request.clone(),
            kind,
            id: id.clone(),
            until,
        };
        format!("/packages/{}", link.token(&keys))
    };
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("code={}&file=report", released["code"].as_str().unwrap());
    assert_eq!(
        house
            .get(&path(LinkKind::Release, now + TimeDelta::days(14)))
            .await
            .status,
        200,
        "as the rule allows"
    );
    for until in [now + TimeDelta::days(3_653), now + TimeDelta::days(15), now] {
        let path = path(LinkKind::Release, until);
        assert_eq!(house.get(&path).await.status, 410, "{until}");
        assert_eq!(
            house.post_to(&path, &form, &body).await.status,
            410,
            "{until}"
        );
    }
    let hour = path(LinkKind::Reading, now + TimeDelta::hours(1));
    assert_eq!(
        house.get(&hour).await.status,
        410,
        "what is for reading works for a quarter of an hour"
    );
    // Somebody who can write to the Register as well gets no further.
    let update = house
        .dynamodb()
        .update_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let update = update.key("pk", s("REQUEST#SAR-1")).key("sk", s("PACKAGE"));
    let update = update
        .update_expression("SET #release.#until = :until")
        .expression_attribute_names("#until", "until");
    let update = update.expression_attribute_names("#release", "release");
    update
        .expression_attribute_values(":until", s("2036-11-23T10:00:00Z"))
        .send()
        .await
        .unwrap();
    let path = path(LinkKind::Release, now + TimeDelta::days(14));
    assert_eq!(house.get(&path).await.status, 410);
    assert_eq!(house.post_to(&path, &form, &body).await.status, 410);
}
