//! The referee: judges exchanges by GitHub's own OpenAPI description. It knows the rules of the document and a few that the
//! document leaves out; it drives nothing.

use greenline::sandbox::Exchange;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

const DOCUMENT: &str = include_str!("../../fixtures/github/openapi-subset.json");

/// Statuses GitHub sends on any route, whether or not the description lists them.
const ALWAYS_POSSIBLE: [u16; 14] = [301, 304, 307, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503];

/// Body members that are lists or free objects of the caller's own making.
const FREE_FORM: [&str; 4] = ["payload", "client_payload", "inputs", "permissions"];

/// Query parameters that are moments by the description, and ranges of them by GitHub's documentation.
const RANGES: [&str; 1] = ["created"];

/// One operation of the description.
pub struct Operation {
    pub id: String,
    pub method: String,
    pub pattern: String,
    body: Value,
}

/// GitHub's description, ready to judge by.
pub struct Referee {
    operations: Vec<Operation>,
    components: Value,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Referee {
    pub fn new() -> Self {
        let mut document: Value = serde_json::from_str(DOCUMENT).expect("the description is JSON");
        normalise(&mut document);
        let mut operations = Vec::new();
        for (pattern, methods) in document["paths"].as_object().expect("it has paths") {
            for (method, body) in methods.as_object().expect("a path has methods") {
                let id = body["operationId"].as_str().unwrap_or_default().to_owned();
                operations.push(Operation {
                    id,
                    method: method.to_uppercase(),
                    pattern: pattern.clone(),
                    body: body.clone(),
                });
            }
        }
        // Of two patterns that match, the one with more fixed words is meant.
        let fixed = |o: &Operation| o.pattern.split('/').filter(|part| !part.starts_with('{')).count();
        operations.sort_by_key(|o| (std::cmp::Reverse(fixed(o)), o.pattern.clone()));
        Self { operations, components: document["components"].clone(), compiled: Mutex::default() }
    }

    /// The operation of a request; `None` if the subset does not describe it.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().filter(|o| o.method == method).find(|o| matches(&o.pattern, path))
    }

    /// What is wrong with an exchange, one readable line each. Operations outside the subset are not judged.
    pub fn judge(&self, exchange: &Exchange) -> Vec<String> {
        let Some(operation) = self.operation(&exchange.method, &exchange.path) else { return Vec::new() };
        let mut faults = self.judge_query(operation, &exchange.query);
        faults.extend(self.judge_request(operation, exchange));
        if !exchange.fault {
            faults.extend(self.judge_response(operation, exchange));
        }
        let place = format!("{} {} ({}, status {})", exchange.method, exchange.path, operation.id, exchange.status);
        faults.into_iter().map(|fault| format!("{place}: {fault}")).collect()
    }

    fn judge_query(&self, operation: &Operation, query: &str) -> Vec<String> {
        let known = operation.body["parameters"].as_array().cloned().unwrap_or_default();
        let known: Vec<Value> = known.iter().map(|p| self.resolve(p).clone()).filter(|p| p["in"] == "query").collect();
        let mut faults = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            let Some(parameter) = known.iter().find(|p| p["name"] == name.as_str()) else {
                faults.push(format!("query parameter `{name}` is unknown"));
                continue;
            };
            let value = if RANGES.contains(&name.as_str()) {
                value.trim_start_matches(['<', '>', '=']).to_owned()
            } else {
                value
            };
            let schema = self.resolve(&parameter["schema"]);
            let typed = match schema["type"].as_str() {
                Some("integer" | "number") => value.parse::<i64>().map_or(json!(value), |n| json!(n)),
                Some("boolean") => value.parse::<bool>().map_or(json!(value), |b| json!(b)),
                _ => json!(value),
            };
            let key = format!("{} query {name}", operation.id);
            faults.extend(
                self.validate(&key, schema, &typed).into_iter().map(|f| format!("query parameter `{name}`{f}")),
            );
        }
        faults
    }

    fn judge_request(&self, operation: &Operation, exchange: &Exchange) -> Vec<String> {
        let schema = &operation.body["requestBody"]["content"]["application/json"]["schema"];
        let refused = (400..500).contains(&exchange.status);
        if schema.is_null() || refused || exchange.request.is_null() {
            // A request that was refused need not be right; one without a body is judged by its answer.
            return Vec::new();
        }
        let key = format!("{} request", operation.id);
        let mut faults: Vec<String> =
            self.validate(&key, schema, &exchange.request).into_iter().map(|f| format!("request body{f}")).collect();
        self.unknown_members(schema, &exchange.request, "", &mut faults);
        faults
    }

    /// Members the description does not name. JSON schema lets them pass; GitHub ignores them, so they are mistakes.
    fn unknown_members(&self, schema: &Value, body: &Value, at: &str, faults: &mut Vec<String>) {
        let Some(members) = body.as_object() else { return };
        let mut known: Map<String, Value> = Map::new();
        self.members(schema, &mut known);
        if known.is_empty() {
            return;
        }
        for (name, value) in members {
            match known.get(name) {
                None => faults.push(format!("request body has `{at}/{name}`, which GitHub does not know")),
                Some(_) if FREE_FORM.contains(&name.as_str()) => {}
                Some(schema) => self.unknown_members(schema, value, &format!("{at}/{name}"), faults),
            }
        }
    }

    fn members(&self, schema: &Value, into: &mut Map<String, Value>) {
        let schema = self.resolve(schema);
        into.extend(schema["properties"].as_object().cloned().unwrap_or_default());
        for word in ["allOf", "anyOf", "oneOf"] {
            schema[word].as_array().into_iter().flatten().for_each(|part| self.members(part, into));
        }
    }

    fn judge_response(&self, operation: &Operation, exchange: &Exchange) -> Vec<String> {
        let status = exchange.status.to_string();
        let listed = &operation.body["responses"][&status];
        if listed.is_null() {
            let good =
                ALWAYS_POSSIBLE.contains(&exchange.status) || operation.id == "pulls/merge" && exchange.status == 405;
            let fault = format!("answers {status}, which is not among {:?}", keys(&operation.body["responses"]));
            return if good { self.judge_error(exchange) } else { vec![fault] };
        }
        let schema = &self.resolve(listed)["content"]["application/json"]["schema"];
        if schema.is_null() {
            return if exchange.status >= 400 { self.judge_error(exchange) } else { Vec::new() };
        }
        if exchange.status >= 400 {
            return self.judge_error(exchange);
        }
        let key = format!("{} {status}", operation.id);
        self.validate(&key, schema, &exchange.response).into_iter().map(|f| format!("response{f}")).collect()
    }

    fn judge_error(&self, exchange: &Exchange) -> Vec<String> {
        if exchange.status < 400 {
            return Vec::new();
        }
        let detailed = exchange.response["errors"][0].is_object();
        let name = if detailed { "validation-error" } else { "basic-error" };
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let mut faults = self.validate(name, &schema, &exchange.response);
        for member in ["message", "documentation_url"] {
            if !exchange.response[member].is_string() {
                faults.push(format!(": an error body needs `{member}`"));
            }
        }
        faults.into_iter().map(|f| format!("error body{f}")).collect()
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let target = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components"));
        target.and_then(|path| self.components.pointer(path)).unwrap_or(schema)
    }

    fn validate(&self, key: &str, schema: &Value, instance: &Value) -> Vec<String> {
        let validator = {
            let mut compiled = self.compiled.lock().expect("no test panics with the lock");
            let entry = compiled.entry(key.to_owned()).or_insert_with(|| {
                let whole = json!({"allOf": [schema], "components": self.components});
                let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7);
                Arc::new(options.build(&whole).unwrap_or_else(|e| panic!("{key}: the schema does not compile: {e}")))
            });
            Arc::clone(entry)
        };
        let short = |text: String| text.chars().take(400).collect::<String>();
        validator
            .iter_errors(instance)
            .take(5)
            .map(|e| format!(" at `{}`: {}", e.instance_path(), short(e.to_string())))
            .collect()
    }

    /// Methods and patterns of the subset, for coverage.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().into_iter().flatten().map(|(k, _)| k.as_str()).collect()
}

/// OpenAPI 3.0 to JSON schema: `nullable` becomes a type (and a member of `enum`), and wraps what has no type.
fn normalise(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Object(members) => {
            members.values_mut().for_each(normalise);
            // Where the default is empty, GitHub answers an empty text, which is no URL.
            if members.get("default").is_some_and(|d| d == "") {
                members.remove("format");
            }
            // GitHub's description once says that an account is a user *and* an enterprise; elsewhere it is either.
            let both = members.get("allOf").is_some_and(|all| all[1]["title"] == "Enterprise");
            if both && let Some(either) = members.remove("allOf") {
                members.insert("anyOf".into(), either);
            }
            if members.get("nullable") != Some(&Value::Bool(true)) {
                return;
            }
            members.remove("nullable");
            if let Some(Value::Array(allowed)) = members.get_mut("enum") {
                allowed.push(Value::Null);
            }
            match members.get("type").cloned() {
                Some(Value::String(kind))
                    if !["$ref", "allOf", "oneOf", "anyOf"].iter().any(|w| members.contains_key(*w)) =>
                {
                    members.insert("type".into(), json!([kind, "null"]));
                }
                _ => *value = json!({"anyOf": [value.take(), {"type": "null"}]}),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A parameter takes one part; refs, paths and branches may take several.
fn matches(pattern: &str, path: &str) -> bool {
    let parts = |text: &'_ str| text.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
    fits(&parts(pattern), &parts(path))
}

fn fits(wanted: &[String], parts: &[String]) -> bool {
    match (wanted.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((want, rest)), Some((part, others))) => {
            let several = ["{ref}", "{path}", "{branch}", "{basehead}", "{tag}", "{tree_sha}", "{commit_sha}"];
            let several = several.contains(&want.as_str());
            let one = want.starts_with('{') && !part.is_empty() || want == part;
            one && fits(rest, others) || several && (2..=parts.len()).any(|n| fits(rest, &parts[n..]))
        }
        (_, _) => false,
    }
}

fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|h| std::str::from_utf8(h).ok());
        let escaped = hex.and_then(|h| u8::from_str_radix(h, 16).ok());
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Judges a file of exchanges as the sandbox writes them (`GREENLINE_SANDBOX_RECORD`). Answers how many were judged, or all that
/// is wrong. A request of ours outside the subset is
/// wrong, too; what people do is not limited to it.
pub fn check_record(path: &Path) -> Result<usize, String> {
    let referee = Referee::new();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (mut judged, mut faults) = (0, BTreeSet::new());
    for line in text.lines() {
        let exchange: Exchange = serde_json::from_str(line).map_err(|e| format!("{}: {e}", path.display()))?;
        // GraphQL is not in the description; its one document is held to GitHub's schema by tests/clients.
        if exchange.path == "/graphql" {
            continue;
        }
        if exchange.ours && referee.operation(&exchange.method, &exchange.path).is_none() {
            faults
                .insert(format!("{} {} is not in the subset of GitHub's description", exchange.method, exchange.path));
        }
        faults.extend(referee.judge(&exchange));
        judged += 1;
    }
    if faults.is_empty() { Ok(judged) } else { Err(faults.into_iter().collect::<Vec<_>>().join("\n")) }
}
