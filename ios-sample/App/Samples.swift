#if DEBUG
    import Farthing
    import FarthingShop
    import Foundation

    // What the previews show.

    private func usd(_ micros: Int64) -> Money {
        Money(micros: micros, currency: "USD")
    }

    extension Purse {
        static let sample = Purse(
            lines: [
                PurseLine(total: usd(3_760_000), offlineSpendable: usd(3_760_000), pending: usd(1_240_000)),
                PurseLine(total: .zero("EUR"), offlineSpendable: .zero("EUR"), pending: .zero("EUR")),
            ],
            waiting: 2,
            isOffline: true,
            tabs: [.sample]
        )
    }

    extension Shelves {
        static let sample = Shelves(
            purse: .sample,
            items: [
                ShelfItem(name: ItemName(sku: "extra_life"), price: usd(250_000), owned: 1, isGranted: true),
                ShelfItem(name: ItemName(sku: "golden_key"), price: usd(990_000), owned: 12),
                ShelfItem(name: ItemName(sku: "health_potion"), price: usd(100_000)),
                ShelfItem(name: ItemName(sku: "arrow"), price: usd(5_000)),
                ShelfItem(name: ItemName(sku: "lantern"), price: usd(1_490_000), kind: .durable, owned: 1),
                ShelfItem(
                    name: ItemName(sku: "season_pass"),
                    price: usd(2_990_000),
                    kind: .pass,
                    detail: Notice(.passDays, .number(30))
                ),
                ShelfItem(
                    name: ItemName(sku: "lamp_oil", catalogTitle: "Lamp oil", catalogDescription: "Burns long."),
                    price: usd(50_000)
                ),
            ]
        )
    }

    extension BagItem {
        static let samples = [
            BagItem(name: ItemName(sku: "extra_life"), quantity: 1),
            BagItem(name: ItemName(sku: "lantern"), quantity: 1, isDurable: true),
        ]
    }

    extension PurchaseRow {
        private static let day = Date(timeIntervalSince1970: 1_795_544_999)

        static let samples = [
            PurchaseRow(
                id: "waits",
                name: ItemName(sku: "golden_key"),
                quantity: 1,
                total: usd(990_000),
                purchasedAt: day,
                progress: .waiting
            ),
            PurchaseRow(
                id: "settled",
                name: ItemName(sku: "extra_life"),
                quantity: 1,
                total: usd(250_000),
                purchasedAt: day,
                progress: .settled(
                    [
                        Share(of: .developer, amount: usd(215_000)), Share(of: .platform, amount: usd(12_500)),
                        Share(of: .processor, amount: usd(22_500)),
                    ],
                    at: day
                ),
                tax: IncludedTax(country: "DE", perMillion: 190_000, amount: usd(39_916))
            ),
            PurchaseRow(
                id: "rejected",
                name: ItemName(sku: "hint"),
                quantity: 2,
                total: usd(100_000),
                purchasedAt: day,
                progress: .takenBack(Notice(.rejectedPrice))
            ),
            PurchaseRow(
                id: "tip",
                name: ItemName(sku: "tip:ana", catalogTitle: "Ana"),
                quantity: 1,
                total: usd(500_000),
                purchasedAt: day,
                progress: .settled([Share(of: .creator, amount: usd(500_000))], at: day),
                tip: GivenTip(message: "What a level!"),
                canBeRefunded: true
            ),
        ]
    }

    extension CardRow {
        static let sample = CardRow(
            id: "card",
            brand: .visa,
            lastFour: "4242",
            expiry: CardRow.expiry(month: 12, year: 2_034)
        )
    }

    extension Notice {
        static let sampleFees = Notice(
            .topUpFees,
            .share(perMillion: 90_000),
            .money(usd(5_000_000)),
            .share(perMillion: 44_000),
            .money(usd(20_000_000))
        )
    }

    extension OpenTopUp {
        static let sample = OpenTopUp(amount: usd(10_000_000), bankPage: URL(string: "https://bank.example/confirm"))
    }

    extension Pack {
        static let samples = [
            Pack(id: "balance_5", credit: usd(5_000_000), price: .money(usd(4_990_000))),
            Pack(id: "balance_20", credit: usd(20_000_000), price: .money(usd(19_990_000))),
        ]
    }

    extension PassRow {
        static let samples = [
            PassRow(
                name: ItemName(sku: "season_pass"),
                state: .active,
                endsAt: Date(timeIntervalSince1970: 1_798_137_000),
                graceEndsAt: Date(timeIntervalSince1970: 1_798_396_200),
                renewal: usd(2_990_000)
            )
        ]
    }

    extension CreatorRow {
        static let samples = [
            CreatorRow(id: "ana", name: "Ana"), CreatorRow(id: "bo", name: "Bo", isBeingTipped: true),
        ]
    }

    extension TabRow {
        static let sample = TabRow(id: "open", limit: usd(10_000_000), owed: usd(1_240_000), state: .open)
        static let due = TabRow(id: "due", limit: usd(10_000_000), owed: usd(500_000), state: .failed(.genericDecline))
    }

    extension AutoTopUpRow {
        static let sample = AutoTopUpRow(
            offer: AutoTopUpOffer(below: usd(1_000_000), amount: usd(5_000_000), monthlyCap: usd(20_000_000)),
            card: .sample,
            agreedAt: Date(timeIntervalSince1970: 1_795_544_999),
            charged: usd(5_000_000)
        )
    }

    extension MeterRow {
        static let sample = MeterRow(
            name: ItemName(sku: "api_calls"),
            price: usd(1_000_000),
            perUnits: 10_000,
            dailyCap: usd(2_000_000),
            counted: 5,
            written: 90,
            writtenTotal: usd(9_000)
        )
    }

    extension LimitsScreen {
        static let sample = LimitsScreen(
            rows: [
                LimitRow(
                    field: .day,
                    currency: "USD",
                    player: usd(5_000_000),
                    guardian: usd(2_000_000),
                    left: Notice(
                        .limitLeft,
                        .money(usd(1_240_000)),
                        .money(usd(2_000_000)),
                        .date(Date(timeIntervalSince1970: 1_795_564_800))
                    )
                ),
                LimitRow(field: .ask, currency: "USD", guardian: usd(1_000_000)),
            ],
            hasGuardian: true
        )
    }

    extension ApprovalRow {
        static let samples = [
            ApprovalRow(
                id: "asked",
                name: ItemName(sku: "sword_of_dawn"),
                quantity: 1,
                total: usd(4_990_000),
                state: .pending
            ),
            ApprovalRow(id: "used", name: ItemName(sku: "hint"), quantity: 2, total: usd(100_000), state: .used),
        ]
    }
#endif
