//! Messages as a team of Chinese, Japanese and English speakers would write them, made from a seed: few words are in
//! very many messages, most words are in few, as in any language. What is said is known again from its number, so that
//! queries can be taken from texts that were sent.

/// Characters that Chinese words are made of.
const HANZI: &str = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面\
    而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由\
    其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系";

const JAPANESE: [&str; 48] = [
    "です",
    "ます",
    "ありがとう",
    "お願いします",
    "今日",
    "明日",
    "会議",
    "資料",
    "東京",
    "大阪",
    "電車",
    "時間",
    "確認",
    "連絡",
    "予定",
    "変更",
    "場所",
    "コーヒー",
    "プロジェクト",
    "サーバー",
    "メール",
    "ファイル",
    "スケジュール",
    "テスト",
    "お疲れ様",
    "よろしく",
    "了解",
    "大丈夫",
    "質問",
    "回答",
    "問題",
    "解決",
    "報告",
    "週末",
    "来週",
    "昼休み",
    "ランチ",
    "駅前",
    "天気",
    "残業",
    "出張",
    "新幹線",
    "見積もり",
    "契約",
    "請求書",
    "打ち合わせ",
    "提案",
    "締め切り",
];

const ENGLISH: [&str; 64] = [
    "the", "and", "you", "for", "that", "with", "this", "have", "meeting", "tomorrow", "please",
    "thanks", "project", "server", "release", "review", "today", "report", "ticket", "customer",
    "invoice", "budget", "office", "coffee", "lunch", "morning", "deadline", "branch", "deploy",
    "database", "message", "search", "index", "network", "travel", "station", "contract",
    "payment", "update", "version", "feature", "design", "testing", "schedule", "weekend",
    "holiday", "question", "answer", "problem", "solution", "document", "picture", "video",
    "phone", "address", "delivery", "order", "price", "market", "partner", "manager", "support",
    "feedback", "garden",
];

/// Numbers that follow from a seed, well enough mixed for texts.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, each as likely.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Below `end`; the number n about n times as seldom as the number 1.
    fn ranked(&mut self, end: usize) -> usize {
        let part = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((end as f64).powf(part) as usize - 1).min(end - 1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    Japanese,
    English,
}

/// The text of message `number`, of at most `bytes_max` bytes, and its language.
pub fn text(number: u64, bytes_max: usize) -> (String, Language) {
    let mut dice = Dice::new(number);
    let (language, words) = match number % 4 {
        0 | 1 => (Language::Chinese, 10 + dice.below(16)),
        2 => (Language::Japanese, 5 + dice.below(8)),
        _ => (Language::English, 6 + dice.below(14)),
    };
    let mut text = String::new();
    for _ in 0..words {
        let word = word(language, &mut dice);
        if text.len() + word.len() + 4 > bytes_max {
            break;
        }
        text.push_str(&word);
        text.push_str(match (language, dice.below(6)) {
            (Language::English, _) => " ",
            (_, 0) => "，",
            _ => "",
        });
    }
    (text, language)
}

/// One word, common ones much more often than rare ones.
pub fn word(language: Language, dice: &mut Dice) -> String {
    match language {
        Language::Chinese => chinese(dice.ranked(20_000)),
        Language::Japanese => match dice.below(4) {
            0 => chinese(dice.ranked(20_000)),
            _ => JAPANESE[dice.ranked(JAPANESE.len())].to_owned(),
        },
        Language::English => english(dice.ranked(30_000)),
    }
}

/// Two characters, another pair for every rank.
fn chinese(rank: usize) -> String {
    let count = HANZI.chars().count();
    let character = |at: usize| HANZI.chars().nth(at % count).unwrap_or('的');
    // Neighbouring ranks share no character.
    let first = rank * 37 + 11;
    [character(first), character(first + 1 + rank / count)]
        .iter()
        .collect()
}

/// A word of the list, or one that sounds like a word.
fn english(rank: usize) -> String {
    if let Some(word) = ENGLISH.get(rank) {
        return (*word).to_owned();
    }
    let mut rest = rank;
    let mut word = String::new();
    while rest > 0 {
        word.push(char::from(b"bdfgklmnprstvz"[rest % 14]));
        rest /= 14;
        word.push(char::from(b"aeiou"[rest % 5]));
        rest /= 5;
    }
    word.push('n');
    word
}
