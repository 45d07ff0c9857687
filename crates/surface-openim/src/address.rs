//! Addresses of files: where clients reach us, and what stands in the path. Behind a proxy the request's own host is
//! not what clients see, so proxies say it in headers; a configured address overrides them all.

use axum::http::HeaderMap;
use domain::error::Result;
use domain::files::{File, FileLink};

/// Marks a path segment that is no part of a name; user ids and file names do not begin with it.
pub(crate) const MARK: char = ':';

const ADDRESS_BYTES_MAX: usize = 512;

/// The address of the REST API as the client of one request sees it, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// `path` is that of a request to `/object/…`, with everything that we are mounted under. `None` if the request
    /// does not say whom it was for.
    pub(crate) fn of(public_url: Option<&str>, headers: &HeaderMap, path: &str) -> Option<Self> {
        if let Some(url) = public_url {
            return Some(Self(url.trim_end_matches('/').to_owned()));
        }
        if let Some(url) = header(headers, "x-request-api").filter(|url| is_address(url)) {
            return Some(Self(url.trim_end_matches('/').to_owned()));
        }
        let scheme = header(headers, "x-forwarded-proto")
            .filter(|scheme| matches!(*scheme, "http" | "https"))
            .unwrap_or("http");
        let host = header(headers, "x-forwarded-host")
            .filter(|host| is_host(host))
            .or_else(|| header(headers, "host").filter(|host| is_host(host)))?;
        let before = header(headers, "x-forwarded-prefix")
            .filter(|prefix| prefix.starts_with('/') && is_plain(prefix))
            .unwrap_or_default()
            .trim_end_matches('/');
        let mount = path.rfind("/object/").map_or("", |at| &path[..at]);
        Some(Self(format!("{scheme}://{host}{before}{mount}")))
    }

    /// Where a file is read, by whoever has the link; without one, by whoever may.
    pub(crate) fn of_file(&self, file: &File, link: Option<&FileLink>) -> Result<String> {
        let name = encoded(&file.name);
        Ok(match link {
            Some(link) => format!("{}/object/{MARK}{}/{name}", self.0, link.text),
            None => format!("{}/object/{name}", self.0),
        })
    }

    /// Where something of an upload is sent to.
    pub(crate) fn of_upload(&self, what: &str, id: &str) -> String {
        format!("{}/object/{MARK}{what}/{id}", self.0)
    }
}

/// The first value of a header that proxies append to.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value
        .split(',')
        .next()
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        is_host(host) && is_plain(path)
    })
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ADDRESS_BYTES_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

fn is_plain(path: &str) -> bool {
    path.len() <= ADDRESS_BYTES_MAX
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/.-_~%".contains(&byte))
}

/// A name as it stands in a path.
pub(crate) fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn base(
        public_url: Option<&str>,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Option<String> {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).expect("a value"),
                )
            })
            .collect();
        Base::of(public_url, &headers, path).map(|base| base.0)
    }

    #[test]
    fn the_nearest_proxy_to_the_client_is_believed() {
        const PATH: &str = "/openim/object/part_limit";
        let host = ("host", "10.0.0.1:8080");
        for (headers, expected) in [
            (&[host][..], "http://10.0.0.1:8080/openim"),
            (
                &[
                    host,
                    ("x-forwarded-proto", "https, http"),
                    ("x-forwarded-host", "im.example.org"),
                ],
                "https://im.example.org/openim",
            ),
            (
                &[host, ("x-forwarded-prefix", "/chat/")],
                "http://10.0.0.1:8080/chat/openim",
            ),
            (
                &[
                    host,
                    ("x-request-api", "https://im.example.org/api/"),
                    ("x-forwarded-host", "x"),
                ],
                "https://im.example.org/api",
            ),
            (
                &[host, ("x-request-api", "javascript:alert(1)")],
                "http://10.0.0.1:8080/openim",
            ),
            (
                &[host, ("x-forwarded-host", "a b")],
                "http://10.0.0.1:8080/openim",
            ),
            (
                &[host, ("x-forwarded-proto", "ftp")],
                "http://10.0.0.1:8080/openim",
            ),
        ] {
            assert_eq!(
                base(None, PATH, headers).as_deref(),
                Some(expected),
                "{headers:?}"
            );
        }
        let configured = base(Some("https://files.example.org/"), PATH, &[host]);
        assert_eq!(configured.as_deref(), Some("https://files.example.org"));
        assert_eq!(
            base(None, "/object/x", &[host]).as_deref(),
            Some("http://10.0.0.1:8080")
        );
        assert_eq!(base(None, PATH, &[]), None);
    }

    #[test]
    fn a_name_is_encoded_but_for_its_slashes() {
        assert_eq!(encoded("alice/a b/ü?.txt"), "alice/a%20b/%C3%BC%3F.txt");
    }
}
