//! The privacy notice, in every version that was ever in use: a record keeps the version that its
//! person was shown.

use askama::Template;
use custodian_domain::validation::notice::{self, Notice};
use custodian_web::page::{Page, spoken, written};

/// Every version has its own template, whose words nobody changes once people were shown them.
macro_rules! versions {
    ($($version:literal, $page:ident, $path:literal;)+) => {
        $(
            #[derive(Template)]
            #[template(path = $path, whitespace = "minimize")]
            struct $page<'a> {
                page: Page<'a>,
                about: About,
            }
        )+

        /// The page of a version of the privacy notice.
        #[must_use]
        pub fn notice(page: Page<'_>, notice: Notice) -> String {
            let about = About { notice };
            match notice.version {
                $($version => written(&$page { page, about }),)+
                _ => String::new(),
            }
        }
    };
}

versions! {
    "2026-06", Notice202606, "notices/2026-06.html";
    "2026-11", Notice202611, "notices/2026-11.html";
    "2026-12", Notice202612, "notices/2026-12.html";
}

/// The fields of a notice's template.
struct About {
    notice: Notice,
}

impl About {
    fn version(&self) -> &'static str {
        self.notice.version
    }

    fn from(&self) -> String {
        spoken(self.notice.from)
    }

    /// The day from which the next version was in use.
    fn until(&self) -> Option<String> {
        self.notice.successor().map(|next| spoken(next.from))
    }

    /// The other versions, the latest first.
    fn others(&self) -> impl Iterator<Item = Notice> {
        notice::ALL
            .into_iter()
            .rev()
            .filter(|other| *other != self.notice)
    }
}

#[cfg(test)]
mod tests {
    use super::notice;
    use crate::pages::tests::site;
    use custodian_domain::record::Fingerprint;
    use custodian_domain::record::processor_copy::Processor;
    use custodian_domain::validation::notice::{ALL, CURRENT};
    use custodian_web::page::{Page, spoken};

    #[test]
    fn every_version_has_its_page_which_says_which_it_is_and_leads_to_the_others() {
        let site = site();
        for version in ALL {
            let html = notice(Page::of(&site), version);
            assert!(
                html.contains(&format!("Version {}", version.version)),
                "{}: {html}",
                version.version
            );
            assert!(html.contains(&spoken(version.from)));
            for other in ALL {
                let link = format!("href=\"/privacy/{}\"", other.version);
                assert_eq!(
                    html.contains(&link),
                    other != version,
                    "{} in {}",
                    other.version,
                    version.version
                );
            }
            assert_eq!(html.contains("not in use any more"), version != CURRENT);
        }
    }

    /// Noted once. A new version has a new line. If a line has to change, words that people were
    /// shown have changed.
    #[test]
    fn the_words_of_a_version_are_those_that_people_were_shown() {
        let words = [
            (
                "2026-06",
                include_str!("../../templates/notices/2026-06.html"),
                "hu2xWb7gRzSVidnfpGpN4g",
            ),
            (
                "2026-11",
                include_str!("../../templates/notices/2026-11.html"),
                "ZY_ruzHfdrpLeRlwasAIow",
            ),
            (
                "2026-12",
                include_str!("../../templates/notices/2026-12.html"),
                "a7OiiJddTfv_wAxfsO3FlA",
            ),
        ];
        assert_eq!(
            words.map(|(version, ..)| version),
            ALL.map(|notice| notice.version)
        );
        for (version, words, digest) in words {
            assert_eq!(
                Fingerprint::of(&words).into_string(),
                digest,
                "{version}: write a new version instead"
            );
        }
    }

    #[test]
    fn the_notice_names_everybody_whom_an_erasure_reaches() {
        let html = notice(Page::of(&site()), CURRENT);
        for processor in Processor::ALL {
            let named = format!("<li>{}, which {}</li>", processor.label(), processor.role());
            assert!(
                html.contains(&named),
                "write a new version that says: {named}"
            );
        }
        assert!(html.contains("Amazon Web Services"));
    }

    #[test]
    fn the_notice_says_how_to_reach_the_data_protection_officer_by_post_and_telephone() {
        let site = site();
        let html = notice(Page::of(&site), CURRENT);
        let words = html.split("<footer").next().unwrap();
        for way in [&site.dpo_email, &site.dpo_phone, &site.dpo_address] {
            assert!(words.contains(way), "{way}");
        }
    }
}
