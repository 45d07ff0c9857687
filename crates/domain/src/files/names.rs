//! What a file may be called, and into how many parts it is cut.

use crate::error::{Error, Result};
use crate::limits;

const PARTS_MAX: u64 = limits::PARTS_MAX;

/// A name that can stand in an address and is read back from there: no control characters, no step up.
pub(super) fn check(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > limits::FILE_NAME_BYTES_MAX {
        return Err(Error::invalid("name", "must be 1 to 1024 bytes"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "has a control character"));
    }
    // What begins with a colon is an address of ours; see the surfaces.
    if name.starts_with(['/', ':']) {
        return Err(Error::invalid("name", "must not begin with `/` or `:`"));
    }
    if name.split('/').any(|step| matches!(step, "." | "..")) {
        return Err(Error::invalid(
            "name",
            "must not have `.` or `..` as a step",
        ));
    }
    Ok(())
}

/// The size of the parts of a file that is `size` long: what object stores demand at least, unless that would be too
/// many of them.
pub fn part_size_for(size: u64) -> u64 {
    limits::PART_BYTES_MIN.max(size.div_ceil(PARTS_MAX))
}

/// The part size of an upload: the client's choice if it has made one, because it has computed its hash with that.
pub(super) fn checked_part_size(size: u64, chosen: u64) -> Result<u64> {
    let part_size = if chosen == 0 {
        part_size_for(size)
    } else {
        chosen
    };
    if part_size < limits::PART_BYTES_MIN && part_size < size {
        return Err(Error::invalid("partSize", "must be 5 MiB at least"));
    }
    if part_size > limits::PART_BYTES_MAX {
        return Err(Error::invalid("partSize", "must be 5 GiB at most"));
    }
    if size.div_ceil(part_size) > PARTS_MAX {
        return Err(Error::invalid("partSize", "would make too many parts"));
    }
    Ok(part_size)
}

/// An empty file has one part, which is empty.
pub(super) fn parts(size: u64, part_size: u64) -> u32 {
    u32::try_from(size.div_ceil(part_size.max(1)).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_climb_or_pass_for_an_address_of_ours() {
        for good in [
            "alice/a.txt",
            "alice/a b/ü.png",
            "x",
            "alice/..a",
            "alice//b",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "x".repeat(limits::FILE_NAME_BYTES_MAX + 1);
        for bad in [
            "",
            "/a",
            ":part/x",
            "alice/../bob/x",
            "..",
            "a/./b",
            "a\nb",
            "a\0",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parts_are_as_large_as_they_must_be() {
        const MIB: u64 = 1 << 20;
        assert_eq!(part_size_for(1), 5 * MIB);
        assert_eq!(part_size_for(50_000 * MIB), 5 * MIB);
        assert_eq!(part_size_for(50_000 * MIB + 1), 5 * MIB + 1);
        assert_eq!(checked_part_size(11 * MIB, 0).ok(), Some(5 * MIB));
        assert_eq!(checked_part_size(11 * MIB, 6 * MIB).ok(), Some(6 * MIB));
        assert_eq!(checked_part_size(100, 100).ok(), Some(100));
        assert!(checked_part_size(101, 100).is_err());
        assert!(checked_part_size(60_000 * MIB, 5 * MIB).is_err());
        assert_eq!(
            (parts(11 * MIB, 5 * MIB), parts(0, 5), parts(5, 5)),
            (3, 1, 1)
        );
    }
}
