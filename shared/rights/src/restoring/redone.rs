//! What was done to a restored table.

/// What was done to a restored table, in items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redone {
    /// How many were looked at.
    pub looked_at: u64,
    /// How many were over.
    pub expired: u64,
    /// How many had been deleted since.
    pub deleted: u64,
    /// How many are of people who were erased since.
    pub erased: u64,
    /// How many their source has withdrawn.
    pub withdrawn: u64,
    /// For how many a hold or restriction was corrected.
    pub turned: u64,
    /// How many were taken over from the live table.
    pub taken_over: u64,
}

impl Redone {
    /// How many items were changed.
    #[must_use]
    pub const fn changed(&self) -> u64 {
        self.expired + self.deleted + self.erased + self.withdrawn + self.turned + self.taken_over
    }

    /// Adds the counts of another pass; `looked_at` is that of the last one.
    #[must_use]
    pub const fn and(self, later: Self) -> Self {
        Self {
            looked_at: later.looked_at,
            expired: self.expired + later.expired,
            deleted: self.deleted + later.deleted,
            erased: self.erased + later.erased,
            withdrawn: self.withdrawn + later.withdrawn,
            turned: self.turned + later.turned,
            taken_over: self.taken_over + later.taken_over,
        }
    }

    pub(super) const fn count(&mut self, why: Why) {
        match why {
            Why::Expired => self.expired += 1,
            Why::Deleted => self.deleted += 1,
            Why::Erased => self.erased += 1,
            Why::Withdrawn => self.withdrawn += 1,
        }
    }
}

/// Why an item is deleted again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    Expired,
    /// The ledger has its deletion.
    Deleted,
    Erased,
    Withdrawn,
}
