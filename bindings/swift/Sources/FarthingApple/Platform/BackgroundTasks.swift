#if canImport(BackgroundTasks)
    import BackgroundTasks
    import Farthing
    import Foundation

    extension BackgroundSync {
        /// - Parameters:
        ///   - identifier: As it stands in the app's Info.plist.
        ///   - wallet: Gives the app's open wallet, or opens it; `nil` when it can't be opened now. It is called from
        ///     any thread.
        public convenience init(identifier: String, wallet: @escaping @Sendable () async -> Wallet?) {
            self.init(identifier: identifier, scheduler: SystemScheduler()) {
                guard let wallet = await wallet() else { return nil }
                return await outcome(of: wallet)
            }
        }
    }

    private struct SystemScheduler: TaskScheduler {
        func register(_ identifier: String, _ run: @escaping @Sendable (any ScheduledTask) -> Void) -> Bool {
            BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
                run(SystemTask(task: task))
            }
        }

        func submit(_ identifier: String) throws {
            let request = BGProcessingTaskRequest(identifier: identifier)
            request.requiresNetworkConnectivity = true
            try BGTaskScheduler.shared.submit(request)
        }
    }

    /// `BGTask` may be used from any thread, and does not say so to the compiler.
    private struct SystemTask: ScheduledTask, @unchecked Sendable {
        let task: BGTask

        func complete(success: Bool) {
            task.setTaskCompleted(success: success)
        }

        func whenTimeIsUp(_ act: @escaping @Sendable () -> Void) {
            task.expirationHandler = act
        }
    }
#endif
