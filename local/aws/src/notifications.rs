//! S3's events: an object that was created starts the functions that subscribe to it, as S3 starts
//! Lambda.
//!
//! Nothing is lost. An event is in the stack's state before the sender of the object has an answer,
//! and stays there until its function has done its work or its failure waits in the queue. What a
//! process leaves undone when it ends is started again by the next one on the same folder: like on
//! AWS, an event comes at least once, and not always in order. The wait between retries is not
//! imitated, nor is the test event that S3 sends to a new function.

use crate::functions::Functions;
use crate::request_id::request_id;
use crate::state::{Pending, State};
use crate::template::{CreationEvent, Event, Function, REGION};
use chrono::SecondsFormat;
use custodian_clock::Clock;
use custodian_local_s3::{Created, spelled};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// How many created objects a subscriber can be behind.
const BEHIND: usize = 1024;

/// The subscribers, and their objects.
pub(crate) struct Notifications {
    wishes: Vec<Wish>,
    state: Arc<State>,
    clock: Clock,
    /// The functions to start; until there are any, events wait.
    functions: Mutex<Option<Arc<Functions>>>,
    created: broadcast::Sender<Created>,
}

/// One S3 event of the template.
struct Wish {
    /// S3's name for the configuration.
    id: String,
    /// The function's logical id.
    function: String,
    event: CreationEvent,
}

impl Notifications {
    /// The S3 events of these functions.
    pub(crate) fn new(functions: &[Function], state: Arc<State>, clock: Clock) -> Self {
        let wish = |id: &str, (name, event): &(String, Event)| match event {
            Event::Creation(event) => Some(Wish {
                id: format!("{id}{name}"),
                function: id.to_owned(),
                event: event.clone(),
            }),
            _ => None,
        };
        let of_function = |function: &Function| {
            function
                .events
                .iter()
                .filter_map(|event| wish(&function.id, event))
                .collect::<Vec<_>>()
        };
        let wishes = functions.iter().flat_map(of_function).collect();
        Self {
            wishes,
            state,
            clock,
            functions: Mutex::default(),
            created: broadcast::Sender::new(BEHIND),
        }
    }

    /// Everything that is created from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Created> {
        self.created.subscribe()
    }

    /// Starts the subscribers of an object; call it once for each, when the object exists.
    pub(crate) fn tell(&self, object: &Created) {
        let functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for wish in &self.wishes {
            if wish
                .event
                .is_about(&object.bucket, &object.key, object.how.as_str())
            {
                let id = request_id();
                let event = self.event(wish, object);
                let pending = Pending {
                    function: wish.function.clone(),
                    event,
                };
                self.state
                    .update(|saved| drop(saved.events.insert(id.clone(), pending.clone())));
                if let Some(functions) = &*functions {
                    self.start(functions, id, pending);
                }
            }
        }
        // Nobody has to listen.
        let _ = self.created.send(object.clone());
    }

    /// Starts what waits, and from now on everything at once.
    pub(crate) fn begin(&self, functions: &Arc<Functions>) {
        let mut place = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (id, pending) in self.state.read(|saved| saved.events.clone()) {
            self.start(functions, id, pending);
        }
        *place = Some(Arc::clone(functions));
    }

    fn start(&self, functions: &Arc<Functions>, id: String, pending: Pending) {
        let state = Arc::clone(&self.state);
        let done = {
            let id = id.clone();
            move || state.update(|saved| drop(saved.events.remove(&id)))
        };
        if let Some(running) = functions.find(&pending.function) {
            functions.invoke_then(running, pending.event.into(), id, done);
        } else {
            tracing::warn!(
                function = pending.function,
                "an event waited for a function that is no longer there"
            );
            done();
        }
    }

    /// The event as S3 sends it ("Event message structure" in the Amazon S3 User Guide).
    fn event(&self, wish: &Wish, object: &Created) -> Value {
        let mut sequence = 0;
        self.state.update(|saved| {
            saved.sequence += 1;
            sequence = saved.sequence;
        });
        let request = request_id().replace('-', "").to_uppercase();
        json!({"Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": self.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true),
            "eventName": format!("ObjectCreated:{}", object.how.as_str()),
            "userIdentity": {"principalId": "AWS:LOCAL"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {"x-amz-request-id": request.get(..16), "x-amz-id-2": request},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": wish.id,
                "bucket": {
                    "name": object.bucket,
                    "ownerIdentity": {"principalId": "LOCAL"},
                    "arn": format!("arn:aws:s3:::{}", object.bucket),
                },
                "object": {
                    "key": spelled(&object.key, true),
                    "size": object.size,
                    "eTag": object.e_tag,
                    "sequencer": format!("{sequence:018X}"),
                },
            },
        }]})
    }
}
