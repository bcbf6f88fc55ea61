//! What programs do: the service's own API, and `greenline queue` as a process.

use super::{Pull, Stage, http};
use serde_json::Value;
use std::process::Command;

impl Stage {
    /// The service's API below the repository, under a person's token; without one for nobody.
    pub fn api(&self, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let token = if who.is_empty() { String::new() } else { self.word(&format!("/tokens/{who}")) };
        http::ask(method, &self.service_api(path), &token, body)
    }

    /// Reads the service's API; nothing while the service is not there.
    pub fn try_api(&self, path: &str) -> Option<(u16, Value)> {
        http::try_ask("GET", &self.service_api(path), "", &Value::Null).ok()
    }

    fn service_api(&self, path: &str) -> String {
        format!("{}/api/repos/{}{path}", self.word("/dashboard"), self.full_name())
    }

    /// Greenline's own word on why a pull request is not merged.
    pub fn why(&self, pull: &Pull) -> Value {
        self.api("", "GET", &format!("/queue/{}", pull.number), &Value::Null).1
    }

    /// Runs `greenline queue VERB REPO …` under a person's token; answers its exit code and all it said.
    pub fn queue(&self, who: &str, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greenline"));
        let (verb, rest) = args.split_first().expect("a verb");
        command.args(["queue", verb]).arg(self.full_name()).args(rest);
        command.env("GREENLINE_URL", self.word("/dashboard")).env_remove("GREENLINE_TOKEN");
        if !who.is_empty() {
            let token = self.fact(&format!("/tokens/{who}"));
            command.env("GREENLINE_TOKEN", token.as_str().unwrap_or("nobody's"));
        }
        let output = command.output().expect("the binary starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }
}
