//! The bytes of files: read under their name or by a link, sent in parts or in a form to an address that was signed for
//! it. Answers are plain HTTP, because who asks here is any HTTP client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Multipart, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use domain::caller::Caller;
use domain::error::{Error, Reason};
use domain::files::{
    File, FileAccess, PartGrant, PictureFormat, ThumbnailSpec, UploadId, is_active,
    is_shown_in_place,
};
use domain::ports::{ByteStream, Presented};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::object::FORM_FIELD;
use super::{Routes, header_text};
use crate::Surface;
use crate::address::{MARK, encoded};
use crate::http_range::{Selected, Validators};

/// A sender that is silent for longer has gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// What a form may have before its file.
const FORM_FIELDS_BYTES_MAX: usize = 64 * 1024;

/// How long a browser may keep what a link opened. The content of a name can change, but seldom does.
const LINKED_CACHE: &str = "private, max-age=86400";
const OWN_CACHE: &str = "private, no-cache";

/// For what a browser would show or run: it may load nothing and do nothing.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub(super) fn routes() -> Routes {
    Router::new().route("/{*name}", get(read).put(put_part).post(post_form))
}

/// A refused transfer.
struct Fault(StatusCode, &'static str);

type Outcome<T> = Result<T, Fault>;

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.0, self.1).into_response();
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { rule, .. } => Self(StatusCode::BAD_REQUEST, rule),
            Error::NotFound(_) => NOT_FOUND,
            Error::Denied(_) | Error::Refused { .. } => {
                Self(StatusCode::FORBIDDEN, "not permitted")
            }
            Error::Conflict(Reason::TooLarge) => {
                Self(StatusCode::PAYLOAD_TOO_LARGE, "more bytes than announced")
            }
            Error::Conflict(Reason::UploadExpired) => {
                Self(StatusCode::GONE, "the upload has ended")
            }
            Error::Conflict(_) => Self(StatusCode::BAD_REQUEST, "not what was announced"),
            Error::Limited { .. } => Self(StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Error::Unavailable { what, source } => {
                tracing::error!(%what, error = %source, "a transfer failed");
                Self(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Error::Internal(source) => {
                tracing::error!(error = %source, "a transfer failed");
                Self(StatusCode::INTERNAL_SERVER_ERROR, "")
            }
        }
    }
}

/// The one answer for what does not exist, what is somebody else's, and what was not proved.
const NOT_FOUND: Fault = Fault(StatusCode::NOT_FOUND, "object not found");

#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    token: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    width: String,
    #[serde(default)]
    height: String,
    #[serde(default)]
    format: String,
}

impl Wanted {
    fn thumbnail(&self) -> Outcome<Option<ThumbnailSpec>> {
        const BAD: Fault = Fault(
            StatusCode::BAD_REQUEST,
            "type, width, height or format is wrong",
        );
        match self.kind.as_str() {
            "" => return Ok(None),
            "image" => {}
            _ => return Err(BAD),
        }
        let side = |text: &str| match text {
            "" => Ok(0),
            text => text.parse().map_err(|_| BAD),
        };
        let (width, height) = (side(&self.width)?, side(&self.height)?);
        let format = match self.format.as_str() {
            "" => None,
            name => Some(PictureFormat::from_name(name).ok_or(BAD)?),
        };
        let changes = width > 0 || height > 0 || format.is_some();
        Ok(changes.then_some(ThumbnailSpec {
            width,
            height,
            format,
        }))
    }
}

async fn read(
    State(surface): State<Arc<Surface>>,
    method: Method,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Outcome<Response> {
    let (link, name) = match name.strip_prefix(MARK) {
        Some(marked) => marked
            .split_once('/')
            .map(|(link, name)| (Some(link), name))
            .ok_or(NOT_FOUND)?,
        None => (None, name.as_str()),
    };
    let caller = caller(&surface, &headers, &wanted.token).await;
    let access = FileAccess {
        caller: caller.as_ref(),
        link,
    };
    let file = surface.domain.find_file(access, name).await?;
    let cache = if link.is_some() {
        LINKED_CACHE
    } else {
        OWN_CACHE
    };
    if let Some(spec) = wanted.thumbnail()?
        && let Some((thumbnail, bytes)) = surface.domain.thumbnail(&file, spec).await?
    {
        let shown = Shown {
            validators: Validators::new(thumbnail.blob.key.as_str(), file.stored_at),
            media_type: &thumbnail.media_type,
            name: &file.name,
            cache,
        };
        return Ok(shown.whole(&headers, thumbnail.blob.size, bytes));
    }
    send(&surface, &method, &file, &headers, cache).await
}

/// Who asks. Whoever proves nothing, or wrongly, is nobody: nothing is told of why.
async fn caller(surface: &Surface, headers: &HeaderMap, token: &str) -> Option<Caller> {
    let given = match header_text(headers, "token") {
        "" => token,
        given => given,
    };
    if given.is_empty() {
        return None;
    }
    surface
        .tokens
        .authenticate(&surface.domain, given)
        .await
        .ok()
}

async fn send(
    surface: &Surface,
    method: &Method,
    file: &File,
    headers: &HeaderMap,
    cache: &'static str,
) -> Outcome<Response> {
    let shown = Shown {
        validators: Validators::new(file.blob.key.as_str(), file.stored_at),
        media_type: &file.media_type,
        name: &file.name,
        cache,
    };
    let presented = Presented {
        media_type: file.media_type.clone(),
        disposition: shown.disposition(),
    };
    if let Some(url) = surface.domain.file_address(file, &presented).await? {
        let headers = [
            (header::LOCATION, url.as_str()),
            // The address ends sooner than what a browser keeps.
            (header::CACHE_CONTROL, "private, no-store"),
        ];
        return Ok((StatusCode::FOUND, headers).into_response());
    }
    let size = file.blob.size;
    let (status, range) = match shown.validators.select(headers, size) {
        Selected::NotModified => return Ok(shown.dressed(StatusCode::NOT_MODIFIED)),
        Selected::Unsatisfiable => {
            let mut response = shown.dressed(StatusCode::RANGE_NOT_SATISFIABLE);
            set(
                &mut response,
                header::CONTENT_RANGE,
                &format!("bytes */{size}"),
            );
            return Ok(response);
        }
        Selected::Whole => (StatusCode::OK, 0..size),
        Selected::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
    };
    let mut response = shown.dressed(status);
    set(
        &mut response,
        header::CONTENT_LENGTH,
        &(range.end - range.start).to_string(),
    );
    if status == StatusCode::PARTIAL_CONTENT {
        let said = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        set(&mut response, header::CONTENT_RANGE, &said);
    }
    if *method != Method::HEAD {
        let bytes = surface.domain.read_file(file, range).await?;
        *response.body_mut() = Body::from_stream(bytes);
    }
    Ok(response)
}

/// What the headers of an answer are made of.
struct Shown<'a> {
    validators: Validators,
    media_type: &'a str,
    name: &'a str,
    cache: &'static str,
}

impl Shown<'_> {
    fn whole(&self, headers: &HeaderMap, size: u64, bytes: ByteStream) -> Response {
        if let Selected::NotModified = self.validators.select(headers, size) {
            return self.dressed(StatusCode::NOT_MODIFIED);
        }
        let mut response = self.dressed(StatusCode::OK);
        set(&mut response, header::CONTENT_LENGTH, &size.to_string());
        *response.body_mut() = Body::from_stream(bytes);
        response
    }

    /// An answer with everything but its body.
    fn dressed(&self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        for (name, value) in [
            (header::ETAG, self.validators.etag()),
            (header::LAST_MODIFIED, self.validators.last_modified()),
            (header::ACCEPT_RANGES, "bytes"),
            (header::CACHE_CONTROL, self.cache),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            set(&mut response, name, value);
        }
        if matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
            let charset = if self.media_type == "text/plain" {
                "; charset=utf-8"
            } else {
                ""
            };
            let media_type = format!("{}{charset}", self.media_type);
            set(&mut response, header::CONTENT_TYPE, &media_type);
            set(
                &mut response,
                header::CONTENT_DISPOSITION,
                &self.disposition(),
            );
            if is_active(self.media_type) || !is_shown_in_place(self.media_type) {
                set(&mut response, header::CONTENT_SECURITY_POLICY, SANDBOX);
            }
        }
        response
    }

    /// With the name twice, as RFC 6266 advises: in ASCII for old clients, and in full.
    fn disposition(&self) -> String {
        let kind = if is_shown_in_place(self.media_type) {
            "inline"
        } else {
            "attachment"
        };
        let name = self.name.rsplit('/').next().unwrap_or_default();
        let plain: String = name
            .chars()
            .map(|c| match c {
                '"' | '\\' | '%' => '_',
                c if c.is_ascii_graphic() || c == ' ' => c,
                _ => '_',
            })
            .collect();
        format!(
            "{kind}; filename=\"{plain}\"; filename*=UTF-8''{}",
            encoded(name)
        )
    }
}

/// The values are ours, or were made of visible ASCII.
fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    #[serde(default = "first_part")]
    part_number: u32,
    expires: i64,
    signature: String,
}

fn first_part() -> u32 {
    1
}

/// The grant in an address like `:part/ID?partNumber=1&expires=…&signature=…`.
fn grant(what: &str, name: &str, query: Option<String>) -> Outcome<PartGrant> {
    let upload = name
        .strip_prefix(MARK)
        .and_then(|marked| marked.strip_prefix(what)?.strip_prefix('/'))
        .ok_or(NOT_FOUND)?;
    let uri = axum::http::Uri::builder()
        .path_and_query(format!("/?{}", query.unwrap_or_default()))
        .build()
        .map_err(|_| NOT_FOUND)?;
    let Query(signed) = Query::<Signed>::try_from_uri(&uri)
        .map_err(|_| Fault(StatusCode::FORBIDDEN, "the address is not signed"))?;
    Ok(PartGrant {
        upload: UploadId(upload.to_owned()),
        number: signed.part_number,
        expires_at: signed.expires,
        signature: signed.signature,
    })
}

async fn put_part(
    State(surface): State<Arc<Surface>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Outcome<Response> {
    let grant = grant("part", &name, query)?;
    let announced = header_text(&headers, "content-length").parse().ok();
    let body = lively(body.into_data_stream());
    let part = surface.domain.put_part(&grant, announced, body).await?;
    let mut response = StatusCode::OK.into_response();
    set(&mut response, header::ETAG, &format!("\"{}\"", part.md5));
    Ok(response)
}

/// A form in one piece. The file is passed on while it arrives; fields before it are read over.
async fn post_form(
    State(surface): State<Arc<Surface>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    mut form: Multipart,
) -> Outcome<Response> {
    const BAD: Fault = Fault(StatusCode::BAD_REQUEST, "the form cannot be read");
    let grant = grant("form", &name, query)?;
    let mut skipped = 0;
    while let Some(mut field) = form.next_field().await.map_err(|_| BAD)? {
        if field.name() == Some(FORM_FIELD) {
            let (sender, mut receiver) = mpsc::channel(1);
            let body = stream::poll_fn(move |cx| receiver.poll_recv(cx));
            let pass_on = async move {
                loop {
                    let chunk = field.chunk().await.transpose();
                    let is_end = !matches!(chunk, Some(Ok(_)));
                    let Some(chunk) = chunk else { return };
                    if sender.send(chunk).await.is_err() || is_end {
                        return;
                    }
                }
            };
            let store = surface.domain.put_part(&grant, None, lively(body));
            let ((), stored) = tokio::join!(pass_on, store);
            stored?;
            return Ok(StatusCode::OK.into_response());
        }
        while let Some(chunk) = field.chunk().await.map_err(|_| BAD)? {
            skipped += chunk.len();
            if skipped > FORM_FIELDS_BYTES_MAX {
                return Err(Fault(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the file comes too late",
                ));
            }
        }
    }
    Err(Fault(StatusCode::BAD_REQUEST, "the form has no file"))
}

/// A body that ends with an error when its sender falls silent.
fn lively<E>(body: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> ByteStream
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = stream::unfold(Some(Box::pin(body)), |body| async {
        let mut body = body?;
        match tokio::time::timeout(SILENCE_MAX, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(body))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    });
    Box::pin(body)
}
