//! What a player is promised where a gateway rotates its signing keys: nothing. The wallet goes on, and what it has stays
//! good.

use std::time::Duration;

use farthing_core::{Currency, Timestamp};
use farthing_gateway::Gateway;
use farthing_protocol::{KeySet, Receipt, Unverified};
use farthing_tests::{ADDRESS, World, usd};

async fn key_set(world: &World) -> KeySet {
    use farthing_core::Transport;
    let request = http::Request::get(format!("{ADDRESS}/v1/keys")).body(bytes::Bytes::new()).unwrap();
    let answer = world.network.send(request).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    KeySet::verify(answer["key_set"].as_str().unwrap(), world.gateway().root_key()).unwrap()
}

#[tokio::test]
async fn a_wallet_that_knows_the_old_keys_buys_settles_and_shows_its_receipts_across_rotations() {
    let mut world = World::new();
    let phone = world.device("phone");
    let mut wallet = phone.open_with("10.00").await;
    let mut receipts = Vec::new();
    for round in 0..3 {
        // Bought under the old key, settled under the new one.
        let bought = wallet.buy("extra_life".into()).await.unwrap();
        if round > 0 {
            let after = Duration::from_secs(3_600);
            Gateway::rotate_signing_key(&world.gateway_folder(), after, 400, &world.clock.clock()).unwrap();
            world.restart_gateway().await;
            let later = world.clock.clock().now().as_second() + 3_600;
            world.clock.set(Timestamp::from_second(later).unwrap());
        }
        assert_eq!(wallet.sync().await.unwrap().settled, 1);
        receipts.push(wallet.receipt(bought.id).await.unwrap());
        if round == 1 {
            wallet.close().await;
            wallet = phone.open().await;
        }
    }
    let keys = key_set(&world).await;
    assert_eq!((keys.version, keys.keys.len()), (3, 3));
    for (number, receipt) in receipts.iter().enumerate() {
        assert!(keys.open::<Receipt>(receipt).is_ok());
        let key = Unverified::parse(receipt).unwrap().key_id().unwrap();
        assert_eq!(keys.keys[number].thumbprint(), key, "each is by the key of its time");
    }
    // A wallet that is new meets the newest set only.
    let next = world.device("tablet").open_with("5.00").await;
    next.buy("extra_life".into()).await.unwrap();
    assert_eq!(next.sync().await.unwrap().settled, 1);
    assert_eq!(wallet.balance().of_currency(Currency::USD).total, usd("9.25"));
    world.assert_balanced().await;
}
