//! The lists from which the register's reasons are taken: a reason that is chosen can be counted,
//! and names nobody.

use crate::rights::package::PackageKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A list of words.
pub trait Listed: Copy + 'static {
    /// All of them, in the order in which people see them.
    const ALL: &'static [Self];

    /// The word, as orders and events spell it.
    fn as_str(self) -> &'static str;

    /// The one that is spelt like that.
    fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

macro_rules! list {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $word)] $variant,)+
        }

        impl Listed for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

pub(in crate::rights) use list;

list! {
    /// What a person asks for. A person need not name a right.
    RequestKind {
        /// A copy of their data (Article 15 UK GDPR).
        Access = "access",
        /// A copy that they can move (Article 20).
        Portability = "portability",
        /// A correction (Article 16).
        Rectification = "rectification",
        /// Deletion (Article 17).
        Erasure = "erasure",
        /// Not to be used (Article 18).
        Restriction = "restriction",
        /// An objection (Article 21).
        Objection = "objection",
        /// A complaint about data protection (Data Protection Act 2018 s.164A).
        Complaint = "complaint",
        /// No more newsletters.
        Unsubscribe = "unsubscribe",
    }
}

impl From<PackageKind> for RequestKind {
    fn from(kind: PackageKind) -> Self {
        match kind {
            PackageKind::Access => Self::Access,
            PackageKind::Portability => Self::Portability,
        }
    }
}

list! {
    /// How a request reached the council. No form is needed: any channel, any member of staff.
    ReceiptChannel {
        /// By letter.
        Letter = "letter",
        /// By email.
        Email = "email",
        /// By telephone.
        Telephone = "telephone",
        /// In person.
        InPerson = "in_person",
        /// By a form on a web page.
        WebForm = "web_form",
        /// By social media.
        SocialMedia = "social_media",
        /// Through another authority, or the Commissioner.
        Authority = "authority",
    }
}

list! {
    /// Who asks.
    Asker {
        /// The person themselves.
        Person = "person",
        /// Somebody for them, who needs authority.
        Representative = "representative",
    }
}

list! {
    /// Why there is doubt about who the person is. Without doubt nothing is asked
    /// (Article 12(6) UK GDPR).
    IdentityDoubt {
        /// The contact details are not those of the records.
        UnknownAddress = "unknown_address",
        /// The records may be several people's.
        SeveralPeople = "several_people",
        /// It is unusual for this person.
        Unusual = "unusual",
        /// What would be disclosed could harm them if it went astray.
        Sensitive = "sensitive",
    }
}

list! {
    /// Why a fee is asked: nothing else allows one (Article 12(5) UK GDPR).
    FeeReason {
        /// The request is manifestly unfounded.
        Unfounded = "unfounded",
        /// The request is manifestly excessive.
        Excessive = "excessive",
    }
}

list! {
    /// What was seen as proof. No copy is kept.
    ProofSeen {
        /// A code that was sent to the address on the record.
        CodeSent = "code_sent",
        /// A document with a photograph.
        PhotoDocument = "photo_document",
        /// A document with an address.
        AddressDocument = "address_document",
        /// Answers to questions about the records.
        Answers = "answers",
        /// A member of staff knows the person.
        Known = "known",
        /// A signed authority.
        SignedAuthority = "signed_authority",
        /// A power of attorney, or an order of a court.
        PowerOfAttorney = "power_of_attorney",
        /// The fee.
        Payment = "payment",
    }
}

list! {
    /// Why proof was not sufficient. Such proof starts no clock.
    ProofFault {
        /// It does not match the records.
        DoesNotMatch = "does_not_match",
        /// It cannot be read.
        Unreadable = "unreadable",
        /// It has expired.
        Expired = "expired",
        /// Something is missing.
        Incomplete = "incomplete",
    }
}

list! {
    /// Why the time is extended (Article 12A(3) UK GDPR). A processor's slowness, volume alone, and
    /// the question itself are no reasons.
    ExtensionReason {
        /// The request is complex.
        Complex = "complex",
        /// The person has made a number of requests.
        NumberOfRequests = "number_of_requests",
    }
}

list! {
    /// Why the date of receipt is corrected.
    ReceiptReason {
        /// It reached somebody else at the council earlier.
        ReceivedElsewhere = "received_elsewhere",
        /// The date was entered wrongly.
        EnteredWrongly = "entered_wrongly",
    }
}

list! {
    /// What is decided.
    Verdict {
        /// All of it is granted.
        Granted = "granted",
        /// Part of it is.
        Partly = "partly",
        /// None of it is.
        Refused = "refused",
    }
}

list! {
    /// On which ground a request, or a part of it, is refused.
    RefusalGround {
        /// Manifestly unfounded (Article 12(5) UK GDPR).
        Unfounded = "unfounded",
        /// Manifestly excessive (Article 12(5)).
        Excessive = "excessive",
        /// The rights of others (Article 15(4); Data Protection Act 2018, Schedule 2, part 3).
        RightsOfOthers = "rights_of_others",
        /// An exemption of the Data Protection Act 2018, Schedules 2 to 4.
        Exemption = "exemption",
        /// Free expression and information (Article 17(3)(a)).
        FreeExpression = "free_expression",
        /// A legal obligation, or a task in the public interest (Article 17(3)(b)).
        PublicTask = "public_task",
        /// Archiving, research or statistics (Article 17(3)(d)).
        Research = "research",
        /// Legal claims (Article 17(3)(e)).
        LegalClaims = "legal_claims",
        /// The data is accurate (Article 16).
        Accurate = "accurate",
        /// Compelling legitimate grounds (Article 21(1)).
        CompellingGrounds = "compelling_grounds",
        /// The right does not apply here.
        RightDoesNotApply = "right_does_not_apply",
        /// The person could not be identified (Article 11(2)).
        NotIdentified = "not_identified",
    }
}

list! {
    /// In which role somebody decides. A Data Protection Officer should advise rather than decide
    /// against a person (Article 38(6) UK GDPR), so the register says who did.
    Decider {
        /// The Data Protection Officer.
        Dpo = "dpo",
        /// Whoever owns the service that has the data.
        ServiceOwner = "service_owner",
        /// Legal services.
        Legal = "legal",
        /// The senior information risk owner.
        RiskOwner = "risk_owner",
    }
}

list! {
    /// What an answer must contain, as somebody ticks it.
    AnswerPart {
        /// The address was checked.
        AddressChecked = "address_checked",
        /// The supplementary information of Article 15(1) and (2).
        SupplementaryInformation = "supplementary_information",
        /// The reasons (Article 12(4)).
        Reasons = "reasons",
        /// That the person may complain to the council (s.164A).
        ComplaintToUs = "complaint_to_us",
        /// That they may complain to the Commissioner.
        Commissioner = "commissioner",
        /// That they may go to court.
        Court = "court",
        /// The day on which backups are clear.
        BackupsClear = "backups_clear",
    }
}

list! {
    /// How an answer, or a copy, reached the person.
    AnswerMeans {
        /// A link that the person opens.
        Link = "link",
        /// By post.
        Post = "post",
        /// By email.
        Email = "email",
        /// They collected it.
        Collected = "collected",
        /// By telephone, or in person.
        Spoken = "spoken",
    }
}

list! {
    /// How a request ended.
    Ending {
        /// Answered, and all done.
        Fulfilled = "fulfilled",
        /// Answered, and part of it done.
        Partly = "partly",
        /// Answered: nothing is held.
        NothingHeld = "nothing_held",
        /// Answered, and refused.
        Refused = "refused",
        /// The person was silent for about a month after something was asked, and somebody decided
        /// to close it.
        Lapsed = "lapsed",
        /// The person withdrew it.
        Withdrawn = "withdrawn",
        /// The person has died.
        Died = "died",
        /// It is the same as another case.
        Duplicate = "duplicate",
        /// It was no request.
        NotARequest = "not_a_request",
    }
}

list! {
    /// Why a request was closed after its date.
    LateReason {
        /// It reached the Data Protection Officer late.
        PassedOnLate = "passed_on_late",
        /// A service was slow to search.
        SlowSearch = "slow_search",
        /// A processor was slow.
        SlowProcessor = "slow_processor",
        /// The review before the release took long.
        Review = "review",
        /// Staff were missing.
        Staffing = "staffing",
        /// Something did not work.
        Systems = "systems",
        /// It was registered late, or its date was corrected.
        RegisteredLate = "registered_late",
    }
}

list! {
    /// Why a request is opened again.
    ReopeningReason {
        /// The person came back.
        PersonReplied = "person_replied",
        /// Something was missed.
        Missed = "missed",
        /// It was closed by mistake.
        Mistake = "mistake",
        /// A complaint about the answer was upheld.
        ComplaintUpheld = "complaint_upheld",
    }
}

list! {
    /// What is left out of a package, by the ground for it.
    LeftOut {
        /// What says something of others.
        ThirdParties = "third_parties",
        /// What lawyers said.
        LegalPrivilege = "legal_privilege",
        /// What would prejudice the prevention or detection of crime.
        Crime = "crime",
        /// What would harm somebody's health.
        Health = "health",
        /// What was said of negotiations with the person, or in confidence.
        Confidence = "confidence",
    }
}

list! {
    /// The ground on which something is taken out of a package before it is released.
    TakenOutGround {
        /// It is about other people (Article 15(4) UK GDPR; Data Protection Act 2018, Schedule 2,
        /// part 3).
        ThirdParty = "third_party",
        /// It would prejudice the prevention or detection of crime, or taxes (Schedule 2, part 1).
        ExemptCrime = "exempt_crime",
        /// It would prejudice how the council plans its business (Schedule 2, part 4).
        ExemptManagement = "exempt_management",
        /// Lawyers said it in confidence (Schedule 2, part 4).
        ExemptLegal = "exempt_legal",
        /// It would prejudice negotiations with the person (Schedule 2, part 4).
        ExemptNegotiation = "exempt_negotiation",
        /// It would do serious harm to somebody's health (Schedule 3, part 2).
        ExemptHealth = "exempt_health",
        /// Another exemption of the Data Protection Act 2018, Schedules 2 to 4.
        ExemptOther = "exempt_other",
    }
}

impl TakenOutGround {
    /// Why it is taken out, as a person reads it after "because".
    #[must_use]
    pub const fn because(self) -> &'static str {
        match self {
            Self::ThirdParty => "it is about other people",
            Self::ExemptCrime => "it would harm the prevention or detection of crime",
            Self::ExemptManagement => "it would harm how we plan our work",
            Self::ExemptLegal => "it is advice of lawyers, or for them, in confidence",
            Self::ExemptNegotiation => "it would harm negotiations with you",
            Self::ExemptHealth => "it could do serious harm to somebody's health",
            Self::ExemptOther => "the law exempts it (Data Protection Act 2018, Schedules 2 to 4)",
        }
    }
}

/// How many passages are taken out on each ground: `1 passage was taken out: it is about other
/// people.`
#[must_use]
pub fn taken_out_in_words(taken_out: &BTreeMap<TakenOutGround, u64>) -> Vec<String> {
    let told = |(ground, count): (&TakenOutGround, &u64)| {
        let because = ground.because();
        match count {
            1 => format!("1 passage was taken out: {because}."),
            count => format!("{count} passages were taken out: {because}."),
        }
    };
    taken_out.iter().map(told).collect()
}

list! {
    /// What follows from an objection that is upheld.
    AfterUpheld {
        /// It is erased (Article 17(1)(c)).
        Erased = "erased",
        /// It is kept for a stated reason, and in no statistic or journey.
        Excluded = "excluded",
    }
}

list! {
    /// A letter to the person.
    LetterKind {
        /// The request has arrived, and will be answered by then.
        Acknowledge = "acknowledge",
        /// Proof of identity is asked for.
        Identity = "identity",
        /// Authority is asked for.
        Authority = "authority",
        /// A fee is asked for.
        Fee = "fee",
        /// The person is asked what they mean.
        Question = "question",
        /// The time is extended.
        Extension = "extension",
        /// It is granted, or part of it.
        Answer = "answer",
        /// Nothing is held.
        Nothing = "nothing_held",
        /// It is refused: the reasons, and the three ways to complain (Article 12(4) UK GDPR).
        Refusal = "refusal",
        /// An erasure is over, with the day on which backups are clear.
        Erased = "erased",
        /// Data is restricted.
        Restricted = "restricted",
        /// A restriction is going to be lifted (Article 18(3)).
        Lifting = "lifting",
        /// Newsletters are ended.
        NewsletterEnded = "newsletter_ended",
        /// A complaint has arrived.
        ComplaintAcknowledged = "complaint_acknowledged",
        /// The outcome of a complaint.
        ComplaintOutcome = "complaint_outcome",
    }
}

impl LetterKind {
    /// Whether it says how the person can complain.
    #[must_use]
    pub const fn has_rights(self) -> bool {
        matches!(
            self,
            Self::Fee
                | Self::Extension
                | Self::Answer
                | Self::Nothing
                | Self::Refusal
                | Self::Erased
                | Self::Restricted
                | Self::Lifting
                | Self::ComplaintOutcome
        )
    }
}

list! {
    /// How a complaint ended.
    ComplaintOutcome {
        /// It was upheld.
        Upheld = "upheld",
        /// Part of it was.
        Partly = "partly",
        /// It was not.
        NotUpheld = "not_upheld",
    }
}

list! {
    /// Why one person planned an erasure and approved it.
    SingleHandedReason {
        /// The office has one person.
        OnePersonOffice = "one_person_office",
        /// Everybody else is away, and the date is near.
        OthersAway = "others_away",
        /// They said why with the approval, which has it.
        SaidAtApproval = "said_at_approval",
    }
}
