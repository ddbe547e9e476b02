//! Google Business Profile: an element of a list of reviews.

use super::values::{exact, name, person, rating_in, reference, required, time};
use super::{Problem, RowAt, fault};
use custodian_domain::record::RecordBody;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{Review, SourceDetails};
use custodian_domain::record::source_record::{AHEAD, SourceRecord, Untimely};
use custodian_domain::survey::answers::AnswerRule;
use custodian_domain::validation::object::Object;
use custodian_domain::validation::rule::Rule;
use serde_json::{Map, Value};

/// The stars, as Google spells them.
const STARS: [&str; 6] = [
    "STAR_RATING_UNSPECIFIED",
    "ONE",
    "TWO",
    "THREE",
    "FOUR",
    "FIVE",
];

/// Reads a review. The council's reply is not read: the person did not write it.
pub(super) fn read(object: &Map<String, Value>, row_at: RowAt) -> Result<SourceRecord, Problem> {
    let row = Object::whole(object);
    // `locations.batchGetReviews` wraps each review, and names its place beside it.
    let wrapped = row.object("review")?;
    let place = match &wrapped {
        Some(_) => row.text("name")?,
        None => None,
    };
    let review = wrapped.unwrap_or(row);
    let field = |field: &str| review.name(field);
    let instant = |name: &str| time(&field(name), review.text(name)?);
    let created = required(&field("createTime"), instant("createTime")?)?;
    let created = row_at.collected(Source::Reviews, created)?;
    let updated = instant("updateTime")?.unwrap_or(created);
    if updated > row_at.now + AHEAD {
        // A version from the future could not be corrected until then.
        return Err(Problem::Untimely(Untimely::InFuture));
    }
    let own = exact(&field("reviewId"), review.id("reviewId")?.as_deref())?;
    let id = match (name(&field("name"), review.text("name")?)?, place, &own) {
        (Some(name), _, _) => name,
        (None, Some(place), Some(own)) => format!("{}/reviews/{own}", place.trim_end_matches('/')),
        (None, _, _) => return Err(fault(&field("name"), Rule::Required)),
    };
    let (location, last) = id.rsplit_once("/reviews/").unwrap_or(("", id.as_str()));
    let (location, last) = (location.to_owned(), last.to_owned());
    let stars = stars(&review)?;
    let reviewer = review.object("reviewer")?;
    let anonymous = reviewer
        .as_ref()
        .map_or(Ok(true), |reviewer| reviewer.flag("isAnonymous"))?;

    let part = Review {
        stars,
        location,
        updated_at: updated,
    };
    let mut details = RecordBody::from_source(
        &id,
        created,
        Revision::updated(updated),
        SourceDetails::Reviews(part),
    );
    if !anonymous {
        let shown = reviewer.map_or(Ok(None), |reviewer| {
            person(&reviewer.name("displayName"), reviewer.text("displayName")?)
        })?;
        details.contact.name = shown;
        // Anybody may have a name: only this leads to the person. An export by Google itself has it
        // in the name only.
        details.contact.reference = reference(&field("reviewId"), Some(own.unwrap_or(last)))?;
    }
    details.add_comment(review.text("comment")?);
    Ok(SourceRecord::upsert(&id, details))
}

/// The stars, in words or as a number.
fn stars(review: &Object<'_>) -> Result<Option<u8>, Problem> {
    let word = match rating_in(review, "starRating") {
        Ok(stars) => return Ok(stars.map(u8::from)),
        Err(_) => review
            .text("starRating")
            .ok()
            .flatten()
            .map(str::to_uppercase),
    };
    let stars = word.and_then(|word| STARS.iter().position(|star| *star == word));
    let stars = stars
        .and_then(|stars| u8::try_from(stars).ok())
        .ok_or_else(|| fault(&review.name("starRating"), AnswerRule::Rating))?;
    Ok((stars > 0).then_some(stars))
}
