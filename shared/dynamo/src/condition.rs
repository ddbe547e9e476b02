//! Conditions on an item.

use crate::AttributeValue;
use crate::expression::Expression;
use crate::item::n;
use crate::key::{EXPIRES_AT, PK};
use chrono::{DateTime, Utc};

/// What must be true of an item for a write to be made, or for a query to return it.
///
/// Attributes are named by their path: `made.expires_at` is inside `made`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Has(String),
    Lacks(String),
    Compared(String, &'static str, AttributeValue),
    Below(String, String),
    OneOf(String, Vec<AttributeValue>),
    Begins(String, Vec<AttributeValue>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Condition {
    /// The item exists, over or not.
    #[must_use]
    pub fn there() -> Self {
        Self::has(PK)
    }

    /// No item exists, not even one that is over.
    #[must_use]
    pub fn not_there() -> Self {
        Self::lacks(PK)
    }

    /// The item is over at `now`: TTL may be late.
    #[must_use]
    pub fn over(now: DateTime<Utc>) -> Self {
        Self::at_most(EXPIRES_AT, n(now.timestamp()))
    }

    /// No item exists, or it is over at `now`: an item that is over counts as missing.
    #[must_use]
    pub fn free(now: DateTime<Utc>) -> Self {
        Self::not_there().or(Self::over(now))
    }

    /// It has this attribute.
    pub fn has(path: impl Into<String>) -> Self {
        Self(Kind::Has(path.into()))
    }

    /// It does not have this attribute.
    pub fn lacks(path: impl Into<String>) -> Self {
        Self(Kind::Lacks(path.into()))
    }

    /// The attribute has this value.
    pub fn is(path: impl Into<String>, value: AttributeValue) -> Self {
        Self(Kind::Compared(path.into(), "=", value))
    }

    /// The attribute has another value.
    pub fn is_not(path: impl Into<String>, value: AttributeValue) -> Self {
        Self(Kind::Compared(path.into(), "<>", value))
    }

    /// The attribute is smaller.
    pub fn below(path: impl Into<String>, value: AttributeValue) -> Self {
        Self(Kind::Compared(path.into(), "<", value))
    }

    /// The attribute is no greater.
    pub fn at_most(path: impl Into<String>, value: AttributeValue) -> Self {
        Self(Kind::Compared(path.into(), "<=", value))
    }

    /// The attribute is greater.
    pub fn above(path: impl Into<String>, value: AttributeValue) -> Self {
        Self(Kind::Compared(path.into(), ">", value))
    }

    /// The first attribute is smaller than the second.
    pub fn below_attribute(path: impl Into<String>, other: impl Into<String>) -> Self {
        Self(Kind::Below(path.into(), other.into()))
    }

    /// The attribute is one of these.
    pub fn one_of(
        path: impl Into<String>,
        values: impl IntoIterator<Item = AttributeValue>,
    ) -> Self {
        Self(Kind::OneOf(path.into(), values.into_iter().collect()))
    }

    /// The attribute, a text, begins with one of these.
    pub fn begins(
        path: impl Into<String>,
        prefixes: impl IntoIterator<Item = AttributeValue>,
    ) -> Self {
        Self(Kind::Begins(path.into(), prefixes.into_iter().collect()))
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self.0 {
            Kind::All(mut all) => {
                all.push(other);
                Self(Kind::All(all))
            }
            one => Self(Kind::All(vec![Self(one), other])),
        }
    }

    /// At least one of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self.0 {
            Kind::Any(mut any) => {
                any.push(other);
                Self(Kind::Any(any))
            }
            one => Self(Kind::Any(vec![Self(one), other])),
        }
    }

    /// The condition as an expression.
    pub(crate) fn write(self, expression: &mut Expression) -> String {
        match self.0 {
            Kind::Has(path) => format!("attribute_exists({})", expression.name(&path)),
            Kind::Lacks(path) => format!("attribute_not_exists({})", expression.name(&path)),
            Kind::Compared(path, how, value) => {
                let name = expression.name(&path);
                format!("{name} {how} {}", expression.value(value))
            }
            Kind::Below(path, other) => {
                let name = expression.name(&path);
                format!("{name} < {}", expression.name(&other))
            }
            Kind::OneOf(path, values) => {
                let name = expression.name(&path);
                let values: Vec<String> = values
                    .into_iter()
                    .map(|value| expression.value(value))
                    .collect();
                format!("{name} IN ({})", values.join(", "))
            }
            Kind::Begins(path, prefixes) => {
                let name = expression.name(&path);
                let begins = prefixes.into_iter().map(|prefix| {
                    let prefix = expression.value(prefix);
                    format!("begins_with({name}, {prefix})")
                });
                format!("({})", begins.collect::<Vec<_>>().join(" OR "))
            }
            Kind::All(all) => joined(all, " AND ", expression),
            Kind::Any(any) => joined(any, " OR ", expression),
        }
    }
}

fn joined(parts: Vec<Condition>, word: &str, expression: &mut Expression) -> String {
    let parts: Vec<String> = parts
        .into_iter()
        .map(|part| {
            let is_several = matches!(part.0, Kind::All(_) | Kind::Any(_));
            let part = part.write(expression);
            if is_several {
                format!("({part})")
            } else {
                part
            }
        })
        .collect();
    parts.join(word)
}

#[cfg(test)]
mod tests {
    use super::{Condition, Expression};
    use crate::item::{n, s};
    use chrono::DateTime;

    #[test]
    fn a_condition_is_written_with_placeholders_and_brackets() {
        let now = DateTime::from_timestamp(7, 0).unwrap();
        let running = Condition::is("state", s("running"))
            .and(Condition::at_most("lease_until", n(7)))
            .and(Condition::lacks("made.state"));
        let startable = Condition::free(now)
            .or(Condition::one_of("state", [s("pending"), s("failed")]))
            .or(running);
        let mut expression = Expression::default();
        assert_eq!(
            startable.write(&mut expression),
            "attribute_not_exists(pk) OR expires_at <= :v0 OR #n0 IN (:v1, :v2) \
             OR (#n0 = :v3 AND #n1 <= :v4 AND attribute_not_exists(#n2.#n0))"
        );
        let names = expression.names().unwrap();
        let attributes = ["#n0", "#n1", "#n2"].map(|place| names[place].as_str());
        assert_eq!(attributes, ["state", "lease_until", "made"]);
        assert_eq!(expression.values().unwrap()[":v4"], n(7));
    }
}
