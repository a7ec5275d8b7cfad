//! A browser without a window, for the dashboard: it keeps a cookie, sends forms, and says where they are from.
#![allow(unreachable_pub, reason = "a module of the tests is as public as it gets")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_gateway::Role;
use farthing_protocol::ProblemKind;
use rusqlite::types::ValueRef;
use sqlx::{Connection, Executor, PgConnection, Row};
use url::form_urlencoded;

use crate::device::{Answer, Device, World, send};

pub const PASSWORD: &str = "correct horse battery";

/// What would empty the audit log without deleting a row.
pub const EMPTY_AUDIT_LOG: &str = "TRUNCATE audit_log";

pub struct Browser {
    pub router: Router,
    pub cookie: Option<String>,
    /// With its attributes.
    pub cookie_as_set: String,
    /// Of the page that was last shown.
    pub form_token: String,
    /// What it says a form is from.
    pub site: Option<&'static str>,
}

impl Browser {
    pub fn new(world: &World) -> Self {
        Browser {
            router: world.gateway.router(),
            cookie: None,
            cookie_as_set: String::new(),
            form_token: String::new(),
            site: Some("same-origin"),
        }
    }

    /// An administrator of that role, who is called like it, and has seen the first page.
    pub async fn signed_in(world: &World, role: Role) -> Self {
        // There may be one already.
        let _ = world.gateway.administrators().add(&role.to_string(), role, PASSWORD.to_owned().into()).await;
        let mut browser = Browser::new(world);
        let answer = browser.sign_in(&role.to_string(), PASSWORD).await;
        assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/"));
        browser.get("/").await;
        browser
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("name", name), ("password", password)]).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty(), false).await
    }

    /// As htmx does by itself.
    pub async fn poll(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty(), true).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("form_token", &self.form_token);
        form.extend_pairs(fields);
        self.send(Method::POST, path, Body::from(form.finish()), false).await
    }

    /// The text of a page, with its tags gone and one space between words.
    pub async fn shown(&mut self, path: &str) -> String {
        let page = self.get(path).await.text();
        let mut text = String::new();
        let mut is_tag = false;
        for letter in page.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => {
                    is_tag = false;
                    text.push(' ');
                }
                letter if !is_tag => text.push(letter),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    async fn send(&mut self, method: Method, path: &str, body: Body, by_htmx: bool) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(site) = self.site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", format!("theme=dark; {cookie}"));
        }
        if by_htmx {
            request = request.header("hx-request", "true");
        }
        let answer = send(&self.router, request.body(body).unwrap()).await;
        if let Some(cookie) = answer.headers.get("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned())
            && !cookie.contains("Max-Age=0")
        {
            self.cookie = cookie.split(';').next().map(str::to_owned);
            self.cookie_as_set = cookie;
        }
        let page = answer.text();
        if let Some((_, rest)) = page.split_once(r#"name="form_token" value=""#) {
            self.form_token = rest.split('"').next().unwrap().to_owned();
        }
        answer
    }
}

/// The links of a page that begin so.
pub fn links(page: &str, begin: &str) -> Vec<String> {
    let hrefs = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    hrefs.filter(|href| href.starts_with(begin)).map(unescaped).collect()
}

/// The first of them.
pub fn link(page: &str, begin: &str) -> String {
    links(page, begin).into_iter().next().unwrap_or_else(|| panic!("no link to {begin}: {page}"))
}

/// Where a list goes on.
pub fn next(page: &str) -> Option<String> {
    let (_, rest) = page.split_once(r#"rel="next" href=""#)?;
    rest.split('"').next().map(unescaped)
}

pub fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&")
}

/// A device that has shown two journals: the second one parts from the settled one at its first entry.
pub async fn frozen(world: &World) -> Device {
    let mut device = world.funded("5.00").await;
    let before = device.journal;
    let first = [device.buy()];
    device.upload(&first).await;
    let settled = device.journal;
    device.journal = before;
    let other = [device.buy()];
    assert_eq!(device.try_upload(&other).await.kind(), ProblemKind::JournalFork);
    device.journal = settled;
    device
}

pub fn name(device: &Device) -> String {
    device.enrolment.as_ref().unwrap().device.to_string()
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub who: String,
    pub action: String,
    pub subject: String,
    pub outcome: String,
    pub detail: String,
}

/// The audit log as the database has it, the oldest first.
pub async fn audit_log(world: &World) -> Vec<Line> {
    let select = "SELECT coalesce(administrator, ''), action, coalesce(subject, ''), outcome, coalesce(detail, '')
                  FROM audit_log ORDER BY id";
    let line = |columns: [String; 5]| {
        let [who, action, subject, outcome, detail] = columns;
        Line { who, action, subject, outcome, detail }
    };
    if let Some(url) = database(world) {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let rows = connection.fetch_all(select).await.unwrap();
        return rows.iter().map(|row| line([0, 1, 2, 3, 4].map(|index| row.get(index)))).collect();
    }
    let connection = rusqlite::Connection::open(file(world)).unwrap();
    let mut statement = connection.prepare(select).unwrap();
    let lines = statement.query_map([], |row| Ok(line([0, 1, 2, 3, 4].map(|index| row.get(index).unwrap())))).unwrap();
    lines.map(Result::unwrap).collect()
}

/// Runs a statement beside the gateway; what the database says where it refuses it.
pub async fn execute(world: &World, statement: &str) -> Result<(), String> {
    if let Some(url) = database(world) {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        return connection.execute(statement).await.map(|_| ()).map_err(|error| error.to_string());
    }
    // SQLite has no TRUNCATE; what comes nearest is to replace each row.
    let statement = match statement {
        EMPTY_AUDIT_LOG => "INSERT OR REPLACE INTO audit_log SELECT id, 0, 'eve', '', '', 'done', '' FROM audit_log",
        statement => statement,
    };
    let connection = rusqlite::Connection::open(file(world)).unwrap();
    connection.execute_batch(statement).map_err(|error| error.to_string())
}

/// All that is kept of administrators and their sessions, as text.
pub async fn everything_kept(world: &World) -> String {
    let tables = ["administrators", "administrator_sessions", "audit_log"];
    if let Some(url) = database(world) {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let mut kept = String::new();
        for table in tables {
            let select = format!("SELECT row_to_json(kept)::text FROM {table} AS kept");
            for row in connection.fetch_all(select.as_str()).await.unwrap() {
                kept += row.get::<&str, _>(0);
            }
        }
        return kept;
    }
    let connection = rusqlite::Connection::open(file(world)).unwrap();
    let mut kept = String::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column).unwrap() {
                    kept += &String::from_utf8_lossy(bytes);
                }
            }
        }
    }
    kept
}

/// Runs `farthing-gateway administrator` on a world's database.
pub fn command(world: &World, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farthing-gateway"));
    command.arg("administrator").args(arguments);
    match database(world) {
        Some(url) => command.env("FARTHING_DATABASE", url),
        None => command.arg("--data").arg(world.folder.path()).env_remove("FARTHING_DATABASE"),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn file(world: &World) -> PathBuf {
    world.folder.path().join("farthing.db")
}

fn database(world: &World) -> Option<String> {
    std::fs::read_to_string(world.folder.path().join(farthing_database::NAME_FILE)).ok()
}
