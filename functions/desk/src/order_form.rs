//! Orders about a case that are one form each: a table of forms, and one page that shows any of
//! them and gives its order.

use crate::fields::Values;
use crate::view::{Field, Look, Problem};
use crate::words::{self, Choices};
use chrono::NaiveDate;
use custodian_domain::validation::violation::Violation;
use serde_json::{Map, Value, json};

/// A form that gives one order about a request of a case.
#[derive(Debug)]
pub(crate) struct OrderForm {
    /// Its name in the address.
    pub(crate) name: &'static str,
    /// What is sent with every order of this form: its name and fixed fields.
    pub(crate) order: &'static [(&'static str, &'static str)],
    /// The page's heading.
    pub(crate) title: &'static str,
    /// What to know first.
    pub(crate) lead: &'static [&'static str],
    /// What to be warned of.
    pub(crate) warning: &'static str,
    /// What is asked.
    pub(crate) fields: &'static [Asked],
    /// The button's words.
    pub(crate) button: &'static str,
    /// How the button looks.
    pub(crate) look: Look,
    /// What the next page says.
    pub(crate) done: &'static str,
    /// Which kinds of requests it is for; none of them is all.
    pub(crate) kinds: &'static [&'static str],
    /// Whether it is about the case and not about one request.
    pub(crate) of_case: bool,
}

/// A field of such a form.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The field of the order.
    pub(crate) name: &'static str,
    /// The question.
    pub(crate) label: &'static str,
    /// Help with it.
    pub(crate) hint: &'static str,
    /// How it is answered.
    pub(crate) kind: Kind,
    /// What is said if it is left out; empty if it may be.
    pub(crate) missing: &'static str,
}

/// How a field is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A day, today if it is left as it is.
    Day,
    /// A line.
    Line,
    /// A note of up to 500 characters.
    Note,
    /// One of several.
    One(Choices),
    /// Any of several.
    Any(Choices),
}

/// The note that every such order may have.
const NOTE: Asked = Asked {
    name: "note",
    label: "A note (optional)",
    hint: "Up to 500 characters. Write no names, addresses or numbers of people.",
    kind: Kind::Note,
    missing: "",
};

impl OrderForm {
    /// The fields as a page shows them: with what was typed, or today's date.
    pub(crate) fn fields(
        &self,
        values: &Values,
        today: NaiveDate,
        problems: &[Problem],
    ) -> Vec<Field> {
        let mut values = values.clone();
        for asked in self.fields {
            if matches!(asked.kind, Kind::Day) {
                today_if_empty(&mut values, asked.name, today);
            }
        }
        let all = self.fields.iter().chain([&NOTE]);
        all.map(|asked| asked.field(&values).among(problems))
            .collect()
    }

    /// The order that was typed, without who gives it and about what.
    ///
    /// # Errors
    /// Every field that is missing or cannot be what it must be.
    pub(crate) fn read(&self, values: &Values) -> Result<Map<String, Value>, Vec<Problem>> {
        let (mut order, mut problems) = (Map::new(), Vec::new());
        for (name, value) in self.order {
            order.insert((*name).to_owned(), json!(value));
        }
        for asked in self.fields.iter().chain([&NOTE]) {
            match asked.read(values) {
                Ok(Some(value)) => {
                    order.insert(asked.name.to_owned(), value);
                }
                Ok(None) if asked.missing.is_empty() => {}
                Ok(None) => problems.push(asked.problem(asked.missing)),
                Err(wrong) => problems.push(asked.problem(&words::plain(&wrong.to_string()))),
            }
        }
        if problems.is_empty() {
            Ok(order)
        } else {
            Err(problems)
        }
    }

    /// What a refusal of the order is about: the field that its words begin with, if it is one of
    /// this form.
    pub(crate) fn refused(&self, words: &str) -> Problem {
        let named = words.split([' ', '[', '.']).next().unwrap_or_default();
        let asked = self.fields.iter().chain([&NOTE]);
        let about = asked.into_iter().find(|asked| asked.name == named);
        about.map_or_else(
            || Problem {
                field: String::new(),
                words: words::plain(words),
            },
            |asked| {
                let rule = words.strip_prefix(named).unwrap_or(words).trim();
                asked.problem(&format!("{}: {rule}", asked.label))
            },
        )
    }
}

impl Asked {
    fn field(&self, values: &Values) -> Field {
        let field = match self.kind {
            Kind::Day => Field::day(self.name, self.label, values),
            Kind::Line => Field::line(self.name, self.label, values, 20),
            Kind::Note => Field::area(self.name, self.label, values, 500),
            Kind::One(choices) => Field::one(self.name, self.label, values, choices),
            Kind::Any(choices) => Field::any(self.name, self.label, values, choices),
        };
        field.hint(self.hint)
    }

    fn read(&self, values: &Values) -> Result<Option<Value>, Violation> {
        Ok(match self.kind {
            Kind::Day => values.day(self.name)?.map(|date| json!(date)),
            Kind::Line | Kind::Note | Kind::One(_) => {
                values.given(self.name).map(|value| json!(value))
            }
            Kind::Any(_) => {
                let all = values.all(self.name);
                (!all.is_empty()).then(|| json!(all))
            }
        })
    }

    fn problem(&self, words: &str) -> Problem {
        let field = match self.kind {
            Kind::Day => format!("{}-day", self.name),
            _ => self.name.to_owned(),
        };
        Problem {
            field,
            words: words.to_owned(),
        }
    }
}

/// Fills in today where no day was typed.
pub(crate) fn today_if_empty(values: &mut Values, name: &str, today: NaiveDate) {
    let parts = [("day", "%-d"), ("month", "%-m"), ("year", "%Y")];
    let field = |part: &str| format!("{name}-{part}");
    if parts
        .iter()
        .all(|(part, _)| values.get(&field(part)).is_empty())
    {
        for (part, format) in parts {
            values.set(&field(part), today.format(format).to_string());
        }
    }
}
