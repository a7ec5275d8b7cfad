//! Money is conserved, whatever a player does and whatever the network does to it.
//!
//! Random sequences of actions run on a real wallet and the real gateway code. A model counts what
//! must come out of it: what was topped up is what is left plus what was bought, each purchase
//! that was granted settles once, and the ledger balances after each step.

use std::collections::{BTreeMap, HashMap};

use farthing_core::{
    Currency, EntryId, Money, PurchaseFilter, PurchaseRequest, PurchaseState, TopUpState, Wallet, WalletError,
};
use farthing_tests::{Device, GOOD_CARD, Weather, World, add_card, usd};
use proptest::prelude::*;

const SKUS: [&str; 4] = ["extra_life", "golden_key", "arrow", "sword_of_dawn"];

#[derive(Clone, Debug)]
enum Action {
    TopUp { cents: u32 },
    Buy { sku: &'static str, quantity: u32, tapped_twice: bool },
    Consume { sku: &'static str, quantity: u32 },
    Sync,
    Weather(Weather),
    Kill,
    RestartGateway,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let weather = prop::sample::select(vec![
        Weather::Fair,
        Weather::Fair,
        Weather::Cut,
        Weather::AnswersLost,
        Weather::Doubled,
        Weather::Garbled,
    ]);
    let sku = || prop::sample::select(SKUS.to_vec());
    let action = prop_oneof![
        2 => (50_u32..1_000).prop_map(|cents| Action::TopUp { cents }),
        8 => (sku(), 1_u32..5, any::<bool>())
            .prop_map(|(sku, quantity, tapped_twice)| Action::Buy { sku, quantity, tapped_twice }),
        3 => (sku(), 1_u32..3).prop_map(|(sku, quantity)| Action::Consume { sku, quantity }),
        4 => Just(Action::Sync),
        4 => weather.prop_map(Action::Weather),
        1 => Just(Action::Kill),
        1 => Just(Action::RestartGateway),
    ];
    prop::collection::vec(action, 1..60)
}

/// What must be true, counted beside the real thing.
#[derive(Default)]
struct Model {
    bought: HashMap<EntryId, Money>,
    owned: BTreeMap<&'static str, u64>,
    refused: usize,
}

struct Play {
    world: World,
    device: Device,
    wallet: Wallet,
    model: Model,
    step: usize,
}

impl Play {
    async fn begin() -> Self {
        let world = World::new();
        let device = world.device("phone");
        let wallet = device.open().await;
        wallet.sync().await.unwrap();
        add_card(&wallet, GOOD_CARD).await.unwrap();
        Play { world, device, wallet, model: Model::default(), step: 0 }
    }

    async fn act(&mut self, action: &Action) {
        self.step += 1;
        match *action {
            Action::TopUp { cents } => {
                let card = self.wallet.cards().await.unwrap()[0].id;
                let amount = Money::from_micros(i64::from(cents) * 10_000, Currency::USD);
                // Whatever comes back: what was charged is counted at the end.
                let _ = self.wallet.top_up(amount, card).await;
            }
            Action::Buy { sku, quantity, tapped_twice } => self.buy(sku, quantity, tapped_twice).await,
            Action::Consume { sku, quantity } => self.consume(sku, quantity).await,
            Action::Sync => {
                let _ = self.wallet.sync().await;
            }
            Action::Weather(weather) => self.world.network.set(weather),
            Action::Kill => {
                self.wallet.close().await;
                self.wallet = self.device.open().await;
            }
            Action::RestartGateway => self.world.restart_gateway().await,
        }
        self.world.assert_balanced().await;
    }

    async fn buy(&mut self, sku: &'static str, quantity: u32, tapped_twice: bool) {
        let request = PurchaseRequest::new(sku).quantity(quantity).idempotency_key(format!("tap-{}", self.step));
        let bought = self.wallet.buy(request.clone()).await;
        match bought {
            Ok(purchase) => {
                if tapped_twice {
                    assert_eq!(self.wallet.buy(request).await.unwrap().id, purchase.id);
                }
                self.model.bought.insert(purchase.id, purchase.total);
                *self.model.owned.entry(sku).or_default() += u64::from(quantity);
            }
            Err(
                WalletError::InsufficientFunds { .. }
                | WalletError::OfflineLimitReached { .. }
                | WalletError::AlreadyOwned { .. }
                | WalletError::InvalidArgument { .. },
            ) => self.model.refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn consume(&mut self, sku: &'static str, quantity: u32) {
        let owned = self.model.owned.get(sku).copied().unwrap_or_default();
        match self.wallet.consume(sku, quantity, &format!("use-{}", self.step)).await {
            Ok(left) => {
                assert_eq!(left, owned - u64::from(quantity));
                self.model.owned.insert(sku, left);
            }
            Err(WalletError::InsufficientItems { .. }) => assert!(owned < u64::from(quantity)),
            Err(WalletError::InvalidArgument { .. }) => assert_eq!(sku, "sword_of_dawn"),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Fair weather, one last sync, and the sums.
    async fn end(self) {
        self.world.network.set(Weather::Fair);
        self.wallet.sync().await.unwrap();
        self.wallet.sync().await.unwrap();

        let filter = PurchaseFilter { limit: 1_000, ..PurchaseFilter::default() };
        let purchases = self.wallet.purchases(filter).await.unwrap();
        assert_eq!(purchases.len(), self.model.bought.len());
        let mut spent = usd("0");
        for purchase in &purchases {
            assert_eq!(self.model.bought.get(&purchase.id), Some(&purchase.total));
            let PurchaseState::Settled { split, .. } = purchase.state else { panic!("{purchase:?}") };
            assert_eq!(split.total().unwrap(), purchase.total);
            assert!(!split.processor.is_negative() && !split.platform.is_negative());
            spent = spent.plus(purchase.total).unwrap();
        }

        let top_ups = self.wallet.top_ups().await.unwrap();
        assert!(top_ups.iter().all(|top_up| top_up.state == TopUpState::Succeeded), "{top_ups:?}");
        let topped_up = top_ups.iter().fold(usd("0"), |sum, top_up| sum.plus(top_up.amount).unwrap());
        let left = topped_up.minus(spent).unwrap();
        assert_eq!(self.wallet.balance().of_currency(Currency::USD).total, left);

        let inventory = self.wallet.inventory().await.unwrap();
        let inventory: BTreeMap<&str, u64> = inventory.iter().map(|item| (item.sku.as_str(), item.quantity)).collect();
        let owned = self.model.owned.iter().filter(|(_, quantity)| **quantity > 0);
        assert_eq!(inventory, owned.map(|(sku, quantity)| (*sku, *quantity)).collect());

        // The gateway counts the same: what is the user's, and what became of the rest.
        let owed_to_user =
            self.world.ledger("user_available").await.plus(self.world.ledger("user_reserved").await).unwrap();
        assert_eq!(owed_to_user, usd("0").minus(left).unwrap());
        if left.is_zero() {
            assert_eq!(self.world.ledger("processor_fees_prepaid").await, usd("0"));
        }
        self.world.assert_balanced().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn money_is_conserved(actions in actions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::begin().await;
            for action in &actions {
                play.act(action).await;
            }
            play.end().await;
        });
    }
}
