//! A client that says byte for byte what a test wants it to, and reads answers as trees.

use std::fmt::Write as _;

use store::testing::TestDb;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;
use crate::site::{SECRET, Site};

/// A server with its service.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) site: Site,
    pub(crate) server: Server,
    pub(crate) url: String,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Who(pub(crate) String);

/// An answer: its status line and headers, and its body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The administrator, for all or for the account of that id.
pub(crate) fn admin(impersonate: i64) -> Who {
    who("administrator", SECRET, true, impersonate)
}

/// Anybody.
pub(crate) fn who(username: &str, password: &str, admin: bool, impersonate: i64) -> Who {
    Who(format!(
        "<auth><username>{username}</username><password>{password}</password><admin>{admin}</admin>\
         <impersonate>{impersonate}</impersonate></auth>"
    ))
}

/// An envelope as CDRTool writes them: operation and types have prefixes of their own, parameters have none.
pub(crate) fn envelope(port: &str, operation: &str, parameters: &str, who: &Who) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:SOAP-ENC=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:ns4=\"urn:AGProjects:NGNPro\" \
         xmlns:ns5=\"urn:AGProjects:NGNPro:{port}\" \
         SOAP-ENV:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">\
         <SOAP-ENV:Header>{}</SOAP-ENV:Header><SOAP-ENV:Body><ns5:{operation}>{parameters}</ns5:{operation}></SOAP-ENV:Body>\
         </SOAP-ENV:Envelope>",
        who.0
    )
}

impl Door {
    pub(crate) async fn new(database: TestDb) -> Door {
        Door::with(database, &[]).await
    }

    pub(crate) async fn with(database: TestDb, environment: &[(&str, &str)]) -> Door {
        let site = Site::ready(database).await;
        let mut server = site.serve_with(environment).await;
        let url = server.ngnpro_url().await;
        Door { site, server, url }
    }

    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// Sends those bytes and reads until the server closes the connection.
    pub(crate) async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        // A server that refuses what is too large may close before it has read all of it.
        let _ = stream.write_all(request).await;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Answer { head: head.to_owned(), body: body.to_owned() }
    }

    /// Posts a document as CDRTool does: by HTTP/1.0, to the one path.
    pub(crate) async fn post(&self, document: &str) -> Answer {
        let mut request = String::from("POST / HTTP/1.0\r\nUser-Agent: PEAR-SOAP 0.11.0-beta\r\nHost: localhost\r\n");
        let _ = write!(
            request,
            "Content-Type: text/xml; charset=UTF-8\r\nContent-Length: {}\r\nSOAPAction: \"\"\r\nConnection: close\r\n\r\n{document}",
            document.len()
        );
        self.raw(request.as_bytes()).await
    }

    /// Calls an operation.
    pub(crate) async fn call(&self, port: &str, operation: &str, parameters: &str, who: &Who) -> Answer {
        self.post(&envelope(port, operation, parameters, who)).await
    }

    /// Calls an operation as administrator, which must answer.
    pub(crate) async fn ok(&self, port: &str, operation: &str, parameters: &str) -> Answer {
        let answer = self.call(port, operation, parameters, &admin(0)).await;
        assert_eq!(answer.status(), 200, "{operation} {parameters}: {}", answer.body);
        answer
    }

    /// Calls an operation as administrator, which must not answer; with the fault's code and words.
    pub(crate) async fn fails(&self, port: &str, operation: &str, parameters: &str) -> (String, String) {
        self.call(port, operation, parameters, &admin(0)).await.fault()
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split_ascii_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    /// The texts of all elements of a path below the result, such as `ranges/item/id/prefix`.
    pub(crate) fn all(&self, path: &str) -> Vec<String> {
        let document = roxmltree::Document::parse(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body));
        let result = |node: &roxmltree::Node<'_, '_>| node.has_tag_name("result");
        let mut found: Vec<_> = document.descendants().find(result).into_iter().collect();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            found = found.iter().flat_map(|node| node.children().filter(|child| child.has_tag_name(name))).collect();
        }
        found.iter().map(|node| node.text().unwrap_or_default().to_owned()).collect()
    }

    /// The text of the one element of a path below the result.
    pub(crate) fn one(&self, path: &str) -> String {
        let mut all = self.all(path);
        assert_eq!(all.len(), 1, "{path} in {}", self.body);
        all.remove(0)
    }

    /// The code and the words of a fault.
    pub(crate) fn fault(&self) -> (String, String) {
        assert_eq!(self.status(), 500, "{}", self.body);
        let document = roxmltree::Document::parse(&self.body).unwrap();
        let detail = document.descendants().find(|node| node.has_tag_name("detail"));
        let exception = detail.and_then(|detail| detail.children().find(|node| node.has_tag_name("exception")));
        let said = |name: &str| {
            let node = exception.and_then(|node| node.children().find(|child| child.has_tag_name(name)));
            node.and_then(|node| node.text()).unwrap_or_default().to_owned()
        };
        (said("errorcode"), said("errorstring"))
    }

    /// The code of a fault.
    pub(crate) fn code(&self) -> String {
        self.fault().0
    }
}
