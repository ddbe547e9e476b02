//! The chain: every link names the one before by its hash, so that none can be changed or removed
//! unnoticed.

use super::Entry;
use super::attestation::Attestation;
use super::block::Block;
use super::certificate::{DayCertificate, Figures, Left};
use super::chain_end::ChainEnd;
use super::hash::Hash;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// One link of the chain, as it is stored: a block, or a day's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number; the first is 1.
    pub n: u64,
    /// The hash of the link before.
    pub previous: Hash,
    /// What it says: canonical JSON of a [`Block`] or a [`DayCertificate`].
    pub body: String,
    /// The hash of `previous` and `body`.
    pub hash: Hash,
}

impl Link {
    /// Whether its hash matches its contents.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.hash == Hash::of(&self.previous, &self.body)
    }

    /// Its contents, if they are of this type and in canonical spelling.
    #[must_use]
    pub fn says<'a, T: Deserialize<'a> + Serialize>(&'a self) -> Option<T> {
        let contents: T = serde_json::from_str(&self.body).ok()?;
        (serde_json::to_string(&contents).ok()? == self.body).then_some(contents)
    }
}

/// Where the chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last link; 0 while there is none.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
    /// The latest day that has a block.
    pub day: NaiveDate,
    /// The first day.
    pub first: NaiveDate,
    /// The last day that is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<NaiveDate>,
    /// The hash of its certificate.
    pub certificate: Hash,
}

impl Head {
    /// The head of a chain without links, which begins on `day`.
    #[must_use]
    pub fn begin(day: NaiveDate) -> Self {
        Self {
            n: 0,
            hash: Hash::of_nothing(),
            day,
            first: day,
            closed: None,
            certificate: Hash::of_nothing(),
        }
    }

    /// The last link; `None` while there is none.
    #[must_use]
    pub fn end(&self) -> Option<ChainEnd> {
        (self.n > 0).then(|| ChainEnd {
            n: self.n,
            hash: self.hash.clone(),
        })
    }

    /// The first day that is not closed.
    #[must_use]
    pub fn open(&self) -> NaiveDate {
        self.closed
            .map_or(self.first, |closed| closed.succ_opt().unwrap_or(closed))
    }

    /// The next link, a block of these deletions and attestations; `None` if it can't be written.
    #[must_use]
    pub fn append(
        &self,
        entries: Vec<Entry>,
        attestations: Vec<Attestation>,
        now: DateTime<Utc>,
    ) -> Option<(NaiveDate, Link, Self)> {
        self.grow(now, |n, day| Block {
            n,
            day,
            at: now,
            entries,
            attestations,
            audit: None,
        })
    }

    /// The next link, whose body is made from its number and its day; `None` if it can't be
    /// written.
    ///
    /// Its day is that of `now`, unless the chain is already further: days never go back, and a
    /// closed day stays as it is.
    #[must_use]
    pub fn grow<T: Serialize>(
        &self,
        now: DateTime<Utc>,
        body: impl FnOnce(u64, NaiveDate) -> T,
    ) -> Option<(NaiveDate, Link, Self)> {
        let day = now.date_naive().max(self.day).max(self.open());
        let link = self.link(&body(self.n + 1, day))?;
        let head = Self {
            n: link.n,
            hash: link.hash.clone(),
            day,
            ..self.clone()
        };
        Some((day, link, head))
    }

    /// The next link, the certificate of the first day that is not closed; `None` if it can't be
    /// written.
    #[must_use]
    pub fn close(
        &self,
        figures: Figures,
        left: Left,
        now: DateTime<Utc>,
    ) -> Option<(NaiveDate, Link, Self)> {
        let day = self.open();
        let previous_certificate = self.certificate.clone();
        let link = self.link(&DayCertificate {
            n: self.n + 1,
            day,
            closed_at: now,
            figures,
            left,
            previous_certificate,
        })?;
        let certificate = link.hash.clone();
        let head = Self {
            n: link.n,
            hash: certificate.clone(),
            closed: Some(day),
            certificate,
            ..self.clone()
        };
        Some((day, link, head))
    }

    fn link(&self, body: &impl Serialize) -> Option<Link> {
        let body = serde_json::to_string(body).ok()?;
        let hash = Hash::of(&self.hash, &body);
        Some(Link {
            n: self.n + 1,
            previous: self.hash.clone(),
            body,
            hash,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Hash, Head, Link};
    use crate::ledger::{DayCertificate, Figures, Left};
    use chrono::{DateTime, NaiveDate, Utc};

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    fn day(date: &str) -> NaiveDate {
        date.parse().unwrap()
    }

    #[test]
    fn a_link_follows_the_one_before_it() {
        let now = at("2026-11-23T10:00:00Z");
        let (_, one, head) = Head::begin(now.date_naive())
            .append(Vec::new(), Vec::new(), now)
            .unwrap();
        let (_, two, _) = head.append(Vec::new(), Vec::new(), now).unwrap();
        assert_eq!((one.previous, two.n), (Hash::of_nothing(), 2));
        assert_eq!(two.previous, one.hash);
        assert!(
            two.is_whole()
                && !Link {
                    body: one.body,
                    ..two
                }
                .is_whole()
        );
    }

    #[test]
    fn a_block_that_attests_nothing_is_spelt_as_it_always_was() {
        let now = at("2026-11-23T10:00:00Z");
        let (_, link, _) = Head::begin(now.date_naive())
            .append(Vec::new(), Vec::new(), now)
            .unwrap();
        assert_eq!(
            link.body,
            r#"{"n":1,"day":"2026-11-23","at":"2026-11-23T10:00:00Z","entries":[]}"#
        );
        assert!(link.says::<Block>().is_some());
    }

    #[test]
    fn a_hash_is_sha_256_of_the_one_before_a_line_feed_and_the_body() {
        // printf '%064d\n{}' 0 | sha256sum
        let expected = "5649d09ed68c17156095d175eef152856c5b1a81c117c409c1e00f096aa6838e";
        assert_eq!(Hash::of(&Hash::of_nothing(), "{}").as_str(), expected);
        assert!(Hash::try_from("0".repeat(63)).is_err() && Hash::try_from("A".repeat(64)).is_err());
    }

    #[test]
    fn days_never_go_back_and_a_closed_day_stays_as_it_is() {
        let head = Head::begin(day("2026-11-23"));
        let on = |head: &Head, instant: &str| {
            head.append(Vec::new(), Vec::new(), at(instant))
                .unwrap()
                .0
                .to_string()
        };
        assert_eq!(on(&head, "2026-11-25T00:00:00Z"), "2026-11-25");
        assert_eq!(on(&head, "2026-11-20T00:00:00Z"), "2026-11-23");
        let later = Head {
            day: day("2026-11-25"),
            ..head
        };
        assert_eq!(on(&later, "2026-11-24T00:00:00Z"), "2026-11-25");
        let closed = Head {
            closed: Some(day("2026-11-30")),
            ..later
        };
        assert_eq!(
            (on(&closed, "2026-11-30T23:59:59Z"), closed.open()),
            ("2026-12-01".to_owned(), day("2026-12-01"))
        );
    }

    #[test]
    fn certificates_name_the_one_of_the_day_before() {
        let now = at("2026-11-25T00:10:00Z");
        let head = Head::begin(day("2026-11-23"));
        let (first, one, head) = head
            .close(Figures::default(), Left::default(), now)
            .unwrap();
        let (second, two, _) = head
            .close(Figures::default(), Left::default(), now)
            .unwrap();
        assert_eq!((first, second), (day("2026-11-23"), day("2026-11-24")));
        assert_eq!(
            two.says::<DayCertificate>().unwrap().previous_certificate,
            one.hash
        );
        assert!(two.says::<Block>().is_none(), "a certificate is no block");
    }
}
