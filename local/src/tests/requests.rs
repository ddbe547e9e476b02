//! What comes in by HTTP.

use super::house;
use crate::LOCAL_SUBJECT_KEY;
use custodian_web::site::BasePath;
use custodian_web::{Edge, gateway, http};
use serde_json::{Value, json};

#[tokio::test]
async fn a_request_becomes_the_event_that_api_gateway_makes_of_it() {
    let house = house(|_| ()).await;
    let request = "POST /pages/a%20b/posts?x=1&y=%20&x=2 HTTP/1.1\nX-Two: a\nX-Two: b\nCookie: k=v; l=w\ncontent-type: application/json\nuser-agent: me\n\n{\"é\": 1}";
    let event = house.json(200, request).await;
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "POST /pages/{page}/posts");
    assert_eq!(event["rawPath"], "/pages/a b/posts");
    assert_eq!(event["rawQueryString"], "x=1&y=%20&x=2");
    assert_eq!(event["cookies"], json!(["k=v", "l=w"]));
    assert_eq!(event["headers"]["x-two"], "a,b");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(
        event["queryStringParameters"],
        json!({"x": "1,2", "y": " "})
    );
    assert_eq!(event["pathParameters"], json!({"page": "a b"}));
    assert_eq!(event["body"], "{\"é\": 1}");
    assert_eq!(event["isBase64Encoded"], false);
    let context = &event["requestContext"];
    assert_eq!(context["http"]["method"], "POST");
    assert_eq!(context["http"]["userAgent"], "me");
    assert_eq!(context["stage"], "$default");
    assert_eq!(context["domainName"], "127.0.0.1");
    let read: gateway::Event = serde_json::from_str(&event.to_string()).unwrap();
    let (edge, base) = (Edge::default(), BasePath::default());
    let answer = gateway::answer(read, &edge, &base, async |request| {
        http::typed(
            format!("{} {}", request.method, request.path),
            "text/plain",
            http::NEVER_CACHED,
        )
    });
    assert_eq!(
        serde_json::to_value(answer.await.unwrap()).unwrap()["body"],
        "POST /pages/a b/posts",
        "the functions read it"
    );
}

#[tokio::test]
async fn a_web_form_arrives_in_base64() {
    let house = house(|_| ()).await;
    let request =
        "POST /pages/p/posts HTTP/1.1\ncontent-type: application/x-www-form-urlencoded\n\na=b";
    let event = house.json(200, request).await;
    assert_eq!(
        (event["body"].as_str(), event["isBase64Encoded"].as_bool()),
        (Some("YT1i"), Some(true))
    );
}

#[tokio::test]
async fn a_request_that_no_route_answers_is_not_found() {
    let house = house(|_| ()).await;
    for request in [
        "GET / HTTP/1.1",
        "DELETE /pages/p HTTP/1.1",
        "HEAD /pages/p HTTP/1.1",
    ] {
        let answer = house.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{request}: {answer}");
    }
    assert_eq!(
        house.json(404, "GET /pages/ HTTP/1.1").await,
        json!({"message": "Not Found"})
    );
}

#[tokio::test]
async fn a_request_over_ten_megabytes_is_413() {
    let house = house(|_| ()).await;
    let request = format!(
        "POST /pages/p/posts HTTP/1.1\ncontent-type: text/plain\n\n{}",
        "x".repeat(10 * 1024 * 1024 + 1)
    );
    house.json(413, &request).await;
}

const INVOKE: &str = "POST /2015-03-31/functions";

#[tokio::test]
async fn a_function_is_invoked_by_each_of_its_names() {
    let house = house(|_| ()).await;
    for name in [
        "echo",
        "Echo",
        "custodian-echo",
        "arn:aws:lambda:eu-west-2:000000000000:function:custodian-echo",
    ] {
        let answer = house
            .json(
                200,
                &format!("{INVOKE}/{name}/invocations HTTP/1.1\n\n{{\"a\": 1}}"),
            )
            .await;
        assert_eq!(answer, json!({"a": 1}));
    }
    let answer = house
        .ask(&format!("{INVOKE}/nobody/invocations HTTP/1.1\n\n{{}}"))
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 404")
            && answer.contains("x-amzn-errortype: ResourceNotFoundException")
    );
}

#[tokio::test]
async fn a_functions_failure_is_200_and_says_so_in_a_header() {
    let house = house(|_| ()).await;
    for (event, text) in [
        (r#"{"fail": 1}"#, "it failed"),
        (r#"{"panic": 1}"#, "panicked"),
    ] {
        let answer = house
            .ask(&format!("{INVOKE}/timer/invocations HTTP/1.1\n\n{event}"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.contains("x-amz-function-error: Unhandled") && answer.contains(text),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_invocation_is_refused_as_lambda_refuses_it() {
    let house = house(|_| ()).await;
    house.stack.settle().await.unwrap();
    assert_eq!(
        house.timer.take().len(),
        1,
        "a rate runs as soon as there is one"
    );
    let large = "x".repeat(6 * 1024 * 1024 + 1);
    assert!(
        house
            .ask(&format!("{INVOKE}/echo/invocations HTTP/1.1\n\n{large}"))
            .await
            .starts_with("HTTP/1.1 413")
    );
    assert!(
        house
            .ask(&format!("{INVOKE}/echo/invocations HTTP/1.1\n\nnot json"))
            .await
            .starts_with("HTTP/1.1 400")
    );
    let dry = format!("{INVOKE}/timer/invocations HTTP/1.1\nx-amz-invocation-type: DryRun\n\n{{}}");
    assert!(house.ask(&dry).await.starts_with("HTTP/1.1 204"));
    assert!(house.timer.take().is_empty());
}

#[tokio::test]
async fn an_event_that_fails_for_good_waits_in_its_queue_and_shows_no_payload() {
    let house = house(|_| ()).await;
    house.stack.settle().await.unwrap();
    house.timer.take();
    let later = format!(
        "{INVOKE}/timer/invocations HTTP/1.1\nx-amz-invocation-type: Event\n\n{{\"fail\": \"canary\"}}"
    );
    assert!(house.ask(&later).await.starts_with("HTTP/1.1 202"));
    house.stack.settle().await.unwrap();
    assert_eq!(house.timer.take().len(), 2);
    assert_eq!(house.stack.messages("custodian-Failed").len(), 1);
    let queues = house.ask("GET /_local/queues HTTP/1.1").await;
    assert!(
        queues.contains("RetriesExhausted") && !queues.contains("canary"),
        "{queues}"
    );
}

#[tokio::test]
async fn a_secret_is_given_by_name_and_by_arn() {
    let house = house(|_| ()).await;
    let secrets = house.stack.host("echo").unwrap().secrets();
    let arn = house
        .stack
        .settings("echo")
        .unwrap()
        .remove("SECRET")
        .unwrap();
    for id in ["custodian-SubjectKeys", &arn] {
        let value = secrets
            .get_secret_value()
            .secret_id(id)
            .send()
            .await
            .unwrap();
        let value: Value = serde_json::from_str(value.secret_string().unwrap()).unwrap();
        assert_eq!(value, json!({"version": "1", "key": LOCAL_SUBJECT_KEY}));
    }
    let salts = secrets
        .get_secret_value()
        .secret_id("custodian-Salts")
        .send()
        .await
        .unwrap();
    let salts: Value = serde_json::from_str(salts.secret_string().unwrap()).unwrap();
    let current = salts["current"].as_str().unwrap();
    assert_eq!((current.len(), &salts["previous"]), (64, &json!([])));
    assert!(current.chars().all(char::is_alphanumeric) && current.starts_with("localstack"));
    secrets
        .put_secret_value()
        .secret_id("custodian-Salts")
        .secret_string("{}")
        .send()
        .await
        .unwrap();
    let rotated = secrets
        .get_secret_value()
        .secret_id("custodian-Salts")
        .send()
        .await
        .unwrap();
    assert_eq!(rotated.secret_string(), Some("{}"));
    let nothing = secrets
        .get_secret_value()
        .secret_id("other")
        .send()
        .await
        .unwrap_err();
    assert!(
        nothing
            .into_service_error()
            .is_resource_not_found_exception()
    );
    let both = ["custodian-Salts".to_owned(), arn, "other".to_owned()];
    let both = secrets
        .batch_get_secret_value()
        .set_secret_id_list(Some(both.into()))
        .send()
        .await
        .unwrap();
    let mut names: Vec<_> = both
        .secret_values()
        .iter()
        .map(|it| it.name().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["custodian-Salts", "custodian-SubjectKeys"]);
    let missing: Vec<_> = both
        .errors()
        .iter()
        .map(|it| it.secret_id().unwrap())
        .collect();
    assert_eq!(missing, ["other"]);
}
