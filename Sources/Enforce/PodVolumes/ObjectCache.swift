import JSONValue
import KubeClient
import KubeModel
import VolumeContent

/// ConfigMaps and Secrets that pods of this node refer to, read by name and shared between the pods.
struct ObjectCache {
    private struct Entry {
        /// Nil when there was none.
        var object: JSON?
        var read: Timestamp
    }

    private var entries: [ObjectReference: Entry] = [:]
    /// How long an object that nobody asks for is kept, in seconds.
    private static let life: Int64 = 600

    /// What is known of an object since a moment.
    ///
    /// - Parameter isForNewPod: then one that was not there is asked for again, and so is one that says that it never changes: it may be another.
    func known(_ reference: ObjectReference, since: Timestamp, isForNewPod: Bool) -> JSON?? {
        guard let entry = entries[reference] else { return nil }
        if isForNewPod { return entry.object != nil && entry.read >= since ? .some(entry.object) : nil }
        return entry.read >= since || entry.object?["immutable"]?.bool == true ? .some(entry.object) : nil
    }

    mutating func note(_ reference: ObjectReference, _ object: JSON?, read: Timestamp) {
        entries = entries.filter { $0.value.read.adding(seconds: Self.life) >= read }
        entries[reference] = Entry(object: object, read: read)
    }

    /// Reads an object.
    ///
    /// - Returns: nil when there is none.
    static func read(_ reference: ObjectReference, _ client: KubeClient) async throws(VolumeContentError) -> JSON? {
        let resource = GroupVersionResource("v1", reference.kind == .configMap ? "configmaps" : "secrets")
        do {
            return try await client.get(resource, namespace: reference.namespace, name: reference.name)
        } catch let error as StatusError where error.code == 404 {
            return nil
        } catch {
            throw VolumeContentError("couldn't get \(reference.kind.rawValue.lowercased()) \(reference.namespace)/\(reference.name): \(error)")
        }
    }
}
