import JSONValue
import KubeModel
import PolicyModel

/// The rules for changes of a pod's status.
enum PodStatusRules {
    static func status(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        let old = subject.previous
        let options = PodOptions(isPod: true, context: subject.context, oldSpec: old.spec, oldMeta: old.metadata)
        ObjectMeta.validateUpdate(new.metadata, old.metadata, &errors)
        PodAnnotations.validateUpdate(new, old, options, "metadata.annotations", &errors)
        conditions(new.status.list("conditions"), &errors)
        if new.spec.text("nodeName") != old.spec.text("nodeName") {
            errors.forbidden("status.nodeName", "may not be changed directly")
        }
        nomination(new, old, &errors)
        errors.immutableText(new.status["qosClass"], old.status["qosClass"], "status.qosClass")
        transitions(new, old, &errors)
        claims(new, &errors)
        addresses(new.status, &errors)
        users(new, &errors)
        allocated(new, &errors)
    }

    private static func conditions(_ conditions: [JSON], _ errors: inout [FieldError]) {
        for (at, condition) in conditions.enumerated() {
            let type = condition.text("type")
            if ["PodScheduled", "Ready", "Initialized"].contains(type) { continue }
            errors.qualifiedName(type, FieldPath("metadata.conditions").index(at).child("Type"))
        }
    }

    private static func nomination(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let name = new.status.text("nominatedNodeName")
        guard !name.isEmpty, name != old.status.text("nominatedNodeName") else { return }
        let path: FieldPath = "status.nominatedNodeName"
        if !old.spec.text("nodeName").isEmpty {
            errors.forbidden(path, "may not be set on pods that are already bound to a node")
        }
        errors.dnsSubdomain(name, path)
    }

    /// What has ended for good does not come back.
    private static func transitions(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let policy = old.spec.text("restartPolicy")
        let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
        for list in lists {
            let policy = list == "ephemeralContainerStatuses" ? "Never" : policy
            if policy == "Always" { continue }
            let now = new.status.list(list)
            for (at, status) in old.status.list(list).enumerated() {
                guard let terminated = status["state"]?.given("terminated") else { continue }
                if policy == "OnFailure", terminated.count("exitCode") != 0 { continue }
                let name = status.text("name")
                if list != "ephemeralContainerStatuses", mayRestart(name, list, old.spec) { continue }
                for other in now where other.text("name") == name && other["state"]?.has("terminated") != true {
                    errors.forbidden(
                        FieldPath("status").child(list).index(at).child("state"),
                        "may not be transitioned to non-terminated state")
                }
            }
        }
    }

    /// Whether a container has a restart policy of its own that lets it start again.
    private static func mayRestart(_ name: String, _ list: String, _ spec: JSON) -> Bool {
        let containers = spec.list(list == "containerStatuses" ? "containers" : "initContainers")
        guard let container = containers.first(where: { $0.text("name") == name }) else { return false }
        return Containers.isSidecar(container) || !container.list("restartPolicyRules").isEmpty
    }

    private static func claims(_ pod: JSON, _ errors: inout [FieldError]) {
        let known = Set(pod.spec.list("resourceClaims").map { $0.text("name") })
        var seen = Set<String>()
        for (at, status) in pod.status.list("resourceClaimStatuses").enumerated() {
            let path = FieldPath("status.resourceClaimStatuses").index(at).child("name")
            let name = status.text("name")
            if !known.contains(name) {
                errors.invalid(path, .string(name), "must match the name of an entry in `spec.resourceClaims`")
            }
            if !seen.insert(name).inserted { errors.duplicate(path, .string(name)) }
            if let claim = status["resourceClaimName"]?.string { errors.dnsSubdomain(claim, path) }
        }
    }

    private static func addresses(_ status: JSON, _ errors: inout [FieldError]) {
        let pods = status.list("podIPs").map { $0.text("ip") }
        list(pods, "PodIP", status["podIPs"], duplicatesFirst: false, "status.podIPs", &errors)
        let hosts = status.list("hostIPs").map { $0.text("ip") }
        if let first = hosts.first, first != status.text("hostIP") {
            errors.invalid(
                FieldPath("status.hostIPs").index(0).child("ip"), .string(first), "must be equal to `hostIP`")
        }
        list(hosts, "HostIP", status["hostIPs"], duplicatesFirst: true, "status.hostIPs", &errors)
    }

    private static func list(
        _ addresses: [String], _ type: String, _ json: JSON?, duplicatesFirst: Bool, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        for (at, address) in addresses.enumerated() {
            errors.invalid(path.index(at), .string(address), all: Addresses.faults(address))
        }
        if addresses.count < 2 { return }
        func duplicates(_ errors: inout [FieldError]) {
            var seen = Set<String>()
            for (at, address) in addresses.enumerated() where !seen.insert(address).inserted {
                errors.duplicate(path.index(at), ["IP": .string(address)])
            }
        }
        if duplicatesFirst { duplicates(&errors) }
        if !Addresses.isDualStack(addresses) || addresses.count > 2 {
            errors.invalid(
                path, GoTypes.list(json, of: type), "may specify no more than one IP for each IP family")
        }
        if !duplicatesFirst { duplicates(&errors) }
    }

    private static func users(_ pod: JSON, _ errors: inout [FieldError]) {
        let isWindows = pod.spec["os"]?.text("name") == "windows"
        for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            for (at, status) in pod.status.list(list).enumerated() {
                guard let user = status["user"]?.given("linux") else { continue }
                let path = FieldPath("status").child(list).index(at).child("linux")
                if isWindows {
                    errors.forbidden(path, "cannot be set for a windows pod")
                    continue
                }
                SecurityContexts.id(user.count("uid"), path.child("uid"), &errors)
                SecurityContexts.id(user.count("gid"), path.child("gid"), &errors)
                for (index, group) in user.list("supplementalGroups").enumerated() {
                    SecurityContexts.id(group.int, path.child("supplementalGroups").index(index), &errors)
                }
            }
        }
    }

    private static func allocated(_ pod: JSON, _ errors: inout [FieldError]) {
        for (list, key) in [("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")] {
            let containers = pod.spec.list(key)
            for (at, status) in pod.status.list(list).enumerated() {
                let container = containers.first { $0.text("name") == status.text("name") }
                for (index, resource) in status.list("allocatedResourcesStatus").enumerated() {
                    let path = FieldPath("status").child(list).index(at).child("allocatedResourcesStatus").index(index)
                    health(resource, container, path, &errors)
                }
            }
        }
        for (at, status) in pod.status.list("ephemeralContainerStatuses").enumerated()
        where !status.list("allocatedResourcesStatus").isEmpty {
            errors.forbidden(
                FieldPath("status.ephemeralContainerStatuses").index(at).child("allocatedResourcesStatus"),
                "must not be specified in container status")
        }
    }

    private static func health(_ resource: JSON, _ container: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = resource.text("name")
        if let container {
            let isClaim = name.hasPrefix("claim:")
            let known =
                isClaim
                ? (container["resources"]?.list("claims") ?? []).map { claim in
                    "claim:" + claim.text("name") + (claim.text("request").isEmpty ? "" : "/" + claim.text("request"))
                } : (container["resources"]?["requests"]?.object?.keys ?? [])
            if !known.contains(name) {
                errors.invalid(
                    path.child("name"), .string(name),
                    isClaim
                        ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' "
                            + "or 'claim:<claimName>' if request is empty"
                        : "must match one of the container's resource requests")
            }
        }
        var seen = Set<String>()
        for (at, entry) in resource.list("resources").enumerated() {
            let here = path.child("resources").index(at)
            let health = entry.text("health")
            let known = ["Healthy", "Unhealthy", "Unknown"]
            if !known.contains(health) { errors.notSupported(here.child("health"), .string(health), known) }
            let id = entry.text("resourceID")
            if !seen.insert(id).inserted { errors.duplicate(here.child("resourceID"), .string(id)) }
        }
    }
}
