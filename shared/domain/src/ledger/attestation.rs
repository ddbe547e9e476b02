//! What the chain says of requests, holds and restrictions: that something is in the Register, by
//! hashes alone.

use super::hash::Hash;
use serde::{Deserialize, Serialize};
use std::fmt;

/// That an item of the Register is as it was written. It says nothing about the item's contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// What it is.
    pub kind: Evidence,
    /// SHA-256 of the request's id.
    pub request: Hash,
    /// SHA-256 of the item's two keys, a line feed between them.
    pub item: Hash,
    /// SHA-256 of the whole item.
    pub hash: Hash,
    /// SHA-256 of the parts that stay while the item changes; `None` if all of it may change, or
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Hash>,
    /// When it is over, epoch seconds; `None` while it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// What is attested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A planned request.
    Plan,
    /// A request whose plan was approved.
    Approval,
    /// A request that needs no plan.
    Entry,
    /// Something that happened to a request.
    Event,
    /// One place's part of a request, done or stopped.
    Receipt,
    /// The certificate of a request.
    Certificate,
    /// A hold that is in force.
    Hold,
    /// A restriction that is in force.
    Restriction,
    /// A hold or a restriction that was lifted.
    Lifting,
    /// Something that happened to a breach. It has no end until the breach is closed.
    Breach,
}

impl Evidence {
    /// The name, as the chain stores it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Approval => "approval",
            Self::Entry => "entry",
            Self::Event => "event",
            Self::Receipt => "receipt",
            Self::Certificate => "certificate",
            Self::Hold => "hold",
            Self::Restriction => "restriction",
            Self::Lifting => "lifting",
            Self::Breach => "breach",
        }
    }

    /// Which attributes of such an item may change after it was first written; empty for kinds that
    /// never change.
    #[must_use]
    pub const fn may_change(self) -> &'static [&'static str] {
        match self {
            Self::Approval | Self::Entry => {
                &["stage", "stopped_by", "holders", "sealed", "matched"]
            }
            Self::Hold | Self::Restriction | Self::Lifting => {
                &["notice", "lifted", "settled", "holders", "expires_at"]
            }
            Self::Breach => &["expires_at"],
            Self::Plan | Self::Event | Self::Receipt | Self::Certificate => &[],
        }
    }

    /// Whether an item of this kind may become one of kind `later`.
    const fn may_become(self, later: Self) -> bool {
        match self {
            Self::Plan => matches!(later, Self::Plan | Self::Approval),
            Self::Hold => matches!(later, Self::Hold | Self::Lifting),
            Self::Restriction => matches!(later, Self::Restriction | Self::Lifting),
            Self::Approval => matches!(later, Self::Approval),
            Self::Entry => matches!(later, Self::Entry),
            Self::Event => matches!(later, Self::Event),
            Self::Receipt => matches!(later, Self::Receipt),
            Self::Certificate => matches!(later, Self::Certificate),
            Self::Lifting => matches!(later, Self::Lifting),
            Self::Breach => matches!(later, Self::Breach),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Attestation {
    /// Whether the same item may change from this to `later`: a plan may be made again until it is
    /// approved, an approval ends, a hold is lifted. Nothing goes back, and what is fixed stays.
    #[must_use]
    pub fn may_become(&self, later: &Self) -> bool {
        if !self.kind.may_become(later.kind) {
            return false;
        }
        self.kind == Evidence::Plan
            || self.hash == later.hash
            || (self.fixed.is_some() && self.fixed == later.fixed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Attestation, Evidence};
    use crate::ledger::Hash;

    fn attested(kind: Evidence, hash: &str, fixed: Option<&str>) -> Attestation {
        let digest = |text: &str| Hash::digest(text);
        let (request, item) = (digest("ERA-1"), digest("REQUEST#ERA-1\nMETA"));
        Attestation {
            kind,
            request,
            item,
            hash: digest(hash),
            fixed: fixed.map(digest),
            until: None,
        }
    }

    #[test]
    fn a_plan_may_be_made_anew_until_it_is_approved() {
        let (plan, anew) = (
            attested(Evidence::Plan, "1", None),
            attested(Evidence::Plan, "2", None),
        );
        let approval = attested(Evidence::Approval, "3", Some("by dpo-7"));
        assert!(plan.may_become(&anew) && anew.may_become(&approval));
        assert!(!approval.may_become(&plan), "an approval is not taken back");
    }

    #[test]
    fn what_is_fixed_stays_while_a_request_is_closed_and_a_hold_lifted() {
        let approval = attested(Evidence::Approval, "approved", Some("by dpo-7"));
        assert!(approval.may_become(&attested(Evidence::Approval, "closed", Some("by dpo-7"))));
        assert!(!approval.may_become(&attested(Evidence::Approval, "closed", Some("by dpo-8"))));
        let hold = attested(Evidence::Hold, "stands", Some("a claim"));
        let lifting = attested(Evidence::Lifting, "lifted", Some("a claim"));
        assert!(hold.may_become(&lifting) && !lifting.may_become(&hold));
        assert!(!hold.may_become(&attested(Evidence::Lifting, "lifted", Some("a request"))));
    }

    #[test]
    fn events_receipts_and_certificates_never_change() {
        for kind in [Evidence::Event, Evidence::Receipt, Evidence::Certificate] {
            let one = attested(kind, "1", None);
            assert!(
                one.may_become(&one.clone()) && !one.may_become(&attested(kind, "2", None)),
                "{kind}"
            );
        }
    }
}
