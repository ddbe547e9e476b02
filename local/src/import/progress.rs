//! What a person sees meanwhile: a bar on a terminal, plain lines elsewhere.

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// How the bar looks.
const STYLE: &str = "{msg:9} {wide_bar} {bytes}/{total_bytes} {eta}";

/// Shows the progress.
pub trait ProgressView: Send {
    /// This many bytes of all are in the bucket.
    fn uploaded(&mut self, bytes: u64, all: u64);
    /// This many bytes of all are imported.
    fn read(&mut self, bytes: u64, all: u64);
    /// There is nothing more to show.
    fn end(&mut self);
}

/// A bar if the error output is a terminal, else lines.
#[must_use]
pub fn progress_view() -> Box<dyn ProgressView> {
    if io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines {
            out: io::stderr(),
            last: None,
        })
    }
}

struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style =
            ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::new(0).with_style(style))
    }

    fn show(&self, what: &'static str, bytes: u64, all: u64) {
        if self.0.message() != what {
            self.0.set_message(what);
            self.0.reset();
        }
        self.0.set_length(all);
        self.0.set_position(bytes);
    }
}

impl ProgressView for Bar {
    fn uploaded(&mut self, bytes: u64, all: u64) {
        self.show(UPLOADING, bytes, all);
    }

    fn read(&mut self, bytes: u64, all: u64) {
        self.show(IMPORTING, bytes, all);
    }

    fn end(&mut self) {
        self.0.finish_and_clear();
    }
}

const UPLOADING: &str = "uploading";
const IMPORTING: &str = "importing";

/// A line for each tenth.
struct Lines<W> {
    out: W,
    last: Option<(&'static str, u64)>,
}

impl<W: Write> Lines<W> {
    fn show(&mut self, what: &'static str, bytes: u64, all: u64) {
        let tenth = (bytes.saturating_mul(10)).checked_div(all).unwrap_or(10);
        if self.last != Some((what, tenth)) {
            self.last = Some((what, tenth));
            let _ = writeln!(self.out, "{what} {} % of {}", tenth * 10, HumanBytes(all));
        }
    }
}

impl<W: Write + Send> ProgressView for Lines<W> {
    fn uploaded(&mut self, bytes: u64, all: u64) {
        self.show(UPLOADING, bytes, all);
    }

    fn read(&mut self, bytes: u64, all: u64) {
        self.show(IMPORTING, bytes, all);
    }

    fn end(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::{Lines, ProgressView};

    #[test]
    fn lines_are_said_once_for_each_tenth() {
        let mut lines = Lines {
            out: Vec::new(),
            last: None,
        };
        for bytes in [0, 1, 1024, 1025, 10_240] {
            lines.uploaded(bytes, 10_240);
        }
        lines.read(0, 0);
        let said = String::from_utf8(lines.out).unwrap();
        let expected = [
            "uploading 0 %",
            "uploading 10 %",
            "uploading 100 %",
            "importing 100 %",
        ];
        assert_eq!(
            said.lines()
                .map(|line| line.split(" of ").next().unwrap())
                .collect::<Vec<_>>(),
            expected
        );
    }
}
