use std::sync::Arc;

use farthing_core::{PurchaseRequest, Wallet, WalletError};
use farthing_tests::{Weather, World, owned, usd};
use tokio::task::JoinSet;

use super::{settle, spendable};
use crate::table::{GatewayBooks, Line, line};

const ROUNDS: u64 = 25;

/// Requests arrive twice, and answers are lost after they took effect.
pub async fn answers_lost_and_requests_doubled() -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, weather) in [("answers lost", Weather::AnswersLost), ("requests doubled", Weather::Doubled)] {
        let world = World::new();
        let wallet = world.device("phone").open_with("20.00").await;
        let allowance = spendable(&wallet);
        let card = wallet.cards().await.unwrap().remove(0);
        let mut granted = Vec::new();
        for _ in 0..ROUNDS {
            world.network.set(weather);
            granted.push(wallet.buy("extra_life".into()).await.unwrap());
            let _ = wallet.sync().await;
            let _ = wallet.top_up(usd("1.00"), card.id).await;
            world.network.set(Weather::Fair);
            settle(&wallet).await.unwrap();
        }
        let books = GatewayBooks::open(&world.gateway_folder());
        assert_eq!((books.entries(), books.rejected(), books.frozen()), (ROUNDS, 0, 0), "{name}");
        assert_eq!(owned(&wallet, "extra_life").await, ROUNDS, "{name}");
        let tries = ROUNDS.try_into().unwrap();
        assert_eq!(books.charged(), usd("20.00").plus(usd("1.00").times(tries).unwrap()).unwrap(), "{name}");
        lines.push(line(name, ROUNDS, &world, allowance, &granted).await);
    }
    lines
}

/// One user action arrives twenty times at once, before and after it settled.
pub async fn double_taps() -> Vec<Line> {
    let world = World::new();
    let wallet = Arc::new(world.device("phone").open_with("20.00").await);
    let allowance = spendable(&wallet);
    let mut granted = Vec::new();
    for action in 0..ROUNDS {
        for _ in 0..2 {
            let mut taps = JoinSet::new();
            for _ in 0..20 {
                let wallet = wallet.clone();
                let request = PurchaseRequest::new("extra_life").idempotency_key(format!("tap-{action}"));
                taps.spawn(async move { wallet.buy(request).await.unwrap() });
            }
            let bought = taps.join_all().await;
            assert!(bought.iter().all(|purchase| purchase.id == bought[0].id), "one action bought twice");
            granted.extend(bought);
            settle(&wallet).await.unwrap();
        }
    }
    let books = GatewayBooks::open(&world.gateway_folder());
    assert_eq!(books.entries(), ROUNDS);
    assert_eq!(owned(&wallet, "extra_life").await, ROUNDS);
    vec![line("double taps, 20 at once, also after settlement", ROUNDS * 40, &world, allowance, &granted).await]
}

/// A second process opens the same wallet.
pub async fn second_opening() -> Vec<Line> {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let allowance = spendable(&wallet);
    let mut granted = Vec::new();
    for _ in 0..ROUNDS {
        let second = Wallet::open(device.config(), device.keys()).await;
        assert_eq!(second.unwrap_err(), WalletError::AlreadyOpen);
        granted.push(wallet.buy("extra_life".into()).await.unwrap());
    }
    settle(&wallet).await.unwrap();
    vec![line("wallet opened twice", ROUNDS, &world, allowance, &granted).await]
}
