//! What a player is promised where a gateway limits requests: the wallet waits as long as it is told to, and nothing is
//! lost meanwhile.

use std::time::Duration;

use farthing_core::{Currency, Timestamp, WalletError};
use farthing_tests::{World, owned, usd};

#[tokio::test]
async fn a_wallet_that_is_limited_buys_on_and_settles_all_of_it_later() {
    let mut world = World::new();
    let wallet = world.device("phone").open_with("10.00").await;
    wallet.sync().await.unwrap();
    let device = "device = { per_minute = 30000, burst = 5000 }";
    world.edit_policy(|policy| policy.replace(device, "device = { per_minute = 4, burst = 6 }")).await;

    let mut bought = 0;
    let refused = loop {
        wallet.buy("extra_life".into()).await.unwrap();
        bought += 1;
        if let Err(refused) = wallet.sync().await {
            break refused;
        }
        assert!(bought < 10, "it was never refused");
    };
    let WalletError::GatewayUnavailable { retry_after: Some(wait) } = refused else { panic!("{refused:?}") };
    assert!((Duration::from_secs(1)..=Duration::from_secs(15)).contains(&wait), "{wait:?}");
    // It buys on without the gateway.
    for _ in 0..3 {
        wallet.buy("extra_life".into()).await.unwrap();
    }
    bought += 3;
    assert!(matches!(wallet.sync().await, Err(WalletError::GatewayUnavailable { .. })));

    let later = world.clock.clock().now().as_second() + 60;
    world.clock.set(Timestamp::from_second(later).unwrap());
    assert_eq!(wallet.sync().await.unwrap().waiting, 0);
    assert_eq!(owned(&wallet, "extra_life").await, bought);
    let spent = usd("0.25").times(bought.try_into().unwrap()).unwrap();
    assert_eq!(wallet.balance().of_currency(Currency::USD).total, usd("10.00").minus(spent).unwrap());
    world.assert_balanced().await;
}
