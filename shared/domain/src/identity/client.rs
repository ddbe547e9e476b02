//! Who uses the public API, without storing from where: a keyed digest of the network address, a
//! new one each hour.

use crate::identity::keyring::{Forms, Keyring};
use crate::identity::subject::mac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use std::net::IpAddr;

/// One hour of the clock. Requests are counted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour(i64);

impl Hour {
    /// The hour that `now` is in.
    #[must_use]
    pub const fn of(now: DateTime<Utc>) -> Self {
        Self(now.timestamp().div_euclid(3_600))
    }

    /// When it ends.
    #[must_use]
    pub fn end(self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(self.0.saturating_add(1))
    }
}

/// A client in one hour, as it is counted: 22 characters. Without the key nobody can learn the
/// address from them, or recognise the client in another hour.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Client(String);

impl Client {
    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Client(..)")
    }
}

/// Turns addresses into clients, with a key from the forms' own secret.
#[derive(Clone)]
pub struct Clients([u8; 32]);

impl Clients {
    /// Clients under these keys.
    #[must_use]
    pub fn new(keys: &Keyring<Forms>) -> Self {
        Self(keys.derive("client"))
    }

    /// The client at this address in this hour. A network has 2^64 IPv6 addresses (RFC 6177, RFC
    /// 4291), which count as one.
    #[must_use]
    pub fn at(&self, address: IpAddr, hour: Hour) -> Client {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("{:x}/64", address.to_bits() >> 64),
        };
        Client(URL_SAFE_NO_PAD.encode(&mac(&self.0, &[&hour.0.to_string(), &network])[..16]))
    }
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Clients(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Clients, Hour};
    use crate::identity::keyring::Keyring;
    use chrono::{DateTime, Utc};

    fn clients(key: &str) -> Clients {
        let document = format!(r#"{{"version":"1","key":"{}"}}"#, key.repeat(32));
        Clients::new(&Keyring::parse(&document).unwrap())
    }

    fn hour(instant: &str) -> Hour {
        Hour::of(instant.parse::<DateTime<Utc>>().unwrap())
    }

    #[test]
    fn a_client_is_its_network_in_one_hour() {
        let (clients, now) = (clients("a"), hour("2026-11-23T10:00:00Z"));
        let at = |address: &str| clients.at(address.parse().unwrap(), now);
        assert_eq!(at("192.0.2.7"), at("::ffff:192.0.2.7"));
        assert_ne!(at("192.0.2.7"), at("192.0.2.8"));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        let address = "192.0.2.7".parse().unwrap();
        assert_eq!(
            clients.at(address, hour("2026-11-23T10:59:59Z")),
            at("192.0.2.7")
        );
        assert_ne!(
            clients.at(address, hour("2026-11-23T11:00:00Z")),
            at("192.0.2.7")
        );
        assert_ne!(self::clients("b").at(address, now), at("192.0.2.7"));
        assert_eq!(
            format!("{clients:?} {:?}", at("192.0.2.7")),
            "Clients(..) Client(..)"
        );
    }

    #[test]
    fn an_hour_ends_where_the_next_begins() {
        assert_eq!(
            hour("2026-11-23T10:59:59Z").end().to_rfc3339(),
            "2026-11-23T11:00:00+00:00"
        );
        assert_eq!(
            hour("2026-11-23T11:00:00Z").end().to_rfc3339(),
            "2026-11-23T12:00:00+00:00"
        );
    }
}
