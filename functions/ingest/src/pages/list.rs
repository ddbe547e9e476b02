//! The page that lists open surveys.

use askama::Template;
use custodian_web::page::{Page, written};

/// How many surveys are on one page.
const MOST: usize = 50;

/// One survey that takes answers.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The survey's id, part of its address.
    pub id: String,
    /// The survey's title.
    pub title: String,
}

#[derive(Template)]
#[template(path = "list.html", whitespace = "minimize")]
struct ListPage<'a> {
    page: Page<'a>,
    surveys: &'a [Listed],
    number: usize,
    numbers: usize,
}

/// Page `number`, from 1, of the open surveys; `None` if there are not so many. The first page
/// always exists.
#[must_use]
pub fn list(page: Page<'_>, open: &[Listed], number: usize) -> Option<String> {
    let numbers = open.len().div_ceil(MOST).max(1);
    let surveys = open
        .chunks(MOST)
        .nth(number.checked_sub(1)?)
        .or((number == 1).then_some(&[]))?;
    Some(written(&ListPage {
        page,
        surveys,
        number,
        numbers,
    }))
}

#[cfg(test)]
mod tests {
    use super::{Listed, MOST, list};
    use crate::pages::tests::site;
    use custodian_web::page::Page;

    fn surveys(count: usize) -> Vec<Listed> {
        (0..count)
            .map(|n| Listed {
                id: format!("s{n}"),
                title: format!("Survey {n}"),
            })
            .collect()
    }

    #[test]
    fn every_survey_is_on_one_page_and_no_page_has_more_than_its_share() {
        let site = site();
        for count in [0, 1, MOST, MOST + 1, 3 * MOST] {
            let (all, mut found) = (surveys(count), 0);
            let pages = count.div_ceil(MOST).max(1);
            for number in 1..=pages {
                let html = list(Page::of(&site), &all, number).unwrap();
                let here = html.matches("href=\"/surveys/s").count();
                assert!(here <= MOST, "{here}");
                found += here;
                assert_eq!(
                    html.contains("Next page"),
                    number < pages,
                    "{number} of {pages}"
                );
                assert_eq!(
                    html.contains("Previous page"),
                    number > 1,
                    "{number} of {pages}"
                );
            }
            assert_eq!(found, count);
            assert_eq!(list(Page::of(&site), &all, 0), None);
            assert_eq!(list(Page::of(&site), &all, pages + 1), None);
        }
    }

    #[test]
    fn where_nothing_is_open_the_page_says_so() {
        assert!(
            list(Page::of(&site()), &[], 1)
                .unwrap()
                .contains("No survey is open at the moment")
        );
    }
}
