//! People get lost, go back, are late, or are taken for machines. None of them loses what they
//! typed, and none is thanked for what was not kept.

mod astray;
mod late;
mod mapped;
mod newsletter;
mod receipts;
mod unsure;

use crate::failing::{Off, host_without_storage};
use crate::gateway;
use crate::gateway::Ask;
use crate::house::{Answer, House, token};
use custodian_ingest::Ingest;
use custodian_runtime::Function;
use custodian_store::surveys::Surveys;
use lambda_runtime::LambdaEvent;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

const SURVEY: &str = "recycling-centre";

impl House {
    /// Waits longer than the least time a person takes to type.
    fn take_time(&self) {
        let now = self.stack.clock().now();
        self.stack.clock().set(now + chrono::TimeDelta::seconds(20));
    }

    /// The token of a form that is handed out now, and some time to fill it in.
    async fn form_token(&self, survey: &str) -> String {
        let form = self.get(&format!("/surveys/{survey}")).await;
        assert_eq!(form.status, 200, "{}", form.body);
        self.take_time();
        token(&form.body)
    }

    /// How many records there are.
    async fn kept(&self) -> usize {
        self.items("RECORDS_TABLE")
            .await
            .iter()
            .filter(|item| item.contains("\"record#"))
            .count()
    }

    /// Takes a survey down, and moves the clock until every copy of it is out of date.
    async fn take_down(&self, survey: &str) {
        let now = self.stack.clock().now();
        Surveys::new(self.dynamodb(), self.setting("REGISTER_TABLE"))
            .remove(survey, now)
            .await
            .unwrap();
        self.stack.clock().set(now + chrono::TimeDelta::minutes(2));
    }
}

/// What a separate instance of `ingest` answers when its storage fails after some calls.
async fn with_a_failure(
    house: &House,
    calls: usize,
    off: Off,
    event: LambdaEvent<Value>,
) -> Answer {
    let host = host_without_storage(house, "ingest", calls, off);
    answered(
        &Ingest::start(&host)
            .await
            .unwrap()
            .ask(event)
            .await
            .unwrap(),
    )
}

/// What the gateway would make of a function's answer.
fn answered(answer: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in answer["headers"].as_object().unwrap() {
        let name = HeaderName::try_from(name.as_str()).unwrap();
        headers.insert(
            name,
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    Answer {
        status: u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap(),
        headers,
        body: answer["body"].as_str().unwrap_or_default().to_owned(),
    }
}

/// A form's post, as an event.
fn posted(survey: &str, body: &str) -> LambdaEvent<Value> {
    gateway::event("POST", &format!("/surveys/{survey}/responses"), body)
}
