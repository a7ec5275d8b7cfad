//! What a wallet's process says on its standard output: a line before each action, a line after.
//!
//! What was written into a pipe stays in it when the writer is killed. So whoever reads the pipe knows
//! all that an app could have told its player, and what it was about to do.

use std::io::{self, Write};

use farthing_core::{CardId, EntryId, Money, Sku, TopUp, TopUpId};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// It is about to do this.
    Intent { number: u64, action: Action },
    /// This became of the action of that number.
    Answer { number: u64, answer: Answer },
}

/// What a wallet is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Open,
    Close,
    Sync,
    Buy { key: String, sku: Sku, quantity: u32 },
    Consume { operation: String, sku: Sku, quantity: u32 },
    TopUp { amount: Money },
    AddCard { last_four: String },
}

/// What a wallet answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Opened, closed, synced, consumed.
    Done,
    Bought {
        purchase: EntryId,
        total: Money,
    },
    ToppedUp(TopUp),
    /// A top-up that the bank refused.
    Declined(TopUpId),
    CardAdded(CardId),
    /// Nothing was done. `error` is the error's name, `text` what it says.
    Refused {
        error: String,
        text: String,
    },
}

impl Line {
    /// Says it, in one write that no kill can tear apart.
    pub(crate) fn say(&self) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let mut output = io::stdout().lock();
        output.write_all(&line)?;
        output.flush()
    }

    /// What a line says; `None` for the stump of one.
    pub(crate) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

/// What a process was in the midst of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Midst {
    /// Starting: it has said nothing yet.
    Start,
    Open,
    Buy,
    Consume,
    Sync,
    TopUp,
    AddCard,
    Close,
    /// Nothing that it was asked for; a sync of its own, maybe.
    Between,
}

impl Midst {
    pub(crate) const ALL: [Midst; 9] = [
        Midst::Start,
        Midst::Open,
        Midst::Buy,
        Midst::Consume,
        Midst::Sync,
        Midst::TopUp,
        Midst::AddCard,
        Midst::Close,
        Midst::Between,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Midst::Start => "start",
            Midst::Open => "open",
            Midst::Buy => "buy",
            Midst::Consume => "consume",
            Midst::Sync => "sync",
            Midst::TopUp => "top-up",
            Midst::AddCard => "add card",
            Midst::Close => "close",
            Midst::Between => "between",
        }
    }
}

impl From<&Action> for Midst {
    fn from(action: &Action) -> Self {
        match action {
            Action::Open => Midst::Open,
            Action::Close => Midst::Close,
            Action::Sync => Midst::Sync,
            Action::Buy { .. } => Midst::Buy,
            Action::Consume { .. } => Midst::Consume,
            Action::TopUp { .. } => Midst::TopUp,
            Action::AddCard { .. } => Midst::AddCard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_said_and_a_stump_is_none() {
        let action = Action::Buy { key: "1-2".into(), sku: Sku::new("arrow").unwrap(), quantity: 3 };
        let json = serde_json::to_string(&Line::Intent { number: 2, action: action.clone() }).unwrap();
        let Some(Line::Intent { number: 2, action: read }) = Line::read(&json) else { panic!("{json}") };
        assert_eq!(read, action);
        assert!(Line::read(&json[..json.len() - 1]).is_none());
        assert!(Line::read("").is_none());
    }
}
