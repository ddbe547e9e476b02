//! The connection of a function to AWS: what its role may not do is refused here, as AWS refuses
//! it.

use super::invocation::invoked;
use super::{Principal, call};
use crate::wire::{answer, between, target};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnector;

const JSON: &str = r#"{"__type":"com.amazonaws#AccessDeniedException","message":"not authorized"}"#;
const LAMBDA: &str = r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#;
const XML: &str = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

/// The configuration of an SDK that makes no call which this principal may not make.
pub(crate) fn guarded(sdk: SdkConfig, principal: Option<&Principal>) -> SdkConfig {
    let Some(principal) = principal.cloned() else {
        return sdk;
    };
    between(sdk, move |request, connector| {
        let calls = call::of_request(&request, &principal.around.hash_keys);
        let Some(denied) = calls.iter().find(|call| !principal.may(call)) else {
            return connector.call(request);
        };
        // The key could be personal, so it is not logged.
        tracing::error!(
            role = principal.arn,
            action = denied.action,
            "AWS would refuse this call"
        );
        // DynamoDB and Secrets Manager answer in JSON, Lambda with another status, S3 in XML.
        match target(&request) {
            Some(_) => answer(400, "application/x-amz-json-1.0", JSON),
            None if invoked(&request).is_some() => answer(403, "application/json", LAMBDA),
            None => answer(403, "application/xml", XML),
        }
    })
}
