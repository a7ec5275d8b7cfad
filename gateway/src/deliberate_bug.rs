//! Bugs that can be planted in a gateway, to test the tests: the simulator must find each of them.
//!
//! Without the feature `deliberate-bugs` none can be, and each place that asks for one compiles to nothing.

/// A bug.
#[allow(unreachable_pub, reason = "only a build with the feature shows it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliberateBug {
    /// Commits are not synced: a power cut takes what was answered.
    NormalSync = 1,
    /// A top-up that is asked for again charges the card again.
    ChargeAgain,
    /// Entries that were settled before are answered as if they had been rejected.
    ForgetOutcomes,
    /// Money is reserved that the signed allowance does not have.
    LeakReserve,
    /// A fork is not noticed as long as the entry numbers go on.
    ForkUnnoticed,
    /// A refund looks at no refund before it.
    ForgetRefunds,
    /// Each device gets a limit whole.
    LimitForEach,
    /// A durable item that the account owns is paid for once more.
    PayTwice,
    /// The limits of weeks and months are not shared out.
    OnlyDays,
    /// No device is told what a guardian wants to be asked for.
    AskNobody,
    /// What a guardian has approved may be bought by each device of the account, also once another one has.
    ApproveForAll,
    /// A pass lasts from when a device says that it was bought, also where that is yet to come.
    BelieveClocks,
    /// A pass whose price went back lasts as before.
    KeepRefundedPasses,
    /// A tab is opened beside another one.
    SecondTab,
    /// At the end of a tab its card is charged the whole limit.
    ChargeLimit,
    /// What was due of a tab stays due once it is paid.
    KeepDebts,
    /// A currency pack that a merchant takes back leaves its units with the player.
    KeepUnits,
    /// Merchants earn by what is bought in their own currency.
    PayUnits,
    /// A bundle is given back for something in it that the account owned before.
    GiveBackBundles,
    /// No device is told that an account's first days have prices of their own, or its country.
    TellUsualPrices,
    /// A pack of an app store credits whoever hands it over first, whomever it was bought for.
    CreditAnyone,
    /// A pack whose price has gone back before anyone handed it over is credited.
    ForgetRevocations,
    /// What a store gives back goes out of the balance whole, also what was spent or reserved.
    TakeBackWhole,
    /// What was held for a dispute stays so where the charge stands.
    KeepHolds,
    /// A top-up that comes after its wallet has given it up is charged.
    ChargeWithdrawn,
}

#[cfg(feature = "deliberate-bugs")]
mod planted {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::DeliberateBug;

    static PLANTED: AtomicU8 = AtomicU8::new(0);

    impl DeliberateBug {
        /// Plants a bug in every gateway of this process, in place of an earlier one.
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
