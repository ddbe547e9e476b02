//! Requests that leave AWS: bounded in time and size, and never to a private address.
//!
//! A processor's address comes from a deployment's parameters, and the meaning of its name from the
//! DNS. Neither may lead a function, with its role and its secrets, to the machine itself, to AWS's
//! metadata or into a private network.

use custodian_runtime::{Environment, StartError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Url, redirect};
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an exchange may take in all.
const WHOLE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LIMIT: usize = 256 * 1024;
/// The scheme that is allowed in the local stack only.
const PLAIN: &str = "http";

/// Sends requests to services outside AWS.
#[derive(Clone, Debug)]
pub struct Egress {
    client: Client,
    local: bool,
    whole: Duration,
}

/// An answer from outside.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, 256 KiB at most.
    pub body: Vec<u8>,
}

/// Why a processor could not be asked, as a constant. Trying again later is always worth it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct ProcessorError {
    /// What went wrong.
    pub code: &'static str,
}

impl ProcessorError {
    /// An error with this code.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code }
    }
}

/// A name that does not resolve to a public address.
#[derive(Debug, thiserror::Error)]
#[error("the name stands for no public address")]
struct NotOutside;

impl Egress {
    /// A client of its own: TLS with Mozilla's roots, no proxy, no redirect. Lambda's role leads to
    /// AWS and nowhere here.
    ///
    /// # Errors
    /// [`StartError`] if it cannot be made.
    pub fn new(environment: &Environment) -> Result<Self, StartError> {
        let unusable = || StartError::Invalid("TLS", "cannot be set up");
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let tls =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|_| unusable())?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent("custodian");
        let local = environment.is_local();
        let client = if local {
            client
        } else {
            client.https_only(true).dns_resolver(Arc::new(Public))
        };
        Ok(Self {
            client: client.build().map_err(|_| unusable())?,
            local,
            whole: WHOLE,
        })
    }

    /// The same, with another limit for the whole exchange.
    #[must_use]
    pub fn patient_for(self, whole: Duration) -> Self {
        Self { whole, ..self }
    }

    /// Reads the address that `setting` names: HTTPS, by name, without credentials.
    ///
    /// # Errors
    /// [`StartError::Invalid`] for any other address.
    pub fn address(
        &self,
        environment: &Environment,
        setting: &'static str,
    ) -> Result<Url, StartError> {
        let wrong = |rule| StartError::Invalid(setting, rule);
        let url =
            Url::parse(environment.setting(setting)?).map_err(|_| wrong("must be an address"))?;
        let named = url
            .domain()
            .is_some_and(|name| name.contains('.') && !name.ends_with(".localhost"));
        if !self.local && (url.scheme() != "https" || !named) {
            return Err(wrong("must begin with https:// and a public name"));
        }
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let known = ["https", PLAIN].contains(&url.scheme()) && url.has_host();
        if plain && known {
            Ok(url)
        } else {
            Err(wrong("must be an address without credentials and query"))
        }
    }

    /// A request that can be [sent](Self::send).
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request, and reads the answer up to its limit.
    ///
    /// # Errors
    /// [`ProcessorError`] for no answer, one that is too large, or one that redirects.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, ProcessorError> {
        let asked = async {
            let mut response = request.send().await.map_err(|error| failed(&error))?;
            if response.status().is_redirection() {
                return Err(ProcessorError::new("redirected"));
            }
            let (status, headers) = (
                response.status().as_u16(),
                std::mem::take(response.headers_mut()),
            );
            let mut body = Vec::new();
            while let Some(bytes) = response.chunk().await.map_err(|error| failed(&error))? {
                if body.len() + bytes.len() > LIMIT {
                    return Err(ProcessorError::new("answer_too_large"));
                }
                body.extend_from_slice(&bytes);
            }
            Ok(Answer {
                status,
                headers,
                body,
            })
        };
        let answer = tokio::time::timeout(self.whole, asked).await;
        answer.unwrap_or(Err(ProcessorError::new("timeout")))
    }
}

/// An error's text may contain the address, and its path the request's id, so only its kind is
/// returned.
fn failed(error: &reqwest::Error) -> ProcessorError {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<NotOutside>() {
            return ProcessorError::new("address_refused");
        }
        cause = error.source();
    }
    ProcessorError::new(if error.is_timeout() {
        "timeout"
    } else {
        "unreachable"
    })
}

/// Resolves a name to its public addresses. It is asked for every connection, so nothing can change
/// between the check and the connection.
#[derive(Debug)]
struct Public;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NotOutside.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is on the open internet (IANA's registries of special-purpose addresses, RFC
/// 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network; shared by carriers; protocol assignments; 6to4's relays; benchmarks;
        // reserved and broadcast.
        (0 | 240..=255, ..)
        | (100, 64..=127, _)
        | (192, 0, 0)
        | (192, 88, 99)
        | (198, 18..=19, _) => true,
        _ => false,
    };
    !(special
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

/// Global unicast is `2000::/3`. An address that is tunnelled or translated in it leads to an IPv4
/// address, which must be public too.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match address.segments() {
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(joined(high, low))
        }
        // Protocol assignments with Teredo; documentation.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::{Egress, is_public};
    use custodian_runtime::{Clock, Environment};
    use std::collections::BTreeMap;

    fn host(url: &str) -> Environment {
        let settings = BTreeMap::from([("GRANICUS_URL".to_owned(), url.to_owned())]);
        Environment::new(
            settings,
            aws_config::SdkConfig::builder().build(),
            Clock::system(),
        )
    }

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for near in [
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "fc00::1",
            "ff02::1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
        ] {
            assert!(!is_public(near.parse().unwrap()), "{near}");
        }
    }

    #[test]
    fn an_address_is_https_and_a_name() {
        let read = |url: &str| {
            let host = host(url);
            Egress::new(&host)
                .unwrap()
                .address(&host, "GRANICUS_URL")
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            read("https://opendsr.granicus.example/v2").unwrap().path(),
            "/v2"
        );
        for near in [
            "http://opendsr.granicus.example",
            "https://127.0.0.1",
            "https://[::1]/",
            "https://169.254.169.254",
            "https://0x7f000001",
            "https://2130706433/",
            "https://localhost",
            "https://intranet",
            "https://a.localhost",
            "file:///etc/passwd",
            "granicus",
        ] {
            assert!(
                read(near)
                    .unwrap_err()
                    .starts_with("the setting GRANICUS_URL must be"),
                "{near}"
            );
        }
        assert!(
            read("https://user:word@granicus.example")
                .unwrap_err()
                .ends_with("without credentials and query")
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_followed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let egress = Egress::new(&host("https://granicus.example")).unwrap();
        for name in ["localhost", "localhost.localdomain"] {
            let request = egress.client().get(format!("https://{name}:{port}/"));
            let refused = egress.send(request).await.unwrap_err();
            assert!(
                ["address_refused", "unreachable"].contains(&refused.code),
                "{}",
                refused.code
            );
        }
        let request = egress.client().get(format!("https://localhost:{port}/"));
        assert_eq!(
            egress.send(request).await.unwrap_err().code,
            "address_refused"
        );
        let plain = egress.client().get(format!("http://localhost:{port}/"));
        assert_eq!(
            egress.send(plain).await.unwrap_err().code,
            "unreachable",
            "nothing is sent without TLS"
        );
        let knocked =
            tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(knocked.is_err(), "nobody came");
    }
}
