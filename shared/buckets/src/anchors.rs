//! Anchors: copies of the state of the ledger's chain, in a bucket where nobody can change them.
//!
//! `anchors/{day}` has the link that closed a day, as `day=number=hash`. `heads/{day}/{number}` has
//! the end of the chain at some hour, as `number=hash`. Each is put once. It says nothing but what
//! the chain says, and so is the same however often it is made.

mod versions;

pub use versions::{KeyVersions, Versions};

use crate::paging::next_page;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::types::ChecksumAlgorithm;
use chrono::NaiveDate;
use custodian_aws::{StorageError, failed};
use custodian_domain::ledger::{Hash, Head, Link};

/// The folder of days that are closed.
pub const DAYS: &str = "anchors/";
/// The folder of the ends of the chain.
pub const HEADS: &str = "heads/";

/// The bucket.
#[derive(Clone, Debug)]
pub struct Anchors {
    client: Client,
    bucket: String,
}

/// A copy of one link: that the chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Whether the link closes a day; otherwise it was the end of the chain.
    pub closes: bool,
    /// The day that it closes, or the latest that was known.
    pub day: NaiveDate,
    /// The link's number.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Anchor {
    /// That a day was closed with this link.
    #[must_use]
    pub fn of_day(day: NaiveDate, link: &Link) -> Self {
        Self {
            closes: true,
            day,
            n: link.n,
            hash: link.hash.clone(),
        }
    }

    /// That the chain ended with this link; `None` where it has no link.
    #[must_use]
    pub fn of_head(head: &Head) -> Option<Self> {
        let day = head.closed.map_or(head.day, |closed| closed.max(head.day));
        (head.n > 0).then(|| Self {
            closes: false,
            day,
            n: head.n,
            hash: head.hash.clone(),
        })
    }

    /// Its key; heads sort as the chain grows.
    #[must_use]
    pub fn key(&self) -> String {
        AnchorSlot {
            day: self.day,
            n: (!self.closes).then_some(self.n),
        }
        .key()
    }

    /// The anchor in one line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        let (n, hash) = (self.n, self.hash.as_str());
        if self.closes {
            format!("{}={n}={hash}", self.day)
        } else {
            format!("{n}={hash}")
        }
    }

    /// Reads the anchor under a key; `None` if it is not spelt like one.
    #[must_use]
    pub fn read(key: &str, body: &str) -> Option<Self> {
        let line = body.strip_suffix('\n')?;
        let seat = AnchorSlot::of(key)?;
        let day = seat.day.to_string();
        let rest = if seat.n.is_none() {
            line.strip_prefix(&day)?.strip_prefix('=')?
        } else {
            line
        };
        let (n, hash) = rest.split_once('=')?;
        let hash = Hash::try_from(hash.to_owned()).ok()?;
        let anchor = Self {
            closes: seat.n.is_none(),
            day: seat.day,
            n: n.parse().ok()?,
            hash,
        };
        (anchor.key() == key && anchor.line() == line).then_some(anchor)
    }
}

/// The place of an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchorSlot {
    /// The day that its key names.
    pub day: NaiveDate,
    /// The link's number, which the key of a head names.
    pub n: Option<u64>,
}

impl AnchorSlot {
    /// The place that a key names; `None` if no anchor belongs there.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let (day, n) = match key.strip_prefix(DAYS) {
            Some(day) => (day, None),
            None => key
                .strip_prefix(HEADS)?
                .split_once('/')
                .map(|(day, n)| (day, Some(n)))?,
        };
        let seat = Self {
            day: day.parse().ok()?,
            n: n.map(str::parse).transpose().ok()?,
        };
        (seat.key() == key).then_some(seat)
    }

    fn key(self) -> String {
        match (self.day, self.n) {
            (day, None) => format!("{DAYS}{day}"),
            (day, Some(n)) => format!("{HEADS}{day}/{n:012}"),
        }
    }
}

impl Anchors {
    /// The bucket named `bucket`.
    #[must_use]
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Puts an anchor where there is none. Returns whether it is new.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be there.
    pub async fn put(&self, anchor: &Anchor) -> Result<bool, StorageError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(anchor.key())
            .if_none_match("*");
        // A bucket with a lock accepts nothing without a checksum.
        let put = put
            .content_type("text/plain")
            .checksum_algorithm(ChecksumAlgorithm::Sha256);
        match put
            .body(format!("{}\n", anchor.line()).into_bytes().into())
            .send()
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if is_there(&error) => Ok(false),
            Err(error) => Err(failed("anchor the ledger")(error)),
        }
    }

    /// The days that are anchored, in order, in pages. Keys with another spelling are skipped.
    #[must_use]
    pub fn days(&self) -> AnchoredDays {
        AnchoredDays(Some(
            self.client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(DAYS),
        ))
    }

    /// Everything whose key begins with `prefix`, by its key, with all its versions; in pages.
    #[must_use]
    pub fn versions(&self, prefix: &str) -> Versions {
        Versions::of(
            self.client
                .list_object_versions()
                .bucket(&self.bucket)
                .prefix(prefix),
        )
    }

    /// The text of a version; `None` if it is longer than any anchor, or not a text.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn read(&self, kept: &KeyVersions) -> Result<Option<String>, StorageError> {
        /// Longer than any anchor, in bytes.
        const LONGEST: i64 = 128;
        const OPERATION: &str = "read an anchor";
        let Some((version, size)) = kept.oldest.as_ref().filter(|(_, size)| *size <= LONGEST)
        else {
            return Ok(None);
        };
        let get = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(&kept.key)
            .version_id(version);
        let object = get.send().await.map_err(failed(OPERATION))?;
        let body = object
            .body
            .collect()
            .await
            .map_err(|_| StorageError::unreadable(OPERATION))?
            .into_bytes();
        let is_whole = i64::try_from(body.len()).is_ok_and(|length| length == *size);
        Ok(String::from_utf8(body.to_vec()).ok().filter(|_| is_whole))
    }
}

/// The days that are anchored, in pages.
#[derive(Debug)]
pub struct AnchoredDays(Option<ListObjectsV2FluentBuilder>);

impl AnchoredDays {
    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer, or does not say where the list goes on.
    pub async fn next(&mut self) -> Result<Option<Vec<NaiveDate>>, StorageError> {
        const OPERATION: &str = "list anchors";
        let Some(list) = &self.0 else { return Ok(None) };
        let page = list.clone().send().await.map_err(failed(OPERATION))?;
        let next = next_page(OPERATION, page.is_truncated, page.next_continuation_token)?;
        self.0 = next.map(|token| list.clone().continuation_token(token));
        let keys = page
            .contents
            .into_iter()
            .flatten()
            .filter_map(|object| object.key);
        Ok(Some(
            keys.filter_map(|key| key.strip_prefix(DAYS)?.parse().ok())
                .collect(),
        ))
    }
}

/// Something is there, or somebody else is putting it at this moment.
fn is_there<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    matches!(
        error.code(),
        Some("PreconditionFailed" | "ConditionalRequestConflict")
    )
}

#[cfg(test)]
mod tests {
    use super::Anchor;
    use custodian_domain::ledger::Hash;

    fn anchor(closes: bool) -> Anchor {
        Anchor {
            closes,
            day: "2026-11-23".parse().unwrap(),
            n: 7,
            hash: Hash::of(&Hash::of_nothing(), "{}"),
        }
    }

    #[test]
    fn an_anchor_reads_back_as_what_was_told() {
        let hash = "5649d09ed68c17156095d175eef152856c5b1a81c117c409c1e00f096aa6838e";
        for (closes, key, line) in [
            (true, "anchors/2026-11-23", format!("2026-11-23=7={hash}")),
            (false, "heads/2026-11-23/000000000007", format!("7={hash}")),
        ] {
            let anchor = anchor(closes);
            assert_eq!(
                (anchor.key(), anchor.line()),
                (key.to_owned(), line.clone())
            );
            assert_eq!(Anchor::read(key, &format!("{line}\n")), Some(anchor));
            for other in [
                line.clone(),
                format!("{line}\n\n"),
                line.replace("7=", "07="),
                format!(" {line}\n"),
            ] {
                assert_eq!(Anchor::read(key, &other), None, "{other}");
            }
        }
        let line = format!("7={hash}\n");
        for key in [
            "heads/2026-11-23/7",
            "heads/2026-11-23/000000000008",
            "heads/2026-11-23",
            "tails/1",
            "anchors/",
        ] {
            assert_eq!(Anchor::read(key, &line), None, "{key}");
        }
    }

    #[test]
    fn an_anchor_of_one_day_is_none_of_another() {
        let line = format!("{}\n", anchor(true).line());
        assert_eq!(Anchor::read("anchors/2026-11-24", &line), None);
    }
}
