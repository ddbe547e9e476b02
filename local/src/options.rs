//! How a stack starts, and why it does not.

use crate::functions::Registry;
use crate::secrets;
use crate::staff;
use chrono::TimeDelta;
use custodian_local_aws as aws;
use custodian_runtime::Clock;
use custodian_simulators::{Issuer, Simulators};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The template's parameters without a default, and their values in the local stack.
const PARAMETERS: [(&str, &str); 7] = [
    ("CouncilName", "Exampleshire Council"),
    ("CouncilUrl", "https://www.council.example/"),
    ("ContactEmail", "feedback@council.example"),
    ("ContactPhone", "01632 960100"),
    ("DpoEmail", "dpo@council.example"),
    ("DpoPhone", "01632 960001"),
    (
        "DpoAddress",
        "Data Protection Officer, Exampleshire Council, County Hall, 1 Example Street, Exampleton EX1 1AA",
    ),
];

/// Parameters of the template with other values in the local stack: the architecture does not
/// matter in one process, and the folders of the first version have a bucket with this name.
const OFFERED: [(&str, &str); 2] = [
    ("Architecture", "x86_64"),
    ("IntakeBucketName", "custodian-intake-000000000000"),
];

/// The name of the stack, as `samconfig.toml` has it.
const STACK: &str = "custodian";

/// How to start a stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// The SAM template.
    pub template: PathBuf,
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// The folder that keeps everything across restarts; without one, everything is in memory.
    pub data: Option<PathBuf>,
    /// The port of the stack; 0 is any free one.
    pub port: u16,
    /// The clock that everything reads.
    pub clock: Clock,
    /// A folder of surveys that are loaded into the Register.
    pub surveys: Option<PathBuf>,
    /// The functions that the template can name.
    pub functions: Registry,
    /// Whether TTL removes what expired; without it, expired records stay until something else
    /// deletes them.
    pub ttl: bool,
    /// Whether schedules run.
    pub schedules: bool,
    /// How long every function may take, instead of what the template says.
    pub longest: Option<TimeDelta>,
}

impl Options {
    /// A stack of `template` in memory, on any port, with Custodian's functions and no surveys.
    #[must_use]
    pub fn new(template: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            parameters: PARAMETERS
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            data: None,
            port: 0,
            clock: Clock::movable(),
            surveys: None,
            functions: Registry::custodian(),
            ttl: true,
            schedules: true,
            longest: None,
        }
    }

    /// The options of the stack below, with what Custodian's template takes from these simulators
    /// and this issuer.
    pub(crate) fn of_stack(
        &self,
        simulators: &Simulators,
        urls: &[String],
        issuer: &Issuer,
    ) -> aws::Options {
        let mut offered = Simulators::parameters(urls);
        let sign_in = [
            ("DeskIssuer", issuer.url()),
            ("DeskClientId", staff::CLIENT),
        ];
        offered.extend(sign_in.map(|(name, value)| (name.to_owned(), value.to_owned())));
        offered.extend(OFFERED.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let known = simulators.secrets();
        let known: BTreeMap<String, String> = known
            .into_iter()
            .map(|(id, value)| (id.to_owned(), value))
            .collect();
        aws::Options {
            parameters: self.parameters.clone(),
            offered,
            address: Some(aws::Address {
                parameter: "PublicUrl".to_owned(),
                setting: "PUBLIC_URL".to_owned(),
            }),
            apis: vec![aws::Api {
                id: staff::API.to_owned(),
                offset: 8,
                parameter: "DeskUrl".to_owned(),
            }],
            intake: Some(aws::Intake {
                function: "import".to_owned(),
                setting: "INTAKE_BUCKET".to_owned(),
            }),
            secrets: Arc::new(move |secrets| secrets::values(secrets, &known)),
            data: self.data.clone(),
            port: self.port,
            clock: self.clock.clone(),
            ttl: self.ttl,
            schedules: self.schedules,
            longest: self.longest,
            ..aws::Options::new(STACK, &self.template)
        }
    }
}

/// Why a stack could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template, the folder or the port cannot be used.
    #[error(transparent)]
    Stack(#[from] aws::StartError),
    /// The processors' simulators cannot be made.
    #[error("{0}")]
    Simulators(String),
    /// A survey cannot be loaded.
    #[error("a survey cannot be loaded: {0}")]
    Survey(String),
    /// Requests of the first version cannot continue.
    #[error("requests of the first version cannot be adopted: {0}")]
    Adoption(String),
}
