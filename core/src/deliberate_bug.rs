//! Bugs that can be planted, to test the tests: the simulator must find each of them.
//!
//! Without the feature `deliberate-bugs` none can be, and each place that asks for one compiles to nothing.

/// A bug.
#[allow(unreachable_pub, reason = "only a build with the feature shows it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliberateBug {
    /// Commits are not synced: a power cut takes what was granted.
    NormalSync = 1,
    /// Callers hear that all is well before, and even when, the commit fails.
    AnswerBeforeCommit,
    /// After a failed commit the memory keeps what the disk does not have.
    MemoryAheadOfDisk,
    /// Entries leave the queue on an answer whose signature is wrong.
    DequeueUnverified,
    /// A settlement also takes entries off the queue that were made while it was on its way.
    DequeueEverything,
    /// A second tap buys again.
    NoIdempotency,
    /// Time is what the wall clock says.
    TrustWallClock,
    /// Sealed rows can be moved from place to place.
    NoAssociatedData,
    /// A restored backup spends as if it were the newest.
    RollbackUnnoticed,
    /// A top-up whose answer was lost is forgotten.
    ForgetTopUp,
    /// What a rejected purchase had granted stays.
    KeepRejectedGrant,
    /// What was refunded stays in the inventory.
    KeepRefundedItems,
    /// Units that were written stay counted, and are written again.
    CountTwice,
    /// More units wait in memory than the catalog says.
    CountWithoutEnd,
    /// What the account owns on its other devices is not known here.
    ForgetDurables,
    /// A pass goes by the clock as if no time had been noted for it.
    RevivePasses,
    /// A purchase of a pass makes it longer twice, until the gateway says how long it is.
    DoublePasses,
    /// A pass is renewed, and the player has not agreed to that.
    RenewUnasked,
    /// A pass is renewed at more than what the player agreed to.
    RenewAtAnyPrice,
    /// What the gateway says of passes is not gone by.
    KeepPasses,
    /// What a guardian has approved once is bought as often as the player likes.
    ApproveForEver,
    /// What is reserved for this device is not given back before a tab is closed.
    KeepReserve,
    /// A tab whose answer was lost is not asked after.
    ForgetTab,
    /// What is owed on a tab is not rounded up to what a card can be charged.
    OweFractions,
    /// A card is charged by itself also after it was declined, and the player has not agreed again.
    TopUpWhilePaused,
    /// A card is charged by itself while another top-up is under way.
    TopUpBeside,
    /// What a month has had of automatic top-ups is not counted.
    TopUpWithoutEnd,
    /// An automatic top-up that is not agreed to any more is given up, and nobody asks whether the gateway has got it.
    GiveUpTopUps,
    /// What is in a bundle stays when its price goes back.
    KeepBundles,
    /// The price of the player's country, and of an account's first days, is not gone by.
    SellAtUsualPrices,
    /// What an app store has sold is not written down before it is handed over.
    ForgetPacks,
    /// What a bank has taken back of a top-up does not show.
    ForgetDisputes,
}

#[cfg(feature = "deliberate-bugs")]
mod planted {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::DeliberateBug;

    static PLANTED: AtomicU8 = AtomicU8::new(0);

    impl DeliberateBug {
        /// Plants a bug in every wallet of this process, in place of an earlier one.
        pub fn plant(bug: Option<DeliberateBug>) {
            PLANTED.store(bug.map_or(0, |bug| bug as u8), Ordering::SeqCst);
        }

        pub(crate) fn is_planted(self) -> bool {
            PLANTED.load(Ordering::SeqCst) == self as u8
        }
    }
}

#[cfg(not(feature = "deliberate-bugs"))]
impl DeliberateBug {
    pub(crate) const fn is_planted(self) -> bool {
        false
    }
}
