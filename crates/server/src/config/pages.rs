//! The configuration as text: the example file that `init` writes and the page for `docs/`, both made from the keys
//! that `config.rs` asks for.

use std::fmt::Write;

use super::keys::{Key, Keys, environment_name};
use super::{Config, Source};
use crate::secret::Secret;

const LINE_CHARS_MAX: usize = 100;

/// The commented file: every key with its default, commented out, and the secrets that were drawn, by their keys.
pub(crate) fn example_file(drawn: &[(&str, &Secret)]) -> String {
    let mut text = String::from(
        "# The configuration of Switchboard. Keys behind a # show the defaults: remove the # to set one.\n\
         # Relative paths are relative to this file. Check it with `switchboard config check --config FILE`.\n",
    );
    for section in sections(&known_keys()) {
        let _ = write!(text, "\n[{}]\n", section.name);
        for (name, key) in section.keys {
            for line in wrapped(key.doc, LINE_CHARS_MAX - 2) {
                let _ = writeln!(text, "# {line}");
            }
            let drawn = drawn.iter().find(|(of, _)| *of == key.name);
            let _ = match (drawn, &key.default) {
                (Some((_, secret)), _) => {
                    writeln!(text, "{name} = \"{}\"\n", secret.reveal())
                }
                (_, Some(default)) => writeln!(text, "#{name} = {default}\n"),
                (_, None) => writeln!(text, "#{name} = \"…\"\n"),
            };
        }
        text.pop();
    }
    text
}

/// `docs/configuration.md`.
pub(crate) fn reference_page() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Written by `switchboard config doc`; change crates/server/src/config.rs and run `make docs`. -->\n\n\
         Switchboard reads `switchboard.toml` when it is named with `--config`, then environment variables, then\n\
         flags; the later overrides the earlier. `switchboard init` writes a commented file with strong secrets,\n\
         `switchboard config check --config FILE` says what is wrong with one, `switchboard config default` prints\n\
         one with the defaults. An unknown key is an error.\n\n\
         The environment variable of `section.key` is `SWITCHBOARD__SECTION__KEY`; lists are separated by commas. A\n\
         secret may stand in a file of its own, named by the key with `_file` appended (`SWITCHBOARD__…_FILE`).\n\
         Relative paths in the file are relative to the file, elsewhere to the working directory.\n",
    );
    for section in sections(&known_keys()) {
        let _ = write!(text, "\n## [{}]\n", section.name);
        for (name, key) in section.keys {
            let _ = write!(text, "\n### {name}\n\n");
            for line in wrapped(key.doc, LINE_CHARS_MAX) {
                let _ = writeln!(text, "{line}");
            }
            let default = key
                .default
                .as_ref()
                .map_or_else(|| "none".to_owned(), |default| format!("`{default}`"));
            let file = if key.secret {
                format!(", or from a file: `{name}_file`")
            } else {
                String::new()
            };
            let _ = write!(
                text,
                "\nDefault: {default}. Environment: `{}`{file}.\n",
                environment_name(key.name)
            );
        }
    }
    text
}

struct Section<'a> {
    name: &'static str,
    keys: Vec<(&'static str, &'a Key)>,
}

/// The keys by section, in the order in which they are asked for.
fn sections(keys: &[Key]) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for key in keys {
        let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
        match sections.iter_mut().find(|known| known.name == section) {
            Some(known) => known.keys.push((name, key)),
            None => sections.push(Section {
                name: section,
                keys: vec![(name, key)],
            }),
        }
    }
    sections
}

fn known_keys() -> Vec<Key> {
    let mut keys = Keys::default();
    Config::read(&mut keys, &Source::default());
    keys.into_asked()
}

/// The text broken at spaces into lines of at most so many characters.
fn wrapped(text: &str, chars_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut chars = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if chars > 0 && chars + 1 + length > chars_max {
            lines.push(String::new());
            chars = 0;
        }
        if let Some(line) = lines.last_mut() {
            if chars > 0 {
                line.push(' ');
                chars += 1;
            }
            line.push_str(word);
        }
        chars += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_is_the_defaults() {
        let text = example_file(&[("openim.secret", &Secret::new("a secret for the example"))]);
        let key_in = |line: &str| {
            line.strip_prefix('#')
                .filter(|key| !key.starts_with(' '))
                .map(str::to_owned)
        };
        let uncommented: Vec<_> = text
            .lines()
            .filter(|line| !line.contains('…'))
            .map(|line| key_in(line).unwrap_or_else(|| line.to_owned()))
            .collect();
        let uncommented = uncommented.join("\n");
        let mut keys = Keys::default();
        keys.add_text(&uncommented).expect("valid TOML");
        let config = Config::read(
            &mut keys,
            &Source {
                file: Some("x".into()),
                data_dir: None,
            },
        );
        assert_eq!(keys.into_problems(), Vec::<String>::new(), "{uncommented}");
        assert_eq!(
            config.expect("complete").openim.secret.reveal(),
            "a secret for the example"
        );
    }

    #[test]
    fn long_text_is_wrapped_at_spaces() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
    }
}
