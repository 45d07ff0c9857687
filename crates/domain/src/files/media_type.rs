//! What a file is taken for. Clients declare a media type and browsers act on it, so it is compared with the bytes: what
//! claims to be a picture and is none is served as bytes that nobody interprets.

/// How many bytes from the beginning decide.
pub(super) const HEAD_BYTES: usize = 4096;

const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file whose first bytes are `head`, declared as `declared`.
pub(super) fn decide(declared: &str, head: &[u8]) -> String {
    let declared = essence(declared);
    let found = infer::get(head).map(|kind| kind.mime_type());
    match (declared, found) {
        (None, Some(found)) => found.to_owned(),
        (None, None) if is_text(head) => "text/plain".to_owned(),
        (None, None) => UNKNOWN.to_owned(),
        // Pictures the bytes know better; one container has sounds and films of many names.
        (Some(declared), Some(found)) if is_media(&declared) || is_media(found) => {
            let is_same = family(found) == "video" && family(&declared) == "video";
            if is_same || (is_active(found) && is_active(&declared)) {
                declared
            } else if is_active(found) {
                UNKNOWN.to_owned()
            } else {
                found.to_owned()
            }
        }
        (Some(declared), None) if family(&declared) == "image" && !is_active(&declared) => {
            UNKNOWN.to_owned()
        }
        // Containers (an office document is a ZIP), texts and what has no signature: the client knows better.
        (Some(declared), _) => declared,
    }
}

/// Whether a browser may run something in it.
pub fn is_active(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    ["html", "svg", "xml", "script", "ecma", "flash", "wasm"]
        .iter()
        .any(|word| media_type.contains(word))
        // Office documents are named after XML and are none.
        && !media_type.starts_with("application/vnd.openxmlformats")
}

/// Whether it is shown where it stands; everything else is offered for saving.
pub fn is_shown_in_place(media_type: &str) -> bool {
    !is_active(media_type) && (is_media(media_type) || media_type == "application/pdf")
}

fn is_media(media_type: &str) -> bool {
    matches!(family(media_type), "image" | "video" | "audio")
}

/// Sounds and films come in the same containers.
fn family(media_type: &str) -> &str {
    match media_type.split('/').next().unwrap_or_default() {
        "audio" => "video",
        family => family,
    }
}

/// `type/subtype` in lower case, without parameters; `None` if it says nothing or is none.
fn essence(declared: &str) -> Option<String> {
    let essence = declared.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    (is_token(kind) && is_token(subtype) && essence != UNKNOWN).then_some(essence)
}

fn is_text(head: &[u8]) -> bool {
    if head.is_empty() {
        return false;
    }
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !head.iter().any(|byte| *byte < 9 || (14..27).contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";

    #[test]
    fn the_bytes_correct_what_is_declared() {
        for (declared, head, expected) in [
            ("image/png", PNG, "image/png"),
            ("image/jpeg", PNG, "image/png"),
            ("text/html", PNG, "image/png"),
            ("", PNG, "image/png"),
            ("application/octet-stream", PNG, "image/png"),
            ("image/png", b"<script>", UNKNOWN),
            ("text/plain; charset=utf-8", b"hello", "text/plain"),
            ("", b"hello", "text/plain"),
            ("", b"\0\x01\x02", UNKNOWN),
            ("", b"", UNKNOWN),
            ("not a type", b"\0\x01", UNKNOWN),
            ("application/vnd.ms-excel", ZIP, "application/vnd.ms-excel"),
            (
                "image/svg+xml",
                b"<?xml version='1.0'?><svg/>",
                "image/svg+xml",
            ),
            ("audio/mp4", b"\0\0\0\x18ftypmp42", "audio/mp4"),
        ] {
            assert_eq!(decide(declared, head), expected, "{declared}");
        }
    }

    #[test]
    fn what_a_browser_would_run_is_not_shown_in_place() {
        for media_type in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/javascript",
        ] {
            assert!(
                is_active(media_type) && !is_shown_in_place(media_type),
                "{media_type}"
            );
        }
        for media_type in ["image/png", "video/mp4", "audio/aac", "application/pdf"] {
            assert!(
                !is_active(media_type) && is_shown_in_place(media_type),
                "{media_type}"
            );
        }
        assert!(!is_shown_in_place("text/plain") && !is_shown_in_place("application/zip"));
    }
}
