//! What it costs to take small amounts in, computed to the micro: funding routes one by one and aggregated, the top-up
//! at which a route pays off, and a game's simulated month.
//!
//! Everything here is pure: the data are files that an operator edits (`economics/routes.toml`, `economics/month.toml`),
//! the same data and seed give the same figures, and `cargo xtask economics` writes them into `docs/economics.md`.
//!
//! | module | what it has |
//! |---|---|
//! | [`route`] | what each route takes, and from which amount on that is little |
//! | [`spread`] | a charge's fee over the purchases that it pays for |
//! | [`scenario`], [`month`] | a game's month, prepaid and by tabs |
//! | [`table`], [`chart`], [`page`] | the figures as people read them |

pub mod chart;
pub mod month;
pub mod page;
pub mod route;
pub mod scenario;
pub mod spread;
pub mod table;

/// The funding routes, as they are built in: `economics/routes.toml`.
pub const ROUTES: &str = include_str!("../routes.toml");
/// The simulated month, as it is built in: `economics/month.toml`.
pub const MONTH: &str = include_str!("../month.toml");

/// Why figures can't be had from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// It is no TOML, or not of the right shape.
    #[error("it can't be read: {0}")]
    Malformed(String),
    /// It says something that can't be.
    #[error("{place}: {reason}")]
    Unusable {
        /// Where.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A sum is beyond what an amount can be.
    #[error("an amount is out of range")]
    OutOfRange,
}

impl From<farthing_protocol::MoneyError> for DataError {
    fn from(_: farthing_protocol::MoneyError) -> Self {
        DataError::OutOfRange
    }
}

/// Something that a file says and that can't be.
pub(crate) fn unusable(place: &str, reason: impl Into<String>) -> DataError {
    DataError::Unusable { place: place.to_owned(), reason: reason.into() }
}
