import Farthing
import Foundation

/// The tax that is in a price, as the signed receipt says it.
public struct IncludedTax: Hashable, Sendable {
    /// Whose tax it is: a country's code, such as `DE`.
    public var country: String

    /// Its rate, in millionths: 190,000 are 19 %.
    public var perMillion: Int

    /// How much of the price it is, exact.
    public var amount: Money

    /// A tax, for previews.
    public init(country: String, perMillion: Int, amount: Money) {
        self.country = country
        self.perMillion = perMillion
        self.amount = amount
    }

    /// Reads it from a receipt (a compact JWS) of the wallet, which has checked the signature; `nil` where it has none.
    /// To be shown only: a back end checks the signature itself.
    init?(receipt: String) {
        let parts = receipt.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Data(base64URL: parts[1]),
            let tax = try? JSONDecoder().decode(Claims.self, from: payload).tax,
            let amount = try? Money(tax.amount.amount, tax.amount.currency)
        else { return nil }
        self.init(country: tax.country, perMillion: tax.perMillion, amount: amount)
    }

    /// `Includes 19% tax (DE): $0.039916`.
    public var words: Notice {
        Notice(.receiptTax, .rate(perMillion: perMillion), .text(country), .money(amount))
    }

    /// What is read of the receipt.
    private struct Claims: Decodable {
        var tax: Tax?

        struct Tax: Decodable {
            var country: String
            var perMillion: Int
            var amount: Amount

            enum CodingKeys: String, CodingKey {
                case country, amount
                case perMillion = "per_million"
            }
        }

        struct Amount: Decodable {
            var amount: String
            var currency: String
        }
    }
}

extension Data {
    /// What a part of a JWS encodes: Base64 in the alphabet for addresses, without padding (RFC 7515, section 2).
    fileprivate init?(base64URL text: Substring) {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
