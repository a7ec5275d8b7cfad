use std::sync::Arc;

use farthing_protocol::{
    AccountId, Currency, DeviceId, Digest, IdempotencyKey, LimitPeriod, Money, PeriodShare, Sku, SpendingShare,
};
use proptest::prelude::*;

use super::*;
use crate::catalog::CatalogContent;

const NOON: &str = "2026-01-15T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn shelves() -> Shelves {
    let content: CatalogContent = toml::from_str(
        r#"
        merchant = "studio"
        items = [
            { sku = "life", title = "Life", price = { amount = "0.25", currency = "USD" }, kind = "consumable" },
            { sku = "sword", title = "Sword", price = { amount = "3", currency = "USD" }, kind = "durable" },
        ]"#,
    )
    .unwrap();
    Shelves::from([(7, Arc::new(Shelf::new(content)))])
}

fn allowance(version: u64, limit: &str, expires_at: &str) -> Allowance {
    Allowance {
        account: AccountId::from_bytes([1; 16]),
        device: DeviceId::from_bytes([2; 16]),
        key: Digest::of(b"key"),
        epoch: 1,
        version,
        limit: usd(limit),
        count_limit: 100,
        purchase_max: usd("2.00"),
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at(expires_at),
        settle_by: at("2026-07-01T00:00:00Z"),
        spending: None,
        pricing: Default::default(),
    }
}

/// Versions 2 and 3 were issued; 2 was named last, and a dollar is drawn.
fn standing() -> Standing {
    let issued = [
        (2, allowance(2, "2.00", "2026-01-20T00:00:00Z")),
        (3, Allowance { purchase_max: usd("5.00"), ..allowance(3, "5.00", "2026-02-20T00:00:00Z") }),
    ];
    Standing { drawn: Drawn { total: usd("1.00"), count: 4 }, version: 2, issued: issued.into(), used: BTreeSet::new() }
}

fn body() -> PurchaseBody {
    PurchaseBody {
        sku: Sku::new("life").unwrap(),
        quantity: 1,
        unit_price: usd("0.25"),
        total: usd("0.25"),
        catalog: 7,
        allowance: 2,
        operation: None,
        approval: None,
        pass: None,
        contents: Vec::new(),
        credits: None,
    }
}

fn judged(change: impl FnOnce(&mut PurchaseBody), when: &str, now: &str) -> Result<Drawn, RejectionReason> {
    let (mut body, shelves) = (body(), shelves());
    change(&mut body);
    purchase(&body, at(when), &standing(), &shelves, at(now)).map(|(drawn, ..)| drawn)
}

#[test]
fn a_purchase_by_the_rules_is_drawn() {
    let expected = Drawn { total: usd("1.25"), count: 5 };
    assert_eq!(judged(|_| {}, NOON, NOON), Ok(expected));
    // Within its allowance's time, whenever it comes in.
    assert_eq!(judged(|_| {}, "2026-01-20T00:00:00Z", "2026-07-01T00:00:00Z"), Ok(expected));
}

#[test]
fn the_limit_is_the_highest_that_was_issued() {
    let (six, money) = (6, usd("1.50"));
    let drawn = judged(|p| (p.quantity, p.total) = (six, money), NOON, NOON);
    assert_eq!(drawn, Ok(Drawn { total: usd("2.50"), count: 5 }), "version 2 alone ends at 2.00");
    let beyond = judged(|p| (p.quantity, p.total, p.allowance) = (17, usd("4.25"), 3), NOON, NOON);
    assert_eq!(beyond, Err(RejectionReason::AllowanceExceeded));
}

#[test]
fn the_count_is_the_highest_that_was_issued() {
    let shelves = shelves();
    let mut standing = standing();
    standing.issued.get_mut(&2).unwrap().count_limit = 4;
    assert!(purchase(&body(), at(NOON), &standing, &shelves, at(NOON)).is_ok(), "version 2 alone ends at 4");
    standing.issued.get_mut(&3).unwrap().count_limit = 4;
    let beyond = purchase(&body(), at(NOON), &standing, &shelves, at(NOON));
    assert_eq!(beyond.unwrap_err(), RejectionReason::AllowanceExceeded);
}

#[test]
fn the_time_and_the_largest_purchase_are_of_the_version_that_is_named() {
    let late = "2026-01-20T00:00:00.001Z";
    assert_eq!(judged(|_| {}, late, late), Err(RejectionReason::AllowanceExpired));
    assert!(judged(|p| p.allowance = 3, late, late).is_ok());
    let dear = |p: &mut PurchaseBody| (p.quantity, p.total) = (9, usd("2.25"));
    assert_eq!(judged(dear, NOON, NOON), Err(RejectionReason::AbovePurchaseMax));
    assert!(judged(|p| (p.quantity, p.total, p.allowance) = (9, usd("2.25"), 3), NOON, NOON).is_ok());
    assert_eq!(judged(|_| {}, NOON, "2026-07-01T00:00:00.001Z"), Err(RejectionReason::AllowanceExpired));
}

#[test]
fn the_share_of_limits_is_of_the_version_that_is_named() {
    let (shelves, mut standing) = (shelves(), standing());
    let periods = PeriodShare {
        drawn_max: usd("1.25"),
        limit: usd("5"),
        period: LimitPeriod::Day,
        resets: at("2026-01-16T00:00:00Z"),
    };
    let share = SpendingShare { periods: Some(periods), ..SpendingShare::default() };
    standing.issued.get_mut(&2).unwrap().spending = Some(share);
    let judged = |quantity, allowance| {
        let total = usd("0.25").times(quantity).unwrap();
        let body = PurchaseBody { quantity, total, allowance, ..body() };
        // The end of the period changes nothing.
        purchase(&body, at("2026-01-17T00:00:00Z"), &standing, &shelves, at(NOON)).map(|(drawn, ..)| drawn.total)
    };
    assert_eq!(judged(1, 2), Ok(usd("1.25")));
    assert_eq!(judged(2, 2), Err(RejectionReason::SpendingLimitReached));
    assert_eq!(judged(2, 3), Ok(usd("1.50")), "a newer version without limits");
    // What goes back to the account is not spent.
    let back = ReleaseBody { amount: usd("0.50"), allowance: 2 };
    assert!(release(&back, &standing).is_ok());
}

#[test]
fn the_catalog_rules() {
    let wrong = |change: fn(&mut PurchaseBody)| judged(change, NOON, NOON).unwrap_err();
    assert_eq!(wrong(|p| p.catalog = 6), RejectionReason::UnknownCatalog);
    assert_eq!(wrong(|p| p.sku = Sku::new("moon").unwrap()), RejectionReason::UnknownItem);
    assert_eq!(wrong(|p| p.quantity = 0), RejectionReason::WrongQuantity);
    assert_eq!(wrong(|p| (p.quantity, p.total) = (1_001, usd("250.25"))), RejectionReason::WrongQuantity);
    assert_eq!(wrong(|p| p.unit_price = usd("0.24")), RejectionReason::WrongPrice);
    assert_eq!(wrong(|p| p.total = usd("-0.25")), RejectionReason::WrongPrice);
    let euro = |p: &mut PurchaseBody| p.total = Money::parse("0.25", Currency::EUR).unwrap();
    assert_eq!(judged(euro, NOON, NOON), Err(RejectionReason::WrongPrice));
    // As many as can be bought at once: their number is right, only too dear.
    assert_eq!(wrong(|p| (p.quantity, p.total) = (1_000, usd("250"))), RejectionReason::AbovePurchaseMax);
    let sword = |p: &mut PurchaseBody| {
        (p.sku, p.unit_price, p.total, p.allowance) = (Sku::new("sword").unwrap(), usd("3"), usd("3"), 3);
    };
    assert_eq!(judged(sword, NOON, NOON), Ok(Drawn { total: usd("4"), count: 5 }));
    let swords = |p: &mut PurchaseBody| {
        (p.sku, p.quantity, p.unit_price, p.total) = (Sku::new("sword").unwrap(), 2, usd("3"), usd("6"));
    };
    assert_eq!(
        judged(swords, NOON, NOON),
        Err(RejectionReason::WrongQuantity),
        "what is owned for ever is bought once"
    );
}

#[test]
fn an_allowance_must_have_been_issued_and_never_goes_back() {
    for version in [0, 1, 4, u64::MAX] {
        let named = judged(|p| p.allowance = version, NOON, NOON);
        assert_eq!(named, Err(RejectionReason::UnknownAllowance), "{version}");
    }
    let mut standing = standing();
    standing.after(standing.drawn, 3);
    let shelves = shelves();
    let back = purchase(&body(), at(NOON), &standing, &shelves, at(NOON));
    assert_eq!(back.unwrap_err(), RejectionReason::UnknownAllowance);
}

#[test]
fn funds_can_be_released_whenever_but_not_more_than_there_are() {
    let give = |amount: &str, allowance| release(&ReleaseBody { amount: usd(amount), allowance }, &standing());
    assert_eq!(give("4.00", 3), Ok(Drawn { total: usd("5.00"), count: 5 }), "all that is left");
    assert_eq!(give("2.50", 2), Ok(Drawn { total: usd("3.50"), count: 5 }), "above what one purchase may cost");
    assert_eq!(give("4.000001", 3), Err(RejectionReason::AllowanceExceeded));
    assert_eq!(give("0", 3), Err(RejectionReason::WrongPrice));
    assert_eq!(give("-1", 3), Err(RejectionReason::WrongPrice));
    assert_eq!(give("1", 1), Err(RejectionReason::UnknownAllowance));
}

#[test]
fn a_use_must_be_of_something() {
    let uses = |quantity| ConsumeBody {
        sku: Sku::new("life").unwrap(),
        quantity,
        operation: IdempotencyKey::new("use").unwrap(),
    };
    assert_eq!(consume(&uses(1)), Ok(()));
    assert_eq!(consume(&uses(0)), Err(RejectionReason::WrongQuantity));
}

proptest! {
    #[test]
    fn whatever_a_device_claims_no_more_than_the_highest_limit_is_drawn(
        claims in prop::collection::vec((0_u32..40, 0_u64..6, any::<bool>(), any::<i64>()), 0..60),
    ) {
        let (mut standing, shelves) = (standing(), shelves());
        for (quantity, version, honest, lie) in claims {
            let mut body = body();
            (body.quantity, body.allowance) = (quantity, version);
            body.total = if honest { usd("0.25").times(quantity).unwrap() } else { Money::from_micros(lie, Currency::USD) };
            let before = standing.drawn;
            if let Ok((drawn, ..)) = purchase(&body, at(NOON), &standing, &shelves, at(NOON)) {
                prop_assert_eq!(drawn.total, before.total.plus(usd("0.25").times(quantity).unwrap()).unwrap());
                standing.after(drawn, version);
            }
            prop_assert!(standing.drawn.total.micros() <= usd("5.00").micros());
        }
    }
}

fn tip_body(amount: &str) -> TipBody {
    TipBody {
        creator: farthing_protocol::CreatorId::new("ana").unwrap(),
        amount: usd(amount),
        message: None,
        allowance: 3,
        operation: None,
        approval: None,
    }
}

fn ana(is_open: bool) -> StoredCreator {
    let id = farthing_protocol::CreatorId::new("ana").unwrap();
    StoredCreator { id, name: "Ana".into(), is_open, registered_at: at(NOON) }
}

#[test]
fn a_tip_stands_for_a_creator_who_is_known_within_the_allowance() {
    let judged =
        |body: &TipBody, creator: Option<&StoredCreator>, now: &str| tip(body, at(NOON), &standing(), creator, at(now));
    let stands = judged(&tip_body("0.000001"), Some(&ana(true)), NOON);
    assert_eq!(stands, Ok((Drawn { total: usd("1.000001"), count: 5 }, None)));
    // What a wallet was promised by the list that it has stands, whatever became of the creator since.
    assert!(judged(&tip_body("4.00"), Some(&ana(false)), NOON).is_ok());
    for (body, creator, now, reason) in [
        (tip_body("1"), None, NOON, RejectionReason::UnknownCreator),
        (tip_body("0"), Some(ana(true)), NOON, RejectionReason::WrongPrice),
        (tip_body("-1"), Some(ana(true)), NOON, RejectionReason::WrongPrice),
        (tip_body("4.000001"), Some(ana(true)), NOON, RejectionReason::AllowanceExceeded),
        (tip_body("5.01"), Some(ana(true)), NOON, RejectionReason::AbovePurchaseMax),
        (tip_body("1"), Some(ana(true)), "2026-07-02T00:00:00Z", RejectionReason::AllowanceExpired),
        (TipBody { allowance: 1, ..tip_body("1") }, Some(ana(true)), NOON, RejectionReason::UnknownAllowance),
        (
            TipBody { amount: Money::parse("1", "gems".parse().unwrap()).unwrap(), ..tip_body("1") },
            Some(ana(true)),
            NOON,
            RejectionReason::WrongPrice,
        ),
    ] {
        assert_eq!(judged(&body, creator.as_ref(), now), Err(reason), "{body:?}");
    }
}
