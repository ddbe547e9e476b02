//! Why the columns of a CSV file are not those of its folder: the real cause, where it can be seen.

use super::columns::{BadColumns, Columns};
use super::{Five9, complaints, social};
use crate::rows::{Format, Header, Raw, Rows};
use custodian_domain::record::source::Source;

/// Why a file of this source can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A column that it must have is not there.
    #[error("the column {0} is missing")]
    Missing(String),
    /// A column that is read is there twice.
    #[error("the column {0} is there twice")]
    Repeated(String),
    /// It has the columns of another source: it is in the wrong folder.
    #[error("the file is one of another source")]
    OtherSource(Source),
    /// It has the columns, but their separator can't be told from their contents.
    #[error("the header has more than one separator")]
    Separator,
    /// It has the columns in one field: each line is in quotes as a whole.
    #[error("each line of the file stands in quotes as a whole")]
    QuotedLines,
    /// Its first line is blank, and this column should be there.
    #[error("the file has no header: the column {0} is missing")]
    Blank(String),
    /// It has only white space.
    #[error("the file is empty")]
    Empty,
    /// It has the columns on a later line.
    #[error("lines stand before the header")]
    TitleLines,
}

impl Misfit {
    /// The name of the rule in reports, and which column or source it is about.
    #[must_use]
    pub fn reason(self) -> (&'static str, Option<String>) {
        match self {
            Self::Missing(column) | Self::Blank(column) => ("missing_column", Some(column)),
            Self::QuotedLines => ("quoted_lines", None),
            Self::Empty => ("empty", None),
            Self::Repeated(column) => ("repeated_column", Some(column)),
            Self::OtherSource(source) => ("wrong_source", Some(source.as_str().to_owned())),
            Self::Separator => ("wrong_separator", None),
            Self::TitleLines => ("title_lines_before_header", None),
        }
    }

    /// The real cause, as far as the header shows it.
    pub(super) fn of(bad: BadColumns, source: Source, header: &[String], five9: &Five9) -> Self {
        let is_blank = header.iter().all(String::is_empty);
        let missing = match bad {
            BadColumns::Missing(column) if is_blank => return Self::Blank(column),
            BadColumns::Missing(column) => Self::Missing(column),
            BadColumns::Repeated(column) => return Self::Repeated(column),
        };
        if let Some(other) = CSV
            .into_iter()
            .find(|other| has_columns(*other, header, five9))
        {
            return Self::OtherSource(other);
        }
        let line = header.join("\n");
        let is_split_by = |separator: char| {
            let split: Vec<String> = line
                .split(separator)
                .map(|name| name.trim_matches(UNQUOTED).to_owned())
                .collect();
            has_columns(source, &split, five9)
        };
        if SEPARATORS.into_iter().any(is_split_by) {
            Self::Separator
        } else {
            missing
        }
    }

    /// The real cause, by the header's layout: a single separator would have been found, except for
    /// the quotes around it.
    #[must_use]
    pub fn written(self, header: &Header) -> Self {
        match (self, header.names.as_slice()) {
            (Self::Separator, [line]) if header.separator == ',' => {
                let kinds = SEPARATORS
                    .iter()
                    .filter(|separator| line.contains(**separator))
                    .count();
                if kinds == 1 {
                    Self::QuotedLines
                } else {
                    Self::Separator
                }
            }
            (misfit, _) => misfit,
        }
    }

    /// The real cause, by the lines after what was taken for the header.
    #[must_use]
    pub fn among<'a>(
        self,
        lines: impl IntoIterator<Item = &'a Raw>,
        source: Source,
        five9: &Five9,
    ) -> Self {
        if !matches!(self, Self::Missing(_) | Self::Blank(_)) {
            return self;
        }
        let mut is_blank = matches!(self, Self::Blank(_));
        for line in lines {
            is_blank &= line.bytes.iter().all(u8::is_ascii_whitespace);
            let mut rows = Rows::new(Format::Csv);
            rows.push(&line.bytes);
            rows.finish();
            drop(rows.next());
            if has_columns(source, rows.header(), five9) {
                return Self::TitleLines;
            }
            if let Some(other) = CSV
                .into_iter()
                .find(|other| has_columns(*other, rows.header(), five9))
            {
                return Self::OtherSource(other);
            }
        }
        if is_blank { Self::Empty } else { self }
    }
}

/// The sources whose files are CSV.
const CSV: [Source; 3] = [Source::Telephone, Source::Social, Source::Complaints];
/// What may separate names.
const SEPARATORS: [char; 4] = [';', '\t', '|', ','];
/// What is around a name that its separator does not cut out.
const UNQUOTED: [char; 3] = ['"', ' ', '\n'];

fn has_columns(source: Source, header: &[String], five9: &Five9) -> bool {
    match source {
        Source::Telephone => Columns::of(header, five9.required()).is_ok(),
        Source::Social => Columns::of(header, social::COLUMNS).is_ok(),
        Source::Complaints => Columns::of(header, complaints::COLUMNS).is_ok(),
        _ => false,
    }
}
