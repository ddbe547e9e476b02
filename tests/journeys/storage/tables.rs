//! The tables of the template, made for one test and deleted after it.

use crate::house::{House, options};
use crate::permissions::template;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection,
    ProjectionType, TimeToLiveSpecification,
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use custodian_domain::identity::subject::SubjectKeys;
use custodian_rights::hold_enforcement::HoldEnforcement;
use custodian_rights::people::People;
use custodian_store::confirmations::Confirmations;
use custodian_store::constraints::Constraints;
use custodian_store::ledger::Ledger;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::requests::Requests;
use custodian_store::suppressions::Suppressions;
use custodian_store::surveys::Surveys;
use custodian_store::sweep_cursor::SweepCursor;
use custodian_store::tasks::Tasks;
use futures_util::FutureExt;
use serde_yaml_ng::Value;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

/// How long a table may take to be ready.
const SOON: Duration = Duration::from_secs(60);

/// The tables of one test.
pub struct Tables {
    pub client: Client,
    suffix: String,
    /// The stack with the embedded database, unless another database is used.
    house: Option<House>,
}

/// Lends tables to a test. They are deleted afterwards, however the test ended.
pub async fn lend(test: impl AsyncFnOnce(&Tables)) {
    let tables = Tables::make().await;
    let outcome = AssertUnwindSafe(test(&tables)).catch_unwind().await;
    tables.remove().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "who runs the tests names the database that judges"
)]
fn endpoint() -> Option<String> {
    std::env::var("CUSTODIAN_DYNAMODB_ENDPOINT")
        .ok()
        .filter(|endpoint| !endpoint.is_empty())
}

impl Tables {
    async fn make() -> Self {
        let (client, house) = match endpoint() {
            Some(endpoint) => (client(endpoint).await, None),
            None => {
                let house = House::with(options()).await;
                (house.dynamodb(), Some(house))
            }
        };
        let suffix = tempfile::Builder::new().prefix("").tempdir().unwrap();
        let suffix = suffix
            .path()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace('.', "");
        let tables = Self {
            client,
            suffix,
            house,
        };
        let template = template();
        for table in ["Records", "Register", "Ledger"] {
            create(
                &tables.client,
                &tables.name(table),
                &template["Resources"][table]["Properties"],
            )
            .await;
        }
        tables
    }

    async fn remove(self) {
        if self.house.is_none() {
            for table in ["Records", "Register", "Ledger"] {
                self.lose(table).await;
            }
        }
    }

    /// The name of a table of the template.
    pub fn name(&self, table: &str) -> String {
        format!("custodian-test-{}-{table}", self.suffix)
    }

    /// Deletes a table, if it is there.
    pub async fn lose(&self, table: &str) {
        let lost = self
            .client
            .delete_table()
            .table_name(self.name(table))
            .send()
            .await;
        if let Err(error) = lost {
            assert!(
                error
                    .as_service_error()
                    .is_some_and(|it| it.is_resource_not_found_exception()),
                "{error:?}"
            );
        }
        let gone = self
            .client
            .wait_until_table_not_exists()
            .table_name(self.name(table));
        gone.wait(SOON).await.unwrap();
    }

    pub fn records(&self) -> Records {
        Records::new(self.client.clone(), self.name("Records"))
    }

    /// Finds people by these keys.
    pub fn people(&self, keys: SubjectKeys) -> People {
        let confirmations = Confirmations::new(&self.client, &self.name("Register"));
        People {
            keys,
            records: self.records(),
            confirmations,
        }
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.client.clone(), self.name("Ledger"))
    }

    pub fn surveys(&self) -> Surveys {
        Surveys::new(self.client.clone(), self.name("Register"))
    }

    pub fn suppressions(&self) -> Suppressions {
        Suppressions::new(self.client.clone(), self.name("Register"))
    }

    pub fn standings(&self) -> Constraints {
        Constraints::new(self.client.clone(), self.name("Register"))
    }

    pub fn hold_enforcement(&self) -> HoldEnforcement {
        HoldEnforcement {
            constraints: self.standings(),
            records: self.records(),
            ledger: self.ledger(),
            packages: self.packages(),
        }
    }

    pub fn cursor(&self) -> SweepCursor {
        SweepCursor::new(self.client.clone(), self.name("Register"))
    }

    pub fn packages(&self) -> Packages {
        Packages::new(self.client.clone(), self.name("Register"))
    }

    pub fn requests(&self) -> Requests {
        Requests::new(&self.client, &self.name("Register"))
    }

    pub fn tasks(&self) -> Tasks {
        Tasks::new(self.client.clone(), self.name("Register"))
    }
}

async fn client(endpoint: String) -> Client {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .endpoint_url(endpoint);
    Client::new(&sdk.load().await)
}

/// Makes a table with the keys, indexes and TTL from its properties in the template.
pub async fn create(client: &Client, name: &str, properties: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let listed = |value: &Value| value.as_sequence().cloned().unwrap_or_default();
    let keys = |value: &Value| -> Vec<KeySchemaElement> {
        let key = |it: &Value| {
            let key = KeySchemaElement::builder().attribute_name(text(&it["AttributeName"]));
            key.key_type(text(&it["KeyType"]).as_str().into())
                .build()
                .unwrap()
        };
        listed(value).iter().map(key).collect()
    };
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(keys(&properties["KeySchema"])));
    for it in listed(&properties["AttributeDefinitions"]) {
        let attribute = AttributeDefinition::builder().attribute_name(text(&it["AttributeName"]));
        request = request.attribute_definitions(
            attribute
                .attribute_type(text(&it["AttributeType"]).as_str().into())
                .build()
                .unwrap(),
        );
    }
    for it in listed(&properties["GlobalSecondaryIndexes"]) {
        let projected = listed(&it["Projection"]["NonKeyAttributes"])
            .iter()
            .map(text)
            .collect();
        let kind = ProjectionType::from(text(&it["Projection"]["ProjectionType"]).as_str());
        let projection = Projection::builder()
            .projection_type(kind)
            .set_non_key_attributes(Some(projected))
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(text(&it["IndexName"]))
            .projection(projection);
        request = request.global_secondary_indexes(
            index
                .set_key_schema(Some(keys(&it["KeySchema"])))
                .build()
                .unwrap(),
        );
    }
    request.send().await.unwrap();
    client
        .wait_until_table_exists()
        .table_name(name)
        .wait(SOON)
        .await
        .unwrap();
    if let Some(attribute) = properties["TimeToLiveSpecification"]["AttributeName"].as_str() {
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(attribute)
            .build()
            .unwrap();
        client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(ttl)
            .send()
            .await
            .unwrap();
    }
}
