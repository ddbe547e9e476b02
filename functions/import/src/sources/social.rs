//! Mentions on social networks: one row for each post.

use super::columns::Fields;
use super::values::{name, reference, required, time};
use super::{Problem, RowAt};
use shared::domain::arrival::Arrival;
use shared::domain::particulars::{Particulars, Post};
use shared::domain::record::Details;
use shared::domain::revision::Revision;
use shared::domain::source::Source;

/// What a file must have.
pub(super) const COLUMNS: [&str; 7] = ["post_id", "network", "posted_at", "handle", "text", "url", "sentiment"];
/// The text of a post that its author has taken back.
const DELETED: &str = "[deleted]";

/// Reads a post. One that its author has deleted is to be forgotten.
pub(super) fn read(fields: &Fields<'_>, row_at: RowAt) -> Result<Arrival, Problem> {
    let named = |column: &str| name(column, fields.get(column));
    let posted = required("posted_at", time("posted_at", fields.get("posted_at"))?)?;
    let posted = row_at.collected(Source::Social, posted)?;
    let network = required("network", named("network")?)?.to_lowercase();
    let post = required("post_id", named("post_id")?)?;
    let id = format!("{network}:{post}");
    let text = fields.get("text");
    if text == Some(DELETED) {
        return Ok(Arrival::withdrawn(Source::Social, &id, posted));
    }
    let handle = named("handle")?.map(|handle| format!("{network}:{}", handle.trim_start_matches('@')));
    let part = Post { network, url: named("url")?, sentiment: named("sentiment")? };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = Details::told(&id, posted, revision, Particulars::Social(part));
    details.contact.reference = reference("handle", handle)?;
    details.add_comment(text);
    Ok(Arrival::told(details))
}
