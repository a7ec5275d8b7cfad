/// Who can be tipped.
public struct Creator: Hashable, Sendable, Identifiable {
    /// What the merchant calls them.
    public let id: String

    /// Their name for players.
    public let name: String

    /// One as the wallet would give it, for previews and tests of an app.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// Whom a tip was for, and what was said with it. The message is personal, so ``description`` is without it.
public struct Tip: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// ``Creator/id`` of who got it.
    public let creator: String

    /// What the player said with it; `nil` where that is nothing.
    public let message: String?

    /// One as the wallet would give it, for previews and tests of an app.
    public init(creator: String, message: String? = nil) {
        self.creator = creator
        self.message = message
    }

    /// Whom it was for.
    public var description: String { "a tip to \(creator)" }

    /// Whom it was for.
    public var debugDescription: String { description }
}
