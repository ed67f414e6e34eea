import Confinement
import JSONValue
import KubeClient
import KubeModel
import OCIModel

/// The objects beside a pod that its containers are made of: what their environment reads, and the secrets for registries.
///
/// Read by name at every start, with the rights of the node: the server gives it what pods that are bound to it name.
struct PodObjects: Sendable {
    let client: KubeClient
    /// Services by namespace, for the variables that tell of them.
    let services: Informer

    private static let configMaps = GroupVersionResource("v1", "configmaps")
    private static let secrets = GroupVersionResource("v1", "secrets")

    /// An informer of services for ``services``.
    static func services(_ reflector: Reflector) -> Informer { Informer(reflector) { [$0.namespace] } }

    /// Everything that the environment of a container may read. What does not exist is left out.
    ///
    /// - Throws: `StatusError` when the server refuses or does not answer.
    func environment(_ pod: JSON, _ container: JSON) async throws -> EnvironmentSources {
        var sources = EnvironmentSources()
        let namespace = pod.namespace
        for name in Self.names(container, "configMap") {
            guard let object = try await found(Self.configMaps, namespace, name) else { continue }
            sources.configMaps[name] = object["data"]?.stringMap ?? [:]
        }
        for name in Self.names(container, "secret") {
            guard let object = try await found(Self.secrets, namespace, name) else { continue }
            sources.secrets[name] = (object["data"]?.stringMap ?? [:]).compactMapValues { text in
                Base64Text.decode(text).map { String(decoding: $0, as: UTF8.self) }
            }
        }
        sources.services = ServiceLinks.variables(visible(namespace))
        return sources
    }

    private func visible(_ namespace: String) -> [JSON] {
        let master = services[Informer.key("default", "kubernetes")].map { [$0] } ?? []
        let own = services.find(namespace).filter { !(namespace == "default" && $0.name == "kubernetes") }
        return master + own.sorted { $0.name < $1.name }
    }

    private static func names(_ container: JSON, _ kind: String) -> Set<String> {
        var names: Set<String> = []
        for entry in container["envFrom"]?.array ?? [] {
            if let name = entry[kind + "Ref"]?["name"]?.string { names.insert(name) }
        }
        for entry in container["env"]?.array ?? [] {
            if let name = entry["valueFrom"]?[kind + "KeyRef"]?["name"]?.string { names.insert(name) }
        }
        return names
    }

    /// The credentials that the pod names for its images. A Secret that is not there is passed over, as the kubelet does.
    func credentials(_ pod: JSON) async throws -> ImageRegistryCredentials {
        var credentials = ImageRegistryCredentials()
        for entry in pod["spec"]?["imagePullSecrets"]?.array ?? [] {
            guard let name = entry["name"]?.string, !name.isEmpty, let secret = try await found(Self.secrets, pod.namespace, name) else { continue }
            let data = secret["data"]
            if let text = data?[".dockerconfigjson"]?.string, let bytes = Base64Text.decode(text) {
                try credentials.add(dockerConfigJSON: bytes)
            } else if let text = data?[".dockercfg"]?.string, let bytes = Base64Text.decode(text) {
                try credentials.add(dockerConfig: bytes)
            }
        }
        return credentials
    }

    private func found(_ resource: GroupVersionResource, _ namespace: String, _ name: String) async throws -> JSON? {
        do { return try await client.get(resource, namespace: namespace, name: name) } catch let error as StatusError where error.code == 404 { return nil }
    }
}
