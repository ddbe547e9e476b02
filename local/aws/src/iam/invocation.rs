//! Lambda's Invoke API, as IAM sees it.

use crate::template::intrinsics::{ACCOUNT, REGION};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;

/// The ARN of the function that a request to Lambda's Invoke API is about, however it names it;
/// `None` for requests to other services.
pub(super) fn invoked(request: &HttpRequest) -> Option<String> {
    (request.method() == "POST").then_some(())?;
    let path = request.uri().split_once("://").map_or("", |(_, rest)| rest);
    let (_, path) = path.split_once('/')?;
    let name = path
        .strip_prefix("2015-03-31/functions/")?
        .split('?')
        .next()?
        .strip_suffix("/invocations")?;
    let name = percent_decode_str(name).decode_utf8_lossy();
    let name = name.strip_suffix(":$LATEST").unwrap_or(&name);
    Some(if name.starts_with("arn:") {
        name.to_owned()
    } else {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
    })
}

#[cfg(test)]
mod tests {
    use crate::iam::Call;
    use crate::iam::call::{HashKeys, of_request};
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

    #[test]
    fn an_invocation_is_about_the_function_however_it_is_named() {
        let calls = |method: &str, name: &str| {
            let mut request = HttpRequest::empty();
            request.set_method(method).unwrap();
            let uri = format!("http://lambda/2015-03-31/functions/{name}/invocations");
            request.set_uri(uri).unwrap();
            of_request(&request, &HashKeys::default())
        };
        let arn = "arn:aws:lambda:eu-west-2:000000000000:function:custodian-requests";
        for name in [
            "custodian-requests",
            "custodian-requests:$LATEST",
            "custodian-requests%3A%24LATEST",
            "arn%3Aaws%3Alambda%3Aeu-west-2%3A000000000000%3Afunction%3Acustodian-requests",
        ] {
            assert_eq!(
                calls("POST", name),
                [Call::new("lambda:InvokeFunction", arn)],
                "{name}"
            );
        }
        let other = &calls("POST", "custodian-erase")[0];
        assert!(other.resource.ends_with(":custodian-erase"), "{other:?}");
        assert!(
            calls("GET", "custodian-requests")[0]
                .action
                .starts_with("s3:")
        );
    }
}
