import Foundation

/// The tasks of a model, which end with it.
@MainActor final class OwnedTasks {
    private var running: [UUID: (cancel: () -> Void, end: () async -> Void)] = [:]
    private var hasEnded = false

    /// Starts a task. Once the model has ended it begins cancelled.
    @discardableResult
    func start<Answer: Sendable>(_ work: @escaping @MainActor () async -> Answer) -> Task<Answer, Never> {
        let name = UUID()
        let task = Task {
            let answer = await work()
            running[name] = nil
            return answer
        }
        running[name] = ({ task.cancel() }, { _ = await task.value })
        if hasEnded { task.cancel() }
        return task
    }

    /// Cancels all of them.
    func cancel() {
        hasEnded = true
        for task in running.values {
            task.cancel()
        }
    }

    /// Waits until the last of them has ended.
    func finish() async {
        for task in running.values {
            await task.end()
        }
    }
}
