//! Every period that somebody is promised, in one table: what `docs/data-retention.md`,
//! `docs/orders.md` and the privacy notice say is tested against it.
//!
//! How long a call may take, and how soon something is tried again, is not a promise, and is
//! defined where it is used.

use chrono::{Months, TimeDelta};

/// What people tell the council, whichever way it came, from the moment of the interaction.
pub const RECORDS: Months = Months::new(36);
/// That a holder was erased: nothing older is taken in, and no backup reaches back further.
pub const SUPPRESSIONS: Months = RECORDS;
/// That somebody wants no newsletter: no record and no backup holds a wish that is older.
pub const OPT_OUTS: Months = RECORDS;

/// The evidence of a request, a hold or a restriction: from its approval, or its lifting.
pub const EVIDENCE: Months = Months::new(72);
/// That somebody looked at a person's data, or until the last of that data is over.
pub const LOOKS: Months = RECORDS;
/// A plan that nobody approves: within this an extended request has to be answered.
pub const UNAPPROVED: Months = Months::new(3);

/// A package, from its order; the lifecycle of the bucket of exports has the same.
pub const PACKAGES: TimeDelta = TimeDelta::days(14);
/// That there was a package.
pub const PACKAGES_REMEMBERED: Months = Months::new(36);
/// The link with which the person who decides on a release reads the package.
pub const READING: TimeDelta = TimeDelta::minutes(15);
/// A row or a file in quarantine; the lifecycle of the bucket of files has the same.
pub const QUARANTINE: TimeDelta = TimeDelta::days(14);

/// A removal that the ledger could not record, until somebody records it; the lifecycle of the
/// bucket of discarded removals has the same.
pub const UNRECORDED: TimeDelta = TimeDelta::days(14);

/// The link by which somebody confirms an address, from when it was asked for; the mail says so.
pub const CONFIRM_LINKS: TimeDelta = TimeDelta::days(7);
/// For how long it is tried to send that mail; after that too little of the link's time is left.
pub const CONFIRM_SENDING: TimeDelta = TimeDelta::days(3);
/// How soon another mail for the same purpose may go to the same address: nobody can have
/// somebody's mailbox filled.
pub const CONFIRM_APART: TimeDelta = TimeDelta::days(1);
/// That a requester's address was confirmed: within this an extended request has to be answered.
pub const CONFIRMED_REQUESTS: Months = Months::new(3);
/// That an address was confirmed for a list: as long as the opt-out that it undoes would stand, and
/// the record of the wish.
pub const CONFIRMED_LISTS: Months = OPT_OUTS;

/// What a processor may take, and what every place of a request may take: less than the month of
/// Article 12(3), and the bound that the privacy notice gives for newsletters.
pub const PLACES: TimeDelta = TimeDelta::days(28);
/// The log of a call at Five9.
pub const CALLS_AT_FIVE9: TimeDelta = TimeDelta::days(60);
/// A mail at GOV.UK Notify: its default, which must not be lengthened there
/// (<https://www.notifications.service.gov.uk/using-notify/data-retention-period>).
pub const MAILS_AT_NOTIFY: TimeDelta = TimeDelta::days(7);

/// For how long a form is taken under its own version after another version took its place.
pub const FORMS: TimeDelta = TimeDelta::days(30);
/// What is added to the end of the last answer to a version: clocks differ, and copies of a survey
/// are a minute old.
pub const FORMS_MARGIN: TimeDelta = TimeDelta::days(7);

/// How long a table's stream has what an item said before it was changed
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>).
pub const STREAM: TimeDelta = TimeDelta::hours(24);
/// An invocation, which is as long as Lambda lets it run: after that, it no longer works on what it
/// left behind (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
pub const INVOCATION: TimeDelta = TimeDelta::minutes(15);
/// The lease of a run that begins a task or reads a file: longer than an invocation can last.
pub const LEASES: TimeDelta = TimeDelta::minutes(16);
