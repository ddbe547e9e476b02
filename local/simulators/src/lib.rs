//! Simulators of the processors: they hold people, take orders, and can be slow, down, wrong or
//! malicious. And an issuer, by which invented people sign in.
//!
//! Their data is in memory only. Nothing that they are sent gets into a log.

mod calling;
mod five9;
mod five9_soap;
mod issuer;
mod mode;
mod notify;
mod opendsr;
mod opendsr_answers;
mod signer;

pub use five9::Five9;
pub use issuer::{Client, Forgery, Issuer, Person, Tokens};
pub use mode::{Conduct, Mode};
pub use notify::{GovUkNotify, Mail};
pub use opendsr::{OpenDsr, SubjectRequest};

use axum::Router;
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use std::collections::BTreeMap;

/// The processors of the local stack.
#[derive(Clone, Debug)]
pub struct Simulators {
    /// Granicus, which speaks `OpenDSR`.
    pub granicus: OpenDsr,
    /// The newsletter service, which speaks `OpenDSR`.
    pub newsletter: OpenDsr,
    /// Five9, with its contacts.
    pub five9: Five9,
    /// GOV.UK Notify, with the emails that it was sent.
    pub notify: GovUkNotify,
}

impl Simulators {
    /// Simulators that hold nobody, and do what they are asked.
    ///
    /// # Errors
    /// Why no key could be made to sign with.
    pub fn new(clock: &Clock) -> Result<Self, String> {
        Ok(Self {
            granicus: OpenDsr::new("granicus", clock)?,
            newsletter: OpenDsr::new("newsletter", clock)?,
            five9: Five9::new(clock),
            notify: GovUkNotify::new(clock),
        })
    }

    /// The router of each, in the order of the ports.
    pub fn routers(&self) -> [Router; 4] {
        [
            self.granicus.router(),
            self.newsletter.router(),
            self.five9.router(),
            self.notify.router(),
        ]
    }

    /// The template's parameters for these addresses.
    #[must_use]
    pub fn parameters(urls: &[String]) -> BTreeMap<String, String> {
        let [granicus, newsletter, five9, notify] = urls else {
            return BTreeMap::new();
        };
        let parameters = [
            ("GranicusConnector", "opendsr".to_owned()),
            ("GranicusUrl", granicus.clone()),
            ("NewsletterConnector", "opendsr".to_owned()),
            ("NewsletterUrl", newsletter.clone()),
            ("Five9Connector", "five9".to_owned()),
            ("Five9Url", format!("{five9}/wsadmin/v13/AdminWebService")),
            ("NotifyConnector", "notify".to_owned()),
            ("NotifyUrl", notify.clone()),
            ("NotifyTemplateId", GovUkNotify::template().to_owned()),
        ];
        parameters
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// The contents of their secrets, by logical id in the template.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("GranicusProcessor", self.granicus.secret()),
            ("GranicusCertificate", self.granicus.certificate()),
            ("NewsletterProcessor", self.newsletter.secret()),
            ("NewsletterCertificate", self.newsletter.certificate()),
            ("Five9Processor", self.five9.secret()),
            ("NotifyProcessor", self.notify.secret()),
        ])
    }

    /// Does what is due by now, and makes the promised callbacks.
    pub async fn keep_up(&self, now: DateTime<Utc>) {
        self.granicus.keep_up(now).await;
        self.newsletter.keep_up(now).await;
        self.five9.keep_up(now);
        self.notify.keep_up(now);
    }
}
