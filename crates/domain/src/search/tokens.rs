//! One tokenizer for what is indexed and what is asked. Words of scripts with spaces are tokens; runs of scripts
//! without spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) are cut into overlapping pairs, so that every
//! word of two characters and more is found without a dictionary, as a phrase of pairs. Texts are compared without
//! regard to case, width and accents. Tokens hold letters, digits and marks only: nothing in them can be taken for the
//! syntax of an index.

use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};
use crate::limits;

/// What is looked for: all of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub phrases: Vec<Phrase>,
}

/// Tokens that follow on one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub tokens: Vec<String>,
    /// The last token may go on.
    pub is_prefix: bool,
}

/// The tokens of a text, in order. A run of a script without spaces gives each pair of neighbours and at last its last
/// character alone: so every character begins a token, and a single one is found as a prefix.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => tokens.push(word),
            Run::Dense(characters) => {
                for at in 0..characters.len() {
                    let until = (at + 2).min(characters.len());
                    tokens.push(characters[at..until].iter().collect());
                }
            }
        }
        if tokens.len() >= limits::SEARCH_TOKENS_MAX {
            tokens.truncate(limits::SEARCH_TOKENS_MAX);
            break;
        }
    }
    tokens
}

impl Query {
    /// Words stand for themselves, each anywhere in the message; "words in quotes" follow on one another; a word with
    /// a star goes on.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > limits::SEARCH_QUERY_BYTES_MAX {
            return Err(Error::invalid("keyword", "is too long"));
        }
        let mut phrases: Vec<Phrase> = Vec::new();
        // Every second part stands between quotes; one that is not closed ends with the text.
        for (number, part) in text.split(is_quote).enumerate() {
            let is_quoted = number % 2 == 1;
            if is_quoted {
                phrases.extend(Phrase::parse(part, false));
            } else {
                for word in part.split_whitespace() {
                    phrases.extend(Phrase::parse(word, word.ends_with(['*', '＊'])));
                }
            }
        }
        // Said twice is said once.
        let mut distinct: Vec<Phrase> = Vec::new();
        for phrase in phrases {
            if !distinct.contains(&phrase) {
                distinct.push(phrase);
            }
        }
        if distinct.is_empty() {
            return Err(Error::invalid("keyword", "has no letter or digit"));
        }
        if distinct.len() > limits::SEARCH_PHRASES_MAX {
            return Err(Error::invalid("keyword", "has too many words"));
        }
        Ok(Self { phrases: distinct })
    }

    /// Whether a message with these tokens is meant. The index answers the same; this is what it is tested against, and
    /// what tells whether a message still says what it was found by.
    pub fn matches(&self, tokens: &[String]) -> bool {
        self.phrases
            .iter()
            .all(|phrase| (0..tokens.len()).any(|at| phrase.stands_at(&tokens[at..])))
    }
}

impl Phrase {
    /// `None` if there is nothing in it to look for.
    fn parse(text: &str, is_starred: bool) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut is_prefix = is_starred;
        let mut runs = runs(text).into_iter().peekable();
        while let Some(run) = runs.next() {
            let is_last = runs.peek().is_none();
            match run {
                Run::Word(word) => tokens.push(word),
                Run::Dense(characters) if characters.len() == 1 => {
                    // Alone at the end it may begin a pair; before another word it must end its run.
                    is_prefix |= is_last;
                    tokens.push(characters.iter().collect());
                }
                Run::Dense(characters) => {
                    for pair in characters.windows(2) {
                        tokens.push(pair.iter().collect());
                    }
                    if is_last {
                        // What follows on a pair is in the next pair already.
                        is_prefix = false;
                    } else {
                        tokens.extend(characters.last().map(char::to_string));
                    }
                }
            }
        }
        (!tokens.is_empty()).then_some(Self { tokens, is_prefix })
    }

    fn stands_at(&self, tokens: &[String]) -> bool {
        if tokens.len() < self.tokens.len() {
            return false;
        }
        let last = self.tokens.len() - 1;
        self.tokens
            .iter()
            .zip(tokens)
            .enumerate()
            .all(|(n, (wanted, found))| {
                if n == last && self.is_prefix {
                    found.starts_with(wanted.as_str())
                } else {
                    wanted == found
                }
            })
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '＂')
}

enum Run {
    Word(String),
    Dense(Vec<char>),
}

/// Folds the text and cuts it where the kind of script changes and at everything that is no letter, digit or mark.
fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut cut = |folded: &mut dyn Iterator<Item = char>| {
        let (mut word, mut dense) = (String::new(), Vec::new());
        // The last character of every text is a separator.
        for c in folded.chain(std::iter::once(' ')) {
            let is_dense = is_dense(c);
            let is_word = !is_dense && (c.is_alphanumeric() || is_joining_mark(c));
            if !is_dense && !dense.is_empty() {
                runs.push(Run::Dense(std::mem::take(&mut dense)));
            }
            if !is_word && !word.is_empty() {
                runs.push(Run::Word(std::mem::take(&mut word)));
            }
            if is_dense {
                dense.push(c);
            } else if is_word && word.len() < limits::SEARCH_WORD_BYTES_MAX {
                word.push(c);
            }
        }
    };
    if text.is_ascii() {
        cut(&mut text.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        // Decomposed first: that makes wide forms narrow and takes accents off. Composed again, because the voicing
        // marks of kana and the letters of Hangul syllables belong to their characters.
        cut(&mut text
            .nfkd()
            .filter(|c| !is_accent(*c))
            .flat_map(char::to_lowercase)
            .filter(|c| !is_accent(*c))
            .nfc());
    }
    runs
}

/// The accents of Latin, Greek and Cyrillic letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Marks inside words of Indian scripts, which are no letters to Unicode.
fn is_joining_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}' | '\u{200c}' | '\u{200d}')
        && !c.is_ascii()
        && !matches!(c, '\u{964}' | '\u{965}')
}

/// Whether the script puts no spaces between words.
fn is_dense(c: char) -> bool {
    matches!(c,
        // Thai, Lao, Burmese, Khmer
        '\u{e01}'..='\u{e4f}' | '\u{e81}'..='\u{ecd}' | '\u{1000}'..='\u{1049}' | '\u{1780}'..='\u{17d3}'
        // Hangul letters, radicals, ideographic marks, kana, bopomofo
        | '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{318e}'
        | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        // ideographs and Hangul syllables
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text).expect("a query")
    }

    fn finds(query: &str, text: &str) -> bool {
        parse(query).matches(&tokens(text))
    }

    #[test]
    fn texts_become_words_and_pairs() {
        assert_eq!(tokens("Hello, World-42"), ["hello", "world", "42"]);
        assert_eq!(tokens("你好吗"), ["你好", "好吗", "吗"]);
        assert_eq!(tokens("用iPhone 手机"), ["用", "iphone", "手机", "机"]);
        assert_eq!(tokens("カタカナ"), ["カタ", "タカ", "カナ", "ナ"]);
        assert_eq!(tokens("안녕"), ["안녕", "녕"]);
        assert_eq!(tokens("…!?👍 "), Vec::<String>::new());
    }

    #[test]
    fn case_width_and_accents_do_not_count() {
        assert_eq!(tokens("ＡＢＣ１２３"), ["abc123"]);
        assert_eq!(tokens("Café ÉTÉ"), tokens("cafe ete"));
        assert_eq!(tokens("ﾊﾟｿｺﾝ"), tokens("パソコン"));
        assert_eq!(tokens("İstanbul"), tokens("istanbul"));
        assert_eq!(tokens("ﬁn"), ["fin"]);
        assert_eq!(tokens("ガ"), tokens("カ\u{3099}"));
        assert_ne!(tokens("ガ"), tokens("カ"));
    }

    #[test]
    fn words_may_stand_anywhere_and_quoted_ones_in_a_row() {
        assert!(finds("world hello", "Hello wide world"));
        assert!(!finds("world peace", "Hello wide world"));
        assert!(finds("\"wide world\"", "Hello wide world"));
        assert!(!finds("\"hello world\"", "Hello wide world"));
        assert!(finds("“wide world” hello", "Hello wide world"));
        assert!(finds("\"wide world", "Hello wide world"), "left open");
        assert!(finds("e-mail", "my E-Mail address"));
        assert!(!finds("e-mail", "mail e"));
        assert!(!finds("wor", "Hello world"));
        assert!(finds("wor*", "Hello world"));
    }

    #[test]
    fn any_part_of_a_dense_run_is_found() {
        let text = "今天天气很好，我们去公园吧";
        for query in [
            "今天",
            "天气",
            "天天气",
            "很好",
            "公园吧",
            "吧",
            "好",
            "我们去公园吧",
            "天气 公园",
        ] {
            assert!(finds(query, text), "{query}");
        }
        for query in ["天公", "气天", "很好我们", "好吧", "国"] {
            assert!(!finds(query, text), "{query}");
        }
        assert!(finds("用iPhone手", "我用iPhone手机"));
        assert!(!finds("用iPhone手", "我用于iPhone手机"));
    }

    #[test]
    fn queries_have_bounds() {
        for empty in ["", "  ", "\"\"", "!?", "👍 -"] {
            assert!(Query::parse(empty).is_err(), "{empty:?}");
        }
        assert!(Query::parse(&"a".repeat(limits::SEARCH_QUERY_BYTES_MAX + 1)).is_err());
        let many: String = (0..=limits::SEARCH_PHRASES_MAX)
            .map(|n| format!("w{n} "))
            .collect();
        assert!(Query::parse(&many).is_err());
        assert_eq!(parse("a A a").phrases.len(), 1);
    }

    proptest! {
        #[test]
        fn tokens_hold_nothing_but_letters_digits_and_marks(text in any::<String>()) {
            let tokens = tokens(&text);
            prop_assert!(tokens.len() <= limits::SEARCH_TOKENS_MAX);
            for token in tokens {
                prop_assert!(!token.is_empty() && token.len() <= limits::SEARCH_WORD_BYTES_MAX + 4);
                prop_assert!(
                    token.chars().all(|c| c.is_alphanumeric() || is_joining_mark(c) || is_dense(c)),
                    "{token:?}"
                );
            }
        }

        #[test]
        fn folding_is_stable(text in any::<String>()) {
            let once = tokens(&text);
            for token in &once {
                let again = tokens_of_query(token);
                prop_assert!(again.contains(token), "{token:?} became {again:?}");
            }
        }

        #[test]
        fn every_part_of_a_dense_text_is_found(
            text in "[一-三你我他天气好吗日本語カナ]{1,12}",
            from in 0usize..12,
            length in 1usize..12,
        ) {
            let characters: Vec<char> = text.chars().collect();
            let from = from % characters.len();
            let until = (from + length).min(characters.len());
            let part: String = characters[from..until].iter().collect();
            prop_assert!(finds(&part, &text), "{part} in {text}");
        }

        #[test]
        fn what_is_not_in_a_dense_text_is_not_found(
            text in "[你我他天气好吗]{1,10}",
            query in "[你我他天气好吗]{2,4}",
        ) {
            prop_assert_eq!(finds(&query, &text), text.contains(&query));
        }
    }

    fn tokens_of_query(token: &str) -> Vec<String> {
        Phrase::parse(token, false).map_or_else(Vec::new, |phrase| phrase.tokens)
    }
}
