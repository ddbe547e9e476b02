//! Carries out the orders of the Data Protection Officer. Each order has its own file;
//! `Requests::start` lists them, and `cases` those about the register.
//!
//! An erasure is planned, looked at, and approved by the hash of its plan. From then on every place
//! has its own task, which the Register's stream starts; the status shows the results.

mod approve;
mod attach_statement;
mod audit;
mod breaches;
mod cases;
mod certificate;
mod confirm;
mod confirm_address;
mod constraints;
mod correct;
mod disclose_identity;
mod error;
mod find_records;
mod hold;
mod impact;
mod lift;
mod links;
mod list_tasks;
mod look;
mod named_record;
mod notice;
mod opt_in;
mod order;
mod plan;
mod recipients;
mod rectified;
mod request_view;
mod restrict;
mod service_complaints;
mod signed_in;
mod status;
mod stop;
mod stop_marketing;
mod unrestrict;
mod unsubscribe_link;

pub use error::Error;

use approve::Approve;
use attach_statement::AttachStatement;
use audit::ReadAudit;
use breaches::{EnteringBreach, Finder};
use cases::Entering;
use certificate::{Controller, IssueCertificate};
use chrono::{Days, SubsecRound};
use confirm::Confirm;
use confirm_address::ConfirmAddress;
use constraints::Constraining;
use correct::Correct;
use custodian_buckets::files::Files;
use custodian_domain::audit_trail::PersonTags;
use custodian_domain::rights::breach::BreachId;
use custodian_domain::rights::order::{attempt, unambiguous};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::CaseId;
use custodian_domain::validation::json::Payload;
use custodian_domain::validation::violation::Violation;
use custodian_partner_auth::processor::confirms_addresses;
use custodian_rights::auditing::{Auditing, Concerned};
use custodian_rights::case_steps::{CaseSteps, Pointing};
use custodian_rights::hold_enforcement::HoldEnforcement;
use custodian_rights::people::People;
use custodian_rights::rectifying::Rectifying;
use custodian_runtime::{
    Clock, Environment, Function, Patience, StartError, failure, secret, settings,
};
use custodian_store::asked::Asked;
use custodian_store::audit_log::AuditLog;
use custodian_store::breaches::Breaches;
use custodian_store::cases::Cases;
use custodian_store::confirmations::Confirmations;
use custodian_store::constraints::Constraints;
use custodian_store::evidence::Evidence;
use custodian_store::ledger::Ledger;
use custodian_store::opt_outs::OptOuts;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::requests::Requests as Register;
use custodian_store::suppressions::Suppressions;
use custodian_store::tasks::Tasks;
use disclose_identity::DiscloseIdentity;
use find_records::FindRecords;
use hold::Hold;
use impact::Impact;
use lambda_runtime::{Diagnostic, LambdaEvent};
use lift::Lift;
use links::ListLinks;
use list_tasks::ListTasks;
use look::Look;
use named_record::NamedRecords;
use notice::Notice;
use opt_in::OptIn;
use order::{Invocation, OrderHandler};
use plan::PlanErasure;
use recipients::Recipients;
use rectified::Rectified;
use request_view::RequestView;
use restrict::Restrict;
use serde_json::Value;
use service_complaints::ServiceComplaints;
use signed_in::{EVENTS, NoteEvent};
use status::Status;
use std::sync::Arc;
use stop::Stop;
use stop_marketing::StopMarketing;
use unrestrict::Unrestrict;
use unsubscribe_link::UnsubscribeLink;

/// The field that names the request of an order.
const REQUEST_ID: &str = "request_id";
/// The field that names the case of an order about the register.
const CASE_ID: &str = "case_id";
/// The field that names the breach of an order about the register of breaches.
const BREACH_ID: &str = "breach_id";
/// The field of an answer that names the requests which hold records for a breach.
const HOLDS: &str = "holds";

/// Takes the DPO's orders.
#[derive(Debug)]
pub struct Requests {
    clock: Clock,
    auditing: Auditing,
    evidence: Evidence,
    /// The handler of each order, in the order in which error messages list them.
    orders: Vec<(&'static str, Box<dyn OrderHandler>)>,
}

impl Function for Requests {
    const NAME: &'static str = "requests";
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
        let confirmations = Confirmations::new(&dynamodb, &register);
        let packages = Packages::new(dynamodb.clone(), register.clone());
        let ledger = Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?);
        let evidence = Evidence::new(dynamodb.clone(), register.clone(), ledger.clone());
        let opt_outs = OptOuts::new(
            &dynamodb,
            environment.setting(settings::RECORDS_TABLE)?,
            &register,
        );
        let auditing = Auditing {
            log: AuditLog::new(
                &dynamodb,
                environment.setting(settings::AUDIT_TABLE)?,
                &register,
            ),
            tags: PersonTags::new(&secret::keyring(environment).await?),
        };
        let audit = ReadAudit(auditing.log.clone());
        let tags = PersonTags::new(&secret::keyring(environment).await?);
        let constraints = Constraints::new(dynamodb.clone(), register.clone());
        let cases = Cases::new(&dynamodb, &register);
        let breaches = Breaches::new(&dynamodb, &register);
        let asked = Asked::new(&dynamodb, &register);
        let suppressions = Suppressions::new(dynamodb.clone(), register.clone());
        let tasks = Tasks::new(dynamodb.clone(), register.clone());
        let register = Register::new(&dynamodb, &register);
        let keys = secret::subject_keys(environment).await?;
        let identities = Arc::new(secret::keyring(environment).await?);
        let people = People {
            keys: keys.clone(),
            records: records.clone(),
            confirmations: confirmations.clone(),
        };
        let files = Files::new(
            custodian_buckets::client(&environment.s3()),
            environment.owned(settings::INTAKE_BUCKET)?,
        );
        let finder = Finder {
            records: records.clone(),
            log: auditing.log.clone(),
            tags,
            files: files.clone(),
        };
        let view = Arc::new(RequestView {
            register: register.clone(),
            tasks: tasks.clone(),
        });
        let in_steps = people.clone();
        let steps = CaseSteps {
            cases: cases.clone(),
            requests: register.clone(),
            packages: packages.clone(),
        };
        let marketing_steps = steps.clone();
        let entering = Entering {
            cases: cases.clone(),
            steps: steps.clone(),
            pointing: Pointing {
                asked: asked.clone(),
                constraints: constraints.clone(),
            },
        };
        let impact = Arc::new(Impact {
            people: people.clone(),
            records: records.clone(),
            confirmations: confirmations.clone(),
            constraints: constraints.clone(),
            packages: packages.clone(),
            register: register.clone(),
            cases,
            asked,
            files: files.indexing(&keys),
        });
        let named_records = Arc::new(NamedRecords {
            people: people.clone(),
            rectifying: Rectifying {
                records: records.clone(),
                suppressions,
                ledger: ledger.clone(),
                packages: packages.clone(),
                keys,
            },
            register: register.clone(),
            recovery: Days::new(settings::recovery_days(environment)?.into()),
            steps: steps.clone(),
        });
        let recipients = Arc::new(Recipients {
            register: register.clone(),
            impact: Arc::clone(&impact),
            view: Arc::clone(&view),
        });
        let service_complaints = ServiceComplaints(records.clone());
        let hold_enforcement = HoldEnforcement {
            constraints: constraints.clone(),
            records,
            ledger,
            packages: packages.clone(),
        };
        let entering_breach = EnteringBreach {
            breaches: breaches.clone(),
            hold_enforcement: hold_enforcement.clone(),
        };
        let constraining = Arc::new(Constraining {
            people: people.clone(),
            register: register.clone(),
            hold_enforcement,
            recipients: Arc::clone(&recipients),
            view: Arc::clone(&view),
            steps: steps.clone(),
        });
        let plan = PlanErasure {
            people: people.clone(),
            identities: Arc::clone(&identities),
            register: register.clone(),
            impact: Arc::clone(&impact),
            steps: steps.clone(),
        };
        let approve = Approve {
            people: people.clone(),
            identities: Arc::clone(&identities),
            register: register.clone(),
            constraints,
            impact,
            view: Arc::clone(&view),
            steps: steps.clone(),
        };
        let status = Status {
            register: register.clone(),
            constraints: Arc::clone(&constraining),
            view: Arc::clone(&view),
        };
        let stop = Stop {
            register: register.clone(),
            tasks: tasks.clone(),
            view: Arc::clone(&view),
            steps: steps.clone(),
        };
        let list_tasks = ListTasks(tasks.clone());
        let confirm = Confirm {
            register: register.clone(),
            tasks,
            view: Arc::clone(&view),
        };
        let links = ListLinks {
            people: people.clone(),
            register: register.clone(),
        };
        let rectified = Rectified {
            people: people.clone(),
            register: register.clone(),
            recipients,
            view,
            steps,
        };
        let disclose_identity = DiscloseIdentity {
            people: people.clone(),
            identities,
            register: register.clone(),
        };
        let controller = Controller {
            council: environment.owned(settings::COUNCIL_NAME)?,
            dpo_email: environment.owned(settings::DPO_EMAIL)?,
        };
        let certificate = IssueCertificate {
            register: register.clone(),
            controller: controller.clone(),
        };
        let unsubscribe_link = UnsubscribeLink {
            people: people.clone(),
            mail_links: secret::keyring(environment).await?,
            register: register.clone(),
            public_url: environment.owned(settings::PUBLIC_URL)?,
        };
        let stop_marketing = StopMarketing {
            people: people.clone(),
            opt_outs: opt_outs.clone(),
            steps: marketing_steps,
        };
        let opt_in = OptIn {
            people: people.clone(),
            opt_outs,
            confirmations: confirmations.clone(),
        };
        let confirm_address = ConfirmAddress {
            people,
            addresses: secret::keyring(environment).await?,
            confirmations,
            packages,
            register: register.clone(),
            is_on: confirms_addresses(environment)?,
        };
        let mut orders: Vec<(&'static str, Box<dyn OrderHandler>)> = vec![
            ("plan", Box::new(plan)),
            ("approve", Box::new(approve)),
            ("status", Box::new(status)),
            ("stop", Box::new(stop)),
            ("confirm", Box::new(confirm)),
            ("links", Box::new(links)),
            ("tasks", Box::new(list_tasks)),
            ("hold", Box::new(Hold(Arc::clone(&constraining)))),
            ("lift", Box::new(Lift(Arc::clone(&constraining)))),
            ("restrict", Box::new(Restrict(Arc::clone(&constraining)))),
            ("notice", Box::new(Notice(Arc::clone(&constraining)))),
            ("unrestrict", Box::new(Unrestrict(constraining))),
            ("find", Box::new(FindRecords(Arc::clone(&named_records)))),
            ("look", Box::new(Look(Arc::clone(&named_records)))),
            ("correct", Box::new(Correct(Arc::clone(&named_records)))),
            ("state", Box::new(AttachStatement(named_records))),
            ("rectified", Box::new(rectified)),
            ("whom", Box::new(disclose_identity)),
            ("certificate", Box::new(certificate)),
            ("unsubscribe_link", Box::new(unsubscribe_link)),
            ("opt_in", Box::new(opt_in)),
            ("stop_marketing", Box::new(stop_marketing)),
            ("confirm_address", Box::new(confirm_address)),
            ("audit", Box::new(audit)),
            ("service_complaints", Box::new(service_complaints)),
        ];
        let events = EVENTS.map(|event| (event, Box::new(NoteEvent) as Box<dyn OrderHandler>));
        orders.extend(events);
        orders.extend(breaches::orders(
            entering_breach,
            finder,
            controller.clone(),
        ));
        orders.extend(cases::orders(
            entering, in_steps, register, controller, breaches,
        ));
        Ok(Self {
            clock: environment.clock(),
            auditing,
            evidence,
            orders,
        })
    }

    /// Carries out `{"order": …, …}`, where `order` names one of the orders.
    ///
    /// If an order is refused, the answer says why.
    ///
    /// # Errors
    /// [`Error::Storage`] as text.
    async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
        let answer = self.handle(&event.payload, &event.context.request_id).await;
        failure::answered(
            answer.inspect_err(
                |error| tracing::error!(error = %error, outcome = "refused", "request"),
            ),
        )
    }
}

impl Requests {
    async fn handle(&self, order: &Payload, id: &str) -> Result<Value, Error> {
        let order = unambiguous(order)?;
        let (name, handler) = self.handler(order)?;
        let (now, concerned) = (|| self.clock.now().trunc_subsecs(0), Concerned::default());
        let about = [CASE_ID, BREACH_ID, REQUEST_ID]
            .into_iter()
            .find(|field| order.get(field).is_some())
            .unwrap_or(REQUEST_ID);
        let attempt = attempt(Self::NAME, name, order, handler.given_by(), about);
        let carrying_out = Box::pin(async {
            let invocation = Invocation {
                now: now(),
                id,
                concerned: &concerned,
            };
            let answer = handler.carry_out(order, &invocation).await?;
            self.attest(order, &answer, handler).await;
            Ok(answer)
        });
        self.auditing
            .around(attempt, &concerned, now, carrying_out)
            .await
    }

    /// The name of an order, and its handler.
    fn handler(&self, order: &Value) -> Result<(&'static str, &dyn OrderHandler), Violation> {
        let named = order.get("order").and_then(Value::as_str);
        let known = self.orders.iter().find(|(name, _)| Some(*name) == named);
        known
            .map(|(name, handler)| (*name, &**handler))
            .ok_or_else(|| {
                let all: Vec<&str> = self.orders.iter().map(|(name, _)| *name).collect();
                Violation::new("order", format!("must be {}", one_of(&all)))
            })
    }

    /// Attests what was written, together with the answer. The sweep attests what cannot be
    /// attested now.
    async fn attest(&self, order: &Value, answer: &Value, handler: &dyn OrderHandler) {
        // If an order names no request or case, its answer does.
        let named = |field: &str| {
            let told = || answer.get(field).or(answer["case"].get(field));
            let id = order.get(field).or_else(told)?.as_str()?;
            RequestId::try_from(id.to_owned()).ok()
        };
        let now = self.clock.now();
        let mut attested = Ok(0);
        if let Some(id) = named(REQUEST_ID) {
            let recipients = handler
                .notifies_as()
                .and_then(|name| id.following(name).ok());
            let written: Vec<RequestId> = recipients.into_iter().chain([id]).collect();
            attested = self.evidence.attest(&written, now).await;
        }
        if let Some(Ok(case)) = named(CASE_ID).map(CaseId::try_from) {
            attested = attested.and(self.evidence.attest_case(&case, now).await);
        }
        if let Some(Ok(breach)) = named(BREACH_ID).map(BreachId::try_from) {
            let holds = answer.get(HOLDS).and_then(Value::as_array);
            let holds = holds.into_iter().flatten().filter_map(Value::as_str);
            let holds: Vec<RequestId> = holds
                .filter_map(|id| RequestId::try_from(id.to_owned()).ok())
                .collect();
            attested = attested.and(self.evidence.attest_breach(&breach, &holds, now).await);
        }
        if let Err(error) = attested {
            tracing::warn!(error = %error, outcome = "attested_later", "evidence");
        }
    }
}

/// Names, as a sentence lists them.
fn one_of(names: &[&str]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::one_of;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        for (names, text) in [
            (&[][..], ""),
            (&["plan"], "plan"),
            (&["plan", "stop"], "plan or stop"),
            (&["plan", "stop", "lift"], "plan, stop or lift"),
        ] {
            assert_eq!(one_of(names), text);
        }
    }
}
