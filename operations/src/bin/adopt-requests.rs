//! Adopts open requests that the first version approved: `make adopt-requests`.

use clap::Parser;
use custodian_domain::rights::package::{NotARequestId, RequestId};
use custodian_operations::adopt::{adopt, list};
use custodian_runtime::Environment;
use custodian_store::requests::Requests;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Lists open requests that the first version approved, or continues some of them.
///
/// Exits with 0 if it is done, with 1 if there is no such request, and with 2 if the Register
/// cannot be read.
#[derive(Parser)]
struct Arguments {
    /// The table of the Register: the output `RegisterTable` of the stack.
    #[arg(long, env = "REGISTER_TABLE")]
    table: String,
    /// The ids of the requests to continue. Without any, the requests are listed.
    #[arg(value_parser = request)]
    requests: Vec<RequestId>,
}

fn request(text: &str) -> Result<RequestId, NotARequestId> {
    RequestId::try_from(text.to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let Arguments {
        table,
        requests: ids,
    } = Arguments::parse();
    let host = Environment::operator().await;
    let (requests, now) = (
        Requests::new(&custodian_store::client(&host.dynamodb()), &table),
        host.clock().now(),
    );
    let output = if ids.is_empty() {
        list(&requests, now).await
    } else {
        adopt(&requests, &ids, now).await
    };
    match output {
        Ok((output, code)) => writeln!(stdout(), "{output}").map(|()| ExitCode::from(code)),
        Err(error) => {
            let again = "Run it again: what has been done stays done.";
            writeln!(stderr(), "The Register does not answer: {error}. {again}")
                .map(|()| ExitCode::from(2))
        }
    }
}
