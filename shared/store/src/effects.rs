//! What applies to the holders who were looked up.

use crate::keys::{self, Key, PK};
use crate::{Item, text};
use custodian_domain::record::Holder;
use custodian_domain::rights::constraint::Effect;
use std::collections::{BTreeSet, HashMap};

/// The attribute of a holder's constraints with the requests that hold their data.
pub(crate) const HOLDS: &str = "holds";
/// The same with the requests that restrict it.
pub(crate) const RESTRICTIONS: &str = "restrictions";

/// What applies to the holders who were looked up.
#[derive(Clone, Debug, Default)]
pub struct Effects(HashMap<String, Effect>);

impl Effects {
    /// What applies to a holder; `None` if nobody looked.
    #[must_use]
    pub fn of(&self, holder: &Holder) -> Option<Effect> {
        self.0.get(&keys::partition(holder)).copied()
    }

    /// What the items of a batch say about the holders who were looked up.
    pub(crate) fn read<'a>(
        looked_up: &[Holder],
        items: impl IntoIterator<Item = &'a Item>,
    ) -> Self {
        let mut effects: HashMap<String, Effect> = looked_up
            .iter()
            .map(|holder| (keys::partition(holder), Effect::default()))
            .collect();
        for item in items {
            let partition = text(item, PK).and_then(|pk| pk.strip_prefix(keys::STANDING_OF));
            if let Some(effect) = partition.and_then(|partition| effects.get_mut(partition)) {
                *effect = Effect {
                    held: item.contains_key(HOLDS),
                    restricted: item.contains_key(RESTRICTIONS),
                };
            }
        }
        Self(effects)
    }
}

/// Each key once: a batch accepts no key twice.
pub(crate) fn distinct(keys: impl Iterator<Item = Key>) -> Vec<Key> {
    keys.collect::<BTreeSet<Key>>().into_iter().collect()
}
