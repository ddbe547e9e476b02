//! From which networks the desk answers: an HTTP API has no resource policy that could say so.

use custodian_runtime::{Environment, StartError};
use std::net::IpAddr;

const SETTING: &str = "DESK_NETWORKS";

/// Networks by their CIDR; none of them is anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Networks(Vec<(IpAddr, u8)>);

impl Networks {
    /// Those of the setting `DESK_NETWORKS`, separated by commas.
    ///
    /// # Errors
    /// [`StartError::Invalid`] if one is not a network.
    pub(crate) fn read(environment: &Environment) -> Result<Self, StartError> {
        let invalid = StartError::Invalid(SETTING, "must be networks such as 192.0.2.0/24");
        let text = environment.setting(SETTING).unwrap_or_default();
        Self::of(text).ok_or(invalid)
    }

    fn of(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        parts.map(network).collect::<Option<_>>().map(Self)
    }

    /// Whether somebody at this address is answered. Who hides it is not, if there are networks.
    pub(crate) fn let_in(&self, address: Option<IpAddr>) -> bool {
        let is_in = |address: IpAddr| {
            let address = address.to_canonical();
            self.0.iter().any(|network| contains(*network, address))
        };
        self.0.is_empty() || address.is_some_and(is_in)
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits = bits.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn contains((network, bits): (IpAddr, u8), address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(bits);
            let differing = network.to_bits() ^ address.to_bits();
            differing.checked_shr(shift).unwrap_or_default() == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - u32::from(bits);
            let differing = network.to_bits() ^ address.to_bits();
            differing.checked_shr(shift).unwrap_or_default() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Networks;

    #[test]
    fn only_the_networks_are_let_in() {
        let networks = Networks::of("192.0.2.0/24, 2001:db8::/32,10.1.2.3/32").unwrap();
        let asked = |address: &str| networks.let_in(Some(address.parse().unwrap()));
        for inside in [
            "192.0.2.0",
            "192.0.2.255",
            "2001:db8:1::1",
            "10.1.2.3",
            "::ffff:192.0.2.9",
        ] {
            assert!(asked(inside), "{inside}");
        }
        for outside in ["192.0.3.0", "10.1.2.4", "2001:db9::1", "::1"] {
            assert!(!asked(outside), "{outside}");
        }
        assert!(!networks.let_in(None));
        let anywhere = Networks::of("0.0.0.0/0").unwrap();
        assert!(anywhere.let_in(Some("198.51.100.1".parse().unwrap())));
        assert!(Networks::of("").unwrap().let_in(None));
        for wrong in ["192.0.2.0", "192.0.2.0/33", "x/8", "::/129"] {
            assert_eq!(Networks::of(wrong), None, "{wrong}");
        }
    }
}
