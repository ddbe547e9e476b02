//! A JSON object, asked by the names of its fields; what is null or an empty text is not there.

use super::values::{Rule, contact, scale, some_word};
use super::{Problem, fault};
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::survey::answers::point;
use serde_json::{Map, Value};

/// A JSON object, and where in its row it is.
#[derive(Clone)]
pub struct Object<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Object<'a> {
    /// A whole row.
    pub const fn row(map: &'a Map<String, Value>) -> Self {
        Self {
            map,
            path: String::new(),
        }
    }

    /// What the field is called in a report.
    pub fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    /// A text.
    pub fn text(&self, field: &str) -> Result<Option<&'a str>, Problem> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(fault(&self.name(field), Rule::Text)),
        }
    }

    /// An id or a telephone number: a text, or a whole number that is not rounded.
    pub fn id(&self, field: &str) -> Result<Option<String>, Problem> {
        match self.get(field) {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            // With a fraction or a power of ten it is what a spreadsheet, or a program, has made of
            // it.
            Some(Value::Number(_)) => Err(fault(&self.name(field), Rule::Rounded)),
            _ => Ok(self.text(field)?.map(str::to_owned)),
        }
    }

    /// A point of the five-point scale: a number, or a text that is one.
    pub fn rating(&self, field: &str) -> Result<Option<Satisfaction>, Problem> {
        let read = match self.get(field) {
            None => return Ok(None),
            Some(Value::String(text)) => match some_word(Some(text)) {
                Some(word) => scale(word),
                None => return Ok(None),
            },
            Some(value) => value.as_f64().and_then(point),
        };
        read.map(Some)
            .ok_or_else(|| fault(&self.name(field), Rule::Rating))
    }

    /// Whether something is so; not being there is not being so.
    pub fn flag(&self, field: &str) -> Result<bool, Problem> {
        match self.get(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(fault(&self.name(field), Rule::Choice)),
        }
    }

    /// An object inside this one.
    pub fn object(&self, field: &str) -> Result<Option<Self>, Problem> {
        let path = format!("{}.", self.name(field));
        match self.get(field) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self { map, path })),
            Some(_) => Err(fault(&self.name(field), Rule::Object)),
        }
    }

    /// A list of objects inside this one; not being there is being empty.
    pub fn objects(&self, field: &str) -> Result<Vec<Self>, Problem> {
        let read = |(place, one): (usize, &'a Value)| {
            let path = format!("{}[{place}]", self.name(field));
            let map = one.as_object().ok_or_else(|| fault(&path, Rule::Object))?;
            Ok(Self {
                map,
                path: format!("{path}."),
            })
        };
        self.list(field)?.iter().enumerate().map(read).collect()
    }

    /// A list of texts; not being there is being empty.
    pub fn texts(&self, field: &str) -> Result<Vec<String>, Problem> {
        let read = |(place, one): (usize, &Value)| {
            let text = one
                .as_str()
                .ok_or_else(|| fault(&format!("{}[{place}]", self.name(field)), Rule::Text))?;
            Ok(text.trim().to_owned())
        };
        self.list(field)?.iter().enumerate().map(read).collect()
    }

    fn list(&self, field: &str) -> Result<&'a [Value], Problem> {
        match self.get(field) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(fault(&self.name(field), Rule::List)),
        }
    }

    fn get(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }
}

/// The contact in an object.
pub(super) fn contact_in(who: &Object<'_>) -> Result<Contact, Problem> {
    let [called, address, number] = ["name", "email", "phone"].map(|field| who.name(field));
    let (name, email, phone) = (who.text("name")?, who.text("email")?, who.id("phone")?);
    contact(
        (&called, name),
        (&address, email),
        (&number, phone.as_deref()),
    )
}
