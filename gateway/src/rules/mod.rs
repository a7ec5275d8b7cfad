//! Rules that the law sets, each with its source, all off until the operator's configuration switches them on (`[rules]`
//! of `gateway.toml`). Those for money that comes in are asked before anyone is asked for money. None of this is legal
//! advice.
//!
//! | rule | source | module |
//! |---|---|---|
//! | low-value payments without strong authentication | Delegated Regulation (EU) 2018/389, article 16 | [`authentication`] |
//! | the most that an account may hold, and load in a month | Directive (EU) 2015/849, article 12, as amended by Directive (EU) 2018/843 | [`cap`] |
//! | the tax in a price, on its receipt | Directive 2006/112/EC, articles 58 and 226; Directive 98/6/EC | [`tax`] |
//! | ages below which no card is charged, or not without a guardian | the merchant's duty; no single source | [`age`] |

pub(crate) mod age;
pub(crate) mod authentication;
pub(crate) mod cap;
pub(crate) mod tax;
