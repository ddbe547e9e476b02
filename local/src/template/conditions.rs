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

    fn truth(&self, condition: &Value) -> Result<bool, String> {
        match condition.as_object().and_then(|map| map.iter().next()) {
            Some((function, name)) if function == "Condition" => {
                self.condition(name.as_str().unwrap_or_default())
            }
            Some((function, argument)) => self.holds(function, argument),
            None => Err("a condition is not understood".into()),
        }
    }

    /// Whether `Fn::Equals`, `Fn::Not`, `Fn::And` or `Fn::Or` is true.
    pub(super) fn holds(&self, function: &str, argument: &Value) -> Result<bool, String> {
        let arguments = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (function, arguments) {
            ("Fn::Equals", [left, right]) => {
                let side = |value| text(&self.resolve(value)?.unwrap_or_default());
                Ok(side(left)? == side(right)?)
            }
            ("Fn::Not", [one]) => Ok(!self.truth(one)?),
            ("Fn::And", all) => all
                .iter()
                .try_fold(true, |so_far, one| Ok(self.truth(one)? && so_far)),
            ("Fn::Or", any) => any
                .iter()
                .try_fold(false, |so_far, one| Ok(self.truth(one)? || so_far)),
            _ => Err(format!("the condition {function} is not understood")),
        }
    }
}
