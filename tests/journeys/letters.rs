//! Letters to the person: text to copy, which says what is entered and nothing else.

use crate::house::{House, email_id};
use custodian_domain::rights::register::Listed;
use custodian_domain::rights::register::lists::LetterKind;
use serde_json::{Value, json};

impl House {
    async fn registers(&self, case: &str, asker: &str, kinds: &[&str]) {
        let order = json!({"order": "register", "case_id": case, "received": "2026-11-20", "channel": "letter",
            "asker": asker, "kinds": kinds, "by": "dpo-7"});
        self.invoke("requests", order).await.unwrap();
    }

    async fn enters(&self, case: &str, kind: &str, order: &str, fields: Value) {
        let mut whole = json!({"order": order, "case_id": case, "kind": kind, "by": "dpo-7"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        self.invoke("requests", whole).await.unwrap();
    }

    async fn letter(&self, case: &str, kind: &str, letter: &str) -> Result<String, String> {
        let order = json!({"order": "letter", "case_id": case, "kind": kind, "letter": letter, "by": "dpo-7"});
        let answer = self.invoke("requests", order).await?;
        Ok(answer["text"].as_str().unwrap().to_owned())
    }
}

/// Nothing of the template is left, no line is too long for a letter, and none is empty twice.
fn is_a_letter(text: &str) {
    assert!(text.contains("Dear [name]"), "{text}");
    assert!(
        !text.contains("{%") && !text.contains("{{") && !text.contains("\n\n\n"),
        "{text}"
    );
    assert!(
        text.contains("Our reference: C-") && text.contains("Monday 23 November 2026"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_letter_says_what_was_entered() {
    let house = House::open().await;
    house
        .registers(
            "C-1",
            "representative",
            &["access", "complaint", "unsubscribe"],
        )
        .await;
    let text = house.letter("C-1", "access", "acknowledge").await.unwrap();
    is_a_letter(&text);
    assert!(
        text.contains("You asked for a copy of your data.")
            && text.contains("We will answer by Monday 21 December 2026."),
        "{text}"
    );
    house
        .enters(
            "C-1",
            "access",
            "identity",
            json!({"on": "2026-11-23", "doubt": "several_people"}),
        )
        .await;
    let text = house.letter("C-1", "access", "identity").await.unwrap();
    is_a_letter(&text);
    assert!(
        text.contains("because what we hold may be about several people"),
        "{text}"
    );
    house
        .enters("C-1", "access", "authority", json!({"on": "2026-11-23"}))
        .await;
    is_a_letter(&house.letter("C-1", "access", "authority").await.unwrap());
    house
        .enters(
            "C-1",
            "access",
            "identity",
            json!({"on": "2026-11-23", "proof": "code_sent"}),
        )
        .await;
    house
        .enters(
            "C-1",
            "access",
            "authority",
            json!({"on": "2026-11-23", "proof": "signed_authority"}),
        )
        .await;
    house
        .enters("C-1", "access", "ask", json!({"on": "2026-11-23"}))
        .await;
    let text = house.letter("C-1", "access", "question").await.unwrap();
    is_a_letter(&text);
    assert!(text.contains("stops until we hear from you"), "{text}");
    house
        .enters("C-1", "access", "answered", json!({"on": "2026-11-23"}))
        .await;
    house
        .enters(
            "C-1",
            "access",
            "extend",
            json!({"told_on": "2026-11-23", "reason": "complex"}),
        )
        .await;
    let text = house.letter("C-1", "access", "extension").await.unwrap();
    is_a_letter(&text);
    assert!(
        text.contains("because your request is complex")
            && text.contains("by Tuesday 23 February 2027"),
        "{text}"
    );
    let early = house.letter("C-1", "access", "nothing_held").await;
    assert!(early.unwrap_err().contains("not confirmed yet"));
    let step = |step: &str| json!({"step": step});
    let mut confirmed = step("person_confirmed");
    confirmed["identifiers"] = json!([email_id("rosa@example.org")]);
    house.enters("C-1", "access", "step", confirmed).await;
    is_a_letter(&house.letter("C-1", "access", "nothing_held").await.unwrap());
    let decided =
        json!({"verdict": "partly", "grounds": ["rights_of_others"], "decided_by": "dpo"});
    house.enters("C-1", "access", "decide", decided).await;
    let early = house.letter("C-1", "access", "answer").await;
    assert!(early.unwrap_err().contains("is not done"));
    house
        .enters("C-1", "access", "step", step("package_ordered"))
        .await;
    let text = house.letter("C-1", "access", "answer").await.unwrap();
    is_a_letter(&text);
    assert!(text.contains("other people (Article 15(4)"), "{text}");
    is_a_letter(
        &house
            .letter("C-1", "complaint", "complaint_acknowledged")
            .await
            .unwrap(),
    );
    let early = house.letter("C-1", "unsubscribe", "newsletter_ended").await;
    assert!(early.unwrap_err().contains("not stopped"));
    house
        .enters("C-1", "unsubscribe", "step", step("newsletters_stopped"))
        .await;
    is_a_letter(
        &house
            .letter("C-1", "unsubscribe", "newsletter_ended")
            .await
            .unwrap(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_has_its_reasons_and_the_three_ways_to_complain() {
    let house = House::open().await;
    house.registers("C-2", "person", &["rectification"]).await;
    let decided =
        json!({"verdict": "refused", "grounds": ["accurate"], "decided_by": "service_owner"});
    house
        .enters("C-2", "rectification", "decide", decided)
        .await;
    let text = house
        .letter("C-2", "rectification", "refusal")
        .await
        .unwrap();
    is_a_letter(&text);
    for part in [
        "what we hold is accurate",
        "complain to us",
        "ico.org.uk/make-a-complaint",
        "court",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_said_to_be_over_when_it_is_with_the_day_of_its_backups() {
    let house = House::open().await;
    house.tell("Bins.", Some("rosa@example.org"), None).await;
    house.registers("C-3", "person", &["erasure"]).await;
    let early = house.letter("C-3", "erasure", "erased").await.unwrap_err();
    assert!(
        early.contains("NotNow") && early.contains("not over"),
        "{early}"
    );
    let mut order = crate::house::erasure(&[email_id("rosa@example.org")]);
    order["request_id"] = json!("C-3-erasure");
    house.erase(order).await.unwrap();
    let text = house.letter("C-3", "erasure", "erased").await.unwrap();
    is_a_letter(&text);
    assert!(
        text.contains("Backups that nobody can change still have it until Monday 28 December 2026"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_letter_says_what_is_not_so() {
    let house = House::open().await;
    house.registers("C-4", "person", &["access"]).await;
    for letter in LetterKind::ALL {
        let known = *letter == LetterKind::Acknowledge;
        let told = house.letter("C-4", "access", letter.as_str()).await;
        assert_eq!(told.is_ok(), known, "{letter:?}: {told:?}");
        assert!(told.is_ok() || told.unwrap_err().contains("NotNow"));
    }
    let refused = house.letter("C-4", "access", "secret").await.unwrap_err();
    assert!(
        refused.contains("letter must be one of") && !refused.contains("secret"),
        "{refused}"
    );
    let refused = house
        .letter("C-4", "erasure", "acknowledge")
        .await
        .unwrap_err();
    assert!(refused.contains("kind must be"), "{refused}");
}
