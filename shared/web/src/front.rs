//! CloudFront in front of the API, where the deployment has it: the functions then speak to nobody else, and believe it which
//! network address a request comes from.

use custodian_runtime::Host;
use serde_json::Value;
use subtle::{Choice, ConstantTimeEq};

/// The header by which CloudFront is known. A client's own is overwritten. CloudFront adds none that begins with `X-Edge-`
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>).
const KEY: &str = "x-custodian-key";
/// The settings with the keys that it may show: two, so that one can be changed while it shows the other.
const SETTINGS: [&str; 2] = ["EDGE_KEY", "EDGE_KEY_OTHER"];
/// The header by which CloudFront says whose request it is.
const VIEWER: &str = "x-custodian-viewer";

/// Who may speak to a function.
#[derive(Clone, Default)]
pub struct Edge(Vec<String>);

impl Edge {
    /// Only who shows what the setting `EDGE_KEY` or `EDGE_KEY_OTHER` says; without either everybody.
    #[must_use]
    pub fn read(host: &Host) -> Self {
        Self(SETTINGS.into_iter().filter_map(|name| host.setting(name).ok().map(str::to_owned)).collect())
    }

    /// Whether an event of API Gateway is let in; one that CloudFront has passed on then says which network address it
    /// comes from. The two headers are taken out of every event.
    pub(super) fn lets_in(&self, event: &mut Value) -> bool {
        let mut take = |name: &str| {
            let header = event.get_mut("headers")?.as_object_mut()?.remove(name)?;
            header.as_str().map(str::to_owned)
        };
        let (shown, viewer) = (take(KEY).unwrap_or_default(), take(VIEWER));
        if self.0.is_empty() {
            return true;
        }
        let opens = |key: &String| shown.as_bytes().ct_eq(key.as_bytes());
        if !bool::from(self.0.iter().map(opens).fold(Choice::from(0), |any, one| any | one)) {
            return false;
        }
        if let (Some(viewer), Some(address)) = (viewer, event.pointer_mut("/requestContext/http/sourceIp")) {
            *address = Value::String(viewer);
        }
        true
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Edge(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Edge;
    use serde_json::{Value, json};

    fn event(headers: &Value) -> Value {
        json!({"headers": headers, "requestContext": {"http": {"sourceIp": "198.51.100.1"}}})
    }

    fn address(event: &Value) -> &Value {
        &event["requestContext"]["http"]["sourceIp"]
    }

    #[test]
    fn without_cloudfront_everybody_is_let_in_and_nobody_says_where_they_come_from() {
        let mut event =
            event(&json!({"x-custodian-key": "", "x-custodian-viewer": "203.0.113.7", "accept": "text/html"}));
        assert!(Edge::default().lets_in(&mut event));
        assert_eq!((address(&event), &event["headers"]), (&json!("198.51.100.1"), &json!({"accept": "text/html"})));
        assert!(Edge::default().lets_in(&mut json!({})));
    }

    #[test]
    fn behind_cloudfront_only_its_key_opens() {
        let edge = Edge(vec!["k".repeat(64), "l".repeat(64)]);
        assert_eq!(format!("{edge:?}"), "Edge(..)");
        for headers in [json!({}), json!({"x-custodian-key": "k"}), json!({"x-custodian-key": 1}), json!(null)] {
            assert!(!edge.lets_in(&mut event(&headers)), "{headers}");
        }
        for key in ["k", "l"] {
            let mut event = event(&json!({"x-custodian-key": key.repeat(64), "x-custodian-viewer": "2001:db8::7"}));
            assert!(edge.lets_in(&mut event), "either of its two");
            assert_eq!((address(&event), &event["headers"]), (&json!("2001:db8::7"), &json!({})));
        }
    }
}
