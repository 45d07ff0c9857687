//! The report of a run: what it ran on, and its figures, each judged by a goal if it has one.
//! Printed as a table for people and written as JSON for machines; both say the same.

use crate::machine::Machine;
use crate::stats::ratio;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What a figure must reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// As a part of the floor's figure.
    FloorAtLeast(f64),
    FloorAtMost(f64),
}

/// One measured number.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The workload, and how it was run: "direct, gzip".
    pub workload: String,
    /// "sqlite", "postgres", or "floor".
    pub store: &'static str,
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    /// `value ÷` the same figure of the floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_floor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<bool>,
}

impl Figure {
    pub fn new(
        workload: &str,
        store: &'static str,
        name: &'static str,
        value: f64,
        unit: &'static str,
    ) -> Figure {
        Figure {
            workload: workload.to_owned(),
            store,
            name,
            value,
            unit,
            to_floor: None,
            goal: None,
            pass: None,
        }
    }

    /// Adds the ratio to the floor's figure, if the floor was run.
    pub fn against(mut self, floor: Option<f64>) -> Figure {
        self.to_floor = floor.map(|floor| ratio(self.value, floor));
        self
    }

    /// The same figure of another workload.
    pub fn of_workload(mut self, workload: &str) -> Figure {
        self.workload = workload.to_owned();
        self
    }

    /// Judges the figure. A goal that speaks of the floor stays open when the floor was not run.
    pub fn goal(mut self, goal: Goal) -> Figure {
        self.goal = Some(goal);
        self.pass = match goal {
            Goal::AtLeast(least) => Some(self.value >= least),
            Goal::AtMost(most) => Some(self.value <= most),
            Goal::FloorAtLeast(least) => self.to_floor.map(|ratio| ratio >= least),
            Goal::FloorAtMost(most) => self.to_floor.map(|ratio| ratio <= most),
        };
        self
    }
}

/// Everything that is told of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub machine: Machine,
    /// How the run was set up: cores, durability of each store, sizes.
    pub setup: Vec<(String, String)>,
    pub figures: Vec<Figure>,
}

impl Report {
    pub fn new(machine: Machine) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            setup: Vec::new(),
            figures: Vec::new(),
        }
    }

    pub fn note(&mut self, name: &str, value: impl Into<String>) {
        self.setup.push((name.to_owned(), value.into()));
    }

    /// Figures that missed their goal.
    pub fn missed(&self) -> usize {
        let figures = self.figures.iter();
        figures.filter(|figure| figure.pass == Some(false)).count()
    }

    pub fn text(&self) -> String {
        let machine = &self.machine;
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<12} {value}");
        };
        line(
            "machine",
            &format!(
                "{}, {} cores, {} MiB, Linux {}",
                machine.processor, machine.cores, machine.memory_mib, machine.kernel
            ),
        );
        line(
            "disk",
            &format!(
                "{:.0} fdatasync/s of 4 KiB (p50 {} µs, p99 {} µs, max {} µs)",
                machine.fdatasync_per_s,
                machine.fdatasync.p50_us,
                machine.fdatasync.p99_us,
                machine.fdatasync.max_us
            ),
        );
        for (name, value) in &self.setup {
            line(name, value);
        }
        text.push('\n');
        text.push_str(&self.table());
        text
    }

    fn table(&self) -> String {
        let head = [
            "workload", "store", "figure", "value", "÷ floor", "goal", "",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.figures.iter().map(cells));
        let mut widths = [0; 7];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for row in &rows {
            for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
                let _ = if (3..=4).contains(&index) {
                    write!(text, "{cell:>width$}  ")
                } else {
                    write!(text, "{cell:<width$}  ")
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }

    pub fn write_json(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_vec_pretty(self)?;
        fs::write(path, json).with_context(|| format!("write {}", path.display()))
    }
}

fn cells(figure: &Figure) -> [String; 7] {
    let goal = match figure.goal {
        None => String::new(),
        Some(Goal::AtLeast(least)) => format!("≥ {least}"),
        Some(Goal::AtMost(most)) => format!("≤ {most}"),
        Some(Goal::FloorAtLeast(least)) => format!("≥ {least} × floor"),
        Some(Goal::FloorAtMost(most)) => format!("≤ {most} × floor"),
    };
    let verdict = match (figure.goal, figure.pass) {
        (_, Some(true)) => "pass",
        (_, Some(false)) => "MISSED",
        (Some(_), None) => "open",
        (None, None) => "",
    };
    [
        figure.workload.clone(),
        figure.store.to_owned(),
        figure.name.to_owned(),
        format!("{} {}", number(figure.value), figure.unit),
        figure.to_floor.map(number).unwrap_or_default(),
        goal,
        verdict.to_owned(),
    ]
}

/// Three digits that matter, none lost before the point.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
