import Observation

/// Waits until something that was read by observation changes, or the task is cancelled.
@MainActor func changed(_ reading: () -> Void) async {
    let (changes, changing) = AsyncStream.makeStream(of: Void.self)
    withObservationTracking(reading) { changing.finish() }
    for await _ in changes {}
}
