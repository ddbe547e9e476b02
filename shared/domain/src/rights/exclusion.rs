//! What an erasure leaves, and why: the exemptions of Article 17(3).

use crate::record::reference::Reference;
use crate::record::source::Source;
use crate::validation::object::object_of;
use crate::validation::violation::Violation;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why something may be kept although the person asked: Article 17(3) UK GDPR, (a) to (e).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Exemption {
    /// (a) Freedom of expression and information.
    #[serde(rename = "17(3)(a)")]
    Expression,
    /// (b) A legal obligation, or a task in the public interest.
    #[serde(rename = "17(3)(b)")]
    PublicTask,
    /// (c) Public health.
    #[serde(rename = "17(3)(c)")]
    PublicHealth,
    /// (d) Archiving, research, statistics.
    #[serde(rename = "17(3)(d)")]
    Archiving,
    /// (e) Legal claims.
    #[serde(rename = "17(3)(e)")]
    LegalClaims,
}

impl Exemption {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Expression,
        Self::PublicTask,
        Self::PublicHealth,
        Self::Archiving,
        Self::LegalClaims,
    ];

    /// The paragraph, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expression => "17(3)(a)",
            Self::PublicTask => "17(3)(b)",
            Self::PublicHealth => "17(3)(c)",
            Self::Archiving => "17(3)(d)",
            Self::LegalClaims => "17(3)(e)",
        }
    }
}

/// Records that an erasure leaves: those that match everything given here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Of this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The one with this reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Collected on this day (UTC) or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Collected on this day (UTC) or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Why they are kept.
    pub exemption: Exemption,
}

impl Exclusion {
    /// Whether it leaves this record.
    #[must_use]
    pub fn covers(
        &self,
        source: Source,
        reference: &Reference,
        collected_at: DateTime<Utc>,
    ) -> bool {
        let day = collected_at.date_naive();
        self.source.is_none_or(|it| it == source)
            && self.reference.as_ref().is_none_or(|it| it == reference)
            && self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
    }

    /// Reads the `place`th exclusion of an order.
    ///
    /// # Errors
    /// [`Violation`] naming the field. An exclusion that would leave everything is refused.
    pub fn read(place: usize, one: &Value) -> Result<Self, Violation> {
        const FIELDS: [&str; 5] = ["source", "reference", "from", "to", "exemption"];
        let at = |field: &str| format!("exclude[{place}].{field}");
        let fields = object_of(one, &format!("exclude[{place}]"), &FIELDS)?;
        let text = |field: &str, rule: &'static str| match fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_str()
                .map(Some)
                .ok_or_else(|| Violation::new(at(field), rule)),
        };
        let sources =
            "must be web_form, telephone, reviews, social, interviews, support or complaints";
        let named = |name| Source::named(name).ok_or_else(|| Violation::new(at("source"), sources));
        let source = text("source", sources)?.map(named).transpose()?;
        let quoted = "must be a reference of eight characters";
        let reference = |typed: &str| {
            Reference::try_from(typed.to_owned())
                .map_err(|_| Violation::new(at("reference"), quoted))
        };
        let reference = text("reference", quoted)?.map(reference).transpose()?;
        let date = |field: &str| {
            let rule = "must be a date, YYYY-MM-DD";
            let parse = |typed: &str| typed.parse().map_err(|_| Violation::new(at(field), rule));
            text(field, rule)?.map(parse).transpose()
        };
        let (from, to) = (date("from")?, date("to")?);
        let grounds = "must be 17(3)(a) expression, 17(3)(b) public task, 17(3)(c) public health, 17(3)(d) archiving \
                       or 17(3)(e) legal claims";
        let exemption = text("exemption", grounds)?
            .and_then(|typed| serde_json::from_value(typed.into()).ok())
            .ok_or_else(|| Violation::new(at("exemption"), grounds))?;
        if source.is_none() && reference.is_none() && from.is_none() && to.is_none() {
            return Err(Violation::new(
                format!("exclude[{place}]"),
                "must say which records: it would leave them all",
            ));
        }
        Ok(Self {
            source,
            reference,
            from,
            to,
            exemption,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Exclusion, Exemption};
    use crate::record::RecordId;
    use crate::record::reference::Reference;
    use crate::record::source::Source;
    use chrono::{DateTime, Utc};
    use serde_json::json;

    #[test]
    fn an_exclusion_leaves_what_all_of_it_is_true_of() {
        let one = json!({"source": "complaints", "from": "2026-01-01", "to": "2026-03-31", "exemption": "17(3)(e)"});
        let exclusion = Exclusion::read(0, &one).unwrap();
        assert_eq!(exclusion.exemption, Exemption::LegalClaims);
        let reference = Reference::of(&RecordId::of_submission("bins", "1"));
        let at = |instant: &str| instant.parse::<DateTime<Utc>>().unwrap();
        assert!(exclusion.covers(Source::Complaints, &reference, at("2026-03-31T23:59:59Z")));
        assert!(!exclusion.covers(Source::Complaints, &reference, at("2026-04-01T00:00:00Z")));
        assert!(!exclusion.covers(Source::Support, &reference, at("2026-02-01T00:00:00Z")));
    }

    #[test]
    fn an_exemption_is_told_as_it_is_stored() {
        for exemption in Exemption::ALL {
            assert_eq!(serde_json::to_value(exemption).unwrap(), exemption.as_str());
        }
    }

    #[test]
    fn an_exclusion_names_some_records_and_one_exemption_and_nothing_is_repeated() {
        for (one, says) in [
            (
                json!({"exemption": "17(3)(e)"}),
                "exclude[2] must say which records: it would leave them all",
            ),
            (
                json!({"source": "complaints"}),
                "exclude[2].exemption must be 17(3)(a)",
            ),
            (
                json!({"source": "rosa@example.org", "exemption": "17(3)(e)"}),
                "exclude[2].source must be web_form",
            ),
            (
                json!({"rosa@example.org": 1}),
                "exclude[2] must be an object of source",
            ),
            (
                json!({"from": "soon", "exemption": "17(3)(e)"}),
                "exclude[2].from must be a date",
            ),
        ] {
            let refused = Exclusion::read(2, &one).unwrap_err().to_string();
            assert!(
                refused.starts_with(says) && !refused.contains("rosa"),
                "{refused}"
            );
        }
    }
}
