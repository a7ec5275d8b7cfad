use farthing_core::{Purchase, Wallet, WalletError};
use farthing_tests::{Device, Weather, World, usd};

use super::{settle, spend_all, spendable};
use crate::table::{GatewayBooks, Line, line};

/// The wallet's folder is copied after each of a hundred purchases, and each copy is put back.
/// The key store is not, as on a phone. Once all was settled before, and once the newest three
/// were not: the journal then goes on beside them, and the device is frozen when they turn up.
pub async fn backup_restored_after_each_of_a_hundred_purchases() -> Vec<Line> {
    vec![restore_each(true).await, restore_each(false).await]
}

async fn restore_each(all_settled: bool) -> Line {
    let world = World::new();
    let device = world.device("phone");
    let mut wallet = device.open_with("20.00").await;
    let allowance = spendable(&wallet);
    let (mut granted, mut backups) = (Vec::new(), Vec::new());
    for number in 1..=100 {
        granted.push(wallet.buy("hint".into()).await.unwrap());
        // Some backups have a queue, some have none.
        if number % 7 == 0 {
            wallet.sync().await.unwrap();
        }
        wallet.close().await;
        backups.push(device.back_up());
        wallet = device.open().await;
    }
    // So that the newest backup, too, is older than what the key store remembers.
    granted.push(wallet.buy("hint".into()).await.unwrap());
    if all_settled {
        settle(&wallet).await.unwrap();
    }
    wallet.close().await;
    let mut frozen = 0;
    for (place, backup) in backups.iter().enumerate() {
        device.restore(backup);
        world.network.set(Weather::Cut);
        let wallet = device.open().await;
        assert_eq!(wallet.buy("hint".into()).await.unwrap_err(), WalletError::SyncRequired, "backup {place}");
        assert_eq!(spendable(&wallet), usd("0"), "backup {place}");
        world.network.set(Weather::Fair);
        match settle(&wallet).await {
            Ok(()) => granted.push(wallet.buy("hint".into()).await.unwrap()),
            Err(error) => {
                assert!(matches!(error, WalletError::DeviceFrozen { .. }), "backup {place}: {error:?}");
                frozen += 1;
            }
        }
        let _ = settle(&wallet).await;
        wallet.close().await;
    }
    let books = GatewayBooks::open(&world.gateway_folder());
    assert_eq!(books.rejected(), 0);
    assert_eq!((books.frozen() > 0, frozen > 0), (!all_settled, !all_settled));
    let name = if all_settled { "all settled" } else { "3 never sent" };
    line(&format!("backup restored after each of 100 purchases, {name}"), 100, &world, allowance, &granted).await
}

/// A copy of everything on a device, the key store included, is taken while the wallet runs, and
/// put back after the wallet went on.
pub async fn running_wallet_copied() -> Vec<Line> {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let mut granted = vec![wallet.buy("extra_life".into()).await.unwrap()];
    let allowance = spendable(&wallet);
    let copy = device.clone_to("copy");
    world.network.set(Weather::Cut);
    granted.extend(spend_all(&wallet).await);
    world.network.set(Weather::Fair);
    settle(&wallet).await.unwrap();
    wallet.close().await;

    world.network.set(Weather::Cut);
    let restored = copy.open().await;
    let again = spend_all(&restored).await;
    assert!(!again.is_empty(), "a whole copy can spend once more offline; that is the loss which is bounded");
    granted.extend(again);
    world.network.set(Weather::Fair);
    assert!(matches!(settle(&restored).await, Err(WalletError::DeviceFrozen { .. })));
    assert!(matches!(restored.buy("hint".into()).await, Err(WalletError::DeviceFrozen { .. })));
    vec![line("running wallet copied with its keys, copy put back", 1, &world, allowance, &granted).await]
}

/// What two clones do, in turns: buy, spend all (`e`), settle, restart. Capitals are the second one.
const INTERLEAVINGS: [(&str, &str); 8] = [
    ("the first settles, then the second spends all", "bbs E S"),
    ("both spend all, the first settles first", "e E s S"),
    ("both spend all, the second settles first", "e E S s"),
    ("one by one, settled at the end", "bBbBbBbB s S"),
    ("one by one, the second settled in between", "bB S bB s"),
    ("settled in turns after each purchase", "bsBSbsBSbsBS"),
    ("the second settles nothing, the first goes on", "S bs bs bs E S"),
    ("both restart in between", "b r s B R S e E s S"),
];

/// Two devices with the same key and the same journal, interleaved.
pub async fn two_clones_interleaved() -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, moves) in INTERLEAVINGS {
        lines.push(interleave(name, moves).await);
    }
    lines
}

async fn interleave(name: &str, moves: &str) -> Line {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    let before = wallet.buy("extra_life".into()).await.unwrap();
    settle(&wallet).await.unwrap();
    let allowance = spendable(&wallet);
    wallet.close().await;
    let mut clones = [Clone::open(device.clone()).await, Clone::open(device.clone_to("clone")).await];
    let mut forks = 0;
    for step in moves.chars() {
        let clone = &mut clones[usize::from(step.is_ascii_uppercase())];
        // A device buys offline, so that it does not hear of the other one.
        world.network.set(Weather::Cut);
        match step.to_ascii_lowercase() {
            'b' => clone.granted.extend(clone.wallet.buy("golden_key".into()).await.ok()),
            'e' => {
                let bought = spend_all(&clone.wallet).await;
                clone.granted.extend(bought);
            }
            'r' => {
                clone.wallet.close().await;
                clone.wallet = clone.device.open().await;
            }
            's' => {
                world.network.set(Weather::Fair);
                let done = settle(&clone.wallet).await;
                forks += u32::from(matches!(done, Err(WalletError::DeviceFrozen { .. })));
            }
            _ => {}
        }
    }
    world.network.set(Weather::Fair);
    for clone in &clones {
        let _ = settle(&clone.wallet).await;
    }
    let books = GatewayBooks::open(&world.gateway_folder());
    assert_eq!(books.frozen(), 1, "{name}: two journals were not noticed");
    assert!(forks > 0, "{name}: neither heard of it");
    let granted: Vec<Purchase> =
        clones.iter().flat_map(|clone| clone.granted.iter().cloned()).chain([before]).collect();
    line(&format!("two clones: {name}"), 1, &world, allowance, &granted).await
}

struct Clone {
    device: Device,
    wallet: Wallet,
    granted: Vec<Purchase>,
}

impl Clone {
    async fn open(device: Device) -> Self {
        let wallet = device.open().await;
        Clone { device, wallet, granted: Vec::new() }
    }
}
