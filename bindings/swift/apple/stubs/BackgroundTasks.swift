import Dispatch
import Foundation

open class BGTask {
    open var expirationHandler: (() -> Void)?
    open func setTaskCompleted(success: Bool) {}
}

open class BGTaskRequest {}

open class BGProcessingTaskRequest: BGTaskRequest {
    public init(identifier: String) {}
    open var requiresNetworkConnectivity = false
}

open class BGTaskScheduler: @unchecked Sendable {
    public static let shared = BGTaskScheduler()
    open func register(
        forTaskWithIdentifier identifier: String,
        using queue: DispatchQueue?,
        launchHandler: @escaping (BGTask) -> Void
    ) -> Bool { false }
    open func submit(_ request: BGTaskRequest) throws {}
}
