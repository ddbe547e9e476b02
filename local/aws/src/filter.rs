//! Lambda's event filtering, for records of a DynamoDB stream.
//!
//! Of the operators only `prefix` is known, which is all that the template uses. A pattern with
//! another one is refused. So is one that could never match (a mistyped field, an image that the
//! stream does not carry), since on AWS it would silently deliver nothing.

use serde_json::{Map, Value};

/// One filter: the fields that a record needs, and what they must be.
#[derive(Debug)]
pub(crate) struct Filter(Vec<(String, Node)>);

#[derive(Debug)]
enum Node {
    Fields(Vec<(String, Node)>),
    AnyOf(Vec<Test>),
}

#[derive(Debug)]
enum Test {
    Is(Value),
    Prefix(String),
}

const RECORD: [&str; 8] = [
    "awsRegion",
    "dynamodb",
    "eventID",
    "eventName",
    "eventSource",
    "eventSourceARN",
    "eventVersion",
    "userIdentity",
];
const CHANGE: [&str; 7] = [
    "ApproximateCreationDateTime",
    "Keys",
    "NewImage",
    "OldImage",
    "SequenceNumber",
    "SizeBytes",
    "StreamViewType",
];
const TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"];

impl Filter {
    /// Reads a pattern.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(pattern)
            .map_err(|error| format!("the filter is not JSON: {error}"))?;
        let Value::Object(map) = value else {
            return Err("the filter is not a JSON object".into());
        };
        let filter =
            Self(fields(&map).map_err(|problem| format!("the filter {pattern}: {problem}"))?);
        filter
            .check()
            .map_err(|problem| format!("the filter {pattern}: {problem}"))?;
        Ok(filter)
    }

    /// Whether the record passes.
    pub(crate) fn passes(&self, record: &Value) -> bool {
        matches_fields(&self.0, Some(record))
    }

    /// Refuses a filter on an image that a stream with this view type does not carry.
    pub(crate) fn fits(&self, view: &str) -> Result<(), String> {
        let change = self.0.iter().find(|(name, _)| name == "dynamodb");
        for (name, _) in change.map(|(_, node)| node.fields()).unwrap_or_default() {
            let carried = match name.as_str() {
                "NewImage" => matches!(view, "NEW_IMAGE" | "NEW_AND_OLD_IMAGES"),
                "OldImage" => matches!(view, "OLD_IMAGE" | "NEW_AND_OLD_IMAGES"),
                _ => true,
            };
            if !carried {
                return Err(format!(
                    "the filter asks for {name}, which a stream of {view} does not carry"
                ));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        known(&self.0, &RECORD)?;
        for (name, node) in &self.0 {
            match name.as_str() {
                "eventName" => node.only(&["INSERT", "MODIFY", "REMOVE"])?,
                "userIdentity" => {
                    known(node.fields(), &["principalId", "type"])?;
                    for (name, node) in node.fields() {
                        node.only(&[if name == "type" {
                            "Service"
                        } else {
                            "dynamodb.amazonaws.com"
                        }])?;
                    }
                }
                "dynamodb" => {
                    known(node.fields(), &CHANGE)?;
                    let images = node.fields().iter().filter(|(name, _)| {
                        matches!(name.as_str(), "Keys" | "NewImage" | "OldImage")
                    });
                    for (_, attribute) in images.flat_map(|(_, image)| image.fields()) {
                        known(attribute.fields(), &TYPES)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Node {
    fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Fields(fields) => fields,
            Self::AnyOf(_) => &[],
        }
    }

    /// Refuses an exact value that is none of `possible`.
    fn only(&self, possible: &[&str]) -> Result<(), String> {
        let Self::AnyOf(tests) = self else {
            return Ok(());
        };
        for test in tests {
            if let Test::Is(value) = test
                && !value
                    .as_str()
                    .is_some_and(|value| possible.contains(&value))
            {
                return Err(format!("{value} is never its value"));
            }
        }
        Ok(())
    }
}

fn known(fields: &[(String, Node)], known: &[&str]) -> Result<(), String> {
    let stray = fields
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()));
    stray.map_or(Ok(()), |(name, _)| {
        Err(format!("a record has no field {name} there"))
    })
}

fn fields(map: &Map<String, Value>) -> Result<Vec<(String, Node)>, String> {
    let field = |(name, value): (&String, &Value)| {
        let node = match value {
            _ if name.starts_with('$') => return Err(format!("{name} is not understood")),
            Value::Object(map) => Node::Fields(fields(map)?),
            Value::Array(tests) if !tests.is_empty() => {
                Node::AnyOf(tests.iter().map(test).collect::<Result<_, _>>()?)
            }
            _ => return Err(format!("{name} needs a list of what it may be")),
        };
        Ok((name.clone(), node))
    };
    map.iter().map(field).collect()
}

fn test(test: &Value) -> Result<Test, String> {
    let Value::Object(map) = test else {
        return if test.is_array() {
            Err("a list in a list".into())
        } else {
            Ok(Test::Is(test.clone()))
        };
    };
    match (
        map.len(),
        map.iter()
            .next()
            .map(|(name, value)| (name.as_str(), value)),
    ) {
        (1, Some(("prefix", Value::String(prefix)))) => Ok(Test::Prefix(prefix.clone())),
        _ => Err(format!("{test} is not understood")),
    }
}

fn matches_fields(fields: &[(String, Node)], value: Option<&Value>) -> bool {
    fields.iter().all(|(name, node)| {
        let value = value.and_then(|value| value.get(name));
        match node {
            Node::Fields(fields) => matches_fields(fields, value),
            Node::AnyOf(tests) => tests.iter().any(|test| test.passes(value)),
        }
    })
}

impl Test {
    fn passes(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (_, None) => false,
            (_, Some(Value::Array(values))) => values.iter().any(|value| self.passes(Some(value))),
            (Self::Is(wanted), Some(value)) => wanted == value,
            (Self::Prefix(prefix), Some(value)) => value
                .as_str()
                .is_some_and(|value| value.starts_with(prefix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use serde_json::json;

    const TTL: &str = r#"{"eventName": ["REMOVE"],
        "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
        "dynamodb": {"OldImage": {"sk": {"S": [{"prefix": "record#"}]}}}}"#;

    fn removal(sk: &str, identity: bool) -> serde_json::Value {
        let mut record =
            json!({"eventName": "REMOVE", "dynamodb": {"OldImage": {"sk": {"S": sk}}}});
        if identity {
            record["userIdentity"] =
                json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
        }
        record
    }

    #[test]
    fn a_removal_by_ttl_passes_and_a_persons_deletion_does_not() {
        let filter = Filter::parse(TTL).unwrap();
        assert!(filter.passes(&removal("record#web_form#1", true)));
        assert!(!filter.passes(&removal("record#web_form#1", false)));
        assert!(!filter.passes(&removal("link#1", true)));
    }

    #[test]
    fn a_value_is_one_of_those_listed_or_begins_with_a_prefix() {
        let passes = |tests: serde_json::Value, value: serde_json::Value| {
            let pattern = json!({"dynamodb": {"SizeBytes": tests}}).to_string();
            Filter::parse(&pattern)
                .unwrap()
                .passes(&json!({"dynamodb": {"SizeBytes": value}}))
        };
        assert!(passes(json!([7, 8]), json!(8)));
        assert!(!passes(json!(["8"]), json!(8)));
        assert!(passes(json!([{"prefix": "ab"}]), json!(["x", "abc"])));
        assert!(!passes(json!([{"prefix": "ab"}]), json!(["x", "bc"])));
    }

    #[test]
    fn a_filter_that_could_never_match_or_is_not_understood_is_refused() {
        for pattern in [
            r#"{"eventName": [{"exists": true}]}"#,
            r#"{"eventName": [{"anything-but": "REMOVE"}]}"#,
            r#"{"dynamodb": {"SizeBytes": [{"numeric": [">", 5]}]}}"#,
            "no json",
            "[]",
            r#"{"eventname": ["REMOVE"]}"#,
            r#"{"eventName": ["DELETE"]}"#,
            r#"{"eventName": []}"#,
            r#"{"eventName": "REMOVE"}"#,
            r#"{"eventName": [{"suffix": "E"}]}"#,
            r#"{"userIdentity": {"type": ["service"]}}"#,
            r#"{"userIdentity": {"principalID": ["dynamodb.amazonaws.com"]}}"#,
            r#"{"dynamodb": {"OldImage": {"sk": {"s": ["record#"]}}}}"#,
            r#"{"dynamodb": {"oldImage": {"sk": {"S": ["record#"]}}}}"#,
            r#"{"$or": [{"eventName": ["REMOVE"]}]}"#,
        ] {
            assert!(Filter::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn an_image_that_the_stream_does_not_carry_is_refused() {
        let filter = Filter::parse(TTL).unwrap();
        assert!(filter.fits("OLD_IMAGE").is_ok());
        assert!(filter.fits("KEYS_ONLY").is_err());
    }
}
