//! What an item costs when, and what it is called in which language.
//!
//! Prices that begin and end at a time are in the signed catalog, so they hold offline, too. An entry is judged by the time
//! that it names, as it is by the allowance's times: device and gateway ask the same function.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{ITEM_LANGUAGES_MAX, SCHEDULED_PRICES_MAX};
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

impl Item {
    /// The price of one at a time.
    pub fn price_at(&self, at: Timestamp) -> Money {
        let scheduled = self.prices.iter().find(|scheduled| scheduled.from <= at && at < scheduled.until);
        scheduled.map_or(self.price, |scheduled| scheduled.price)
    }

    /// Each price that it may have.
    pub fn all_prices(&self) -> impl Iterator<Item = Money> {
        std::iter::once(self.price).chain(self.prices.iter().map(|scheduled| scheduled.price))
    }

    /// What it is called in a language, or in the one that this is a variant of; else in the catalog's own.
    pub fn text(&self, language: &str) -> ItemText {
        let find =
            |tag: &str| self.texts.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)).map(|(_, text)| text);
        let primary = language.split('-').next().unwrap_or(language);
        let own = || ItemText { title: self.title.clone(), description: self.description.clone() };
        find(language).or_else(|| find(primary)).cloned().unwrap_or_else(own)
    }

    /// What is wrong with the scheduled prices, in words that follow "the prices of it".
    pub(crate) fn fault_of_prices(&self) -> Option<&'static str> {
        let overlap = |(place, one): (usize, &ScheduledPrice)| {
            self.prices.iter().skip(place + 1).any(|other| one.from < other.until && other.from < one.until)
        };
        if self.prices.is_empty() {
            None
        } else if self.kind == ItemKind::Metered {
            Some("are not those of a metered item, whose units are added up at one price")
        } else if self.prices.len() > SCHEDULED_PRICES_MAX {
            Some("are at most 20")
        } else if self.prices.iter().any(|scheduled| scheduled.from >= scheduled.until) {
            Some("end after they begin")
        } else if self.prices.iter().any(|it| it.price.currency() != self.price.currency() || !it.price.is_positive()) {
            Some("are above zero, in the currency of the usual price")
        } else if self.prices.iter().enumerate().any(overlap) {
            Some("are one at a time")
        } else {
            None
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
    }
}
