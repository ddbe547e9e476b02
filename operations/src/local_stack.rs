//! The stack on this machine, as its HTTP port describes it.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// How long the port may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The event source whose removals Lambda stores in the bucket when it gives them up.
const GIVEN_UP: &str = "Expire/Removals";

/// Why nothing is known about a stack on this machine.
#[derive(Debug, thiserror::Error)]
pub enum NoStack {
    /// Nobody answers, or somebody else.
    #[error(
        "no stack answers on port {0}: start one with `make run` in another terminal, or name one on AWS with STACK="
    )]
    Silent(u16),
    /// Its template has no intake.
    #[error("the stack on port {0} has no intake bucket")]
    NoIntake(u16),
    /// Its template has no ledger, no Register, or no bucket of discarded removals.
    #[error(
        "the stack on port {0} has no ledger, no Register, or no bucket for discarded removals"
    )]
    NoLedger(u16),
}

/// The intake bucket of a stack on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// The bucket's name.
    pub bucket: String,
    /// The address of its S3.
    pub s3: String,
}

/// The ledger of a stack on this machine, and its discarded removals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The ledger's table.
    pub ledger: String,
    /// The table of the Register.
    pub register: String,
    /// The address of its `DynamoDB`.
    pub dynamodb: String,
    /// The bucket of discarded removals.
    pub discarded: String,
    /// The address of its S3.
    pub s3: String,
}

#[derive(Deserialize)]
struct StackView {
    endpoints: Endpoints,
    intake: Option<Bucket>,
    #[serde(default)]
    tables: BTreeMap<String, String>,
    #[serde(default)]
    buckets: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Endpoints {
    s3: String,
    #[serde(default)]
    dynamodb: String,
}

#[derive(Deserialize)]
struct Bucket {
    bucket: String,
}

/// The intake bucket of the stack at this port.
///
/// # Errors
/// [`NoStack`] if there is none.
pub fn intake(port: u16) -> Result<Intake, NoStack> {
    let StackView {
        endpoints, intake, ..
    } = ask(port).ok_or(NoStack::Silent(port))?;
    let Bucket { bucket } = intake.ok_or(NoStack::NoIntake(port))?;
    Ok(Intake {
        bucket,
        s3: endpoints.s3,
    })
}

/// The ledger of the stack at this port.
///
/// # Errors
/// [`NoStack`] if there is none.
pub fn evidence(port: u16) -> Result<Evidence, NoStack> {
    let StackView {
        endpoints,
        mut tables,
        mut buckets,
        ..
    } = ask(port).ok_or(NoStack::Silent(port))?;
    let (Some(ledger), Some(register), Some(discarded)) = (
        tables.remove("LEDGER_TABLE"),
        tables.remove("REGISTER_TABLE"),
        buckets.remove(GIVEN_UP),
    ) else {
        return Err(NoStack::NoLedger(port));
    };
    Ok(Evidence {
        ledger,
        register,
        dynamodb: endpoints.dynamodb,
        discarded,
        s3: endpoints.s3,
    })
}

/// One request in HTTP 1.0, whose answer ends with the connection.
fn ask(port: u16) -> Option<StackView> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    connection.set_read_timeout(Some(PATIENCE)).ok()?;
    connection
        .write_all(b"GET /_local/endpoints HTTP/1.0\r\nhost: localhost\r\n\r\n")
        .ok()?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).ok()?;
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    serde_json::from_slice(answer.get(body + 4..)?).ok()
}

#[cfg(test)]
mod tests {
    use super::{NoStack, evidence, intake};
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// A port that gives one answer.
    fn port_answering(answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut caller, _) = listener.accept().unwrap();
            let _ = caller.read(&mut [0; 1024]).unwrap();
            caller.write_all(answer.as_bytes()).unwrap();
        });
        port
    }

    #[test]
    fn the_front_door_tells_of_the_bucket_and_where_it_is() {
        let answer = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n\
            {\"endpoints\":{\"s3\":\"http://127.0.0.1:4002\"},\"intake\":{\"bucket\":\"b\",\"function\":\"f\"}}";
        let here = intake(port_answering(answer)).unwrap();
        assert_eq!(
            (here.bucket.as_str(), here.s3.as_str()),
            ("b", "http://127.0.0.1:4002")
        );
        assert!(matches!(
            intake(port_answering("HTTP/1.0 200 OK\r\n\r\nHello")),
            Err(NoStack::Silent(_))
        ));
        let none = "HTTP/1.0 200 OK\r\n\r\n{\"endpoints\":{\"s3\":\"\"},\"intake\":null}";
        assert!(matches!(
            intake(port_answering(none)),
            Err(NoStack::NoIntake(_))
        ));
    }

    #[test]
    fn the_front_door_tells_of_the_ledger_and_of_what_it_was_not_told() {
        let answer = "HTTP/1.0 200 OK\r\n\r\n{\"endpoints\":{\"s3\":\"http://s\",\"dynamodb\":\"http://d\"},\"intake\":null,\
            \"tables\":{\"LEDGER_TABLE\":\"l\",\"REGISTER_TABLE\":\"r\"},\"buckets\":{\"Expire/Removals\":\"b\"}}";
        let here = evidence(port_answering(answer)).unwrap();
        assert_eq!((here.ledger.as_str(), here.discarded.as_str()), ("l", "b"));
        assert_eq!(here.register, "r");
        assert_eq!(
            (here.dynamodb.as_str(), here.s3.as_str()),
            ("http://d", "http://s")
        );
        let none = "HTTP/1.0 200 OK\r\n\r\n{\"endpoints\":{\"s3\":\"\"},\"intake\":null}";
        assert!(matches!(
            evidence(port_answering(none)),
            Err(NoStack::NoLedger(_))
        ));
    }
}
