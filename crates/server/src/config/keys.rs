//! How configuration is read. `config.rs` asks for each key once, with its default and its description; from these
//! questions come the values, the complaints about keys nobody asked for, the example file and the documentation.
//! Problems are gathered, so that one start shows all of them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::secret::Secret;

/// What the environment variables begin with; the rest is the key, with `__` for the dot.
const ENVIRONMENT_PREFIX: &str = "SWITCHBOARD__";

/// A secret may stand in a file of its own, whose path is given under this name.
const FILE_SUFFIX: &str = "_file";

/// Everything that was given, everything that was asked for, and what was wrong with it.
#[derive(Default)]
pub(crate) struct Keys {
    given: BTreeMap<String, Given>,
    /// Where the file is, if there is one. Paths in it, and default paths, start from there.
    directory: PathBuf,
    asked: Vec<Key>,
    /// Asked for too, but described under another name.
    unlisted: Vec<Key>,
    problems: Vec<String>,
}

/// What a key was given is wrong, and the problem is noted.
pub(crate) struct Noted;

/// A key that the program knows.
pub(crate) struct Key {
    pub name: &'static str,
    /// As it would stand in the file; `None` if there is no default.
    pub default: Option<String>,
    pub doc: &'static str,
    pub secret: bool,
}

struct Given {
    value: Value,
    origin: Origin,
}

/// Where a value comes from: for messages, and because paths in the environment start from the working directory.
#[derive(Clone, Copy, PartialEq)]
enum Origin {
    File,
    Environment,
}

impl Keys {
    /// Adds what a file says, or says why it cannot be read.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {shown}: {error}"))?;
        self.directory = path.parent().unwrap_or(Path::new("")).to_owned();
        self.add_text(&text).map_err(|error| {
            format!(
                "{shown} is not valid TOML: {}",
                error.to_string().trim_end()
            )
        })
    }

    /// Adds what the text of a file says.
    pub(crate) fn add_text(&mut self, text: &str) -> Result<(), toml::de::Error> {
        self.add_table("", text.parse()?);
        Ok(())
    }

    /// Adds what the environment says; it overrides the file.
    pub(crate) fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let set: Vec<_> = variables
            .filter_map(|(variable, text)| {
                Some((variable.strip_prefix(ENVIRONMENT_PREFIX)?.to_owned(), text))
            })
            .map(|(rest, text)| (rest.to_lowercase().replace("__", "."), text))
            .collect();
        for (name, _) in &set {
            // A secret and the file that holds it are one thing: either spelling here overrides both of the file.
            let name = name.strip_suffix(FILE_SUFFIX).unwrap_or(name);
            self.given.remove(name);
            self.given.remove(&format!("{name}{FILE_SUFFIX}"));
        }
        for (name, text) in set {
            self.given.insert(
                name,
                Given {
                    value: Value::String(text),
                    origin: Origin::Environment,
                },
            );
        }
    }

    fn add_table(&mut self, prefix: &str, table: toml::Table) {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            match value {
                Value::Table(table) => self.add_table(&format!("{name}."), table),
                value => {
                    self.given.insert(
                        name,
                        Given {
                            value,
                            origin: Origin::File,
                        },
                    );
                }
            }
        }
    }

    pub(crate) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    /// Asks for keys that the documentation describes once for many.
    pub(crate) fn unlisted<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        let listed = self.asked.len();
        let answer = ask(self);
        self.unlisted.extend(self.asked.drain(listed..));
        answer
    }

    /// The keys that were asked for, in that order.
    pub(crate) fn into_asked(self) -> Vec<Key> {
        self.asked
    }

    /// All problems; among them, what was given and nobody asked for.
    pub(crate) fn into_problems(mut self) -> Vec<String> {
        for (name, given) in &self.given {
            let shown = given.origin.spell(name);
            let known = self.asked.iter().chain(&self.unlisted);
            self.problems.push(match nearest(name, known) {
                Some(known) => format!(
                    "unknown key {shown}; did you mean {}?",
                    given.origin.spell(known)
                ),
                None => format!("unknown key {shown}"),
            });
        }
        self.problems
    }

    pub(crate) fn text(&mut self, name: &'static str, default: &str, doc: &'static str) -> String {
        self.ask(name, Some(quoted(default)), doc, false);
        let given = self.take(name).and_then(|given| self.string(name, given));
        given.map_or_else(|| default.to_owned(), |(text, _)| text)
    }

    /// A text that `parse` makes sense of; it says what is wrong in words that follow the key.
    pub(crate) fn parsed<T, E: Display>(
        &mut self,
        name: &'static str,
        default: &str,
        doc: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name, default, doc);
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(format!("{name} = {} {error}", quoted(&text)));
                None
            }
        }
    }

    pub(crate) fn path(&mut self, name: &'static str, default: &str, doc: &'static str) -> PathBuf {
        self.ask(name, Some(quoted(default)), doc, false);
        match self.take(name).and_then(|given| self.string(name, given)) {
            Some((text, origin)) => self.start_of(origin).join(text),
            None => self.directory.join(default),
        }
    }

    pub(crate) fn flag(&mut self, name: &'static str, default: bool, doc: &'static str) -> bool {
        self.ask(name, Some(default.to_string()), doc, false);
        let Some(given) = self.take(name) else {
            return default;
        };
        let flag = match (&given.value, given.origin) {
            (Value::Boolean(flag), _) => Some(*flag),
            (Value::String(text), Origin::Environment) => text.trim().parse().ok(),
            _ => None,
        };
        flag.unwrap_or_else(|| {
            self.problem(format!(
                "{} must be true or false",
                given.origin.spell(name)
            ));
            default
        })
    }

    /// A path without a default.
    pub(crate) fn optional_path(
        &mut self,
        name: &'static str,
        doc: &'static str,
    ) -> Option<PathBuf> {
        self.ask(name, None, doc, false);
        let given = self.take(name)?;
        let (text, origin) = self.string(name, given)?;
        Some(self.start_of(origin).join(text))
    }

    pub(crate) fn number(
        &mut self,
        name: &'static str,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
        doc: &'static str,
    ) -> i64 {
        self.ask(name, Some(default.to_string()), doc, false);
        let Some(given) = self.take(name) else {
            return default;
        };
        let number = match (&given.value, given.origin) {
            (Value::Integer(number), _) => Some(*number),
            (Value::String(text), Origin::Environment) => text.trim().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => number,
            _ => {
                let (low, high) = range.into_inner();
                let shown = given.origin.spell(name);
                self.problem(format!(
                    "{shown} must be a whole number from {low} to {high}"
                ));
                default
            }
        }
    }

    /// A list of texts; in the environment they are separated by commas.
    pub(crate) fn list(
        &mut self,
        name: &'static str,
        default: &[&str],
        doc: &'static str,
    ) -> Vec<String> {
        let quoted: Vec<_> = default.iter().copied().map(quoted).collect();
        self.ask(name, Some(format!("[{}]", quoted.join(", "))), doc, false);
        let default = || default.iter().copied().map(str::to_owned).collect();
        let Some(given) = self.take(name) else {
            return default();
        };
        let texts: Option<Vec<_>> = match (&given.value, given.origin) {
            (Value::Array(values), _) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect(),
            (Value::String(text), Origin::Environment) => Some(
                text.split(',')
                    .map(|part| part.trim().to_owned())
                    .filter(|part| !part.is_empty())
                    .collect(),
            ),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.problem(format!(
                "{} must be a list of texts",
                given.origin.spell(name)
            ));
            default()
        })
    }

    /// A secret, or the file that holds it (`NAME_file`), and the directory that a path in it would start from.
    /// There is no default.
    pub(crate) fn secret(
        &mut self,
        name: &'static str,
        doc: &'static str,
    ) -> Result<Option<(Secret, PathBuf)>, Noted> {
        self.ask(name, None, doc, true);
        let file_name = format!("{name}{FILE_SUFFIX}");
        let (given, file) = (self.take(name), self.take(&file_name));
        match (given, file) {
            (None, None) => Ok(None),
            (Some(given), None) => {
                let (text, origin) = self.string(name, given).ok_or(Noted)?;
                Ok(Some((Secret::new(text), self.start_of(origin).to_owned())))
            }
            (None, Some(file)) => {
                let (path, origin) = self.string(&file_name, file).ok_or(Noted)?;
                let directory = self.start_of(origin).to_owned();
                let path = directory.join(path);
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    self.problem(format!(
                        "{file_name}: cannot read {}: {error}",
                        path.display()
                    ));
                    Noted
                })?;
                Ok(Some((
                    Secret::new(text.trim_end_matches(['\r', '\n'])),
                    directory,
                )))
            }
            (Some(_), Some(_)) => {
                self.problem(format!("{name} and {file_name} are both set; keep one"));
                Err(Noted)
            }
        }
    }

    /// Where relative paths of this origin start from.
    fn start_of(&self, origin: Origin) -> &Path {
        match origin {
            Origin::File => &self.directory,
            Origin::Environment => Path::new(""),
        }
    }

    fn ask(
        &mut self,
        name: &'static str,
        default: Option<String>,
        doc: &'static str,
        secret: bool,
    ) {
        self.asked.push(Key {
            name,
            default,
            doc,
            secret,
        });
    }

    fn take(&mut self, name: &str) -> Option<Given> {
        self.given.remove(name)
    }

    fn string(&mut self, name: &str, given: Given) -> Option<(String, Origin)> {
        match given.value {
            Value::String(text) => Some((text, given.origin)),
            _ => {
                self.problem(format!("{name} must be a text in quotes"));
                None
            }
        }
    }
}

impl Origin {
    /// A key as it is written there.
    fn spell(self, name: &str) -> String {
        match self {
            Self::File => name.to_owned(),
            Self::Environment => environment_name(name),
        }
    }
}

/// The environment variable of a key.
pub(crate) fn environment_name(name: &str) -> String {
    format!(
        "{ENVIRONMENT_PREFIX}{}",
        name.replace('.', "__").to_uppercase()
    )
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The known key that looks most like `name`, if any looks like it.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a Key>) -> Option<&'a str> {
    let likeness = |key: &Key| strsim::normalized_damerau_levenshtein(name, key.name);
    let best = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.4).then_some(best.name)
}
