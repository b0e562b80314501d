//! What the tool reads out of a certificate: until when it is valid.

use x509_parser::pem::Pem;

/// The end of validity of the first certificate in PEM text, in Unix seconds.
pub(crate) fn not_after(pem: &str) -> Option<i64> {
    let block =
        Pem::iter_from_buffer(pem.as_bytes()).filter_map(Result::ok).find(|block| block.label == "CERTIFICATE")?;
    let certificate = block.parse_x509().ok()?;
    Some(certificate.validity().not_after.timestamp())
}
