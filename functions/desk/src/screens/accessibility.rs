//! How accessible the desk is.

use crate::view::{Block, Screen};
use crate::visit::{Answer, Visit};

/// The statement.
#[expect(clippy::unnecessary_wraps, reason = "as every page answers")]
pub(crate) fn show(visit: &Visit<'_>) -> Answer {
    let paragraphs = [
        "These pages are meant for everybody who works here: with a keyboard alone, with a screen reader, at 320 pixels \
         or at four times the size, and without scripts, which they have none of.",
        "They are tested against WCAG 2.2 AA with axe, at 320 and 1280 pixels, and walked through with a keyboard. They \
         have not been tested with people who use assistive technology every day.",
        "Wide tables scroll sideways within their own frame, which a keyboard can reach. A page that waits for something \
         loads itself again only if you ask it to.",
        "A session ends after 30 minutes in which nothing is done. The page shows when. What you typed is kept for 10 \
         minutes, and you get it back after signing in.",
    ];
    let mut blocks: Vec<Block> = paragraphs
        .into_iter()
        .map(|words| Block::Text(words.to_owned()))
        .collect();
    blocks.push(Block::Text(format!(
        "If something stops you, write to {} or call {}.",
        visit.desk.site.contact_email, visit.desk.site.contact_phone
    )));
    Ok(visit.show(&Screen {
        title: "Accessibility statement".to_owned(),
        blocks,
        ..Screen::default()
    }))
}
