import JSONValue
import ObjectDefaults
import OCIModel
import PolicyModel

/// A pod as the controls look at it that hold for all of its containers.
struct PodScope {
    let pod: JSON
    let spec: JSON
    let node: NodeFacts
    let identity: PodIdentity

    init(pod: JSON, node: NodeFacts, identity: PodIdentity) {
        self.pod = pod
        spec = pod["spec"] ?? [:]
        self.node = node
        self.identity = identity
    }

    var context: JSON? { spec["securityContext"] }
    var contextPath: FieldPath { "spec.securityContext" }
    var hasOwnUsers: Bool { spec["hostUsers"]?.bool == false }
    var ids: UInt64 { hasOwnUsers ? UInt64(UserNamespaceRanges.size) : node.ownIDs }

    func decide(_ findings: inout Findings) -> ConfinedPod {
        RuntimeHandlers.check(self, &findings)
        let sharing = HostNamespaces.decide(self, &findings)
        let users = UserNamespace.decide(self, &findings)
        let quality = PodQuality(of: spec)
        return ConfinedPod(
            sharing: sharing, users: users, sysctls: Sysctls.decide(self, sharing, &findings),
            hostname: PodFiles.hostname(pod: pod, node: node),
            supplementalGroups: SupplementalGroups.decide(self, &findings),
            ignoresImageGroups: SupplementalGroups.isStrict(self, &findings),
            fsGroup: FSGroup.decide(self, users, &findings),
            resources: PodResources.decide(self, quality), quality: quality, sharedMemoryBytes: 64 << 20,
            mountLabel: SELinux.mountLabel(self), notes: findings.notes)
    }
}

/// The pod's RuntimeClass names a handler that this node has.
enum RuntimeHandlers {
    static func check(_ scope: PodScope, _ findings: inout Findings) {
        let handler = scope.identity.handler
        if scope.node.handlers.contains(handler) { return }
        findings.refuse(
            "runtimeClassName", .sandbox, at: "spec.runtimeClassName", found: handler,
            "no runtime for \"\(handler)\" is configured",
            remedy:
                "name a RuntimeClass whose handler is one of: \(scope.node.handlers.sorted().map { "\"\($0)\"" }.joined(separator: ", "))"
        )
    }
}
