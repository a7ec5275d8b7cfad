//! Whether the gateway's ledger agrees with its wallets. Pure; amounts are micros of US dollars.

use farthing_protocol::api::TrialBalanceResponse;

use crate::expected::{Violation, wrong};

/// How a wallet's money has gone, once all of it is settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turnover {
    pub(crate) topped_up: i64,
    pub(crate) spent: i64,
    pub(crate) processor: i64,
    pub(crate) platform: i64,
    pub(crate) developer: i64,
}

/// Compares the gateway's ledger with what all of its wallets have settled.
pub(crate) fn check_ledger(ledger: &TrialBalanceResponse, wallets: &[Turnover]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for total in ledger.totals.iter().filter(|total| !total.is_zero()) {
        violations.push(wrong(format!("the ledger is off by {total}")));
    }
    let account = |kind: &str| -> i64 {
        ledger.balances.iter().filter(|line| line.account == kind).map(|line| line.balance.micros()).sum()
    };
    let sum = |part: fn(&Turnover) -> i64| wallets.iter().map(part).sum::<i64>();
    let (topped_up, spent) = (sum(|wallet| wallet.topped_up), sum(|wallet| wallet.spent));
    let processor = sum(|wallet| wallet.processor);
    let due = [
        ("what users have", account("user_available") + account("user_reserved"), spent - topped_up),
        ("what the developer gets", account("merchant_payable"), -sum(|wallet| wallet.developer)),
        ("the platform's share", account("platform_revenue"), -sum(|wallet| wallet.platform)),
        (
            "what the cards brought in, with the fees that are not spread yet",
            account("card_clearing") + account("processor_fees_prepaid"),
            topped_up - processor,
        ),
    ];
    for (what, is, due) in due.into_iter().filter(|(_, is, due)| is != due) {
        violations.push(wrong(format!("in the ledger, {what} is {is} micros instead of {due}")));
    }
    violations
}

#[cfg(test)]
mod tests {
    use farthing_core::{Currency, Money};
    use farthing_protocol::api::LedgerBalance;

    use super::*;
    use crate::victim::usd;

    #[test]
    fn the_ledger_agrees_with_its_wallets_or_says_where_it_does_not() {
        let turnover =
            Turnover { topped_up: 1_000_000, spent: 15_000, processor: 3_000, platform: 3_000, developer: 9_000 };
        let line = |account: &str, micros| LedgerBalance { account: account.into(), balance: usd(micros) };
        let mut ledger = TrialBalanceResponse {
            balances: vec![
                line("card_clearing", 900_000 * 2),
                line("processor_fees_prepaid", 100_000 * 2 - 6_000),
                line("user_available", -900_000 * 2),
                line("user_reserved", -85_000 * 2),
                line("merchant_payable", -9_000 * 2),
                line("platform_revenue", -3_000 * 2),
            ],
            totals: vec![usd(0)],
        };
        assert_eq!(check_ledger(&ledger, &[turnover, turnover]), []);
        assert_eq!(check_ledger(&ledger, &[turnover]).len(), 4);
        ledger.balances[4].balance = usd(-9_000 * 2 - 1);
        assert_eq!(check_ledger(&ledger, &[turnover, turnover]).len(), 1);
        ledger.totals = vec![Money::from_micros(1, Currency::EUR)];
        assert_eq!(check_ledger(&ledger, &[turnover, turnover]).len(), 2);
    }
}
