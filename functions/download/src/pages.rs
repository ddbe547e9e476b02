//! The pages about a package, in the layout of all pages.

use askama::Template;
use chrono::{DateTime, Utc};
use custodian_domain::london;
use custodian_domain::rights::package::{File, PackageKind};
use custodian_domain::rights::package_token::WRONG_CODES;
use custodian_store::packages::DAYS;
use custodian_web::page::{Page, written};

/// The names of the fields.
pub const CODE: &str = "code";
pub const FILE: &str = "file";

/// Why a form comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// No code was typed.
    NoCode,
    /// A wrong code was typed; this many more may be wrong.
    WrongCode {
        /// How many tries are left.
        left: u32,
    },
    /// The file was fetched as often as allowed.
    UsedUp,
}

impl Mistake {
    fn words(self) -> String {
        match self {
            Self::NoCode => "Enter the code".to_owned(),
            Self::WrongCode { left: 1 } => {
                "The code is not right. You can try once more".to_owned()
            }
            Self::WrongCode { left } => {
                format!("The code is not right. You can try {left} more times")
            }
            Self::UsedUp => "This file was downloaded as often as the link allows".to_owned(),
        }
    }

    /// Whether it concerns the field.
    const fn is_of_code(self) -> bool {
        matches!(self, Self::NoCode | Self::WrongCode { .. })
    }
}

/// What a link opens.
pub struct Offer<'a> {
    /// The kind of package.
    pub kind: PackageKind,
    /// Whether the DPO reads it before the person gets it.
    pub reading: bool,
    /// The request's id.
    pub request: &'a str,
    /// How many records are in it.
    pub records: u64,
    /// Until when the link works.
    pub until: DateTime<Utc>,
    /// Its files.
    pub parts: Vec<Part>,
    /// Why the form comes back, if it does.
    pub mistake: Option<Mistake>,
}

impl Offer<'_> {
    const fn heading(&self) -> &'static str {
        match (self.reading, self.kind) {
            (true, _) => "Read a copy before it is released",
            (false, PackageKind::Access) => "Download a copy of your data",
            (false, PackageKind::Portability) => "Download the data that you gave us",
        }
    }

    const fn what(&self) -> &'static str {
        match self.kind {
            PackageKind::Access => "everything that we hold about one person",
            PackageKind::Portability => "what one person told us",
        }
    }

    fn until(&self) -> String {
        london::time(self.until)
            .format("%-d %B %Y at %H:%M")
            .to_string()
    }
}

/// A file that a link offers.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Which file.
    pub file: File,
    /// How often it may still be fetched.
    pub left: u32,
}

impl Part {
    const fn name(self) -> &'static str {
        match self.file {
            File::Report => "page to read",
            File::Document => "file for a computer program",
        }
    }

    fn how_often(self) -> String {
        match self.left {
            0 => "downloaded as often as this link allows".to_owned(),
            1 => "you can download it once".to_owned(),
            2 => "you can download it twice".to_owned(),
            left => format!("you can download it {left} times"),
        }
    }
}

#[derive(Template)]
#[template(path = "offer.html", whitespace = "minimize")]
struct OfferPage<'a> {
    page: Page<'a>,
    offer: &'a Offer<'a>,
}

#[derive(Template)]
#[template(path = "gone.html", whitespace = "minimize")]
struct GonePage<'a> {
    page: Page<'a>,
    days: i64,
}

/// The page that lists the files and asks for the code.
#[must_use]
pub fn offer(page: Page<'_>, offer: &Offer<'_>) -> String {
    written(&OfferPage { page, offer })
}

/// The page about a package that is no longer handed out.
#[must_use]
pub fn gone(page: Page<'_>) -> String {
    written(&GonePage {
        page,
        days: DAYS.num_days(),
    })
}
