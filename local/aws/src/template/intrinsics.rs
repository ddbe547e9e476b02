//! CloudFormation's own functions: references, substitutions, conditions.

use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The region that everything is in.
pub const REGION: &str = "eu-west-2";
/// The account that everything belongs to.
pub(crate) const ACCOUNT: &str = "000000000000";
/// More references inside references than this are a circle.
const DEEPEST: usize = 64;

/// What the values of one template can refer to.
pub(super) struct Scope<'a> {
    pub(super) document: &'a Value,
    /// The name of the stack.
    stack: &'a str,
    parameters: BTreeMap<String, Value>,
    resources: &'a Map<String, Value>,
    implied: BTreeSet<String>,
    depth: Cell<usize>,
}

impl<'a> Scope<'a> {
    /// The scope of a document; every parameter needs a value or a default.
    pub(super) fn new(
        document: &'a Value,
        stack: &'a str,
        given: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let resources = document
            .get("Resources")
            .and_then(Value::as_object)
            .ok_or("there are no Resources")?;
        let mut parameters = BTreeMap::new();
        for (name, parameter) in document
            .get("Parameters")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let value = given
                .get(name)
                .map(|given| given.as_str().into())
                .or_else(|| parameter.get("Default").cloned());
            let value =
                value.ok_or_else(|| format!("{name} has no Default and no value is given"))?;
            let is_list =
                parameter.get("Type").and_then(Value::as_str) == Some("CommaDelimitedList");
            let parts = value
                .as_str()
                .filter(|_| is_list)
                .map(|text| text.split(',').map(|part| part.trim().into()));
            let value = parts
                .map(|parts| Value::Array(parts.collect()))
                .unwrap_or(value);
            parameters.insert(name.clone(), value);
        }
        if let Some(stray) = given.keys().find(|name| !parameters.contains_key(*name)) {
            return Err(format!("there is no parameter {stray}"));
        }
        let implied = implied(resources);
        Ok(Self {
            document,
            stack,
            parameters,
            resources,
            implied,
            depth: Cell::new(0),
        })
    }

    pub(super) const fn resources(&self) -> &'a Map<String, Value> {
        self.resources
    }

    pub(super) const fn stack(&self) -> &'a str {
        self.stack
    }

    pub(super) fn globals(&self, kind: &str) -> Option<&'a Value> {
        self.document
            .get("Globals")
            .and_then(|globals| globals.get(kind))
    }

    /// Whether the resource's condition, if it has one, is true.
    pub(super) fn is_made(&self, id: &str) -> Result<bool, String> {
        self.resources
            .get(id)
            .map_or(Ok(true), |resource| self.is_wanted(resource))
    }

    /// Whether the condition of a resource or an output, if it has one, is true.
    pub(super) fn is_wanted(&self, part: &Value) -> Result<bool, String> {
        let condition = part.get("Condition").and_then(Value::as_str);
        condition.map_or(Ok(true), |condition| self.condition(condition))
    }

    /// The value with all references replaced; `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, String> {
        if self.depth.get() > DEEPEST {
            return Err("refers to itself in a circle".into());
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = self.resolve_here(value);
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    fn resolve_here(&self, value: &Value) -> Result<Option<Value>, String> {
        match value {
            Value::Array(list) => Ok(Some(Value::Array(self.list(list)?))),
            Value::Object(map) => {
                if let (1, Some((function, argument))) = (map.len(), map.iter().next())
                    && (function == "Ref" || function.starts_with("Fn::"))
                {
                    return self.call(function, argument);
                }
                let mut resolved = Map::new();
                for (key, value) in map {
                    if let Some(value) = self.resolve(value)? {
                        resolved.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            other => Ok(Some(other.clone())),
        }
    }

    fn list(&self, list: &[Value]) -> Result<Vec<Value>, String> {
        list.iter()
            .filter_map(|value| self.resolve(value).transpose())
            .collect()
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Option<Value>, String> {
        let arguments = argument.as_array().map(Vec::as_slice);
        let value = match (function, arguments) {
            ("Ref", _) => return self.reference(argument.as_str().ok_or("Ref needs a name")?),
            ("Fn::GetAtt", Some([Value::String(id), Value::String(attribute)])) => {
                self.attribute(id, attribute)?.into()
            }
            ("Fn::Sub", None) => self.substitute(argument, &Map::new())?.into(),
            ("Fn::Sub", Some([text, Value::Object(names)])) => self.substitute(text, names)?.into(),
            ("Fn::If", Some([Value::String(condition), yes, no])) => {
                return self.resolve(if self.condition(condition)? { yes } else { no });
            }
            ("Fn::Select", Some([index, list])) => {
                let index = text(index)?
                    .parse::<usize>()
                    .map_err(|_| "Fn::Select needs a number")?;
                let list = self.resolve(list)?.unwrap_or_default();
                list.get(index)
                    .cloned()
                    .ok_or("Fn::Select points past the end of its list")?
            }
            ("Fn::Split", Some([Value::String(separator), source])) => {
                let source = text(&self.resolve(source)?.unwrap_or_default())?;
                source.split(separator.as_str()).collect::<Vec<_>>().into()
            }
            ("Fn::Join", Some([Value::String(separator), list])) => {
                let list = self.resolve(list)?.unwrap_or_default();
                let list = list.as_array().ok_or("Fn::Join needs a list")?;
                let parts: Vec<_> = list.iter().map(text).collect::<Result<_, _>>()?;
                parts.join(separator).into()
            }
            _ => return Err(format!("{function} with these arguments is not understood")),
        };
        Ok(Some(value))
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, String> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        let pseudo = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Region" => REGION.to_owned(),
            "AWS::StackName" => self.stack.to_owned(),
            "AWS::StackId" => {
                format!(
                    "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/local",
                    self.stack
                )
            }
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => self.name_or_arn(name)?,
        };
        Ok(Some(pseudo.into()))
    }

    /// What `!Ref` gives for a resource: its name, and for some its address.
    pub(super) fn name_or_arn(&self, id: &str) -> Result<String, String> {
        let name = self.name(id)?;
        Ok(match self.kind(id) {
            Some("AWS::SQS::Queue") => {
                format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")
            }
            Some("AWS::SecretsManager::Secret") => {
                format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-LoCaL1")
            }
            Some("AWS::SNS::Topic") => format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}"),
            _ => name,
        })
    }

    /// The name of a resource: the one it is given, else the stack's and its own.
    pub(super) fn name(&self, id: &str) -> Result<String, String> {
        let default = format!("{}-{id}", self.stack);
        if !self.resources.contains_key(id) {
            if self.implied.contains(id) {
                return Ok(default);
            }
            return Err(format!("refers to {id}, which is not in the template"));
        }
        if !self.is_made(id)? {
            return Err(format!(
                "refers to {id}, which is not made because its condition is false"
            ));
        }
        let (property, default) = match self.kind(id).unwrap_or_default() {
            "AWS::DynamoDB::Table" => ("TableName", default),
            "AWS::S3::Bucket" => ("BucketName", default.to_lowercase()),
            "AWS::SQS::Queue" => ("QueueName", default),
            "AWS::Serverless::Function" => ("FunctionName", default),
            "AWS::SecretsManager::Secret" => ("Name", default),
            _ => return Ok(default),
        };
        let given = self
            .resources
            .get(id)
            .and_then(|resource| resource.pointer(&format!("/Properties/{property}")));
        let given = given
            .map(|given| self.resolve(given))
            .transpose()?
            .flatten();
        given.map_or(Ok(default), |given| text(&given))
    }

    fn kind(&self, id: &str) -> Option<&'a str> {
        self.resources
            .get(id)
            .and_then(|resource| resource.get("Type"))
            .and_then(Value::as_str)
    }

    /// What `!GetAtt` gives; types that do not matter here have every attribute.
    pub(super) fn attribute(&self, id: &str, attribute: &str) -> Result<String, String> {
        let name = self.name(id)?;
        let kind = self.kind(id).unwrap_or_default();
        Ok(match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/stream/local")
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{name}"),
            ("AWS::S3::Bucket", "DomainName" | "RegionalDomainName") => {
                format!("{name}.s3.{REGION}.amazonaws.com")
            }
            ("AWS::SSM::Parameter", "Value") => {
                let value = self
                    .resources
                    .get(id)
                    .and_then(|resource| resource.pointer("/Properties/Value"));
                let value =
                    value.ok_or_else(|| format!("refers to {id}.Value, and it has none"))?;
                text(&self.resolve(value)?.unwrap_or_default())?
            }
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            ("AWS::SQS::Queue", "Arn") => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"),
            ("AWS::SQS::Queue", "QueueName") => name,
            ("AWS::SQS::Queue", "QueueUrl") | ("AWS::SecretsManager::Secret", "Id") => {
                self.name_or_arn(id)?
            }
            ("AWS::Serverless::Function", "Arn") => {
                format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
            }
            (
                "AWS::DynamoDB::Table"
                | "AWS::S3::Bucket"
                | "AWS::SQS::Queue"
                | "AWS::Serverless::Function"
                | "AWS::SSM::Parameter"
                | "AWS::SecretsManager::Secret",
                _,
            ) => {
                return Err(format!(
                    "refers to {id}.{attribute}, and {kind} has no such attribute"
                ));
            }
            _ => format!("arn:aws:local:{REGION}:{ACCOUNT}:{name}/{attribute}"),
        })
    }

    fn substitute(&self, pattern: &Value, names: &Map<String, Value>) -> Result<String, String> {
        let mut rest = pattern.as_str().ok_or("Fn::Sub needs a text")?;
        let mut done = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            done.push_str(before);
            let (name, after) = after
                .split_once('}')
                .ok_or("Fn::Sub has a ${ that nothing closes")?;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                done.push_str("${");
                done.push_str(literal);
                done.push('}');
            } else if let Some(value) = names.get(name) {
                done.push_str(&text(&self.resolve(value)?.unwrap_or_default())?);
            } else if let Some((id, attribute)) = name.split_once('.') {
                done.push_str(&self.attribute(id, attribute)?);
            } else {
                done.push_str(&text(&self.reference(name)?.unwrap_or_default())?);
            }
        }
        done.push_str(rest);
        Ok(done)
    }
}

/// A text, number or truth value as CloudFormation writes it into a text.
pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        _ => Err("a list or map stands where a text is needed".into()),
    }
}

/// The resources that SAM makes without naming them in the template.
fn implied(resources: &Map<String, Value>) -> BTreeSet<String> {
    let mut implied = BTreeSet::from([
        "ServerlessHttpApi".to_owned(),
        "ServerlessHttpApiApiGatewayDefaultStage".to_owned(),
    ]);
    for (id, resource) in resources {
        match resource.get("Type").and_then(Value::as_str) {
            Some("AWS::Serverless::Function") => {
                implied.insert(format!("{id}Role"));
                let events = resource
                    .pointer("/Properties/Events")
                    .and_then(Value::as_object);
                for event in events.into_iter().flat_map(Map::keys) {
                    implied.extend([
                        format!("{id}{event}"),
                        format!("{id}{event}Role"),
                        format!("{id}{event}Permission"),
                    ]);
                }
            }
            Some("AWS::Serverless::HttpApi") => {
                implied.insert(format!("{id}ApiGatewayDefaultStage"));
            }
            _ => {}
        }
    }
    implied
}
