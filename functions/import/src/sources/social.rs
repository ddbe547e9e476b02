//! Mentions on social networks: one row for each post.

use super::columns::Fields;
use super::values::{exact, long, name, reference, required, time, word};
use super::{Problem, RowAt};
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::written::{is_nothing, is_taken_back};
use custodian_domain::record::RecordBody;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{Post, SourceDetails};
use custodian_domain::record::source_record::SourceRecord;

/// The columns that a file must have.
pub(super) const COLUMNS: [&str; 7] = [
    "post_id",
    "network",
    "posted_at",
    "handle",
    "text",
    "url",
    "sentiment",
];

/// Whether a network writes this handle for an author who is gone, also in its form of handles:
/// `u/[deleted]`.
fn is_nobody(handle: &str) -> bool {
    let handle = handle.trim_start_matches(['@', '/']);
    is_taken_back(
        handle
            .strip_prefix("u/")
            .or_else(|| handle.strip_prefix("user/"))
            .unwrap_or(handle),
    )
}

/// Reads a post. If its author has deleted it, it is to be forgotten.
pub(super) fn read(fields: &Fields<'_>, row_at: RowAt) -> Result<SourceRecord, Problem> {
    let named = |column: &str| name(column, fields.get(column));
    let network = required("network", named("network")?)?.to_lowercase();
    let post = required("post_id", exact("post_id", fields.get("post_id"))?)?;
    let id = format!("{network}:{post}");
    // Where an author is gone, networks write the same for all of them.
    let handle = fields
        .get("handle")
        .filter(|handle| !is_nothing(handle) && !is_nobody(word(handle)));
    let handle = exact("handle", handle)?
        .map(|handle| format!("{network}:{}", handle.trim_start_matches('@')));
    let handle = reference("handle", handle)?;
    let posted = time("posted_at", fields.get("posted_at"));
    let text = fields.get("text");
    if text.map(word).is_some_and(is_taken_back) {
        // It is deleted whatever else the row says.
        let (posted, contact) = (
            posted.ok().flatten(),
            Contact {
                reference: handle,
                ..Contact::default()
            },
        );
        return Ok(SourceRecord::withdrawn(
            Source::Social,
            &id,
            posted.unwrap_or(row_at.now),
            contact,
        ));
    }
    let posted = row_at.collected(Source::Social, required("posted_at", posted?)?)?;
    let part = Post {
        network,
        url: long("url", fields.get("url"))?,
        sentiment: named("sentiment")?,
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = RecordBody::from_source(&id, posted, revision, SourceDetails::Social(part));
    details.contact.reference = handle;
    details.add_comment(text);
    Ok(SourceRecord::upsert(&id, details))
}
