//! `/object/*`: how a file is announced, signed, completed and addressed. Its bytes pass through `object_bytes.rs`.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;
use domain::caller::Caller;
use domain::files::{
    BeginUpload, Begun, CompleteUpload, File, FileAccess, PartGrant, SignedPart, SignedParts,
    Upload, UploadId, part_size_for,
};
use domain::limits;
use domain::time::Millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::openim::rest::object::{
    AccessUrlRequest, AccessUrlResponse, AuthSignParts, AuthSignRequest, CompleteFormDataRequest,
    CompleteMultipartUploadRequest, InitiateFormDataRequest, InitiateFormDataResponse,
    InitiateMultipartUploadRequest, InitiateMultipartUploadResponse, KeyValues, PartLimitResponse,
    PartSizeRequest, PartSizeResponse, SignPart, UploadInfo, UrlResponse,
};

use super::{Call, Empty, Routes, authenticate, endpoint, parse, route};
use crate::Surface;
use crate::address::Base;
use crate::errors::{Answer, Refusal};

/// Parts that are signed with the announcement; the SDKs ask for 20 at most.
const SIGNED_AT_ONCE_MAX: u32 = 100;

/// How long an address lives that was asked for by name.
const ACCESS_LIFE_MS: Millis = 24 * 60 * 60 * 1000;

/// The field of a form that has the file.
pub(super) const FORM_FIELD: &str = "file";

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/part_limit", route(part_limit))
        .route("/part_size", route(part_size))
        .route(
            "/initiate_multipart_upload",
            addressed(initiate_multipart_upload),
        )
        .route("/auth_sign", addressed(auth_sign))
        .route(
            "/complete_multipart_upload",
            addressed(complete_multipart_upload),
        )
        .route("/access_url", addressed(access_url))
        .route("/initiate_form_data", addressed(initiate_form_data))
        .route("/complete_form_data", addressed(complete_form_data))
}

/// Who asks, through which surface, and where the client sees us.
struct Asked {
    surface: Arc<Surface>,
    caller: Caller,
    base: Base,
}

/// A handler whose answer holds addresses.
fn addressed<Req, Resp, F, Fut>(handler: F) -> MethodRouter<Arc<Surface>>
where
    Req: DeserializeOwned + Send + 'static,
    Resp: Serialize,
    F: Fn(Asked, Req) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Resp>> + Send,
{
    endpoint(move |call: Call| {
        let handler = handler.clone();
        async move {
            let caller = authenticate(&call.surface, &call.headers).await?;
            let public_url = call.surface.public_url.as_deref();
            let base = Base::of(public_url, &call.headers, &call.path)
                .ok_or_else(|| Refusal::args("the request has no Host"))?;
            let asked = Asked {
                surface: call.surface,
                caller,
                base,
            };
            handler(asked, parse(&call.body)?).await
        }
    })
}

async fn part_limit(_: Arc<Surface>, _: Caller, _: Empty) -> Answer<PartLimitResponse> {
    Ok(PartLimitResponse {
        min_part_size: limits::PART_BYTES_MIN.cast_signed(),
        max_part_size: limits::PART_BYTES_MAX.cast_signed(),
        max_num_size: limits::PARTS_MAX as i32,
    })
}

async fn part_size(
    _: Arc<Surface>,
    _: Caller,
    request: PartSizeRequest,
) -> Answer<PartSizeResponse> {
    let size = part_size_for(size("size", request.size)?).cast_signed();
    Ok(PartSizeResponse { size })
}

async fn initiate_multipart_upload(
    asked: Asked,
    request: InitiateMultipartUploadRequest,
) -> Answer<InitiateMultipartUploadResponse> {
    let command = BeginUpload {
        name: request.name,
        hash: Some(request.hash),
        size: size("size", request.size)?,
        part_size: u64::try_from(request.part_size).unwrap_or(0),
        media_type: request.content_type,
        cause: request.cause,
        through_us: false,
    };
    let domain = &asked.surface.domain;
    let upload = match domain.begin_upload(&asked.caller, command).await? {
        Begun::Known(file) => {
            return Ok(InitiateMultipartUploadResponse {
                url: url(&asked, &file)?,
                upload: None,
            });
        }
        Begun::Started(upload) => upload,
    };
    let wanted = u32::try_from(request.max_parts).unwrap_or(0);
    let numbers: Vec<_> = (1..=wanted.min(upload.parts()).min(SIGNED_AT_ONCE_MAX)).collect();
    let sign = if numbers.is_empty() {
        None
    } else {
        let signed = domain
            .sign_parts(&asked.caller, &upload.id, &numbers)
            .await?;
        Some(sign_parts(&asked.base, signed))
    };
    Ok(InitiateMultipartUploadResponse {
        url: String::new(),
        upload: Some(UploadInfo {
            upload_id: upload.id.0,
            part_size: upload.part_size.cast_signed(),
            sign,
            expire_time: upload.expires_at,
        }),
    })
}

async fn auth_sign(asked: Asked, request: AuthSignRequest) -> Answer<AuthSignParts> {
    // What is no number of a part is refused as one.
    let number = |number: &i32| u32::try_from(*number).unwrap_or(0);
    let numbers: Vec<_> = request.part_numbers.iter().map(number).collect();
    let signed = asked
        .surface
        .domain
        .sign_parts(&asked.caller, &UploadId(request.upload_id), &numbers)
        .await?;
    Ok(sign_parts(&asked.base, signed))
}

async fn complete_multipart_upload(
    asked: Asked,
    request: CompleteMultipartUploadRequest,
) -> Answer<UrlResponse> {
    if request.name.is_empty() {
        return Err(Refusal::args("name is empty"));
    }
    complete(
        &asked,
        CompleteUpload {
            upload: UploadId(request.upload_id),
            md5s: Some(request.parts),
            name: request.name,
            media_type: request.content_type,
            cause: request.cause,
        },
    )
    .await
}

async fn complete(asked: &Asked, command: CompleteUpload) -> Answer<UrlResponse> {
    let domain = &asked.surface.domain;
    let file = domain.complete_upload(&asked.caller, command).await?;
    Ok(UrlResponse {
        url: url(asked, &file)?,
    })
}

async fn access_url(asked: Asked, request: AccessUrlRequest) -> Answer<AccessUrlResponse> {
    let domain = &asked.surface.domain;
    let access = FileAccess {
        caller: Some(&asked.caller),
        link: None,
    };
    let file = domain.find_file(access, &request.name).await?;
    let link = domain.file_link(&file, Some(ACCESS_LIFE_MS))?;
    let mut url = asked.base.of_file(&file, link.as_ref())?;
    if !request.query.is_empty() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&request.query);
        url = format!("{url}?{}", query.finish());
    }
    let expires_at = link.and_then(|link| link.expires_at);
    Ok(AccessUrlResponse {
        url,
        expire_time: expires_at.unwrap_or(domain.now() + ACCESS_LIFE_MS),
    })
}

async fn initiate_form_data(
    asked: Asked,
    request: InitiateFormDataRequest,
) -> Answer<InitiateFormDataResponse> {
    let size = size("size", request.size)?;
    let command = BeginUpload {
        name: request.name,
        hash: None,
        size,
        // One part, whatever its size: a form is sent in one piece.
        part_size: size,
        media_type: request.content_type,
        cause: request.group,
        through_us: true,
    };
    let domain = &asked.surface.domain;
    let Begun::Started(upload) = domain.begin_upload(&asked.caller, command).await? else {
        return Err(Refusal::args("a form has no hash"));
    };
    let signed = domain.sign_parts(&asked.caller, &upload.id, &[1]).await?;
    let Some(SignedPart::Here(grant)) = signed.parts.into_iter().next() else {
        return Err(Refusal::args("a form cannot be sent elsewhere"));
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("expires", &grant.expires_at.to_string());
    query.append_pair("signature", &grant.signature);
    let address = asked.base.of_upload("form", upload.id.as_str());
    Ok(InitiateFormDataResponse {
        url: format!("{address}?{}", query.finish()),
        id: upload.id.0,
        file: FORM_FIELD.to_owned(),
        expires: grant.expires_at,
        success_codes: vec![200],
        ..InitiateFormDataResponse::default()
    })
}

async fn complete_form_data(asked: Asked, request: CompleteFormDataRequest) -> Answer<UrlResponse> {
    complete(
        &asked,
        CompleteUpload {
            upload: UploadId(request.id),
            md5s: None,
            name: String::new(),
            media_type: String::new(),
            cause: String::new(),
        },
    )
    .await
}

/// The address that stands in messages.
fn url(asked: &Asked, file: &File) -> Answer<String> {
    let link = asked.surface.domain.file_link(file, None)?;
    Ok(asked.base.of_file(file, link.as_ref())?)
}

fn sign_parts(base: &Base, signed: SignedParts) -> AuthSignParts {
    let Upload { id, .. } = signed.upload;
    AuthSignParts {
        url: base.of_upload("part", id.as_str()),
        query: Vec::new(),
        header: Vec::new(),
        parts: signed.parts.into_iter().map(sign_part).collect(),
    }
}

fn sign_part(part: SignedPart) -> SignPart {
    match part {
        SignedPart::Here(PartGrant {
            number,
            expires_at,
            signature,
            ..
        }) => SignPart {
            part_number: number.cast_signed(),
            query: vec![
                KeyValues::one("partNumber", number.to_string()),
                KeyValues::one("expires", expires_at.to_string()),
                KeyValues::one("signature", signature),
            ],
            ..SignPart::default()
        },
        SignedPart::There { number, url } => SignPart {
            part_number: number.cast_signed(),
            url,
            ..SignPart::default()
        },
    }
}

fn size(field: &str, size: i64) -> Answer<u64> {
    match u64::try_from(size) {
        Ok(0) | Err(_) => Err(Refusal::args(format!("{field} must be greater than 0"))),
        Ok(size) => Ok(size),
    }
}
