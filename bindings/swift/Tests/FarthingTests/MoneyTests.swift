import Foundation
import Testing

import Farthing

@Suite struct MoneyTests {
    @Test func anAmountIsExact() throws { #expect(try (Money("0.25", "USD") * 20).description == "5.00 USD") }
}
