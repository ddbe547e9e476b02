//! Policies of roles and buckets. Anything unknown is refused, because it would be ignored
//! otherwise.

use super::call::Call;
use super::condition::{Condition, matches};
use serde_json::{Value, json};

/// A role and its policies.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) statements: Vec<Statement>,
    /// The template's managed policies that it has, by name.
    managed: Vec<String>,
}

/// A policy that several roles may have.
#[derive(Clone, Debug)]
pub(crate) struct ManagedPolicy {
    pub(crate) name: String,
    statements: Vec<Statement>,
}

/// A bucket's own policy.
#[derive(Clone, Debug)]
pub(crate) struct BucketPolicy {
    pub(crate) statements: Vec<Statement>,
}

/// One allowance or denial.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// Whether it allows; it denies otherwise.
    pub(crate) allows: bool,
    /// Its text in the template, with references resolved.
    pub(crate) said: Value,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

impl Role {
    pub(crate) fn new(arn: String, properties: &Value) -> Result<Self, String> {
        let policies = properties
            .get("Policies")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut statements = Vec::new();
        for policy in policies {
            statements.extend(read(policy.get("PolicyDocument"), false)?);
        }
        let managed = properties
            .get("ManagedPolicyArns")
            .map_or(Ok(Vec::new()), |arns| texts(Some(arns)))?;
        Ok(Self {
            arn,
            statements,
            managed,
        })
    }

    /// Adds its managed policies; all of them are the template's.
    pub(crate) fn attach(&mut self, policies: &[ManagedPolicy]) -> Result<(), String> {
        for name in &self.managed {
            let policy = policies.iter().find(|policy| policy.name == *name);
            let policy = policy.ok_or_else(|| {
                format!("a role has {name}, which is not a policy of the template")
            })?;
            self.statements.extend(policy.statements.iter().cloned());
        }
        Ok(())
    }
}

impl ManagedPolicy {
    pub(crate) fn new(name: String, properties: &Value) -> Result<Self, String> {
        Ok(Self {
            name,
            statements: read(properties.get("PolicyDocument"), false)?,
        })
    }
}

impl BucketPolicy {
    pub(crate) fn new(properties: &Value) -> Result<Self, String> {
        Ok(Self {
            statements: read(properties.get("PolicyDocument"), true)?,
        })
    }
}

fn read(document: Option<&Value>, of_resource: bool) -> Result<Vec<Statement>, String> {
    let statements = document
        .and_then(|document| document.get("Statement"))
        .ok_or("a policy has no Statement")?;
    let list = statements
        .as_array()
        .map_or(std::slice::from_ref(statements), Vec::as_slice);
    list.iter()
        .map(|statement| Statement::new(statement, of_resource))
        .collect()
}

/// One or several: policies write both.
fn texts(value: Option<&Value>) -> Result<Vec<String>, String> {
    let value = value.ok_or("a statement has no Action or no Resource")?;
    let list = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("{value} is not a text"))
    };
    list.iter().map(text).collect()
}

impl Statement {
    fn new(statement: &Value, of_resource: bool) -> Result<Self, String> {
        const KNOWN: [&str; 6] = [
            "Sid",
            "Effect",
            "Principal",
            "Action",
            "Resource",
            "Condition",
        ];
        let map = statement.as_object().ok_or("a statement is not a map")?;
        if let Some(stray) = map.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("a statement has {stray}, which is not understood"));
        }
        // Several principals would need code of their own here.
        if map.get("Principal") != of_resource.then_some(&json!("*")) {
            return Err("a statement's Principal is not understood".to_owned());
        }
        let allows = match map.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("a statement's Effect must be Allow or Deny".to_owned()),
        };
        let mut conditions = Vec::new();
        for (operator, keys) in map
            .get("Condition")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            for (key, values) in keys
                .as_object()
                .ok_or_else(|| format!("{operator} has no keys"))?
            {
                conditions.push(Condition::new(operator, key, texts(Some(values))?)?);
            }
        }
        Ok(Self {
            allows,
            said: statement.clone(),
            actions: texts(map.get("Action"))?
                .iter()
                .map(|action| action.to_lowercase())
                .collect(),
            resources: texts(map.get("Resource"))?,
            conditions,
        })
    }

    /// Allows everything.
    pub(crate) fn everything() -> Self {
        let everything = || vec!["*".to_owned()];
        let said = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        Self {
            allows: true,
            said,
            actions: everything(),
            resources: everything(),
            conditions: Vec::new(),
        }
    }

    /// Whether it applies to a call.
    pub(crate) fn is_about(&self, call: &Call) -> bool {
        let is_about_it =
            |action: &str| self.actions.iter().any(|pattern| matches(pattern, action));
        self.resources
            .iter()
            .any(|pattern| matches(pattern, &call.resource))
            && is_about_it(&call.action.to_lowercase())
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(&call.context))
    }
}
