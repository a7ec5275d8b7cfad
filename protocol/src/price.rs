//! What an item costs whom when, and what it is called in which language.
//!
//! All prices are in the signed catalog, so they hold offline, too. Which of them hold for a player, the allowance says
//! ([`Pricing`]), and an entry is judged by the allowance and the time that it names: device and gateway ask the same
//! function.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{INTRODUCTORY_DAYS_MAX, ITEM_LANGUAGES_MAX, PRICE_TIERS_MAX, SCHEDULED_PRICES_MAX};
use crate::{Item, ItemKind, Money};

/// Another price than the usual one, for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduledPrice {
    /// The price of one, in the currency of the usual price.
    pub price: Money,
    /// From then on.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub from: Timestamp,
    /// Until then, and not at that time.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub until: Timestamp,
}

/// What an item costs at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntroductoryPrice {
    /// The price of one, in the currency of the usual price.
    pub price: Money,
    /// How many days after an account was opened it holds.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 366))]
    pub days: u32,
}

/// What an item costs where another price tier holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierPrice {
    /// The usual price of one there: of any ISO 4217 currency, where that of the item is of one.
    pub price: Money,
    /// Other prices than that, each for a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<ScheduledPrice>,
    /// What it costs there at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introductory: Option<IntroductoryPrice>,
}

/// Which of a catalog's prices hold for a player. The gateway says so in the allowance that pays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// The price tier of the player's country; none where the usual prices hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// When the account was opened, where something has an introductory price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Pricing {
    /// Whether the usual prices hold.
    pub fn is_usual(&self) -> bool {
        self.tier.is_none() && self.since.is_none()
    }
}

/// The prices of an item in one tier.
#[derive(Clone, Copy)]
struct Prices<'a> {
    usual: Money,
    scheduled: &'a [ScheduledPrice],
    introductory: Option<IntroductoryPrice>,
}

/// What an item is called in a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemText {
    /// Its name for players.
    pub title: String,
    /// A sentence for players.
    #[serde(default)]
    pub description: String,
}

/// What items are called in other languages, by their tags (BCP 47), such as `de` or `pt-BR`.
pub type ItemTexts = BTreeMap<String, ItemText>;

impl Prices<'_> {
    /// The introductory price as one that is scheduled.
    fn introduction(&self, pricing: &Pricing) -> Option<ScheduledPrice> {
        let (introductory, from) = (self.introductory?, pricing.since?);
        let days = SignedDuration::from_hours(24 * i64::from(introductory.days));
        Some(ScheduledPrice { price: introductory.price, from, until: from.checked_add(days).ok()? })
    }

    fn at(&self, pricing: &Pricing, at: Timestamp) -> Money {
        let introduction = self.introduction(pricing);
        let mut scheduled = introduction.iter().chain(self.scheduled);
        scheduled.find(|it| it.from <= at && at < it.until).map_or(self.usual, |it| it.price)
    }

    fn all(&self) -> impl Iterator<Item = Money> {
        let at_first = self.introductory.map(|introductory| introductory.price);
        std::iter::once(self.usual).chain(self.scheduled.iter().map(|it| it.price)).chain(at_first)
    }

    /// What is wrong with them, in words that follow "the prices of it".
    fn fault(&self) -> Option<&'static str> {
        let overlap = |(place, one): (usize, &ScheduledPrice)| {
            self.scheduled.iter().skip(place + 1).any(|other| one.from < other.until && other.from < one.until)
        };
        if self.scheduled.len() > SCHEDULED_PRICES_MAX {
            Some("are at most 20")
        } else if self.scheduled.iter().any(|scheduled| scheduled.from >= scheduled.until) {
            Some("end after they begin")
        } else if self.all().any(|price| price.currency() != self.usual.currency() || !price.is_positive()) {
            Some("are above zero, in the currency of the usual price")
        } else if self.scheduled.iter().enumerate().any(overlap) {
            Some("are one at a time")
        } else if self.introductory.is_some_and(|it| !(1..=INTRODUCTORY_DAYS_MAX).contains(&it.days)) {
            Some("are introductory for 1 to 366 days")
        } else {
            None
        }
    }
}

impl Item {
    /// The price of one at a time, where the usual prices hold.
    pub fn price_at(&self, at: Timestamp) -> Money {
        self.price_for(&Pricing::default(), at)
    }

    /// The price of one for a player at a time. An introductory price goes before one that is scheduled.
    pub fn price_for(&self, pricing: &Pricing, at: Timestamp) -> Money {
        self.prices_in(pricing.tier.as_deref()).at(pricing, at)
    }

    /// The item as a player sees it: its prices are theirs, and an introductory one is among those that are scheduled.
    pub fn offered_to(&self, pricing: &Pricing) -> Item {
        let prices = self.prices_in(pricing.tier.as_deref());
        let scheduled = prices.introduction(pricing).into_iter().chain(prices.scheduled.iter().copied());
        Item {
            price: prices.usual,
            prices: scheduled.collect(),
            introductory: None,
            tiers: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// Its prices in a tier; the usual ones where it has none of its own there.
    fn prices_in(&self, tier: Option<&str>) -> Prices<'_> {
        match tier.and_then(|tier| self.tiers.get(tier)) {
            Some(TierPrice { price, prices, introductory }) => {
                Prices { usual: *price, scheduled: prices, introductory: *introductory }
            }
            None => Prices { usual: self.price, scheduled: &self.prices, introductory: self.introductory },
        }
    }

    /// Its prices where no tier holds, and those of each tier.
    fn each_prices(&self) -> impl Iterator<Item = Prices<'_>> {
        std::iter::once(None).chain(self.tiers.keys().map(Some)).map(|tier| self.prices_in(tier.map(String::as_str)))
    }

    /// Each price that it may have.
    pub fn all_prices(&self) -> impl Iterator<Item = Money> {
        self.each_prices().flat_map(|prices| prices.all().collect::<Vec<_>>())
    }

    /// What it is called in a language, or in the one that this is a variant of; else in the catalog's own.
    pub fn text(&self, language: &str) -> ItemText {
        let find =
            |tag: &str| self.texts.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)).map(|(_, text)| text);
        let primary = language.split('-').next().unwrap_or(language);
        let own = || ItemText { title: self.title.clone(), description: self.description.clone() };
        find(language).or_else(|| find(primary)).cloned().unwrap_or_else(own)
    }

    /// What is wrong with its prices beside the usual one, in words that follow "the prices of it".
    pub(crate) fn fault_of_prices(&self) -> Option<&'static str> {
        let has_others = !self.prices.is_empty() || self.introductory.is_some() || !self.tiers.is_empty();
        let is_of_another_kind = |price: Money| {
            let (one, other) = (self.price.currency(), price.currency());
            one != other && (one.is_virtual() || other.is_virtual())
        };
        if has_others && self.kind == ItemKind::Metered {
            Some("are not those of a metered item, whose units are added up at one price")
        } else if self.tiers.len() > PRICE_TIERS_MAX {
            Some("are of at most 20 tiers")
        } else if self.tiers.values().any(|tier| is_of_another_kind(tier.price)) {
            Some("are in money in each tier, or in the same currency of the merchant's own")
        } else {
            self.each_prices().find_map(|prices| prices.fault())
        }
    }

    /// What is wrong with what it is called and shown by, in words that follow "the item".
    pub(crate) fn fault_of_texts(&self) -> Option<&'static str> {
        let is_tag = |tag: &str| {
            (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if self.texts.len() > ITEM_LANGUAGES_MAX {
            Some("has at most 50 languages")
        } else if !self.texts.keys().all(|tag| is_tag(tag)) {
            Some("has language tags such as \"de\" or \"pt-BR\"")
        } else if self.picture.as_deref().is_some_and(|picture| !picture.starts_with("https://") || picture.len() > 500)
        {
            Some("has a picture at an address of at most 500 bytes that begins with https://")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Currency, Sku};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn usd(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    fn scheduled(micros: i64, from: i64, until: i64) -> ScheduledPrice {
        ScheduledPrice { price: usd(micros), from: at(from), until: at(until) }
    }

    fn item(prices: Vec<ScheduledPrice>) -> Item {
        Item {
            sku: Sku::new("hint").unwrap(),
            title: "Hint".into(),
            description: "A nudge.".into(),
            price: usd(50_000),
            kind: ItemKind::Consumable,
            meter: None,
            pass: None,
            contents: Vec::new(),
            prices,
            introductory: None,
            tiers: BTreeMap::new(),
            texts: ItemTexts::new(),
            credits: None,
            picture: None,
        }
    }

    #[test]
    fn a_price_holds_from_its_first_moment_until_before_its_last() {
        let item = item(vec![scheduled(30_000, 0, 10), scheduled(20_000, 10, 20)]);
        assert_eq!(item.fault_of_prices(), None);
        let prices = [-1, 0, 9, 10, 19, 20].map(|seconds| item.price_at(at(seconds)).micros());
        assert_eq!(prices, [50_000, 30_000, 30_000, 20_000, 20_000, 50_000]);
    }

    #[test]
    fn prices_that_can_t_be_are_known() {
        let euros = ScheduledPrice { price: Money::from_micros(1, Currency::EUR), ..scheduled(1, 0, 1) };
        for bad in [
            vec![scheduled(1, 0, 0)],
            vec![scheduled(0, 0, 1)],
            vec![euros],
            vec![scheduled(1, 0, 10), scheduled(1, 9, 11)],
            vec![scheduled(1, 5, 6), scheduled(1, 0, 10)],
            (0..21).map(|place| scheduled(1, place, place + 1)).collect(),
        ] {
            assert!(item(bad.clone()).fault_of_prices().is_some(), "{bad:?}");
        }
        let metered = Item { kind: ItemKind::Metered, ..item(vec![scheduled(1, 0, 1)]) };
        assert!(metered.fault_of_prices().is_some());
    }

    /// Introductory for three days, and cheaper where the tier `low` holds.
    fn of_two_tiers() -> Item {
        let introductory = |micros| Some(IntroductoryPrice { price: usd(micros), days: 3 });
        let low = TierPrice { price: usd(20_000), prices: vec![scheduled(15_000, 0, 10)], introductory: None };
        Item {
            introductory: introductory(10_000),
            tiers: [("low".to_owned(), low)].into(),
            ..item(vec![scheduled(30_000, 0, 10)])
        }
    }

    #[test]
    fn whose_price_it_is_depends_on_the_tier_and_on_the_first_days() {
        const DAY: i64 = 86_400;
        let item = of_two_tiers();
        assert_eq!(item.fault_of_prices(), None);
        let price = |tier: Option<&str>, since: Option<i64>, when| {
            let pricing = Pricing { tier: tier.map(str::to_owned), since: since.map(at) };
            item.price_for(&pricing, at(when)).micros()
        };
        assert_eq!([-1, 0, 10].map(|when| price(None, None, when)), [50_000, 30_000, 50_000]);
        assert_eq!([-1, 0, 10].map(|when| price(Some("low"), None, when)), [20_000, 15_000, 20_000]);
        // A tier that the item has no price in, or that a newer catalog knows.
        assert_eq!(price(Some("high"), None, 10), 50_000);
        // The first three days, and also during the sale.
        assert_eq!([0, 3 * DAY - 1, 3 * DAY].map(|when| price(None, Some(0), when)), [10_000, 10_000, 50_000]);
        assert_eq!(price(Some("low"), Some(0), 0), 15_000, "the tier has none");
    }

    #[test]
    fn prices_of_tiers_that_can_t_be_are_known() {
        let good = of_two_tiers();
        let tier = |change: fn(&mut TierPrice)| {
            let mut item = good.clone();
            item.tiers.values_mut().for_each(change);
            item
        };
        assert_eq!(
            tier(|low| *low =
                TierPrice { price: Money::parse("1", Currency::EUR).unwrap(), prices: Vec::new(), introductory: None })
            .fault_of_prices(),
            None
        );
        for bad in [
            tier(|low| low.price = usd(0)),
            tier(|low| low.price = Money::from_micros(1_000_000, "gems".parse().unwrap())),
            tier(|low| low.introductory = Some(IntroductoryPrice { price: usd(0), days: 1 })),
            tier(|low| low.introductory = Some(IntroductoryPrice { price: usd(1), days: 0 })),
            tier(|low| low.introductory = Some(IntroductoryPrice { price: usd(1), days: 367 })),
            Item { kind: ItemKind::Metered, ..good.clone() },
            Item {
                tiers: (0..21).map(|place| (format!("t{place}"), good.tiers["low"].clone())).collect(),
                ..good.clone()
            },
        ] {
            assert!(bad.fault_of_prices().is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_language_falls_back_to_the_one_that_it_is_a_variant_of() {
        let text = |title: &str| ItemText { title: title.into(), description: String::new() };
        let texts = [("de", text("Tipp")), ("pt-BR", text("Dica"))].map(|(tag, text)| (tag.to_owned(), text));
        let item = Item { texts: texts.into(), ..item(Vec::new()) };
        let titles = ["de", "de-AT", "DE", "pt-br", "pt", "ja", ""].map(|language| item.text(language).title);
        assert_eq!(titles, ["Tipp", "Tipp", "Tipp", "Dica", "Hint", "Hint", "Hint"]);
        assert_eq!(item.fault_of_texts(), None);
        let picture = |address: &str| Item { picture: Some(address.into()), ..item.clone() };
        assert_eq!(picture("https://cdn.example/hint.png").fault_of_texts(), None);
        assert!(picture("http://cdn.example/hint.png").fault_of_texts().is_some());
        assert!(picture(&format!("https://{}", "a".repeat(500))).fault_of_texts().is_some());
        let tagged = Item { texts: [("de_AT".to_owned(), text("x"))].into(), ..item };
        assert!(tagged.fault_of_texts().is_some());
    }

    proptest! {
        #[test]
        fn at_each_time_there_is_one_price_and_it_is_one_that_the_catalog_names(
            cuts in prop::collection::vec((0_i64..50, 1_i64..50, 1_i64..1_000_000), 0..20),
            when in -100_i64..3_000,
        ) {
            let mut from = 0;
            let prices = cuts.into_iter().map(|(pause, length, micros)| {
                from += pause;
                let price = scheduled(micros, from, from + length);
                from += length;
                price
            });
            let item = item(prices.collect());
            prop_assert_eq!(item.fault_of_prices(), None);
            let price = item.price_at(at(when));
            let holds = |it: &&ScheduledPrice| it.from <= at(when) && at(when) < it.until;
            prop_assert!(item.prices.iter().filter(holds).count() <= 1);
            prop_assert_eq!(price, item.prices.iter().find(holds).map_or(item.price, |it| it.price));
            prop_assert!(item.all_prices().any(|known| known == price));
        }

        #[test]
        fn what_a_player_is_shown_is_what_they_pay(
            tier in prop::option::of("low|high"),
            since in prop::option::of(-400_000_i64..400_000),
            when in -400_000_i64..400_000,
        ) {
            let (item, pricing) = (of_two_tiers(), Pricing { tier, since: since.map(at) });
            let shown = item.offered_to(&pricing);
            prop_assert_eq!(shown.price_at(at(when)), item.price_for(&pricing, at(when)));
            prop_assert!(item.all_prices().any(|known| known == item.price_for(&pricing, at(when))));
        }
    }
}
