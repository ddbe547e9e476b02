//! The claims of a token as a function gets them: every value is a text.

use serde_json::{Map, Value};

/// Every claim as API Gateway writes it, which is as Go prints a value: a list becomes `[a b]`.
pub(super) fn texts(claims: &Map<String, Value>) -> Map<String, Value> {
    let text = |(name, value): (&String, &Value)| (name.clone(), text(value).into());
    claims.iter().map(text).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let parts: Vec<_> = list.iter().map(text).collect();
            format!("[{}]", parts.join(" "))
        }
        Value::Object(map) => {
            let part = |(name, value)| format!("{name}:{}", text(value));
            let parts: Vec<_> = map.iter().map(part).collect();
            format!("map[{}]", parts.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::texts;
    use serde_json::json;

    #[test]
    fn every_claim_is_a_text_and_a_list_stands_in_brackets() {
        let claims = json!({
            "cognito:groups": ["analyst", "dpo"], "alone": ["dpo-trainee"], "none": [], "exp": 1_795_428_300,
            "email_verified": true, "sub": "a b", "address": {"country": "GB", "lines": [1, 2]}, "middle_name": null,
        });
        let expected = json!({
            "cognito:groups": "[analyst dpo]", "alone": "[dpo-trainee]", "none": "[]", "exp": "1795428300",
            "email_verified": "true", "sub": "a b", "address": "map[country:GB lines:[1 2]]", "middle_name": "<nil>",
        });
        let texts = texts(claims.as_object().unwrap());
        assert_eq!(&texts, expected.as_object().unwrap());
    }
}
