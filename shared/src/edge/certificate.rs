//! Whether a message comes from the processor that it names: `OpenDSR`'s signatures, by certificates that are pinned.
//!
//! `OpenDSR` lets a processor publish its certificate at an address. Here it stands in the processor's secret instead, put
//! there by hand: who holds the address does not become the processor by it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use lambda_http::http::HeaderMap;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384};
use x509_parser::pem::Pem;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The header that carries a signature over the body, in base64 (`OpenDSR` 2.0, 7.4, 8.3 and 8.6).
pub const SIGNATURE: &str = "x-opendsr-signature";

/// The certificates that a processor may sign with: while one is replaced, the new one and the old one.
#[derive(Clone)]
pub struct Certificates(Vec<Certificate>);

#[derive(Clone)]
struct Certificate {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// Why certificates cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// Not a PEM document with a certificate in it.
    #[error("must have a certificate in PEM")]
    Format,
    /// A key of a kind that is not taken.
    #[error("must have certificates with an RSA key of at least 2,048 bits, or a key on P-256 or P-384")]
    Key,
}

/// Why a message is not believed. The sender is not told which of them it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The header is missing, there twice, or no base64.
    #[error("the header of the signature is missing or cannot be read")]
    Header,
    /// No pinned certificate is valid now.
    #[error("no certificate of the processor is valid now")]
    OutOfDate,
    /// Signed by none of them, or not these bytes.
    #[error("signed by nobody who is known")]
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
            certificates.push(Certificate::read(&block.map_err(|_| BadCertificate::Format)?)?);
        }
        if certificates.is_empty() { Err(BadCertificate::Format) } else { Ok(Self(certificates)) }
    }

    /// Checks that a certificate that is valid at `now` signed exactly these bytes: RSA (PKCS #1 v1.5) with SHA-256, or
    /// ECDSA with the digest of its curve (FIPS 186-4).
    ///
    /// # Errors
    /// [`BadSignature`] if none did.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), BadSignature> {
        let mut values = headers.get_all(SIGNATURE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(BadSignature::Header) };
        let signature = STANDARD.decode(value.as_bytes().trim_ascii()).map_err(|_| BadSignature::Header)?;
        let mut valid = self.0.iter().filter(|it| it.from <= now && now <= it.until).peekable();
        if valid.peek().is_none() {
            return Err(BadSignature::OutOfDate);
        }
        let signed = |it: &Certificate| UnparsedPublicKey::new(it.algorithm, &it.key).verify(body, &signature).is_ok();
        if valid.any(signed) { Ok(()) } else { Err(BadSignature::Unknown) }
    }
}

impl Certificate {
    fn read(block: &Pem) -> Result<Self, BadCertificate> {
        let certificate = block.parse_x509().map_err(|_| BadCertificate::Format)?;
        let key = certificate.public_key();
        let instant = |at: i64| DateTime::from_timestamp(at, 0).ok_or(BadCertificate::Format);
        Ok(Self {
            algorithm: algorithm(key).ok_or(BadCertificate::Key)?,
            key: key.subject_public_key.data.to_vec(),
            from: instant(certificate.validity().not_before.timestamp())?,
            until: instant(certificate.validity().not_after.timestamp())?,
        })
    }
}

fn algorithm(key: &SubjectPublicKeyInfo<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    match key.parsed().ok()? {
        PublicKey::RSA(rsa) if rsa.key_size() >= 2_048 => Some(&RSA_PKCS1_2048_8192_SHA256),
        PublicKey::EC(_) => {
            let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
            match curve {
                curve if curve == OID_EC_P256 => Some(&ECDSA_P256_SHA256_ASN1),
                curve if curve == OID_NIST_EC_P384 => Some(&ECDSA_P384_SHA384_ASN1),
                _ => None,
            }
        }
        _ => None,
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Certificates({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadCertificate, BadSignature, Certificates, SIGNATURE};
    use chrono::{DateTime, Utc};
    use lambda_http::http::{HeaderMap, HeaderValue};

    // Made by OpenSSL: valid for a year from November 2026. The keys are gone.
    const BODY: &[u8] = include_bytes!("../../../tests/fixtures/opendsr/callback.json");
    const RSA: &str = include_str!("../../../tests/fixtures/opendsr/rsa.pem");
    const RSA_SIGNATURE: &str = include_str!("../../../tests/fixtures/opendsr/rsa.signature");
    const P384: &str = include_str!("../../../tests/fixtures/opendsr/ec384.pem");
    const P384_SIGNATURE: &str = include_str!("../../../tests/fixtures/opendsr/ec384.signature");
    const SMALL: &str = include_str!("../../../tests/fixtures/opendsr/small.pem");
    const P521: &str = include_str!("../../../tests/fixtures/opendsr/ec521.pem");

    fn verify(pem: &str, signatures: &[&str], body: &[u8], now: &str) -> Result<(), BadSignature> {
        let mut headers = HeaderMap::new();
        for signature in signatures {
            headers.append(SIGNATURE, HeaderValue::from_str(signature).unwrap());
        }
        let now: DateTime<Utc> = now.parse().unwrap();
        Certificates::parse(pem).unwrap().verify(&headers, body, now)
    }

    #[test]
    fn exactly_these_bytes_are_believed_from_either_kind_of_key() {
        let now = "2027-06-01T00:00:00Z";
        for (pem, signature) in [(RSA, RSA_SIGNATURE), (P384, P384_SIGNATURE)] {
            assert_eq!(verify(pem, &[signature], BODY, now), Ok(()));
            assert_eq!(verify(pem, &[&format!(" {signature} ")], BODY, now), Ok(()));
            assert_eq!(verify(pem, &[signature], &BODY[1..], now), Err(BadSignature::Unknown));
            assert_eq!(verify(pem, &[&signature[4..]], BODY, now), Err(BadSignature::Unknown));
            assert_eq!(verify(pem, &[], BODY, now), Err(BadSignature::Header));
            assert_eq!(verify(pem, &[signature, signature], BODY, now), Err(BadSignature::Header));
            assert_eq!(verify(pem, &["?"], BODY, now), Err(BadSignature::Header));
        }
        assert_eq!(verify(RSA, &[P384_SIGNATURE], BODY, now), Err(BadSignature::Unknown));
    }

    #[test]
    fn while_a_certificate_is_replaced_both_are_believed_each_in_its_time() {
        let both = format!("{RSA}\n{P384}");
        for signature in [RSA_SIGNATURE, P384_SIGNATURE] {
            assert_eq!(verify(&both, &[signature], BODY, "2027-06-01T00:00:00Z"), Ok(()));
            for now in ["2026-06-01T00:00:00Z", "2028-06-01T00:00:00Z"] {
                assert_eq!(verify(&both, &[signature], BODY, now), Err(BadSignature::OutOfDate));
            }
        }
    }

    #[test]
    fn a_key_that_is_weak_or_of_another_kind_is_refused_when_it_is_put_in() {
        for (pem, why) in [
            (SMALL, BadCertificate::Key),
            (P521, BadCertificate::Key),
            ("", BadCertificate::Format),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", BadCertificate::Format),
        ] {
            assert_eq!(Certificates::parse(pem).map(drop), Err(why));
        }
        assert_eq!(Certificates::parse(&format!("{RSA}\n{SMALL}")).map(drop), Err(BadCertificate::Key));
    }
}
