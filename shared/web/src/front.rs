//! CloudFront in front of the API, where the deployment has it. The functions then answer only
//! CloudFront, and believe it about the network address of a request.

use crate::http::{HeaderValue, Request};
use custodian_runtime::Environment;
use subtle::{Choice, ConstantTimeEq};

/// The header that identifies CloudFront. A client's own is overwritten. CloudFront adds none that
/// begins with `X-Edge-`
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>).
const KEY: &str = "x-custodian-key";
/// The settings with the keys that it may show: two, so that one can be changed while it shows the
/// other.
const SETTINGS: [&str; 2] = ["EDGE_KEY", "EDGE_KEY_OTHER"];
/// The header in which CloudFront gives the network address of a request.
const VIEWER: &str = "x-custodian-viewer";

/// Who may call a function.
#[derive(Clone, Default)]
pub struct Edge(Vec<String>);

impl Edge {
    /// Only callers that show the value of the setting `EDGE_KEY` or `EDGE_KEY_OTHER`; without
    /// either, everybody.
    #[must_use]
    pub fn read(environment: &Environment) -> Self {
        Self(
            SETTINGS
                .into_iter()
                .filter_map(|name| environment.setting(name).ok().map(str::to_owned))
                .collect(),
        )
    }

    /// Whether a request is let in. If CloudFront passed it on, its network address is then the one
    /// that CloudFront gives. The two headers are removed from every request.
    pub(super) fn lets_in(&self, request: &mut Request) -> bool {
        let (shown, viewer) = (request.headers.remove(KEY), request.headers.remove(VIEWER));
        if self.0.is_empty() {
            return true;
        }
        let shown = shown
            .as_ref()
            .map(HeaderValue::as_bytes)
            .unwrap_or_default();
        let opens = |key: &String| shown.ct_eq(key.as_bytes());
        if !bool::from(
            self.0
                .iter()
                .map(opens)
                .fold(Choice::from(0), |any, one| any | one),
        ) {
            return false;
        }
        if let Some(viewer) = viewer {
            request.client = viewer.to_str().ok().and_then(|viewer| viewer.parse().ok());
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
    use crate::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

    fn request(headers: &[(&'static str, &str)]) -> Request {
        let header = |(name, value): &(&'static str, &str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        Request {
            method: Method::GET,
            path: "/".to_owned(),
            query: String::new(),
            headers: headers.iter().map(header).collect::<HeaderMap>(),
            body: Vec::new(),
            client: Some("198.51.100.1".parse().unwrap()),
            cookies: Vec::new(),
            claims: std::collections::BTreeMap::new(),
        }
    }

    fn address(request: &Request) -> String {
        request.client.unwrap().to_string()
    }

    #[test]
    fn without_cloudfront_everybody_is_let_in_and_nobody_says_where_they_come_from() {
        let mut asked = request(&[
            ("x-custodian-key", ""),
            ("x-custodian-viewer", "203.0.113.7"),
            ("accept", "text/html"),
        ]);
        assert!(Edge::default().lets_in(&mut asked));
        assert_eq!(address(&asked), "198.51.100.1");
        assert_eq!(asked.headers, request(&[("accept", "text/html")]).headers);
        assert!(Edge::default().lets_in(&mut request(&[])));
    }

    #[test]
    fn behind_cloudfront_only_its_key_opens() {
        let edge = Edge(vec!["k".repeat(64), "l".repeat(64)]);
        assert_eq!(format!("{edge:?}"), "Edge(..)");
        for headers in [
            &[][..],
            &[("x-custodian-key", "k")],
            &[("x-custodian-key", "")],
        ] {
            assert!(!edge.lets_in(&mut request(headers)), "{headers:?}");
        }
        for key in ["k", "l"] {
            let mut asked = request(&[
                ("x-custodian-key", &key.repeat(64)),
                ("x-custodian-viewer", "2001:db8::7"),
            ]);
            assert!(edge.lets_in(&mut asked), "either of its two");
            assert_eq!(
                (address(&asked).as_str(), asked.headers.len()),
                ("2001:db8::7", 0)
            );
        }
    }
}
