//! What has to be known before anything is stored.

use custodian_domain::record::{Holder, RecordBody};
use custodian_domain::rights::constraint::Effect;
use custodian_store::effects::Effects;
use custodian_store::suppressions::Suppressed;

/// What has to be known before anything is stored.
pub(super) struct Known {
    /// Who was erased, and what was withdrawn.
    pub(super) suppressed: Suppressed,
    /// The holds and restrictions of each holder.
    pub(super) effects: Effects,
}

impl Known {
    /// What applies to a record of this holder: what the Register says, or the record itself if
    /// nobody looked.
    pub(super) fn effect(&self, holder: &Holder, details: &RecordBody) -> Effect {
        self.effects.of(holder).unwrap_or_else(|| details.effect())
    }
}
