//! Where things lie in the Register.

use super::{Key, META, partition, record_sort};
use chrono::{DateTime, Utc};
use custodian_domain::identity::client::Client;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::place::Place;
use custodian_domain::record::source::Source;
use custodian_domain::record::{Holder, RecordId};
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::confirmation::ConfirmationPurpose;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::subscription::Subscription;
use custodian_domain::survey::VersionId;

/// The partition of all surveys in the Register, as they are asked today.
pub const SURVEY: &str = "SURVEY";
/// The partition of every version of every survey, today's among them.
pub const SURVEY_VERSION: &str = "SURVEYVERSION";

/// Where a survey lies as it is asked today.
#[must_use]
pub fn survey(id: &str) -> Key {
    Key::new(SURVEY, id)
}

/// The sort key of every version of a survey begins so; no survey's id has a `#`.
#[must_use]
pub fn survey_versions(survey: &str) -> String {
    format!("{survey}#")
}

/// Where a version of a survey lies, whoever asks it today.
#[must_use]
pub fn survey_version(survey: &str, version: &VersionId) -> Key {
    Key::new(
        SURVEY_VERSION,
        format!("{}{}", survey_versions(survey), version.as_str()),
    )
}

/// The survey and the version that a sort key of [`SURVEY_VERSION`] names.
#[must_use]
pub fn survey_version_of(sort: &str) -> Option<(String, VersionId)> {
    let (survey, version) = sort.split_once('#')?;
    Some((
        survey.to_owned(),
        VersionId::try_from(version.to_owned()).ok()?,
    ))
}

/// The partition of a request. What clicks begin lies in partitions of its own, which `unsubscribe`
/// may write to.
#[must_use]
pub fn request(id: &RequestId) -> String {
    let kind = if id.is_click() { "CLICK" } else { "REQUEST" };
    format!("{kind}#{}", id.as_str())
}

/// Which request a partition is.
#[must_use]
pub fn request_of(partition: &str) -> Option<RequestId> {
    let id = RequestId::try_from(partition.split_once('#')?.1.to_owned()).ok()?;
    (request(&id) == partition).then_some(id)
}

/// The partition of what the person of a request has said about it, which `unsubscribe` writes.
#[must_use]
pub fn said(id: &RequestId) -> String {
    format!("SAID#{}", id.as_str())
}

/// Which request a partition of evidence belongs to: a request itself, a task of it, or what its
/// person has said.
#[must_use]
pub fn evidence_of(partition: &str) -> Option<RequestId> {
    let said = || {
        let id = RequestId::try_from(partition.strip_prefix("SAID#")?.to_owned()).ok()?;
        Some(id)
    };
    request_of(partition)
        .or_else(|| task_of(partition).map(|(id, _)| id))
        .or_else(said)
}

/// The partition of what waits to be attested.
pub const UNATTESTED: &str = "UNATTESTED";
/// The same of what whoever follows a link has written: of clicks, and of what people say about
/// requests.
pub const CLICK_UNATTESTED: &str = "CLICKUNATTESTED";

/// Where it says that something in this partition waits to be attested.
#[must_use]
pub fn unattested(partition: &str) -> Key {
    let is_of_a_link = ["CLICK", "SAID#"]
        .iter()
        .any(|kind| partition.starts_with(kind));
    Key::new(
        if is_of_a_link {
            CLICK_UNATTESTED
        } else {
            UNATTESTED
        },
        partition,
    )
}

/// The package of a request.
pub const PACKAGE: &str = "PACKAGE";
/// The sort key of what happened to a request begins so.
pub const EVENT: &str = "EVENT#";
/// What started a task in the first version: beside the task, in the same partition.
pub const FORMER_START: &str = "START";
/// The partition of the tasks of requests that are not closed.
pub const TASKS: &str = "TASKS";
/// The same of what clicks began.
pub const CLICK_TASKS: &str = "CLICKTASKS";

/// How many things have happened to a request.
pub const EVENTS: &str = "EVENTS";

/// Where something that happened to a request lies, by its place among them. Earlier versions had
/// the time there, which sorts before.
#[must_use]
pub fn event(request: &RequestId, place: u64) -> Key {
    Key::new(self::request(request), format!("{EVENT}n{place:010}"))
}

/// The partition of a task: one each, so that a stream's reader may take them in parallel.
#[must_use]
pub fn task(request: &RequestId, place: Place) -> String {
    let kind = if request.is_click() {
        "CLICKTASK"
    } else {
        "TASK"
    };
    format!("{kind}#{}#{}", request.as_str(), place.as_str())
}

/// Which task a partition is.
#[must_use]
pub fn task_of(partition: &str) -> Option<(RequestId, Place)> {
    of_place(partition).filter(|(id, place)| task(id, *place) == partition)
}

/// Where what starts a task lies, apart from all else: the only items that the Register's stream
/// hands on to `erase`. Only an approval puts one, and only a click one of its own kind.
#[must_use]
pub fn start(request: &RequestId, place: Place) -> Key {
    let kind = if request.is_click() {
        "CLICKSTART"
    } else {
        "START"
    };
    Key::new(
        format!("{kind}#{}#{}", request.as_str(), place.as_str()),
        META,
    )
}

/// Which task a partition starts.
#[must_use]
pub fn start_of(partition: &str) -> Option<(RequestId, Place)> {
    of_place(partition).filter(|(id, place)| start(id, *place).partition == partition)
}

fn of_place(partition: &str) -> Option<(RequestId, Place)> {
    let (id, place) = partition.split_once('#')?.1.rsplit_once('#')?;
    Some((
        RequestId::try_from(id.to_owned()).ok()?,
        Place::named(place)?,
    ))
}

/// Where it says that a task's request is not closed.
#[must_use]
pub fn open_task(request: &RequestId, place: Place) -> Key {
    Key::new(
        if request.is_click() {
            CLICK_TASKS
        } else {
            TASKS
        },
        task(request, place),
    )
}

/// The sort key of an open request of a holder begins so.
pub const OPEN: &str = "REQUEST#";

/// Where it says that a request about this holder is open.
#[must_use]
pub fn open_request(holder: &Holder, id: &RequestId) -> Key {
    let of = if id.is_click() {
        clicks_of(holder)
    } else {
        packages_of(holder)
    };
    Key::new(of, format!("{OPEN}{}", id.as_str()))
}

/// The partition of what clicks of this holder began and is open.
#[must_use]
pub fn clicks_of(holder: &Holder) -> String {
    format!("CLICKED#{}", partition(holder))
}

/// The partition of packages by the time at which they are over.
pub const PACKAGES: &str = "PACKAGES";

/// Where it says that a package holds something of this holder.
#[must_use]
pub fn package_of(holder: &Holder, request: &RequestId) -> Key {
    Key::new(packages_of(holder), format!("PACKAGE#{}", request.as_str()))
}

/// The partition of the packages that hold something of this holder.
#[must_use]
pub fn packages_of(holder: &Holder) -> String {
    format!("SUBJECT#{}", partition(holder))
}

/// Where it says that a package is over at `end`; sorts by time.
#[must_use]
pub fn package_due(end: ExpiresAt, request: &RequestId) -> Key {
    Key::new(
        PACKAGES,
        format!("{:012}#{}", end.epoch(), request.as_str()),
    )
}

/// All packages that are over at `now` sort up to here.
#[must_use]
pub fn packages_due_by(now: DateTime<Utc>) -> String {
    format!("{:012}#~", now.timestamp())
}

/// The request that a sort key of [`packages_of`] or [`PACKAGES`] names.
#[must_use]
pub fn package_request(sort: &str) -> Option<RequestId> {
    let (_, id) = sort.split_once('#')?;
    RequestId::try_from(id.to_owned()).ok()
}

/// Where it says that a holder was erased.
#[must_use]
pub fn suppression(holder: &Holder) -> Key {
    Key::new(format!("SUPPRESSION#{}", partition(holder)), META)
}

/// Where it says that a source has withdrawn a record.
#[must_use]
pub fn withdrawal(source: Source, id: &RecordId) -> Key {
    Key::new(format!("SUPPRESSION#{}", record_sort(source, id)), META)
}

/// What a request has placed.
pub const STANDING: &str = "STANDING";

/// Where it says what a request has placed: a hold, or a restriction.
#[must_use]
pub fn standing(request_id: &RequestId) -> Key {
    Key::new(request(request_id), STANDING)
}

/// Where it says what stands for a holder.
#[must_use]
pub fn standing_of(holder: &Holder) -> Key {
    Key::new(format!("{STANDING_OF}{}", partition(holder)), META)
}

/// The partition of what stands for a holder begins so.
pub const STANDING_OF: &str = "STANDING#";

/// The partition of what stands, or is being lifted.
pub const STANDINGS: &str = "STANDINGS";

/// Where it says that something stands, or is being lifted.
#[must_use]
pub fn open_standing(request: &RequestId) -> Key {
    Key::new(STANDINGS, request.as_str())
}

/// Where it says that a subject wants a list no longer.
#[must_use]
pub fn opt_out(of: &Subscription) -> Key {
    Key::new(format!("OPTOUT#{}", of.subject.as_str()), of.list.as_str())
}

/// The partition of the mails that ask somebody to confirm an address, while their links work.
pub const CONFIRMATIONS: &str = "CONFIRMATIONS";

/// Where it says that a subject is asked to confirm an address.
#[must_use]
pub fn asked_to_confirm(purpose: ConfirmationPurpose, subject: &SubjectKey) -> Key {
    Key::new(
        CONFIRMATIONS,
        format!("{}#{}", purpose.as_str(), subject.as_str()),
    )
}

/// Whom a sort key of [`CONFIRMATIONS`] asks to confirm an address, and what for.
#[must_use]
pub fn asked_to_confirm_of(sort: &str) -> Option<(ConfirmationPurpose, SubjectKey)> {
    let (purpose, subject) = sort.split_once('#')?;
    Some((
        ConfirmationPurpose::named(purpose)?,
        SubjectKey::try_from(subject.to_owned()).ok()?,
    ))
}

/// The partition of what a subject has confirmed.
#[must_use]
pub fn confirmed(subject: &SubjectKey) -> String {
    format!("CONFIRMED#{}", subject.as_str())
}

/// Where suppressions are counted.
#[must_use]
pub fn suppression_epoch() -> Key {
    Key::new("SUPPRESSIONS", "EPOCH")
}

/// Where it says when something was last taken in from a source.
#[must_use]
pub fn last_import(source: Source) -> Key {
    Key::new("IMPORTS", source.as_str())
}

/// Where it says which invocation has the turn of a source.
#[must_use]
pub fn import_turn(source: Source) -> Key {
    Key::new("IMPORTS", format!("TURN#{}", source.as_str()))
}

/// Where it says how much a client has sent within an hour.
#[must_use]
pub fn client(client: &Client) -> Key {
    Key::new(format!("CLIENT#{}", client.as_str()), META)
}

/// Where the sweep remembers up to which day everything is gone.
#[must_use]
pub fn sweep_cursor() -> Key {
    Key::new("SWEEP", "CURSOR")
}
