//! Turns everything about one person into a package in S3.
//!
//! Records are sorted by their times alone, read a few at a time and written as they come, so that
//! memory stays small however many there are.

mod document;
mod gathering;
mod held;
mod lists;
mod making;
mod order;
mod releasing;
mod report;
mod supplementary;
mod withdrawing;

use chrono::{DateTime, SubsecRound, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::Exports;
use custodian_buckets::files::Files;
use custodian_domain::identity::keyring::{Keyring, Packages as Links};
use custodian_domain::rights::order::unambiguous;
use custodian_domain::validation::json::Payload;
use custodian_domain::validation::violation::Violation;
use custodian_rights::people::{Follow, Found, People};
use custodian_runtime::{Clock, Environment, Function, StartError, failure, secret, settings};
use custodian_store::confirmations::Confirmations;
use custodian_store::constraints::Constraints;
use custodian_store::opt_outs::OptOuts;
use custodian_store::packages::{Gone, HOLDERS, Made, Package, Packages, State};
use custodian_store::records::Records;
use custodian_store::requests::Requests;
use custodian_store::suppressions::Suppressions;
use custodian_store::surveys::Surveys;
use held::Counted;
use lambda_runtime::{Diagnostic, LambdaEvent};
use order::{
    FORMER_RELEASE, LookOrder, PackageOrder, READ, RELEASE, ReleaseOrder, STATUS, WITHDRAW,
    WithdrawOrder,
};
use serde_json::{Value, json};

/// Makes packages, and links to them.
#[derive(Debug)]
pub struct Export {
    clock: Clock,
    people: People,
    records: Records,
    surveys: Surveys,
    suppressions: Suppressions,
    opt_outs: OptOuts,
    confirmations: Confirmations,
    requests: Requests,
    constraints: Constraints,
    files: Files,
    packages: Packages,
    link_keys: Keyring<Links>,
    exports: Exports,
    about: supplementary::Council,
    public_url: String,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The order cannot be carried out.
    #[error(transparent)]
    Order(#[from] Violation),
    /// The request's id is taken.
    #[error("request_id was used for another package: give this one an id of its own")]
    AnotherRequest,
    /// There is no such package.
    #[error("no package was made under this request_id")]
    Unknown,
    /// The package is not made yet.
    #[error("the package is not finished: order it again with the same request_id")]
    Unfinished,
    /// The package is no longer handed out.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// An erasure of this person is not finished: what is left may be neither shown nor denied.
    #[error(
        "an erasure of this person is not finished: wait until its task `records` is over, then order again"
    )]
    ErasureOpen,
    /// Nobody has decided yet whether a linked person is the same.
    #[error(
        "links of this package are not decided: look at `linked`, then name each that was followed in confirmed_links and \
         each other in refused_links; if it should be the other way round, withdraw this package, and order another if there \
         is to be one; not decided: {count}"
    )]
    Undecided {
        /// How many.
        count: u64,
        /// The names of the first of them, for the answer and no log.
        names: Vec<String>,
    },
    /// DynamoDB or S3 does not answer.
    #[error("not finished, ask again with the same request_id: {0}")]
    Storage(#[from] StorageError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Order(_) => "BadOrder",
            Error::AnotherRequest => "AnotherRequest",
            Error::Unknown => "UnknownRequest",
            Error::Unfinished => "Unfinished",
            Error::ErasureOpen => "ErasureOpen",
            Error::Gone(_) => "Gone",
            Error::Undecided { names, .. } if !names.is_empty() => {
                return failure::failure(
                    "Undecided",
                    format_args!("{error}, namely {}", names.join(", ")),
                );
            }
            Error::Undecided { .. } => "Undecided",
            Error::Storage(_) => failure::UNAVAILABLE,
        };
        failure::failure(kind, error)
    }
}

impl Function for Export {
    const NAME: &'static str = "export";
    type Event = Payload;
    type Answer = Value;

    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or unusable.
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
        let keys = secret::subject_keys(environment).await?;
        Ok(Self {
            clock: environment.clock(),
            people: People {
                keys: keys.clone(),
                records: records.clone(),
                confirmations: confirmations.clone(),
            },
            records,
            surveys: Surveys::new(dynamodb.clone(), register.clone()),
            suppressions: Suppressions::new(dynamodb.clone(), register.clone()),
            opt_outs: OptOuts::new(
                &dynamodb,
                environment.setting(settings::RECORDS_TABLE)?,
                &register,
            ),
            confirmations,
            requests: Requests::new(&dynamodb, &register),
            constraints: Constraints::new(dynamodb.clone(), register.clone()),
            files: Files::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::INTAKE_BUCKET)?,
            )
            .indexed(&keys),
            packages: Packages::new(dynamodb, register),
            link_keys: secret::keyring(environment).await?,
            public_url: environment.owned(settings::PUBLIC_URL)?,
            exports: Exports::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::EXPORTS_BUCKET)?,
            ),
            about: supplementary::Council {
                name: environment.owned(settings::COUNCIL_NAME)?,
                dpo_email: environment.owned(settings::DPO_EMAIL)?,
                region: environment.region()?.to_owned(),
                recovery_days: settings::recovery_days(environment)?,
            },
        })
    }

    /// Carries out `{"kind", "identifiers", "requested_by", "request_id"?, "confirmed_links"?,
    /// "refused_links"?}`, which makes a package, or one of `{"read", "by"}`, `{"release",
    /// "released_by", "confirmed_links"?, "refused_links"?, "fetches"?, "days"?}`, `{"status",
    /// "by"}` and `{"withdraw", "by", "reason"?}`, which name the request of an existing package.
    ///
    /// # Errors
    /// [`Error`] in words.
    async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
        let answer = Box::pin(self.handle(&event.payload, &event.context.request_id)).await;
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
        let asks = |field: &str| order.get(field).is_some();
        if asks(RELEASE) || asks(FORMER_RELEASE) {
            self.release(&ReleaseOrder::read(order)?).await
        } else if asks(READ) {
            self.read(&LookOrder::read(order, READ)?).await
        } else if asks(WITHDRAW) {
            self.withdraw(&WithdrawOrder::read(order)?).await
        } else if asks(STATUS) {
            self.status(&LookOrder::read(order, STATUS)?).await
        } else {
            self.package(&PackageOrder::read(order, invocation)?).await
        }
    }

    /// Makes the package of a request, or returns the one that was made before.
    async fn package(&self, order: &PackageOrder) -> Result<Value, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let digest = order.digest(&self.people.keys);
        let before = self.packages.find(&order.request, now).await?;
        let found = self
            .people
            .find(
                &order.identifiers,
                &order.decisions,
                Follow::Unambiguous,
                now,
            )
            .await?;
        if let Some((before, made)) = before
            .as_ref()
            .map(|it| standing(it, &digest, now))
            .transpose()?
            .flatten()
        {
            self.ordered(order).await?;
            return Ok(self.answer(order, before, made, &found));
        }
        People::must_know(&order.decisions, &found)?;
        if found.holders.len() > HOLDERS {
            return Err(Violation::new(
                "identifiers",
                "lead to too many keys for one package: name or confirm fewer",
            )
            .into());
        }
        if before.is_some() {
            // What an interrupted run has left.
            self.exports.discard(&order.request).await?;
        }
        let package = Package {
            kind: order.kind,
            state: State::Started,
            order: digest.clone(),
            requested_by: order.requested_by.clone(),
            requested_at: before.as_ref().map_or(now, |before| before.requested_at),
            holders: found.holders.clone(),
            unconfirmed: found.unconfirmed(),
            undecided: found.undecided(),
            decided: found
                .decided(&order.requested_by, now, &order.decisions)
                .into_iter()
                .collect(),
            made: None,
            handed_over_at: None,
            release: None,
            reading: None,
            fetched: Vec::new(),
            withdrawn: None,
        };
        if !self.packages.start(&order.request, &package).await? {
            // Another run completed it in between, or it was closed.
            let other = self
                .packages
                .find(&order.request, now)
                .await?
                .ok_or(Error::Unknown)?;
            let (other, made) = standing(&other, &digest, now)?.ok_or(Error::Unfinished)?;
            self.ordered(order).await?;
            return Ok(self.answer(order, other, made, &found));
        }
        self.ordered(order).await?;
        let made = Box::pin(self.make(order, &package, &found, now)).await?;
        tracing::info!(outcome = "packaged", count = made.records, "export");
        Ok(self.answer(order, &package, &made, &found))
    }

    /// Stores who ordered the package: once for each order, because a second one may be somebody
    /// else's.
    async fn ordered(&self, order: &PackageOrder) -> Result<(), StorageError> {
        self.requests
            .happened(
                &order.request,
                "ordered",
                &order.requested_by,
                self.clock.now(),
            )
            .await
    }

    fn answer(&self, order: &PackageOrder, package: &Package, made: &Made, found: &Found) -> Value {
        let links = found.links();
        let mut answer = json!({
            "request_id": order.request.as_str(), "bucket": self.exports.bucket(), "key": made.key,
            "records": made.records, "bytes": made.bytes, "sha256": made.sha256, "expires_at": made.expires_at,
            "matched": found.matched, "linked": links.linked, "linked_total": links.linked_total, "undecided": package.undecided(&order.decisions),
        });
        if let Some(report) = &made.report_key {
            answer["report_key"] = json!(report);
        }
        // A package of an earlier version had no counts, and says itself what there is.
        if !made.held.is_empty() {
            let counted = Counted {
                held: made.held.clone(),
                not_followed: made.not_followed,
            };
            answer["held"] = json!(counted.held);
            counted
                .message(order.kind)
                .into_iter()
                .for_each(|message| answer["message"] = json!(message));
        }
        answer
    }
}

/// The package that was made before for the same order, if it is complete.
fn standing<'a>(
    before: &'a Package,
    digest: &str,
    now: DateTime<Utc>,
) -> Result<Option<(&'a Package, &'a Made)>, Error> {
    before.refuse_closed(now)?;
    if before.order != digest {
        return Err(Error::AnotherRequest);
    }
    Ok(before
        .made
        .as_ref()
        .filter(|_| before.state == State::Complete)
        .map(|made| (before, made)))
}
