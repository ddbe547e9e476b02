//! Google Business Profile: an element of a list of reviews.

use super::object::Object;
use super::values::{Rule, name, reference, required, time};
use super::{Problem, RowAt, fault};
use serde_json::{Map, Value};
use shared::domain::arrival::{AHEAD, Arrival, Untimely};
use shared::domain::particulars::{Particulars, Review};
use shared::domain::record::Details;
use shared::domain::revision::Revision;
use shared::domain::source::Source;

/// The stars, as Google spells them.
const STARS: [(&str, Option<u8>); 6] = [
    ("STAR_RATING_UNSPECIFIED", None),
    ("ONE", Some(1)),
    ("TWO", Some(2)),
    ("THREE", Some(3)),
    ("FOUR", Some(4)),
    ("FIVE", Some(5)),
];

/// Reads a review. The council's reply is not read: it is not what the person told.
pub(super) fn read(object: &Map<String, Value>, row_at: RowAt) -> Result<Arrival, Problem> {
    let review = Object::row(object);
    let created = required("createTime", time("createTime", review.text("createTime")?)?)?;
    let created = row_at.collected(Source::Reviews, created)?;
    let updated = time("updateTime", review.text("updateTime")?)?.unwrap_or(created);
    if updated > row_at.now + AHEAD {
        // A word from the future could not be corrected until then.
        return Err(Problem::Untimely(Untimely::InFuture));
    }
    let id = required("name", name("name", review.text("name")?)?)?;
    let location = id.split_once("/reviews/").map_or("", |(location, _)| location).to_owned();
    let stars = review.text("starRating")?.unwrap_or(STARS[0].0);
    let stars = STARS.into_iter().find(|(word, _)| *word == stars).ok_or_else(|| fault("starRating", Rule::Rating))?.1;
    let reviewer = review.object("reviewer")?;
    let anonymous = reviewer.as_ref().map_or(Ok(true), |reviewer| reviewer.flag("isAnonymous"))?;

    let part = Review { stars, location, updated_at: updated };
    let mut details = Details::told(&id, created, Revision::updated(updated), Particulars::Reviews(part));
    if !anonymous {
        let shown =
            reviewer.map_or(Ok(None), |reviewer| name("reviewer.displayName", reviewer.text("displayName")?))?;
        details.contact.name = shown;
        // A name is anybody's: only this leads to the person.
        details.contact.reference = reference("reviewId", review.text("reviewId")?.map(str::to_owned))?;
    }
    details.add_comment(review.text("comment")?);
    Ok(Arrival::told(details))
}
