//! A guard for addresses that strangers give us: a server that calls them must not be led to machines that only it can
//! reach. The name is resolved here and only public addresses are handed to the client, so that what was checked is
//! what is called.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Url};

/// Lets a client connect to public addresses only. Redirects are not followed, for they lead elsewhere, and no proxy is
/// used, for it would resolve the name itself. Check every address with [`is_public_url`] besides: a number in place
/// of a name is not resolved.
pub fn public_only(client: ClientBuilder) -> ClientBuilder {
    client
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(PublicNames))
}

/// Whether the address may be called: HTTPS, without a password, and not a number that is not public.
pub fn is_public_url(url: &Url) -> bool {
    url.scheme() == "https"
        && url.username().is_empty()
        && url.password().is_none()
        && match url.host_str() {
            None => false,
            Some(host) => match host.trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(address) => is_public(address),
                Err(_) => true,
            },
        }
}

struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(io::Error::other("the name has no public address").into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is one of the Internet's: not of this machine, a private network, or reserved.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        // Shared by carriers, IETF protocols, benchmarks, and what is reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An IPv4 address in the clothes of IPv6 is what it is underneath: mapped, compatible, NAT64, 6to4.
    let segments = address.segments();
    let inner = match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some((high, low))
        }
        [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = inner {
        return is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    }
    // Global unicast is 2000::/3; of that, Teredo and the documentation prefix are not for calling.
    segments[0] & 0xe000 == 0x2000
        && !(segments[0] == 0x2001 && matches!(segments[1], 0 | 0xdb8))
        && segments[0] & 0xfff0 != 0x3ff0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_machines_nearby_are_not_public() {
        for inside in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
        ] {
            assert!(!is_public(inside.parse().expect(inside)), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(outside.parse().expect(outside)), "{outside}");
        }
    }

    #[test]
    fn only_https_without_a_password_is_called() {
        for (url, expected) in [
            ("https://push.example.com/x", true),
            ("http://push.example.com/x", false),
            ("https://user:secret@push.example.com/x", false),
            ("https://127.0.0.1/x", false),
            ("https://[::1]/x", false),
            ("https://2130706433/x", false),
            ("https://1.1.1.1/x", true),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(
                is_public_url(&Url::parse(url).expect(url)),
                expected,
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_resolved() {
        let client = public_only(reqwest::Client::builder())
            .build()
            .expect("a client");
        let error = client
            .get("https://localhost:9/")
            .send()
            .await
            .expect_err("refused");
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        let mut told = String::new();
        while let Some(error) = source {
            told += &error.to_string();
            source = error.source();
        }
        assert!(told.contains("no public address"), "{told}");
    }
}
