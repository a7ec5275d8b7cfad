use farthing_protocol::{Currency, PassGrant, PassTerms, Sku};
use proptest::prelude::*;

use super::*;

const DAY: u32 = 86_400;
const BEGIN: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + seconds).unwrap()
}

fn period(length_seconds: u32, grace_seconds: u32) -> PassPeriod {
    let grant = PassGrant { length_seconds, grace_seconds };
    PassPeriod::extended(None, &Sku::new("season").unwrap(), grant, at(0))
}

fn consent(length_seconds: u32) -> Consent {
    Consent { price: Money::from_micros(990_000, Currency::USD), length_seconds }
}

fn reminded(pass: &PassPeriod, seconds: i64) -> Told {
    Told { reminded_at: Some(at(seconds)), ..Told::nothing_of(pass) }
}

#[test]
fn a_pass_without_reminder_and_consent_only_ends() {
    let pass = period(DAY, 100);
    let told = Told::nothing_of(&pass);
    assert_eq!(next_step(&pass, 0, None, &told, at(0)), Step::Wait(at(86_500)));
    assert_eq!(next_step(&pass, 0, None, &told, at(86_499)), Step::Wait(at(86_500)));
    assert_eq!(next_step(&pass, 0, None, &told, at(86_500)), Step::End);
    assert_eq!(next_step(&pass, 0, None, &Told { ended: true, ..told }, at(86_500)), Step::Nothing);
}

#[test]
fn the_reminder_comes_once_before_the_end() {
    let pass = period(DAY, 0);
    let told = Told::nothing_of(&pass);
    assert_eq!(next_step(&pass, 3_600, None, &told, at(82_799)), Step::Wait(at(82_800)));
    assert_eq!(next_step(&pass, 3_600, None, &told, at(82_800)), Step::Remind);
    assert_eq!(next_step(&pass, 3_600, None, &reminded(&pass, 82_800), at(82_801)), Step::Wait(at(86_400)));
}

#[test]
fn a_renewal_follows_its_reminder_and_comes_before_the_end() {
    let (pass, consent) = (period(DAY, 0), consent(DAY));
    let told = Told::nothing_of(&pass);
    // A tenth of a day before the end, and the reminder an hour before that.
    assert_eq!(next_step(&pass, 0, Some(&consent), &told, at(0)), Step::Wait(at(74_160)));
    assert_eq!(next_step(&pass, 0, Some(&consent), &told, at(74_160)), Step::Remind);
    let told = reminded(&pass, 74_160);
    assert_eq!(next_step(&pass, 0, Some(&consent), &told, at(74_160)), Step::Wait(at(77_760)));
    assert_eq!(next_step(&pass, 0, Some(&consent), &told, at(77_760)), Step::Renew);
    // A longer reminder comes when the catalog says.
    assert_eq!(next_step(&pass, 40_000, Some(&consent), &Told::nothing_of(&pass), at(46_400)), Step::Remind);
    // Opened late, the player is reminded first.
    assert_eq!(next_step(&pass, 0, Some(&consent), &Told::nothing_of(&pass), at(86_000)), Step::Remind);
    assert_eq!(next_step(&pass, 0, Some(&consent), &reminded(&pass, 86_000), at(86_001)), Step::Wait(at(86_400)));
    assert_eq!(next_step(&pass, 0, Some(&consent), &reminded(&pass, 86_000), at(86_400)), Step::End);
}

#[test]
fn in_the_grace_period_it_may_still_be_renewed_and_never_after_it() {
    let (pass, consent) = (period(DAY, 7_200), consent(DAY));
    assert_eq!(next_step(&pass, 0, Some(&consent), &Told::nothing_of(&pass), at(86_500)), Step::Remind);
    assert_eq!(next_step(&pass, 0, Some(&consent), &reminded(&pass, 86_500), at(90_099)), Step::Wait(at(90_100)));
    assert_eq!(next_step(&pass, 0, Some(&consent), &reminded(&pass, 86_500), at(90_100)), Step::Renew);
    assert_eq!(next_step(&pass, 0, Some(&consent), &reminded(&pass, 86_500), at(93_600)), Step::End);
}

#[test]
fn consent_is_to_what_was_shown_or_better() {
    let price = Money::from_micros(990_000, Currency::USD);
    let terms = PassTerms { length_seconds: DAY, grace_seconds: 0, may_renew: true, reminder_seconds: 0 };
    let item = Item {
        sku: Sku::new("season").unwrap(),
        title: "Season".into(),
        description: String::new(),
        price,
        kind: ItemKind::Pass,
        meter: None,
        pass: Some(terms),
        contents: Vec::new(),
        prices: Vec::new(),
        introductory: None,
        tiers: Default::default(),
        texts: Default::default(),
        credits: None,
        picture: None,
    };
    let agreed = Consent::to(&item, price).unwrap();
    assert!(agreed.covers(&item, price));
    let usd = |micros| Money::from_micros(micros, Currency::USD);
    let with = |terms: PassTerms| Item { pass: Some(terms), ..item.clone() };
    assert!(agreed.covers(&item, usd(1)), "cheaper");
    assert!(!agreed.covers(&item, usd(990_001)), "dearer");
    assert!(!agreed.covers(&item, Money::from_micros(1, Currency::EUR)), "in another currency");
    assert!(agreed.covers(&with(PassTerms { length_seconds: DAY + 1, ..terms }), price), "longer");
    assert!(!agreed.covers(&with(PassTerms { length_seconds: DAY - 1, ..terms }), price), "shorter");
    assert!(!agreed.covers(&with(PassTerms { may_renew: false, ..terms }), price), "not any more");
    assert_eq!(Consent::to(&Item { kind: ItemKind::Durable, ..item.clone() }, price), None);
}

proptest! {
    /// However late and often the wallet is awake.
    #[test]
    fn nothing_is_renewed_without_consent_and_a_reminder_before_it_nor_after_the_grace_period(
        (length, grace, reminder) in (1_u32..100_000, 0_u32..50_000, 0_u32..50_000),
        agrees in any::<bool>(),
        awake in prop::collection::vec(1_i64..20_000, 1..60),
    ) {
        let (pass, agreed) = (period(length, grace), consent(length));
        let consent = agrees.then_some(&agreed);
        let (mut told, mut now, mut renewed) = (Told::nothing_of(&pass), 0_i64, 0);
        for pause in awake {
            now += pause;
            // Each time until there is nothing to do for now.
            for _ in 0..4 {
                match next_step(&pass, reminder, consent, &told, at(now)) {
                    Step::Remind => {
                        prop_assert!(told.reminded_at.is_none() && now < i64::from(length + grace));
                        told.reminded_at = Some(at(now));
                    }
                    Step::Renew => {
                        prop_assert!(agrees && now < i64::from(length + grace));
                        let notice = i64::from((length / 10).clamp(1, 3_600));
                        prop_assert!(told.reminded_at.unwrap() <= at(now - notice));
                        renewed += 1;
                        break;
                    }
                    Step::End => {
                        prop_assert!(!told.ended && now >= i64::from(length + grace));
                        told.ended = true;
                    }
                    Step::Wait(until) => {
                        prop_assert!(until > at(now));
                        break;
                    }
                    Step::Nothing => break,
                }
            }
            if renewed > 0 {
                break;
            }
        }
    }
}
