//! A survey ends, or is taken down, while somebody types, or storage fails.

use super::{SURVEY, posted, with_a_failure};
use crate::failing::Off;
use crate::house::{House, at, token};
use chrono::TimeDelta;
use serde_json::json;

const PLANNING: &str = "planning-application";
const TYPED: &str = "satisfaction=4&email=rosa%40example.org&comment=%22Nobody+%3Cever%3E+called+back.%22%0D%0ATwice.";

/// A form of the survey that closes at the end of 2029, handed out a little before.
async fn in_time(house: &House) -> String {
    house.stack.clock().set(at("2029-12-31T23:42:00Z"));
    house.form_token(PLANNING).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_given_the_form_before_the_survey_closed_has_twelve_hours() {
    for (now, taken) in [
        ("2029-12-31T23:59:59Z", true),
        ("2030-01-01T00:00:05Z", true),
        ("2030-01-01T11:59:59Z", true),
        ("2030-01-01T12:00:00Z", false),
        ("2031-06-01T00:00:00Z", false),
    ] {
        let house = House::open().await;
        let token = in_time(&house).await;
        house.stack.clock().set(at(now));
        let sent = house
            .post_form(PLANNING, &format!("submission_token={token}&{TYPED}"))
            .await;
        assert_eq!(
            (sent.status, house.kept().await),
            if taken { (303, 1) } else { (403, 0) },
            "{now}: {}",
            sent.body
        );
        if taken {
            assert_eq!(
                house.get(sent.header("location")).await.status,
                200,
                "{now}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_and_second_thoughts_do_not_use_up_the_grace() {
    let house = House::open().await;
    let first = in_time(&house).await;
    house.stack.clock().set(at("2030-01-01T00:10:00Z"));
    let mistaken = house
        .post_form(
            PLANNING,
            &format!("submission_token={first}&satisfaction=4"),
        )
        .await;
    assert_eq!(
        (mistaken.status, token(&mistaken.body)),
        (422, first.clone())
    );
    assert_eq!(
        house
            .post_form(PLANNING, &format!("submission_token={first}&{TYPED}"))
            .await
            .status,
        303
    );
    let other = house
        .post_form(
            PLANNING,
            &format!("submission_token={first}&{TYPED}+Thrice."),
        )
        .await;
    assert_eq!(other.status, 422, "{}", other.body);
    let second = format!("submission_token={}&{TYPED}+Thrice.", token(&other.body));
    assert_eq!(house.post_form(PLANNING, &second).await.status, 303);
    assert_eq!(house.kept().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_late_is_told_so_and_gets_the_text_back() {
    let house = House::open().await;
    let token = in_time(&house).await;
    // A made-up token, a token for another survey, and a missing token give no extra time.
    house.stack.clock().set(at("2029-12-31T23:00:00Z"));
    let foreign = house.form_token(SURVEY).await;
    house.stack.clock().set(at("2030-01-01T00:00:05Z"));
    let forms = [
        TYPED.to_owned(),
        format!("submission_token={foreign}&{TYPED}"),
        format!("submission_token=1.2.3&{TYPED}"),
    ];
    let mut late = Vec::new();
    for form in forms {
        late.push(house.post_form(PLANNING, &form).await);
    }
    house.stack.clock().set(at("2030-01-01T12:00:00Z"));
    late.push(
        house
            .post_form(PLANNING, &format!("submission_token={token}&{TYPED}"))
            .await,
    );
    for page in late {
        assert_eq!(page.status, 403);
        assert!(
            page.body.contains("closed on 31 December 2029"),
            "{}",
            page.body
        );
        assert!(page.body.contains("It was not saved."), "{}", page.body);
        assert!(
            page.body
                .contains("&#34;Nobody &#60;ever&#62; called back.&#34;\nTwice.</textarea>")
                || page.body.contains("called back.&#34;\r\nTwice.</textarea>"),
            "{}",
            page.body
        );
        assert!(page.body.contains("rosa@example.org"));
        assert!(
            !page.body.contains("<button"),
            "sending it again would not help"
        );
    }
    let program = house
        .post_json(
            PLANNING,
            &json!({"satisfaction": 4, "email": "rosa@example.org"}),
        )
        .await;
    assert_eq!(
        (program.status, program.header("content-type")),
        (403, "application/problem+json")
    );
    assert_eq!(house.kept().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_for_a_survey_that_is_gone_comes_back() {
    let house = House::open().await;
    let token = house.form_token(SURVEY).await;
    house.take_down(SURVEY).await;
    // For twelve hours the form is still checked against the version it was handed out with.
    house
        .stack
        .clock()
        .set(house.stack.clock().now() + TimeDelta::hours(13));
    let gone = house
        .post_form(
            SURVEY,
            &format!("submission_token={token}&satisfaction=4&comment=Long+queue"),
        )
        .await;
    assert_eq!(gone.status, 404);
    assert!(
        gone.body.contains("Survey not found") && gone.body.contains("Long queue"),
        "{}",
        gone.body
    );
    // However many fields somebody makes up, the page stays small.
    let many: String = (0..16_000).map(|n| format!("{n}=x&")).collect();
    let page = house.post_form("bees", many.get(..60_000).unwrap()).await;
    assert_eq!(page.status, 404);
    assert!(page.body.len() < 120_000, "{}", page.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_storage_refused_stays_in_the_form_and_is_kept_once_when_it_is_sent_again() {
    let house = House::open().await;
    for (round, off) in [
        Off::Error,
        Off::Throttle,
        Off::Timeout,
        Off::Lost,
        Off::Before,
        Off::After,
    ]
    .into_iter()
    .enumerate()
    {
        let before = house.kept().await;
        let token = house.form_token(SURVEY).await;
        let body =
            format!("submission_token={token}&satisfaction=4&site=Wareham&comment=Round+{round}");
        // First the surveys are read, then the record is written.
        let calls = if off == Off::Before { 1 } else { 2 };
        let back = with_a_failure(&house, calls, off, posted(SURVEY, &body)).await;
        assert_eq!(back.status, 503, "{off:?}: {}", back.body);
        assert!(
            back.body.contains(&format!("Round {round}</textarea>")),
            "{off:?}: {}",
            back.body
        );
        assert!(
            back.body.contains(&token),
            "the same token, so that nothing doubles"
        );
        assert!(
            back.body
                .contains("were not saved because of a problem on our side")
        );
        assert_eq!(house.post_form(SURVEY, &body).await.status, 303, "{off:?}");
        assert_eq!(house.kept().await, before + 1, "{off:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_not_even_the_survey_can_be_read_the_page_itself_sends_it_again() {
    let house = House::open().await;
    let token = house.form_token(SURVEY).await;
    let body = format!(
        "submission_token={token}&satisfaction=4&site=Wareham&materials=Wood&materials=Metal&comment=%0A%22Two%22%0Alines"
    );
    let back = with_a_failure(&house, 0, Off::Before, posted(SURVEY, &body)).await;
    assert_eq!(back.status, 503, "{}", back.body);
    assert!(
        back.body.contains("your answers are not saved yet"),
        "{}",
        back.body
    );
    let hidden = format!("name=\"submission_token\" value=\"{token}\"");
    assert!(
        back.body.contains(&hidden)
            && back
                .body
                .contains("action=\"/surveys/recycling-centre/responses\"")
    );
    let fields = back.body.split("<textarea").skip(1).map(|field| {
        let name = field
            .split("name=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let value = field
            .split_once(">\n")
            .unwrap()
            .1
            .split("</textarea>")
            .next()
            .unwrap()
            .replace("&#34;", "\"");
        (name.to_owned(), value)
    });
    let again = reqwest::Url::parse_with_params("http://form/", fields)
        .unwrap()
        .query()
        .unwrap()
        .to_owned();
    let again = format!("submission_token={token}&{again}");
    assert_eq!(house.post_form(SURVEY, &again).await.status, 303, "{again}");
    assert_eq!(
        house.post_form(SURVEY, &body).await.status,
        303,
        "it says the same as before"
    );
    assert_eq!(house.kept().await, 1);
}
