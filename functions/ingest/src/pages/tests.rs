#[path = "../../../../shared/web/fixtures/pages.rs"]
mod fixture;

use super::*;
use chrono::NaiveDate;
use custodian_domain::record::reference::Reference;
use custodian_domain::survey::{Bound, Purpose};
use custodian_domain::validation::notice;
use custodian_web::site::{BasePath, Site};
use fixture::{ATTACK, must_be_allowed, site_of};
use std::sync::LazyLock;

static SITE: LazyLock<Site> = LazyLock::new(site);
static ATTACKED: LazyLock<Site> = LazyLock::new(|| site_of(ATTACK));

pub fn site() -> Site {
    site_of("")
}

fn message_page(page: Page<'_>, message: &Message) -> String {
    custodian_web::page::message(page, &message.to_page())
}

fn page() -> Page<'static> {
    Page::of(&SITE)
}

fn question(id: &str, kind: QuestionKind) -> QuestionView {
    QuestionView {
        question: Question {
            id: id.to_owned(),
            label: format!("What about {id}?"),
            hint: None,
            kind,
            required: true,
            options: vec![],
            max_length: None,
            min: None,
            max: None,
            whole: false,
            past: false,
            purpose: Purpose::Answer,
        },
        typed: Typed::new(),
    }
}

fn typed<const N: usize>(values: [(&str, &[&str]); N]) -> Typed {
    values
        .into_iter()
        .map(|(name, values)| {
            (
                name.to_owned(),
                values.iter().map(|&v| v.to_owned()).collect(),
            )
        })
        .collect()
}

fn survey(questions: Vec<QuestionView>, errors: &[(&str, &str)]) -> FormView {
    FormView {
        survey_id: "recycling-centre".to_owned(),
        title: "Your visit".to_owned(),
        token: "token-1".to_owned(),
        questions,
        errors: errors
            .iter()
            .map(|&(field, message)| FieldErrorView {
                field: field.to_owned(),
                message: message.to_owned(),
            })
            .collect(),
        notice: None,
        person: None,
        no_longer_asked: vec![],
        privacy_notice: "2026-12",
    }
}

/// What was typed into a form that was not saved.
fn typed_before(value: &str) -> GivenBack {
    let field = TypedField {
        name: Some(value.to_owned()),
        label: value.to_owned(),
        value: value.to_owned(),
    };
    GivenBack {
        action: value.to_owned(),
        token: Some((TOKEN_FIELD, value.to_owned())),
        fields: vec![field],
    }
}

/// The one tag that holds `marker`.
fn tag<'a>(html: &'a str, marker: &str) -> &'a str {
    let at = html
        .find(marker)
        .unwrap_or_else(|| panic!("no {marker} in {html}"));
    let start = html[..=at].rfind('<').unwrap();
    &html[start..=start + html[start..].find('>').unwrap()]
}

fn receipt(until: NaiveDate, asks_to_confirm: bool) -> AnswerReceipt {
    AnswerReceipt {
        reference: Reference::try_from("K7M4XQ2P".to_owned()).unwrap(),
        until,
        asks_to_confirm,
    }
}

#[test]
fn nothing_that_was_typed_or_configured_becomes_markup() {
    let kinds = [
        QuestionKind::Text,
        QuestionKind::Textarea,
        QuestionKind::Choice,
        QuestionKind::Choices,
        QuestionKind::Number,
        QuestionKind::Date,
        QuestionKind::Email,
    ];
    for kind in kinds {
        let mut q = question("q", kind);
        q.question.label = ATTACK.to_owned();
        q.question.hint = Some(ATTACK.to_owned());
        q.question.options = vec![ATTACK.to_owned()];
        q.typed = typed([("q", &[ATTACK]), ("q-day", &[ATTACK])]);
        let mut view = survey(vec![q], &[("q", ATTACK), (ATTACK, ATTACK)]);
        view.title = ATTACK.to_owned();
        view.token = ATTACK.to_owned();
        view.survey_id = ATTACK.to_owned();
        view.notice = Some(ATTACK.to_owned());
        let html = form(Page::of(&ATTACKED), &view);
        assert!(!html.contains("<script"), "{kind:?}: {html}");
        assert!(!html.contains(r#""">"#), "{kind:?}: {html}");
        assert!(html.contains("&#60;script&#62;"), "{kind:?}: {html}");
    }
    let day = NaiveDate::from_ymd_opt(2029, 11, 23).unwrap();
    let attacked = Page::of(&ATTACKED);
    for html in [
        thank_you(attacked, Some(ATTACK), &receipt(day, true)),
        notice(attacked, notice::CURRENT),
        notice(attacked, notice::ALL[0]),
        accessibility(attacked),
        list(
            attacked,
            &[Listed {
                id: ATTACK.to_owned(),
                title: ATTACK.to_owned(),
            }],
            1,
        )
        .unwrap(),
        given_back(attacked, &Message::NotSaved, &typed_before(ATTACK)),
        message_page(
            attacked,
            &Message::Closed {
                title: ATTACK.to_owned(),
                closed: day,
            },
        ),
    ] {
        assert!(!html.contains("<script"), "{html}");
    }
}

#[test]
fn no_page_needs_more_than_the_content_security_policy_allows() {
    let every_kind = [
        QuestionKind::Satisfaction,
        QuestionKind::Text,
        QuestionKind::Textarea,
        QuestionKind::Choice,
        QuestionKind::Choices,
        QuestionKind::YesNo,
        QuestionKind::Number,
        QuestionKind::Date,
        QuestionKind::Email,
        QuestionKind::Phone,
        QuestionKind::Name,
    ];
    let questions = every_kind
        .iter()
        .enumerate()
        .map(|(n, &kind)| question(&format!("q{n}"), kind))
        .collect();
    let day = NaiveDate::from_ymd_opt(2029, 11, 23).unwrap();
    for html in [
        form(page(), &survey(questions, &[("q0", "Select one")])),
        thank_you(page(), Some("Your visit"), &receipt(day, true)),
        notice(page(), notice::CURRENT),
        notice(page(), notice::ALL[0]),
        accessibility(page()),
        list(
            page(),
            &[Listed {
                id: "bins".to_owned(),
                title: "Bins".to_owned(),
            }],
            1,
        )
        .unwrap(),
        given_back(page(), &Message::NotSaved, &typed_before("Quick.")),
        message_page(page(), &Message::UnknownSurvey),
    ] {
        must_be_allowed(&html);
        assert!(html.contains(r#"<html lang="en-GB""#));
    }
}

#[test]
fn mistakes_are_listed_in_their_order_and_lead_to_their_fields() {
    let questions = vec![
        question("email", QuestionKind::Email),
        question("decided_on", QuestionKind::Date),
        question("site", QuestionKind::Choice),
    ];
    let errors = [
        ("site", "Select the site you visited"),
        ("decided_on", "Enter a real date"),
        ("decided_on-year", "Enter a year"),
        ("email", "Enter an email address"),
        ("surprise", "Remove the unknown field"),
    ];
    let html = form(page(), &survey(questions, &errors));
    let summary = &html[html.find("<ul").unwrap()..html.find("</ul>").unwrap()];
    let found: Vec<_> = summary
        .lines()
        .filter(|line| line.starts_with("<li>"))
        .collect();
    assert_eq!(
        found,
        [
            r##"<li><a href="#site">Select the site you visited</a></li>"##,
            r##"<li><a href="#decided_on-day">Enter a real date</a></li>"##,
            r##"<li><a href="#decided_on-year">Enter a year</a></li>"##,
            r##"<li><a href="#email">Enter an email address</a></li>"##,
            "<li>Remove the unknown field</li>",
        ]
    );
    assert!(
        tag(&html, r#"id="email""#)
            .contains(r#"aria-describedby="email-error" aria-invalid="true""#)
    );
}

#[test]
fn a_refused_form_says_error_in_its_title_and_a_fresh_one_does_not() {
    let fresh = survey(vec![question("email", QuestionKind::Email)], &[]);
    assert!(form(page(), &fresh).contains("<title>Your visit – Exampleshire Council</title>"));
    let mut expired = fresh.clone();
    expired.notice = Some(NOTICE_EXPIRED.to_owned());
    for refused in [
        expired,
        survey(fresh.questions, &[("email", "Enter an email address")]),
    ] {
        assert!(
            form(page(), &refused)
                .contains("<title>Error: Your visit – Exampleshire Council</title>")
        );
    }
}

#[test]
fn only_what_may_be_left_out_is_marked_optional() {
    let mut optional = question("name", QuestionKind::Name);
    optional.question.required = false;
    let html = form(
        page(),
        &survey(vec![question("email", QuestionKind::Email), optional], &[]),
    );
    assert!(html.contains("What about name? (optional)</label>"));
    assert!(html.contains("What about email?</label>"));
}

#[test]
fn a_date_keeps_the_three_things_that_were_typed() {
    let mut date = question("decided_on", QuestionKind::Date);
    date.typed = typed([
        ("decided_on-day", &["31"]),
        ("decided_on-month", &["Feb"]),
        ("decided_on-year", &["2026"]),
    ]);
    let html = form(
        page(),
        &survey(vec![date], &[("decided_on-month", "Enter a real month")]),
    );
    for (part, value, wrong) in [
        ("day", "31", false),
        ("month", "Feb", true),
        ("year", "2026", false),
    ] {
        let tag = tag(&html, &format!(r#"name="decided_on-{part}""#));
        assert!(tag.contains(&format!(r#"value="{value}""#)), "{tag}");
        assert_eq!(tag.contains("govuk-input--error"), wrong, "{tag}");
    }
}

#[test]
fn what_was_chosen_stays_chosen() {
    let mut satisfaction = question("satisfaction", QuestionKind::Satisfaction);
    satisfaction.typed = typed([("satisfaction", &["4"])]);
    let mut materials = question("materials", QuestionKind::Choices);
    materials.question.options = vec!["Wood".to_owned(), "Metal".to_owned(), "Other".to_owned()];
    materials.typed = typed([("materials", &["Wood", "Other"])]);
    let html = form(page(), &survey(vec![satisfaction, materials], &[]));
    for (marker, checked) in [
        (r#"value="5""#, false),
        (r#"value="4""#, true),
        (r#"value="Wood""#, true),
        (r#"value="Metal""#, false),
        (r#"value="Other""#, true),
    ] {
        assert_eq!(
            tag(&html, marker).ends_with(" checked>"),
            checked,
            "{marker}"
        );
    }
}

#[test]
fn a_long_answer_keeps_its_first_line_break_and_is_told_its_limit() {
    let mut comment = question("comment", QuestionKind::Textarea);
    comment.question.max_length = Some(1250);
    comment.typed = typed([("comment", &["\n  one\ntwo"])]);
    let html = form(page(), &survey(vec![comment], &[]));
    assert!(html.contains(">\n\n  one\ntwo</textarea>"), "{html}");
    assert!(html.contains("You can enter up to 1,250 characters"));
    assert!(tag(&html, "<textarea").contains(r#"aria-describedby="comment-limit""#));
}

#[test]
fn the_form_makes_its_promise_and_hides_its_trap() {
    let html = form(page(), &survey(vec![], &[]));
    assert!(html.contains("We keep your answers for 3 years and then delete them."));
    let trap = tag(&html, &format!(r#"name="{HONEYPOT_FIELD}""#));
    for left_alone in [
        r#"tabindex="-1" autocomplete="off""#,
        "data-1p-ignore",
        "data-lpignore",
        "data-bwignore",
    ] {
        assert!(trap.contains(left_alone), "{left_alone} in {trap}");
    }
    // What password managers and browsers look for in a name.
    for known in [
        "web", "site", "url", "mail", "name", "phone", "tel", "addr", "user", "company", "card",
        "code",
    ] {
        assert!(!HONEYPOT_FIELD.contains(known), "{known}");
    }
    assert!(html.contains(r#"href="/privacy/2026-12""#));
    assert!(html.contains(r#"<div class="custodian-aside" aria-hidden="true">"#));
    assert!(tag(&html, r#"name="submission_token""#).contains(r#"type="hidden""#));
}

#[test]
fn the_thank_you_page_has_the_reference_and_the_day_of_deletion() {
    let day = NaiveDate::from_ymd_opt(2029, 11, 3).unwrap();
    let html = thank_you(page(), Some("Your visit"), &receipt(day, false));
    assert!(html.contains("K7M4XQ2P</span>"));
    assert!(html.contains("<strong>3 November 2029</strong>"));
    assert!(html.contains("mailto:dpo@example.org"));
    assert!(!html.contains("newsletter") && !html.contains("spam"));
}

#[test]
fn the_thank_you_page_says_that_an_email_comes_and_until_when_its_link_works() {
    let day = NaiveDate::from_ymd_opt(2029, 11, 3).unwrap();
    let html = thank_you(page(), None, &receipt(day, true));
    assert!(
        html.contains("Confirm your email address</h2>")
            && html.contains("the link works for 7 days"),
        "{html}"
    );
}

#[test]
fn every_message_has_its_status_and_the_dates_it_speaks_of() {
    let day = NaiveDate::from_ymd_opt(2029, 12, 31).unwrap();
    let title = "Your visit".to_owned();
    for (said, status, words) in [
        (Message::UnknownSurvey, 404, "Survey not found"),
        (Message::NotFound, 404, "Page not found"),
        (
            Message::NotYetOpen {
                title: title.clone(),
                opens: day,
            },
            403,
            "from 31 December 2029",
        ),
        (
            Message::Closed { title, closed: day },
            403,
            "closed on 31 December 2029",
        ),
        (Message::TooLarge, 413, "too long"),
        (Message::MediaType, 415, "do not accept"),
        (Message::Broken, 400, "nothing was saved"),
        (Message::UnknownNotice, 404, "no version"),
        (Message::NoReceipt, 404, "cannot confirm"),
        (Message::Method, 405, "Nothing was saved"),
        (Message::NotSaved, 503, "saved once, however often"),
        (Message::Unavailable, 503, "reload this page"),
    ] {
        assert_eq!(said.status(), status);
        let html = message_page(page(), &said);
        assert!(html.contains(words), "{words} in {html}");
    }
}

#[test]
fn a_form_that_looks_like_a_program_s_asks_and_keeps_what_was_said() {
    let (mut view, asked) = (survey(vec![], &[]), format!(r#"name="{PERSON_FIELD}""#));
    assert!(
        !form(page(), &view).contains(&asked),
        "nobody is asked without a reason"
    );
    view.person = Some(false);
    view.errors = vec![FieldErrorView {
        field: PERSON_FIELD.to_owned(),
        message: MISTAKE_PERSON.to_owned(),
    }];
    let html = form(page(), &view);
    assert!(!tag(&html, &asked).contains("checked"));
    assert!(
        html.contains(&format!(
            r##"<a href="#{PERSON_FIELD}">{MISTAKE_PERSON}</a>"##
        )),
        "{html}"
    );
    view.person = Some(true);
    view.errors.clear();
    assert!(tag(&form(page(), &view), &asked).ends_with(" checked>"));
}

#[test]
fn links_of_a_page_that_back_does_not_find_again_open_another_tab() {
    let view = survey(vec![], &[]);
    let links = |html: &str| {
        html.split("<a ")
            .skip(1)
            .map(|link| link.split('>').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let leads_away = |link: &String| !link.contains("href=\"#") && !link.contains("mailto:");
    for html in [
        form(page().with_what_was_typed(), &view),
        given_back(
            page().with_what_was_typed(),
            &Message::NotSaved,
            &typed_before("Quick."),
        ),
    ] {
        for link in links(&html).iter().filter(|link| leads_away(link)) {
            assert!(
                link.contains(r#"target="_blank" rel="noreferrer noopener""#),
                "{link}"
            );
        }
        assert!(
            html.contains("How we use your information (opens in new tab)")
                || html.contains("What you typed")
        );
    }
    assert!(
        links(&form(page(), &view))
            .iter()
            .all(|link| !link.contains("_blank"))
    );
}

#[test]
fn every_link_begins_with_the_path_of_the_public_address() {
    let mapped = Site {
        base: BasePath::of("https://www.council.example/insight").unwrap(),
        ..site()
    };
    let page = Page::of(&mapped);
    let open = [Listed {
        id: "bins".to_owned(),
        title: "Bins".to_owned(),
    }];
    for html in [
        form(page, &survey(vec![], &[])),
        list(page, &open, 1).unwrap(),
        notice(page, notice::CURRENT),
        notice(page, notice::ALL[0]),
        accessibility(page),
    ] {
        for address in html
            .split(r#"href=""#)
            .chain(html.split(r#"action=""#))
            .skip(1)
        {
            let outside = ["https://", "mailto:", "#"]
                .iter()
                .any(|start| address.starts_with(start));
            assert!(
                outside || address.starts_with("/insight/") || address.starts_with('<'),
                "{}",
                &address[..60]
            );
        }
    }
}

#[test]
fn only_what_can_be_sent_again_whole_has_a_button() {
    let button = |message: Message, given: &GivenBack| {
        given_back(page(), &message, given).contains("<button")
    };
    let whole = typed_before("Quick.");
    assert!(button(Message::NotSaved, &whole));
    let mut labelled = whole.clone();
    labelled.fields[0].name = None;
    assert!(!button(Message::NotSaved, &labelled));
    let mut many = whole.clone();
    many.fields = vec![whole.fields[0].clone(); MOST_GIVEN_BACK + 1];
    assert!(!button(Message::NotSaved, &many));
    assert!(!button(Message::UnknownSurvey, &whole), "it would not help");
}

/// 64 KiB of the text that grows most when it becomes HTML.
#[test]
fn what_is_given_back_stays_in_proportion_to_what_was_sent() {
    let field = TypedField {
        name: None,
        label: "q".to_owned(),
        value: "\"".repeat(64 * 1024),
    };
    let one = GivenBack {
        action: String::new(),
        token: None,
        fields: vec![field],
    };
    assert!(given_back(page(), &Message::UnknownSurvey, &one).len() < 400_000);
    let small = TypedField {
        name: None,
        label: "q".to_owned(),
        value: "<".to_owned(),
    };
    let many = GivenBack {
        action: String::new(),
        token: None,
        fields: vec![small; 16 * 1024],
    };
    assert!(given_back(page(), &Message::UnknownSurvey, &many).len() < 100_000);
}

#[test]
fn a_keypad_of_digits_is_brought_up_only_where_digits_are_enough() {
    for digits_only in [true, false] {
        let mut visits = question("visits", QuestionKind::Number);
        visits.question.whole = true;
        visits.question.min = digits_only.then_some(Bound::Number(0.0));
        let form = form(page(), &survey(vec![visits], &[]));
        assert_eq!(
            form.contains(r#"inputmode="numeric""#),
            digits_only,
            "{form}"
        );
    }
}
