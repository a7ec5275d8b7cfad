//! The tax that is in a price, for its receipt.
//!
//! Consumers are shown prices with the tax in them (Directive 98/6/EC, articles 2(a) and 3), and what is sold over the
//! network is taxed where the customer lives (Directive 2006/112/EC, article 58). An invoice names the rate and the
//! amount (article 226(9) and (10)). The operator says the rates; the merchant says where a user lives, with the
//! enrolment token. The tax is part of the price: nobody's share of it changes.
//!
//! Of a price that brings all that a device has drawn from `before` to `after`, the tax is that of `after` less that of
//! `before`, each rounded down to the micro: however an amount is cut into purchases that follow each other, their taxes
//! sum to the tax of the amount.

use farthing_protocol::{AccountId, Money, Tax};

use crate::config::{Percentage, TaxPolicy};
use crate::privacy::Persons;
use crate::store::{StoreError, Tables};

/// What holds for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaxRate {
    pub(crate) country: String,
    pub(crate) rate: Percentage,
}

/// The rate for an account's user: of the country that was declared, or of the policy's. None where the policy has no
/// rate for that, or there is no policy.
pub(crate) fn rate(
    tables: &dyn Tables,
    persons: &Persons,
    policy: Option<&TaxPolicy>,
    account: AccountId,
) -> Result<Option<TaxRate>, StoreError> {
    let Some(policy) = policy else { return Ok(None) };
    let country = persons.country_of(tables, account)?.unwrap_or_else(|| policy.country.clone());
    Ok(policy.rates.get(&country).map(|rate| TaxRate { rate: *rate, country }))
}

/// The tax in a price, after which all that was drawn comes to `drawn`. Money that is no country's has none.
pub(crate) fn in_price(rate: Option<&TaxRate>, drawn: Money, price: Money) -> Option<Tax> {
    let TaxRate { country, rate } = rate?;
    price.currency().exponent()?;
    let within = |micros: i64| {
        let rate = i128::from(rate.per_million());
        i128::from(micros) * rate / (WHOLE + rate)
    };
    let micros = within(drawn.micros()) - within(drawn.micros().checked_sub(price.micros())?);
    let amount = Money::from_micros(i64::try_from(micros).ok()?, price.currency());
    Some(Tax { country: country.clone(), per_million: rate.per_million(), amount })
}

const WHOLE: i128 = 1_000_000;

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    fn rate(hundredths: u32) -> TaxRate {
        let rate = Percentage::try_from(Decimal::new(i64::from(hundredths), 2)).unwrap();
        TaxRate { country: "DE".into(), rate }
    }

    fn euro(micros: i64) -> Money {
        Money::from_micros(micros, Currency::EUR)
    }

    #[test]
    fn nineteen_per_cent_are_in_a_price_of_119() {
        let tax = in_price(Some(&rate(1_900)), euro(119_000_000), euro(119_000_000)).unwrap();
        assert_eq!((tax.amount, tax.per_million, &*tax.country), (euro(19_000_000), 190_000, "DE"));
        assert_eq!(in_price(None, euro(1), euro(1)), None);
        let gems = Money::from_micros(1_000_000, "gems".parse().unwrap());
        assert_eq!(in_price(Some(&rate(1_900)), gems, gems), None);
    }

    proptest! {
        #[test]
        fn taxes_are_exact_to_the_micro_however_an_amount_is_cut_up(
            before in 0_i64..1_000_000_000_000,
            prices in prop::collection::vec(1_i64..=1_000_000_000, 1..60),
            hundredths in 0_u32..=10_000,
        ) {
            let rate = rate(hundredths);
            let (mut drawn, mut sum) = (before, 0);
            for price in &prices {
                drawn += price;
                let tax = in_price(Some(&rate), euro(drawn), euro(*price)).unwrap().amount.micros();
                // What is left of the price without the tax, and the tax, are the price; and neither is off by a micro.
                prop_assert!(tax >= 0 && tax <= *price);
                let per_million = i128::from(rate.rate.per_million());
                let off = i128::from(tax) * (WHOLE + per_million) - i128::from(*price) * per_million;
                prop_assert!(off.abs() < WHOLE + per_million, "{tax} of {price}");
                sum += tax;
            }
            let whole = in_price(Some(&rate), euro(drawn), euro(drawn - before)).unwrap().amount.micros();
            prop_assert_eq!(sum, whole);
        }
    }
}
