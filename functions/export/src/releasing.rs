//! The door to a package from the DPO's side: reading it before it is released, releasing it, and seeing what came of it.

use crate::order::{FETCHES, LookOrder, ReleaseOrder};
use crate::{Error, Export};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::domain::decision::Decisions;
use shared::domain::package::RequestId;
use shared::domain::package_code::Code;
use shared::domain::package_token::{LinkId, LinkKind, PackageLink};
use shared::storage::StorageError;
use shared::storage::packages::{Grant, Made, Package, State};

/// How long a link works by which the DPO reads a package: whoever asks for it follows it at once.
const READING: TimeDelta = TimeDelta::minutes(15);

/// What a new link is to be.
struct Wanted<'a> {
    kind: LinkKind,
    by: &'a str,
    fetches: u32,
    until: DateTime<Utc>,
}

impl Export {
    /// Releases a package: makes the link by which the person gets it, and its code. The one before ends.
    pub(crate) async fn release(&self, order: &ReleaseOrder) -> Result<Value, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let (package, made) = self.openable(&order.request, now).await?;
        let undecided = package.undecided(&order.decisions);
        if undecided > 0 {
            return Err(Error::Undecided(undecided));
        }
        let until = made.expires_at.min(now + order.valid);
        let wanted = Wanted { kind: LinkKind::Release, by: &order.released_by, fetches: order.fetches, until };
        self.open(&order.request, wanted, now).await
    }

    /// Makes a link by which the DPO reads a package before it is released, and its code.
    pub(crate) async fn read(&self, order: &LookOrder) -> Result<Value, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let (_, made) = self.openable(&order.request, now).await?;
        let until = made.expires_at.min(now + READING);
        let wanted = Wanted { kind: LinkKind::Reading, by: &order.by, fetches: FETCHES, until };
        self.open(&order.request, wanted, now).await
    }

    /// How far a package is, which links lead to it, when it was fetched, and what happened to it.
    pub(crate) async fn status(&self, order: &LookOrder) -> Result<Value, Error> {
        let now = self.clock.now();
        let package = self.packages.find(&order.request, now).await?.ok_or(Error::Unknown)?;
        self.requests.happened(&order.request, "asked for its status", &order.by, now).await?;
        let (mut pages, mut events) = (self.requests.events(&order.request, now), Vec::new());
        while let Some(page) = pages.next().await? {
            events.extend(page);
        }
        Ok(json!({
            "request_id": order.request.as_str(), "kind": package.kind, "state": package.state,
            "requested_by": package.requested_by, "requested_at": package.requested_at,
            "expires_at": package.made.as_ref().map(|made| made.expires_at),
            "unconfirmed": package.unconfirmed, "undecided": package.undecided(&Decisions::default()),
            "handed_over_at": package.handed_over_at,
            "release": package.release.as_ref().map(|grant| shown(grant, now)),
            "reading": package.reading.as_ref().map(|grant| shown(grant, now)),
            "fetched": package.fetched, "events": events,
        }))
    }

    /// The package of a request, which is there and may be handed out as far as its time and its person go.
    async fn openable(&self, request: &RequestId, now: DateTime<Utc>) -> Result<(Package, Made), Error> {
        let package = self.packages.find(request, now).await?.ok_or(Error::Unknown)?;
        package.refuse_closed(now)?;
        let made = package.made.clone().filter(|_| package.state == State::Complete).ok_or(Error::Unfinished)?;
        if let Some(gone) = package.gone(&self.suppressions, now).await? {
            return Err(gone.into());
        }
        Ok((package, made))
    }

    /// Makes a link and its code. Nobody is told of either before it is remembered who ordered them.
    async fn open(&self, request: &RequestId, wanted: Wanted<'_>, now: DateTime<Utc>) -> Result<Value, Error> {
        let Wanted { kind, by, fetches, until } = wanted;
        let (id, code, keys) = (LinkId::random(), Code::random(), &self.people.keys);
        let grant = Grant {
            link: id.clone(),
            code: code.digest(keys, &id),
            by: by.to_owned(),
            at: now,
            until,
            fetches,
            document: 0,
            report: 0,
            wrong_codes: 0,
        };
        if !self.packages.grant(request, kind, &grant).await? {
            // It was closed in between.
            self.openable(request, now).await?;
            return Err(StorageError::unreadable("enter a link to a package").into());
        }
        let (event, outcome) = match kind {
            LinkKind::Release => ("released", "released"),
            LinkKind::Reading => ("opened for reading", "opened_for_reading"),
        };
        self.requests.happened(request, event, by, self.clock.now()).await?;
        let link = PackageLink { request: request.clone(), kind, id };
        tracing::info!(outcome, "export");
        Ok(json!({
            "request_id": request.as_str(), "url": format!("{}/packages/{}", self.public_url, link.token(keys)),
            "code": code.shown(), "fetches": fetches, "expires_at": until,
        }))
    }
}

/// A link as the DPO sees it: everything but what opens it.
fn shown(grant: &Grant, now: DateTime<Utc>) -> Value {
    json!({
        "by": grant.by, "at": grant.at, "until": grant.until, "is_open": grant.is_open(now), "fetches": grant.fetches,
        "document": grant.document, "report": grant.report, "wrong_codes": grant.wrong_codes,
    })
}
