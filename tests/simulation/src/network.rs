//! The network between one phone and the gateway, and what becomes of each request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use farthing_machine::Disk;
use farthing_protocol::Digest;
use http::{Request, Response, StatusCode};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::coverage::Coverage;
use crate::plan::Weather;

/// Requests of a phone that the network can deliver again.
const REMEMBERED: usize = 12;

/// What all phones share: the gateway, and what was said.
#[derive(Clone)]
pub(crate) struct Internet(Arc<Mutex<Shared>>);

struct Shared {
    gateway: Option<(Router, Disk)>,
    coverage: Coverage,
    requests: u64,
    /// A digest of every byte that was sent and received.
    said: Digest,
    /// What became of each request since the last look.
    log: Vec<String>,
    /// Answers by path and phone.
    answers: BTreeMap<(String, usize), Response<Bytes>>,
}

impl Internet {
    pub(crate) fn new(coverage: Coverage) -> Self {
        let shared = Shared {
            gateway: None,
            coverage,
            requests: 0,
            said: Digest::of(b""),
            log: Vec::new(),
            answers: BTreeMap::new(),
        };
        Internet(Arc::new(Mutex::new(shared)))
    }

    /// How many requests the gateway has had.
    pub(crate) fn requests(&self) -> u64 {
        self.shared().requests
    }

    /// Leads to a gateway from now on, or to none.
    pub(crate) fn connect(&self, gateway: Option<(Router, Disk)>) {
        self.shared().gateway = gateway;
    }

    /// A digest of every byte that was sent and received.
    pub(crate) fn said(&self) -> Digest {
        self.shared().said
    }

    /// What became of each request since the last call.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.shared().log)
    }

    /// Carries a request to the gateway and its answer back. A gateway that dies on it answers nothing.
    pub(crate) async fn deliver(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.shared().requests += 1;
        let Some((router, disk)) = self.shared().gateway.clone() else {
            return Err(TransportError::NotSent { reason: "the gateway is down".into() });
        };
        let Ok(answer) = router.oneshot(request.map(Body::from)).await;
        let (head, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| lost(&error.to_string()))?;
        if disk.is_dead() {
            return Err(lost("the gateway died"));
        }
        Ok(Response::from_parts(head, body))
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost(reason: &str) -> TransportError {
    TransportError::Lost { reason: reason.to_owned() }
}

/// The way between one phone and the gateway.
pub(crate) struct Link {
    phone: usize,
    internet: Internet,
    state: Mutex<State>,
}

struct State {
    weather: Weather,
    random: ChaCha8Rng,
    requests: u64,
    sent: Vec<Request<Bytes>>,
    late: Vec<Request<Bytes>>,
    was_confusing: bool,
    held: Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>,
}

/// An answer that is on its way until it is let go.
pub(crate) struct Held {
    pub(crate) answered: oneshot::Receiver<()>,
    pub(crate) release: oneshot::Sender<()>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    NotSent,
    RequestLost,
    AnswerLost,
    Late,
    Doubled,
    RequestGarbled,
    AnswerGarbled,
    OldAnswer,
    AnothersAnswer,
    Portal,
    Unavailable,
}

impl Weather {
    fn fate(&self, random: &mut ChaCha8Rng) -> Fate {
        let mut number: i32 = random.random_range(0..100);
        let fates = [
            (self.not_sent, Fate::NotSent),
            (self.request_lost, Fate::RequestLost),
            (self.answer_lost, Fate::AnswerLost),
            (self.late, Fate::Late),
            (self.doubled, Fate::Doubled),
            (self.request_garbled, Fate::RequestGarbled),
            (self.answer_garbled, Fate::AnswerGarbled),
            (self.old_answer, Fate::OldAnswer),
            (self.anothers_answer, Fate::AnothersAnswer),
            (self.portal, Fate::Portal),
            (self.unavailable, Fate::Unavailable),
        ];
        for (chance, fate) in fates {
            match number.checked_sub(i32::from(chance)) {
                Some(left) if left >= 0 => number = left,
                _ => return fate,
            }
        }
        Fate::Arrives
    }
}

impl Link {
    pub(crate) fn new(phone: usize, internet: Internet) -> Arc<Self> {
        let state = State {
            weather: Weather::default(),
            random: ChaCha8Rng::seed_from_u64(0),
            requests: 0,
            sent: Vec::new(),
            late: Vec::new(),
            was_confusing: false,
            held: None,
        };
        Arc::new(Link { phone, internet, state: Mutex::new(state) })
    }

    pub(crate) fn set(&self, weather: Weather, chances: u64) {
        let mut state = self.state();
        state.was_confusing |= weather.anothers_answer > 0 || weather.old_answer > 0 || weather.answer_garbled > 0;
        state.weather = weather;
        state.random = ChaCha8Rng::seed_from_u64(chances);
    }

    /// Whether an answer may be an old one, which says nothing of today.
    pub(crate) fn may_answer_of_old(&self) -> bool {
        self.state().weather.old_answer > 0
    }

    /// Whether an answer may ever have been another one than the gateway gave.
    pub(crate) fn may_have_confused(&self) -> bool {
        self.state().was_confusing
    }

    /// Whether nothing that is sent arrives.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.state().weather.not_sent >= 100
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Holds the answer to the next batch.
    pub(crate) fn hold(&self) -> Held {
        let ((answer, answered), (release, released)) = (oneshot::channel(), oneshot::channel());
        self.state().held = Some((answer, released));
        Held { answered, release }
    }

    pub(crate) fn hold_nothing(&self) {
        self.state().held = None;
    }

    /// Delivers some of what was sent before once more, and what was late. Nobody hears the answers.
    pub(crate) async fn repeat(&self, chances: u64) {
        let requests = {
            let mut state = self.state();
            let mut random = ChaCha8Rng::seed_from_u64(chances);
            let mut requests = std::mem::take(&mut state.late);
            requests.extend(state.sent.iter().filter(|_| random.random_bool(0.4)).cloned());
            let length = requests.len().max(1);
            requests.rotate_left(random.random_range(0..length));
            requests
        };
        for request in requests {
            let path = coarse(request.uri().path());
            let status = self.internet.deliver(request).await.map_or(0, |answer| answer.status().as_u16());
            self.cover(format!("repeated: {path} {status}"));
        }
    }

    fn cover(&self, point: String) {
        self.internet.shared().coverage.add(point);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn meet(&self, fate: Fate, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let path = request.uri().path().to_owned();
        match fate {
            Fate::Arrives => self.internet.deliver(request).await,
            Fate::NotSent => Err(TransportError::NotSent { reason: "no network".into() }),
            Fate::RequestLost => Err(lost("the request was lost")),
            Fate::Late => {
                self.state().late.push(request);
                Err(lost("it took too long"))
            }
            Fate::AnswerLost => self.internet.deliver(request).await.and(Err(lost("the answer was lost"))),
            Fate::Doubled => {
                self.internet.deliver(request.clone()).await?;
                self.internet.deliver(request).await
            }
            Fate::RequestGarbled => self.internet.deliver(request.map(|body| self.garble(body))).await,
            Fate::AnswerGarbled => {
                self.internet.deliver(request).await.map(|answer| answer.map(|body| self.garble(body)))
            }
            Fate::OldAnswer => match self.answer_to(&path, self.phone) {
                Some(answer) => Ok(answer),
                None => self.internet.deliver(request).await,
            },
            Fate::AnothersAnswer => match self.answer_to(&path, self.phone + 1) {
                Some(answer) => Ok(answer),
                None => self.internet.deliver(request).await,
            },
            Fate::Portal => {
                let mut page = Response::new(Bytes::from_static(b"<html>Please sign in to Train WiFi"));
                page.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/html"));
                Ok(page)
            }
            Fate::Unavailable => {
                let mut answer = Response::new(Bytes::new());
                *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                Ok(answer)
            }
        }
    }

    fn answer_to(&self, path: &str, phone: usize) -> Option<Response<Bytes>> {
        self.internet.shared().answers.get(&(path.to_owned(), phone)).cloned()
    }

    /// One byte is another.
    fn garble(&self, body: Bytes) -> Bytes {
        let mut bytes = body.to_vec();
        if !bytes.is_empty() {
            let mut state = self.state();
            let place = state.random.random_range(0..bytes.len());
            bytes[place] ^= 1 << state.random.random_range(0..7);
        }
        bytes.into()
    }
}

/// A path without the names in it.
fn coarse(path: &str) -> String {
    path.split('/').filter(|part| part.len() < 20).collect::<Vec<_>>().join("/")
}

#[async_trait]
impl Transport for Link {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let path = request.uri().path().to_owned();
        let (fate, held) = {
            let mut state = self.state();
            state.requests += 1;
            let State { weather, random, sent, held, .. } = &mut *state;
            let is_met = weather.path.is_none_or(|met| met == path);
            let fate = if is_met { weather.fate(random) } else { Fate::Arrives };
            if fate != Fate::NotSent {
                sent.push(request.clone());
            }
            if sent.len() > REMEMBERED {
                sent.remove(0);
            }
            (fate, held.take_if(|_| path == "/v1/journal"))
        };
        self.cover(format!("network: {fate:?} {}", coarse(&path)));
        let asked = [path.as_bytes(), request.body()].concat();
        let answer = self.meet(fate, request).await;
        {
            let mut shared = self.internet.shared();
            let status = answer.as_ref().map_or("no answer".to_owned(), |answer| answer.status().as_str().to_owned());
            shared.log.push(format!("phone {}: {} {fate:?}, {status}", self.phone, coarse(&path)));
            let told = answer.as_ref().map_or(&b"lost"[..], |answer| answer.body());
            shared.said = Digest::of(&[shared.said.as_bytes(), &asked[..], told].concat());
            if let Ok(answer) = &answer {
                shared.answers.insert((path, self.phone), answer.clone());
            }
        }
        if let Some((answered, released)) = held {
            let _ = answered.send(());
            let _ = released.await;
        }
        answer
    }
}
