//! The keys of the Register.

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
/// The partition of every version of every survey, including today's.
pub const SURVEY_VERSION: &str = "SURVEYVERSION";

/// The key of a survey as it is asked today.
#[must_use]
pub fn survey(id: &str) -> Key {
    Key::new(SURVEY, id)
}

/// The beginning of the sort keys of a survey's versions; no survey's id has a `#`.
#[must_use]
pub fn survey_versions(survey: &str) -> String {
    format!("{survey}#")
}

/// The key of a version of a survey, today's or not.
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

/// The partition of a request. Requests that clicks begin have partitions of their own, which
/// `unsubscribe` may write to.
#[must_use]
pub fn request(id: &RequestId) -> String {
    let kind = if id.is_click() { "CLICK" } else { "REQUEST" };
    format!("{kind}#{}", id.as_str())
}

/// The request of a partition.
#[must_use]
pub fn request_of(partition: &str) -> Option<RequestId> {
    let id = RequestId::try_from(partition.split_once('#')?.1.to_owned()).ok()?;
    (request(&id) == partition).then_some(id)
}

/// The partition of what the person of a request has said about it. `unsubscribe` writes it.
#[must_use]
pub fn statements(id: &RequestId) -> String {
    format!("SAID#{}", id.as_str())
}

/// The request of a partition with evidence: a request itself, one of its tasks, or what its person
/// has said; or a case, or a breach.
#[must_use]
pub fn evidence_of(partition: &str) -> Option<RequestId> {
    let of_statements = || {
        let id = RequestId::try_from(partition.strip_prefix("SAID#")?.to_owned()).ok()?;
        Some(id)
    };
    request_of(partition)
        .or_else(|| task_of(partition).map(|(id, _)| id))
        .or_else(of_statements)
        .or_else(|| super::case_of(partition).map(RequestId::from))
        .or_else(|| super::breach_of(partition).map(RequestId::from))
}

/// The partition of the marks of what waits to be attested.
pub const UNATTESTED: &str = "UNATTESTED";
/// The same for what was written when somebody followed a link: clicks, and what people say about
/// requests.
pub const CLICK_UNATTESTED: &str = "CLICKUNATTESTED";

/// The key of the mark that something in this partition waits to be attested.
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
/// The beginning of the sort key of an event of a request.
pub const EVENT: &str = "EVENT#";
/// What started a task in the first version: beside the task, in the same partition.
pub const FORMER_START: &str = "START";
/// The partition of the tasks of requests that are not closed.
pub const TASKS: &str = "TASKS";
/// The same for requests that clicks began.
pub const CLICK_TASKS: &str = "CLICKTASKS";

/// How many events a request has.
pub const EVENTS: &str = "EVENTS";

/// The key of an event of a request, by its position. Earlier versions used the time, which sorts
/// before.
#[must_use]
pub fn event(request: &RequestId, place: u64) -> Key {
    Key::new(self::request(request), format!("{EVENT}n{place:010}"))
}

/// The partition of a task: one each, so that readers of the stream may take them in parallel.
#[must_use]
pub fn task(request: &RequestId, place: Place) -> String {
    let kind = if request.is_click() {
        "CLICKTASK"
    } else {
        "TASK"
    };
    format!("{kind}#{}#{}", request.as_str(), place.as_str())
}

/// The task of a partition.
#[must_use]
pub fn task_of(partition: &str) -> Option<(RequestId, Place)> {
    of_place(partition).filter(|(id, place)| task(id, *place) == partition)
}

/// The key of what starts a task, apart from everything else: the Register's stream hands only
/// these items to `erase`. Only an approval puts one, or a click one of its own kind.
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

/// The task that a partition starts.
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

/// The key of the note that a task's request is not closed.
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

/// The beginning of the sort key of a holder's open request.
pub const OPEN: &str = "REQUEST#";

/// The key of the note that a request about this holder is open.
#[must_use]
pub fn open_request(holder: &Holder, id: &RequestId) -> Key {
    let of = if id.is_click() {
        clicks_of(holder)
    } else {
        packages_of(holder)
    };
    Key::new(of, format!("{OPEN}{}", id.as_str()))
}

/// The partition of the open requests that clicks of this holder began.
#[must_use]
pub fn clicks_of(holder: &Holder) -> String {
    format!("CLICKED#{}", partition(holder))
}

/// The partition of packages by the time at which they are over.
pub const PACKAGES: &str = "PACKAGES";

/// The key of the note that a package has data of this holder.
#[must_use]
pub fn package_of(holder: &Holder, request: &RequestId) -> Key {
    Key::new(packages_of(holder), format!("PACKAGE#{}", request.as_str()))
}

/// The partition of the packages with data of this holder.
#[must_use]
pub fn packages_of(holder: &Holder) -> String {
    format!("SUBJECT#{}", partition(holder))
}

/// The key of the note that a package is over at `end`; sorts by time.
#[must_use]
pub fn package_due(end: ExpiresAt, request: &RequestId) -> Key {
    Key::new(
        PACKAGES,
        format!("{:012}#{}", end.epoch(), request.as_str()),
    )
}

/// The sort key up to which packages are over at `now`.
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

/// The partition of the looks at what is stored of this holder.
#[must_use]
pub fn looked(holder: &Holder) -> String {
    format!("LOOKED#{}", partition(holder))
}

/// The key of a look at what is stored of this holder, in the attempt with this number; sorts by
/// time.
#[must_use]
pub fn look(holder: &Holder, at: DateTime<Utc>, attempt: u64) -> Key {
    Key::new(
        looked(holder),
        format!("{:012}#{attempt:012}", at.timestamp()),
    )
}

/// The partition of the requests for a copy that are this holder's.
#[must_use]
pub fn asked(holder: &Holder) -> String {
    format!("ASKED#{}", partition(holder))
}

/// The key of the note that this request is this holder's.
#[must_use]
pub fn asked_for(holder: &Holder, request: &RequestId) -> Key {
    Key::new(asked(holder), request.as_str())
}

/// The key of the note that a holder was erased.
#[must_use]
pub fn suppression(holder: &Holder) -> Key {
    Key::new(format!("SUPPRESSION#{}", partition(holder)), META)
}

/// The key of the note that a source has withdrawn a record.
#[must_use]
pub fn withdrawal(source: Source, id: &RecordId) -> Key {
    Key::new(format!("SUPPRESSION#{}", record_sort(source, id)), META)
}

/// The name of a record that was corrected into another holder's.
#[must_use]
pub fn moved_name(source: Source, id: &RecordId) -> String {
    format!("{}#{}", source.as_str(), id.as_str())
}

/// The key of the note that a record was corrected into another holder's.
#[must_use]
pub fn moved(source: Source, id: &RecordId) -> Key {
    Key::new(
        format!("SUPPRESSION#moved#{}", moved_name(source, id)),
        META,
    )
}

/// What a request has placed.
pub const STANDING: &str = "STANDING";

/// The key of what a request has placed: a hold, or a restriction.
#[must_use]
pub fn standing(request_id: &RequestId) -> Key {
    Key::new(request(request_id), STANDING)
}

/// The key of what applies to a holder.
#[must_use]
pub fn standing_of(holder: &Holder) -> Key {
    Key::new(format!("{STANDING_OF}{}", partition(holder)), META)
}

/// The beginning of the partition of what applies to a holder.
pub const STANDING_OF: &str = "STANDING#";

/// The partition of what is in force, or is being lifted.
pub const STANDINGS: &str = "STANDINGS";

/// The key of the note that something is in force, or is being lifted.
#[must_use]
pub fn open_standing(request: &RequestId) -> Key {
    Key::new(STANDINGS, request.as_str())
}

/// The key of the note that a subject no longer wants a list.
#[must_use]
pub fn opt_out(of: &Subscription) -> Key {
    Key::new(format!("OPTOUT#{}", of.subject.as_str()), of.list.as_str())
}

/// The partition of the emails that ask somebody to confirm an address, while their links work.
pub const CONFIRMATIONS: &str = "CONFIRMATIONS";

/// The key of the note that a subject is asked to confirm an address.
#[must_use]
pub fn asked_to_confirm(purpose: ConfirmationPurpose, subject: &SubjectKey) -> Key {
    Key::new(
        CONFIRMATIONS,
        format!("{}#{}", purpose.as_str(), subject.as_str()),
    )
}

/// Whom a sort key of [`CONFIRMATIONS`] asks to confirm an address, and for what.
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

/// The key of the count of suppressions.
#[must_use]
pub fn suppression_epoch() -> Key {
    Key::new("SUPPRESSIONS", "EPOCH")
}

/// The key of the time at which a file of a source was last read.
#[must_use]
pub fn last_import(source: Source) -> Key {
    Key::new("IMPORTS", source.as_str())
}

/// The key of the turn of a source.
#[must_use]
pub fn import_turn(source: Source) -> Key {
    Key::new("IMPORTS", format!("TURN#{}", source.as_str()))
}

/// The key of the count of what a client has sent within an hour.
#[must_use]
pub fn client(client: &Client) -> Key {
    Key::new(format!("CLIENT#{}", client.as_str()), META)
}

/// The partition of removals by TTL that nobody can read.
pub const UNREADABLE: &str = "UNREADABLE";

/// The key of a removal by TTL that nobody can read, by its name: a digest.
#[must_use]
pub fn unreadable_removal(name: &str) -> Key {
    Key::new(UNREADABLE, name)
}

/// The key of the sweep's cursor.
#[must_use]
pub fn sweep_cursor() -> Key {
    Key::new("SWEEP", "CURSOR")
}
