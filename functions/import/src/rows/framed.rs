//! The input and output of a reader of rows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// The longest row that is read, in bytes, without its line break.
pub const ROW_LIMIT: usize = 256 * 1024;

/// The layout of a file's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header (RFC 4180; any line break; another separator if the
    /// header shows it).
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// One JSON object with an array of objects, or several of them one after the other; or one
    /// object that is a row.
    JsonList(List),
}

/// The fields that identify a JSON list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The possible names of the array.
    pub fields: &'static [&'static str],
    /// The fields that an object may have that is a row by itself.
    pub own: &'static [&'static str],
}

impl List {
    /// Whether an object may be a row by itself.
    pub(super) fn is_row(&self, object: &Map<String, Value>) -> bool {
        self.own.iter().any(|field| object.contains_key(*field))
    }
}

/// Where the next row begins, or what is between it and the row before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes from the beginning of the file.
    pub offset: u64,
    /// The physical line, counted from 1; 0 after a list that broke off or quotes that are broken,
    /// where nothing more comes.
    pub line: u64,
}

impl Position {
    pub(super) const START: Self = Self { offset: 0, line: 1 };
}

/// A row as it is in the file, without its line break; at most [`ROW_LIMIT`] bytes, and cut there
/// if it is longer.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw {
    /// The physical line on which it begins, counted from 1.
    pub line: u64,
    /// Its bytes. They are personal data, so debug output doesn't show them.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Raw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Raw(line {}, {} bytes)",
            self.line,
            self.bytes.len()
        )
    }
}

/// The next thing in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A row that can be read.
    Row {
        /// Its bytes in the file.
        raw: Raw,
        /// Its contents.
        row: Row,
    },
    /// A row that can't be read.
    Broken {
        /// Its bytes in the file.
        raw: Raw,
        /// What is wrong with it.
        rule: Broken,
    },
}

/// The contents of a row; debug output shows how much that is.
#[derive(Clone, PartialEq, Eq)]
pub enum Row {
    /// The fields of a line of CSV, as many as the header has names, each unchanged.
    Fields(Vec<String>),
    /// A JSON object.
    Object(Map<String, Value>),
}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(fields) => write!(formatter, "Fields({})", fields.len()),
            Self::Object(object) => write!(formatter, "Object({})", object.len()),
        }
    }
}

/// What is wrong with one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Its bytes are not UTF-8.
    NotUtf8,
    /// It is longer than [`ROW_LIMIT`].
    TooLong,
    /// It has more fields than the header, or fewer.
    WrongNumberOfFields,
    /// A quote is opened in it that nothing closes up to the end of the file.
    QuoteNeverClosed,
    /// A quote is where it neither opens nor closes a field.
    StrayQuote,
    /// Quotes within quotes have a backslash before them, where they should be doubled.
    BackslashQuote,
    /// White space comes before quotes, and a separator or a line break is within them.
    SpaceBeforeQuote,
    /// It has too few fields, and an apostrophe begins the last of them as a quote should.
    ApostropheQuote,
    /// It has too few fields, or too many, and a backslash comes before its line break, where
    /// quotes should be around the text.
    BackslashLineBreak,
    /// It is the header once more.
    HeaderAgain,
    /// It is the header of another table.
    AnotherHeader,
    /// It is not JSON.
    NotJson,
    /// An object in it has a field twice.
    RepeatedField,
    /// It is JSON, but not an object.
    NotAnObject,
    /// The list ends without a closing bracket, or its brackets don't match: this is all the rest
    /// of the file.
    ListBrokenOff,
    /// A page has another list after its list: this is all the rest of the file.
    SecondList,
    /// An error message is beside the list, which may not be complete: this is all the rest of the
    /// file.
    ErrorBeside,
}

impl Broken {
    const ALL: [Self; 17] = [
        Self::NotUtf8,
        Self::TooLong,
        Self::WrongNumberOfFields,
        Self::QuoteNeverClosed,
        Self::StrayQuote,
        Self::BackslashQuote,
        Self::SpaceBeforeQuote,
        Self::ApostropheQuote,
        Self::BackslashLineBreak,
        Self::HeaderAgain,
        Self::AnotherHeader,
        Self::NotJson,
        Self::RepeatedField,
        Self::NotAnObject,
        Self::ListBrokenOff,
        Self::SecondList,
        Self::ErrorBeside,
    ];

    /// The rules for rows that are not passed on whole, or that end reading: their file is kept as
    /// a whole.
    pub fn keeping_the_file() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|rule| match rule {
            Self::TooLong
            | Self::QuoteNeverClosed
            | Self::StrayQuote
            | Self::BackslashQuote
            | Self::SpaceBeforeQuote
            | Self::ApostropheQuote
            | Self::BackslashLineBreak
            | Self::AnotherHeader
            | Self::ListBrokenOff
            | Self::SecondList
            | Self::ErrorBeside => true,
            Self::NotUtf8
            | Self::WrongNumberOfFields
            | Self::HeaderAgain
            | Self::NotJson
            | Self::RepeatedField
            | Self::NotAnObject => false,
        })
    }

    /// Its name in reports and quarantined rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::TooLong => "too_long",
            Self::WrongNumberOfFields => "wrong_number_of_fields",
            Self::QuoteNeverClosed => "quote_never_closed",
            Self::StrayQuote => "stray_quote",
            Self::BackslashQuote => "backslash_quote",
            Self::SpaceBeforeQuote => "space_before_quote",
            Self::ApostropheQuote => "apostrophe_quote",
            Self::BackslashLineBreak => "backslash_line_break",
            Self::HeaderAgain => "header_again",
            Self::AnotherHeader => "another_header",
            Self::NotJson => "not_json",
            Self::RepeatedField => "repeated_field",
            Self::NotAnObject => "not_an_object",
            Self::ListBrokenOff => "list_broken_off",
            Self::SecondList => "second_list",
            Self::ErrorBeside => "error_message",
        }
    }
}

/// Why a whole file can't be read.
///
/// JSON lines that are text can always be read: an empty file has no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is empty, so it has neither a header nor a list.
    #[error("the file is empty")]
    Empty,
    /// It is packed with gzip (RFC 1952).
    #[error("the file is packed with gzip")]
    Gzip,
    /// It is a zip archive.
    #[error("the file is a zip archive")]
    Zip,
    /// It is another kind of archive, or packed by another program.
    #[error("the file is an archive")]
    Archive,
    /// It is a workbook of a spreadsheet program.
    #[error("the file is a workbook")]
    Workbook,
    /// It is a PDF.
    #[error("the file is a PDF")]
    Pdf,
    /// It is text in UTF-16, and begins with its mark.
    #[error("the file is text in UTF-16")]
    Utf16,
    /// It is text in UTF-16, and its mark is missing.
    #[error("the file is text in UTF-16, without the mark that says so")]
    Utf16WithoutMark,
    /// It is text in UTF-32.
    #[error("the file is text in UTF-32")]
    Utf32,
    /// It is a web page, or XML.
    #[error("the file is a web page, or XML")]
    Markup,
    /// It is text with formatting (RTF).
    #[error("the file is formatted text (RTF)")]
    RichText,
    /// The header is not UTF-8.
    #[error("the header is not UTF-8")]
    HeaderNotUtf8,
    /// The header is longer than [`ROW_LIMIT`], or has more than 1,024 names.
    #[error("the header is too long")]
    HeaderTooLong,
    /// A quote in the header is never closed, or something follows the closing one.
    #[error("the header's quotes don't match")]
    HeaderQuotes,
    /// White space comes before the quotes in the header.
    #[error("white space stands before the header's quotes")]
    SpaceBeforeQuote,
    /// It is JSON, and should be CSV.
    #[error("the file is JSON, not CSV")]
    Json,
    /// Its first line declares an unknown separator.
    #[error("the file declares a separator that is not known")]
    Separator,
    /// It is not a JSON object, or ends before its list.
    #[error("the file is not a JSON object")]
    NotAnObject,
    /// What should be the list is not one.
    #[error("the file's list is not an array")]
    NotAList,
    /// It is a JSON object without a list, and not a row.
    #[error("the file has no list, and is no row of one")]
    NoList,
    /// It is rows one after the other, in no list.
    #[error("the file has rows, and no list around them")]
    RowsWithoutList,
    /// It is what a service answers instead of a list.
    #[error("the file is the message of an error")]
    ErrorMessage,
    /// It is a JSON array, not a line for each object.
    #[error("the file is a JSON array, not lines of JSON")]
    AnArray,
    /// It is a JSON object that is spread over lines.
    #[error("the file is JSON that is spread over lines, not a line for each object")]
    SpreadOverLines,
    /// It has no line that begins as a JSON object does.
    #[error("the file has no line of JSON")]
    NotJsonLines,
}

impl Unreadable {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Gzip => "gzip",
            Self::Zip => "zip",
            Self::Archive => "archive",
            Self::Workbook => "workbook",
            Self::Pdf => "pdf",
            Self::Utf16 => "utf16",
            Self::Utf16WithoutMark => "utf16_without_mark",
            Self::Utf32 => "utf32",
            Self::Markup => "markup",
            Self::RichText => "rich_text",
            Self::HeaderNotUtf8 => "header_not_utf8",
            Self::HeaderTooLong => "header_too_long",
            Self::HeaderQuotes => "header_quotes",
            Self::SpaceBeforeQuote => "space_before_quote",
            Self::Json => "json_not_csv",
            Self::Separator => "wrong_separator",
            Self::NotAnObject => "not_an_object",
            Self::NotAList => "not_a_list",
            Self::NoList => "no_list",
            Self::RowsWithoutList => "rows_without_list",
            Self::ErrorMessage => "error_message",
            Self::AnArray => "an_array",
            Self::SpreadOverLines => "spread_over_lines",
            Self::NotJsonLines => "not_json_lines",
        }
    }
}
