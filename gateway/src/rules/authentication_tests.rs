use proptest::prelude::*;

use super::*;
use crate::config::Config;

fn policy(counted: &str) -> LowValuePolicy {
    let rules = format!(
        "[rules.authentication]\neach = {{ default = \"30\" }}\nin_all = {{ default = \"100\" }}\nin_a_row = 5\n\
         counted = \"{counted}\""
    );
    Config::sample_with(&rules).unwrap().rules.authentication.unwrap()
}

fn euro(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// Charges one after the other, none authenticated unless it has to be; where it has to be, it is, and the counting
/// begins anew. One letter for each: `-` for a charge without it, `S` for one with it.
fn charge(policy: &LowValuePolicy, amounts: &[&str]) -> String {
    let mut since = Vec::new();
    let mut said = String::new();
    for amount in amounts {
        let amount = euro(amount);
        if is_required(policy, &since, amount) {
            since.clear();
            said.push('S');
        } else {
            since.push(Since { amount, count: 1 });
            said.push('-');
        }
    }
    said
}

/// Each row: what article 16 says, what is counted, the charges, and which of them need strong authentication.
#[test]
fn the_cases_of_article_16() {
    for (text, counted, amounts, expected) in [
        ("(a) at most EUR 30", "both", &["30"][..], "-"),
        ("(a) above EUR 30", "both", &["30.01"], "S"),
        ("(a) one above in between begins the counting anew", "both", &["30", "30", "31", "30", "30", "30"], "--S---"),
        ("(b) EUR 100 in all", "amount", &["25", "25", "25", "25"], "----"),
        ("(b) above EUR 100 in all", "amount", &["25", "25", "25", "25", "0.01"], "----S"),
        ("(b) EUR 90, and 30 more would be EUR 120", "amount", &["30", "30", "30", "30", "30"], "---S-"),
        ("(b) alone lets more than five through", "amount", &["1", "1", "1", "1", "1", "1", "1"], "-------"),
        ("(c) five in a row", "count", &["1", "1", "1", "1", "1"], "-----"),
        ("(c) the sixth", "count", &["1", "1", "1", "1", "1", "1", "1"], "-----S-"),
        ("(c) alone lets more than EUR 100 through", "count", &["30", "30", "30", "30", "30", "30"], "-----S"),
        ("both: whichever comes first, here the count", "both", &["1", "1", "1", "1", "1", "1"], "-----S"),
        ("both: whichever comes first, here the amount", "both", &["30", "30", "30", "30"], "---S"),
    ] {
        assert_eq!(charge(&policy(counted), amounts), expected, "{text}: {amounts:?}");
    }
}

#[test]
fn several_currencies_share_one_limit() {
    let policy = policy("amount");
    let dollars = Money::parse("50", Currency::USD).unwrap();
    let since = [Since { amount: dollars, count: 2 }, Since { amount: euro("40"), count: 2 }];
    assert!(!is_required(&policy, &since, euro("10")));
    assert!(is_required(&policy, &since, euro("10.000001")));
}

proptest! {
    #[test]
    fn without_it_no_more_is_charged_than_the_article_allows(
        amounts in prop::collection::vec(1_i64..=60_000_000, 0..60),
        counted in prop::sample::select(vec!["amount", "count", "both"]),
    ) {
        let policy = policy(counted);
        let (mut since, mut sum, mut count) = (Vec::new(), 0_i64, 0);
        for micros in amounts {
            let amount = Money::from_micros(micros, Currency::EUR);
            if is_required(&policy, &since, amount) {
                (sum, count) = (0, 0);
                since.clear();
                continue;
            }
            prop_assert!(micros <= 30_000_000);
            // What the text says: of those before.
            let (amount_holds, count_holds) = (sum <= 100_000_000, count <= 5);
            let holds = match counted {
                "amount" => amount_holds,
                "count" => count_holds,
                _ => amount_holds && count_holds,
            };
            prop_assert!(holds);
            since.push(Since { amount, count: 1 });
            sum += micros;
            count += 1;
        }
    }
}
