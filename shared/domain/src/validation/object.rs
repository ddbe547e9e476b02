//! A JSON object, asked by the names of its fields; what is null is not there.

use super::rule::Rule;
use super::violation::Violation;
use crate::survey::answers::AnswerRule;
use serde_json::{Map, Value};

/// A JSON object, and where in what was sent it is.
#[derive(Clone)]
pub struct Object<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

/// An object that has these fields and no others, and what it is called.
///
/// # Errors
/// [`Violation`], which does not name another field: it could be anything.
pub fn object_of<'a>(
    value: &'a Value,
    name: &str,
    fields: &[&str],
) -> Result<&'a Map<String, Value>, Violation> {
    let is_known = |name: &String| fields.contains(&name.as_str());
    let object = value.as_object().filter(|one| one.keys().all(is_known));
    object
        .ok_or_else(|| Violation::new(name, format!("must be an object of {}", fields.join(", "))))
}

impl<'a> Object<'a> {
    /// The whole of what was sent.
    #[must_use]
    pub const fn whole(map: &'a Map<String, Value>) -> Self {
        Self {
            map,
            path: String::new(),
        }
    }

    /// What a field is called from the top.
    #[must_use]
    pub fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    /// A field, if it is there.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    /// All fields, null or not.
    #[must_use]
    pub const fn fields(&self) -> &'a Map<String, Value> {
        self.map
    }

    /// The violation of a rule by a field.
    #[must_use]
    pub fn breaks(&self, field: &str, rule: impl Into<Rule>) -> Violation<Rule> {
        Violation::new(self.name(field), rule)
    }

    /// What is read of a field, if it is there.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn read<T>(
        &self,
        field: &str,
        read: impl FnOnce(&'a Value) -> Result<Option<T>, Rule>,
    ) -> Result<Option<T>, Violation<Rule>> {
        let read = self.get(field).map_or(Ok(None), read);
        read.map_err(|rule| self.breaks(field, rule))
    }

    /// A text, without white space around it; an empty one is not there.
    ///
    /// # Errors
    /// [`AnswerRule::Text`] if it is something else.
    pub fn text(&self, field: &str) -> Result<Option<&'a str>, Violation<Rule>> {
        self.read(field, |value| {
            let text = value.as_str().ok_or(AnswerRule::Text)?.trim();
            Ok(Some(text).filter(|text| !text.is_empty()))
        })
    }

    /// An id or a telephone number: a text, or a whole number that is not rounded.
    ///
    /// # Errors
    /// [`Rule::Rounded`] for a number with a fraction or a power of ten, which a spreadsheet or a
    /// program has made of it; [`AnswerRule::Text`] if it is neither.
    pub fn id(&self, field: &str) -> Result<Option<String>, Violation<Rule>> {
        match self.get(field) {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(Value::Number(_)) => Err(self.breaks(field, Rule::Rounded)),
            _ => Ok(self.text(field)?.map(str::to_owned)),
        }
    }

    /// Whether something is so; not being there is not being so.
    ///
    /// # Errors
    /// [`Rule::Choice`] if it is neither true nor false.
    pub fn flag(&self, field: &str) -> Result<bool, Violation<Rule>> {
        let flag = self.read(field, |value| value.as_bool().map(Some).ok_or(Rule::Choice));
        Ok(flag? == Some(true))
    }

    /// An object inside this one.
    ///
    /// # Errors
    /// [`Rule::Object`] if it is something else.
    pub fn object(&self, field: &str) -> Result<Option<Self>, Violation<Rule>> {
        self.read(field, |value| {
            let map = value.as_object().ok_or(Rule::Object)?;
            let path = self.name(field) + ".";
            Ok(Some(Self { map, path }))
        })
    }

    /// A list of objects inside this one; not being there is being empty.
    ///
    /// # Errors
    /// [`Rule::List`], or [`Rule::Object`] for the first element that is none.
    pub fn objects(&self, field: &str) -> Result<Vec<Self>, Violation<Rule>> {
        self.each(field, |path, one| {
            let map = one.as_object().ok_or(Rule::Object)?;
            let path = format!("{path}.");
            Ok(Self { map, path })
        })
    }

    /// A list of texts, without white space around them; not being there is being empty.
    ///
    /// # Errors
    /// [`Rule::List`], or [`AnswerRule::Text`] for the first element that is none.
    pub fn texts(&self, field: &str) -> Result<Vec<String>, Violation<Rule>> {
        self.each(field, |_, one| {
            let text = one.as_str().ok_or(AnswerRule::Text)?;
            Ok(text.trim().to_owned())
        })
    }

    fn each<T>(
        &self,
        field: &str,
        read: impl Fn(&str, &'a Value) -> Result<T, Rule>,
    ) -> Result<Vec<T>, Violation<Rule>> {
        let list = self.read(field, |value| value.as_array().map(Some).ok_or(Rule::List))?;
        let elements = list.into_iter().flatten().enumerate();
        elements
            .map(|(place, one)| {
                let path = format!("{}[{place}]", self.name(field));
                read(&path, one).map_err(|rule| Violation::new(path, rule))
            })
            .collect()
    }
}
