//! Links that lead to the person.

use super::Listed;
use super::records::NamedContact;
use crate::sections::Item;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_rights::people::Found;
use custodian_store::records::{Link, Records};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::pin::pin;

/// How many partitions are read at once for links.
const AT_ONCE: usize = 16;

/// Lists links.
#[derive(Debug)]
pub(crate) struct LinkGatherer {
    pub(crate) keys: SubjectKeys,
    pub(crate) records: Records,
}

impl LinkGatherer {
    /// Links to the person, from any identifier that was given, or that a record names.
    pub(super) async fn to(
        &self,
        found: &Found,
        contacts: &HashSet<NamedContact>,
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let named = contacts.iter().flat_map(NamedContact::identifiers);
        let identifiers: BTreeSet<Identifier> =
            found.identifiers.iter().cloned().chain(named).collect();
        let own: BTreeMap<SubjectKey, &Identifier> = identifiers
            .iter()
            .flat_map(|identifier| self.keys.keys(identifier).map(move |key| (key, identifier)))
            .filter(|(key, _)| {
                found
                    .holders
                    .iter()
                    .any(|holder| holder.subject() == Some(key))
            })
            .collect();
        let from = identifiers
            .iter()
            .flat_map(|from| self.keys.keys(from).map(|key| (from.clone(), key)));
        let from: Vec<(Identifier, SubjectKey)> = from.collect();
        // Anybody can write any number beside anybody's address: there may be thousands.
        let mut links = pin!(
            stream::iter(from)
                .map(|(from, key)| self.links_from(from, key, now))
                .buffered(AT_ONCE)
        );
        let (mut items, mut ends, mut listed) = (Vec::new(), Vec::new(), HashSet::new());
        while let Some(links) = links.next().await {
            let (from, links) = links?;
            for link in links {
                // A link to somebody else is theirs, and not part of this.
                let Some(to) = own.get(&link.to) else {
                    continue;
                };
                ends.extend(
                    link.retention
                        .and_then(Retention::end)
                        .map(ExpiresAt::instant),
                );
                if listed.insert((from.clone(), *to, link.retention)) {
                    let item = Item::default().text("from", "From", from.canonical().to_owned());
                    let item = item.text("to", "To your records under", to.canonical().to_owned());
                    items.push(item.retained(link.retention));
                }
            }
        }
        Ok(Listed { items, ends })
    }

    async fn links_from(
        &self,
        from: Identifier,
        key: SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<(Identifier, Vec<Link>), StorageError> {
        Ok((from, self.records.links(&key, now).all().await?))
    }
}
