//! What processors are asked, and which of their answers are believed: each connector beside its
//! simulator.

mod callbacks;
mod faltering;
mod five9;
mod opendsr;

use crate::house::{BEGINNING, House, at};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::processor_exchange::ProcessorExchange;
use custodian_domain::rights::task::Action;
use custodian_erase::processors::{ProcessorError, ProcessorJob, ProcessorProgress, Processors};
use std::time::Duration;

const EMAIL: &str = "priya.nair@example.org";
const PHONE: &str = "+447700900142";
const OTHER: &str = "abel@example.org";

/// How long to wait here for a slow simulator.
const PATIENCE: Duration = Duration::from_millis(300);

/// A person as a processor is asked about them, and the state of that exchange.
struct SubjectRequest {
    request: RequestId,
    processor: Processor,
    identities: Vec<Identifier>,
    sofar: ProcessorExchange,
    processors: Processors,
}

impl SubjectRequest {
    fn new(house: &House, processor: Processor) -> Self {
        Self {
            request: RequestId::try_from("DPO-2026-7".to_owned()).unwrap(),
            processor,
            identities: vec![
                Identifier::email(EMAIL).unwrap(),
                Identifier::phone(PHONE).unwrap(),
            ],
            sofar: ProcessorExchange::default(),
            processors: Processors::patient_for(&house.stack.host("erase").unwrap(), PATIENCE)
                .unwrap(),
        }
    }

    async fn step(&mut self, house: &House) -> Result<ProcessorProgress, ProcessorError> {
        let Self {
            request,
            processor,
            identities,
            sofar,
            processors,
        } = self;
        let asked = ProcessorJob {
            request,
            processor: *processor,
            action: Action::Erase,
            identities,
            approved_at: at(BEGINNING),
            holds: true,
        };
        let step = processors
            .step(&asked, sofar, house.stack.clock().now())
            .await;
        self.is_impersonal();
        step
    }

    async fn cancel(&mut self, house: &House) -> Result<ProcessorProgress, ProcessorError> {
        let Self {
            request,
            processor,
            identities,
            sofar,
            processors,
        } = self;
        let asked = ProcessorJob {
            request,
            processor: *processor,
            action: Action::Erase,
            identities,
            approved_at: at(BEGINNING),
            holds: true,
        };
        processors
            .cancel(&asked, sofar, house.stack.clock().now())
            .await
    }

    /// The function was killed before it stored anything.
    fn crash(&mut self) {
        self.sofar = ProcessorExchange::default();
    }

    async fn failure(&mut self, house: &House) -> &'static str {
        self.step(house).await.unwrap_err().code
    }

    fn is_impersonal(&self) {
        let stored = serde_json::to_string(&self.sofar).unwrap();
        assert!(
            !stored.contains("priya") && !stored.contains("7700900142"),
            "{stored}"
        );
    }
}

const fn waits(step: Result<ProcessorProgress, ProcessorError>) -> bool {
    matches!(step, Ok(ProcessorProgress::Waiting { .. }))
}
