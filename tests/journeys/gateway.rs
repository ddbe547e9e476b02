//! The events that API Gateway makes from requests.

use custodian_local::Handler;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};

/// A function that answers the gateway's events.
pub trait Ask {
    /// Its answer to an event, as the gateway gets it.
    async fn ask(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic>;
}

impl<F: Handler> Ask for F {
    async fn ask(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        self.answer(LambdaEvent::new(payload.into(), context)).await
    }
}

/// The event (HTTP API, payload 2.0) of a request with a form as its body.
pub fn event(method: &str, path: &str, body: &str) -> LambdaEvent<Value> {
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/x-www-form-urlencoded"}, "isBase64Encoded": false, "body": body,
        "requestContext": {"accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "23/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1_795_428_000_000_i64,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"}},
    });
    LambdaEvent::new(event, Context::default())
}
