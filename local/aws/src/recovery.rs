//! Point-in-time recovery as far as `restore` needs it: the embedded DynamoDB has none.

use crate::wire::{answer, between, target};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnector;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// A configuration with which recovery is off until it is switched on, as on AWS after a restore,
/// and reaches back this many days. If it is not `able`, it stays off.
#[must_use]
pub fn with_recovery(sdk: SdkConfig, days: i32, able: bool) -> SdkConfig {
    let on = AtomicBool::new(false);
    between(sdk, move |request, connector| {
        let Some(operation) =
            target(&request).and_then(|target| target.strip_suffix("ContinuousBackups"))
        else {
            return connector.call(request);
        };
        if operation.ends_with("Update") && able {
            on.store(true, Ordering::SeqCst);
        }
        let status = if on.load(Ordering::SeqCst) {
            "ENABLED"
        } else {
            "DISABLED"
        };
        let recovery = json!({"PointInTimeRecoveryStatus": status, "RecoveryPeriodInDays": days});
        let body = json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery,
        }});
        answer(200, "application/x-amz-json-1.0", body.to_string())
    })
}
