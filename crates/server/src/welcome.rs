//! What a newcomer is told: where the server listens and how to get to a first message. The lines on the terminal
//! and the front page of the main listener say the same.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::config::Config;
use crate::listen::{Listener, Listeners};

/// Where the server really listens.
#[derive(Clone, Default)]
pub(crate) struct Addresses {
    main: Option<SocketAddr>,
    openim_api: Option<SocketAddr>,
    openim_ws: Option<SocketAddr>,
}

impl Addresses {
    pub(crate) fn of(listeners: &Listeners) -> Self {
        let address =
            |listener: &Option<Listener>| listener.as_ref().map(|listener| listener.address);
        Self {
            main: address(&listeners.main),
            openim_api: address(&listeners.openim_api),
            openim_ws: address(&listeners.openim_ws),
        }
    }

    /// What each address is for, one in a line.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(main) = self.main {
            lines.push(("Main", format!("http://{main}")));
        }
        if let Some(url) = self.api_url() {
            lines.push(("OpenIM API", url));
        }
        if let Some(url) = self.ws_url() {
            lines.push(("OpenIM WebSocket", url));
        }
        lines
    }

    /// What an OpenIM SDK takes as `apiAddr`.
    fn api_url(&self) -> Option<String> {
        let own = self.openim_api.map(|address| format!("http://{address}"));
        own.or_else(|| self.main.map(|main| format!("http://{main}/openim")))
    }

    /// What an OpenIM SDK takes as `wsAddr`.
    fn ws_url(&self) -> Option<String> {
        let own = self.openim_ws.map(|address| format!("ws://{address}"));
        own.or_else(|| self.main.map(|main| format!("ws://{main}/ws")))
    }

    /// The front page.
    pub(crate) fn page(&self) -> String {
        let mut rows = String::new();
        for (name, url) in self.lines() {
            let _ = write!(rows, "<tr><th>{name}</th><td><code>{url}</code></td></tr>");
        }
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>Switchboard</title>\
             <style>body{{font:16px/1.5 system-ui;max-width:42rem;margin:4rem auto;padding:0 1rem}}\
             th{{text-align:left;font-weight:normal;padding-right:2rem}}</style>\
             <h1>Switchboard is running</h1><table>{rows}</table>\
             <p><a href=\"/healthz\">health</a> · <a href=\"/readyz\">readiness</a> · \
             <a href=\"/metrics\">metrics</a></p></html>\n"
        )
    }

    /// What is printed when the server is ready.
    pub(crate) fn greeting(&self, config: &Config) -> String {
        let mut text = String::from("Switchboard is ready.\n\n");
        for (name, url) in self.lines() {
            let _ = writeln!(text, "  {name:<17} {url}");
        }
        let _ = writeln!(text, "  {:<17} {}", "Data", config.data_dir.display());
        if config.development {
            text.push_str(
                "\nThis is a development instance: it listens on loopback only and its secrets are known to everybody.\n\
                 For a server of your own: `switchboard init`, then `switchboard serve --config switchboard.toml`.\n",
            );
            if let (Some(api), Some(admin)) = (self.api_url(), config.openim.admin_user_ids.first())
            {
                let secret = config.openim.secret.reveal();
                let _ = write!(text, "\n{}", first_steps(&api, secret, admin.as_str()));
            }
        }
        text
    }
}

/// From nothing to a person who can log in, for an OpenIM application server in shell.
fn first_steps(api: &str, secret: &str, admin: &str) -> String {
    format!(
        "Register a person and get a token to log in with:\n\n\
         \x20 ADMIN=$(curl -s {api}/auth/get_admin_token -H 'operationID: 1' \\\n\
         \x20   -d '{{\"secret\":\"{secret}\",\"userID\":\"{admin}\"}}' | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')\n\
         \x20 curl -s {api}/user/user_register -H 'operationID: 2' -H \"token: $ADMIN\" \\\n\
         \x20   -d '{{\"users\":[{{\"userID\":\"alice\",\"nickname\":\"Alice\"}}]}}'\n\
         \x20 curl -s {api}/auth/get_user_token -H 'operationID: 3' -H \"token: $ADMIN\" \\\n\
         \x20   -d '{{\"userID\":\"alice\",\"platformID\":5}}'\n"
    )
}
