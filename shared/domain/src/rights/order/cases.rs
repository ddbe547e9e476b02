//! The fields of orders about the register.

use super::Order;
use crate::identity::staff::{NotAStaffNumber, StaffNumber};
use crate::rights::register::{CaseId, Listed};
use crate::validation::text;
use crate::validation::violation::Violation;
use serde_json::Value;
use std::collections::BTreeSet;

/// How long a note is at most, in characters.
const NOTE: usize = 500;
/// So many digits in a row, whatever is between them, are a number of somebody's.
const DIGITS: usize = 7;

impl Order<'_> {
    /// The case's id.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or not one.
    pub fn case(self, field: &str) -> Result<CaseId, Violation> {
        let id = self.get(field).ok_or("must name a case".to_owned());
        id.and_then(|id| CaseId::named(id).map_err(|rule| rule.to_string()))
            .map_err(|rule| Violation::new(field, rule))
    }

    /// A staff number.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn staff_number(self, field: &str) -> Result<StaffNumber, Violation> {
        let typed = self.get(field).ok_or(NotAStaffNumber);
        let number = typed.and_then(|typed| StaffNumber::try_from(typed.to_owned()));
        number.map_err(|rule| Violation::new(field, rule.to_string()))
    }

    /// A word of a list.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or not one of them.
    pub fn chosen<T: Listed>(self, field: &str) -> Result<T, Violation> {
        let word = self.get(field).and_then(T::named);
        word.ok_or_else(|| Violation::new(field, format!("must be one of {}", all::<T>())))
    }

    /// A word of a list, if the field is there.
    ///
    /// # Errors
    /// [`Violation`] if it is not one of them.
    pub fn perhaps<T: Listed>(self, field: &str) -> Result<Option<T>, Violation> {
        self.has(field).then(|| self.chosen(field)).transpose()
    }

    /// Words of a list; none if the field is missing.
    ///
    /// # Errors
    /// [`Violation`] if it is no list, or one of them is not a word of it.
    pub fn several<T: Listed + Ord>(self, field: &str) -> Result<BTreeSet<T>, Violation> {
        let rule = || Violation::new(field, format!("must be a list of {}", all::<T>()));
        match self.0.get(field) {
            None => Ok(BTreeSet::new()),
            Some(Value::Array(words)) => words
                .iter()
                .map(|word| word.as_str().and_then(T::named).ok_or_else(rule))
                .collect(),
            Some(_) => Err(rule()),
        }
    }

    /// What else there is to say: up to 500 characters without an address or a number. Nobody can
    /// tell a name in it from any other word.
    ///
    /// # Errors
    /// [`Violation`] if it is anything else.
    pub fn note(self, field: &str) -> Result<Option<String>, Violation> {
        if !self.has(field) {
            return Ok(None);
        }
        let note = self.get(field).map(text::line);
        let note = note.filter(|note| (1..=NOTE).contains(&note.chars().count()));
        let note = note.ok_or_else(|| {
            Violation::new(field, format!("must be a text of 1 to {NOTE} characters"))
        })?;
        let digits = note.split(|c: char| c.is_alphabetic());
        let is_a_number = |part: &str| part.chars().filter(char::is_ascii_digit).count() >= DIGITS;
        if note.contains('@') || digits.into_iter().any(is_a_number) {
            let rule = "must say nothing about the person: no name, address, number or reference";
            return Err(Violation::new(field, rule));
        }
        Ok(Some(note))
    }
}

fn all<T: Listed>() -> String {
    let words: Vec<&str> = T::ALL.iter().map(|one| one.as_str()).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::Order;
    use crate::rights::register::lists::{RefusalGround, RequestKind};
    use serde_json::{Value, json};

    fn told<T: std::fmt::Debug>(
        field: &Value,
        read: impl FnOnce(Order<'_>) -> Result<T, super::Violation>,
    ) -> String {
        let order = json!({"field": field});
        read(Order::read(&order, &["field"]).unwrap())
            .map_or_else(|refused| refused.to_string(), |read| format!("{read:?}"))
    }

    #[test]
    fn a_word_is_one_of_its_list_and_what_was_sent_is_not_repeated() {
        let kind = |field: Value| told(&field, |order| order.chosen::<RequestKind>("field"));
        assert_eq!(kind(json!("access")), "Access");
        for wrong in [json!("rosa@example.org"), json!(7), json!(null)] {
            let refused = kind(wrong);
            assert!(
                refused.starts_with("field must be one of access, portability"),
                "{refused}"
            );
        }
        let grounds = |field: Value| told(&field, |order| order.several::<RefusalGround>("field"));
        assert_eq!(
            grounds(json!(["research", "excessive"])),
            "{Excessive, Research}"
        );
        assert!(grounds(json!(["rosa"])).starts_with("field must be a list of unfounded"));
        assert!(grounds(json!("research")).starts_with("field must be a list of"));
    }

    #[test]
    fn a_note_has_no_address_and_no_number() {
        let note = |field: &str| told(&json!(field), |order| order.note("field"));
        assert_eq!(
            note("rang on 3 Dec, asked twice"),
            "Some(\"rang on 3 Dec, asked twice\")"
        );
        for wrong in [
            "rosa@example.org",
            "ring 07700 900142",
            "on +44 (0)1632-960 055",
        ] {
            assert!(
                note(wrong).starts_with("field must say nothing about"),
                "{wrong}"
            );
        }
        assert!(note(&"x".repeat(501)).ends_with("1 to 500 characters"));
    }
}
