//! Ends a newsletter with one click, and confirms an address with another.
//!
//! `POST /unsubscribe/{token}` follows RFC 8058, from a mail program or from the button of the page
//! that `GET` gives. `GET` itself changes nothing, because programs that look for viruses follow
//! every link. No answer shows whether a token is one of ours: not its status, its words, or the
//! calls made before it.

mod body;
mod confirming;
mod field;
pub mod pages;
mod refusal;

use custodian_domain::identity::keyring::{Keyring, MailLinks};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::subscription::{OptOut, Subscription};
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, secret, settings};
use custodian_store::confirmations::Confirmations;
use custodian_store::opt_outs::{OptOutOutcome, OptOuts};
use custodian_web::gateway;
use custodian_web::http::{Method, Request, Response};
use custodian_web::page::{self, Page};
use custodian_web::site::Site;
use field::ONE_CLICK;
use lambda_runtime::{Diagnostic, LambdaEvent};
use pages::About;
use refusal::{Ended, Rejection};

/// Stores that a person no longer wants a newsletter, or that an address is theirs.
pub struct Unsubscribe {
    clock: Clock,
    keys: Keyring<MailLinks>,
    opt_outs: OptOuts,
    confirmations: Confirmations,
    site: Site,
}

impl Function for Unsubscribe {
    const NAME: &'static str = "unsubscribe";
    const PATIENCE: Patience = Patience::PAGE;
    type Event = gateway::Event;
    type Answer = gateway::Answer;

    /// Makes the client and the keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is missing.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (records, register) = (
            environment.setting(settings::RECORDS_TABLE)?,
            environment.setting(settings::REGISTER_TABLE)?,
        );
        Ok(Self {
            clock: environment.clock(),
            keys: secret::keyring(environment).await?,
            opt_outs: OptOuts::new(
                &custodian_store::client(&environment.dynamodb()),
                records,
                register,
            ),
            confirmations: Confirmations::new(
                &custodian_store::client(&environment.dynamodb()),
                register,
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

impl Unsubscribe {
    /// Answers one request. Every failure becomes a page, so this cannot fail.
    pub async fn handle(&self, request: Request) -> Response {
        let Request {
            method, path, body, ..
        } = request;
        // No token has a slash: one at its end is a mistake in copying the link.
        let token = |prefix| {
            path.strip_prefix(prefix)
                .map(|token: &str| token.trim_end_matches('/'))
        };
        let (answer, about) = if let Some(token) = token("/confirm/") {
            (self.confirm(token, &method, &body).await, About::Confirming)
        } else if let Some(token) = token("/unsubscribe/") {
            (
                self.answer(token, &method, &body).await,
                About::Unsubscribing,
            )
        } else {
            (Err(Rejection::NotFound), About::Unsubscribing)
        };
        page::discreet(
            answer.unwrap_or_else(|refusal| refusal::respond(refusal, self.page(), about)),
        )
    }

    async fn answer(
        &self,
        token: &str,
        method: &Method,
        body: &[u8],
    ) -> Result<Response, Rejection> {
        match *method {
            Method::GET => Ok(page::never_cached(pages::confirm(self.page()))),
            Method::POST => {
                body::must_mean(&ONE_CLICK, body).await?;
                self.opt_out(token).await?;
                Ok(page::never_cached(pages::done(self.page())))
            }
            _ => Err(Rejection::Method),
        }
    }

    /// Makes the same calls for a stranger's token as for one of ours, but for nobody.
    async fn opt_out(&self, token: &str) -> Result<(), Rejection> {
        let (opt_out, request) = (OptOut::at(self.clock.now()), RequestId::of_click(random()));
        let Some(subscription) = Subscription::of_token(&self.keys, token) else {
            if !self.keys.is_settled() {
                return Err(Rejection::Own(Ended::Unsettled));
            }
            let nobody = Subscription::of_nobody(&self.keys, token);
            self.opt_outs.pretend(&nobody, opt_out, &request).await?;
            self.note(&nobody, opt_out).await;
            tracing::info!(outcome = "foreign_token", "unsubscribe");
            return Ok(());
        };
        let outcome = match self
            .opt_outs
            .record(&subscription, opt_out, &request)
            .await?
        {
            OptOutOutcome::First => "unsubscribed",
            OptOutOutcome::Again => "repeated",
        };
        self.note(&subscription, opt_out).await;
        tracing::info!(outcome, "unsubscribe");
        Ok(())
    }

    /// Lets a person who has left ask again at once. If that fails, they have left all the same,
    /// and can ask a day after they last did.
    async fn note(&self, left: &Subscription, opt_out: OptOut) {
        if let Err(error) = self
            .confirmations
            .left(&left.subject, opt_out.since())
            .await
        {
            tracing::error!(error = %error, outcome = "not_noted", "confirmation");
        }
    }

    fn page(&self) -> Page<'_> {
        Page::of(&self.site)
    }
}

/// Sixteen bytes that nobody can guess.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    #[expect(
        clippy::expect_used,
        reason = "without randomness requests cannot be kept apart: better no answer"
    )]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
