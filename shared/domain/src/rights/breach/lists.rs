//! The lists from which the breach register's words are taken. Those that the Commissioner's form
//! asks for are in the order in which it asks for them.

use crate::rights::register::Listed;
use crate::rights::register::lists::list;
use serde::{Deserialize, Serialize};

list! {
    /// How the council became aware of a breach.
    Discovery {
        /// Somebody at the council noticed it.
        Staff = "staff",
        /// A person whose data it is told us.
        PersonConcerned = "person_concerned",
        /// Somebody else told us.
        SomebodyElse = "somebody_else",
        /// A processor told us (Article 33(2)).
        Processor = "processor",
        /// A system noticed it.
        Monitoring = "monitoring",
        /// An audit, or the audit trail, showed it.
        Audit = "audit",
        /// The Commissioner or another authority told us.
        Authority = "authority",
        /// It was published.
        Published = "published",
    }
}

list! {
    /// What happened to the data (EDPB Guidelines 9/2022, paragraph 17).
    BreachEffect {
        /// Somebody saw it who should not.
        Confidentiality = "confidentiality",
        /// It was altered.
        Integrity = "integrity",
        /// It was lost, or could not be used.
        Availability = "availability",
    }
}

list! {
    /// What kind of data it is.
    DataCategory {
        /// Racial or ethnic origin.
        Ethnicity = "racial_or_ethnic_origin",
        /// Political opinions.
        Politics = "political_opinions",
        /// Religious or philosophical beliefs.
        Beliefs = "religious_or_philosophical_beliefs",
        /// Membership of a trade union.
        TradeUnion = "trade_union_membership",
        /// Sex life.
        SexLife = "sex_life",
        /// Sexual orientation.
        SexualOrientation = "sexual_orientation",
        /// Gender reassignment.
        GenderReassignment = "gender_reassignment",
        /// Health.
        Health = "health",
        /// Names and contact details.
        BasicIdentifiers = "basic_identifiers",
        /// User names and passwords.
        Identification = "identification_data",
        /// Money and bank details.
        Financial = "economic_and_financial",
        /// Official documents.
        OfficialDocuments = "official_documents",
        /// Where somebody was.
        Location = "location",
        /// Genetic or biometric data.
        Genetic = "genetic_or_biometric",
        /// Criminal convictions and offences.
        Criminal = "criminal_convictions",
        /// What people think of a service, in their own words.
        Opinions = "feedback_and_opinions",
        /// Something else.
        Other = "other",
    }
}

list! {
    /// Whose data it is.
    PeopleCategory {
        /// The council's staff.
        Employees = "employees",
        /// People who use a service on the web.
        Users = "users",
        /// People who get newsletters.
        Subscribers = "subscribers",
        /// Pupils and students.
        Students = "students",
        /// Residents and customers.
        Residents = "residents_and_customers",
        /// Patients.
        Patients = "patients",
        /// Children.
        Children = "children",
        /// Adults who are at risk.
        VulnerableAdults = "vulnerable_adults",
        /// Others.
        Other = "other",
    }
}

list! {
    /// How likely it is that people notice significant consequences.
    Likelihood {
        /// Very likely.
        VeryLikely = "very_likely",
        /// Likely.
        Likely = "likely",
        /// Neither.
        Neutral = "neutral",
        /// Unlikely.
        Unlikely = "unlikely",
        /// Very unlikely.
        VeryUnlikely = "very_unlikely",
    }
}

list! {
    /// Whom else the council has told, or is going to tell.
    OtherBody {
        /// The police.
        Police = "police",
        /// The National Cyber Security Centre.
        CyberSecurity = "national_cyber_security_centre",
        /// Another regulator.
        Regulator = "another_regulator",
        /// A processor.
        Processor = "processor",
        /// Another council.
        Council = "another_council",
        /// An insurer.
        Insurer = "insurer",
    }
}

list! {
    /// Why a breach is unlikely to be a risk to people (EDPB Guidelines 9/2022, section II.B and
    /// IV.B).
    UnlikelyReason {
        /// It was encrypted, and the key is safe.
        Encrypted = "encrypted",
        /// It was public already.
        PublicAlready = "public_already",
        /// It reached somebody whom the council trusts, and who has deleted or returned it.
        TrustedRecipient = "trusted_recipient",
        /// It was recovered before anybody could read it.
        RecoveredUnread = "recovered_unread",
        /// It was restored before anybody missed it.
        RestoredInTime = "restored_in_time",
        /// Nobody can be recognised in it.
        NobodyRecognisable = "nobody_recognisable",
    }
}

list! {
    /// Why the Commissioner was told after the 72 hours (Article 33(1)).
    BreachLateReason {
        /// It reached the Data Protection Officer late.
        PassedOnLate = "passed_on_late",
        /// The council was finding out whether it is a breach.
        Establishing = "establishing_the_facts",
        /// A processor told the council late, or little.
        Processor = "processor",
        /// Telling would have hindered the police.
        Police = "police_asked_to_wait",
        /// Several breaches of one kind were told at once.
        Bundled = "several_told_at_once",
        /// Staff were missing.
        Staffing = "staffing",
        /// Something did not work.
        Systems = "systems",
        /// A risk seemed unlikely at first.
        SeemedUnlikely = "seemed_unlikely",
    }
}

list! {
    /// Whether more is going to follow (Article 33(4)).
    ReportPhase {
        /// More follows.
        Initial = "initial",
        /// It is all that there is to say.
        Complete = "complete",
    }
}

list! {
    /// How the people were told.
    TellingMeans {
        /// By letter.
        Letter = "letter",
        /// By email.
        Email = "email",
        /// By telephone.
        Telephone = "telephone",
        /// In person.
        InPerson = "in_person",
        /// By a text message.
        TextMessage = "text_message",
    }
}

list! {
    /// Why the people need not be told one by one (Article 34(3)).
    Exemption {
        /// (a) The data was made unreadable to anybody else, such as by encryption.
        Unreadable = "34_3_a",
        /// (b) What was done since leaves no high risk.
        NoLongerHigh = "34_3_b",
        /// (c) It would be disproportionate, and they were told in public instead.
        Disproportionate = "34_3_c",
    }
}
