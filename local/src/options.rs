//! How a stack starts, and why it does not.

use crate::functions::Registry;
use crate::template::TemplateError;
use chrono::TimeDelta;
use custodian_runtime::Clock;
use std::collections::BTreeMap;
use std::path::PathBuf;

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
pub(crate) const OFFERED: [(&str, &str); 2] = [
    ("Architecture", "x86_64"),
    ("IntakeBucketName", "custodian-intake-000000000000"),
];

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
}

/// Why a stack could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template is wrong, or names something that the local stack does not have.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The port is taken, or cannot be opened.
    #[error("the port {0} is not free: {1}")]
    Port(u16, std::io::Error),
    /// The folder cannot be used.
    #[error("the folder {folder} cannot be used: {problem}", folder = .0.display(), problem = .1)]
    Data(PathBuf, String),
    /// The processors' simulators cannot be made.
    #[error("{0}")]
    Simulators(String),
    /// A survey cannot be loaded.
    #[error("a survey cannot be loaded: {0}")]
    Survey(String),
}
