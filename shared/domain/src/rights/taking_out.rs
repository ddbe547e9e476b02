//! What is taken out of a package before it is released: whole records, fields, or passages of
//! text, each on a ground. It says where, and never what was there.

use crate::record::facts::{Fact, Value};
use crate::record::reference::Reference;
use crate::rights::order::Order;
use crate::rights::register::lists::{Listed, TakenOutGround};
use crate::survey::answers::Answer;
use crate::validation::object::object_of;
use crate::validation::violation::Violation;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The field of an order.
const FIELD: &str = "take_out";
/// How many marks one order has at most, and how many fields or passages one mark.
const MARKS: usize = 200;
const PARTS: usize = 50;
/// What stands where a passage was.
pub const TAKEN_OUT: &str = "[taken out]";

/// What is taken out of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Which record.
    pub record: Reference,
    /// Fields, by their names in the document. With no fields and no passages, all of it.
    pub fields: Vec<String>,
    /// Passages of a field's text.
    pub passages: Vec<Passage>,
    /// On which ground.
    pub ground: TakenOutGround,
}

/// A passage of a field's text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Passage {
    /// The field.
    pub field: String,
    /// The first character of it, counted from 0.
    pub from: usize,
    /// The first character after it.
    pub to: usize,
}

impl Mark {
    /// Whether the whole record is taken out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.fields.is_empty() && self.passages.is_empty()
    }

    /// How many passages it counts as.
    #[must_use]
    pub fn count(&self) -> u64 {
        let parts = self.fields.len() + self.passages.len();
        u64::try_from(parts.max(1)).unwrap_or(u64::MAX)
    }
}

/// The marks of an order: `[{"record", "ground", "fields"?, "passages"?: [{"field", "from", "to"}]}]`.
///
/// # Errors
/// [`Violation`] naming the first that cannot be used.
pub fn read(order: Order<'_>) -> Result<Vec<Mark>, Violation> {
    let Json::Array(marks) = order.value(FIELD)? else {
        return Err(Violation::new(FIELD, "must be a list"));
    };
    if !(1..=MARKS).contains(&marks.len()) {
        return Err(Violation::new(
            FIELD,
            format!("must have 1 to {MARKS} entries"),
        ));
    }
    let marks = marks.iter().enumerate();
    marks.map(|(place, mark)| mark_of(place, mark)).collect()
}

fn mark_of(place: usize, mark: &Json) -> Result<Mark, Violation> {
    let name = format!("{FIELD}[{place}]");
    let at = |field: &str| format!("{name}.{field}");
    let map = object_of(mark, &name, &["record", "fields", "passages", "ground"])?;
    let record = map.get("record").and_then(Json::as_str);
    let record = record.and_then(|record| Reference::try_from(record.to_owned()).ok());
    let ground = map.get("ground").and_then(Json::as_str);
    let ground = ground.and_then(TakenOutGround::named).ok_or_else(|| {
        let all: Vec<&str> = TakenOutGround::ALL.iter().map(|it| it.as_str()).collect();
        Violation::new(at("ground"), format!("must be one of {}", all.join(", ")))
    })?;
    let text = |one: &Json| one.as_str().map(str::to_owned);
    let fields = list(map, "fields");
    let fields: Option<Vec<String>> = fields.and_then(|all| all.iter().map(text).collect());
    let passages = list(map, "passages");
    let passages: Option<Vec<Passage>> = passages.and_then(|all| all.iter().map(passage).collect());
    let mut passages = passages.ok_or_else(|| {
        let rule = format!("must be a list of at most {PARTS} objects of field, from and to");
        Violation::new(at("passages"), rule)
    })?;
    passages.sort();
    let is_apart = |pair: &[Passage]| pair[0].field != pair[1].field || pair[0].to <= pair[1].from;
    if passages.iter().any(|it| it.to <= it.from) || !passages.windows(2).all(is_apart) {
        let rule = "must be passages of one character or more that do not overlap";
        return Err(Violation::new(at("passages"), rule));
    }
    Ok(Mark {
        record: record
            .ok_or_else(|| Violation::new(at("record"), "must be a reference, such as K7M2PX9T"))?,
        fields: fields.ok_or_else(|| {
            let rule = format!("must be a list of at most {PARTS} names");
            Violation::new(at("fields"), rule)
        })?,
        passages,
        ground,
    })
}

/// A list; an empty one if it is not there, and `None` if it is something else, or too long.
fn list<'a>(map: &'a Map<String, Json>, field: &str) -> Option<&'a [Json]> {
    match map.get(field) {
        None => Some(&[]),
        Some(Json::Array(list)) if list.len() <= PARTS => Some(list),
        Some(_) => None,
    }
}

fn passage(one: &Json) -> Option<Passage> {
    let map = object_of(one, FIELD, &["field", "from", "to"]).ok()?;
    let number = |field: &str| usize::try_from(map.get(field)?.as_u64()?).ok();
    Some(Passage {
        field: map.get("field")?.as_str()?.to_owned(),
        from: number("from")?,
        to: number("to")?,
    })
}

/// Takes out of a record's facts what its marks say. A field is named as in the document; one
/// answer is `answers.{question}`, and one thing that was said `transcript.{number}`, counted from
/// 1 as the report lists them.
///
/// # Errors
/// [`Violation`] if a mark names a field that the record does not have, or a passage beyond its
/// text.
pub fn take_out(facts: &mut Vec<Fact<'_>>, marks: &[&Mark]) -> Result<(), Violation> {
    for mark in marks {
        // From the last on, so that what is before it keeps its place.
        for passage in mark.passages.iter().rev() {
            let text = text_of(facts, &passage.field)
                .ok_or_else(|| Violation::new(FIELD, "names a passage of a field without text"))?;
            *text = without(text, passage)
                .ok_or_else(|| Violation::new(FIELD, "names a passage beyond its text"))?;
        }
    }
    for field in marks.iter().flat_map(|mark| &mark.fields) {
        if !remove(facts, field) {
            let rule = "names a field that the record does not have in this package";
            return Err(Violation::new(FIELD, rule));
        }
    }
    Ok(())
}

fn without(text: &str, passage: &Passage) -> Option<String> {
    let end = |count: usize| {
        let mut ends = text.char_indices().map(|(place, _)| place);
        ends.nth(count).or_else(|| {
            let is_end = text.chars().count() == count;
            is_end.then_some(text.len())
        })
    };
    let (from, to) = (end(passage.from)?, end(passage.to)?);
    Some(format!(
        "{}{TAKEN_OUT}{}",
        text.get(..from)?,
        text.get(to..)?
    ))
}

/// The text of a field, to change it.
fn text_of<'f>(facts: &'f mut [Fact<'_>], field: &str) -> Option<&'f mut String> {
    for fact in facts {
        let (name, value) = (fact.name, &mut fact.value);
        match value {
            Value::Text(text) if name == field => return Some(text.to_mut()),
            Value::Answers(answers) => {
                let own = field.strip_prefix("answers.");
                let mut answers = answers.iter_mut();
                let found = answers.find(|one| Some(one.question) == own);
                if let Some(found) = found
                    && let Answer::Text(_) = &*found.answer
                    && let Answer::Text(text) = found.answer.to_mut()
                {
                    return Some(text);
                }
            }
            Value::Conversation(turns) => {
                let own = turn(field);
                let found = turns.iter_mut().find(|one| Some(one.place + 1) == own);
                if let Some(found) = found {
                    return Some(found.text.to_mut());
                }
            }
            _ => {}
        }
    }
    None
}

/// The number of the thing that was said which a field names.
fn turn(field: &str) -> Option<usize> {
    field.strip_prefix("transcript.")?.parse().ok()
}

fn remove(facts: &mut Vec<Fact<'_>>, field: &str) -> bool {
    let before = facts.len();
    facts.retain(|fact| fact.name != field);
    if facts.len() < before {
        return true;
    }
    let mut removed = false;
    for fact in facts {
        match &mut fact.value {
            Value::Answers(answers) => {
                let (own, all) = (field.strip_prefix("answers."), answers.len());
                answers.retain(|one| Some(one.question) != own);
                removed |= answers.len() < all;
            }
            Value::Conversation(turns) => {
                let (own, all) = (turn(field), turns.len());
                turns.retain(|one| Some(one.place + 1) != own);
                removed |= turns.len() < all;
            }
            _ => {}
        }
    }
    removed
}

/// How many passages the marks take out, by ground.
#[must_use]
pub fn counted(marks: &[Mark]) -> BTreeMap<TakenOutGround, u64> {
    let mut counted = BTreeMap::new();
    for mark in marks {
        *counted.entry(mark.ground).or_default() += mark.count();
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::{Passage, counted, read, without};
    use crate::rights::order::Order;
    use crate::rights::register::lists::TakenOutGround;
    use serde_json::{Value, json};

    fn marks(marks: &Value) -> Result<Vec<super::Mark>, String> {
        let order = json!({"take_out": marks});
        let order = Order::read(&order, &["take_out"]).unwrap();
        read(order).map_err(|refused| refused.to_string())
    }

    #[test]
    fn a_passage_is_counted_in_characters_and_nothing_of_it_stays() {
        let passage = |from, to| Passage {
            field: "notes".to_owned(),
            from,
            to,
        };
        let text = "Zoë saw Abel.";
        assert_eq!(
            without(text, &passage(8, 12)).unwrap(),
            "Zoë saw [taken out]."
        );
        assert_eq!(without(text, &passage(0, 13)).unwrap(), "[taken out]");
        assert_eq!(without(text, &passage(8, 14)), None);
    }

    #[test]
    fn marks_are_counted_by_ground_and_one_without_parts_is_the_whole_record() {
        let marks = marks(&json!([
            {"record": "K7M2PX9T", "ground": "third_party"},
            {"record": "k7m2-px9t", "ground": "third_party", "fields": ["notes", "outcome"]},
            {"record": "K7M2PX9T", "ground": "exempt_legal", "passages": [{"field": "notes", "from": 0, "to": 4}]},
        ]))
        .unwrap();
        assert!(marks[0].is_whole() && !marks[1].is_whole());
        let expected = [
            (TakenOutGround::ThirdParty, 3),
            (TakenOutGround::ExemptLegal, 1),
        ];
        assert_eq!(counted(&marks), expected.into());
    }

    #[test]
    fn what_is_wrong_with_a_mark_is_named_and_not_repeated() {
        let passages =
            |all: Value| json!([{"record": "K7M2PX9T", "ground": "third_party", "passages": all}]);
        for (wrong, rule) in [
            (json!([]), "take_out must have 1 to 200"),
            (json!("Abel"), "take_out must be a list"),
            (
                json!([{"record": "Abel", "ground": "third_party"}]),
                "take_out[0].record must be",
            ),
            (
                json!([{"record": "K7M2PX9T", "ground": "Abel"}]),
                "take_out[0].ground must be one",
            ),
            (
                json!([{"record": "K7M2PX9T", "Abel": 1}]),
                "take_out[0] must be an object",
            ),
            (
                passages(json!([{"field": "notes", "from": 4, "to": 4}])),
                "take_out[0].passages must be",
            ),
            (
                passages(
                    json!([{"field": "n", "from": 0, "to": 4}, {"field": "n", "from": 3, "to": 5}]),
                ),
                "take_out[0].passages must be passages",
            ),
            (
                passages(json!([{"field": "n", "from": -1, "to": 4}])),
                "take_out[0].passages must be a list",
            ),
        ] {
            let refused = marks(&wrong).unwrap_err();
            assert!(
                refused.starts_with(rule) && !refused.contains("Abel"),
                "{refused}"
            );
        }
    }
}
