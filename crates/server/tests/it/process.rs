//! Starting the executable: as a command that ends, and as a server that is asked over HTTP and told to stop. Servers
//! listen on ports that the system chooses and say in their greeting which.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

/// A configuration in which every listener has a port of its own.
const ANY_PORTS: [(&str, &str); 3] = [
    ("SWITCHBOARD__LISTEN__MAIN", "127.0.0.1:0"),
    ("SWITCHBOARD__LISTEN__OPENIM_API", "127.0.0.1:0"),
    ("SWITCHBOARD__LISTEN__OPENIM_WS", "127.0.0.1:0"),
];

/// A directory for one test, and the executable in it.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

/// What a command that ended has said.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file");
    }

    /// The executable with nothing of our own environment, in the directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear();
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        let mut command = self.command(arguments);
        let output = command
            .envs(environment.iter().copied())
            .output()
            .expect("it runs");
        Said {
            status: output.status,
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            error: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts a server with its data in `data` and waits until it is ready.
    pub(crate) fn serve(&self) -> Server {
        self.serve_and(&[])
    }

    pub(crate) fn serve_and(&self, environment: &[(&str, &str)]) -> Server {
        let environment: Vec<_> = ANY_PORTS.iter().chain(environment).copied().collect();
        self.serve_with(&["serve"], &environment)
    }

    pub(crate) fn serve_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(arguments);
        command
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Server::start(command)
    }

    /// Starts a server that must not start, and returns what it has said.
    pub(crate) fn refused(&self, environment: &[(&str, &str)]) -> Said {
        let environment: Vec<_> = ANY_PORTS.iter().chain(environment).copied().collect();
        let said = self.run_with(&["serve"], &environment);
        assert!(!said.status.success(), "it started: {}", said.out);
        said
    }
}

pub(crate) struct Server {
    child: Child,
    pub(crate) greeting: String,
    errors: Option<thread::JoinHandle<String>>,
    client: Client,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("it runs");
        let mut stderr = child.stderr.take().expect("piped");
        let errors = thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut lines = BufReader::new(child.stdout.take().expect("piped"))
            .lines()
            .map_while(Result::ok);
        // The line about the data directory is the last one about addresses.
        let mut greeting = String::new();
        for line in lines.by_ref() {
            greeting.push_str(&line);
            greeting.push('\n');
            if line.trim_start().starts_with("Data ") {
                break;
            }
        }
        thread::spawn(move || lines.for_each(drop));
        let server = Self {
            child,
            greeting,
            errors: Some(errors),
            client: Client::new(),
        };
        assert!(server.greeting.contains("ready"), "it did not start");
        server
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address behind this name in the greeting.
    pub(crate) fn address(&self, name: &str) -> &str {
        let line = self
            .greeting
            .lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .expect(name);
        line.trim()
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let answer = self
            .client
            .get(format!("{}{path}", self.address("Main")))
            .send()
            .expect("an answer");
        (answer.status().as_u16(), answer.text().expect("text"))
    }

    /// Calls an OpenIM route and returns its data.
    pub(crate) fn call(&self, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.answer(path, token, body);
        assert_eq!(answer["errCode"], 0, "{path}: {answer}");
        answer["data"].clone()
    }

    /// Calls an OpenIM route and returns the whole answer.
    pub(crate) fn answer(&self, path: &str, token: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.address("OpenIM API"));
        let request = self
            .client
            .post(url)
            .header("operationID", "test")
            .header("token", token)
            .json(body);
        request.send().expect("an answer").json().expect("JSON")
    }

    /// An administrator's token, by the development secret.
    pub(crate) fn admin_token(&self) -> String {
        let body = serde_json::json!({ "secret": "openIM123", "userID": "imAdmin" });
        self.call("/auth/get_admin_token", "", &body)["token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for the end; returns how it ended and what it has logged.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        };
        let errors = self
            .errors
            .take()
            .map(|errors| errors.join().expect("a reader"))
            .unwrap_or_default();
        (status, errors)
    }

    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        let (status, errors) = self.wait();
        assert!(status.success(), "{status}: {errors}");
        errors
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a file is there with something in it.
pub(crate) fn has_content(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}
