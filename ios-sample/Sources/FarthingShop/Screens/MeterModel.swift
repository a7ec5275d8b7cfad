import Farthing
import Foundation
import Observation

/// Something that is paid by use.
public struct MeterRow: Hashable, Sendable, Identifiable {
    /// What it is.
    public var name: ItemName

    /// What ``perUnits`` cost.
    public var price: Money

    /// How many units the price is for.
    public var perUnits: Int

    /// The most that a day (UTC) may cost.
    public var dailyCap: Money?

    /// What was counted since the shop was opened, in memory or not.
    public var counted: Int

    /// What was written down, as far as it is among the purchases that are shown.
    public var written: Int

    /// What that cost.
    public var writtenTotal: Money

    /// That the cap is near.
    public var warning: Notice?

    /// One, for previews.
    public init(
        name: ItemName,
        price: Money,
        perUnits: Int,
        dailyCap: Money? = nil,
        counted: Int = 0,
        written: Int = 0,
        writtenTotal: Money? = nil,
        warning: Notice? = nil
    ) {
        self.name = name
        self.price = price
        self.perUnits = perUnits
        self.dailyCap = dailyCap
        self.counted = counted
        self.written = written
        self.writtenTotal = writtenTotal ?? .zero(price.currency)
        self.warning = warning
    }

    /// The SKU.
    public var id: String { name.sku }

    /// What units cost, down to a whole micro.
    public var cost: Money {
        let (micros, isBeyond) = price.micros.multipliedReportingOverflow(by: Int64(counted))
        return Money(micros: isBeyond ? .max : micros / Int64(max(1, perUnits)), currency: price.currency)
    }

    /// All that there is to say of it, line by line; a warning comes last.
    public var lines: [Notice] {
        var lines = [Notice(.meterPrice, .money(price), .number(perUnits))]
        if let dailyCap { lines.append(Notice(.meterCap, .money(dailyCap))) }
        lines.append(Notice(.meterCounted, .number(counted), .money(cost)))
        lines.append(Notice(.meterWritten, .number(written), .money(writtenTotal)))
        if let warning { lines.append(warning) }
        return lines
    }
}

/// What is paid by use. A unit is counted in memory and spent in the purse at once; many are one purchase later.
@MainActor @Observable public final class MeterModel {
    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    let tasks = OwnedTasks()
    private var counted: [String: Int] = [:]
    private var warnings: [String: Notice] = [:]
    @ObservationIgnored private var meters: [String: Meter] = [:]

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
        session.whenOpened { [weak self] in self?.beginAnew() }
        session.whenTold { [weak self] event in
            guard case .usageNearLimit(let sku, _, _) = event else { return }
            self?.warnings[sku] = event.notice(in: self?.session.contents?.catalog)
        }
    }

    /// What is paid by use.
    public var rows: [MeterRow] {
        guard let contents = session.contents, let catalog = contents.catalog else { return [] }
        return catalog.items.compactMap { item in
            guard item.kind == .metered, let terms = item.meter else { return nil }
            let used = contents.purchases.filter { usage in
                usage.kind == .usage && usage.sku == item.sku && !usage.isFromAnotherDevice
            }
            return MeterRow(
                name: ItemName(item.sku, in: catalog),
                price: item.price,
                perUnits: terms.perUnits,
                dailyCap: terms.dailyCap,
                counted: counted[item.sku] ?? 0,
                written: used.reduce(0) { $0 + $1.quantity },
                writtenTotal: Money(
                    micros: used.reduce(0) { $0 + $1.total.micros },
                    currency: item.price.currency
                ),
                warning: warnings[item.sku]
            )
        }
    }

    /// Counts units that were used, without a connection too.
    ///
    /// - Returns: Whether they were counted. If not, the notice board says why.
    @discardableResult
    public func use(_ sku: String, units: Int = 1) -> Task<Bool, Never> {
        guard let wallet = session.wallet else { return Task { false } }
        let meter = meters[sku] ?? wallet.meter(sku)
        meters[sku] = meter
        return tasks.start { [weak self] in
            do throws(WalletError) {
                try await meter.record(units)
                self?.counted[sku, default: 0] += units
                self?.session.refresh()
                return true
            } catch {
                self?.noticeBoard.show(error.notice)
                return false
            }
        }
    }

    /// Writes down what was counted: before the app may be killed, such as in the background.
    @discardableResult
    public func flush() -> Task<Void, Never> {
        tasks.start { [meters, session] in
            for meter in meters.values {
                // What could not be written is still counted, and written later.
                try? await meter.flush()
            }
            session.refresh()
        }
    }

    private func beginAnew() {
        (counted, warnings, meters) = ([:], [:], [:])
    }
}
