//! Turns everything about one person into a package in S3. Each order has its own file, and
//! `Export::start` lists them.
//!
//! Records are sorted by their times alone, read a few at a time and written as they come, so that
//! memory stays small however many there are.

mod document;
mod error;
mod gathering;
mod links;
mod make_package;
mod making;
mod order;
mod read;
mod release;
mod report;
mod review;
mod revising;
mod sections;
mod status;
mod supplementary;
mod withdraw;
mod writing;

pub use error::Error;

use chrono::SubsecRound;
use custodian_buckets::exports::Exports;
use custodian_buckets::files::Files;
use custodian_domain::audit_trail::PersonTags;
use custodian_domain::rights::order::{attempt, unambiguous};
use custodian_domain::validation::json::Payload;
use custodian_rights::auditing::{Auditing, Concerned};
use custodian_rights::case_steps::CaseSteps;
use custodian_rights::people::People;
use custodian_runtime::{
    Clock, Environment, Function, Patience, StartError, failure, secret, settings,
};
use custodian_store::asked::Asked;
use custodian_store::audit_log::AuditLog;
use custodian_store::cases::Cases;
use custodian_store::confirmations::Confirmations;
use custodian_store::constraints::Constraints;
use custodian_store::looks::Looks;
use custodian_store::opt_outs::OptOuts;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::requests::Requests;
use custodian_store::suppressions::Suppressions;
use custodian_store::surveys::Surveys;
use gathering::Gatherer;
use gathering::links::LinkGatherer;
use gathering::lists::ListGatherer;
use gathering::register::RegisterGatherer;
use lambda_runtime::{Diagnostic, LambdaEvent};
use links::Links;
use make_package::MakePackage;
use making::PackageMaker;
use order::{Invocation, OrderHandler};
use read::Read;
use release::{FORMER_FIELD, Release};
use review::Review;
use revising::Reviser;
use serde_json::Value;
use status::Status;
use std::sync::Arc;
use supplementary::Council;
use withdraw::Withdraw;

/// The field that names the case of an order, under which the audit trail lists it.
const CASE_ID: &str = "case_id";

/// Makes packages, and links to them.
#[derive(Debug)]
pub struct Export {
    clock: Clock,
    auditing: Auditing,
    /// The handler of each order about an existing package, by the field that names its request.
    /// If an order has several of these fields, the first in this list counts.
    orders: Vec<(&'static str, Box<dyn OrderHandler>)>,
    /// The handler of an order that has none of these fields.
    make_package: MakePackage,
}

impl Function for Export {
    const NAME: &'static str = "export";
    const PATIENCE: Patience = Patience::LONG;
    type Event = Payload;
    type Answer = Value;

    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or unusable.
    #[expect(
        clippy::too_many_lines,
        reason = "what each order depends on, and nothing else"
    )]
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (dynamodb, register) = (
            custodian_store::client(&environment.dynamodb()),
            environment.owned(settings::REGISTER_TABLE)?,
        );
        let records = Records::new(
            dynamodb.clone(),
            environment.owned(settings::RECORDS_TABLE)?,
        );
        let opt_outs = OptOuts::new(
            &dynamodb,
            environment.setting(settings::RECORDS_TABLE)?,
            &register,
        );
        let (clock, public_url) = (
            environment.clock(),
            environment.owned(settings::PUBLIC_URL)?,
        );
        let confirmations = Confirmations::new(&dynamodb, &register);
        let suppressions = Suppressions::new(dynamodb.clone(), register.clone());
        let requests = Requests::new(&dynamodb, &register);
        let packages = Packages::new(dynamodb.clone(), register.clone());
        let steps = CaseSteps {
            cases: Cases::new(&dynamodb, &register),
            requests: requests.clone(),
            packages: packages.clone(),
        };
        let asked = Asked::new(&dynamodb, &register);
        let keys = secret::subject_keys(environment).await?;
        let files = Files::new(
            custodian_buckets::client(&environment.s3()),
            environment.owned(settings::INTAKE_BUCKET)?,
        )
        .indexed(&keys);
        let exports = Exports::new(
            custodian_buckets::client(&environment.s3()),
            environment.owned(settings::EXPORTS_BUCKET)?,
        );
        let gatherer = Gatherer {
            records: records.clone(),
            confirmations: confirmations.clone(),
            files: files.clone(),
            lists: ListGatherer {
                keys: keys.clone(),
                opt_outs,
                confirmations: confirmations.clone(),
            },
            links: LinkGatherer {
                keys: keys.clone(),
                records: records.clone(),
            },
            register: RegisterGatherer {
                requests: requests.clone(),
                constraints: Constraints::new(dynamodb.clone(), register.clone()),
                suppressions: suppressions.clone(),
                packages: packages.clone(),
                looks: Looks::new(&dynamodb, &register),
                asked: asked.clone(),
            },
        };
        let auditing = Auditing {
            log: AuditLog::new(
                &dynamodb,
                environment.setting(settings::AUDIT_TABLE)?,
                &register,
            ),
            tags: PersonTags::new(&secret::keyring(environment).await?),
        };
        let reviser = Reviser {
            records: records.clone(),
            surveys: Surveys::new(dynamodb.clone(), register.clone()),
            exports: exports.clone(),
        };
        let maker = PackageMaker {
            records: records.clone(),
            surveys: Surveys::new(dynamodb, register),
            suppressions: suppressions.clone(),
            packages: packages.clone(),
            files,
            exports: exports.clone(),
            gatherer,
            council: Council {
                name: environment.owned(settings::COUNCIL_NAME)?,
                dpo_email: environment.owned(settings::DPO_EMAIL)?,
                region: environment.region()?.to_owned(),
                recovery_days: settings::recovery_days(environment)?,
            },
            public_url: public_url.clone(),
        };
        let make_package = MakePackage {
            clock: clock.clone(),
            people: People {
                keys,
                records,
                confirmations,
            },
            packages: packages.clone(),
            requests: requests.clone(),
            exports: exports.clone(),
            maker,
            steps: steps.clone(),
            asked,
        };
        let links = Arc::new(Links {
            clock: clock.clone(),
            packages: packages.clone(),
            suppressions,
            requests: requests.clone(),
            link_keys: secret::keyring(environment).await?,
            public_url,
            steps: steps.clone(),
        });
        let review = Review {
            links: Arc::clone(&links),
            exports: exports.clone(),
            reviser,
        };
        let withdraw = Withdraw {
            packages: packages.clone(),
            exports,
            steps,
        };
        let status = Status {
            clock: clock.clone(),
            packages,
            requests,
        };
        Ok(Self {
            clock,
            auditing,
            orders: vec![
                (FORMER_FIELD, Box::new(Release(Arc::clone(&links)))),
                ("release", Box::new(Release(Arc::clone(&links)))),
                ("read", Box::new(Read(links))),
                ("review", Box::new(review)),
                ("withdraw", Box::new(withdraw)),
                ("status", Box::new(status)),
            ],
            make_package,
        })
    }

    /// Carries out `{"kind", "identifiers", "requested_by", "request_id"?, "confirmed_links"?,
    /// "refused_links"?}`, which makes a package, or one of `{"read", "by"}`, `{"review", "by",
    /// "nothing_taken_out" or "take_out"}`, `{"release",
    /// "released_by", "confirmed_links"?, "refused_links"?, "fetches"?, "days"?}`, `{"status",
    /// "by"}` and `{"withdraw", "by", "reason"?}`, which name the request of an existing package.
    ///
    /// # Errors
    /// [`Error`] in words.
    async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
        let answer = self.handle(&event.payload, &event.context.request_id).await;
        failure::answered(
            answer.inspect_err(
                |error| tracing::error!(error = %error, outcome = "refused", "export"),
            ),
        )
    }
}

impl Export {
    async fn handle(&self, order: &Payload, invocation: &str) -> Result<Value, Error> {
        let order = unambiguous(order)?;
        let (field, handler) = self.handler(order);
        let (now, concerned) = (|| self.clock.now().trunc_subsecs(0), Concerned::default());
        let request = match field {
            _ if order.get(CASE_ID).is_some() => CASE_ID,
            "" => "request_id",
            field => field,
        };
        let attempt = attempt(
            Self::NAME,
            handler.name(),
            order,
            handler.given_by(field),
            request,
        );
        let carrying_out = Box::pin(async {
            let invocation = Invocation {
                now: now(),
                id: invocation,
                concerned: &concerned,
            };
            handler.carry_out(order, field, &invocation).await
        });
        self.auditing
            .around(attempt, &concerned, now, carrying_out)
            .await
    }

    /// The handler of an order, and the field that chose it.
    fn handler(&self, order: &Value) -> (&str, &dyn OrderHandler) {
        let named = self
            .orders
            .iter()
            .find(|(field, _)| order.get(field).is_some());
        named.map_or(("", &self.make_package), |(field, handler)| {
            (field, &**handler)
        })
    }
}
