//! Whether a message comes from the sender that it names: Standard Webhooks
//! (<https://www.standardwebhooks.com>), by our clock.

use ::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_runtime::{Environment, StartError, secret};
use serde::Deserialize;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use subtle::{Choice, ConstantTimeEq};

/// How far the sender's clock and ours may differ, and how long a message may take.
pub const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// How long a secret is, in bytes, by the specification.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 24..=64;
/// What some put before a secret.
const PREFIX: &str = "whsec_";
/// The version of the signatures that are checked.
const VERSION: &str = "v1,";

/// The secrets that a partner may sign with: the current one, and those that are being replaced.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<Vec<u8>>);

/// Why secrets cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecrets {
    /// Not the JSON document that is expected.
    #[error("must be a JSON document with a current secret")]
    Format,
    /// A secret that is not base64.
    #[error("must have secrets in base64")]
    Encoding,
    /// A secret that could be guessed, or has a length that the specification does not allow.
    #[error("must have secrets of 24 to 64 bytes")]
    Length,
    /// One secret twice: a rotation that changed nothing.
    #[error("must have secrets that differ")]
    Twice,
}

/// Why a message is not believed. The sender does not learn which of these it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhookSignature {
    /// A header is missing, there twice, or not what it should be.
    #[error("a header of the signature is missing or cannot be read")]
    Headers,
    /// Signed more than five minutes ago, or ahead.
    #[error("signed too long ago, or in the future")]
    Time,
    /// No signature is by a known secret.
    #[error("signed with no secret that is known")]
    Unknown,
}

#[derive(Deserialize)]
struct Document {
    current: String,
    #[serde(default)]
    previous: Vec<String>,
}

impl WebhookSecrets {
    /// Reads the webhook secrets of a partner that `setting` names.
    ///
    /// # Errors
    /// [`StartError`] if the setting is missing, Secrets Manager does not answer, or the secrets
    /// cannot be used.
    pub async fn read(
        environment: &Environment,
        setting: &'static str,
    ) -> Result<Self, StartError> {
        let secrets = Self::parse(&secret::document(environment, setting).await?);
        secrets.map_err(|bad| StartError::Unusable("the webhook's secret", Box::new(bad)))
    }

    /// Reads the secret's document: `{"current": "…", "previous": ["…"]}`, each in base64.
    ///
    /// # Errors
    /// [`BadSecrets`], which shows nothing of the document.
    pub fn parse(document: &str) -> Result<Self, BadSecrets> {
        let Document { current, previous } =
            serde_json::from_str(document).map_err(|_| BadSecrets::Format)?;
        let mut secrets: Vec<Vec<u8>> = Vec::new();
        for written in std::iter::once(current).chain(previous) {
            let encoded = written.strip_prefix(PREFIX).unwrap_or(&written);
            let secret = STANDARD.decode(encoded).map_err(|_| BadSecrets::Encoding)?;
            if !SECRET_LENGTH.contains(&secret.len()) {
                return Err(BadSecrets::Length);
            }
            if secrets.contains(&secret) {
                return Err(BadSecrets::Twice);
            }
            secrets.push(secret);
        }
        Ok(Self(secrets))
    }

    /// Checks that one of the secrets signed exactly these bytes, within five minutes of `now`.
    ///
    /// `standardwebhooks` would check the time by the machine's clock. So here it only signs, and
    /// its signature is compared in constant time.
    ///
    /// # Errors
    /// [`BadWebhookSignature`] if no known secret signed this now.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), BadWebhookSignature> {
        let id = only(headers, HEADER_WEBHOOK_ID)?;
        let signatures = only(headers, HEADER_WEBHOOK_SIGNATURE)?;
        let timestamp = only(headers, HEADER_WEBHOOK_TIMESTAMP)?;
        let plain = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let timestamp = timestamp
            .parse()
            .ok()
            .filter(|_| plain)
            .ok_or(BadWebhookSignature::Headers)?;
        let signed_at = DateTime::from_timestamp(timestamp, 0).ok_or(BadWebhookSignature::Time)?;
        if (now - signed_at).abs() > TOLERANCE {
            return Err(BadWebhookSignature::Time);
        }
        let mut known = Choice::from(0);
        for secret in &self.0 {
            let ours = Webhook::from_bytes(secret.clone())
                .and_then(|webhook| webhook.sign(id, timestamp, body));
            let ours = ours.map_err(|_| BadWebhookSignature::Unknown)?;
            for theirs in signatures
                .split(' ')
                .filter(|signature| signature.starts_with(VERSION))
            {
                known |= theirs.as_bytes().ct_eq(ours.as_bytes());
            }
        }
        if known.into() {
            Ok(())
        } else {
            Err(BadWebhookSignature::Unknown)
        }
    }
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookSecrets(..)")
    }
}

/// The text of a header that is there once and not empty.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, BadWebhookSignature> {
    let mut values = headers.get_all(name).iter();
    match (
        values.next().and_then(|value| value.to_str().ok()),
        values.next(),
    ) {
        (Some(value), None) if !value.is_empty() => Ok(value),
        _ => Err(BadWebhookSignature::Headers),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadSecrets, BadWebhookSignature, WebhookSecrets};
    use ::http::{HeaderMap, HeaderName, HeaderValue};
    use chrono::{DateTime, TimeDelta, Utc};
    use standardwebhooks::Webhook;

    const NEW: &str = "NewNewNewNewNewNewNewNewNewNewNewNewNewNewNewNewNewNewNewNewNew1";
    const OLD: &str = "OldOldOldOldOldOldOldOldOldOldOldOldOldOldOldOldOldOldOldOldOld2";
    const BODY: &[u8] = "{\"name\":\"Siân\"}".as_bytes();

    fn now() -> DateTime<Utc> {
        "2026-09-14T10:22:31Z".parse().unwrap()
    }

    fn rotated() -> WebhookSecrets {
        WebhookSecrets::parse(&format!(r#"{{"current":"{NEW}","previous":["{OLD}"]}}"#)).unwrap()
    }

    fn signature(secret: &str, at: DateTime<Utc>) -> String {
        Webhook::new(secret)
            .unwrap()
            .sign("msg_1", at.timestamp(), BODY)
            .unwrap()
    }

    fn headers(at: DateTime<Utc>, signature: &str) -> HeaderMap {
        let timestamp = at.timestamp().to_string();
        let all = [
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", signature),
        ];
        let parsed = |(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        all.into_iter().map(parsed).collect()
    }

    #[test]
    fn either_secret_signs_while_one_is_rotated() {
        for secret in [NEW, OLD] {
            let headers = headers(now(), &signature(secret, now()));
            assert_eq!(rotated().verify(&headers, BODY, now()), Ok(()));
        }
        let only_new = WebhookSecrets::parse(&format!(r#"{{"current":"{NEW}"}}"#)).unwrap();
        let old = headers(now(), &signature(OLD, now()));
        assert_eq!(
            only_new.verify(&old, BODY, now()),
            Err(BadWebhookSignature::Unknown)
        );
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let good = signature(NEW, now());
        for signatures in [
            format!("v1,AAAA {good}"),
            format!("{good} v1,AAAA"),
            format!("v1a,unknown v2,{} {good} garbage", &good[3..]),
        ] {
            assert_eq!(
                rotated().verify(&headers(now(), &signatures), BODY, now()),
                Ok(()),
                "{signatures}"
            );
        }
        for signatures in [
            format!("v2,{}", &good[3..]),
            good[3..].to_owned(),
            good[..good.len() - 1].to_owned(),
            format!("{good},{good}"),
            "v1,".to_owned(),
        ] {
            assert_eq!(
                rotated().verify(&headers(now(), &signatures), BODY, now()),
                Err(BadWebhookSignature::Unknown)
            );
        }
    }

    #[test]
    fn five_minutes_either_way_are_tolerated_and_a_second_more_is_not() {
        for (seconds, outcome) in [
            (-301, Err(BadWebhookSignature::Time)),
            (-300, Ok(())),
            (300, Ok(())),
            (301, Err(BadWebhookSignature::Time)),
        ] {
            let at = now() + TimeDelta::seconds(seconds);
            assert_eq!(
                rotated().verify(&headers(at, &signature(NEW, at)), BODY, now()),
                outcome,
                "{seconds}"
            );
        }
    }

    #[test]
    fn what_was_signed_is_what_is_believed() {
        let good = headers(now(), &signature(NEW, now()));
        assert_eq!(
            rotated().verify(&good, b"{}", now()),
            Err(BadWebhookSignature::Unknown)
        );
        assert_eq!(
            rotated().verify(&good, b"\xff", now()),
            Err(BadWebhookSignature::Unknown)
        );
        for (name, value) in [
            ("webhook-id", "msg_2".to_owned()),
            ("webhook-timestamp", (now().timestamp() + 1).to_string()),
        ] {
            let mut other = good.clone();
            other.insert(name, HeaderValue::from_str(&value).unwrap());
            assert_eq!(
                rotated().verify(&other, BODY, now()),
                Err(BadWebhookSignature::Unknown),
                "{name}"
            );
        }
    }

    #[test]
    fn headers_that_are_missing_doubled_or_garbage_are_refused() {
        let good = headers(now(), &signature(NEW, now()));
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut without = good.clone();
            without.remove(name);
            assert_eq!(
                rotated().verify(&without, BODY, now()),
                Err(BadWebhookSignature::Headers),
                "without {name}"
            );
            let mut twice = good.clone();
            twice.append(name, good[name].clone());
            assert_eq!(
                rotated().verify(&twice, BODY, now()),
                Err(BadWebhookSignature::Headers),
                "{name} twice"
            );
            let mut broken = good.clone();
            broken.insert(name, HeaderValue::from_bytes(b"\xff").unwrap());
            assert_eq!(
                rotated().verify(&broken, BODY, now()),
                Err(BadWebhookSignature::Headers),
                "{name} as garbage"
            );
        }
        let seconds = now().timestamp();
        for timestamp in [
            "",
            "soon",
            "-1",
            &format!("+{seconds}"),
            &format!("{seconds},{seconds}"),
            "99999999999999999999",
        ] {
            let mut broken = good.clone();
            broken.insert(
                "webhook-timestamp",
                HeaderValue::from_str(timestamp).unwrap(),
            );
            assert_eq!(
                rotated().verify(&broken, BODY, now()),
                Err(BadWebhookSignature::Headers),
                "{timestamp}"
            );
        }
        let mut far = good;
        far.insert(
            "webhook-timestamp",
            HeaderValue::from_static("9223372036854775807"),
        );
        assert_eq!(
            rotated().verify(&far, BODY, now()),
            Err(BadWebhookSignature::Time)
        );
    }

    #[test]
    fn the_example_of_the_specification_is_verified() {
        let secrets =
            WebhookSecrets::parse(r#"{"current":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#)
                .unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let then = DateTime::from_timestamp(1_614_265_330, 0).unwrap();
        assert_eq!(
            secrets.verify(&headers, br#"{"test": 2432232314}"#, then),
            Ok(())
        );
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_refused() {
        let short = "c2hvcnQ=";
        for (document, refused) in [
            ("password".to_owned(), BadSecrets::Format),
            (r#"{"previous":[]}"#.to_owned(), BadSecrets::Format),
            (r#"{"current":""}"#.to_owned(), BadSecrets::Length),
            (format!(r#"{{"current":"{short}"}}"#), BadSecrets::Length),
            (
                r#"{"current":"not base64!"}"#.to_owned(),
                BadSecrets::Encoding,
            ),
            (
                format!(r#"{{"current":"{NEW}","previous":["{short}"]}}"#),
                BadSecrets::Length,
            ),
            (
                format!(r#"{{"current":"{NEW}","previous":["whsec_{NEW}"]}}"#),
                BadSecrets::Twice,
            ),
        ] {
            assert_eq!(
                WebhookSecrets::parse(&document).unwrap_err(),
                refused,
                "{document}"
            );
        }
    }

    #[test]
    fn debugging_shows_no_secret() {
        assert_eq!(format!("{:?}", rotated()), "WebhookSecrets(..)");
    }
}
