//! IAM, as far as the template uses it: decides whether a role may make a call, as AWS decides it.
//!
//! An explicit denial overrides every allowance, and what nothing allows is denied
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
//! Every call of a function is decided here before it is sent, so whatever runs here is allowed on
//! AWS as well. If the evaluator does not know something in a policy, reading the template fails.
//! KMS, logs and queues are not called here, and not decided.

mod attributes;
mod call;
mod condition;
mod guard;
mod invocation;
mod policy;

pub use call::Call;
pub(crate) use guard::guarded;
pub(crate) use policy::{BucketPolicy, ManagedPolicy, Role};

use call::HashKeys;
use policy::Statement;
use serde_json::Value;
use std::sync::Arc;

/// A caller of AWS, with their own policies and the buckets' policies.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Their ARN, for policies.
    pub arn: String,
    own: Arc<Vec<Statement>>,
    around: Arc<Around>,
}

/// What all principals share.
#[derive(Debug, Default)]
pub(crate) struct Around {
    buckets: Vec<Statement>,
    hash_keys: HashKeys,
}

impl Around {
    pub(crate) fn new(
        policies: &[BucketPolicy],
        tables: &[crate::template::resources::Table],
    ) -> Self {
        let buckets = policies
            .iter()
            .flat_map(|policy| policy.statements.iter().cloned())
            .collect();
        Self {
            buckets,
            hash_keys: HashKeys::of(tables),
        }
    }
}

impl Principal {
    pub(crate) fn new(role: &Role, around: &Arc<Around>) -> Self {
        Self {
            arn: role.arn.clone(),
            own: Arc::new(role.statements.clone()),
            around: Arc::clone(around),
        }
    }

    /// Another principal, whose own policies allow everything: only the buckets' policies keep them
    /// out.
    #[must_use]
    pub fn with_all_rights(&self, arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            own: Arc::new(vec![Statement::everything()]),
            around: Arc::clone(&self.around),
        }
    }

    /// Whether a call is allowed.
    #[must_use]
    pub fn may(&self, call: &Call) -> bool {
        let call = call.by(&self.arn);
        let about = self
            .own
            .iter()
            .chain(&self.around.buckets)
            .filter(|statement| statement.is_about(&call));
        // Nothing, or the first decision, unless a later one denies.
        about
            .map(|statement| statement.allows)
            .reduce(|one, other| one && other)
            .unwrap_or_default()
    }

    /// The calls of a request to DynamoDB, by its operation and its body: one for each action of a
    /// transaction.
    #[must_use]
    pub fn dynamodb(&self, operation: &str, body: &Value) -> Vec<Call> {
        call::of_dynamodb(operation, body, &self.around.hash_keys)
    }

    /// Whether a request to DynamoDB is allowed, as a whole.
    #[must_use]
    pub fn may_ask(&self, operation: &str, body: &Value) -> bool {
        self.dynamodb(operation, body)
            .iter()
            .all(|call| self.may(call))
    }

    /// Its own policies: each allowance or denial, in the words of the template.
    pub fn says(&self) -> impl Iterator<Item = &Value> {
        self.own.iter().map(|statement| &statement.said)
    }
}
