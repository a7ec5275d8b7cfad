//! What the catalog tells wallets of the operator's price list for charges.

use farthing_protocol::{ChargeTerms, Currency};

use super::{Config, FeeSchedule, TopUpPolicy};

/// What the processor that charges cards takes, and how much a card may be charged.
#[derive(Clone, Debug)]
pub(crate) struct ChargePolicy {
    fees: FeeSchedule,
    top_up: TopUpPolicy,
}

impl ChargePolicy {
    pub(crate) fn of(config: &Config) -> Self {
        ChargePolicy { fees: config.processors.fees().clone(), top_up: config.top_up.clone() }
    }

    /// As wallets are told it.
    pub(crate) fn terms(&self, currency: Currency) -> ChargeTerms {
        ChargeTerms {
            per_million: self.fees.percentage.per_million(),
            fixed: self.fees.fixed.of(currency),
            minimum: self.top_up.minimum.of(currency),
            maximum: self.top_up.maximum.of(currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Money;

    use super::*;

    #[test]
    fn wallets_expect_the_fee_that_the_ledger_posts() {
        let config = Config::sample().unwrap();
        for currency in ["USD", "EUR", "JPY", "KWD"].map(|code| code.parse::<Currency>().unwrap()) {
            let terms = ChargePolicy::of(&config).terms(currency);
            for micros in (0..700_000_000).step_by(1_230_000) {
                let amount = Money::from_micros(micros, currency);
                assert_eq!(terms.fee(amount), Some(config.processors.fees().fee(amount)), "{amount}");
            }
        }
        let yen = ChargePolicy::of(&config).terms(Currency::JPY);
        assert_eq!((yen.fixed.to_string(), yen.minimum.to_string()), ("45 JPY".into(), "50 JPY".into()));
    }
}
