//! A phone's key store: slow hardware, locked phones and full memories, as far as they show.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use farthing_core::{KeyStore, KeyStoreError};
use farthing_protocol::SigningKey;

use crate::plan::Mood;

/// What the hardware keeps. An app that dies leaves it as it is.
#[derive(Clone, Default)]
struct Kept {
    signing_key: Option<Vec<u8>>,
    secrets: BTreeMap<String, Vec<u8>>,
}

/// The key store of one phone.
pub(crate) struct SimulatedKeyStore(Mutex<State>);

struct State {
    kept: Kept,
    mood: Mood,
    is_dead: bool,
}

impl SimulatedKeyStore {
    pub(crate) fn new() -> Arc<Self> {
        SimulatedKeyStore::with(Kept::default())
    }

    fn with(kept: Kept) -> Arc<Self> {
        Arc::new(SimulatedKeyStore(Mutex::new(State { kept, mood: Mood::Well, is_dead: false })))
    }

    /// What someone has who copied even the hardware's memory.
    pub(crate) fn copy(&self) -> Arc<Self> {
        SimulatedKeyStore::with(self.state().kept.clone())
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    pub(crate) fn is_well(&self) -> bool {
        self.state().mood == Mood::Well
    }

    /// The process that uses it ends: nothing that it asks for is done any more.
    pub(crate) fn set_dead(&self, is_dead: bool) {
        self.state().is_dead = is_dead;
    }

    /// What is kept under a name, as an examiner sees it.
    pub(crate) fn peek(&self, name: &str) -> Option<Vec<u8>> {
        self.state().kept.secrets.get(name).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_key<T>(&self, act: impl FnOnce(&SigningKey) -> T) -> Result<T, KeyStoreError> {
        let mut state = self.usable()?;
        if state.kept.signing_key.is_none() {
            let made = SigningKey::generate().map_err(|_| unavailable("no randomness"))?;
            state.kept.signing_key = Some(made.1.to_vec());
        }
        let stored = state.kept.signing_key.as_deref().unwrap_or_default();
        Ok(act(&SigningKey::from_pkcs8(stored).map_err(|_| KeyStoreError::KeyLost)?))
    }

    fn usable(&self) -> Result<MutexGuard<'_, State>, KeyStoreError> {
        let state = self.state();
        if state.is_dead || state.mood == Mood::Locked {
            return Err(unavailable("the phone is locked"));
        }
        Ok(state)
    }
}

fn unavailable(reason: &str) -> KeyStoreError {
    KeyStoreError::Unavailable { reason: reason.to_owned() }
}

#[async_trait]
impl KeyStore for SimulatedKeyStore {
    async fn public_key(&self) -> Result<Vec<u8>, KeyStoreError> {
        self.with_key(|key| key.public_key().point().to_vec())
    }

    async fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        self.with_key(|key| key.sign(&message).map_err(|_| unavailable("no randomness")))?
    }

    async fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(self.usable()?.kept.secrets.get(&name).cloned())
    }

    async fn store_secret(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError> {
        let mut state = self.usable()?;
        if state.mood == Mood::Forgetful {
            return Err(unavailable("its memory is full"));
        }
        state.kept.secrets.insert(name, secret);
        Ok(())
    }

    async fn erase(&self) -> Result<(), KeyStoreError> {
        self.usable()?.kept = Kept::default();
        Ok(())
    }
}
