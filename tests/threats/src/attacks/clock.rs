use std::time::Duration;

use farthing_core::{Timestamp, WalletError};
use farthing_tests::{Weather, World, usd};

use super::{settle, spend_all, spendable};
use crate::table::{Line, line};

const DAY: Duration = Duration::from_secs(86_400);
/// Ten years, in which there are two or three leap days.
const TEN_YEARS_SECONDS: i64 = 3_653 * 86_400;

/// The clock on the wall is set by ten years, back and forth, in the middle of an allowance and
/// after its end, with and without a restart of the app.
pub async fn clock_set_ten_years_back_and_forth() -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, seconds) in [("back", -TEN_YEARS_SECONDS), ("forward", TEN_YEARS_SECONDS)] {
        for restarts in [false, true] {
            for days_before in [1, 40] {
                lines.push(one(name, seconds, restarts, days_before).await);
            }
        }
    }
    lines
}

async fn one(name: &str, seconds: i64, restarts: bool, days_before: u32) -> Line {
    let world = World::new();
    let device = world.device("phone");
    let mut wallet = device.open_with("20.00").await;
    let allowance = spendable(&wallet);
    let mut granted = vec![wallet.buy("extra_life".into()).await.unwrap()];
    world.network.set(Weather::Cut);
    device.clock.pass(DAY * days_before);
    let has_expired = days_before > 30;
    if has_expired {
        assert!(wallet.buy("extra_life".into()).await.is_err(), "an allowance of 30 days still holds after 40");
    }
    let wall = farthing_core::Clock::wall(&*device.clock);
    device.clock.set(Timestamp::from_second(wall.as_second() + seconds).unwrap());
    if restarts {
        wallet.close().await;
        wallet = device.open().await;
    }
    let bought = spend_all(&wallet).await;
    if has_expired && !restarts || seconds > 0 {
        assert!(bought.is_empty(), "{name}: {} purchases out of time", bought.len());
    } else {
        // Time stands still rather than going back: what is left of the sum, and no more.
        let limit = wallet.buy("extra_life".into()).await.unwrap_err();
        let is_spent = matches!(limit, WalletError::InsufficientFunds { .. } | WalletError::OfflineLimitReached { .. });
        assert!(is_spent, "{limit:?}");
    }
    granted.extend(bought);

    world
        .clock
        .set(Timestamp::from_second(world.clock.clock().now().as_second() + 86_400 * i64::from(days_before)).unwrap());
    world.network.set(Weather::Fair);
    settle(&wallet).await.unwrap();
    granted.extend(wallet.buy("hint".into()).await.ok());
    settle(&wallet).await.unwrap();
    let restart = if restarts { ", app restarted" } else { "" };
    let attack = format!("clock set ten years {name} on day {days_before}{restart}");
    let line = line(&attack, 1, &world, allowance, &granted).await;
    assert_eq!(line.goods, usd("0"), "what was bought in time was not settled: {line}");
    line
}
