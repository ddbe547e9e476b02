//! Turns a web form into a record.
//!
//! `GET /surveys/{survey}` gives the form, `POST /surveys/{survey}/responses` takes it: one
//! request, one conditional put. This function can put records and cannot read them. Requests that
//! no other function has a route for come here too, so that a person with a wrong address finds a
//! page.

mod address;
mod blank_form;
mod form;
mod form_data;
mod form_fields;
mod key;
pub mod pages;
mod refusal;
mod reply;
mod returned;
mod submission;

use address::Address;
use blank_form::BlankForms;
use custodian_domain::identity::keyring::{Addresses, Forms, KeyPurpose, Keyring};
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::record::reference::References;
use custodian_domain::rights::receipt::Receipts;
use custodian_domain::survey::form_token::FormTokens;
use custodian_domain::survey::{Opening, Survey};
use custodian_domain::validation::notice;
use custodian_partner_auth::processor::confirms_addresses;
use custodian_runtime::secret::Secrets;
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, settings};
use custodian_store::clients::ClientCounts;
use custodian_store::confirmations::Confirmations;
use custodian_store::records::Records;
use custodian_store::surveys::Surveys;
use custodian_web::gateway;
use custodian_web::http::{Method, Request, Response};
use custodian_web::limits::Limits;
use custodian_web::page::{self, Page};
use custodian_web::site::Site;
use lambda_runtime::{Diagnostic, LambdaEvent};
use refusal::Rejection;
use std::sync::Arc;

/// Turns one submitted form into one record.
pub struct Ingest {
    clock: Clock,
    surveys: Surveys,
    records: Records,
    subject_keys: SubjectKeys,
    form_tokens: FormTokens,
    references: References,
    receipts: Receipts,
    limits: Limits,
    /// Where people are asked to confirm an address, and the keys that seal it; `None` if nobody is
    /// asked.
    confirmations: Option<(Confirmations, Keyring<Addresses>)>,
    site: Site,
    blank_forms: BlankForms,
}

/// The keys of `ingest`.
struct Keys {
    subject: SubjectKeys,
    forms: Keyring<Forms>,
    addresses: Option<Keyring<Addresses>>,
}

impl Keys {
    async fn read(environment: &Environment) -> Result<Self, StartError> {
        let confirms = confirms_addresses(environment)?;
        let mut names = vec![settings::SUBJECT_KEYS_SECRET, Forms::ABOUT.setting];
        names.extend(confirms.then_some(Addresses::ABOUT.setting));
        let secrets = Secrets::read(environment, &names).await?;
        Ok(Self {
            subject: secrets.subject_keys()?,
            forms: secrets.keyring()?,
            addresses: if confirms {
                Some(secrets.keyring()?)
            } else {
                None
            },
        })
    }
}

impl Function for Ingest {
    const NAME: &'static str = "ingest";
    const PATIENCE: Patience = Patience::PAGE;
    type Event = gateway::Event;
    type Answer = gateway::Answer;

    /// Makes clients and keys once, and opens the connection to DynamoDB by reading the surveys.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing. Surveys that cannot be read now are read
    /// later.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let dynamodb = custodian_store::client(&environment.dynamodb());
        let register = environment.setting(settings::REGISTER_TABLE)?;
        let surveys = Surveys::new(dynamodb.clone(), register.to_owned());
        let clock = environment.clock();
        let (keys, read) = tokio::join!(Keys::read(environment), surveys.look(clock.now()));
        if let Err(error) = read {
            tracing::warn!(error = %error, outcome = "later", "surveys");
        }
        let Keys {
            subject,
            forms,
            addresses,
        } = keys?;
        let counts = ClientCounts::new(dynamodb.clone(), register.to_owned());
        let confirmations = addresses.map(|keys| (Confirmations::new(&dynamodb, register), keys));
        Ok(Self {
            clock,
            surveys,
            records: Records::new(dynamodb, environment.owned(settings::RECORDS_TABLE)?),
            form_tokens: FormTokens::new(&forms),
            references: References::new(&subject),
            receipts: Receipts::new(&forms),
            limits: Limits::start(environment, counts, &forms)?,
            subject_keys: subject,
            confirmations,
            site: Site::read(environment)?,
            blank_forms: BlankForms::default(),
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

impl Ingest {
    /// Answers one request. Every failure becomes a page or a problem document, so this cannot
    /// fail.
    pub async fn handle(&self, request: Request) -> Response {
        let program = reply::is_for_a_program(&request);
        let answer = self.answer(request, program).await;
        answer.unwrap_or_else(|refusal| refusal.into_response(self.page(), program))
    }

    async fn answer(&self, request: Request, program: bool) -> Result<Response, Rejection> {
        let path = request.path.clone();
        let parts = address::parts(&path);
        let address = Address::read(&parts).ok_or(Rejection::NotFound)?;
        if path != address::plain(&parts) {
            let query = request.link_query();
            let query = if query.is_empty() {
                query
            } else {
                format!("?{query}")
            };
            return Ok(reply::permanent(&(self.link(&parts) + &query)));
        }
        match (&request.method, address) {
            (&Method::GET, Address::List) => self.list(&request).await,
            (&Method::GET, Address::Form(id)) => self.form(id, &request).await,
            (&Method::POST, Address::Responses(id)) => self.submit(id, request, program).await,
            // Somebody shares, keeps or reloads the address to which an answer was sent.
            (&Method::GET, Address::Responses(id)) => {
                Ok(reply::see_other(&self.link(&["surveys", id])))
            }
            (&Method::GET, Address::ThankYou(id)) => self.thank_you(id, &request).await,
            (&Method::GET, Address::Privacy) => {
                Ok(reply::plain(pages::notice(self.page(), notice::CURRENT)))
            }
            (&Method::GET, Address::Notice(version)) => {
                let notice = notice::find(version).ok_or(Rejection::UnknownNotice)?;
                Ok(reply::plain(pages::notice(self.page(), notice)))
            }
            (&Method::GET, Address::Accessibility) => {
                Ok(reply::plain(pages::accessibility(self.page())))
            }
            (&Method::GET, Address::Stylesheet) => Ok(reply::stylesheet(&request)),
            (&Method::GET, Address::ExportSchema) => Ok(reply::export_schema()),
            (&Method::GET, Address::Icon) => Ok(reply::no_icon()),
            (_, Address::Elsewhere) => Err(Rejection::NotFound),
            (_, address) => Err(Rejection::Method(address.allows())),
        }
    }

    /// The open surveys, a page at a time.
    async fn list(&self, request: &Request) -> Result<Response, Rejection> {
        let now = self.clock.now();
        let surveys = self.surveys.all(now).await?;
        let mut open: Vec<pages::Listed> = surveys
            .values()
            .filter(|survey| survey.opening(now) == Opening::Open)
            .map(|survey| pages::Listed {
                id: survey.id.clone(),
                title: survey.title.clone(),
            })
            .collect();
        open.sort_by(|one, other| (&one.title, &one.id).cmp(&(&other.title, &other.id)));
        let number = request
            .parameter("page")
            .map_or(Ok(1), |page| page.parse())
            .map_err(|_| Rejection::NotFound)?;
        let html = pages::list(self.page(), &open, number).ok_or(Rejection::NotFound)?;
        Ok(page::cached(html, pages::CACHE_LIST))
    }

    /// The empty form of a survey.
    async fn form(&self, id: &str, request: &Request) -> Result<Response, Rejection> {
        let survey = self.open_survey(id).await?;
        let form = self.blank_forms.of(&survey, |token| {
            pages::form(self.page(), &form::empty(&survey, token))
        });
        let token = self.new_token(&survey);
        Ok(reply::blank_form(&form, &token, &request.headers))
    }

    /// The page after an answer. It shows what its address says, so it accepts only an address that
    /// this function signed. Changes to the survey, or a Register that does not answer, are no
    /// reason to withhold the reference.
    async fn thank_you(&self, id: &str, request: &Request) -> Result<Response, Rejection> {
        let receipt = self
            .receipts
            .read(id, |name| request.parameter(name))
            .ok_or(Rejection::NoReceipt)?;
        let survey = self.surveys.find(id, self.clock.now()).await.ok().flatten();
        let title = survey.as_ref().map(|survey| survey.title.as_str());
        let html = pages::thank_you(self.page(), title, &receipt);
        Ok(page::never_cached(html))
    }

    async fn survey(&self, id: &str) -> Result<Arc<Survey>, Rejection> {
        self.surveys
            .find(id, self.clock.now())
            .await?
            .ok_or(Rejection::UnknownSurvey)
    }

    async fn open_survey(&self, id: &str) -> Result<Arc<Survey>, Rejection> {
        let survey = self.survey(id).await?;
        match survey.opening(self.clock.now()) {
            Opening::Open => Ok(survey),
            Opening::Opens(opens) => Err(Rejection::NotYetOpen {
                title: survey.title.clone(),
                opens,
            }),
            Opening::Closed(closed) => Err(Rejection::Closed {
                title: survey.title.clone(),
                closed,
            }),
        }
    }

    fn new_token(&self, survey: &Survey) -> String {
        self.form_tokens
            .make(&survey.id, &survey.version, self.clock.now(), random())
    }

    /// The link to the address of these parts.
    fn link(&self, parts: &[&str]) -> String {
        format!("{}{}", self.site.base, address::encoded(parts))
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
        reason = "without randomness nothing can be kept apart: better no answer"
    )]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
