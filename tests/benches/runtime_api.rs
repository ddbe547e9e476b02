//! As much of Lambda's Runtime API as a function needs to start and to answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A function that does nothing for this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The API, for one function after another.
pub struct RuntimeApi {
    /// The value of `AWS_LAMBDA_RUNTIME_API` for a function.
    pub address: String,
    events: Sender<Option<String>>,
    calls: Receiver<(Instant, Call)>,
}

/// What a function asks of the API.
enum Call {
    /// It wants the next event.
    Next,
    /// It sends an answer, or an error. An error is recognised by its text.
    Answer(String),
}

impl RuntimeApi {
    /// Serves the API on threads that end with this process.
    pub fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let ((events, next), (called, calls)) = (channel(), channel());
        let next = Arc::new(Mutex::new(next));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (next, called) = (Arc::clone(&next), called.clone());
                std::thread::spawn(move || drop(converse(&connection.unwrap(), &next, &called)));
            }
        });
        Self {
            address,
            events,
            calls,
        }
    }

    /// Waits until the function asks for an event and returns when it did.
    pub fn asked(&self) -> Instant {
        match self
            .calls
            .recv_timeout(PATIENCE)
            .expect("the function starts")
        {
            (at, Call::Next) => at,
            (_, Call::Answer(text)) => panic!("the function does not start: {text}"),
        }
    }

    /// Gives the waiting function an event. Returns when it answered, and the answer.
    pub fn answered(&self, event: String) -> (Instant, String) {
        self.events.send(Some(event)).unwrap();
        match self
            .calls
            .recv_timeout(PATIENCE)
            .expect("the function answers")
        {
            (at, Call::Answer(text)) => (at, text),
            (_, Call::Next) => panic!("the function asks again and has not answered"),
        }
    }

    /// Releases a function that has asked for an event, so that it can end.
    pub fn release(&self) {
        self.events.send(None).unwrap();
    }
}

/// Serves one connection: HTTP/1.1, one request after another.
fn converse(
    connection: &TcpStream,
    events: &Mutex<Receiver<Option<String>>>,
    called: &Sender<(Instant, Call)>,
) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut requests = BufReader::new(connection);
    loop {
        let (mut line, mut length, mut asks) = (String::new(), 0, None);
        while requests.read_line(&mut line)? > 0 && line != "\r\n" {
            asks.get_or_insert_with(|| line.starts_with("GET"));
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or_default();
            }
            assert!(
                !header.starts_with("transfer-encoding:"),
                "an answer has a length"
            );
            line.clear();
        }
        let Some(asks) = asks else { return Ok(()) };
        let mut body = vec![0; length];
        requests.read_exact(&mut body)?;
        let now = Instant::now();
        let (status, event) = if asks {
            drop(called.send((now, Call::Next)));
            let Ok(Some(event)) = events.lock().unwrap().recv() else {
                return Ok(());
            };
            ("200 OK", event)
        } else {
            drop(called.send((
                now,
                Call::Answer(String::from_utf8_lossy(&body).into_owned()),
            )));
            ("202 Accepted", String::new())
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-2:000000000000:function:bench\r\n\r\n",
            event.len()
        );
        let mut answers = connection;
        answers.write_all((head + &event).as_bytes())?;
    }
}
