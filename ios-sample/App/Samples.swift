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
            isOffline: true
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
                ShelfItem(name: ItemName(sku: "lantern"), price: usd(1_490_000), isDurable: true, owned: 1),
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
                )
            ),
            PurchaseRow(
                id: "rejected",
                name: ItemName(sku: "hint"),
                quantity: 2,
                total: usd(100_000),
                purchasedAt: day,
                progress: .takenBack(Notice(.rejectedPrice))
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

    extension OpenTopUp {
        static let sample = OpenTopUp(amount: usd(10_000_000), bankPage: URL(string: "https://bank.example/confirm"))
    }
#endif
