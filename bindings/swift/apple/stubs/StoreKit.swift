public struct Transaction: Sendable {
    public func finish() async {}
}

public enum VerificationResult<SignedType> {
    public enum VerificationError: Error, Sendable {
        case invalidSignature
    }
    case unverified(SignedType, VerificationError)
    case verified(SignedType)

    public var unsafePayloadValue: SignedType {
        switch self {
        case .unverified(let value, _): value
        case .verified(let value): value
        }
    }
}

extension VerificationResult: Sendable where SignedType: Sendable {}

extension VerificationResult where SignedType == Transaction {
    public var jwsRepresentation: String { "" }
}
