//! A game's month, prepaid and by tabs, as Farthing's gateway does both: what it takes in fees, what players have paid
//! and not spent, and what the platform may lose.
//!
//! Prepaid, a player tops up whenever the balance is too low for a purchase. By tabs, the card authorises a limit, and
//! is charged once for what was spent when the limit is used up, or after six days; what is then reserved for the device
//! is charged with it and stays the player's (`gateway/src/tab/`). Without a network a device spends its reserve, and
//! beyond that nothing.

use farthing_protocol::Money;

use crate::DataError;
use crate::route::{Route, Routes, money};
use crate::scenario::{Luck, Player, Scenario};
use crate::spread::Purse;

/// Days that a tab is open at most, as at the gateway.
const TAB_DAYS: u32 = 6;

/// How players pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// First, by top-ups.
    Prepaid,
    /// Afterwards, by tabs.
    Tab,
}

/// What came of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Purchases that were made.
    pub purchases: u64,
    /// Purchases without a network that the device had no reserve for.
    pub refused: u64,
    /// What was spent.
    pub spent: Money,
    /// Charges of cards.
    pub charges: u64,
    /// What was charged.
    pub charged: Money,
    /// What the processor took of it.
    pub fees: Money,
    /// Of the fees, what the purchases have borne. The rest is borne by those of later months.
    pub borne: Money,
    /// What players had paid and not spent, on average at the end of a day.
    pub float_mean: Money,
    /// The same at the end of the month.
    pub float_end: Money,
    /// Of that, what belongs to players who left for good.
    pub breakage: Money,
    /// What was spent and not charged yet, at the end of the worst day.
    pub exposure_peak: Money,
    /// What banks took back, with the processor's fee for it.
    pub disputed: Money,
    /// What could not be charged at the end of a tab: the card refused, or it was too little for a charge.
    pub uncollected: Money,
}

/// Plays a month.
///
/// # Errors
/// [`DataError`].
pub fn simulate(scenario: &Scenario, routes: &Routes, model: Model) -> Result<Month, DataError> {
    play(scenario, routes, model, (0..scenario.players).map(|number| scenario.player(number)))
}

/// Plays a month of these players.
pub(crate) fn play(
    scenario: &Scenario,
    routes: &Routes,
    model: Model,
    players: impl Iterator<Item = Player>,
) -> Result<Month, DataError> {
    scenario.check()?;
    let route = routes.named(&scenario.route)?;
    let mut totals = Totals { days: vec![(0, 0); scenario.days as usize], ..Totals::default() };
    for player in players {
        let nothing = Money::zero(route.currency());
        let mut wallet = Wallet {
            scenario,
            routes,
            route,
            model,
            luck: player.luck,
            purse: Purse { balance: nothing, fee: nothing },
            funds: 0,
            reserved: 0,
            tab: None,
        };
        let mut purchases = player.purchases.iter().peekable();
        for day in 0..scenario.days {
            if wallet.tab.is_some_and(|opened| day >= opened + TAB_DAYS) {
                wallet.close_tab(&mut totals)?;
            }
            while let Some(purchase) = purchases.next_if(|purchase| purchase.day == day) {
                wallet.buy(day, purchase.is_offline, &mut totals)?;
            }
            wallet.end_day(day, &mut totals);
        }
        wallet.close_tab(&mut totals)?;
        totals.float_end += wallet.funds;
        if player.leaves {
            totals.breakage += wallet.funds;
        }
    }
    totals.month(scenario)
}

/// Sums over all players, in micros.
#[derive(Default)]
struct Totals {
    purchases: u64,
    refused: u64,
    spent: i64,
    charges: u64,
    charged: i64,
    fees: i64,
    borne: i64,
    /// At the end of each day: paid and not spent, spent and not charged.
    days: Vec<(i64, i64)>,
    float_end: i64,
    breakage: i64,
    disputed: i64,
    uncollected: i64,
}

impl Totals {
    fn month(self, scenario: &Scenario) -> Result<Month, DataError> {
        let currency = scenario.price.currency();
        let money = |micros: i64| Money::from_micros(micros, currency);
        let float: i128 = self.days.iter().map(|(float, _)| i128::from(*float)).sum();
        let exposure_peak = self.days.iter().map(|(_, exposure)| *exposure).max().unwrap_or(0);
        Ok(Month {
            purchases: self.purchases,
            refused: self.refused,
            spent: money(self.spent),
            charges: self.charges,
            charged: money(self.charged),
            fees: money(self.fees),
            borne: money(self.borne),
            float_mean: crate::route::money(float / i128::from(scenario.days), currency)?,
            float_end: money(self.float_end),
            breakage: money(self.breakage),
            exposure_peak: money(exposure_peak),
            disputed: money(self.disputed),
            uncollected: money(self.uncollected),
        })
    }
}

/// One player's money. In micros.
struct Wallet<'a> {
    scenario: &'a Scenario,
    routes: &'a Routes,
    route: &'a Route,
    model: Model,
    luck: Luck,
    /// What charges' fees are not spread yet.
    purse: Purse,
    /// What can be spent, with the limit of an open tab.
    funds: i64,
    /// Of that, what can be spent without a network.
    reserved: i64,
    /// The day on which the open tab was opened.
    tab: Option<u32>,
}

impl Wallet<'_> {
    fn buy(&mut self, day: u32, is_offline: bool, totals: &mut Totals) -> Result<(), DataError> {
        let price = self.scenario.price.micros();
        if is_offline && self.reserved < price {
            totals.refused += 1;
            return Ok(());
        }
        while self.funds < price {
            self.bring_in(day, totals)?;
        }
        self.funds -= price;
        self.reserved = if is_offline { self.reserved - price } else { self.scenario.reserve.micros().min(self.funds) };
        (totals.purchases, totals.spent) = (totals.purchases + 1, totals.spent + price);
        if let Some((left, share)) = self.purse.spend(self.scenario.price) {
            self.purse = left;
            totals.borne += share.micros();
        }
        Ok(())
    }

    /// Tops up, or opens a tab in place of one that is used up.
    fn bring_in(&mut self, day: u32, totals: &mut Totals) -> Result<(), DataError> {
        match self.model {
            Model::Prepaid => {
                let amount = self.scenario.top_up;
                let fee = self.charge(amount, totals)?;
                self.purse = self.purse.add(amount, fee)?;
                self.funds += amount.micros();
            }
            Model::Tab => {
                self.close_tab(totals)?;
                self.tab = Some(day);
                self.funds += self.scenario.tab.micros();
            }
        }
        Ok(())
    }

    /// Takes what is unspent out of the funds, and charges the rest of the limit.
    fn close_tab(&mut self, totals: &mut Totals) -> Result<(), DataError> {
        if self.tab.take().is_none() {
            return Ok(());
        }
        let limit = self.scenario.tab.micros();
        let unspent = (self.funds - self.reserved).clamp(0, limit);
        self.funds -= unspent;
        let due = Money::from_micros(limit - unspent, self.route.currency());
        if due.is_zero() {
            return Ok(());
        }
        let least = self.routes.minimum(self.route)?.map_or(0, |minimum| minimum.micros());
        if due.micros() < least || self.luck.strikes(self.scenario.failing_captures) {
            totals.uncollected += due.micros();
            return Ok(());
        }
        // The fee is known only now: the purchases of the tab bear it.
        totals.borne += self.charge(due, totals)?.micros();
        Ok(())
    }

    fn charge(&mut self, amount: Money, totals: &mut Totals) -> Result<Money, DataError> {
        let fee = self.routes.fee(self.route, amount)?;
        totals.charges += 1;
        totals.charged += amount.micros();
        totals.fees += fee.micros();
        if self.luck.strikes(self.scenario.disputes) {
            totals.disputed += amount.plus(self.scenario.dispute_fee)?.micros();
        }
        Ok(fee)
    }

    fn end_day(&self, day: u32, totals: &mut Totals) {
        let authorised = if self.tab.is_some() { self.scenario.tab.micros() } else { 0 };
        let paid = self.funds - authorised;
        if let Some((float, exposure)) = totals.days.get_mut(day as usize) {
            *float += paid.max(0);
            *exposure += (-paid).max(0);
        }
    }
}

impl Month {
    /// What is left to the platform and the developer: what was spent, less fees that it bears and losses.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`].
    pub fn left(&self) -> Result<Money, DataError> {
        Ok(self.spent.minus(self.borne)?.minus(self.disputed)?.minus(self.uncollected)?)
    }

    /// The charge that is made on average.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`].
    pub fn mean_charge(&self) -> Result<Money, DataError> {
        money(i128::from(self.charged.micros()) / i128::from(self.charges.max(1)), self.charged.currency())
    }
}

#[cfg(test)]
#[path = "month_tests.rs"]
mod tests;
