//! The attributes that a request to DynamoDB names: those of its keys and items, and those of its
//! expressions.

use serde_json::Value;
use std::collections::BTreeSet;

const EXPRESSIONS: [&str; 5] = [
    "ProjectionExpression",
    "UpdateExpression",
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
];
/// Words of expressions that name nothing; functions are known by the bracket behind them.
const WORDS: [&str; 9] = [
    "SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN",
];

/// The attributes at the top of an item that a request names.
pub(super) fn named(request: &Value) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for part in ["Key", "Item"] {
        named.extend(
            request
                .get(part)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone()),
        );
    }
    let expressions = EXPRESSIONS
        .iter()
        .filter_map(|name| request.get(*name)?.as_str());
    for expression in expressions {
        named.extend(
            names(expression)
                .into_iter()
                .map(|name| spelt(&name, request)),
        );
    }
    named
}

/// The value to which an attribute has to be equal by the condition on a query's key.
pub(super) fn equal_to<'a>(attribute: &str, query: &'a Value) -> Option<&'a str> {
    let conditions = query
        .get("KeyConditionExpression")?
        .as_str()?
        .split(" AND ");
    let value = conditions
        .filter_map(|condition| condition.split_once('='))
        .find_map(|(name, value)| {
            let name = name.trim();
            (!name.ends_with(['<', '>']) && spelt(name, query) == attribute).then(|| value.trim())
        })?;
    query
        .get("ExpressionAttributeValues")?
        .get(value)?
        .get("S")?
        .as_str()
}

/// The attribute behind a placeholder.
fn spelt(name: &str, request: &Value) -> String {
    let known = request
        .get("ExpressionAttributeNames")
        .and_then(|names| names.get(name))
        .and_then(Value::as_str);
    known.unwrap_or(name).to_owned()
}

fn names(expression: &str) -> Vec<String> {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '#' | ':' | '.' | '[' | ']');
    let (mut names, mut rest) = (Vec::new(), expression);
    while let Some(start) = rest.find(is_part) {
        let from = &rest[start..];
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (token, after) = from.split_at(end);
        rest = after;
        let is_function = after.starts_with('(');
        let top = token.split(['.', '[']).next().unwrap_or_default();
        let is_word = WORDS.contains(&top.to_uppercase().as_str());
        if !(is_function
            || is_word
            || top.is_empty()
            || top.starts_with([':', ']'])
            || top.starts_with(char::is_numeric))
        {
            names.push(top.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{equal_to, named};
    use serde_json::json;

    #[test]
    fn an_update_names_what_its_expressions_do() {
        let update = json!({
            "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}},
            "UpdateExpression": "SET #grant.#file = #grant.#file + :one, fetched = list_append(if_not_exists(fetched, :none), :x) \
                REMOVE made.expires_at",
            "ConditionExpression": "attribute_exists(pk) AND (#state IN (:a, :b) OR NOT size(c[0]) < :d)",
            "ExpressionAttributeNames": {"#grant": "release", "#file": "report", "#state": "state"},
        });
        let expected = ["c", "fetched", "made", "pk", "release", "sk", "state"];
        assert_eq!(
            named(&update)
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_query_is_of_the_key_that_its_condition_names() {
        let query = json!({
            "KeyConditionExpression": "#day = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeNames": {"#day": "day"},
            "ExpressionAttributeValues": {":pk": {"S": "2026-11-23#1"}, ":prefix": {"S": "record#"}},
        });
        assert_eq!(equal_to("day", &query), Some("2026-11-23#1"));
        assert_eq!(equal_to("pk", &query), None);
        let beyond = json!({"KeyConditionExpression": "pk >= :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}});
        assert_eq!(equal_to("pk", &beyond), None);
    }
}
