//! What a page of the desk is made of. Every page is a list of these blocks, and one template
//! writes them.

use crate::fields::Values;

/// A page, without what all pages have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Screen {
    /// The page's one heading of the first level, and its title. No personal data.
    pub(crate) title: String,
    /// What stands above the heading: the case.
    pub(crate) caption: String,
    /// Where "Back" leads.
    pub(crate) back: Option<Link>,
    /// Pages of the same thing.
    pub(crate) tabs: Vec<Tab>,
    /// What is wrong with what was typed.
    pub(crate) problems: Vec<Problem>,
    /// What was done just now.
    pub(crate) done: Option<String>,
    /// The contents of a `Refresh`: only where somebody has asked for it, or at once.
    pub(crate) refresh: Option<String>,
    /// The contents.
    pub(crate) blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// A heading of the second level.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph that stands out.
    Inset(String),
    /// A paragraph that warns.
    Warning(String),
    /// A paragraph that is a link.
    Link(Link),
    /// What things are: each a name, its lines, and a link to change it.
    Summary(Vec<Fact>),
    /// A table.
    Table(Table),
    /// Links to what can be done, under a heading.
    Tasks(String, Vec<Link>),
    /// Text to copy.
    Copy {
        /// What it is.
        label: String,
        /// The text.
        text: String,
    },
    /// What happened, newest first.
    Timeline(Vec<Happened>),
    /// Large numbers with what they count.
    Numbers(Vec<(String, String)>),
    /// A form.
    Form(Form),
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) words: String,
    pub(crate) to: String,
}

/// A link to another page of the same thing.
#[derive(Clone, Debug)]
pub(crate) struct Tab {
    pub(crate) link: Link,
    pub(crate) is_here: bool,
}

/// A field that is wrong: its element, and the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) field: String,
    pub(crate) words: String,
}

/// A row of a summary list.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
    pub(crate) change: Option<Link>,
}

/// A table, with a caption and headings of columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What stands in its place if it has no rows.
    pub(crate) empty: &'static str,
}

/// A cell; the first of a row is its heading.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    Link(Link),
    Tag(String),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) what: String,
    pub(crate) when: String,
    pub(crate) by: String,
    pub(crate) more: Vec<String>,
}

/// A form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    /// Where it leads; empty is the page itself.
    pub(crate) to: String,
    /// The token of [`Secret::form_token`](crate::secret::Secret::form_token).
    pub(crate) token: String,
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) buttons: Vec<Button>,
    /// Whether it asks for a page and changes nothing.
    pub(crate) is_search: bool,
}

/// A button; one with a name also sends that.
#[derive(Clone, Debug)]
pub(crate) struct Button {
    pub(crate) words: String,
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) look: Look,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Main,
    Second,
    Warning,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) input: Input,
    pub(crate) problem: Option<String>,
}

/// How a field is filled in.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A line.
    Line { value: String, width: u8 },
    /// Several lines, up to this many characters.
    Area { value: String, most: usize },
    /// A day: its day, month and year as typed.
    Day([String; 3]),
    /// A day, and the time that clocks in London show: day, month, year and time as typed.
    Time([String; 4]),
    /// One of several.
    One(Vec<Choice>),
    /// Any of several.
    Any(Vec<Choice>),
}

/// Something to choose.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) is_chosen: bool,
}

impl Link {
    pub(crate) fn new(words: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            to: to.into(),
        }
    }
}

impl Fact {
    /// A fact of one line.
    pub(crate) fn new(name: impl Into<String>, line: impl Into<String>) -> Self {
        Self::of(name, vec![line.into()])
    }

    /// A fact of several lines.
    pub(crate) fn of(name: impl Into<String>, lines: Vec<String>) -> Self {
        Self {
            name: name.into(),
            lines,
            change: None,
        }
    }

    /// The same, with a link.
    pub(crate) fn with(mut self, words: impl Into<String>, to: impl Into<String>) -> Self {
        self.change = Some(Link::new(words, to));
        self
    }
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl Button {
    /// The main button of a form.
    pub(crate) fn main(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            name: "",
            value: String::new(),
            look: Look::Main,
        }
    }

    /// A button that sends something more.
    pub(crate) fn sends(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.name = name;
        self.value = value.into();
        self
    }

    /// The same button with another look.
    pub(crate) const fn looking(mut self, look: Look) -> Self {
        self.look = look;
        self
    }
}

impl Field {
    /// A field of one line with what was typed.
    pub(crate) fn line(name: &str, label: &str, values: &Values, width: u8) -> Self {
        let value = values.get(name).to_owned();
        Self::new(name, label, Input::Line { value, width })
    }

    /// A field of several lines.
    pub(crate) fn area(name: &str, label: &str, values: &Values, most: usize) -> Self {
        let value = values.get(name).to_owned();
        Self::new(name, label, Input::Area { value, most })
    }

    /// A day.
    pub(crate) fn day(name: &str, label: &str, values: &Values) -> Self {
        let part = |part| values.get(&format!("{name}-{part}")).to_owned();
        Self::new(
            name,
            label,
            Input::Day([part("day"), part("month"), part("year")]),
        )
    }

    /// A day and a time.
    pub(crate) fn time(name: &str, label: &str, values: &Values) -> Self {
        let part = |part| values.get(&format!("{name}-{part}")).to_owned();
        let parts = [part("day"), part("month"), part("year"), part("time")];
        Self::new(name, label, Input::Time(parts))
    }

    /// One of several, each a value and its label.
    pub(crate) fn one(name: &str, label: &str, values: &Values, all: &[(&str, &str)]) -> Self {
        Self::new(name, label, Input::One(choices(name, values, all)))
    }

    /// Any of several.
    pub(crate) fn any(name: &str, label: &str, values: &Values, all: &[(&str, &str)]) -> Self {
        Self::new(name, label, Input::Any(choices(name, values, all)))
    }

    /// The same, with a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same, with the problem that is about it.
    pub(crate) fn among(mut self, problems: &[Problem]) -> Self {
        let anchor = self.anchor();
        let about = problems.iter().find(|problem| problem.field == anchor);
        self.problem = about.map(|problem| problem.words.clone());
        self
    }

    fn new(name: &str, label: &str, input: Input) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            hint: String::new(),
            input,
            problem: None,
        }
    }

    /// The element that an error leads to.
    pub(crate) fn anchor(&self) -> String {
        match &self.input {
            Input::Day(_) | Input::Time(_) => format!("{}-day", self.name),
            _ => self.name.clone(),
        }
    }

    /// What describes the field, for assistive technology.
    pub(crate) fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.name));
        }
        if self.problem.is_some() {
            ids.push(format!("{}-error", self.name));
        }
        ids.join(" ")
    }
}

fn choices(name: &str, values: &Values, all: &[(&str, &str)]) -> Vec<Choice> {
    let choice = |(value, label): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        hint: String::new(),
        is_chosen: values.has(name, value),
    };
    all.iter().map(choice).collect()
}
