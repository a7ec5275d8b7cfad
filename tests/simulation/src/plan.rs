//! What happens in a world: a list of steps, all of it decided by the seed before the first one is taken. A step holds
//! its own chances, so that a list with some steps left out is still a run that can be repeated.

mod days;
mod money;
mod seed;

use farthing_machine::Fault;

use crate::limits::Period;

pub(crate) use seed::plan;

/// Phones in a world, each with an account of its own; clones come on top.
pub(crate) const PHONES: usize = 3;

/// Cards: two that succeed, one that is declined, one that asks for the bank's page, one that asks and is declined then, one
/// that authorises a tab and can't be charged at its end, and one whose first answer comes late.
pub(crate) const CARDS: [&str; 7] = [
    "4242424242424242",
    "5555555555554444",
    "4000000000000002",
    "4000002760003184",
    "4000008400001629",
    "4000000000000341",
    "4000000000004202",
];
pub(crate) const GOOD_CARD: usize = 0;
pub(crate) const CONFIRMED_CARD: usize = 3;
pub(crate) const FAILING_CARD: usize = 5;
pub(crate) const SLOW_CARD: usize = 6;

/// One thing that a player, a phone, the network, the operator or fate does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// `again` asks for an earlier purchase once more, under its key.
    Buy {
        phone: usize,
        sku: usize,
        quantity: u32,
        again: bool,
    },
    /// A tip of so many cents and a micro; `again` as above.
    Tip {
        phone: usize,
        cents: u32,
        again: bool,
    },
    /// Purchases that arrive at the same moment and share a commit.
    BuyTogether {
        phone: usize,
        count: u32,
    },
    Consume {
        phone: usize,
        sku: usize,
        quantity: u32,
        again: bool,
    },
    /// Units of a metered item are used, and with `flush` written at once.
    Use {
        phone: usize,
        meter: usize,
        units: u32,
        flush: bool,
    },
    /// Asks for the price of one of the newest purchases back.
    Refund {
        phone: usize,
        which: usize,
    },
    /// The merchant gives back so many quarters of the price of a purchase, or all that is left with none, and takes
    /// items back; `again` asks for the same once more.
    MerchantRefund {
        phone: usize,
        which: usize,
        quarters: u8,
        quantity: Option<u32>,
        again: bool,
    },
    /// The player lets the wallet renew the pass, or no more.
    Renew {
        phone: usize,
        agrees: bool,
    },
    /// The player limits what the account spends in a day, a week and a month; one purchase may cost half of a day's.
    Limit {
        phone: usize,
        cents: u32,
    },
    /// A guardian wants to be asked for what costs more, and in some worlds limits as a player does.
    Guard {
        phone: usize,
        cents: u32,
        limit_cents: Option<u32>,
    },
    /// A guardian answers what was asked for, or someone who does not know the PIN.
    Answer {
        phone: usize,
        which: usize,
        approve: bool,
        knows_pin: bool,
    },
    TopUp {
        phone: usize,
        cents: u32,
        euros: bool,
    },
    AddCard {
        phone: usize,
        card: usize,
    },
    /// The player buys a pack of balance in an app store, for this account where the app says so; or makes one up.
    BuyPack {
        phone: usize,
        is_named: bool,
        is_forged: bool,
    },
    /// The app hands a pack over that was bought before, here or by somebody else.
    HandOver {
        phone: usize,
        which: usize,
    },
    /// The store gives the price of a pack back, or takes it from the player again.
    StoreDecides {
        which: usize,
        is_refund: bool,
    },
    /// A bank takes the charge of a top-up back, or decides on it.
    BankDecides {
        phone: usize,
        which: usize,
        decision: Decision,
    },
    /// The player lets the wallet charge a card by itself, or no more.
    AutoTopUp {
        phone: usize,
        consent: Option<Consent>,
    },
    /// A card of a kind authorises so many cents, which are spent and charged in the end.
    OpenTab {
        phone: usize,
        card: usize,
        cents: u32,
        euros: bool,
    },
    /// Closes a tab, or pays what is due of it.
    CloseTab {
        phone: usize,
        which: usize,
    },
    /// The cardholder confirms what the bank asks, or declines it.
    AnswerBank {
        phone: usize,
        confirm: bool,
    },
    RemoveCard {
        phone: usize,
    },
    Sync {
        phone: usize,
    },
    /// A sync whose batch is answered, but the answer is on its way until `Release`.
    HoldSync {
        phone: usize,
    },
    Release {
        phone: usize,
    },
    LookBack {
        phone: usize,
    },
    /// The wallet closes and opens in good order.
    Reopen {
        phone: usize,
    },
    SecondProcess {
        phone: usize,
    },
    Erase {
        phone: usize,
        force: bool,
    },
    /// The app is killed now; with `power`, the phone's battery is out.
    Kill {
        phone: usize,
        power: bool,
    },
    /// The same at a moment that the disk's calls decide.
    KillAt {
        phone: usize,
        calls: u64,
        torn: bool,
        power: bool,
    },
    DiskFault {
        phone: usize,
        calls: u64,
        fault: Fault,
    },
    MendDisk {
        phone: usize,
    },
    KeyStore {
        phone: usize,
        mood: Mood,
    },
    BackUp {
        phone: usize,
    },
    Restore {
        phone: usize,
    },
    Clone {
        phone: usize,
    },
    /// Someone exchanges two rows of the database.
    MoveRows {
        phone: usize,
    },
    Weather {
        phone: usize,
        weather: Weather,
        chances: u64,
    },
    /// The network delivers requests again that it has delivered before.
    Repeat {
        phone: usize,
        chances: u64,
    },
    /// Time passes for all.
    Pass {
        minutes: u32,
    },
    /// It passes until a new day, week or month begins, and so many minutes more.
    PassToNext {
        period: Period,
        minutes: u32,
    },
    SetClock {
        phone: usize,
        days: i32,
    },
    KillGateway {
        power: bool,
    },
    KillGatewayAt {
        calls: u64,
        torn: bool,
        power: bool,
    },
    RestartGateway,
    GatewayDiskFault {
        calls: u64,
        fault: Fault,
    },
    ChangeCatalog {
        cents: u32,
    },
    /// The next purchase that the gateway settles is rejected.
    OrderRejection,
}

/// What a bank says of a charge that is disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It takes it back until it has decided.
    TakesBack,
    LetsStand,
    /// It keeps what it has taken back.
    Keeps,
}

/// What a player agrees to, in cents, on a card of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consent {
    pub(crate) card: usize,
    pub(crate) below: u32,
    pub(crate) amount: u32,
    /// In a month.
    pub(crate) cap: u32,
    pub(crate) euros: bool,
}

/// How the key store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// It answers nothing: the phone is locked.
    Locked,
    /// It keeps nothing new.
    Forgetful,
}

/// How the network is. Each fate is so likely, in per cent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) not_sent: u8,
    pub(crate) request_lost: u8,
    pub(crate) answer_lost: u8,
    pub(crate) late: u8,
    pub(crate) doubled: u8,
    pub(crate) request_garbled: u8,
    pub(crate) answer_garbled: u8,
    pub(crate) old_answer: u8,
    pub(crate) anothers_answer: u8,
    pub(crate) portal: u8,
    pub(crate) unavailable: u8,
    /// What is asked for there meets it alone; everything where it is not said.
    pub(crate) path: Option<&'static str>,
}
