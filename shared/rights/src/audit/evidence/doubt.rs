//! Faults of the Register in words: what differs from the chain's attestations.

use custodian_aws::StorageError;
use custodian_domain::ledger::signed::NotSigned;
use custodian_domain::ledger::{Broken, Evidence, Hash};
use custodian_domain::rights::package::RequestId;
use std::fmt;

/// Why the Register is not proven.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// Something differs from its attestation.
    #[error(transparent)]
    Doubt(#[from] Box<Doubt>),
    /// A link of the chain is wrong.
    #[error(transparent)]
    Chain(#[from] Broken),
    /// The ledger or the Register cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The first thing that differs from its attestation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} of {whose} {wrong}{link}", link = Link(*n))]
pub struct Doubt {
    /// The kind of thing.
    pub what: What,
    /// Its request.
    pub whose: Whose,
    /// What is wrong with it.
    pub wrong: Wrong,
    /// The number of the link that attests it; `None` if there is none.
    pub n: Option<u64>,
}

/// A thing with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Something of this kind.
    Evidence(Evidence),
    /// A mark that something was written.
    Mark,
}

/// The request that something belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The request.
    Request(RequestId),
    /// The one whose id has this SHA-256: all that the chain says of it.
    Digest(Hash),
    /// Nobody can name it.
    Nobody,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It differs from its attestation.
    Changed,
    /// It was attested again after a part that never changes had changed.
    Rewritten,
    /// It is not there, and its time is not over.
    Gone,
    /// Nothing attests it, and no mark says that it waits.
    Unattested,
    /// It has waited to be attested for more than a day.
    Late,
    /// It is not something that Custodian writes.
    Unreadable,
    /// It has a processor's answer that the processor did not sign.
    Unsigned(NotSigned),
}

struct Link(Option<u64>);

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |n| write!(formatter, " (attested by link {n})"))
    }
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence(Evidence::Approval) => formatter.write_str("the approval"),
            Self::Evidence(Evidence::Event | Evidence::Entry) => {
                write!(formatter, "an {self_}", self_ = self.name())
            }
            Self::Evidence(_) | Self::Mark => write!(formatter, "a {self_}", self_ = self.name()),
        }
    }
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Evidence(kind) => kind.as_str(),
            Self::Mark => "mark",
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(formatter, "request {}", id.as_str()),
            Self::Digest(digest) => write!(
                formatter,
                "the request whose id has the SHA-256 {}",
                digest.as_str()
            ),
            Self::Nobody => formatter.write_str("no request"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unsigned(why) => {
                return write!(
                    formatter,
                    "has a processor's answer that is not valid: {why}"
                );
            }
            Self::Changed => "differs from its attestation",
            Self::Rewritten => "was changed where nothing may change, and attested again",
            Self::Gone => "is gone before its time",
            Self::Unattested => "is not attested and is not marked to be attested",
            Self::Late => "has waited for more than a day to be attested",
            Self::Unreadable => "is not something that Custodian writes",
        })
    }
}
