//! The access to packages.
//!
//! `GET /packages/{token}` shows what there is and asks for the code. It changes nothing, because
//! programs that look for viruses follow every link. `POST` with the code counts the fetch, which
//! is what hands a package over. Only then it redirects to the object, by a link of S3's that works
//! for a minute. A link of S3's alone would work until its own end whatever the Register says, and
//! where the object is gone it would answer as if there had never been one.

mod body;
mod pages;
mod refusal;

use body::Typed;
use chrono::{DateTime, SubsecRound, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::Exports;
use custodian_domain::identity::keyring::{Keyring, Packages as Links};
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::package::File;
use custodian_domain::rights::package_code::PackageCode;
use custodian_domain::rights::package_token::{LinkKind, PackageLink, WRONG_CODES};
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, secret, settings};
use custodian_store::packages::{Grant, Made, Package, Packages, State};
use custodian_store::suppressions::Suppressions;
use custodian_web::gateway;
use custodian_web::http;
use custodian_web::http::header::{HeaderValue, LOCATION};
use custodian_web::http::{Method, Request, Response, StatusCode};
use custodian_web::page::{self, Page};
use custodian_web::site::Site;
use lambda_runtime::{Diagnostic, LambdaEvent};
use pages::{Mistake, Offer, Part};
use refusal::{Gone, Rejection};
use std::time::Duration;

/// How long S3's link works: the person follows the redirect at once.
const MINUTE: Duration = Duration::from_mins(1);

/// Redirects to packages that may be handed out.
pub struct Download {
    clock: Clock,
    keys: Keyring<Links>,
    packages: Packages,
    suppressions: Suppressions,
    exports: Exports,
    site: Site,
}

/// A package that a link and its code open.
struct Opened {
    package: Package,
    made: Made,
    grant: Grant,
}

impl Opened {
    /// The key of a file, if the package has it.
    fn key(&self, file: File) -> Option<&str> {
        match file {
            File::Document => Some(&self.made.key),
            File::Report => self.made.report_key.as_deref(),
        }
    }

    /// The files that the package has.
    fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        let files = File::ALL
            .into_iter()
            .filter(|file| self.key(*file).is_some());
        files.map(|file| Part {
            file,
            left: self.grant.left(file),
        })
    }
}

impl Function for Download {
    const NAME: &'static str = "download";
    const PATIENCE: Patience = Patience::PAGE;
    type Event = gateway::Event;
    type Answer = gateway::Answer;

    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is missing.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (dynamodb, register) = (
            custodian_store::client(&environment.dynamodb()),
            environment.owned(settings::REGISTER_TABLE)?,
        );
        Ok(Self {
            clock: environment.clock(),
            keys: secret::keyring(environment).await?,
            packages: Packages::new(dynamodb.clone(), register.clone()),
            suppressions: Suppressions::new(dynamodb, register),
            exports: Exports::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::EXPORTS_BUCKET)?,
            ),
            site: Site::read(environment)?,
        })
    }

    /// Answers an event of API Gateway (HTTP API, payload 2.0).
    ///
    /// # Errors
    /// A constant if the event is not one of API Gateway's. Whatever a person sends is answered and
    /// does not fail.
    async fn invoke(&self, event: LambdaEvent<Self::Event>) -> Result<Self::Answer, Diagnostic> {
        gateway::answer(event.payload, &self.site.edge, &self.site.base, |request| {
            self.handle(request)
        })
        .await
    }
}

impl Download {
    /// Answers one request. Every failure becomes a page, so this cannot fail.
    pub async fn handle(&self, request: Request) -> Response {
        let Request {
            method, path, body, ..
        } = request;
        let answer = match path.strip_prefix("/packages/") {
            // No token has a slash: one at its end is a mistake in copying the link.
            Some(token) => {
                self.answer(token.trim_end_matches('/'), &method, &body)
                    .await
            }
            None => Err(Rejection::NotFound),
        };
        page::discreet(answer.unwrap_or_else(|refusal| refusal::respond(refusal, self.page())))
    }

    async fn answer(
        &self,
        token: &str,
        method: &Method,
        body: &[u8],
    ) -> Result<Response, Rejection> {
        let now = self.clock.now().trunc_subsecs(0);
        match *method {
            Method::GET => {
                let link = self.link(token, now)?;
                self.show(&link, &self.opened(&link, now).await?, None)
                    .await
            }
            Method::POST => {
                let typed = Typed::read(body)?;
                self.fetch(&self.link(token, now)?, &typed, now).await
            }
            _ => Err(Rejection::Method),
        }
    }

    /// The link of a token, as far as the token says that it works.
    fn link(&self, token: &str, now: DateTime<Utc>) -> Result<PackageLink, Rejection> {
        let Some(link) = PackageLink::of_token(&self.keys, token) else {
            let is_former = PackageLink::is_former(&self.keys, token);
            return Err(if is_former {
                Rejection::Own(Gone)
            } else {
                Rejection::NotFound
            });
        };
        if link.kind.is_open(link.until, now) {
            Ok(link)
        } else {
            Err(Rejection::Own(Gone))
        }
    }

    /// What a link opens, if it works and the package may be handed out.
    async fn opened(&self, link: &PackageLink, now: DateTime<Utc>) -> Result<Opened, Rejection> {
        let package = self
            .packages
            .find(&link.request, now)
            .await?
            .ok_or(Rejection::Own(Gone))?;
        let grant = package
            .grant(link.kind)
            .filter(|grant| grant.link == link.id && grant.is_open(link.kind, now));
        let grant = grant.cloned().ok_or(Rejection::Own(Gone))?;
        if package.gone(&self.suppressions, now).await?.is_some() {
            return Err(Rejection::Own(Gone));
        }
        let undecided =
            link.kind == LinkKind::Release && package.undecided(&Decisions::default()) > 0;
        let made = package
            .made
            .clone()
            .filter(|_| package.state == State::Complete && !undecided);
        let opened = Opened {
            made: made.ok_or(Rejection::Own(Gone))?,
            package,
            grant,
        };
        if opened.parts().all(|part| part.left == 0) {
            Err(Rejection::Own(Gone))
        } else {
            Ok(opened)
        }
    }

    /// The page that asks for the code.
    async fn show(
        &self,
        link: &PackageLink,
        opened: &Opened,
        mistake: Option<Mistake>,
    ) -> Result<Response, Rejection> {
        let offer = Offer {
            kind: opened.package.kind,
            reading: link.kind == LinkKind::Reading,
            request: link.request.as_str(),
            records: opened.made.records,
            until: opened.grant.until.min(opened.made.expires_at),
            parts: opened.parts().collect(),
            mistake,
        };
        let html = page::never_cached(pages::offer(self.page(), &offer));
        let html = http::leading_to(html, &self.exports.origin().await?);
        Ok(if mistake.is_some() {
            http::status(html, StatusCode::UNPROCESSABLE_ENTITY)
        } else {
            html
        })
    }

    /// Redirects to a file, if the code is right. The fetch is counted before the redirect.
    async fn fetch(
        &self,
        link: &PackageLink,
        typed: &Typed,
        now: DateTime<Utc>,
    ) -> Result<Response, Rejection> {
        let opened = self.opened(link, now).await?;
        let Some(code) = &typed.code else {
            return self.show(link, &opened, Some(Mistake::NoCode)).await;
        };
        let is_right = PackageCode::typed(code)
            .is_some_and(|code| code.opens(&self.keys, &link.id, &opened.grant.code));
        if !is_right {
            tracing::info!(outcome = "wrong_code", "download");
            self.packages
                .wrong_code(&link.request, link.kind, &link.id)
                .await?;
            let opened = self.opened(link, now).await?;
            let left = WRONG_CODES.saturating_sub(opened.grant.wrong_codes);
            return self
                .show(link, &opened, Some(Mistake::WrongCode { left }))
                .await;
        }
        let file = typed
            .file
            .or_else(|| opened.parts().next().map(|part| part.file));
        let file = file
            .filter(|file| opened.key(*file).is_some())
            .ok_or(Rejection::Broken)?;
        let url = self
            .exports
            .link(opened.key(file).ok_or(Rejection::Broken)?, MINUTE)
            .await?;
        let url =
            HeaderValue::try_from(url).map_err(|_| StorageError::unreadable("sign a link"))?;
        if !self
            .packages
            .fetch(&link.request, link.kind, &link.id, file, now)
            .await?
        {
            // This file was fetched as often as allowed, or the link has ended since it was looked
            // up.
            return self
                .show(link, &self.opened(link, now).await?, Some(Mistake::UsedUp))
                .await;
        }
        tracing::info!(
            outcome = if link.kind == LinkKind::Release {
                "led_on"
            } else {
                "read"
            },
            "download"
        );
        let mut response = http::status(page::never_cached(String::new()), StatusCode::SEE_OTHER);
        response.headers_mut().insert(LOCATION, url);
        Ok(response)
    }

    fn page(&self) -> Page<'_> {
        Page::of(&self.site)
    }
}
