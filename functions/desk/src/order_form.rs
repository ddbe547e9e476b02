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
    /// Under which heading the case lists it.
    pub(crate) group: Group,
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
    /// Whether a note can go with it.
    pub(crate) takes_note: bool,
    /// Whether it is about the case and not about one request.
    pub(crate) of_case: bool,
    /// Whether its order is about a person, and not an event of the case by itself: what follows
    /// the case's reference in the id of its request; the request's own kind if it is empty.
    pub(crate) of_person: Option<OfPerson>,
}

/// The parts of a request's work, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Identity,
    Person,
    Clock,
    Decide,
    Do,
    Tell,
}

impl Group {
    pub(crate) const ALL: [Self; 6] = [
        Self::Identity,
        Self::Person,
        Self::Clock,
        Self::Decide,
        Self::Do,
        Self::Tell,
    ];

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Identity => "Who asks",
            Self::Person => "The person",
            Self::Clock => "The clock",
            Self::Decide => "Decide",
            Self::Do => "Do",
            Self::Tell => "Tell and close",
        }
    }
}

/// How an order about a person names its request, and whether it names the person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfPerson {
    /// What follows the case's reference; the request's kind if it is empty.
    pub(crate) ends: &'static str,
    /// Whether the order needs identifiers.
    pub(crate) names: bool,
}

/// A field of such a form.
#[derive(Clone, Copy, Debug)]
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
    /// A day and a time in London.
    Time,
    /// A whole number.
    Number,
    /// Yes or no.
    YesNo,
    /// One word of a list of the domain.
    Word(fn() -> Vec<&'static str>),
    /// Any words of such a list.
    Words(fn() -> Vec<&'static str>),
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
        self.asked()
            .map(|asked| asked.field(&values).among(problems))
            .collect()
    }

    /// What is asked, and a note where one can go with it.
    fn asked(&self) -> impl Iterator<Item = &Asked> {
        let note = self.takes_note.then_some(&NOTE);
        self.fields.iter().chain(note)
    }

    /// The fields as they were typed.
    pub(crate) fn fields_as_typed(&self, values: &Values, problems: &[Problem]) -> Vec<Field> {
        self.asked()
            .map(|asked| asked.field(values).among(problems))
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
        for asked in self.asked() {
            match asked.read(values) {
                Ok(Some(value)) => {
                    put(&mut order, asked.name, value);
                }
                Ok(None) if asked.missing.is_empty() => {}
                Ok(None) => problems.push(asked.problem(asked.missing)),
                Err(wrong) => problems.push(asked.problem(&words::sentence(&wrong.to_string()))),
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
        let named = words.split([' ', '[']).next().unwrap_or_default();
        let outer = named.split('.').next().unwrap_or_default();
        let about = [named, outer]
            .into_iter()
            .find_map(|named| self.asked().find(|asked| asked.name == named));
        about.map_or_else(
            || Problem {
                field: String::new(),
                words: words::sentence(words),
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
            Kind::Time => Field::time(self.name, self.label, values),
            Kind::Line => Field::line(self.name, self.label, values, 20),
            Kind::Number => Field::line(self.name, self.label, values, 10),
            Kind::YesNo => Field::one(self.name, self.label, values, YES_NO),
            Kind::Word(all) => {
                let all = labelled(&all());
                Field::one(self.name, self.label, values, &borrowed(&all))
            }
            Kind::Words(all) => {
                let all = labelled(&all());
                Field::any(self.name, self.label, values, &borrowed(&all))
            }
            Kind::Note => Field::area(self.name, self.label, values, 500),
            Kind::One(choices) => Field::one(self.name, self.label, values, choices),
            Kind::Any(choices) => Field::any(self.name, self.label, values, choices),
        };
        field.hint(self.hint)
    }

    fn read(&self, values: &Values) -> Result<Option<Value>, Violation> {
        Ok(match self.kind {
            Kind::Day => values.day(self.name)?.map(|date| json!(date)),
            Kind::Time => values.time(self.name)?.map(|at| json!(at)),
            Kind::Number => values.given(self.name).map(|text| {
                let number = text.replace([',', ' '], "").parse::<u64>();
                number.map_or_else(|_| json!(text), |number| json!(number))
            }),
            Kind::YesNo => values.given(self.name).map(|said| json!(said == "yes")),
            Kind::Line | Kind::Note | Kind::One(_) | Kind::Word(_) => {
                values.given(self.name).map(|value| json!(value))
            }
            Kind::Any(_) | Kind::Words(_) => {
                let all = values.all(self.name);
                (!all.is_empty()).then(|| json!(all))
            }
        })
    }

    fn problem(&self, words: &str) -> Problem {
        let field = match self.kind {
            Kind::Day | Kind::Time => format!("{}-day", self.name),
            _ => self.name.to_owned(),
        };
        Problem {
            field,
            words: words.to_owned(),
        }
    }
}

const YES_NO: Choices = &[("yes", "Yes"), ("no", "No")];

/// Words of a list of the domain, with what people read.
fn labelled(words: &[&'static str]) -> Vec<(&'static str, String)> {
    let label = |word: &&'static str| (*word, words::plain(word));
    words.iter().map(label).collect()
}

fn borrowed<'a>(all: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    all.iter()
        .map(|(word, label)| (*word, label.as_str()))
        .collect()
}

/// Puts a value into an order: `query.from` is the field `from` of the object `query`.
fn put(order: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            order.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let within = order.entry(outer).or_insert_with(|| json!({}));
            if let Value::Object(within) = within {
                put(within, inner, value);
            }
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
