/// What a player sends to support, from ``Wallet/supportBundle()``: save it, or share it.
public struct SupportFile: Hashable, Sendable {
    /// A name for the file.
    public let name: String

    /// Its text, at most 2 MiB.
    public let content: String

    /// One as the wallet would give it, for previews and tests of an app.
    public init(name: String, content: String) {
        self.name = name
        self.content = content
    }
}
