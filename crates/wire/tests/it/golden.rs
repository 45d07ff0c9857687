//! The captured frames, decoded from hex.

/// Native client, `compression` absent.
pub(crate) fn request_1001() -> Vec<u8> {
    from_hex(include_str!("../../golden/request_1001.hex"))
}

pub(crate) fn request_1001_gzip() -> Vec<u8> {
    from_hex(include_str!("../../golden/request_1001_gzip.hex"))
}

pub(crate) fn request_1003() -> Vec<u8> {
    from_hex(include_str!("../../golden/request_1003.hex"))
}

pub(crate) fn response_1001() -> Vec<u8> {
    from_hex(include_str!("../../golden/response_1001.hex"))
}

pub(crate) fn response_1003() -> Vec<u8> {
    from_hex(include_str!("../../golden/response_1003.hex"))
}

pub(crate) fn response_1403() -> Vec<u8> {
    from_hex(include_str!("../../golden/response_1403.hex"))
}

pub(crate) fn push_2001() -> Vec<u8> {
    from_hex(include_str!("../../golden/push_2001.hex"))
}

pub(crate) fn kick_2002() -> Vec<u8> {
    from_hex(include_str!("../../golden/kick_2002.hex"))
}

/// `#` starts a comment, white space means nothing.
fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(str::chars)
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}
