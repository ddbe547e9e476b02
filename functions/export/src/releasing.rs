//! The DPO's access to a package: reading it before it is released, releasing it, and seeing how it
//! was used.

use crate::order::{FETCHES, LookOrder, ReleaseOrder};
use crate::{Error, Export};
use chrono::{DateTime, SubsecRound, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::package::{File, RequestId};
use custodian_domain::rights::package_code::PackageCode;
use custodian_domain::rights::package_token::{LinkId, LinkKind, PackageLink};
use custodian_store::packages::{Decided, Grant, Made, Package, State};
use serde_json::{Value, json};

/// The properties of a new link.
struct Wanted<'a> {
    kind: LinkKind,
    by: &'a str,
    fetches: u32,
    until: DateTime<Utc>,
    /// What is decided with it.
    decided: Option<Decided>,
}

/// How many undecided links a message names.
const NAMED: usize = 10;

impl Export {
    /// Releases a package: makes the link by which the person gets it, and its code. The earlier
    /// link ends.
    pub(crate) async fn release(&self, order: &ReleaseOrder) -> Result<Value, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let (package, made) = self.openable(&order.request, now).await?;
        package.must_know(&order.decisions)?;
        let count = package.undecided(&order.decisions);
        if count > 0 {
            let names = package
                .names_undecided(&order.decisions)
                .take(NAMED)
                .cloned()
                .collect();
            return Err(Error::Undecided { count, names });
        }
        let (until, by) = (made.expires_at.min(now + order.valid), &order.released_by);
        let decided = Decided::released(by, now, &order.decisions, &package);
        let wanted = Wanted {
            kind: LinkKind::Release,
            by,
            fetches: order.fetches,
            until,
            decided,
        };
        self.open(&order.request, wanted, now).await
    }

    /// Makes a link by which the DPO reads a package before it is released, and its code.
    pub(crate) async fn read(&self, order: &LookOrder) -> Result<Value, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let (_, made) = self.openable(&order.request, now).await?;
        let until = made.expires_at.min(now + LinkKind::Reading.longest());
        let wanted = Wanted {
            kind: LinkKind::Reading,
            by: &order.by,
            fetches: FETCHES,
            until,
            decided: None,
        };
        self.open(&order.request, wanted, now).await
    }

    /// The state of a package, its links, when it was fetched, and its events.
    pub(crate) async fn status(&self, order: &LookOrder) -> Result<Value, Error> {
        let now = self.clock.now();
        let package = self
            .packages
            .find(&order.request, now)
            .await?
            .ok_or(Error::Unknown)?;
        let before = self.requests.history(&order.request, now).await?;
        self.requests
            .asked(
                &order.request,
                &before,
                "asked for its status",
                &order.by,
                now,
            )
            .await?;
        let events = self.requests.history(&order.request, now).await?;
        let link = |kind| {
            package
                .grant(kind)
                .map(|grant| shown(kind, grant, &package, now))
        };
        Ok(json!({
            "request_id": order.request.as_str(), "kind": package.kind, "state": package.state,
            "requested_by": package.requested_by, "requested_at": package.requested_at,
            "expires_at": package.made.as_ref().map(|made| made.expires_at),
            "unconfirmed": package.unconfirmed, "undecided": package.undecided(&Decisions::default()),
            "handed_over_at": package.handed_over_at,
            "decided": package.decided, "withdrawn": package.withdrawn,
            "release": link(LinkKind::Release), "reading": link(LinkKind::Reading),
            "fetched": package.fetched, "events": events,
        }))
    }

    /// The package of a request, if it exists and may be handed out as far as its time and its
    /// person allow.
    async fn openable(
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
    async fn open(
        &self,
        request: &RequestId,
        wanted: Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Result<Value, Error> {
        let Wanted {
            kind,
            by,
            fetches,
            until,
            decided,
        } = wanted;
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
        if !self
            .packages
            .grant(request, kind, &grant, decided.as_ref())
            .await?
        {
            // It was closed in between.
            self.openable(request, now).await?;
            return Err(StorageError::unreadable("enter a link to a package").into());
        }
        let (event, outcome) = match kind {
            LinkKind::Release => ("released", "released"),
            LinkKind::Reading => ("opened for reading", "opened_for_reading"),
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
        Ok(json!({
            "request_id": request.as_str(), "url": format!("{}/packages/{}", self.public_url, link.token(&self.link_keys)),
            "code": code.shown(), "fetches": fetches, "expires_at": until,
        }))
    }
}

/// A link as the DPO sees it: everything except what opens it.
fn shown(kind: LinkKind, grant: &Grant, package: &Package, now: DateTime<Utc>) -> Value {
    let document = package.made.iter().map(|_| File::Document);
    let report = package
        .made
        .iter()
        .filter_map(|made| made.report_key.as_ref())
        .map(|_| File::Report);
    let is_left = document.chain(report).any(|file| grant.left(file) > 0);
    let is_open = is_left && grant.is_open(kind, now) && package.refuse_closed(now).is_ok();
    json!({
        "by": grant.by, "at": grant.at, "until": grant.until, "is_open": is_open, "fetches": grant.fetches,
        "document": grant.document, "report": grant.report, "wrong_codes": grant.wrong_codes,
    })
}
