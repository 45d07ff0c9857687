//! Workload 5: one large file up and down through the object routes, in parts of 5 MiB one after another, as the SDKs
//! send it. Beside it stands nginx, which stores and serves the same bytes in one piece, on the same core. What comes
//! back is compared with what was sent.

use crate::process::{Process, command, memory, peak, reset_peak};
use crate::rest::Rest;
use crate::server::Server;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use md5::{Digest as _, Md5};
use reqwest::{Body, Client, StatusCode};
use rustix::process::Signal;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::sleep;
use wire::openim::rest::object::{
    AuthSignParts, AuthSignRequest, CompleteMultipartUploadRequest, InitiateMultipartUploadRequest,
    InitiateMultipartUploadResponse, SignPart, UploadInfo, UrlResponse,
};

const NGINX: &str = "/usr/sbin/nginx";
const READY_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

const MIB: usize = 1024 * 1024;
const PART: usize = 5 * MIB;

/// What differs from part to part, so that no two are alike.
const HEAD: usize = 8;

/// Parts that are signed at once.
const SIGNED: usize = 20;

#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub mib: u32,
    pub up_mib_s: f64,
    pub down_mib_s: f64,
    /// How much more memory the server had at its peak than before.
    pub grown_kib: u64,
}

/// The same of nginx.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    pub up_mib_s: f64,
    pub down_mib_s: f64,
}

/// Sends a file of `mib` MiB to the server as `user` and reads it back.
pub async fn run(server: &Server, user: &str, token: String, mib: u32) -> Result<Outcome> {
    let content = Content::new(mib);
    let parts: Vec<String> = (0..content.parts())
        .map(|index| content.md5(index))
        .collect();
    let rest = Rest::new(server.api, token)?;
    let client = client()?;
    let before = memory(server.id())?.rss_kib;
    reset_peak(server.id())?;
    let begun = Instant::now();
    let url = upload(&rest, &client, &content, user, parts).await?;
    let up = begun.elapsed();
    let down = content.download(&client, &url).await?;
    Ok(Outcome {
        mib,
        up_mib_s: per_second(mib, up),
        down_mib_s: per_second(mib, down),
        grown_kib: peak(server.id())?.saturating_sub(before),
    })
}

/// The same bytes through nginx, pinned as the server is; `None` where it is not installed.
pub async fn copy(core: Option<usize>, directory: &Path, mib: u32) -> Result<Option<Copied>> {
    if !Path::new(NGINX).exists() {
        return Ok(None);
    }
    let place = tempfile::tempdir_in(directory)?;
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let configuration = place.path().join("nginx.conf");
    fs::write(&configuration, nginx_configuration(place.path(), address))?;
    for name in ["files", "body"] {
        fs::create_dir(place.path().join(name))?;
    }
    let mut start = command(core, NGINX)?;
    start.arg("-e").arg(place.path().join("error.log"));
    start.arg("-c").arg(&configuration);
    let nginx = Process::spawn(&mut start)?;
    let copied = copy_through(address, mib).await;
    nginx.stop(Signal::TERM).await?;
    copied.context("nginx").map(Some)
}

async fn copy_through(address: SocketAddr, mib: u32) -> Result<Copied> {
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        ensure!(
            begun.elapsed() < READY_MAX,
            "not ready within {READY_MAX:?}"
        );
        sleep(POLL).await;
    }
    let content = Content::new(mib);
    let client = client()?;
    let url = format!("http://{address}/file");
    let begun = Instant::now();
    let request = client.put(&url).header("content-length", content.bytes());
    let answer = request.body(content.whole()).send().await?;
    ensure!(answer.status().is_success(), "PUT: {}", answer.status());
    let up = begun.elapsed();
    let down = content.download(&client, &url).await?;
    Ok(Copied {
        up_mib_s: per_second(mib, up),
        down_mib_s: per_second(mib, down),
    })
}

/// One worker, like the server's one core; no log, no limits.
fn nginx_configuration(place: &Path, address: SocketAddr) -> String {
    let place = place.display();
    format!(
        "daemon off; master_process off; pid {place}/nginx.pid;
         events {{ worker_connections 64; }}
         http {{
             access_log off; sendfile on; client_max_body_size 0; client_body_temp_path {place}/body;
             proxy_temp_path {place}/body; fastcgi_temp_path {place}/body; uwsgi_temp_path {place}/body;
             scgi_temp_path {place}/body;
             server {{ listen {address}; root {place}/files; dav_methods PUT; }}
         }}"
    )
}

async fn upload(
    rest: &Rest,
    client: &Client,
    content: &Content,
    user: &str,
    parts: Vec<String>,
) -> Result<String> {
    let name = format!("{user}/large.bin");
    let request = InitiateMultipartUploadRequest {
        hash: md5(parts.join(",").as_bytes()),
        size: i64::try_from(content.bytes())?,
        part_size: PART as i64,
        max_parts: parts.len().min(SIGNED) as i32,
        name: name.clone(),
        ..InitiateMultipartUploadRequest::default()
    };
    let begun: InitiateMultipartUploadResponse = rest
        .post("/object/initiate_multipart_upload", &request)
        .await?;
    let UploadInfo {
        upload_id,
        sign: Some(mut sign),
        ..
    } = begun.upload.context("the content is known")?
    else {
        bail!("no part is signed");
    };
    for index in 0..parts.len() {
        let number = index as i32 + 1;
        if !sign.parts.iter().any(|part| part.part_number == number) {
            let last = (index + SIGNED).min(parts.len()) as i32;
            let request = AuthSignRequest {
                upload_id: upload_id.clone(),
                part_numbers: (number..=last).collect(),
            };
            sign = rest.post("/object/auth_sign", &request).await?;
        }
        put(
            client,
            &sign,
            number,
            content.part(index),
            content.size_of(index),
        )
        .await?;
    }
    let request = CompleteMultipartUploadRequest {
        upload_id,
        parts,
        name,
        ..CompleteMultipartUploadRequest::default()
    };
    let done: UrlResponse = rest
        .post("/object/complete_multipart_upload", &request)
        .await?;
    Ok(done.url)
}

async fn put(
    client: &Client,
    sign: &AuthSignParts,
    number: i32,
    body: Body,
    size: usize,
) -> Result<()> {
    let part = sign.parts.iter().find(|part| part.part_number == number);
    let SignPart { url, query, .. } = part.context("a part was not signed")?;
    let url = if url.is_empty() { &sign.url } else { url };
    let pairs = sign.query.iter().chain(query);
    let pairs: Vec<(&str, &str)> = pairs
        .flat_map(|pair| {
            pair.values
                .iter()
                .map(|value| (pair.key.as_str(), value.as_str()))
        })
        .collect();
    let request = client.put(url).query(&pairs).header("content-length", size);
    let answer = request.body(body).send().await?;
    ensure!(
        answer.status() == StatusCode::OK,
        "part {number}: {}",
        answer.status()
    );
    Ok(())
}

/// A file that is not in memory: one block, with another head in each part.
struct Content {
    block: Bytes,
    bytes: usize,
}

impl Content {
    fn new(mib: u32) -> Self {
        // Bytes that do not repeat soon.
        let mut state = 1_u64;
        let block = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_le_bytes()
        });
        Self {
            block: block.take(PART / 8).flatten().collect(),
            bytes: mib as usize * MIB,
        }
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn parts(&self) -> usize {
        self.bytes.div_ceil(PART)
    }

    fn size_of(&self, index: usize) -> usize {
        PART.min(self.bytes - index * PART)
    }

    /// In two pieces, without copying.
    fn pieces(&self, index: usize) -> [Bytes; 2] {
        let head = (index as u64).to_be_bytes().to_vec().into();
        [head, self.block.slice(HEAD..self.size_of(index))]
    }

    fn part(&self, index: usize) -> Body {
        let pieces = self.pieces(index).map(Ok::<_, std::io::Error>);
        Body::wrap_stream(stream::iter(pieces))
    }

    fn whole(&self) -> Body {
        let pieces: Vec<_> = (0..self.parts())
            .flat_map(|index| self.pieces(index))
            .map(Ok::<_, std::io::Error>)
            .collect();
        Body::wrap_stream(stream::iter(pieces))
    }

    fn md5(&self, index: usize) -> String {
        let mut md5 = Md5::new();
        for piece in self.pieces(index) {
            md5.update(piece);
        }
        hex(&md5.finalize())
    }

    /// Reads the file and compares it while it arrives; says how long that took.
    async fn download(&self, client: &Client, url: &str) -> Result<Duration> {
        let begun = Instant::now();
        let answer = client.get(url).send().await?;
        ensure!(
            answer.status() == StatusCode::OK,
            "GET: {}",
            answer.status()
        );
        let mut body = answer.bytes_stream();
        let mut at = 0;
        while let Some(chunk) = body.next().await {
            let chunk = chunk?;
            self.compare(at, &chunk)?;
            at += chunk.len();
        }
        ensure!(at == self.bytes, "{at} bytes came back of {}", self.bytes);
        Ok(begun.elapsed())
    }

    fn compare(&self, mut at: usize, mut chunk: &[u8]) -> Result<()> {
        while !chunk.is_empty() {
            ensure!(at < self.bytes, "more came back than was sent");
            let (index, within) = (at / PART, at % PART);
            let [head, rest] = self.pieces(index);
            let expected = if within < HEAD {
                &head[within..]
            } else {
                &rest[within - HEAD..]
            };
            let length = expected.len().min(chunk.len());
            ensure!(
                chunk[..length] == expected[..length],
                "other bytes came back at {at}"
            );
            at += length;
            chunk = &chunk[length..];
        }
        Ok(())
    }
}

fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().tcp_nodelay(true).build()?)
}

fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn per_second(mib: u32, time: Duration) -> f64 {
    f64::from(mib) / time.as_secs_f64()
}
