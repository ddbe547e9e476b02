//! What a record, a person and a promise are: pure, without AWS, without a clock.
