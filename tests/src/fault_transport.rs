//! A fault script that is played between a wallet and the network, with no help of the gateway's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use farthing_faults::{Arrival, Fate, FaultScript, FaultScriptError, FaultStep, Playback, Resource, Rules};
use farthing_protocol::{DeviceId, Problem, ProblemKind};
use http::{Request, Response, StatusCode, header};

/// Plays a fault script for the requests of any number of wallets. Time passes only when it is told to and while
/// requests wait: nothing sleeps.
pub struct FaultTransport {
    network: Arc<dyn Transport>,
    state: Arc<Mutex<State>>,
}

struct State {
    playback: Playback,
    rules: Rules,
    /// The script's time.
    now: Duration,
}

/// Why a transport can't play a script.
#[derive(Debug, PartialEq, Eq)]
pub enum Unplayable {
    /// The script is wrong.
    Script(FaultScriptError),
    /// A step orders what only a gateway does: a decline, a rejection, ask to buy, a freeze, another clock.
    NeedsGateway {
        /// Which step, from 0; none where it is the script's time rate.
        step: Option<usize>,
    },
}

impl FaultTransport {
    /// A script at its start, before a network.
    ///
    /// # Errors
    /// [`Unplayable`]
    pub fn new(script: FaultScript, network: Arc<dyn Transport>) -> Result<Self, Unplayable> {
        if script.time_rate != 1 {
            return Err(Unplayable::NeedsGateway { step: None });
        }
        if let Some(step) = script.steps.iter().position(needs_gateway) {
            return Err(Unplayable::NeedsGateway { step: Some(step) });
        }
        let playback = Playback::new(script).map_err(Unplayable::Script)?;
        let state = State { playback, rules: Rules::default(), now: Duration::ZERO };
        Ok(FaultTransport { network, state: Arc::new(Mutex::new(state)) })
    }

    /// What a device's wallet sends its requests through. The script's names become devices in the order in which they
    /// first ask, as at a gateway.
    pub fn of_device(&self, device: DeviceId) -> Arc<dyn Transport> {
        Arc::new(DeviceTransport { device, network: self.network.clone(), state: self.state.clone() })
    }

    /// Lets the script's time pass.
    pub fn pass(&self, time: Duration) {
        self.state.lock().unwrap().now += time;
    }

    /// The script's time.
    pub fn now(&self) -> Duration {
        self.state.lock().unwrap().now
    }
}

fn needs_gateway(step: &FaultStep) -> bool {
    let faults = &step.faults;
    faults.decline.is_some()
        || faults.reject.is_some()
        || faults.ask_to_buy.is_some()
        || faults.freeze
        || faults.clock_skew_seconds.is_some()
}

struct DeviceTransport {
    device: DeviceId,
    network: Arc<dyn Transport>,
    state: Arc<Mutex<State>>,
}

#[async_trait]
impl Transport for DeviceTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        // As at a gateway: who has no token yet is not known.
        let device = request.headers().contains_key(header::AUTHORIZATION).then_some(self.device);
        let resource = Resource::of_path(request.uri().path());
        match self.arrive(device, resource).fate {
            Fate::Dropped => Err(lost()),
            Fate::Failed { status } => Ok(failed(status)),
            Fate::CarriedOut => {
                let answer = self.network.send(request).await?;
                let is_unauthorised = answer.status() == StatusCode::UNAUTHORIZED;
                if !is_unauthorised && self.state.lock().unwrap().rules.loses_answer(device, resource) {
                    return Err(lost());
                }
                Ok(answer)
            }
        }
    }
}

impl DeviceTransport {
    fn arrive(&self, device: Option<DeviceId>, resource: Option<Resource>) -> Arrival {
        let mut state = self.state.lock().unwrap();
        let State { playback, rules, now } = &mut *state;
        let arrival = playback.arrive(rules, device, resource, u64::try_from(now.as_millis()).unwrap());
        *now += arrival.latency.unwrap_or_default();
        arrival
    }
}

/// Whether the request arrived is not known to who sent it.
fn lost() -> TransportError {
    TransportError::Lost { reason: "a fault ends this connection".into() }
}

/// What the gateway answers where an error is ordered.
fn failed(status: u16) -> Response<Bytes> {
    let kind = if status == 503 { ProblemKind::Unavailable } else { ProblemKind::Internal };
    let problem = Problem::new(kind, "A tester ordered this answer; the request had no effect.");
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, "application/problem+json");
    let answer = if status == 503 { answer.header(header::RETRY_AFTER, "1") } else { answer };
    answer.body(serde_json::to_vec(&problem).unwrap().into()).unwrap()
}
