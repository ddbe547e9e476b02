//! How the council's Five9 tenant writes its reports: `config/five9.json`.

use chrono::{DateTime, LocalResult, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::times::{self, NotATime};
use custodian_domain::validation::rule::Rule;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The tenant's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Five9 {
    /// The time zone of a report, which does not give it.
    time_zone: Tz,
    pub(super) columns: Names,
    /// Who the customer is, by the type of a call.
    customer: CallTypes,
    /// The words for a number that the caller withholds; a telephone keypad spells some of them.
    #[serde(default)]
    withheld: Vec<String>,
    /// The council's own numbers, which are never a customer's.
    #[serde(default)]
    own_numbers: Vec<String>,
    /// The council's service for each campaign.
    #[serde(default)]
    pub(super) services: BTreeMap<String, String>,
}

/// Which of the two numbers of a call is the customer's, by the type of the call as Five9 names it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallTypes {
    /// Who called.
    ani: Vec<String>,
    /// Who was called.
    dnis: Vec<String>,
    /// Neither.
    nobody: Vec<String>,
}

/// Who the customer of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Customer {
    /// Who called.
    Ani,
    /// Who was called.
    Dnis,
    /// Nobody: the call is among staff.
    Nobody,
}

/// The names of a report's columns: they differ by tenant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub(super) call_id: String,
    pub(super) timestamp: String,
    pub(super) call_type: String,
    pub(super) ani: String,
    pub(super) dnis: String,
    pub(super) customer_name: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) skill: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) call_time: Option<String>,
    pub(super) survey: Option<String>,
    pub(super) satisfaction: Option<String>,
    pub(super) comment: Option<String>,
}

/// An unusable configuration.
#[derive(Debug, thiserror::Error)]
#[error("config/five9.json: {0}")]
pub struct BadConfig(#[from] serde_json::Error);

impl Five9 {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`BadConfig`] with the place in it; nothing in it is personal.
    pub fn parse(document: &str) -> Result<Self, BadConfig> {
        Ok(serde_json::from_str(document)?)
    }

    /// The columns that a report must have: all that the configuration names.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let Names {
            call_id,
            timestamp,
            call_type,
            ani,
            dnis,
            ..
        } = &self.columns;
        let Names {
            customer_name,
            campaign,
            skill,
            disposition,
            call_time,
            survey,
            satisfaction,
            comment,
            ..
        } = &self.columns;
        let named = [
            customer_name,
            campaign,
            skill,
            disposition,
            call_time,
            survey,
            satisfaction,
            comment,
        ];
        [call_id, timestamp, call_type, ani, dnis]
            .into_iter()
            .chain(named.into_iter().flatten())
            .map(String::as_str)
    }

    /// Who the customer of a call of this type is, in capitals or not; `None` for an unknown type.
    pub(super) fn customer(&self, call_type: &str) -> Option<Customer> {
        let written = words(call_type);
        let CallTypes { ani, dnis, nobody } = &self.customer;
        let types = [
            (ani, Customer::Ani),
            (dnis, Customer::Dnis),
            (nobody, Customer::Nobody),
        ];
        types
            .into_iter()
            .find(|(types, _)| types.iter().any(|known| words(known) == written))
            .map(|(_, customer)| customer)
    }

    /// Whether a number stands for a withheld one: a word, the digits that spell it on a keypad, or
    /// one digit again and again.
    pub(super) fn is_withheld(&self, number: &str) -> bool {
        let written = words(number);
        if self.withheld.iter().any(|word| words(word) == written) {
            return true;
        }
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let is_plain = !number.chars().any(char::is_alphabetic);
        let mut different = digits.bytes();
        let first = different.next();
        if is_plain && first.is_some_and(|first| different.all(|digit| digit == first)) {
            return true;
        }
        is_plain && self.withheld.iter().any(|word| spells(word, &digits))
    }

    /// Whether this is one of the council's own numbers.
    pub(super) fn is_own(&self, number: &Identifier) -> bool {
        self.own_numbers
            .iter()
            .any(|own| Identifier::phone(own).is_ok_and(|own| own == *number))
    }

    /// The instant of a time in a report, `Mon, 12 Oct 2026 09:00:12`.
    ///
    /// An hour that comes twice, when clocks go back, counts as the earlier: nothing is kept longer
    /// than its time. An hour that is skipped, when they go forward, is not a time.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub(super) fn instant(&self, text: &str) -> Result<Began, Rule> {
        if let Ok(at) = times::instant(text) {
            return Ok(Began { at, twice: None });
        }
        let local = times::local(text).map_err(|not| match not {
            NotATime::DayOrMonth => Rule::DayOrMonth,
            NotATime::NoTime | NotATime::NoZone => Rule::LocalTime,
        })?;
        match self.time_zone.from_local_datetime(&local) {
            LocalResult::Single(at) => Ok(Began {
                at: at.to_utc(),
                twice: None,
            }),
            LocalResult::Ambiguous(at, _) => {
                let hour = local
                    .date()
                    .and_hms_opt(local.hour(), 0, 0)
                    .unwrap_or(local);
                let hour = self.time_zone.from_local_datetime(&hour).earliest();
                Ok(Began {
                    at: at.to_utc(),
                    twice: Some(hour.map_or(at.to_utc(), |hour| hour.to_utc())),
                })
            }
            LocalResult::None => Err(Rule::LocalTime),
        }
    }
}

/// When a leg of a call began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Began {
    /// The instant; the earlier of two.
    pub(super) at: DateTime<Utc>,
    /// The beginning of the hour, if it comes twice.
    pub(super) twice: Option<DateTime<Utc>>,
}

/// Small letters and digits, a space between words.
fn words(text: &str) -> String {
    let small = text.to_lowercase();
    let words = small
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether digits spell a word on a telephone's keypad, with what telephone systems put before
/// them.
fn spells(word: &str, digits: &str) -> bool {
    let keys: String = word.to_lowercase().chars().filter_map(key).collect();
    let Some(before) = digits.strip_suffix(keys.as_str()) else {
        return false;
    };
    // After a zero or a country code, ten digits that begin with seven are somebody's mobile
    // telephone.
    let is_mobile = keys.len() == 10 && keys.starts_with('7') && !before.is_empty();
    // Fewer digits than a number has may be an extension or the end of a number.
    keys.len() >= 7 && ["", "0", "00", "44", "0044", "1", "001"].contains(&before) && !is_mobile
}

/// The key that a letter is on.
const fn key(letter: char) -> Option<char> {
    Some(match letter {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        _ => return None,
    })
}
