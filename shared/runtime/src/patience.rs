//! How long a function waits for AWS.

use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

/// How long a function waits for AWS's answer, in all and for each attempt.
///
/// Streaming an answer is not included. A large object may take as long as its bytes keep coming,
/// and the SDK itself gives up when they stop
/// (<https://docs.aws.amazon.com/sdk-for-rust/latest/dg/timeouts.html>, "Stalled stream
/// protection").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For one attempt, up to the first byte of its answer.
    pub attempt: Duration,
    /// For a call with every attempt and the waits between them.
    pub call: Duration,
}

impl Patience {
    /// Where a person, or a partner, waits for a page: it has to come before Lambda ends the
    /// function.
    pub const PAGE: Self = Self::of_millis(1_000, 1_500, 3_000);
    /// Where a stream or a schedule starts something short.
    pub const SHORT: Self = Self::of_millis(2_000, 5_000, 15_000);
    /// Where somebody waits for another function's answer: an HTTP API gives up after 30 seconds.
    pub const ORDER: Self = Self::of_millis(1_000, 12_000, 14_000);
    /// Where a function makes many calls, one after the other.
    pub const LONG: Self = Self::of_millis(3_000, 20_000, 45_000);
    /// With local services: only the machine is slow there.
    pub const LOCAL: Self = Self::of_millis(30_000, 60_000, 180_000);

    const fn of_millis(connect: u64, attempt: u64, call: u64) -> Self {
        Self {
            connect: Duration::from_millis(connect),
            attempt: Duration::from_millis(attempt),
            call: Duration::from_millis(call),
        }
    }

    /// The same for the SDK.
    #[must_use]
    pub fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .read_timeout(self.attempt)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.call)
            .build()
    }
}
