//! Other name servers, each a process of its own.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// A name server that goes away with this value.
pub(super) struct Peer {
    child: Child,
    pub(super) port: u16,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Peer {
    /// BIND as the primary of a zone that is in a file.
    pub(super) async fn bind(
        folder: &Path,
        zone: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Peer> {
        let (port, place) = (free_port()?, folder.display());
        let mut file = BufWriter::new(File::create(folder.join("zone"))?);
        writeln!(file, "$ORIGIN {zone}.")?;
        write(&mut file)?;
        file.flush()?;
        let conf = format!(
            "options {{ directory \"{place}\"; pid-file none; session-keyfile \"{place}/key\"; \
             managed-keys-directory \"{place}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; \
             recursion no; dnssec-validation no; empty-zones-enable no; notify no; allow-transfer {{ any; }}; }};\n\
             controls {{ }};\nzone \"{zone}\" {{ type primary; file \"{place}/zone\"; }};\n"
        );
        let path = folder.join("named.conf");
        std::fs::write(&path, conf)?;
        Peer::start("named", port, &["-g", "-n", "2", "-c", &path.display().to_string()])?.up(zone).await
    }

    /// Knot as a secondary of the primary at that port.
    pub(super) async fn knot(folder: &Path, port: u16, primary: u16, secret: &str) -> anyhow::Result<Peer> {
        let place = folder.display();
        let conf = format!(
            "server:\n    rundir: {place}\n    listen: 127.0.0.1@{port}\n    background-workers: 1\n\
             database:\n    storage: {place}\n\
             key:\n  - id: k\n    algorithm: hmac-sha256\n    secret: {secret}\n\
             remote:\n  - id: strowger\n    address: 127.0.0.1@{primary}\n    key: k\n\
             acl:\n  - id: told\n    key: k\n    action: notify\n\
             template:\n  - id: default\n    storage: {place}\n    master: strowger\n    acl: told\n\
             zone:\n  - domain: example.com\n"
        );
        let path = folder.join("knot.conf");
        std::fs::write(&path, conf)?;
        Peer::start("knotd", port, &["-c", &path.display().to_string()])?.up("example.com").await
    }

    fn start(program: &str, port: u16, words: &[&str]) -> anyhow::Result<Peer> {
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.args(words).env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{program} (`make bench` installs it)"))?;
        Ok(Peer { child, port })
    }

    async fn up(self, zone: &str) -> anyhow::Result<Peer> {
        let begun = Instant::now();
        while !ask(self.port, zone, 6).await.is_ok_and(|answer| answer[3] & 15 == 0) {
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(30), "the peer does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(self)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// A port that is free for both UDP and TCP.
pub(super) fn free_port() -> anyhow::Result<u16> {
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
}

/// The answer to a question over UDP, by the type's number.
pub(super) async fn ask(port: u16, name: &str, rr_type: u16) -> anyhow::Result<Vec<u8>> {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(("127.0.0.1", port)).await?;
    let mut query = b"\x47\x11\0\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in name.split('.') {
        query.push(u8::try_from(label.len())?);
        query.extend(label.bytes());
    }
    query.push(0);
    query.extend(rr_type.to_be_bytes());
    query.extend([0, 1]);
    socket.send(&query).await?;
    let mut answer = vec![0; 512];
    let length = tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut answer)).await??;
    answer.truncate(length);
    anyhow::ensure!(length >= 12, "a short answer");
    Ok(answer)
}
