//! Plain HTTP on a door of HTTPS: whoever looks something up is told where it is, anything else is refused.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
/// Most of a request that is read, in bytes.
const LARGEST: usize = 8_192;
/// Most headers of a request.
const HEADERS: usize = 64;

/// Whether what comes first on the connection can't be TLS.
pub(crate) async fn is_spoken(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE)
}

/// Answers one request, and closes.
pub(crate) async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    while request.len() < LARGEST && !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    let answer = match elsewhere(&request) {
        Some(url) => format!("HTTP/1.1 301 Moved Permanently\r\nLocation: {url}\r\n"),
        None => "HTTP/1.1 400 Bad Request\r\n".to_owned(),
    };
    stream.write_all(format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    stream.shutdown().await
}

/// Where what was asked for is to be had: for `GET` and `HEAD` that name a host.
fn elsewhere(request: &[u8]) -> Option<String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(request).ok().filter(httparse::Status::is_complete)?;
    let (method, path) = (parsed.method?, parsed.path?);
    let host = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"))?;
    let host = std::str::from_utf8(host.value).ok().filter(|host| !host.is_empty())?;
    (matches!(method, "GET" | "HEAD") && path.starts_with('/')).then(|| format!("https://{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_something_up_is_sent_to_https() {
        let table = [
            ("GET /api/?a=1 HTTP/1.1\r\nHost: a.example:1443\r\n\r\n", Some("https://a.example:1443/api/?a=1")),
            ("HEAD / HTTP/1.0\r\nhost: a.example\r\n\r\n", Some("https://a.example/")),
            ("POST /api/ HTTP/1.1\r\nHost: a.example\r\n\r\n", None),
            ("GET /api/ HTTP/1.1\r\n\r\n", None),
            ("GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", None),
            ("GET / HTTP/1.1\r\nHost: a", None),
            ("\u{1}\u{2}\u{3}", None),
        ];
        for (request, url) in table {
            assert_eq!(elsewhere(request.as_bytes()).as_deref(), url, "{request:?}");
        }
    }
}
