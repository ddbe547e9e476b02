//! `template.yaml`, read as AWS would read it: a fault in it fails here, at start.

mod apis;
mod conditions;
mod creations;
mod events;
mod function;
pub(crate) mod intrinsics;
pub(crate) mod resources;
mod yaml;

pub(crate) use apis::{HttpApi, JwtAuthorizer};
pub(crate) use creations::CreationEvent;
pub(crate) use events::{Destination, Event, HttpEvent, StreamEvent};
pub(crate) use function::Function;
pub(crate) use intrinsics::ACCOUNT;
pub use intrinsics::REGION;
pub use resources::Secret;
pub(crate) use resources::{Bucket, DefaultRetention, Index, Key, LifecycleRule, Queue, Table};

use crate::iam::{BucketPolicy, ManagedPolicy, Role};
use intrinsics::Scope;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is wrong in the template, and in which of its resources.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {place}: {problem}")]
pub struct TemplateError {
    /// The template's file name.
    pub file: String,
    /// The logical id of the resource (or the section) that is wrong.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Everything in a template that matters in one process.
#[derive(Debug, Default)]
pub(crate) struct Template {
    pub(crate) tables: Vec<Table>,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) functions: Vec<Function>,
    pub(crate) apis: Vec<HttpApi>,
    pub(crate) roles: Vec<Role>,
    managed_policies: Vec<ManagedPolicy>,
    pub(crate) bucket_policies: Vec<BucketPolicy>,
}

/// Types whose meaning would silently be lost if they were ignored like an alarm or a policy.
const REFUSED: [&str; 8] = [
    "AWS::ApiGatewayV2::Route",
    "AWS::DynamoDB::GlobalTable",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Scheduler::Schedule",
    "AWS::Serverless::Api",
    "AWS::Serverless::SimpleTable",
    "AWS::Serverless::StateMachine",
];

impl Template {
    /// Reads the template at `path`. Offered values are for parameters that it has, and that are
    /// not given.
    pub(crate) fn read(
        path: &Path,
        stack: &str,
        given: &BTreeMap<String, String>,
        offered: BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let file = path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.display().to_string(),
        );
        let wrong = |place: &str, problem: String| TemplateError {
            file: file.clone(),
            place: place.into(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            wrong(
                "file",
                format!("{} cannot be read: {error}", path.display()),
            )
        })?;
        let understood = yaml::parse(&text)
            .map_err(|problem| ("YAML".to_owned(), problem))
            .and_then(|document| {
                let mut given = given.clone();
                let wanted =
                    |name: &String| document.pointer(&format!("/Parameters/{name}")).is_some();
                for (name, value) in offered.into_iter().filter(|(name, _)| wanted(name)) {
                    given.entry(name).or_insert(value);
                }
                Self::understand(&document, stack, &given)
            });
        understood.map_err(|(place, problem)| wrong(&place, problem))
    }

    /// Understands a template, with values for its parameters; an error names the place and the
    /// problem.
    fn understand(
        document: &Value,
        stack: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<Self, (String, String)> {
        let scope = Scope::new(document, stack, given)
            .map_err(|problem| ("Parameters".to_owned(), problem))?;
        let mut template = Self::default();
        for (id, resource) in scope.resources() {
            template
                .add(&scope, id, resource)
                .map_err(|problem| (id.clone(), problem))?;
        }
        for (id, output) in document
            .get("Outputs")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let wrong = |problem: String| (format!("Outputs/{id}"), problem);
            if scope.is_wanted(output).map_err(wrong)? {
                scope.resolve(output).map_err(wrong)?;
            }
        }
        for role in &mut template.roles {
            role.attach(&template.managed_policies)
                .map_err(|problem| (role.arn.clone(), problem))?;
        }
        template.check().map(|()| template)
    }

    fn add(&mut self, scope: &Scope<'_>, id: &str, resource: &Value) -> Result<(), String> {
        let Some(kind) = resource.get("Type").and_then(Value::as_str) else {
            return Err("has no Type".into());
        };
        if !scope.is_made(id)? {
            return Ok(());
        }
        let mut properties = resource
            .get("Properties")
            .cloned()
            .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        if kind == "AWS::Serverless::Function" {
            properties = function::with_globals(properties, scope.globals("Function"));
        }
        let properties = scope.resolve(&properties)?.unwrap_or_default();
        let name = scope.name(id)?;
        match kind {
            "AWS::DynamoDB::Table" => self.tables.push(Table::new(id, name, properties)?),
            "AWS::S3::Bucket" => self.buckets.push(Bucket::new(id, name, properties)?),
            "AWS::SQS::Queue" => self.queues.push(Queue {
                arn: scope.attribute(id, "Arn")?,
                name,
            }),
            "AWS::SecretsManager::Secret" => {
                self.secrets
                    .push(Secret::new(id, name, scope.name_or_arn(id)?, &properties)?);
            }
            "AWS::Serverless::Function" => {
                let arn = scope.attribute(id, "Arn")?;
                self.functions
                    .push(Function::new(id, name, arn, scope.stack(), &properties)?);
            }
            "AWS::Serverless::HttpApi" => self.apis.push(HttpApi::new(id, name, properties)?),
            "AWS::IAM::Role" => self
                .roles
                .push(Role::new(scope.attribute(id, "Arn")?, &properties)?),
            "AWS::IAM::ManagedPolicy" => self
                .managed_policies
                .push(ManagedPolicy::new(name, &properties)?),
            "AWS::S3::BucketPolicy" => self.bucket_policies.push(BucketPolicy::new(&properties)?),
            other if REFUSED.contains(&other) => {
                return Err(format!("{other} is not understood by the local stack"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks what one part of the template says about another.
    fn check(&self) -> Result<(), (String, String)> {
        let (mut routes, mut creations) = (BTreeSet::new(), Vec::<(String, &CreationEvent)>::new());
        for function in &self.functions {
            for (event_id, event) in &function.events {
                let wrong =
                    |problem: String| (function.id.clone(), format!("event {event_id}: {problem}"));
                match event {
                    Event::Http(http) => {
                        self.api_of(http).map_err(wrong)?;
                        let key = http.route.key();
                        if !routes.insert((http.api.clone(), key.clone())) {
                            return Err(wrong(format!("the route {key} is there twice")));
                        }
                    }
                    Event::Stream(stream) => self.check_stream(stream).map_err(wrong)?,
                    Event::Creation(event) => {
                        if !self
                            .buckets
                            .iter()
                            .any(|bucket| bucket.name == event.bucket)
                        {
                            return Err(wrong(format!(
                                "{} is not a bucket of this template",
                                event.bucket
                            )));
                        }
                        if let Some((other, _)) =
                            creations.iter().find(|(_, known)| known.overlaps(event))
                        {
                            return Err(wrong(format!(
                                "S3 refuses filters that overlap, and {other} has the same"
                            )));
                        }
                        creations.push((format!("{} of {}", event_id, function.id), event));
                    }
                    Event::Schedule(_) => {}
                }
            }
            for queue in function.queues() {
                if !self.queues.iter().any(|known| known.arn == queue) {
                    return Err((
                        function.id.clone(),
                        format!("the destination {queue} is not a queue of this template"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The API of an event, and whose tokens its route takes: anybody's, if it is `None`.
    ///
    /// The API is `None` if it is the one that SAM makes for events that name none.
    pub(crate) fn api_of(
        &self,
        event: &HttpEvent,
    ) -> Result<(Option<&HttpApi>, Option<JwtAuthorizer>), String> {
        let Some(name) = &event.api else {
            let none = HttpApi::default();
            return none.authorizer(&event.auth).map(|it| (None, it));
        };
        let api = self.apis.iter().find(|api| api.name == *name);
        let api = api.ok_or_else(|| format!("{name} is not an HTTP API of this template"))?;
        api.authorizer(&event.auth).map(|it| (Some(api), it))
    }

    fn check_stream(&self, stream: &StreamEvent) -> Result<(), String> {
        let Some(table) = self.tables.iter().find(|table| table.name == stream.table) else {
            return Err(format!("there is no table {}", stream.table));
        };
        let Some(view) = &table.stream else {
            return Err(format!("the table {} has no stream", table.id));
        };
        if let Some(Destination::Bucket(name)) = &stream.failures
            && !self.buckets.iter().any(|bucket| bucket.name == *name)
        {
            return Err(format!(
                "the destination {name} is not a bucket of this template"
            ));
        }
        stream
            .filters
            .iter()
            .try_for_each(|filter| filter.fits(view))
    }
}
