//! The executable itself: the floor with a few users for a second, as a child of a child.

use serde_json::Value;
use std::process::Command;

#[test]
fn the_floor_delivers_and_reports() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_switchboard-load"))
        .args(["floor", "--users", "4", "--receivers", "3"])
        .args(["--seconds", "1", "--warm-up", "0", "--pin", "none"])
        .arg("--directory")
        .arg(directory.path())
        .arg("--json")
        .arg(&json)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(
        table.contains("done messages") && table.contains("deliveries"),
        "{table}"
    );

    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    for name in ["done messages", "deliveries", "ack p99"] {
        let figures = report["figures"].as_array().unwrap();
        let figure = figures.iter().find(|figure| figure["name"] == name);
        let figure = figure.unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(figure["store"], "floor");
        assert!(figure["value"].as_f64().unwrap() > 0.0, "{figure}");
    }
    // The report is all that is left.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}
