//! What a person is shown after an answer, and the proof that the council showed it.
//!
//! The page after an answer reads nothing: it shows what its address says. So the address is
//! signed, and the page uses no clock: what was right when the answer was stored is right whenever
//! somebody opens the page.

use crate::identity::keyring::{Forms, Keyring, RECEIPTS};
use crate::identity::subject::mac;
use crate::record::reference::Reference;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDate;

/// That an answer was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerReceipt {
    /// What the person can quote.
    pub reference: Reference,
    /// The day in London on which the answer is deleted.
    pub until: NaiveDate,
    /// Whether an email asks the person if the address is theirs.
    pub asks_to_confirm: bool,
}

/// Writes and reads the addresses of receipts, signed with a key from the forms' own secret.
#[derive(Clone)]
pub struct Receipts {
    key: [u8; 32],
    /// Under every version of the secret that is still kept, so that a rotation breaks no address.
    all: Vec<[u8; 32]>,
}

impl std::fmt::Debug for Receipts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Receipts(..)")
    }
}

/// The extra parameter in the address of a person whose address an email asks to confirm. Others
/// have none, as all addresses did before there were such emails.
const CONFIRM: (&str, &str) = ("confirm", "email");

impl Receipts {
    /// Receipts under these keys.
    #[must_use]
    pub fn new(keys: &Keyring<Forms>) -> Self {
        Self {
            key: keys.derive(RECEIPTS),
            all: keys.derive_all(RECEIPTS).collect(),
        }
    }

    /// The query of the address of a receipt for an answer to `survey`.
    #[must_use]
    pub fn query(&self, survey: &str, receipt: &AnswerReceipt) -> String {
        let proof = signature(&self.key, survey, receipt);
        let (name, value) = CONFIRM;
        let confirm = if receipt.asks_to_confirm {
            format!("&{name}={value}")
        } else {
            String::new()
        };
        format!(
            "reference={}&until={}{confirm}&proof={proof}",
            receipt.reference.as_str(),
            receipt.until
        )
    }

    /// The receipt in the parameters of a query; `None` unless it was written for this survey here.
    #[must_use]
    pub fn read<T: AsRef<str>>(
        &self,
        survey: &str,
        parameter: impl Fn(&str) -> Option<T>,
    ) -> Option<AnswerReceipt> {
        let reference = Reference::try_from(parameter("reference")?.as_ref().to_owned()).ok()?;
        let asks_to_confirm = match parameter(CONFIRM.0) {
            None => false,
            Some(value) if value.as_ref() == CONFIRM.1 => true,
            Some(_) => return None,
        };
        let receipt = AnswerReceipt {
            reference,
            until: parameter("until")?.as_ref().parse().ok()?,
            asks_to_confirm,
        };
        let proof = parameter("proof")?;
        // Both sides are digests under a secret key, so a difference in time reveals nothing.
        let proves = |key: &[u8; 32]| {
            mac(key, &[proof.as_ref()]) == mac(key, &[&signature(key, survey, &receipt)])
        };
        self.all.iter().any(proves).then_some(receipt)
    }
}

fn signature(key: &[u8; 32], survey: &str, receipt: &AnswerReceipt) -> String {
    let until = receipt.until.to_string();
    let mut parts = vec![survey, receipt.reference.as_str(), &until];
    parts.extend(receipt.asks_to_confirm.then_some(CONFIRM.0));
    let digest = mac(key, &parts);
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::{AnswerReceipt, Receipts};
    use crate::identity::keyring::Keyring;
    use crate::london;
    use crate::record::RecordId;
    use crate::record::reference::Reference;
    use crate::record::source::Source;
    use crate::retention::ExpiresAt;
    use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Timelike, Utc};
    use std::collections::BTreeMap;

    const SURVEY: &str = "bins";

    fn receipts(version: &str, previous: &str) -> Receipts {
        let key =
            |version: &str| format!(r#""version":"{version}","key":"{}""#, version.repeat(32));
        let previous = if previous.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", key(previous))
        };
        let keys = format!(r#"{{{},"previous":[{previous}]}}"#, key(version));
        Receipts::new(&Keyring::parse(&keys).unwrap())
    }

    fn read(receipts: &Receipts, survey: &str, query: &str) -> Option<AnswerReceipt> {
        let pairs: BTreeMap<&str, &str> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        receipts.read(survey, |name| pairs.get(name).copied())
    }

    fn receipt() -> AnswerReceipt {
        let reference = Reference::of(&RecordId::of_submission(SURVEY, "token"));
        AnswerReceipt {
            reference,
            until: NaiveDate::from_ymd_opt(2029, 10, 26).unwrap(),
            asks_to_confirm: false,
        }
    }

    /// The last Sunday of a month, on which London's clocks change at 01:00 UTC.
    fn last_sunday(year: i32, month: u32) -> NaiveDate {
        let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap();
        last - TimeDelta::days(last.weekday().num_days_from_sunday().into())
    }

    /// The date in London, worked out independently of the library that the code uses.
    fn in_london(instant: DateTime<Utc>) -> NaiveDate {
        let changes = |month| {
            last_sunday(instant.year(), month)
                .and_hms_opt(1, 0, 0)
                .unwrap()
                .and_utc()
        };
        let summer = (changes(3)..changes(10)).contains(&instant);
        (instant + TimeDelta::hours(summer.into())).date_naive()
    }

    #[test]
    fn an_answer_of_any_hour_from_2026_to_2040_is_confirmed_with_the_day_on_which_it_goes() {
        let receipts = receipts("1", "");
        let (mut hour, end) = (at("2026-01-01T00:00:00Z"), at("2041-01-01T00:00:00Z"));
        let (mut hours, mut days, mut last) = (0, 0, None);
        while hour < end {
            for sent in [hour, hour + TimeDelta::minutes(59) + TimeDelta::seconds(59)] {
                let until = london::date(ExpiresAt::of(Source::WebForm, sent).instant());
                assert_eq!(
                    until,
                    in_london(sent.checked_add_months(Months::new(36)).unwrap()),
                    "{sent}"
                );
                // Only the date tells one hour's address from the next.
                if last.replace(until) != Some(until) {
                    let receipt = AnswerReceipt { until, ..receipt() };
                    assert_eq!(
                        read(&receipts, SURVEY, &receipts.query(SURVEY, &receipt)),
                        Some(receipt),
                        "{sent}"
                    );
                    days += 1;
                }
            }
            hours += 1;
            hour += TimeDelta::hours(1);
        }
        assert_eq!(hours, (end - at("2026-01-01T00:00:00Z")).num_hours());
        assert!(days >= 15 * 365 && hour.hour() == 0, "{days} days");
    }

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    #[test]
    fn an_address_that_nobody_here_wrote_confirms_nothing() {
        let receipts = receipts("1", "");
        let good = receipts.query(SURVEY, &receipt());
        assert_eq!(read(&receipts, SURVEY, &good), Some(receipt()));
        let (_, proof) = good.rsplit_once("proof=").unwrap();
        let unsigned = good.rsplit_once("&proof=").unwrap().0;
        for altered in [
            unsigned.to_owned(),
            format!("{unsigned}&proof="),
            format!("{unsigned}&proof={}", &proof[1..]),
            format!("{unsigned}&proof={}", proof.to_lowercase().to_uppercase()),
            good.replace("2029-10-26", "2029-10-27"),
            good.replace(receipt().reference.as_str(), "K7M2PX9T"),
            format!("until=2029-10-26&proof={proof}"),
            String::new(),
        ] {
            assert_eq!(read(&receipts, SURVEY, &altered), None, "{altered}");
        }
        assert_eq!(
            read(&receipts, "parks", &good),
            None,
            "a receipt is for one survey"
        );
        assert_eq!(format!("{receipts:?}"), "Receipts(..)");
    }

    #[test]
    fn an_address_says_whether_an_email_comes_and_nobody_else_can_say_so() {
        let receipts = receipts("1", "");
        let asked = AnswerReceipt {
            asks_to_confirm: true,
            ..receipt()
        };
        let (with, without) = (
            receipts.query(SURVEY, &asked),
            receipts.query(SURVEY, &receipt()),
        );
        assert_eq!(read(&receipts, SURVEY, &with), Some(asked));
        assert_eq!(read(&receipts, SURVEY, &without), Some(receipt()));
        assert_eq!(
            read(&receipts, SURVEY, &format!("{without}&confirm=email")),
            None
        );
        assert_eq!(
            read(&receipts, SURVEY, &with.replace("&confirm=email", "")),
            None
        );
        assert_eq!(read(&receipts, SURVEY, &with.replace("=email", "=")), None);
        // As addresses were written before there were such emails.
        let old = "reference=K7M2PX9T&until=2029-10-26&proof=ncHBkBC_2Jc13oU62bqczQ";
        assert!(read(&receipts, SURVEY, old).is_some_and(|receipt| !receipt.asks_to_confirm));
    }

    #[test]
    fn a_reference_that_was_typed_another_way_is_the_same_reference() {
        let receipts = receipts("1", "");
        let good = receipts.query(SURVEY, &receipt());
        let typed = good.replace(
            receipt().reference.as_str(),
            &receipt().reference.as_str().to_lowercase(),
        );
        assert_eq!(read(&receipts, SURVEY, &typed), Some(receipt()));
    }

    #[test]
    fn a_rotation_of_the_secret_breaks_no_address_while_the_old_one_is_kept() {
        let before = receipts("1", "").query(SURVEY, &receipt());
        assert_eq!(read(&receipts("2", "1"), SURVEY, &before), Some(receipt()));
        assert_eq!(read(&receipts("2", ""), SURVEY, &before), None);
    }
}
