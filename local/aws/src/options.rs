//! How a stack starts, and why it does not.

use crate::template::{Secret, TemplateError};
use chrono::TimeDelta;
use custodian_clock::Clock;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Makes the values of secrets, by their logical ids.
type Secrets = Arc<dyn Fn(&[Secret]) -> BTreeMap<String, String> + Send + Sync>;

/// How to start a stack.
#[derive(Clone)]
pub struct Options {
    /// The name of the stack, which the names of its parts begin with.
    pub name: String,
    /// The SAM template.
    pub template: PathBuf,
    /// Values for the template's parameters. One that the template does not have is an error.
    pub parameters: BTreeMap<String, String>,
    /// Values for those of the template's parameters that are not given.
    pub offered: BTreeMap<String, String>,
    /// How the template and its functions name the stack's public address.
    pub address: Option<Address>,
    /// The HTTP APIs with a port of their own; all others answer at the stack's.
    pub apis: Vec<Api>,
    /// Where the stack says that it takes files.
    pub intake: Option<Intake>,
    /// Values of secrets. Text is [generated](crate::generated) for those that it leaves out.
    pub secrets: Secrets,
    /// The folder that keeps everything across restarts; without one, everything is in memory.
    pub data: Option<PathBuf>,
    /// The port of the stack; 0 is any free one.
    pub port: u16,
    /// The clock that everything reads.
    pub clock: Clock,
    /// Whether TTL removes what expired; without it, expired items stay until something else
    /// deletes them.
    pub ttl: bool,
    /// Whether schedules run.
    pub schedules: bool,
    /// How long every function may take, instead of what the template says.
    pub longest: Option<TimeDelta>,
}

/// The public address in the template: its path is the one that the API is mapped to.
#[derive(Clone, Debug)]
pub struct Address {
    /// The parameter, which is offered the stack's own address.
    pub parameter: String,
    /// The functions' setting.
    pub setting: String,
}

/// An HTTP API with a port of its own: its pages are of another origin than those of the others.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its logical id. A template without such an API gets no such port.
    pub id: String,
    /// How far its port is from the stack's.
    pub offset: u16,
    /// The parameter that is offered its address: `http://localhost:` and the port. A browser sends
    /// it no cookie of 127.0.0.1, which is where everything else is.
    pub parameter: String,
}

/// A function that reads files from a bucket.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The name of its code.
    pub function: String,
    /// Its setting with the name of the bucket.
    pub setting: String,
}

impl Options {
    /// A stack of `template` in memory, on any port, with generated secrets.
    #[must_use]
    pub fn new(name: impl Into<String>, template: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            template: template.into(),
            parameters: BTreeMap::new(),
            offered: BTreeMap::new(),
            address: None,
            apis: Vec::new(),
            intake: None,
            secrets: Arc::new(|_| BTreeMap::new()),
            data: None,
            port: 0,
            clock: Clock::movable(),
            ttl: true,
            schedules: true,
            longest: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("name", &self.name)
            .field("template", &self.template)
            .finish_non_exhaustive()
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
}
