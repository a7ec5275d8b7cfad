//! A proxy between wallets and their gateway that sees and changes everything, as one that broke
//! TLS would.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri};

/// A request and its answer, as they were before the proxy changed them.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the wallet sent.
    pub request: Request<Bytes>,
    /// What the gateway answered.
    pub answer: Response<Bytes>,
}

impl Exchange {
    /// The method and path, such as `POST /v1/journal`.
    pub fn name(&self) -> String {
        let path = self.request.uri().path();
        // The last part of these is a name of its own.
        let path = path.strip_prefix("/v1/receipts/").map_or(path, |_| "/v1/receipts/{id}");
        format!("{} {path}", self.request.method())
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The path of the request.
    Path,
    /// The value of a header of the request.
    RequestHeader(HeaderName),
    /// The body of the request.
    RequestBody,
    /// The status of the answer: two bytes.
    Status,
    /// The value of a header of the answer.
    AnswerHeader(HeaderName),
    /// The body of the answer.
    AnswerBody,
}

/// One byte of one message, and what it is changed by.
#[derive(Clone, Debug)]
pub struct Flip {
    /// The how many-eth exchange, from 0.
    pub exchange: usize,
    /// Which part of it.
    pub part: Part,
    /// Which byte of the part.
    pub at: usize,
    /// Which of its bits change.
    pub mask: u8,
}

/// What the proxy does with answers.
type Forge = Box<dyn FnMut(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send>;

/// A transport that records every exchange and does mischief when it is told to.
pub struct Proxy {
    inner: Arc<dyn Transport>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recorded: Vec<Exchange>,
    count: usize,
    flip: Option<Flip>,
    has_flipped: bool,
    forge: Option<Forge>,
}

impl Proxy {
    /// A proxy that changes nothing yet.
    pub fn new(inner: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Proxy { inner, state: Mutex::new(State::default()) })
    }

    /// Begins a conversation, in which one byte may be changed.
    pub fn begin(&self, flip: Option<Flip>) {
        *self.state.lock().unwrap() = State { flip, ..State::default() };
    }

    /// Ends the mischief; says whether the byte was changed.
    pub fn end(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        (state.flip, state.forge) = (None, None);
        state.has_flipped
    }

    /// Changes answers from now on.
    pub fn forge(&self, forge: impl FnMut(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send + 'static) {
        self.state.lock().unwrap().forge = Some(Box::new(forge));
    }

    /// What was said since the conversation began.
    pub fn recorded(&self) -> Vec<Exchange> {
        self.state.lock().unwrap().recorded.clone()
    }

    /// Sends something of its own, unrecorded.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn inject(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.inner.send(request).await
    }
}

#[async_trait]
impl Transport for Proxy {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let flip = {
            let mut state = self.state.lock().unwrap();
            let here = state.count;
            state.count += 1;
            state.flip.clone().filter(|flip| flip.exchange == here)
        };
        let mut sent = request.clone();
        let mut flipped = flip.as_ref().is_some_and(|flip| flip.change_request(&mut sent));
        let answer = self.inner.send(sent).await?;
        let mut shown = answer.clone();
        flipped |= flip.as_ref().is_some_and(|flip| flip.change_answer(&mut shown));
        let mut state = self.state.lock().unwrap();
        state.has_flipped |= flipped;
        if let Some(forge) = &mut state.forge {
            shown = forge(&request, shown);
        }
        state.recorded.push(Exchange { request, answer });
        Ok(shown)
    }
}

impl Flip {
    fn byte(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut changed = bytes.to_vec();
        *changed.get_mut(self.at)? ^= self.mask;
        Some(changed)
    }

    fn change_request(&self, request: &mut Request<Bytes>) -> bool {
        match &self.part {
            Part::Path => {
                let changed = self.byte(request.uri().path().as_bytes()).and_then(|path| String::from_utf8(path).ok());
                let mut parts = request.uri().clone().into_parts();
                let uri = changed.and_then(|path| path.parse().ok()).and_then(|path| {
                    parts.path_and_query = Some(path);
                    Uri::from_parts(parts).ok()
                });
                uri.map(|uri| *request.uri_mut() = uri).is_some()
            }
            Part::RequestHeader(name) => self.header(request.headers_mut().get_mut(name)),
            Part::RequestBody => self.byte(request.body()).map(|body| *request.body_mut() = body.into()).is_some(),
            _ => false,
        }
    }

    fn change_answer(&self, answer: &mut Response<Bytes>) -> bool {
        match &self.part {
            Part::Status => {
                let code = self.byte(&answer.status().as_u16().to_be_bytes());
                let code = code.and_then(|code| StatusCode::from_u16(u16::from_be_bytes([code[0], code[1]])).ok());
                code.map(|code| *answer.status_mut() = code).is_some()
            }
            Part::AnswerHeader(name) => self.header(answer.headers_mut().get_mut(name)),
            Part::AnswerBody => self.byte(answer.body()).map(|body| *answer.body_mut() = body.into()).is_some(),
            _ => false,
        }
    }

    fn header(&self, value: Option<&mut HeaderValue>) -> bool {
        let Some(value) = value else { return false };
        let changed = self.byte(value.as_bytes()).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
        changed.map(|changed| *value = changed).is_some()
    }
}

/// The parts of an exchange that have bytes, and how many.
pub fn parts(exchange: &Exchange) -> Vec<(Part, usize)> {
    let Exchange { request, answer } = exchange;
    let mut parts = vec![(Part::Path, request.uri().path().len()), (Part::RequestBody, request.body().len())];
    let headers = request.headers().iter();
    parts.extend(headers.map(|(name, value)| (Part::RequestHeader(name.clone()), value.len())));
    parts.extend([(Part::Status, 2), (Part::AnswerBody, answer.body().len())]);
    let headers = answer.headers().iter();
    parts.extend(headers.map(|(name, value)| (Part::AnswerHeader(name.clone()), value.len())));
    parts
}
