//! The operator's files: `catalog.toml` and `gateway.toml`. The gateway reads them by their path.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use farthing_gateway::{Config, catalog_of_file};
use farthing_protocol::Currency;
use tempfile::TempDir;

use crate::Verdict;
use crate::document::can_be_sold_from;

/// Writes the bytes where they can be read from, and reads them.
fn as_a_file<T>(bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let path = folder.get_or_init(|| tempfile::tempdir().unwrap()).path().join("file.toml");
        fs::write(&path, bytes).unwrap();
        read(&path)
    })
}

/// A catalog that a gateway starts with can be sold from, and says who sells.
pub(crate) fn catalog(bytes: &[u8]) -> Verdict {
    let Ok(catalog) = as_a_file(bytes, catalog_of_file) else { return Verdict::Refused };
    assert!(!catalog.merchant.trim().is_empty());
    can_be_sold_from(&catalog);
    let written = serde_json::to_vec(&catalog).unwrap();
    assert_eq!(serde_json::from_slice::<farthing_protocol::Catalog>(&written).unwrap(), catalog);
    Verdict::Read
}

/// A policy that a gateway starts with leaves something to do, and loses no money.
pub(crate) fn gateway(bytes: &[u8]) -> Verdict {
    let Ok(config) = as_a_file(bytes, Config::read) else { return Verdict::Refused };
    assert!(config.allowance.valid_days >= 1 && config.catalog.valid_days >= 1);
    for code in ["USD", "JPY", "KWD", "gems"] {
        let currency: Currency = code.parse().unwrap();
        let (least, most) = (config.top_up.minimum.of(currency), config.top_up.maximum.of(currency));
        let (reserve, fixed) = (config.allowance.reserve.of(currency), config.processors.sandbox.fixed.of(currency));
        assert!(!least.is_negative() && !reserve.is_negative() && !fixed.is_negative());
        assert!(config.allowance.purchase_max.of(currency).is_positive());
        assert!(least.micros() <= most.micros());
        for percentage in [config.platform.percentage, config.processors.sandbox.percentage] {
            for micros in [0, 1, least.micros(), most.micros(), i64::MAX] {
                assert!((0..=micros).contains(&percentage.of(micros)));
            }
        }
    }
    Verdict::Read
}
