//! A random sample of many entries, each as likely as any other.

use custodian_domain::ledger::{Entry, EntryId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A sample of many entries: those whose names come first when they are shuffled by a seed. Only
/// these are in memory, and the same seed gives the same sample again.
#[derive(Debug)]
pub struct Sample {
    word: String,
    most: usize,
    drawn: BTreeMap<[u8; 32], Entry>,
}

impl Sample {
    /// A sample of at most this many, shuffled by a word.
    #[must_use]
    pub const fn of(most: usize, word: String) -> Self {
        Self {
            word,
            most,
            drawn: BTreeMap::new(),
        }
    }

    /// Offers an entry.
    pub fn offer(&mut self, entry: Entry) {
        self.drawn.insert(self.place(&entry.id), entry);
        if self.drawn.len() > self.most {
            self.drawn.pop_last();
        }
    }

    fn place(&self, id: &EntryId) -> [u8; 32] {
        Sha256::new()
            .chain_update(&self.word)
            .chain_update("\n")
            .chain_update(id.as_str())
            .finalize()
            .into()
    }

    /// The entries of the sample.
    #[must_use]
    pub fn drawn(self) -> Vec<Entry> {
        self.drawn.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;
    use chrono::DateTime;
    use custodian_domain::ledger::{Cause, Entry, EntryId, ItemKind};
    use custodian_domain::retention::ExpiresAt;
    use std::collections::HashSet;

    fn draw(word: &str) -> HashSet<EntryId> {
        let removed = DateTime::UNIX_EPOCH;
        let due = ExpiresAt::at(removed);
        let mut sample = Sample::of(50, word.to_owned());
        for number in 0..1000 {
            let id = EntryId::of("partition", &number.to_string(), due);
            let (cause, kind) = (Cause::Sweep, ItemKind::Record);
            sample.offer(Entry {
                id,
                cause,
                kind,
                source: None,
                collected_month: None,
                due,
                removed,
                lateness_seconds: 0,
            });
        }
        sample.drawn().into_iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn fifty_of_a_thousand_are_drawn_and_others_by_another_word() {
        let (one, again, other) = (draw("2026-11-23"), draw("2026-11-23"), draw("2026-11-24"));
        assert!(one.len() == 50 && one == again && other.len() == 50);
        assert!(one.intersection(&other).count() < 25);
    }
}
