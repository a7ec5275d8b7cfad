use farthing_protocol::api::KeySetResponse;

use super::session::{Outgoing, read};
use super::{GatewayError, Session};

impl Session {
    /// The gateway's key set, not verified yet.
    pub(super) async fn fetch_key_set(&self) -> Result<String, GatewayError> {
        let answer: KeySetResponse = read(&self.open(&Outgoing::get("v1/keys")).await?)?;
        Ok(answer.key_set)
    }
}
