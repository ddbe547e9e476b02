//! The fields of orders about breaches.

use super::Order;
use crate::identity::staff::StaffNumber;
use crate::record::processor_copy::Processor;
use crate::record::source::Source;
use crate::rights::breach::{AffectedQuery, BreachId, Looked};
use crate::times;
use crate::validation::violation::Violation;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The fields of a query.
const QUERY: [&str; 7] = [
    "sources",
    "survey",
    "from",
    "to",
    "import",
    "processor",
    "looked",
];
impl<'a> Order<'a> {
    /// The breach's id.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or not one.
    pub fn breach(self, field: &str) -> Result<BreachId, Violation> {
        let id = self.get(field).ok_or("must name a breach".to_owned());
        id.and_then(|id| BreachId::named(id).map_err(|rule| rule.to_string()))
            .map_err(|rule| Violation::new(field, rule))
    }

    /// An instant with its zone, to the second.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn instant(self, field: &str) -> Result<DateTime<Utc>, Violation> {
        let instant = self.get(field).and_then(|it| times::instant(it).ok());
        let instant = instant.and_then(|it| DateTime::from_timestamp(it.timestamp(), 0));
        instant.ok_or_else(|| {
            let rule = "must be a time with its zone, such as 2026-10-24T12:00:00+01:00";
            Violation::new(field, rule)
        })
    }

    /// What the Commissioner calls a matter, such as `IC-123456-A1B2`.
    ///
    /// # Errors
    /// [`Violation`] if it is missing, or has more than 30 characters or other than letters, digits,
    /// hyphens and slashes, or has no digit.
    pub fn commissioners_reference(self, field: &str) -> Result<String, Violation> {
        let is_sound = |reference: &&str| {
            let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"-/".contains(&byte);
            (1..=30).contains(&reference.len())
                && reference.bytes().all(is_of_it)
                && reference.bytes().any(|byte| byte.is_ascii_digit())
        };
        let reference = self.get(field).map(str::trim).filter(is_sound);
        reference.map(str::to_owned).ok_or_else(|| {
            let rule = "must have 1 to 30 letters, digits, hyphens and slashes, a digit among them";
            Violation::new(field, rule)
        })
    }

    /// Yes or no, if the field is there.
    ///
    /// # Errors
    /// [`Violation`] if it is anything else.
    pub fn yes_or_no(self, field: &str) -> Result<Option<bool>, Violation> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(is)) => Ok(Some(*is)),
            Some(_) => Err(Violation::new(field, "must be true or false")),
        }
    }

    /// A sentence or two, as a note, which must be there.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn sentence(self, field: &str) -> Result<String, Violation> {
        let sentence = self.note(field)?;
        sentence.ok_or_else(|| Violation::new(field, "must be a text of 1 to 500 characters"))
    }

    /// An object with these fields and no others, if it is there.
    ///
    /// # Errors
    /// [`Violation`] if it is anything else.
    pub fn part(self, field: &str, fields: &[&str]) -> Result<Option<Order<'a>>, Violation> {
        let Some(value) = self.0.get(field).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let is_known = |object: &&Map<String, Value>| {
            object.keys().all(|name| fields.contains(&name.as_str()))
        };
        let object = value.as_object().filter(is_known);
        let rule = || format!("must be an object of {}", fields.join(", "));
        object
            .map(|object| Some(Order(object)))
            .ok_or_else(|| Violation::new(field, rule()))
    }

    /// By what the affected are found, `{"sources"?, "survey"?, "from"?, "to"?, "import"?,
    /// "processor"?, "looked"?}` with at least one of them, if it is there; and the name of the
    /// import, whose report has to be read.
    ///
    /// # Errors
    /// [`Violation`] naming the first unusable field.
    pub fn affected_query(
        self,
        field: &str,
    ) -> Result<Option<(AffectedQuery, Option<String>)>, Violation> {
        let Some(query) = self.part(field, &QUERY)? else {
            return Ok(None);
        };
        let within =
            |wrong: Violation| Violation::new(format!("{field}.{}", wrong.field), wrong.rule);
        let (query, import) = query.read_query().map_err(within)?;
        if query.is_empty() && import.is_none() {
            let rule = format!("must have at least one of {}", QUERY.join(", "));
            return Err(Violation::new(field, rule));
        }
        Ok(Some((query, import)))
    }

    fn read_query(self) -> Result<(AffectedQuery, Option<String>), Violation> {
        let day = |field| self.has(field).then(|| self.date(field)).transpose();
        let (from, to) = (day("from")?, day("to")?);
        in_order(from, to)?;
        let looked = self.part("looked", &["by", "from", "to"])?;
        let query = AffectedQuery {
            sources: self.sources()?,
            survey: self.name("survey")?,
            from,
            to,
            import: None,
            processor: self.processor()?,
            looked: looked.map(Order::read_looked).transpose()?,
        };
        Ok((query, self.name("import")?))
    }

    fn read_looked(self) -> Result<Looked, Violation> {
        let read = || {
            let (from, to) = (self.date("from")?, self.date("to")?);
            in_order(Some(from), Some(to))?;
            let by: StaffNumber = self.staff_number("by")?;
            Ok(Looked { by, from, to })
        };
        read().map_err(|wrong: Violation| {
            Violation::new(format!("looked.{}", wrong.field), wrong.rule)
        })
    }

    fn sources(self) -> Result<BTreeSet<Source>, Violation> {
        let known: Vec<&str> = Source::ALL.iter().map(|source| source.as_str()).collect();
        let rule = || {
            let rule = format!("must be a list of {}", known.join(", "));
            Violation::new("sources", rule)
        };
        match self.0.get("sources") {
            None => Ok(BTreeSet::new()),
            Some(Value::Array(sources)) => {
                let sources = sources
                    .iter()
                    .map(|one| one.as_str().and_then(Source::named));
                sources
                    .collect::<Option<BTreeSet<Source>>>()
                    .ok_or_else(rule)
            }
            Some(_) => Err(rule()),
        }
    }

    fn processor(self) -> Result<Option<Processor>, Violation> {
        if !self.has("processor") {
            return Ok(None);
        }
        let named = self.get("processor");
        let is_it = |one: &Processor| Some(one.as_str()) == named;
        let found = Processor::ALL.into_iter().find(is_it);
        let rule = "must be five9, granicus, newsletter or notify";
        found
            .map(Some)
            .ok_or_else(|| Violation::new("processor", rule))
    }

    /// The id of a survey, or the name of an import.
    fn name(self, field: &str) -> Result<Option<String>, Violation> {
        if !self.has(field) {
            return Ok(None);
        }
        let is_sound = |name: &&str| {
            let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (1..=64).contains(&name.len()) && name.bytes().all(is_of_a_name)
        };
        let name = self.get(field).filter(is_sound);
        let rule = "must have 1 to 64 letters, digits, hyphens and underscores";
        name.map(|name| Some(name.to_owned()))
            .ok_or_else(|| Violation::new(field, rule))
    }
}

fn in_order(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<(), Violation> {
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Violation::new("to", "must not be before from"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Order;
    use serde_json::{Value, json};

    fn read(query: &Value) -> String {
        let order = json!({"query": query});
        let order = Order::read(&order, &["query"]).unwrap();
        order.affected_query("query").map_or_else(
            |refused| refused.to_string(),
            |read| {
                let (query, import) = read.unwrap();
                let mut told = serde_json::to_value(&query).unwrap();
                told["import"] = json!(import);
                told.to_string()
            },
        )
    }

    #[test]
    fn a_query_says_what_it_asks_and_names_what_is_wrong() {
        let looked = json!({"by": "DPO-7", "from": "2026-11-01", "to": "2026-11-02"});
        let whole = json!({"sources": ["support"], "survey": "bins", "from": "2026-10-01",
            "to": "2026-10-31", "import": "3f9a", "processor": "five9", "looked": looked});
        let mut expected = whole.clone();
        expected["looked"]["by"] = json!("dpo-7");
        assert_eq!(
            serde_json::from_str::<Value>(&read(&whole)).unwrap(),
            expected
        );
        for (wrong, told) in [
            (json!({}), "query must have at least one of sources, survey"),
            (
                json!({"name": "Rosa"}),
                "query must be an object of sources, survey",
            ),
            (json!("Rosa"), "query must be an object of sources, survey"),
            (
                json!({"sources": ["Rosa"]}),
                "query.sources must be a list of web_form",
            ),
            (
                json!({"sources": "support"}),
                "query.sources must be a list of web_form",
            ),
            (
                json!({"survey": "Rosa Hardy"}),
                "query.survey must have 1 to 64",
            ),
            (json!({"from": "May"}), "query.from must be a date"),
            (
                json!({"from": "2026-05-02", "to": "2026-05-01"}),
                "query.to must not be before",
            ),
            (
                json!({"processor": "Rosa"}),
                "query.processor must be five9, granicus,",
            ),
            (
                json!({"looked": {"by": "Rosa"}}),
                "query.looked.from must be a date",
            ),
            (
                json!({"looked": {"by": "Rosa", "from": "2026-05-01", "to": "2026-05-01"}}),
                "query.looked.by must be a staff number",
            ),
        ] {
            let refused = read(&wrong);
            assert!(refused.starts_with(told), "{refused}");
            assert!(!refused.contains("Rosa"), "{refused}");
        }
    }

    #[test]
    fn a_time_says_its_zone() {
        let order = json!({"at": "2026-10-24T12:00:00.5+01:00", "wall": "2026-10-24T12:00:00"});
        let order = Order::read(&order, &["at", "wall"]).unwrap();
        let at = order.instant("at").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-10-24T11:00:00+00:00");
        let refused = order.instant("wall").unwrap_err().to_string();
        assert!(
            refused.starts_with("wall must be a time with its zone"),
            "{refused}"
        );
    }
}
