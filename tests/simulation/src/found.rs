//! The seeds in which bugs that were planted were found last. There they are looked for first, which takes a second in
//! place of a minute; a bug that is not found there any more is looked for in all seeds.

/// Where a bug was found last; nothing for a new one.
pub(crate) fn found_at(bug: &str) -> Option<u64> {
    FOUND_AT.iter().find(|(name, _)| *name == bug).map(|(_, seed)| *seed)
}

const FOUND_AT: [(&str, u64); 40] = [
    ("wallet-NormalSync", 1),
    ("wallet-AnswerBeforeCommit", 3),
    ("wallet-MemoryAheadOfDisk", 3),
    ("wallet-DequeueUnverified", 59),
    ("wallet-DequeueEverything", 4),
    ("wallet-NoIdempotency", 0),
    ("wallet-TrustWallClock", 14),
    ("wallet-NoAssociatedData", 23),
    ("wallet-RollbackUnnoticed", 3),
    ("wallet-ForgetTopUp", 9),
    ("wallet-KeepRejectedGrant", 4),
    ("wallet-KeepRefundedItems", 2),
    ("wallet-CountTwice", 0),
    ("wallet-CountWithoutEnd", 22),
    ("wallet-ForgetDurables", 0),
    ("wallet-RevivePasses", 14),
    ("wallet-DoublePasses", 3),
    ("wallet-RenewUnasked", 27),
    ("wallet-RenewAtAnyPrice", 29),
    ("wallet-KeepPasses", 6),
    ("wallet-ApproveForEver", 7),
    ("wallet-KeepReserve", 2),
    ("wallet-ForgetTab", 31),
    ("wallet-OweFractions", 52),
    ("gateway-NormalSync", 2),
    ("gateway-ChargeAgain", 0),
    ("gateway-ForgetOutcomes", 3),
    ("gateway-LeakReserve", 0),
    ("gateway-ForkUnnoticed", 27),
    ("gateway-ForgetRefunds", 18),
    ("gateway-LimitForEach", 51),
    ("gateway-PayTwice", 0),
    ("gateway-OnlyDays", 10),
    ("gateway-AskNobody", 7),
    ("gateway-ApproveForAll", 33),
    ("gateway-BelieveClocks", 16),
    ("gateway-KeepRefundedPasses", 3),
    ("gateway-SecondTab", 105),
    ("gateway-ChargeLimit", 2),
    ("gateway-KeepDebts", 67),
];
