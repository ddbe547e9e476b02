//! CloudFormation's conditions.

use super::intrinsics::{Scope, text};
use serde_json::Value;

impl Scope<'_> {
    /// Whether the condition of this name is true.
    pub(super) fn condition(&self, name: &str) -> Result<bool, String> {
        let condition = self.document.pointer(&format!("/Conditions/{name}"));
        let condition = condition.ok_or_else(|| {
            format!("refers to the condition {name}, which is not in the template")
        })?;
        self.truth(condition)
    }

    /// Whether `Fn::Equals` or `Fn::Not` is true. The template uses no other function here.
    fn truth(&self, condition: &Value) -> Result<bool, String> {
        let (function, argument) = condition
            .as_object()
            .and_then(|map| map.iter().next())
            .ok_or("a condition is not understood")?;
        let arguments = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (function.as_str(), arguments) {
            ("Fn::Equals", [left, right]) => {
                let side = |value| text(&self.resolve(value)?.unwrap_or_default());
                Ok(side(left)? == side(right)?)
            }
            ("Fn::Not", [one]) => Ok(!self.truth(one)?),
            _ => Err(format!("the condition {function} is not understood")),
        }
    }
}
