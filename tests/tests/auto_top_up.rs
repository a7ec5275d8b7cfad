//! Automatic top-ups as a player lives through them: agreed to, charged once, capped, declined, confirmed, taken back; with
//! answers that are lost, apps that are killed, and a gateway that refuses.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{
    AutoTopUp, AutoTopUpConsent, AutoTopUpPause, Card, CardId, Currency, DeclineCode, Money, Timestamp, TopUp,
    TopUpState, Transport, TransportError, Wallet, WalletError, WalletEvent,
};
use farthing_protocol::{Problem, ProblemKind};
use farthing_tests::{Device, GOOD_CARD, Network, Weather, World, add_card, usd};
use serde_json::json;
use tokio::sync::broadcast::Receiver;

const DECLINED_CARD: &str = "4000000000009995";
const CONFIRMED_CARD: &str = "4000002760003184";
const SLOW_CARD: &str = "4000000000004202";
const TOP_UPS: &str = "/v1/top-ups";
const ALLOWANCES: &str = "/v1/allowances";

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It never leaves.
    NotSent,
    /// It is lost on its way, and nobody can tell.
    Lost,
    /// It arrives; the answer is lost.
    AnswerLost,
    /// The gateway has too much to do.
    TooMany,
    /// It never arrives, and somebody on the way refuses it in the gateway's place.
    Refused(ProblemKind),
}

/// A road to the gateway on which the next request for a path meets its fate.
struct Road {
    network: Arc<Network>,
    fates: Mutex<Vec<(&'static str, Fate)>>,
}

impl Road {
    fn next(&self, path: &'static str, fate: Fate) {
        self.fates.lock().unwrap().push((path, fate));
    }
}

#[async_trait]
impl Transport for Road {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let fate = {
            let mut fates = self.fates.lock().unwrap();
            let place = fates.iter().position(|(path, _)| request.uri().path() == *path);
            place.map(|place| fates.remove(place).1)
        };
        let lost = || TransportError::Lost { reason: "it was lost".into() };
        match fate {
            None => self.network.send(request).await,
            Some(Fate::NotSent) => Err(TransportError::NotSent { reason: "no network".into() }),
            Some(Fate::Lost) => Err(lost()),
            Some(Fate::AnswerLost) => self.network.send(request).await.and(Err(lost())),
            Some(Fate::TooMany) => Ok(problem(ProblemKind::TooManyRequests, Some("30"))),
            Some(Fate::Refused(kind)) => Ok(problem(kind, None)),
        }
    }
}

fn problem(kind: ProblemKind, retry_after: Option<&str>) -> http::Response<Bytes> {
    let problem = Problem::new(kind, "Not now.");
    let mut answer = http::Response::builder().status(problem.status);
    if let Some(seconds) = retry_after {
        answer = answer.header(http::header::RETRY_AFTER, seconds);
    }
    let answer = answer.header(http::header::CONTENT_TYPE, "application/problem+json");
    answer.body(Bytes::from(serde_json::to_vec(&problem).unwrap())).unwrap()
}

/// A player with a phone, an enrolled wallet and a card.
struct Player {
    world: World,
    device: Device,
    road: Arc<Road>,
    wallet: Wallet,
    card: Card,
    events: Receiver<WalletEvent>,
}

impl Player {
    async fn new(number: &str) -> Self {
        Player::of(World::new(), number).await
    }

    async fn of(world: World, number: &str) -> Self {
        let device = world.device("phone");
        let road = Arc::new(Road { network: world.network.clone(), fates: Mutex::default() });
        let wallet = Wallet::open(device.config().transport(road.clone()), device.keys()).await.unwrap();
        wallet.sync().await.unwrap();
        let card = add_card(&wallet, number).await.unwrap();
        let events = wallet.events();
        Player { world, device, road, wallet, card, events }
    }

    fn setting(&self, below: &str, amount: &str, monthly_cap: &str) -> AutoTopUp {
        AutoTopUp { below: usd(below), amount: usd(amount), card: self.card.id, monthly_cap: usd(monthly_cap) }
    }

    async fn agree(&self, below: &str, amount: &str, monthly_cap: &str) -> AutoTopUpConsent {
        let setting = self.setting(below, amount, monthly_cap);
        self.wallet.set_auto_top_up(Some(setting)).await.unwrap().unwrap()
    }

    async fn agreed(&self) -> AutoTopUpConsent {
        self.wallet.auto_top_up().await.unwrap().unwrap()
    }

    async fn charged(&self) -> Money {
        self.agreed().await.charged_this_month
    }

    fn total(&self) -> Money {
        self.wallet.balance().of_currency(Currency::USD).total
    }

    async fn sync(&self) -> Money {
        self.wallet.sync().await.unwrap().balance.of_currency(Currency::USD).total
    }

    async fn top_ups(&self) -> Vec<TopUp> {
        self.wallet.top_ups().await.unwrap()
    }

    async fn states(&self) -> Vec<TopUpState> {
        self.top_ups().await.into_iter().map(|top_up| top_up.state).collect()
    }

    /// Buys for 0.25, so many times.
    async fn spend(&self, times: usize) {
        for _ in 0..times {
            self.wallet.buy("extra_life".into()).await.unwrap();
        }
    }

    /// The app is closed and started again.
    async fn restart(&mut self) {
        self.wallet.close().await;
        self.wallet =
            Wallet::open(self.device.config().transport(self.road.clone()), self.device.keys()).await.unwrap();
        self.events = self.wallet.events();
    }

    fn set_time(&self, time: &str) {
        let (time, before): (Timestamp, _) = (time.parse().unwrap(), self.world.clock.clock().now());
        self.device.clock.pass(Duration::try_from(time.duration_since(before)).unwrap());
        self.world.clock.set(time);
    }

    /// How often a card was asked for since the last call.
    fn asked(&self) -> usize {
        self.world.network.take_sent().iter().filter(|path| *path == TOP_UPS).count()
    }

    /// How automatic top-ups went on since the last call, and why they were paused.
    fn told(&mut self) -> (Vec<TopUpState>, Vec<AutoTopUpPause>) {
        let (mut states, mut pauses) = (Vec::new(), Vec::new());
        while let Ok(event) = self.events.try_recv() {
            match event {
                WalletEvent::TopUpChanged { top_up } if top_up.is_automatic => states.push(top_up.state),
                WalletEvent::AutoTopUpPaused { reason } => pauses.push(reason),
                _ => {}
            }
        }
        (states, pauses)
    }
}

fn failed(code: DeclineCode) -> TopUpState {
    TopUpState::Failed { code }
}

#[tokio::test]
async fn below_the_threshold_the_card_is_charged_once_and_not_at_it() {
    let mut player = Player::new(GOOD_CARD).await;
    assert_eq!(player.wallet.auto_top_up().await.unwrap(), None, "nobody has agreed to anything");
    let consent = player.agree("1.00", "5.00", "20.00").await;
    assert_eq!((consent.agreed_at, consent.charged_this_month), (player.world.clock.clock().now(), usd("0")));
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.told(), (vec![TopUpState::Succeeded], vec![]));
    assert_eq!(player.sync().await, usd("5.00"));

    player.spend(16).await;
    assert_eq!(player.sync().await, usd("1.00"), "that is not below");
    player.spend(1).await;
    assert_eq!(player.total(), usd("0.75"));
    assert_eq!(player.sync().await, usd("5.75"));
    let top_ups = player.top_ups().await;
    assert!(top_ups.iter().all(|it| it.is_automatic && it.amount == usd("5.00") && it.card == player.card.id));
    assert_eq!((top_ups.len(), player.charged().await), (2, usd("10.00")));
    // What the player tops up themselves is theirs, and not of the cap.
    let own = player.wallet.top_up(usd("7.00"), player.card.id).await.unwrap();
    assert_eq!((own.is_automatic, player.charged().await), (false, usd("10.00")));
    assert_eq!(player.told(), (vec![TopUpState::Succeeded], vec![]));
    player.world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_agreed_to_is_checked_and_kept_over_a_restart() {
    let mut player = Player::new(GOOD_CARD).await;
    let good = player.setting("1.00", "5.00", "20.00");
    let euro = |amount| Money::parse(amount, Currency::EUR).unwrap();
    let gems = |amount| Money::parse(amount, "gems".parse().unwrap()).unwrap();
    for (setting, field) in [
        (AutoTopUp { amount: usd("0"), ..good }, "amount"),
        (AutoTopUp { amount: usd("-5.00"), ..good }, "amount"),
        (AutoTopUp { amount: usd("5.001"), ..good }, "amount"),
        (AutoTopUp { below: gems("1"), amount: gems("5"), monthly_cap: gems("20"), ..good }, "amount"),
        (AutoTopUp { below: usd("-0.01"), ..good }, "below"),
        (AutoTopUp { below: usd("0.001"), ..good }, "below"),
        (AutoTopUp { below: euro("1.00"), ..good }, "below"),
        (AutoTopUp { monthly_cap: euro("20.00"), ..good }, "monthly_cap"),
        (AutoTopUp { monthly_cap: usd("4.99"), ..good }, "monthly_cap"),
        (AutoTopUp { monthly_cap: usd("20.001"), ..good }, "monthly_cap"),
        (AutoTopUp { card: CardId::generate(), ..good }, "card"),
    ] {
        let refused = player.wallet.set_auto_top_up(Some(setting)).await;
        assert!(
            matches!(&refused, Err(WalletError::InvalidArgument { field: named, .. }) if named == field),
            "{refused:?}"
        );
    }
    assert_eq!(player.wallet.auto_top_up().await.unwrap(), None);
    let agreed = player.wallet.set_auto_top_up(Some(good)).await.unwrap();
    assert!(player.wallet.set_auto_top_up(Some(AutoTopUp { amount: usd("0"), ..good })).await.is_err());
    player.restart().await;
    assert_eq!(player.wallet.auto_top_up().await.unwrap(), agreed);

    // The card ends with the year 2034.
    player.set_time("2035-01-01T00:00:00Z");
    player.wallet.sync().await.unwrap();
    let refused = player.wallet.set_auto_top_up(Some(good)).await;
    assert!(matches!(&refused, Err(WalletError::InvalidArgument { field, .. }) if field == "card"), "{refused:?}");
}

#[tokio::test]
async fn a_lost_answer_and_a_restart_make_it_no_second_charge() {
    for (fate, asked) in [(Fate::AnswerLost, 1), (Fate::Lost, 0)] {
        let mut player = Player::new(GOOD_CARD).await;
        player.agree("1.00", "5.00", "20.00").await;
        player.road.next(TOP_UPS, fate);
        player.asked();
        assert!(matches!(player.wallet.sync().await, Err(WalletError::Offline { .. })));
        assert_eq!((player.asked(), player.states().await), (asked, vec![TopUpState::Created]));
        assert_eq!(player.charged().await, usd("5.00"), "it may have been charged");
        player.restart().await;
        assert_eq!(player.sync().await, usd("5.00"), "{fate:?}");
        assert_eq!(player.told(), (vec![TopUpState::Succeeded], vec![]));
        player.restart().await;
        assert_eq!(player.sync().await, usd("5.00"));
        assert_eq!((player.asked(), player.states().await), (1, vec![TopUpState::Succeeded]), "{fate:?}");
        player.world.assert_balanced().await;
    }
}

#[tokio::test]
async fn an_app_that_is_killed_once_the_card_is_charged_does_not_charge_it_again() {
    let mut player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    let held = player.world.network.hold(TOP_UPS);
    tokio::select! {
        synced = player.wallet.sync() => panic!("{synced:?}"),
        answered = held.answered => answered.unwrap(),
    }
    player.restart().await;
    assert_eq!(player.states().await, [TopUpState::Created]);
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.states().await, [TopUpState::Succeeded]);
}

#[tokio::test]
async fn a_charge_that_was_made_is_not_forgotten_because_somebody_on_the_way_refuses_to_tell_of_it() {
    for kind in [ProblemKind::IdempotencyConflict, ProblemKind::AmountInvalid, ProblemKind::NotFound] {
        let mut player = Player::new(GOOD_CARD).await;
        player.agree("1.00", "5.00", "20.00").await;
        player.road.next(TOP_UPS, Fate::AnswerLost);
        assert!(player.wallet.sync().await.is_err());
        player.road.next(TOP_UPS, Fate::Refused(kind));
        player.wallet.sync().await.unwrap();
        assert_eq!((player.states().await, player.told().1), (vec![TopUpState::Created], vec![]), "{kind:?}");
        assert_eq!(player.sync().await, usd("5.00"));
        assert_eq!(player.told(), (vec![TopUpState::Succeeded], vec![]), "{kind:?}");
        assert_eq!((player.sync().await, player.top_ups().await.len()), (usd("5.00"), 1));
    }
    // The player's own likewise.
    let player = Player::new(GOOD_CARD).await;
    for _ in 0..2 {
        player.road.next(TOP_UPS, Fate::AnswerLost);
    }
    let begun = player.wallet.top_up(usd("5.00"), player.card.id).await.unwrap();
    assert_eq!(begun.state, TopUpState::Created);
    player.road.next(TOP_UPS, Fate::Refused(ProblemKind::CardInvalid));
    player.wallet.sync().await.unwrap();
    assert_eq!(player.states().await, [TopUpState::Created]);
    assert_eq!((player.sync().await, player.states().await), (usd("5.00"), vec![TopUpState::Succeeded]));
}

#[tokio::test]
async fn what_was_given_up_is_not_asked_for_again_when_the_player_agrees_again() {
    let player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.road.next(TOP_UPS, Fate::Lost);
    assert!(player.wallet.sync().await.is_err());
    player.wallet.set_auto_top_up(None).await.unwrap();
    // The gateway knows that it was given up; the wallet has not heard so.
    player.road.next(TOP_UPS, Fate::AnswerLost);
    assert!(player.wallet.sync().await.is_err());
    player.agree("1.00", "5.00", "20.00").await;
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.states().await, [TopUpState::Succeeded]);
}

#[tokio::test]
async fn the_month_s_cap_holds_to_its_last_moment_and_a_new_month_begins_anew() {
    let mut player = Player::new(GOOD_CARD).await;
    player.agree("5.00", "5.00", "14.99").await;
    assert_eq!(player.sync().await, usd("5.00"));
    player.spend(1).await;
    assert_eq!(player.sync().await, usd("9.75"));
    player.spend(20).await;
    assert_eq!(player.sync().await, usd("4.75"), "15.00 would be above the cap");
    assert_eq!((player.charged().await, player.told().1), (usd("10.00"), vec![]));
    player.set_time("2026-06-30T23:59:59Z");
    assert_eq!(player.sync().await, usd("4.75"));
    player.restart().await;
    assert_eq!(player.sync().await, usd("4.75"));
    player.set_time("2026-07-01T00:00:00Z");
    assert_eq!((player.sync().await, player.charged().await), (usd("9.75"), usd("5.00")));
    // A phone that is set back to June finds no room there, and none twice in July.
    player.device.clock.set("2026-06-02T00:00:00Z".parse().unwrap());
    assert_eq!((player.sync().await, player.charged().await), (usd("9.75"), usd("5.00")));
}

#[tokio::test]
async fn a_declined_card_pauses_it_until_the_player_agrees_again() {
    let mut player = Player::new(DECLINED_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.asked();
    player.wallet.sync().await.unwrap();
    let declined = failed(DeclineCode::InsufficientFunds);
    assert_eq!(player.told(), (vec![declined.clone()], vec![AutoTopUpPause::Declined]));
    let consent = player.agreed().await;
    assert_eq!((consent.pause, consent.charged_this_month), (Some(AutoTopUpPause::Declined), usd("0")));
    player.wallet.sync().await.unwrap();
    player.restart().await;
    player.wallet.sync().await.unwrap();
    assert_eq!((player.asked(), player.told()), (1, (vec![], vec![])));

    // To the same once more, and then to a card that is good.
    assert_eq!(player.agree("1.00", "5.00", "20.00").await.pause, None);
    player.wallet.sync().await.unwrap();
    assert_eq!((player.asked(), player.told().1), (1, vec![AutoTopUpPause::Declined]));
    player.card = add_card(&player.wallet, GOOD_CARD).await.unwrap();
    player.agree("1.00", "5.00", "20.00").await;
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.states().await, [TopUpState::Succeeded, declined.clone(), declined]);
}

#[tokio::test]
async fn a_charge_that_the_player_has_to_confirm_is_waited_for() {
    let mut player = Player::new(CONFIRMED_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.wallet.sync().await.unwrap();
    let told = player.told();
    let (TopUpState::RequiresAction { url }, []) = (&told.0[0], &told.1[..]) else { panic!("{told:?}") };
    player.wallet.sync().await.unwrap();
    player.restart().await;
    player.wallet.sync().await.unwrap();
    assert_eq!((player.top_ups().await.len(), player.charged().await), (1, usd("5.00")));
    player.world.answer_bank_page(url, "confirm").await;
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.states().await, [TopUpState::Succeeded]);

    player.spend(17).await;
    player.wallet.sync().await.unwrap();
    let TopUpState::RequiresAction { url } = player.states().await.remove(0) else { panic!("the second one") };
    player.world.answer_bank_page(&url, "decline").await;
    player.wallet.sync().await.unwrap();
    assert_eq!(player.agreed().await.pause, Some(AutoTopUpPause::Declined));
    assert_eq!(player.states().await[0], failed(DeclineCode::AuthenticationFailed));
}

#[tokio::test]
async fn what_is_under_way_is_waited_for_the_player_s_own_too() {
    let player = Player::new(SLOW_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.wallet.sync().await.unwrap();
    assert_eq!(player.states().await, [TopUpState::Processing]);
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.states().await, [TopUpState::Succeeded]);

    let player = Player::new(CONFIRMED_CARD).await;
    let own = player.wallet.top_up(usd("3.00"), player.card.id).await.unwrap();
    let TopUpState::RequiresAction { url } = &own.state else { panic!("{own:?}") };
    player.agree("1.00", "5.00", "20.00").await;
    player.wallet.sync().await.unwrap();
    assert_eq!(player.top_ups().await, std::slice::from_ref(&own));
    player.world.answer_bank_page(url, "confirm").await;
    assert_eq!(player.sync().await, usd("3.00"), "that is enough");
}

#[tokio::test]
async fn money_that_comes_in_while_a_sync_runs_is_seen_before_a_card_is_charged() {
    let player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    let held = player.world.network.hold("/v1/catalog");
    let top_up = async {
        held.answered.await.unwrap();
        // The sync has its statement. What the player tops up now, it has not heard of.
        player.road.next(ALLOWANCES, Fate::NotSent);
        player.wallet.top_up(usd("2.00"), player.card.id).await.unwrap();
        assert_eq!(player.total(), usd("0"), "no statement shows it yet");
        held.release.send(()).unwrap();
    };
    let (synced, ()) = tokio::join!(player.wallet.sync(), top_up);
    assert_eq!(synced.unwrap().balance.of_currency(Currency::USD).total, usd("2.00"));
    assert!(player.top_ups().await.iter().all(|top_up| !top_up.is_automatic));
}

#[tokio::test]
async fn what_is_taken_back_is_not_charged_any_more_unless_it_was_already() {
    // The request was lost on its way: it is never made again.
    let player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.road.next(TOP_UPS, Fate::Lost);
    assert!(player.wallet.sync().await.is_err());
    assert_eq!(player.wallet.set_auto_top_up(None).await.unwrap(), None);
    assert_eq!((player.sync().await, player.top_ups().await), (usd("0"), vec![]));
    assert_eq!(player.wallet.auto_top_up().await.unwrap(), None);

    // Only the answer was lost: the card was charged, and the player is told.
    let mut player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.road.next(TOP_UPS, Fate::AnswerLost);
    assert!(player.wallet.sync().await.is_err());
    player.wallet.set_auto_top_up(None).await.unwrap();
    player.restart().await;
    assert_eq!(player.sync().await, usd("5.00"));
    assert_eq!(player.told(), (vec![TopUpState::Succeeded], vec![]));
    player.spend(20).await;
    assert_eq!((player.sync().await, player.top_ups().await.len()), (usd("0"), 1));

    // They agree to less: what was lost is not asked for, and the new amount is.
    let player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.road.next(TOP_UPS, Fate::Lost);
    assert!(player.wallet.sync().await.is_err());
    player.agree("1.00", "2.00", "20.00").await;
    assert_eq!(player.sync().await, usd("2.00"));
    assert_eq!(player.top_ups().await.len(), 1);
}

#[tokio::test]
async fn without_a_connection_nothing_happens_and_nothing_is_left_behind() {
    let mut player = Player::new(GOOD_CARD).await;
    player.wallet.top_up(usd("1.00"), player.card.id).await.unwrap();
    player.agree("1.00", "5.00", "20.00").await;
    player.world.network.set(Weather::Cut);
    player.spend(1).await;
    assert!(matches!(player.wallet.sync().await, Err(WalletError::Offline { .. })));
    assert_eq!((player.top_ups().await.len(), player.told()), (1, (vec![], vec![])));
    // The network goes at the very moment.
    player.world.network.set(Weather::Fair);
    player.road.next(TOP_UPS, Fate::NotSent);
    assert!(matches!(player.wallet.sync().await, Err(WalletError::Offline { .. })));
    assert_eq!((player.top_ups().await.len(), player.charged().await), (1, usd("0")));
    assert_eq!(player.sync().await, usd("5.75"));
}

#[tokio::test]
async fn a_gateway_that_has_too_much_to_do_is_asked_again_later_and_charges_once() {
    let player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.road.next(TOP_UPS, Fate::TooMany);
    let retry_after = Some(Duration::from_secs(30));
    assert_eq!(player.wallet.sync().await, Err(WalletError::GatewayUnavailable { retry_after }));
    assert_eq!((player.top_ups().await, player.agreed().await.pause), (vec![], None));
    assert_eq!((player.sync().await, player.top_ups().await.len()), (usd("5.00"), 1));
}

async fn with_rules(rules: &str) -> Player {
    let mut world = World::new();
    world.edit_policy(|policy| format!("{policy}\n[rules.caps]\n{rules}\n")).await;
    Player::of(world, GOOD_CARD).await
}

#[tokio::test]
async fn an_operator_s_caps_are_waited_for_and_not_hammered() {
    let mut player = with_rules("balance = { default = \"8.00\" }").await;
    player.wallet.top_up(usd("4.00"), player.card.id).await.unwrap();
    player.agree("5.00", "5.00", "20.00").await;
    player.asked();
    assert_eq!(player.sync().await, usd("4.00"));
    let consent = player.agreed().await;
    assert_eq!((consent.pause, consent.charged_this_month), (None, usd("0")));
    assert_eq!(consent.waits_until, Some("2026-06-01T09:00:00Z".parse().unwrap()));
    player.spend(4).await;
    player.restart().await;
    assert_eq!((player.sync().await, player.asked(), player.top_ups().await.len()), (usd("3.00"), 1, 1));
    player.set_time("2026-06-01T09:00:00Z");
    assert_eq!((player.sync().await, player.asked()), (usd("8.00"), 1));
    assert_eq!((player.agreed().await.waits_until, player.told().1), (None, vec![]));

    let player = with_rules("monthly_load = { default = \"8.00\" }").await;
    player.wallet.top_up(usd("4.00"), player.card.id).await.unwrap();
    player.agree("5.00", "5.00", "20.00").await;
    player.asked();
    for time in ["2026-06-02T00:00:00Z", "2026-06-20T00:00:00Z", "2026-06-30T23:59:59Z"] {
        player.set_time(time);
        assert_eq!(player.sync().await, usd("4.00"), "{time}");
    }
    assert_eq!(player.asked(), 1);
    player.set_time("2026-07-01T00:00:00Z");
    assert_eq!((player.sync().await, player.asked()), (usd("9.00"), 1));
}

#[tokio::test]
async fn strong_authentication_that_the_operator_s_rules_ask_for_is_waited_for() {
    let mut world = World::new();
    let rules = "[rules.authentication]\neach = { default = \"4.00\" }\nin_all = { default = \"100\" }\nin_a_row = 5";
    world.edit_policy(|policy| format!("{policy}\n{rules}\n")).await;
    let mut player = Player::of(world, GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.wallet.sync().await.unwrap();
    let TopUpState::RequiresAction { url } = player.told().0.remove(0) else { panic!("it is above 4.00") };
    player.wallet.sync().await.unwrap();
    assert_eq!(player.top_ups().await.len(), 1);
    player.world.answer_bank_page(&url, "confirm").await;
    assert_eq!(player.sync().await, usd("5.00"));
}

#[tokio::test]
async fn what_the_gateway_refuses_for_good_pauses_it_and_is_told() {
    let mut player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.wallet.remove_card(player.card.id).await.unwrap();
    player.asked();
    for _ in 0..3 {
        player.wallet.sync().await.unwrap();
    }
    assert_eq!((player.asked(), player.told()), (1, (vec![], vec![AutoTopUpPause::CardUnavailable])));
    assert_eq!((player.top_ups().await, player.charged().await), (vec![], usd("0")));

    // The same after the first request was lost on its way.
    let mut player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    player.road.next(TOP_UPS, Fate::Lost);
    assert!(player.wallet.sync().await.is_err());
    player.wallet.remove_card(player.card.id).await.unwrap();
    player.wallet.sync().await.unwrap();
    assert_eq!(player.told(), (vec![], vec![AutoTopUpPause::CardUnavailable]));
    assert_eq!((player.top_ups().await, player.charged().await), (vec![], usd("0")));

    let mut world = World::new();
    world.edit_policy(|policy| format!("{policy}\n[rules.age]\ntop_ups_from = 13\n")).await;
    let mut player = Player::of(world, GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    for _ in 0..3 {
        player.wallet.sync().await.unwrap();
    }
    assert_eq!(player.told(), (vec![], vec![AutoTopUpPause::Refused]));
    assert_eq!(player.agreed().await.pause, Some(AutoTopUpPause::Refused));
    player.restart().await;
    assert_eq!(player.agreed().await.pause, Some(AutoTopUpPause::Refused));
}

#[tokio::test]
async fn a_restored_backup_brings_no_consent_back() {
    let mut player = Player::new(GOOD_CARD).await;
    player.wallet.top_up(usd("5.00"), player.card.id).await.unwrap();
    player.agree("5.00", "5.00", "20.00").await;
    player.wallet.close().await;
    let backup = player.device.back_up();
    player.restart().await;
    player.wallet.set_auto_top_up(None).await.unwrap();
    player.spend(1).await;
    assert_eq!(player.sync().await, usd("4.75"));
    player.wallet.close().await;
    player.device.restore(&backup);
    player.restart().await;
    assert_eq!(player.wallet.auto_top_up().await.unwrap(), None);
    assert_eq!((player.sync().await, player.top_ups().await.len()), (usd("4.75"), 1));
}

#[tokio::test]
async fn a_frozen_device_charges_nothing() {
    let player = Player::new(GOOD_CARD).await;
    player.agree("1.00", "5.00", "20.00").await;
    let device = player.wallet.device().await.unwrap().unwrap();
    player.world.order_faults(device, json!({ "freeze": true })).await;
    assert!(matches!(player.wallet.sync().await, Err(WalletError::DeviceFrozen { .. })));
    assert_eq!(player.top_ups().await, []);
}
