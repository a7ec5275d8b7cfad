import Foundation

/// A value in a JSON file, there again after a restart. It is on disk when ``save(_:)`` returns: QA may kill the
/// app at once.
struct KeptFile<Value: Codable & Sendable>: Sendable {
    let file: URL

    /// What was saved last; `nil` when there is nothing that can be read.
    func load() -> Value? {
        guard let data = try? Data(contentsOf: file) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: data)
    }

    func save(_ value: Value) throws {
        let folder = file.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try JSONEncoder().encode(value).write(to: file, options: .atomic)
    }
}
