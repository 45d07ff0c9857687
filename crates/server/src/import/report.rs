//! What came of an import, for people and for programs.

use std::fmt::Write;
use std::time::Duration;

use domain::import::{Import, Step};
use serde_json::json;

use super::dump::Dump;

/// Collections that are in a dump but not taken, and why.
const NOT_TAKEN: [(&str, &str); 3] = [
    (
        "s3",
        "the files of messages were not copied: messages keep the addresses that they have, so the old object storage \
         must stay reachable under them",
    ),
    ("log", "the logs that devices uploaded were left behind"),
    (
        "cache",
        "logins were left behind: everybody logs in once with a token of this server",
    ),
];

pub(super) struct Report<'a> {
    pub(super) import: &'a Import<'a>,
    pub(super) dump: &'a Dump,
    pub(super) fingerprint: &'a str,
    /// The import had been finished by an earlier run, and nothing was done.
    pub(super) was_finished: bool,
    pub(super) elapsed: Duration,
}

impl Report<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let state = if self.was_finished {
            "was imported before; nothing was changed"
        } else {
            "is imported"
        };
        let _ = writeln!(text, "{} {state}.\n", self.dump.directory.display());
        let _ = writeln!(
            text,
            "{:<22} {:>12} {:>12} {:>12}",
            "", "taken", "were there", "left out"
        );
        for step in counted() {
            let tally = self.import.progress(step).tally;
            let _ = writeln!(
                text,
                "{:<22} {:>12} {:>12} {:>12}",
                step.name(),
                tally.taken,
                tally.present,
                tally.skipped_in_all()
            );
        }
        for step in Step::ALL {
            let tally = self.import.progress(step).tally;
            for (reason, count) in &tally.skipped {
                let _ = writeln!(text, "  left out of {}: {count} × {reason}", step.name());
            }
            for (what, count) in &tally.changed {
                let _ = writeln!(text, "  {}: {count} × {what}", step.name());
            }
            for problem in &tally.problems {
                let _ = writeln!(text, "    {problem}");
            }
        }
        for (_, note) in self.not_taken() {
            let _ = writeln!(text, "  {note}");
        }
        let _ = writeln!(
            text,
            "\nTook {:.1} s in this run, {:.1} s since it was begun. Next: `switchboard serve`, and give the \
             applications the new addresses.",
            self.elapsed.as_secs_f64(),
            self.seconds_in_all()
        );
        text
    }

    pub(super) fn json(&self) -> String {
        let steps: serde_json::Map<_, _> = Step::ALL
            .into_iter()
            .map(|step| {
                let tally = self.import.progress(step).tally;
                let value = json!({
                    "taken": tally.taken,
                    "present": tally.present,
                    "skipped": tally.skipped,
                    "changed": tally.changed,
                    "problems": tally.problems,
                });
                (step.name().to_owned(), value)
            })
            .collect();
        let notes: Vec<_> = self.not_taken().map(|(_, note)| note).collect();
        let report = json!({
            "fingerprint": self.fingerprint,
            "was_finished": self.was_finished,
            "steps": steps,
            "not_taken": notes,
            "seconds": self.elapsed.as_secs_f64(),
            "seconds_in_all": self.seconds_in_all(),
        });
        format!("{report}\n")
    }

    fn not_taken(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let in_dump = |(collection, _): &(&str, &str)| self.dump.has(collection);
        NOT_TAKEN.into_iter().filter(in_dump)
    }

    fn seconds_in_all(&self) -> f64 {
        let end = self.import.finished_at.unwrap_or(self.import.started_at);
        (end - self.import.started_at) as f64 / 1000.0
    }
}

/// The steps that take records one by one.
fn counted() -> impl Iterator<Item = Step> {
    Step::ALL.into_iter().filter(|step| {
        !matches!(
            step,
            Step::Settling | Step::VersionLogsOfAccounts | Step::VersionLogsOfGroups
        )
    })
}
