//! What is held about a person and a list: that they left it, what undid that, and what they
//! confirmed.

use super::{Listed, distinct};
use crate::sections::Item;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::record::Holder;
use custodian_domain::record::facts::Value;
use custodian_domain::record::processor_copy::mails_end;
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_domain::rights::confirmation::{ConfirmationPurpose, Confirmed, LINK, Means};
use custodian_domain::rights::subscription::{List, Subscription, Wish};
use custodian_rights::people::Found;
use custodian_store::confirmations::{Confirmations, MailState};
use custodian_store::opt_outs::OptOuts;
use std::cmp::Reverse;

/// Lists what is held about lists.
#[derive(Debug)]
pub(crate) struct ListGatherer {
    pub(crate) keys: SubjectKeys,
    pub(crate) opt_outs: OptOuts,
    pub(crate) confirmations: Confirmations,
}

impl ListGatherer {
    /// That the person left a list, and whether that still counts.
    pub(super) async fn opt_outs(
        &self,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for subject in found.holders.iter().filter_map(Holder::subject) {
            for list in List::ALL {
                let of = Subscription {
                    subject: subject.clone(),
                    list,
                };
                let Some(opt_out) = self.opt_outs.find(&of, now).await? else {
                    continue;
                };
                let end = opt_out.ends().instant();
                ends.push(end);
                let undone = self
                    .wishes(subject, found, now)
                    .await?
                    .into_iter()
                    .find(|wish| !opt_out.stands_against(*wish));
                let item = Item::default().code("list", "List", list).time(
                    "since",
                    "You said so",
                    opt_out.since(),
                );
                let item = item.with(
                    "stands",
                    "Still counts",
                    Some(Value::YesNo(undone.is_none())),
                );
                let item = item.with(
                    "undone_at",
                    "You took it back",
                    undone.map(|wish| Value::Time(wish.told_at)),
                );
                let item = item.with(
                    "undone_by",
                    "How we know",
                    undone.map(|wish| Value::Code(wish.proof.into())),
                );
                items.push(item.time("kept_until", "Kept until", end));
            }
        }
        Ok(Listed {
            items: distinct(items),
            ends,
        })
    }

    /// A person's proven wishes for the newsletter, the latest first, under every version of the
    /// secret. What a form claims proves nothing, and is not included.
    async fn wishes(
        &self,
        subject: &SubjectKey,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<Vec<Wish>, StorageError> {
        let keys_of = |identifier| self.keys.keys(identifier).collect::<Vec<_>>();
        let same = found
            .identifiers
            .iter()
            .map(keys_of)
            .find(|keys| keys.contains(subject));
        let mut wishes = Vec::new();
        for subject in same.unwrap_or_else(|| vec![subject.clone()]) {
            let confirmed = self.confirmations.of(&subject, now).await?;
            wishes.extend(confirmed.iter().filter_map(Confirmed::wish));
        }
        wishes.sort_by_key(|wish| Reverse(wish.told_at));
        Ok(wishes)
    }

    /// What the person was asked to confirm, and what they confirmed.
    pub(super) async fn confirmed(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for subject in holders.iter().filter_map(Holder::subject) {
            for confirmed in self.confirmations.of(subject, now).await? {
                let end = confirmed.ends().instant();
                ends.push(end);
                let item = Item::default().code("confirmed", "What is confirmed", confirmed.means);
                let item = item.time("asked_at", "You asked", confirmed.asked_at);
                items.push(item.time("confirmed_at", "Confirmed", confirmed.at).time(
                    "kept_until",
                    "Kept until",
                    end,
                ));
            }
            for purpose in ConfirmationPurpose::ALL {
                let Some(asking) = self.confirmations.asking(purpose, subject, now).await? else {
                    continue;
                };
                if asking.state == MailState::Confirmed {
                    continue;
                }
                let end = mails_end(asking.link.asked_at);
                ends.push(end);
                let item = Item::default().code(
                    "confirmed",
                    "What you were asked to confirm",
                    Means::from(purpose),
                );
                let item = item.time("asked_at", "You asked", asking.link.asked_at);
                let item = item.time(
                    "works_until",
                    "Our link works until",
                    asking.link.asked_at + LINK,
                );
                items.push(item.time("kept_until", "Kept until", end));
            }
        }
        Ok(Listed {
            items: distinct(items),
            ends,
        })
    }

    /// The same, as it is stored beside the person's records.
    pub(super) async fn profiles(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for subject in holders.iter().filter_map(Holder::subject) {
            for (list, opt_out, retention) in self.opt_outs.profile_of(subject, now).await? {
                ends.extend(retention.and_then(Retention::end).map(ExpiresAt::instant));
                let item = Item::default().code("list", "List", list).time(
                    "since",
                    "You left it",
                    opt_out.since(),
                );
                items.push(item.retained(retention));
            }
        }
        Ok(Listed {
            items: distinct(items),
            ends,
        })
    }
}
