//! As much of an HTTP client as the tour, the tests and the load need: one connection, kept alive.

use std::io::{self, Error, ErrorKind};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// The beginning of an answer, without its body.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub(crate) async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self::on(stream))
    }

    pub(crate) fn on(stream: TcpStream) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        json: &str,
    ) -> io::Result<(Head, String)> {
        let head = self.open(method, path, json).await?;
        let mut body = Vec::new();
        if head.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await? {
                body.extend(chunk);
            }
        } else {
            let length = head.header("content-length").and_then(|length| length.parse().ok());
            body.resize(length.unwrap_or(0), 0);
            self.stream.read_exact(&mut body).await?;
        }
        Ok((head, String::from_utf8(body).map_err(|_| malformed())?))
    }

    /// Asks, and reads the beginning of the answer.
    pub(crate) async fn open(&mut self, method: &str, path: &str, json: &str) -> io::Result<Head> {
        let kind = if json.is_empty() { "" } else { "content-type: application/json\r\n" };
        let length = json.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: example\r\n{kind}content-length: {length}\r\n\r\n{json}"
        );
        self.stream.write_all(request.as_bytes()).await?;
        let first = self.line().await?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut head = Head { status: status.ok_or_else(malformed)?, headers: Vec::new() };
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(head);
            }
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            head.headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    /// Reads a chunk of a streamed body. It is over at `None`; one that is cut off is an error.
    pub(crate) async fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = usize::from_str_radix(&self.line().await?, 16).map_err(|_| malformed())?;
        let mut chunk = vec![0; size];
        self.stream.read_exact(&mut chunk).await?;
        self.line().await?;
        Ok((size > 0).then_some(chunk))
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "this is not HTTP as it was expected")
}
