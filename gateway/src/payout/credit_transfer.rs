//! Payouts as a file for a bank: ISO 20022's customer credit transfer initiation, `pain.001.001.09`.
//!
//! Its members have the names of the standard, in the standard's order.

use std::collections::BTreeMap;

use farthing_protocol::{Currency, Digest, Timestamp};
use iban::IbanLike;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::config::{BankAccount, PayoutPolicy};
use crate::store::{Payout, StoreError};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(rename = "@xmlns")]
    xmlns: &'static str,
    cstmr_cdt_trf_initn: Initiation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Initiation {
    grp_hdr: GroupHeader,
    pmt_inf: Vec<PaymentInformation>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupHeader {
    msg_id: String,
    cre_dt_tm: String,
    nb_of_txs: usize,
    ctrl_sum: String,
    initg_pty: Party,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Party {
    nm: String,
}

/// Payments in one currency.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PaymentInformation {
    pmt_inf_id: String,
    pmt_mtd: &'static str,
    nb_of_txs: usize,
    ctrl_sum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pmt_tp_inf: Option<PaymentType>,
    reqd_exctn_dt: ExecutionDate,
    dbtr: Party,
    dbtr_acct: Account,
    dbtr_agt: Agent,
    chrg_br: &'static str,
    cdt_trf_tx_inf: Vec<CreditTransfer>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PaymentType {
    svc_lvl: ServiceLevel,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceLevel {
    cd: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ExecutionDate {
    dt: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: AccountName,
}

#[derive(Serialize)]
struct AccountName {
    #[serde(rename = "IBAN")]
    iban: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Agent {
    fin_instn_id: Institution,
}

#[derive(Serialize)]
struct Institution {
    #[serde(rename = "BICFI")]
    bic: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreditTransfer {
    pmt_id: PaymentName,
    amt: Amount,
    cdtr_agt: Agent,
    cdtr: Party,
    cdtr_acct: Account,
    rmt_inf: Remittance,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PaymentName {
    end_to_end_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Amount {
    instd_amt: InstructedAmount,
}

#[derive(Serialize)]
struct InstructedAmount {
    #[serde(rename = "@Ccy")]
    currency: String,
    #[serde(rename = "$text")]
    amount: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remittance {
    ustrd: String,
}

/// Writes a file for some payouts, all of which are in transit. The same payouts make a message of the same name, so
/// that a bank which is given it twice can tell.
pub(crate) fn credit_transfer(policy: &PayoutPolicy, payouts: &[Payout], now: Timestamp) -> Result<String, StoreError> {
    let mut by_currency: BTreeMap<Currency, Vec<&Payout>> = BTreeMap::new();
    for payout in payouts {
        by_currency.entry(payout.amount.currency()).or_default().push(payout);
    }
    let message = message_name(payouts);
    let document = Document {
        xmlns: NAMESPACE,
        cstmr_cdt_trf_initn: Initiation {
            grp_hdr: GroupHeader {
                msg_id: message.clone(),
                cre_dt_tm: now.to_string(),
                nb_of_txs: payouts.len(),
                ctrl_sum: sum(payouts.iter()),
                initg_pty: party(&policy.debtor),
            },
            pmt_inf: by_currency
                .into_iter()
                .map(|(currency, payouts)| payments(policy, &message, currency, &payouts, now))
                .collect(),
        },
    };
    let unwritable = |_| StoreError::Damaged("payouts that can't be written as XML");
    let xml = quick_xml::se::to_string_with_root("Document", &document).map_err(unwritable)?;
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n"))
}

fn payments(
    policy: &PayoutPolicy,
    message: &str,
    currency: Currency,
    payouts: &[&Payout],
    now: Timestamp,
) -> PaymentInformation {
    // Euros go by SEPA's rules, where each side bears its own bank's charges.
    let is_sepa = currency == Currency::EUR;
    PaymentInformation {
        pmt_inf_id: format!("{message}{currency}"),
        pmt_mtd: "TRF",
        nb_of_txs: payouts.len(),
        ctrl_sum: sum(payouts.iter().copied()),
        pmt_tp_inf: is_sepa.then_some(PaymentType { svc_lvl: ServiceLevel { cd: "SEPA" } }),
        reqd_exctn_dt: ExecutionDate { dt: now.strftime("%Y-%m-%d").to_string() },
        dbtr: party(&policy.debtor),
        dbtr_acct: account(&policy.debtor),
        dbtr_agt: agent(&policy.debtor),
        chrg_br: if is_sepa { "SLEV" } else { "SHAR" },
        cdt_trf_tx_inf: payouts.iter().map(|payout| transfer(policy, payout)).collect(),
    }
}

fn transfer(policy: &PayoutPolicy, payout: &Payout) -> CreditTransfer {
    CreditTransfer {
        pmt_id: PaymentName { end_to_end_id: payout.id.simple().to_string() },
        amt: Amount {
            instd_amt: InstructedAmount {
                currency: payout.amount.currency().to_string(),
                amount: payout.amount.amount().to_string(),
            },
        },
        cdtr_agt: agent(&policy.creditor),
        cdtr: party(&policy.creditor),
        cdtr_acct: account(&policy.creditor),
        rmt_inf: Remittance { ustrd: format!("Payout {}", payout.id) },
    }
}

/// At most 32 of the 35 characters that a name may have.
fn message_name(payouts: &[Payout]) -> String {
    let mut names: Vec<_> = payouts.iter().map(|payout| *payout.id.as_bytes()).collect();
    names.sort_unstable();
    let digest = Digest::of(&names.concat());
    let mut name = [0; 16];
    name.copy_from_slice(&digest.as_bytes()[..16]);
    Uuid::from_bytes(name).simple().to_string()
}

/// A plain sum, whatever the currencies are: that is what the standard asks for.
fn sum<'a>(payouts: impl Iterator<Item = &'a Payout>) -> String {
    payouts.map(|payout| payout.amount.amount()).sum::<Decimal>().normalize().to_string()
}

fn party(account: &BankAccount) -> Party {
    Party { nm: account.name.to_string() }
}

fn account(account: &BankAccount) -> Account {
    Account { id: AccountName { iban: account.iban.electronic_str().to_owned() } }
}

fn agent(account: &BankAccount) -> Agent {
    Agent { fin_instn_id: Institution { bic: account.bic.to_string() } }
}
