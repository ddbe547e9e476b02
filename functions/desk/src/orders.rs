//! Orders to `requests` and `export`. The desk reads no personal data itself: those two functions
//! stay the only doors to it, and they write down who gives an order before they carry it out.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use custodian_runtime::{Environment, StartError, failure};
use serde::Deserialize;
use serde_json::Value;

/// Which function carries an order out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// Everything about requests and people.
    Requests,
    /// Packages.
    Export,
}

/// Gives orders.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    client: Client,
    requests: String,
    export: String,
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The function refuses it: its kind, and its words. They repeat nothing that was sent.
    Order {
        /// One of the kinds of docs/orders.md, "When an order is refused".
        kind: String,
        /// What is wrong.
        words: String,
    },
    /// It cannot be known whether it was carried out: give the same order again.
    Unavailable,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "errorType")]
    kind: String,
    #[serde(rename = "errorMessage")]
    words: String,
}

impl Orders {
    /// A client of Lambda.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    pub(crate) fn new(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            // One attempt: an order that takes long must not run twice at the same time.
            client: Client::from_conf(
                aws_sdk_lambda::config::Builder::from(&environment.lambda_client())
                    .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled())
                    .build(),
            ),
            requests: environment.owned("REQUESTS_FUNCTION")?,
            export: environment.owned("EXPORT_FUNCTION")?,
        })
    }

    /// Gives an order and waits for its answer.
    ///
    /// # Errors
    /// [`Refused`] if it was not carried out, or nobody knows.
    pub(crate) async fn give(&self, to: To, order: &Value) -> Result<Value, Refused> {
        let sent = self
            .client
            .invoke()
            .function_name(self.function(to))
            .payload(Blob::new(order.to_string()))
            .send()
            .await;
        let answer = sent.map_err(|error| {
            let cause = custodian_aws::failed("give an order")(error);
            tracing::error!(error = %cause, outcome = "not_given", "order");
            Refused::Unavailable
        })?;
        let is_failure = answer.function_error().is_some();
        let payload = answer.payload().map(AsRef::as_ref).unwrap_or_default();
        let Ok(document) = serde_json::from_slice::<Value>(payload) else {
            return Err(Refused::Unavailable);
        };
        read(document, is_failure)
    }

    /// Gives an order, and does not wait. Lambda keeps it until it begins, a minute at most.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] if Lambda does not take it.
    pub(crate) async fn begin(&self, to: To, order: &Value) -> Result<(), Refused> {
        let sent = self
            .client
            .invoke()
            .function_name(self.function(to))
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(order.to_string()))
            .send()
            .await;
        sent.map(drop).map_err(|error| {
            let cause = custodian_aws::failed("begin an order")(error);
            tracing::error!(error = %cause, outcome = "not_given", "order");
            Refused::Unavailable
        })
    }

    fn function(&self, to: To) -> &str {
        match to {
            To::Requests => &self.requests,
            To::Export => &self.export,
        }
    }
}

/// An answer, or why there is none.
fn read(document: Value, is_failure: bool) -> Result<Value, Refused> {
    let is_refused = document.get("status").is_some_and(|it| it == "refused");
    if !is_failure && !is_refused {
        return Ok(document);
    }
    match serde_json::from_value::<Failure>(document) {
        Ok(Failure { kind, words }) if kind != failure::UNAVAILABLE && is_refused => {
            Err(Refused::Order { kind, words })
        }
        _ => Err(Refused::Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refused, read};
    use serde_json::json;

    #[test]
    fn an_answer_is_told_from_a_refusal_and_from_a_failure() {
        assert_eq!(read(json!({"due": 1}), false), Ok(json!({"due": 1})));
        let refused =
            json!({"status": "refused", "errorType": "Stale", "errorMessage": "plan again"});
        let order = Refused::Order {
            kind: "Stale".to_owned(),
            words: "plan again".to_owned(),
        };
        assert_eq!(read(refused, false), Err(order));
        for (document, is_failure) in [
            (
                json!({"errorType": "Unavailable", "errorMessage": "x"}),
                true,
            ),
            (json!({"errorType": "Runtime.Exit"}), true),
            (json!("?"), true),
            (json!({"status": "refused"}), false),
        ] {
            assert_eq!(read(document, is_failure), Err(Refused::Unavailable));
        }
    }
}
