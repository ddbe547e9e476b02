//! YAML with CloudFormation's short forms, as plain JSON with the long ones.

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

/// Parses `text`; `!Ref x` becomes `{"Ref": "x"}`, `!GetAtt a.b` becomes `{"Fn::GetAtt": ["a",
/// "b"]}`.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let yaml: Yaml = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
    plain(yaml)
}

fn plain(yaml: Yaml) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(bool) => bool.into(),
        Yaml::Number(number) => serde_json::to_value(number).map_err(|error| error.to_string())?,
        Yaml::String(text) => text.into(),
        Yaml::Sequence(list) => {
            Value::Array(list.into_iter().map(plain).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(map) => {
            let entry =
                |(key, value): (Yaml, Yaml)| Ok::<_, String>((key_text(key)?, plain(value)?));
            Value::Object(map.into_iter().map(entry).collect::<Result<_, _>>()?)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let mut value = plain(tagged.value)?;
            let function = match tag {
                "Ref" | "Condition" => tag.to_owned(),
                other => format!("Fn::{other}"),
            };
            if let ("GetAtt", Some((resource, attribute))) =
                (tag, value.as_str().and_then(|text| text.split_once('.')))
            {
                value = serde_json::json!([resource, attribute]);
            }
            Value::Object(Map::from_iter([(function, value)]))
        }
    })
}

fn key_text(key: Yaml) -> Result<String, String> {
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(bool) => Ok(bool.to_string()),
        other => Err(format!("{other:?} cannot be a key")),
    }
}
