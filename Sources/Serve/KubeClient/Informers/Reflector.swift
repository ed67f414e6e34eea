package import JSONValue
package import KubeModel
package import Logging

/// Follows one resource: lists it once, then watches, and goes on from where a watch ended.
package struct Reflector: Sendable {
    /// What happened to the resource.
    package enum Event: Sendable {
        /// These are all objects.
        case replaced([JSON])
        case put(JSON)
        case removed(JSON)
        /// Nothing but that time went on.
        case passed
    }

    package let resource: GroupVersionResource
    let client: KubeClient
    let fieldSelector: String
    let metadataOnly: Bool
    let log: Logger

    /// - Parameter metadataOnly: whether only kind and metadata of the objects are sent.
    package init(resource: GroupVersionResource, client: KubeClient, fieldSelector: String = "", metadataOnly: Bool = false, log: Logger) {
        self.resource = resource
        self.client = client
        self.fieldSelector = fieldSelector
        self.metadataOnly = metadataOnly
        self.log = log
    }

    private static let longestPause = Duration.seconds(30)

    /// Runs until cancelled, or until the server no longer serves the resource.
    ///
    /// - Parameter sink: called for one event after another, with the revision of each.
    package func run(_ sink: @Sendable (Event, UInt64) async -> Void) async {
        var revision: String?
        var pause = Duration.milliseconds(50)
        while !Task.isCancelled {
            do {
                if revision == nil {
                    let list = try await client.list(resource, fieldSelector: fieldSelector, metadataOnly: metadataOnly)
                    await sink(.replaced(list.items), UInt64(list.resourceVersion) ?? 0)
                    revision = list.resourceVersion
                }
                let events = try await client.watch(
                    resource, resourceVersion: revision ?? "", fieldSelector: fieldSelector, metadataOnly: metadataOnly)
                for try await event in events {
                    pause = .milliseconds(50)
                    let at = event.object["metadata"]?["resourceVersion"]?.string ?? ""
                    revision = at
                    switch event.kind {
                    case .added, .modified: await sink(.put(event.object), UInt64(at) ?? 0)
                    case .deleted: await sink(.removed(event.object), UInt64(at) ?? 0)
                    case .bookmark: await sink(.passed, UInt64(at) ?? 0)
                    }
                }
            } catch let error as StatusError where error.code == 410 {
                revision = nil
            } catch let error as StatusError where error.code == 404 {
                await sink(.replaced([]), 0)
                return
            } catch {
                if Task.isCancelled { return }
                log.warning("watch failed", metadata: ["resource": "\(resource.groupResource)", "error": "\(error)"])
            }
            // A watch that ends at once, again and again, must not keep the server busy.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }
}
