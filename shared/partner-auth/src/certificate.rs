//! Whether a message comes from the processor that it names: `OpenDSR`'s signatures, checked
//! against pinned certificates.
//!
//! `OpenDSR` lets a processor publish its certificate at an address. Here it is in the processor's
//! secret instead, put there by hand, so somebody who takes over the address does not become the
//! processor.

use ::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use x509_parser::pem::Pem;

pub use custodian_domain::ledger::signed::BadCertificate;
use custodian_domain::ledger::signed::{Signed, SigningCertificate};

/// The header that carries a signature over the body, in base64 (`OpenDSR` 2.0, 7.4, 8.3 and 8.6).
pub const SIGNATURE: &str = "x-opendsr-signature";

/// The certificates that a processor may sign with: while one is being replaced, the new one and
/// the old one.
#[derive(Clone)]
pub struct Certificates(Vec<SigningCertificate>);

/// Why a message is not believed. The sender does not learn which of these it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCallbackSignature {
    /// The header is missing, there twice, or not base64.
    #[error("the header of the signature is missing or cannot be read")]
    Header,
    /// No pinned certificate is valid now.
    #[error("no certificate of the processor is valid now")]
    OutOfDate,
    /// None of them signed these bytes.
    #[error("not signed by anybody who is known")]
    Unknown,
}

impl Certificates {
    /// Reads certificates in PEM, one after the other.
    ///
    /// # Errors
    /// [`BadCertificate`], which shows nothing of them.
    pub fn parse(pem: &str) -> Result<Self, BadCertificate> {
        let mut certificates = Vec::new();
        for block in Pem::iter_from_buffer(pem.as_bytes()) {
            let block = block.map_err(|_| BadCertificate::Format)?;
            certificates.push(SigningCertificate::read(&block.contents)?);
        }
        if certificates.is_empty() {
            Err(BadCertificate::Format)
        } else {
            Ok(Self(certificates))
        }
    }

    /// Checks that a certificate that is valid at `now` signed exactly these bytes.
    ///
    /// # Errors
    /// [`BadCallbackSignature`] if none did.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), BadCallbackSignature> {
        self.signer(headers, body, now).map(drop)
    }

    /// The same, and returns what was signed, to be stored: with its bytes, or only their digest.
    ///
    /// # Errors
    /// [`BadCallbackSignature`] if no certificate signed it.
    pub fn keep(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        keeps_body: bool,
        now: DateTime<Utc>,
    ) -> Result<Signed, BadCallbackSignature> {
        let (certificate, signature) = self.signer(headers, body, now)?;
        Ok(Signed::new(body, keeps_body, &signature, certificate, now))
    }

    fn signer(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(&SigningCertificate, Vec<u8>), BadCallbackSignature> {
        let mut values = headers.get_all(SIGNATURE).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(BadCallbackSignature::Header);
        };
        let signature = STANDARD
            .decode(value.as_bytes().trim_ascii())
            .map_err(|_| BadCallbackSignature::Header)?;
        let mut valid = self.0.iter().filter(|it| it.is_valid(now)).peekable();
        if valid.peek().is_none() {
            return Err(BadCallbackSignature::OutOfDate);
        }
        let signer = valid
            .find(|it| it.signed(body, &signature))
            .ok_or(BadCallbackSignature::Unknown)?;
        Ok((signer, signature))
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Certificates({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadCallbackSignature, BadCertificate, Certificates, SIGNATURE};
    use ::http::{HeaderMap, HeaderValue};
    use chrono::{DateTime, Utc};

    // Made by OpenSSL: valid for a year from November 2026. The keys are gone.
    const BODY: &[u8] = include_bytes!("../../../tests/fixtures/opendsr/callback.json");
    const RSA: &str = include_str!("../../../tests/fixtures/opendsr/rsa.pem");
    const RSA_SIGNATURE: &str = include_str!("../../../tests/fixtures/opendsr/rsa.signature");
    const P384: &str = include_str!("../../../tests/fixtures/opendsr/ec384.pem");
    const P384_SIGNATURE: &str = include_str!("../../../tests/fixtures/opendsr/ec384.signature");
    const SMALL: &str = include_str!("../../../tests/fixtures/opendsr/small.pem");
    const P521: &str = include_str!("../../../tests/fixtures/opendsr/ec521.pem");

    fn verify(
        pem: &str,
        signatures: &[&str],
        body: &[u8],
        now: &str,
    ) -> Result<(), BadCallbackSignature> {
        let mut headers = HeaderMap::new();
        for signature in signatures {
            headers.append(SIGNATURE, HeaderValue::from_str(signature).unwrap());
        }
        let now: DateTime<Utc> = now.parse().unwrap();
        Certificates::parse(pem)
            .unwrap()
            .verify(&headers, body, now)
    }

    #[test]
    fn exactly_these_bytes_are_believed_from_either_kind_of_key() {
        let now = "2027-06-01T00:00:00Z";
        for (pem, signature) in [(RSA, RSA_SIGNATURE), (P384, P384_SIGNATURE)] {
            assert_eq!(verify(pem, &[signature], BODY, now), Ok(()));
            assert_eq!(verify(pem, &[&format!(" {signature} ")], BODY, now), Ok(()));
            assert_eq!(
                verify(pem, &[signature], &BODY[1..], now),
                Err(BadCallbackSignature::Unknown)
            );
            assert_eq!(
                verify(pem, &[&signature[4..]], BODY, now),
                Err(BadCallbackSignature::Unknown)
            );
            assert_eq!(
                verify(pem, &[], BODY, now),
                Err(BadCallbackSignature::Header)
            );
            assert_eq!(
                verify(pem, &[signature, signature], BODY, now),
                Err(BadCallbackSignature::Header)
            );
            assert_eq!(
                verify(pem, &["?"], BODY, now),
                Err(BadCallbackSignature::Header)
            );
        }
        assert_eq!(
            verify(RSA, &[P384_SIGNATURE], BODY, now),
            Err(BadCallbackSignature::Unknown)
        );
    }

    #[test]
    fn while_a_certificate_is_replaced_both_are_believed_each_in_its_time() {
        let both = format!("{RSA}\n{P384}");
        for signature in [RSA_SIGNATURE, P384_SIGNATURE] {
            assert_eq!(
                verify(&both, &[signature], BODY, "2027-06-01T00:00:00Z"),
                Ok(())
            );
            for now in ["2026-06-01T00:00:00Z", "2028-06-01T00:00:00Z"] {
                assert_eq!(
                    verify(&both, &[signature], BODY, now),
                    Err(BadCallbackSignature::OutOfDate)
                );
            }
        }
    }

    #[test]
    fn a_key_that_is_weak_or_of_another_kind_is_refused_when_it_is_put_in() {
        for (pem, why) in [
            (SMALL, BadCertificate::Key),
            (P521, BadCertificate::Key),
            ("", BadCertificate::Format),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                BadCertificate::Format,
            ),
        ] {
            assert_eq!(Certificates::parse(pem).map(drop), Err(why));
        }
        assert_eq!(
            Certificates::parse(&format!("{RSA}\n{SMALL}")).map(drop),
            Err(BadCertificate::Key)
        );
    }
}
