//! What a guardian and a player are promised for their limits: never passed, on any number of offline devices together.

use axum::http::{Method, StatusCode};
use farthing_protocol::api::{
    AccountResponse, AllowanceRequest, ApprovalRecord, ApprovalState, ApprovalsResponse, EnrolmentRequest,
    HeldAllowance, LimitsResponse, TopUpState,
};
use farthing_protocol::{
    Allowance, Currency, Drawn, EncodedEntry, Entry, EntryBody, EntryId, JOURNAL_VERSION, LimitPeriod, Money, Outcome,
    ProblemKind, PurchaseBody, RejectionReason, SpendingLimits, Timestamp,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::device::{Answer, Device, GOOD_CARD, Uploaded, World, usd};

const PIN: &str = "4711";

/// A wallet as an honest one is: it decides by the allowance that it holds, and may be offline.
struct Phone {
    device: Device,
    allowance: Option<Allowance>,
    drawn: Drawn,
    queue: Vec<EncodedEntry>,
}

impl Phone {
    async fn of(world: &World, user: &str) -> Self {
        let path = "/v1/enrolment-tokens";
        let token: Value = world.merchant(Method::POST, path, &[], Some(json!({"user": user}))).await.json();
        let mut device = world.device();
        let publishable_key = world.gateway.publishable_key().to_owned();
        let token = Some(token["token"].as_str().unwrap().to_owned());
        let enrolled = device.post("/v1/enrolments", &EnrolmentRequest { publishable_key, token }).await;
        assert!(enrolled.status.is_success(), "{}", enrolled.text());
        device.enrol(world.gateway.publishable_key()).await;
        Phone { device, allowance: None, drawn: Drawn { total: usd("0"), count: 0 }, queue: vec![] }
    }

    // Tokens end after an hour, and hours pass here.

    async fn get(&mut self, path: &str) -> Answer {
        self.device.renew_token().await;
        self.device.get(path).await
    }

    async fn post(&mut self, path: &str, body: &impl Serialize) -> Answer {
        self.device.renew_token().await;
        self.device.post(path, body).await
    }

    async fn send(&mut self, entries: &[EncodedEntry]) -> Uploaded {
        self.device.renew_token().await;
        self.device.upload(entries).await
    }

    /// A purchase, where the allowance has room for it at that time.
    fn buy(&mut self, quantity: u32, at: Timestamp) -> bool {
        let Some(allowance) = &self.allowance else { return false };
        let total = usd("0.25").times(quantity).unwrap();
        let Ok(drawn) = allowance.draw(&self.drawn, total, at) else { return false };
        let body = PurchaseBody { quantity, total, allowance: allowance.version, ..self.device.purchase() };
        self.drawn = drawn;
        let entry = self.entry(body, at);
        self.queue.push(entry);
        true
    }

    fn entry(&mut self, body: PurchaseBody, at: Timestamp) -> EncodedEntry {
        let position = self.device.journal.unwrap();
        let entry = EncodedEntry::new(Entry {
            version: JOURNAL_VERSION,
            seq: position.seq + 1,
            previous: position.head,
            id: EntryId::generate(),
            at,
            body: EntryBody::Purchase(body),
        })
        .unwrap();
        self.device.journal = Some(position.after(entry.hash()));
        entry
    }

    async fn upload(&mut self) -> Vec<Outcome> {
        let queue = std::mem::take(&mut self.queue);
        if queue.is_empty() { vec![] } else { self.send(&queue).await.settlement.outcomes }
    }

    /// Settles what waits and takes the next allowance, as a wallet does: it says then which one it holds.
    async fn sync(&mut self, needed: Option<Money>) -> Vec<Outcome> {
        let outcomes = self.upload().await;
        for _ in 0..2 {
            let held = self.allowance.as_ref().filter(|held| held.spending.is_some());
            let holds = held.map(|held| HeldAllowance { currency: Currency::USD, version: held.version });
            let request = AllowanceRequest { needed, holds: holds.into_iter().collect() };
            let answer: AccountResponse = self.post("/v1/allowances", &request).await.json();
            let allowances = answer.allowances.iter().map(|token| self.device.open::<Allowance>(token));
            self.allowance = allowances.into_iter().find(|found| found.limit.currency() == Currency::USD);
        }
        outcomes
    }

    fn left(&self) -> Money {
        self.allowance.as_ref().unwrap().spending.as_ref().unwrap().remaining(self.drawn.total).unwrap()
    }

    async fn fund(&mut self, amount: &str) {
        let card = self.device.add_card(GOOD_CARD).await;
        assert_eq!(self.device.top_up("first", usd(amount), &card).await.state, TopUpState::Succeeded);
        self.sync(None).await;
    }

    async fn set(&mut self, limits: SpendingLimits, pin: Option<&str>) -> LimitsResponse {
        let request = json!({"currency": "USD", "limits": limits, "pin": pin});
        self.post("/v1/limits", &request).await.json()
    }
}

fn now(world: &World) -> Timestamp {
    world.clock.clock().now()
}

fn pass_hours(world: &World, hours: i64) {
    let later = now(world).as_millisecond() + hours * 3_600_000;
    world.clock.set(Timestamp::from_millisecond(later).unwrap());
}

fn a_day(amount: &str) -> SpendingLimits {
    SpendingLimits { day: Some(usd(amount)), ..SpendingLimits::default() }
}

fn is_settled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Settled { .. })
}

#[tokio::test]
async fn a_limit_for_a_day_holds_offline_and_again_at_the_gateway() {
    let world = World::new();
    let mut phone = Phone::of(&world, "ada").await;
    phone.fund("50.00").await;
    phone.set(a_day("2.00"), Some(PIN)).await;
    phone.sync(None).await;
    assert_eq!(phone.left(), usd("2.00"));
    assert!(phone.buy(6, now(&world)) && !phone.buy(3, now(&world)) && phone.buy(2, now(&world)));
    // The next day opens nothing before the gateway was asked, so that a clock set forward gains nothing either.
    pass_hours(&world, 24);
    assert!(!phone.buy(1, now(&world)));
    assert!(phone.sync(None).await.iter().all(is_settled));
    assert_eq!(phone.left(), usd("2.00"));
    let limits: LimitsResponse = phone.get("/v1/limits").await.json();
    let used = limits.limits[0].used[0];
    assert_eq!((used.period, used.limit, used.used), (LimitPeriod::Day, usd("2.00"), usd("0")));

    // What passes it is rejected, whatever the device says of the time.
    let (version, today) = (phone.allowance.as_ref().unwrap().version, now(&world));
    for at in [today, "2026-06-01T08:00:00Z".parse().unwrap(), "2026-06-20T08:00:00Z".parse().unwrap()] {
        let body = PurchaseBody { quantity: 9, total: usd("2.25"), allowance: version, ..phone.device.purchase() };
        let entry = phone.entry(body, at);
        let outcomes = phone.send(&[entry]).await.settlement.outcomes;
        assert_eq!(outcomes, [Outcome::Rejected { reason: RejectionReason::SpendingLimitReached }]);
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn two_phones_share_a_limit_and_what_one_gives_back_the_other_may_spend() {
    let world = World::new();
    let (mut one, mut two) = (Phone::of(&world, "ada").await, Phone::of(&world, "ada").await);
    one.fund("50.00").await;
    one.set(a_day("4.00"), Some(PIN)).await;
    two.sync(None).await;
    assert_eq!(two.left(), usd("0"), "the first still holds an allowance from before");
    one.sync(None).await;
    two.sync(None).await;
    assert_eq!((one.left(), two.left()), (usd("2.00"), usd("2.00")));
    // One needs more, and gets only what the other does not hold.
    one.sync(Some(usd("3.00"))).await;
    assert_eq!(one.left(), usd("2.00"));
    assert!(one.buy(8, now(&world)) && two.buy(4, now(&world)));
    one.sync(None).await;
    two.sync(None).await;
    assert_eq!(two.left(), usd("0.50"), "half of the dollar that is left");
    one.sync(Some(usd("0.50"))).await;
    assert_eq!(one.left(), usd("0.50"));
    // An older version that was given back is none any more.
    let old = PurchaseBody { allowance: 1, ..two.device.purchase() };
    let old = two.entry(old, now(&world));
    let outcomes = two.send(&[old]).await.settlement.outcomes;
    assert_eq!(outcomes, [Outcome::Rejected { reason: RejectionReason::UnknownAllowance }]);
    // A phone that is given up leaves its part to the other.
    let name = two.device.enrolment.as_ref().unwrap().device;
    world.merchant(Method::DELETE, &format!("/v1/devices/{name}"), &[], None).await;
    one.sync(None).await;
    assert_eq!(one.left(), usd("1.00"));
}

/// A small generator of one's own, so that a failure happens again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[tokio::test]
async fn no_number_of_offline_phones_passes_a_guardian_s_limits() {
    for seed in 0..4 {
        let world = World::new();
        let mut dice = Dice(seed);
        let mut phones = Vec::new();
        for _ in 0..3 {
            phones.push(Phone::of(&world, "ada").await);
        }
        phones[0].fund("400.00").await;
        let limits = SpendingLimits { week: Some(usd("9.00")), ..a_day("3.00") };
        phones[0].set(limits, Some(PIN)).await;
        let (mut bought, mut settled) = (0_u64, 0_u64);
        let start = now(&world).as_millisecond().div_euclid(86_400_000);
        for _ in 0..120 {
            let phone = &mut phones[dice.roll(3) as usize];
            match dice.roll(10) {
                0..=4 => {
                    let quantity = dice.roll(8) as u32 + 1;
                    // Clocks that are set forward or back.
                    let skew = dice.roll(5) as i64 * 20 - 40;
                    let shown = now(&world).as_millisecond() + skew * 3_600_000;
                    if phone.buy(quantity, Timestamp::from_millisecond(shown).unwrap()) {
                        bought += u64::from(quantity);
                    }
                }
                5..=7 => {
                    let needed = (dice.roll(2) == 0).then(|| usd("2.00"));
                    settled += phone.sync(needed).await.iter().filter(|outcome| is_settled(outcome)).count() as u64;
                }
                8 => assert!(phone.upload().await.iter().all(is_settled), "an honest phone is rejected"),
                _ => pass_hours(&world, dice.roll(20) as i64),
            }
            let days = now(&world).as_millisecond().div_euclid(86_400_000) - start + 1;
            assert!(bought <= 12 * days as u64, "seed {seed}: {bought} quarters in {days} days");
            let limits: LimitsResponse = phones[0].get("/v1/limits").await.json();
            for used in &limits.limits[0].used {
                assert!(used.used.micros() <= used.limit.micros(), "seed {seed}: {used:?}");
            }
        }
        assert!(settled > 0, "seed {seed}: nothing happened");
        world.assert_balanced().await;
    }
}

#[tokio::test]
async fn a_player_tightens_at_once_and_loosens_after_a_day() {
    let world = World::new();
    let mut phone = Phone::of(&world, "ada").await;
    phone.fund("50.00").await;
    assert_eq!(phone.set(a_day("2.00"), None).await.limits[0].player, a_day("2.00"));
    let looser = phone.set(a_day("5.00"), None).await;
    assert_eq!(looser.limits[0].player, a_day("2.00"));
    assert_eq!(looser.limits[0].pending.unwrap().limits, a_day("5.00"));
    phone.sync(None).await;
    assert_eq!(phone.left(), usd("2.00"));
    pass_hours(&world, 24);
    phone.sync(None).await;
    assert_eq!(phone.left(), usd("5.00"));
    // A guardian's counts where it is stricter, and the player does not get past it.
    phone.set(a_day("1.00"), Some(PIN)).await;
    phone.set(a_day("100.00"), None).await;
    pass_hours(&world, 24);
    phone.sync(None).await;
    assert_eq!(phone.left(), usd("1.00"));
    let purchase = SpendingLimits { purchase: Some(usd("0.25")), ..SpendingLimits::default() };
    phone.set(purchase, Some(PIN)).await;
    phone.sync(None).await;
    assert!(phone.buy(1, now(&world)) && !phone.buy(2, now(&world)));
}

#[tokio::test]
async fn a_guardian_s_pin_is_tried_a_few_times_only() {
    let world = World::new();
    let mut phone = Phone::of(&world, "ada").await;
    assert!(phone.set(a_day("2.00"), Some(PIN)).await.has_guardian);
    let wrong = json!({"currency": "USD", "limits": {}, "pin": "0000"});
    for _ in 0..5 {
        assert_eq!(phone.post("/v1/limits", &wrong).await.kind(), ProblemKind::PinInvalid);
    }
    let right = json!({"currency": "USD", "limits": {}, "pin": PIN});
    let waits = phone.post("/v1/limits", &right).await;
    assert_eq!((waits.status, waits.kind()), (StatusCode::TOO_MANY_REQUESTS, ProblemKind::TooManyRequests));
    assert!(waits.headers.contains_key("retry-after") && !waits.text().contains(PIN));
    pass_hours(&world, 1);
    let limits: LimitsResponse = phone.post("/v1/limits", &right).await.json();
    assert_eq!(limits.limits[0].guardian, SpendingLimits::default());
    for (bad, kind) in [
        (
            json!({"currency": "USD", "limits": {"day": {"amount": "-1", "currency": "USD"}}}),
            ProblemKind::AmountInvalid,
        ),
        (json!({"currency": "USD", "limits": {"day": {"amount": "1", "currency": "EUR"}}}), ProblemKind::AmountInvalid),
        (json!({"currency": "USD", "limits": {}, "pin": "12"}), ProblemKind::PinInvalid),
        (json!({"currency": "USD", "limits": {}, "utc_offset_minutes": 60}), ProblemKind::InvalidRequest),
        (json!({"currency": "USD", "limits": {}, "utc_offset_minutes": 7}), ProblemKind::InvalidRequest),
        (json!({"currency": "USD", "limits": {"year": null}}), ProblemKind::InvalidRequest),
    ] {
        assert_eq!(phone.post("/v1/limits", &bad).await.kind(), kind, "{bad}");
    }
}

#[tokio::test]
async fn what_a_guardian_approves_is_bought_once() {
    let world = World::new();
    let (mut child, mut parent) = (Phone::of(&world, "ada").await, Phone::of(&world, "ada").await);
    child.fund("50.00").await;
    let limits = SpendingLimits { ask_above: Some(usd("0.25")), ..SpendingLimits::default() };
    parent.set(limits, Some(PIN)).await;
    child.sync(None).await;

    let wish = json!({"sku": "extra_life", "quantity": 2, "catalog": 1});
    let asked: ApprovalRecord = child.post("/v1/approvals", &wish).await.json();
    assert_eq!((asked.state, asked.total), (ApprovalState::Pending, usd("0.50")));
    let again: ApprovalRecord = child.post("/v1/approvals", &wish).await.json();
    assert_eq!(again.id, asked.id);
    let seen: ApprovalsResponse = parent.get("/v1/approvals").await.json();
    assert_eq!(seen.approvals, std::slice::from_ref(&asked));
    let path = format!("/v1/approvals/{}", asked.id);
    let wrong = parent.post(&path, &json!({"approve": true, "pin": "0000"})).await;
    assert_eq!(wrong.kind(), ProblemKind::PinInvalid);
    let yes = json!({"approve": true, "pin": PIN});
    let approved: ApprovalRecord = parent.post(&path, &yes).await.json();
    assert_eq!(approved.state, ApprovalState::Approved);
    let too_late: ApprovalRecord = parent.post(&path, &json!({"approve": false, "pin": PIN})).await.json();
    assert_eq!(too_late.state, ApprovalState::Approved, "the first answer stands");

    let before = child.allowance.as_ref().unwrap().version;
    child.sync(None).await;
    let allowance = child.allowance.clone().unwrap();
    assert_eq!(allowance.spending.as_ref().unwrap().approvals[0].id, asked.id);
    let body = PurchaseBody {
        quantity: 2,
        total: usd("0.50"),
        allowance: allowance.version,
        approval: Some(asked.id),
        ..child.device.purchase()
    };
    let required = Outcome::Rejected { reason: RejectionReason::ApprovalRequired };
    for (what, body, is_good) in [
        ("without it", PurchaseBody { approval: None, ..body.clone() }, false),
        ("by an allowance without it", PurchaseBody { allowance: before, ..body.clone() }, false),
        ("more than was approved", PurchaseBody { quantity: 3, total: usd("0.75"), ..body.clone() }, false),
        ("what was approved", body.clone(), true),
        ("the same once more", body.clone(), false),
    ] {
        let entry = child.entry(body, now(&world));
        let outcomes = child.send(&[entry]).await.settlement.outcomes;
        assert_eq!(is_settled(&outcomes[0]), is_good, "{what}: {outcomes:?}");
        assert!(is_good || outcomes[0] == required || what.contains("an allowance"), "{what}: {outcomes:?}");
    }
    child.sync(None).await;
    assert!(child.allowance.as_ref().unwrap().spending.as_ref().unwrap().approvals.is_empty());
    let seen: ApprovalsResponse = parent.get("/v1/approvals").await.json();
    assert_eq!(seen.approvals[0].state, ApprovalState::Used);
    pass_hours(&world, 1);
    let next: ApprovalRecord = child.post("/v1/approvals", &wish).await.json();
    pass_hours(&world, 24);
    let seen: ApprovalsResponse = parent.get("/v1/approvals").await.json();
    assert_eq!((seen.approvals[0].id, seen.approvals[0].state), (next.id, ApprovalState::Expired));
    let nothing = json!({"sku": "moon", "quantity": 1, "catalog": 1});
    assert_eq!(child.post("/v1/approvals", &nothing).await.kind(), ProblemKind::NotFound);
}

#[tokio::test]
async fn a_tester_has_a_guardian_asked_and_answers() {
    let world = World::new();
    let mut phone = Phone::of(&world, "ada").await;
    phone.fund("5.00").await;
    let device = phone.device.enrolment.as_ref().unwrap().device;
    let path = format!("/v1/sandbox/faults?device={device}");
    let faults = json!({"ask_to_buy": {"answer": "approve", "after": 1}});
    assert_eq!(world.merchant(Method::PUT, &path, &[], Some(faults)).await.status, StatusCode::OK);
    phone.sync(None).await;
    let spending = phone.allowance.clone().unwrap().spending.unwrap();
    assert!(spending.must_ask(usd("0.25")) && spending.periods.is_none());
    let wish = json!({"sku": "extra_life", "quantity": 1, "catalog": 1});
    let asked: ApprovalRecord = phone.post("/v1/approvals", &wish).await.json();
    assert_eq!(asked.state, ApprovalState::Pending);
    let again: ApprovalRecord = phone.post("/v1/approvals", &wish).await.json();
    assert_eq!((again.id, again.state), (asked.id, ApprovalState::Approved));
    phone.sync(None).await;
    let allowance = phone.allowance.clone().unwrap();
    let body = PurchaseBody { allowance: allowance.version, approval: Some(asked.id), ..phone.device.purchase() };
    let entry = phone.entry(body, now(&world));
    assert!(is_settled(&phone.send(&[entry]).await.settlement.outcomes[0]));
    world.merchant(Method::DELETE, &path, &[], None).await;
    phone.sync(None).await;
    assert_eq!(phone.allowance.unwrap().spending, None);
}
