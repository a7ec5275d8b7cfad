//! How figures look on a page. What is returned as [`Safe`] is made of digits, letters of ours, and codes of currencies.

use std::fmt::Display;

use askama::filters::Safe;
use farthing_protocol::{Currency, Money, Timestamp};
use jiff::tz::Offset;

/// An amount with its currency beside it.
pub(super) fn money(money: &Money) -> Safe<String> {
    Safe(format!(
        r#"<span class="money">{} <span class="currency">{}</span></span>"#,
        amount(money),
        money.currency().code()
    ))
}

/// The digits of an amount, so that the points of a column are below each other.
pub(super) fn aligned(money: &Money) -> Safe<String> {
    let digits = amount(money);
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    Safe(format!(r#"{whole}<span class="fraction">{point}{fraction}</span>"#))
}

/// The debit that a balance or posting is, or nothing.
pub(super) fn debit(balance: &Money) -> Safe<String> {
    if balance.is_negative() { Safe(String::new()) } else { money(balance) }
}

/// The credit that a balance or posting is, or nothing.
pub(super) fn credit(balance: &Money) -> Safe<String> {
    match Money::zero(balance.currency()).minus(*balance) {
        Ok(credit) if balance.is_negative() => money(&credit),
        _ => Safe(String::new()),
    }
}

/// The digits of an amount, in groups of three.
pub(super) fn amount(money: &Money) -> String {
    let text = money.to_string();
    let number = text.split(' ').next().unwrap_or_default();
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("−", number));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let fraction = fraction.map_or_else(String::new, |fraction| format!(".{fraction}"));
    format!("{sign}{}{fraction}", grouped(whole))
}

/// A count, in groups of three.
pub(super) fn count(count: &u64) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A time, and how long ago it was.
pub(super) fn moment(at: &Timestamp, now: &Timestamp) -> Safe<String> {
    let local = Offset::UTC.to_datetime(*at);
    let is_today = local.date() == Offset::UTC.to_datetime(*now).date();
    let shown = if is_today { local.strftime("%H:%M:%S") } else { local.strftime("%-d %b %Y, %H:%M") };
    let exact = local.strftime("%Y-%m-%d %H:%M:%S UTC");
    let ago = ago(at, now);
    Safe(format!(r#"<time datetime="{at}" title="{exact}">{shown} <span class="ago">{ago}</span></time>"#))
}

/// How long ago a time is, or how far ahead.
pub(super) fn ago(at: &Timestamp, now: &Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let length = length(seconds.unsigned_abs());
    match seconds {
        -4..5 => "just now".to_owned(),
        5.. => format!("{length} ago"),
        _ => format!("in {length}"),
    }
}

fn length(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400.. => format!("{} d", seconds / 86_400),
    }
}

/// A day that is counted from 1970.
pub(super) fn day(day: &i64) -> String {
    match Timestamp::from_second(day.saturating_mul(86_400)) {
        Ok(at) => Offset::UTC.to_datetime(at).strftime("%-d %b %Y").to_string(),
        Err(_) => day.to_string(),
    }
}

/// An identifier, short for the eye and whole for the clipboard: the end of it, since those of one time begin alike.
pub(super) fn short(id: &impl Display) -> String {
    let id = id.to_string();
    let tail: String = id.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
    if id.chars().count() <= 14 { id } else { format!("…{tail}") }
}

/// A name of ours as words: `user_available` as "User available".
pub(super) fn words(name: &str) -> String {
    let words = name.replace(['_', '.', '-'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The currency of a code, if it is one.
pub(super) fn currency(code: &str) -> Option<Currency> {
    code.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_exact_and_grouped() {
        for (text, expected) in
            [("0", "0.00"), ("5", "5.00"), ("1234567.5", "1,234,567.50"), ("-999", "−999.00"), ("0.0225", "0.0225")]
        {
            assert_eq!(amount(&Money::parse(text, Currency::USD).unwrap()), expected);
        }
        assert_eq!(amount(&Money::parse("12000", Currency::JPY).unwrap()), "12,000");
        assert_eq!(count(&1_000_000), "1,000,000");
        assert_eq!(count(&999), "999");
    }

    #[test]
    fn a_balance_is_a_debit_or_a_credit() {
        let owed = Money::parse("-4.75", Currency::USD).unwrap();
        assert!(credit(&owed).0.contains(">4.75 "), "{}", credit(&owed).0);
        assert_eq!(debit(&owed).0, "");
        let due = Money::parse("4.75", Currency::USD).unwrap();
        assert!(debit(&due).0.contains(">4.75 "));
        assert_eq!(credit(&due).0, "");
    }

    #[test]
    fn a_time_is_told_twice() {
        let now = at("2026-06-01T12:00:00Z");
        let shown = moment(&at("2026-06-01T11:58:00Z"), &now).0;
        assert!(shown.contains(">11:58:00 ") && shown.contains("2 min ago"), "{shown}");
        let shown = moment(&at("2026-05-30T11:58:00Z"), &now).0;
        assert!(shown.contains(">30 May 2026, 11:58 ") && shown.contains("2 d ago"), "{shown}");
        assert_eq!(ago(&now, &now), "just now");
        assert_eq!(ago(&at("2026-06-01T13:00:00Z"), &now), "in 1 h");
        assert_eq!(day(&20_605), "1 Jun 2026");
    }

    #[test]
    fn names_are_shown_as_words_and_identifiers_by_their_end() {
        assert_eq!(words("user_available"), "User available");
        assert_eq!(short(&"01a20da0-79c5-766f-986c-0f5ba27a3a4c"), "…0f5ba27a3a4c");
        assert_eq!(short(&"studio"), "studio");
    }
}
