//! The assumptions about a game's month, and what its players do in it, by a seed.

use farthing_protocol::Money;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::route::Routes;
use crate::{DataError, unusable};

/// The most players and purchases of one that are simulated, so that a slip of the finger ends.
const PLAYERS_MAX: u32 = 1_000_000;
const PURCHASES_MAX: u32 = 10_000;
const DAYS_MAX: u32 = 366;

/// The assumptions about a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Players who buy at least once.
    pub players: u32,
    /// Days of the month.
    pub days: u32,
    /// What a purchase costs.
    pub price: Money,
    /// How often players buy.
    pub buyers: Vec<Buyers>,
    /// Of each hundred purchases: how many are made without a network.
    pub offline: u32,
    /// Of each hundred players: how many leave for good.
    pub leaving: u32,
    /// The route of charges.
    pub route: String,
    /// How large a top-up is.
    pub top_up: Money,
    /// How high a tab may go.
    pub tab: Money,
    /// What is reserved for a device to spend offline.
    pub reserve: Money,
    /// Of each million charges: how many the bank takes back.
    pub disputes: u32,
    /// What the processor takes for each of them.
    pub dispute_fee: Money,
    /// Of each million tabs: how many can't be charged at the end.
    pub failing_captures: u32,
    /// Which of the possible months it is.
    pub seed: u64,
}

/// How often a part of the players buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buyers {
    /// Of each hundred players.
    pub of_hundred: u32,
    /// At least so often in the month.
    pub least: u32,
    /// At most so often.
    pub most: u32,
}

/// What one player does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Player {
    /// In the order of days.
    pub(crate) purchases: Vec<Purchase>,
    /// Whether the player leaves for good.
    pub(crate) leaves: bool,
    /// Decides the fate of this player's charges.
    pub(crate) luck: Luck,
}

/// A wish to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Purchase {
    pub(crate) day: u32,
    pub(crate) is_offline: bool,
}

/// The fate of a player's charges: the same for both ways to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Luck(ChaCha8Rng);

impl Luck {
    pub(crate) fn new(seed: u64, player: u32) -> Self {
        Luck(stream(seed, (u64::from(player) << 1) | 1))
    }

    /// Whether something happens that does so to `of_million`.
    pub(crate) fn strikes(&mut self, of_million: u32) -> bool {
        self.0.random_range(0..1_000_000) < of_million
    }
}

fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    random
}

impl Scenario {
    /// Reads a file such as `economics/month.toml`.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn parse(text: &str, routes: &Routes) -> Result<Self, DataError> {
        let file: File = toml::from_str(text).map_err(|error| DataError::Malformed(error.to_string()))?;
        let currency = routes.named(&file.route)?.currency();
        let amount = |place: &str, amount: Decimal| match Money::new(amount, currency) {
            Ok(money) if !money.is_negative() => Ok(money),
            _ => Err(unusable(place, "an amount is from 0 on, with at most six decimals")),
        };
        let scenario = Scenario {
            price: amount("price", file.price)?,
            top_up: amount("top_up", file.top_up)?,
            tab: amount("tab", file.tab)?,
            reserve: amount("reserve", file.reserve)?,
            dispute_fee: amount("dispute_fee", file.dispute_fee)?,
            players: file.players,
            days: file.days,
            buyers: file.buyers,
            offline: file.offline,
            leaving: file.leaving,
            route: file.route,
            disputes: file.disputes,
            failing_captures: file.failing_captures,
            seed: file.seed,
        };
        scenario.check()?;
        Ok(scenario)
    }

    /// Checks that it can be simulated.
    ///
    /// # Errors
    /// [`DataError::Unusable`].
    pub fn check(&self) -> Result<(), DataError> {
        let at_most = |place: &str, value: u32, most: u32| match value <= most {
            true => Ok(()),
            false => Err(unusable(place, format!("is at most {most}"))),
        };
        at_most("players", self.players, PLAYERS_MAX)?;
        at_most("days", self.days, DAYS_MAX)?;
        at_most("offline", self.offline, 100)?;
        at_most("leaving", self.leaving, 100)?;
        at_most("disputes", self.disputes, 1_000_000)?;
        at_most("failing_captures", self.failing_captures, 1_000_000)?;
        if self.days == 0 || !self.price.is_positive() {
            return Err(unusable("days, price", "must be above zero"));
        }
        for (place, amount) in [("top_up", self.top_up), ("tab", self.tab)] {
            if amount.micros() < self.price.micros() {
                return Err(unusable(place, "is less than one purchase costs"));
            }
        }
        if self.buyers.iter().map(|buyers| u64::from(buyers.of_hundred)).sum::<u64>() != 100 {
            return Err(unusable("buyers", "must be a hundred of each hundred"));
        }
        for buyers in &self.buyers {
            at_most("buyers", buyers.most, PURCHASES_MAX)?;
            if buyers.least > buyers.most {
                return Err(unusable("buyers", "`least` is more than `most`"));
            }
        }
        Ok(())
    }

    /// What a player does: the same for the same seed and number, whoever else plays.
    pub(crate) fn player(&self, number: u32) -> Player {
        let mut random = stream(self.seed, u64::from(number) << 1);
        let mut place = random.random_range(0..100);
        let buyers = self.buyers.iter().find(|buyers| {
            let is_here = place < buyers.of_hundred;
            place = place.saturating_sub(buyers.of_hundred);
            is_here
        });
        let count = buyers.map_or(0, |buyers| random.random_range(buyers.least..=buyers.most));
        let leaves = random.random_range(0..100) < self.leaving;
        let last_day = if leaves { random.random_range(0..self.days) } else { self.days - 1 };
        let mut purchases: Vec<Purchase> = (0..count)
            .map(|_| Purchase {
                day: random.random_range(0..self.days),
                is_offline: random.random_range(0..100) < self.offline,
            })
            .filter(|purchase| purchase.day <= last_day)
            .collect();
        // Of a day's purchases those with a network come first: they bring the money that the others spend.
        purchases.sort_unstable();
        Player { purchases, leaves, luck: Luck::new(self.seed, number) }
    }
}

/// The file's shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    players: u32,
    days: u32,
    price: Decimal,
    buyers: Vec<Buyers>,
    offline: u32,
    leaving: u32,
    route: String,
    top_up: Decimal,
    tab: Decimal,
    reserve: Decimal,
    disputes: u32,
    dispute_fee: Decimal,
    failing_captures: u32,
    seed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MONTH, ROUTES};

    fn parse(text: &str) -> Result<Scenario, DataError> {
        Scenario::parse(text, &Routes::parse(ROUTES).unwrap())
    }

    #[test]
    fn players_do_the_same_for_the_same_seed() {
        let month = parse(MONTH).unwrap();
        let other = Scenario { seed: 2, ..month.clone() };
        let players = |month: &Scenario| (0..50).map(|number| month.player(number)).collect::<Vec<_>>();
        assert_eq!(players(&month), players(&month));
        assert_ne!(players(&month), players(&other));
    }

    #[test]
    fn players_keep_to_the_assumptions() {
        let month = parse(MONTH).unwrap();
        let players: Vec<_> = (0..5_000).map(|number| month.player(number)).collect();
        let purchases = || players.iter().flat_map(|player| &player.purchases);
        assert!(purchases().all(|purchase| purchase.day < month.days));
        assert!(players.iter().all(|player| player.purchases.len() <= 120 && player.purchases.is_sorted()));
        // 70 % × 3.5 + 25 % × 15.5 + 5 % × 72.5 are 9.95, less what those who leave don't buy.
        let mean_in_hundredths = purchases().count() * 100 / players.len();
        assert!((850..1_050).contains(&mean_in_hundredths), "{mean_in_hundredths}");
        let offline = purchases().filter(|purchase| purchase.is_offline).count() * 100 / purchases().count();
        assert!((18..=22).contains(&offline), "{offline}");
        let leaving = players.iter().filter(|player| player.leaves).count() * 100 / players.len();
        assert!((8..=12).contains(&leaving), "{leaving}");
    }

    #[test]
    fn what_can_not_be_simulated_is_said() {
        for (good, bad, says) in [
            ("players = 10_000", "players = 10_000_000", "players: is at most 1000000"),
            ("price = \"0.25\"", "price = \"5.01\"", "top_up: is less than one purchase costs"),
            ("price = \"0.25\"", "price = \"0\"", "days, price: must be above zero"),
            ("offline = 20", "offline = 101", "offline: is at most 100"),
            ("of_hundred = 70", "of_hundred = 71", "buyers: must be a hundred"),
            ("least = 7", "least = 25", "buyers: `least` is more than `most`"),
            ("route = \"stripe_us\"", "route = \"stripe\"", "stripe: there is no such route"),
            ("reserve = \"1.00\"", "reserve = \"-1.00\"", "reserve: an amount is from 0 on"),
        ] {
            let error = parse(&MONTH.replacen(good, bad, 1)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
