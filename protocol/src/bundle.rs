//! Bundles: several items that are sold as one.
//!
//! A purchase of a bundle names what is in it, so that whoever adds up the journal needs no catalog.

use serde::{Deserialize, Serialize};

use crate::limits::{BUNDLE_ITEMS_MAX, PASS_SECONDS_MAX, QUANTITY_MAX};
use crate::{Item, ItemKind, PassGrant, PurchaseBody, Sku};

/// One of the items in a bundle, as the catalog has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BundledItem {
    /// Which item of the same catalog: consumable, durable or a pass.
    pub sku: Sku,
    /// How many of it are in one bundle.
    #[serde(default = "one")]
    #[cfg_attr(feature = "openapi", schema(default = 1, minimum = 1, maximum = 1_000))]
    pub quantity: u32,
}

fn one() -> u32 {
    1
}

/// One of the items in a bundle, as the entry of a purchase names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Which item.
    pub sku: Sku,
    /// How many of it are in one bundle.
    pub quantity: u32,
    /// How long all of them are for together, where it is a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<PassGrant>,
}

impl Content {
    /// What so many bundles have of it. A bundle with a pass is bought one at a time.
    pub fn times(&self, bundles: u32) -> Content {
        Content { quantity: self.quantity.saturating_mul(bundles), ..self.clone() }
    }
}

/// What so many of a purchase are: the item itself, or what is in a bundle.
pub fn contents_of(sku: &Sku, pass: Option<PassGrant>, contents: &[Content], quantity: u32) -> Vec<Content> {
    if contents.is_empty() {
        return vec![Content { sku: sku.clone(), quantity, pass }];
    }
    contents.iter().map(|content| content.times(quantity)).collect()
}

impl PurchaseBody {
    /// What the player has by it: the item itself, or what is in a bundle; no item by a currency pack.
    pub fn granted(&self) -> Vec<Content> {
        self.granted_of(self.quantity)
    }

    /// The same of so many of it.
    pub fn granted_of(&self, quantity: u32) -> Vec<Content> {
        match self.credits {
            Some(_) => Vec::new(),
            None => contents_of(&self.sku, self.pass, &self.contents, quantity),
        }
    }
}

impl Item {
    /// What the entry of a purchase names as the contents of a bundle; nothing for an item of another kind. `find` knows
    /// the items of the same catalog.
    pub fn bundled<'a>(&self, find: impl Fn(&Sku) -> Option<&'a Item>) -> Vec<Content> {
        if self.kind != ItemKind::Bundle {
            return Vec::new();
        }
        let content = |bundled: &BundledItem| {
            let grant = find(&bundled.sku).and_then(Item::pass_grant);
            let longer = |grant: PassGrant| grant.length_seconds.saturating_mul(bundled.quantity);
            let pass = grant.map(|grant| PassGrant { length_seconds: longer(grant), ..grant });
            Content { sku: bundled.sku.clone(), quantity: bundled.quantity, pass }
        };
        self.contents.iter().map(content).collect()
    }

    /// Whether one at a time is bought: of what is owned for ever, of passes, and of bundles with such in them.
    pub fn is_bought_singly<'a>(&self, find: impl Fn(&Sku) -> Option<&'a Item>) -> bool {
        let is_single = |kind: ItemKind| matches!(kind, ItemKind::Durable | ItemKind::Pass);
        let in_it = self.contents.iter().filter_map(|bundled| find(&bundled.sku));
        is_single(self.kind) || in_it.into_iter().any(|item| is_single(item.kind))
    }

    /// What is wrong with a bundle, in words that follow "the bundle".
    pub(crate) fn fault_of_contents<'a>(&self, find: impl Fn(&Sku) -> Option<&'a Item>) -> Option<&'static str> {
        if self.kind != ItemKind::Bundle {
            return (!self.contents.is_empty()).then_some("is an item of the kind \"bundle\"");
        }
        if self.contents.is_empty() || self.contents.len() > BUNDLE_ITEMS_MAX {
            return Some("has from 1 to 12 items in it");
        }
        for (place, bundled) in self.contents.iter().enumerate() {
            let Some(item) = find(&bundled.sku) else { return Some("has items of its catalog in it") };
            let length = item.pass.map_or(0, |terms| u64::from(terms.length_seconds) * u64::from(bundled.quantity));
            let fault = match item.kind {
                ItemKind::Bundle | ItemKind::Metered | ItemKind::CurrencyPack => {
                    Some("has no bundle, no currency and nothing metered in it")
                }
                ItemKind::Durable if bundled.quantity > 1 => Some("has what is owned for ever in it once"),
                _ if !(1..=QUANTITY_MAX).contains(&bundled.quantity) => Some("has from 1 to 1,000 of each item"),
                _ if length > u64::from(PASS_SECONDS_MAX) => Some("has passes of at most ten years in it"),
                _ if self.contents.iter().take(place).any(|other| other.sku == bundled.sku) => {
                    Some("has each item in it once")
                }
                _ => None,
            };
            if fault.is_some() {
                return fault;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Money, PassTerms};

    fn item(sku: &str, kind: ItemKind) -> Item {
        let terms = PassTerms { length_seconds: 60, grace_seconds: 5, may_renew: false, reminder_seconds: 0 };
        Item {
            sku: Sku::new(sku).unwrap(),
            title: sku.into(),
            description: String::new(),
            price: Money::from_micros(1, Currency::USD),
            kind,
            meter: None,
            pass: (kind == ItemKind::Pass).then_some(terms),
            contents: Vec::new(),
            prices: Vec::new(),
            introductory: None,
            tiers: Default::default(),
            texts: Default::default(),
            credits: None,
            picture: None,
        }
    }

    fn shop() -> Vec<Item> {
        let kinds = [ItemKind::Consumable, ItemKind::Durable, ItemKind::Pass, ItemKind::Metered, ItemKind::Bundle];
        ["hint", "sword", "season", "calls", "other"]
            .into_iter()
            .zip(kinds)
            .map(|(sku, kind)| item(sku, kind))
            .collect()
    }

    fn bundle(contents: &[(&str, u32)]) -> Item {
        let bundled = |(sku, quantity): &(&str, u32)| BundledItem { sku: Sku::new(*sku).unwrap(), quantity: *quantity };
        Item { contents: contents.iter().map(bundled).collect(), ..item("chest", ItemKind::Bundle) }
    }

    #[test]
    fn a_bundle_has_what_is_sold_beside_it_and_each_once() {
        let shop = shop();
        let find = |sku: &Sku| shop.iter().find(|item| item.sku == *sku);
        let good = bundle(&[("hint", 5), ("sword", 1), ("season", 2)]);
        assert_eq!(good.fault_of_contents(find), None);
        let bad: [&[(&str, u32)]; 10] = [
            &[],
            &[("gone", 1)],
            &[("calls", 1)],
            &[("other", 1)],
            &[("sword", 2)],
            &[("hint", 0)],
            &[("hint", 1_001)],
            &[("hint", 1), ("hint", 1)],
            &[("season", 1_000), ("season", 1)],
            &[("hint", 1); 13],
        ];
        for contents in bad {
            assert!(bundle(contents).fault_of_contents(find).is_some(), "{contents:?}");
        }
        let long = Item {
            pass: Some(PassTerms { length_seconds: PASS_SECONDS_MAX, ..shop[2].pass.unwrap() }),
            ..shop[2].clone()
        };
        assert!(bundle(&[("season", 2)]).fault_of_contents(|_| Some(&long)).is_some(), "twenty years");
        let not_one = Item { kind: ItemKind::Consumable, ..good };
        assert!(not_one.fault_of_contents(find).is_some(), "the contents of a consumable");
    }

    #[test]
    fn its_purchase_names_what_the_player_has() {
        let shop = shop();
        let find = |sku: &Sku| shop.iter().find(|item| item.sku == *sku);
        let chest = bundle(&[("hint", 5), ("season", 2)]);
        let contents = chest.bundled(find);
        let pass = Some(PassGrant { length_seconds: 120, grace_seconds: 5 });
        let season = Content { sku: Sku::new("season").unwrap(), quantity: 2, pass };
        assert_eq!(contents, [Content { sku: Sku::new("hint").unwrap(), quantity: 5, pass: None }, season]);
        assert!(chest.is_bought_singly(find) && !bundle(&[("hint", 5)]).is_bought_singly(find));
        assert!(shop[1].is_bought_singly(find) && !shop[0].is_bought_singly(find));
        assert_eq!(shop[0].bundled(find), []);
        assert_eq!(contents_of(&chest.sku, None, &contents[..1], 3)[0].quantity, 15);
        assert_eq!(contents_of(&chest.sku, None, &[], 3)[0], Content { sku: chest.sku, quantity: 3, pass: None });
    }
}
