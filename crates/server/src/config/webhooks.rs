//! The section `[webhooks]`: the application's own server, and which hooks it is asked and told. Every hook has the
//! same few keys under its name, so they are described once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::hooks::Hook;
use domain::time::Millis;
use providers::webhooks::{HookSettings, NumberRanges};

use super::Keys;
use crate::secret::Secret;

const HOUR_MS: Millis = 60 * 60 * 1000;

#[derive(Debug)]
pub(crate) struct Webhooks {
    pub url: String,
    pub secret: Option<Secret>,
    pub allow_internal: bool,
    /// How long after-hooks wait for the other server.
    pub keep_ms: Millis,
    /// Those that are on.
    pub hooks: HashMap<Hook, HookSettings>,
}

const ENABLE: &str = "Whether the hook HOOK is on; docs/webhooks.md lists them, for example \
     webhooks.before_send_single_msg.enable. Every hook has the keys below under its own name.";
const TIMEOUT: &str = "How long an answer is waited for.";
const FAILED_CONTINUE: &str = "Of a before-hook: whether things go on when the server cannot be asked or answers nonsense. \
     If not, the request fails with 90004 or 90007.";
const ALLOWED_TYPES: &str = "Of a hook about messages: only these content types, as in [\"101\", \"200-500\"]; empty for all.";
const DENIED_TYPES: &str = "Of a hook about messages: not these content types.";
const ATTENTION_IDS: &str = "Of an after-hook about messages: only messages to or from one of these users, or to one of these groups; \
     empty for all.";

impl Webhooks {
    pub(crate) fn read(keys: &mut Keys, is_development: bool) -> Option<Self> {
        let url = keys.text(
            "webhooks.url",
            "",
            "The application's own server: a hook is posted to URL/callbackCommand, as OpenIM does.",
        );
        let secret = keys.secret(
            "webhooks.secret",
            "Signs what is posted, so that the application can tell that it comes from here (docs/webhooks.md). Without it \
             nothing is signed.",
        );
        let allow_internal = keys.flag(
            "webhooks.allow_internal",
            false,
            "Also posts to addresses of this machine and of private networks that the name in webhooks.url leads to. An \
             address in numbers needs no leave, and without a configuration file none is needed at all.",
        );
        let keep_hours = keys.number(
            "webhooks.keep_hours",
            72,
            1..=7 * 24,
            "After-hooks wait so long for a server that is away; older ones are not delivered any more.",
        );
        describe_hook(keys);
        let hooks = keys.unlisted(|keys| {
            let read = |hook| Some((hook, read_hook(keys, hook)?));
            Hook::ALL
                .into_iter()
                .filter_map(read)
                .collect::<HashMap<_, _>>()
        });
        let allow_internal = allow_internal || is_development;
        check_url(keys, &url, allow_internal, !hooks.is_empty());
        Some(Self {
            url,
            secret: secret.ok()?.map(|(secret, _)| secret),
            allow_internal,
            keep_ms: keep_hours * HOUR_MS,
            hooks,
        })
    }
}

/// Puts the keys that every hook has into the documentation, once.
fn describe_hook(keys: &mut Keys) {
    keys.flag("webhooks.HOOK.enable", false, ENABLE);
    keys.number("webhooks.HOOK.timeout_seconds", 5, 1..=15, TIMEOUT);
    keys.flag("webhooks.HOOK.failed_continue", true, FAILED_CONTINUE);
    keys.list("webhooks.HOOK.allowed_types", &[], ALLOWED_TYPES);
    keys.list("webhooks.HOOK.denied_types", &[], DENIED_TYPES);
    keys.list("webhooks.HOOK.attention_ids", &[], ATTENTION_IDS);
}

/// `None` if the hook is off. Keys that mean nothing for it are unknown.
fn read_hook(keys: &mut Keys, hook: Hook) -> Option<HookSettings> {
    // Keys are named once for the life of the process.
    let name = |key: &str| -> &'static str { format!("webhooks.{}.{key}", hook.name()).leak() };
    let is_on = keys.flag(name("enable"), false, ENABLE);
    let mut settings = HookSettings::default();
    let seconds = keys.number(name("timeout_seconds"), 5, 1..=15, TIMEOUT);
    settings.timeout = Duration::from_secs(seconds.unsigned_abs());
    if hook.is_before() {
        settings.failed_continue = keys.flag(name("failed_continue"), true, FAILED_CONTINUE);
    }
    if hook.is_about_message() {
        settings.allowed_types = read_ranges(keys, name("allowed_types"), ALLOWED_TYPES);
        settings.denied_types = read_ranges(keys, name("denied_types"), DENIED_TYPES);
        if !hook.is_before() {
            let ids = keys.list(name("attention_ids"), &[], ATTENTION_IDS);
            settings.attention_ids = HashSet::from_iter(ids);
        }
    }
    is_on.then_some(settings)
}

fn read_ranges(keys: &mut Keys, name: &'static str, doc: &'static str) -> NumberRanges {
    let texts = keys.list(name, &[], doc);
    NumberRanges::parse(&texts).unwrap_or_else(|problem| {
        keys.problem(format!("{name}: {problem}"));
        NumberRanges::default()
    })
}

fn check_url(keys: &mut Keys, url: &str, allow_internal: bool, is_used: bool) {
    if !is_used {
        return;
    }
    let Some((_, rest)) = url
        .split_once("://")
        .filter(|(scheme, _)| ["http", "https"].contains(scheme))
    else {
        keys.problem(
            "webhooks.url must begin with http:// or https:// when a hook is on".to_owned(),
        );
        return;
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if host == "localhost" && !allow_internal {
        keys.problem(
            "webhooks.url names localhost: write 127.0.0.1, or set webhooks.allow_internal = true"
                .to_owned(),
        );
    }
}
