//! Bodies of several parts, as forms of browsers send them.

use serde_json::Value;

const BOUNDARY: &str = "----form-7d2b1a";

/// The type of such a body.
pub(crate) const FORM: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=----form-7d2b1a");

/// A body with JSON and a file in the part of that name.
pub(crate) fn form(json: &Value, part: &str, filename: &str, file: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{json}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"{part}\"; filename=\"{filename}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// The least that is a WAV file: a header and silence.
pub(crate) fn wav() -> Vec<u8> {
    let mut file = b"RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00".to_vec();
    file.extend_from_slice(b"\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x08\x00\x00\x00");
    file.extend_from_slice(&[0; 8]);
    file
}

/// The beginning of a PNG file.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR";
