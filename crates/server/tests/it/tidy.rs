//! The shape of the workspace: who may depend on whom, where SQL may stand, and small habits that no compiler checks.
//! `docs/ARCHITECTURE.md` says why; these tests say when it is no longer so.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate, and what of ours it may depend on. A new arrow is a decision: write a page in `docs/decisions/`.
const ARROWS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("wire", &[]),
    ("store", &["domain"]),
    ("realtime", &["domain"]),
    ("providers", &["domain", "wire"]),
    ("surface-openim", &["domain", "wire", "realtime"]),
    (
        "server",
        &[
            "domain",
            "wire",
            "store",
            "realtime",
            "providers",
            "surface-openim",
        ],
    ),
    ("load", &["wire", "store"]),
    ("testkit", &["domain", "store", "providers", "realtime"]),
];

/// Crates of others that only some of ours may use directly. `deny.toml` says the same to cargo-deny.
const CONFINED: [(&str, &[&str]); 6] = [
    // `realtime` has axum's WebSocket in its one socket loop; `load` measures against a bare server made of it.
    ("axum", &["realtime", "surface-openim", "server", "load"]),
    // The server's tests forge a newer schema.
    ("rusqlite", &["store", "server"]),
    ("tokio-postgres", &["store", "testkit"]),
    ("deadpool-postgres", &["store"]),
    ("object_store", &["providers"]),
    ("image", &["providers", "testkit"]),
];

/// What tests of any crate may use beside its own arrows: the fake of the store is the embedded store itself.
const FOR_TESTS: [&str; 3] = ["testkit", "store", "providers"];

/// Directories that hold nothing of ours.
const SKIPPED: [&str; 6] = [
    "target",
    "node_modules",
    ".git",
    "data",
    "corpus",
    "artifacts",
];

#[test]
fn arrows_point_inward() {
    let arrows: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let ours: BTreeSet<_> = packages().into_iter().map(|package| package.name).collect();
    let mut wrong = Vec::new();
    for package in packages() {
        let Some(allowed) = arrows.get(package.name.as_str()) else {
            wrong.push(format!("{} is not in the table of arrows", package.name));
            continue;
        };
        for (dependency, kind) in package.dependencies {
            let is_ours = ours.contains(&dependency);
            let is_for_tests = kind == Kind::Tests && FOR_TESTS.contains(&dependency.as_str());
            if is_ours && !is_for_tests && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{} → {dependency}", package.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn heavy_crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for package in packages() {
        for (confined, allowed) in CONFINED {
            let uses = package
                .dependencies
                .iter()
                .any(|(dependency, _)| dependency == confined);
            if uses && !allowed.contains(&package.name.as_str()) {
                wrong.push(format!("{} → {confined}", package.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn sql_is_written_in_the_store_only() {
    let keywords = [
        "SELECT ",
        "INSERT INTO ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "ALTER TABLE ",
        " SET ",
    ];
    let mut wrong = Vec::new();
    for file in rust_files().into_iter().filter(|file| is_in(file, "src")) {
        if FOR_TESTS.iter().any(|of_sql| is_in(&file, of_sql)) {
            continue;
        }
        for (number, line) in read(&file).lines().enumerate() {
            if keywords.iter().any(|keyword| line.contains(keyword)) {
                wrong.push(format!("{}:{}", shown(&file), number + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_file_says_what_it_holds() {
    let headless = rust_files()
        .into_iter()
        .filter(|file| !read(file).starts_with("//!"));
    assert_eq!(
        headless.map(|file| shown(&file)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

#[test]
fn every_file_is_reached_by_a_mod_line() {
    let files: BTreeSet<_> = rust_files().into_iter().collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<_> = files.iter().filter(|file| is_root(file)).cloned().collect();
    while let Some(file) = open.pop() {
        for name in read(&file).lines().filter_map(module_name) {
            let folder = if is_root(&file) || is_named(&file, "mod.rs") {
                file.parent().expect("in a folder").to_owned()
            } else {
                file.with_extension("")
            };
            let candidates = [
                folder.join(format!("{name}.rs")),
                folder.join(name).join("mod.rs"),
            ];
            open.extend(
                candidates
                    .into_iter()
                    .filter(|candidate| files.contains(candidate)),
            );
        }
        reached.insert(file);
    }
    let dead = files.difference(&reached);
    assert_eq!(
        dead.map(|file| shown(file)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

#[test]
fn nothing_is_left_to_do_in_the_code() {
    let marker = concat!("todo", "!(");
    let unfinished = rust_files()
        .into_iter()
        .filter(|file| read(file).contains(marker));
    assert_eq!(
        unfinished.map(|file| shown(&file)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

#[test]
fn no_file_knows_a_path_of_one_machine() {
    let roots = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ];
    let mut wrong = Vec::new();
    for file in files_below(&workspace()) {
        // What is not text holds no path that anybody wrote.
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if roots.iter().any(|root| starts_a_path(line, root)) {
                wrong.push(format!("{}:{}", shown(&file), number + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

struct Package {
    name: String,
    dependencies: Vec<(String, Kind)>,
}

#[derive(PartialEq)]
enum Kind {
    Tests,
    Everything,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(workspace())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    list(&metadata["packages"])
        .iter()
        .map(|package| Package {
            name: name(package),
            dependencies: list(&package["dependencies"])
                .iter()
                .map(|dependency| {
                    let kind = if dependency["kind"] == "dev" {
                        Kind::Tests
                    } else {
                        Kind::Everything
                    };
                    (name(dependency), kind)
                })
                .collect(),
        })
        .collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace")
}

fn rust_files() -> Vec<PathBuf> {
    let files = files_below(&workspace().join("crates"));
    files
        .into_iter()
        .filter(|file| file.extension() == Some(OsStr::new("rs")))
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
    {
        let is_skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
        if is_skipped || entry.file_type().expect("a type").is_symlink() {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

/// A file that cargo finds without a `mod` line.
fn is_root(file: &Path) -> bool {
    let is_in_folder = |name: &str| file.parent().is_some_and(|folder| folder.ends_with(name));
    is_named(file, "main.rs")
        || is_named(file, "lib.rs")
        || is_named(file, "build.rs")
        || ["tests", "benches", "examples", "bin", "fuzz_targets"]
            .into_iter()
            .any(is_in_folder)
}

/// The name in a line like `pub(crate) mod name;`.
fn module_name(line: &str) -> Option<&str> {
    let (before, rest) = line.trim().split_once("mod ")?;
    let is_plain = before.is_empty() || before.starts_with("pub");
    rest.strip_suffix(';').filter(|_| is_plain)
}

/// Whether `root` stands in the line as the beginning of a path and not in the middle of one.
fn starts_a_path(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-}/".contains(c))
    })
}

fn is_in(file: &Path, folder: &str) -> bool {
    file.components()
        .any(|component| component.as_os_str() == folder)
}

fn is_named(file: &Path, name: &str) -> bool {
    file.file_name() == Some(OsStr::new(name))
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", shown(file)))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(workspace())
        .unwrap_or(file)
        .display()
        .to_string()
}
