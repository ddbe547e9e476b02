//! Links to packages, which the orders to release and to read one make.

use crate::Error;
use crate::order::Invocation;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::keyring::{Keyring, Packages as LinkKeys};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::package_code::PackageCode;
use custodian_domain::rights::package_token::{LinkId, LinkKind, PackageLink};
use custodian_domain::rights::register::lists::AnswerMeans;
use custodian_domain::rights::register::{Progress, Step};
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::{CaseSteps, OrderedIn};
use custodian_rights::case_view::show;
use custodian_runtime::Clock;
use custodian_store::packages::{Decided, Grant, Made, Package, Packages, State};
use custodian_store::requests::Requests;
use custodian_store::suppressions::Suppressions;
use serde_json::{Value, json};

/// How often each file can be fetched by one link, unless the order says otherwise.
pub(crate) const FETCHES: u32 = 3;

/// That a package was opened to be read, as its events have it.
pub(crate) const OPENED: &str = "opened for reading";

/// Makes links to packages. Nothing here reaches the files.
#[derive(Debug)]
pub(crate) struct Links {
    pub(crate) clock: Clock,
    pub(crate) packages: Packages,
    pub(crate) suppressions: Suppressions,
    pub(crate) requests: Requests,
    pub(crate) link_keys: Keyring<LinkKeys>,
    pub(crate) public_url: String,
    pub(crate) steps: CaseSteps,
}

/// The properties of a new link.
pub(crate) struct NewLink<'a> {
    pub(crate) kind: LinkKind,
    pub(crate) by: &'a str,
    pub(crate) fetches: u32,
    pub(crate) until: DateTime<Utc>,
    /// What is decided with it.
    pub(crate) decided: Option<Decided>,
}

/// The case that an order about a package is about: that of the package, which the order need not
/// name again. `field` says who gives it.
pub(crate) fn in_case(
    (order, field, by): (Order<'_>, &str, &str),
    request: &RequestId,
    package: &Package,
) -> Result<Option<OrderedIn>, Error> {
    if order.has("case_id") {
        let named = order.case("case_id")?;
        let own = package.in_case.as_ref().map(|it| &it.case_id);
        if own != Some(&named) {
            let rule = "must be that of the case in which the package was ordered";
            return Err(Violation::new("case_id", rule).into());
        }
    }
    let before = package.in_case.as_ref();
    Ok(CaseSteps::again(None, before, request, (field, by))?)
}

impl Links {
    /// The package of a request, if it exists and may be handed out as far as its time and its
    /// person allow. The order is then about that person, in the audit trail.
    pub(crate) async fn openable(
        &self,
        request: &RequestId,
        invocation: &Invocation<'_>,
    ) -> Result<(Package, Made), Error> {
        let (package, made) = self.find(request, invocation.now).await?;
        invocation.concerned.about(&package.holders);
        Ok((package, made))
    }

    async fn find(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<(Package, Made), Error> {
        let package = self
            .packages
            .find(request, now)
            .await?
            .ok_or(Error::Unknown)?;
        package.refuse_closed(now)?;
        let made = package
            .made
            .clone()
            .filter(|_| package.state == State::Complete)
            .ok_or(Error::Unfinished)?;
        if let Some(gone) = package.gone(&self.suppressions, now).await? {
            return Err(gone.into());
        }
        Ok((package, made))
    }

    /// Makes a link and its code. Who ordered them is stored before either is shown.
    pub(crate) async fn open(
        &self,
        request: &RequestId,
        new: NewLink<'_>,
        in_case: Option<&OrderedIn>,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let NewLink {
            kind,
            by,
            fetches,
            until,
            decided,
        } = new;
        let (id, code) = (LinkId::random(), PackageCode::random());
        let grant = Grant {
            link: id.clone(),
            code: code.digest(&self.link_keys, &id),
            by: by.to_owned(),
            at: now,
            until,
            fetches,
            document: 0,
            report: 0,
            wrong_codes: 0,
        };
        let taken = match in_case {
            Some(ordered) => {
                // Each link hands the package over once more.
                let link = grant.link.as_str().to_owned();
                let steps = |_: &Progress| match kind {
                    LinkKind::Release => {
                        let means = AnswerMeans::Link;
                        vec![(Step::HandedOver { means }, link.clone())]
                    }
                    LinkKind::Reading => Vec::new(),
                };
                Some(self.steps.take(ordered, steps, now).await?)
            }
            None => None,
        };
        let beside = self.steps.storing_any(taken.as_ref(), now)?;
        if !self
            .packages
            .grant(request, kind, &grant, decided.as_ref(), beside)
            .await?
        {
            // It was closed in between.
            self.find(request, now).await?;
            if in_case.is_some() {
                return Err(Error::Busy);
            }
            return Err(StorageError::unreadable("enter a link to a package").into());
        }
        let (event, outcome) = match kind {
            LinkKind::Release => ("released", "released"),
            LinkKind::Reading => (OPENED, "opened_for_reading"),
        };
        self.requests
            .happened(request, event, by, self.clock.now())
            .await?;
        let link = PackageLink {
            request: request.clone(),
            kind,
            id,
            until,
        };
        tracing::info!(outcome, "export");
        let mut answer = json!({
            "request_id": request.as_str(), "url": format!("{}/packages/{}", self.public_url, link.token(&self.link_keys)),
            "code": code.shown(), "fetches": fetches, "expires_at": until,
        });
        show(taken.as_ref().map(|taken| &taken.case), &mut answer);
        Ok(answer)
    }
}
