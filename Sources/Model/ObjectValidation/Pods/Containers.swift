import JSONValue
import KubeModel
import PolicyModel

/// The rules for the containers of a pod: regular, init and ephemeral ones.
enum Containers {
    /// What containers may refer to, and what of the pod they depend on.
    struct Pod {
        var volumes: [String: JSON]
        var claims: Set<String>
        var gracePeriod: Int64?
        var restartPolicy: String
        var hostUsers: Bool
        var os: String?
        var options: PodOptions
    }

    private static let protocols = ["SCTP", "TCP", "UDP"]

    // MARK: All containers

    private static func common(_ container: JSON, _ pod: Pod, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = container.text("name")
        if name.isEmpty { errors.required(path.child("name")) } else { errors.dnsLabel(name, path.child("name")) }
        if container.text("image").isEmpty { errors.required(path.child("image")) }
        let messages = container.text("terminationMessagePolicy")
        switch messages {
        case "File", "FallbackToLogsOnError": break
        case "": errors.required(path.child("terminationMessagePolicy"))
        default:
            errors.notSupported(
                path.child("terminationMessagePolicy"), .string(messages), ["File", "FallbackToLogsOnError"])
        }
        ports(container.list("ports"), path.child("ports"), &errors)
        Environment.variables(container.list("env"), path.child("env"), &errors)
        Environment.sources(container.list("envFrom"), path.child("envFrom"), &errors)
        Mounts.validate(container, volumes: pod.volumes, path, &errors)
        pullPolicy(container.text("imagePullPolicy"), path.child("imagePullPolicy"), &errors)
        ResourceRequirements.validate(
            container["resources"], claims: pod.claims, pod.options, path.child("resources"), &errors)
        resizePolicy(container.list("resizePolicy"), pod, path.child("resizePolicy"), &errors)
        SecurityContexts.validate(container.given("securityContext"), pod, path.child("securityContext"), &errors)
    }

    static func pullPolicy(_ policy: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch policy {
        case "Always", "IfNotPresent", "Never": break
        case "": errors.required(path)
        default: errors.notSupported(path, .string(policy), ["Always", "IfNotPresent", "Never"])
        }
    }

    private static func ports(_ ports: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        var names = Set<String>()
        for (at, port) in ports.enumerated() {
            let here = path.index(at)
            let name = port.text("name")
            if !name.isEmpty {
                let faults = Names.portName(name)
                if !faults.isEmpty {
                    errors.invalid(here.child("name"), .string(name), all: faults)
                } else if !names.insert(name).inserted {
                    errors.duplicate(here.child("name"), .string(name))
                }
            }
            if port.count("containerPort") == 0 {
                errors.required(here.child("containerPort"))
            } else {
                errors.portNumber(port.count("containerPort"), here.child("containerPort"))
            }
            if port.count("hostPort") != 0 { errors.portNumber(port.count("hostPort"), here.child("hostPort")) }
            protocolName(port.text("protocol"), here.child("protocol"), &errors)
        }
    }

    static func protocolName(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if name.isEmpty {
            errors.required(path)
        } else if !protocols.contains(name) {
            errors.notSupported(path, .string(name), protocols)
        }
    }

    private static func resizePolicy(_ policies: [JSON], _ pod: Pod, _ path: FieldPath, _ errors: inout [FieldError]) {
        var seen = Set<String>()
        for (at, policy) in policies.enumerated() {
            let resource = policy.text("resourceName")
            let restart = policy.text("restartPolicy")
            if !seen.insert(resource).inserted { errors.duplicate(path.index(at), .string(resource)) }
            switch resource {
            case "cpu", "memory": break
            case "": errors.required(path)
            default: errors.notSupported(path, .string(resource), ["cpu", "memory"])
            }
            switch restart {
            case "NotRequired", "RestartContainer": break
            case "": errors.required(path)
            default: errors.notSupported(path, .string(restart), ["NotRequired", "RestartContainer"])
            }
            if pod.restartPolicy == "Never", restart != "NotRequired" {
                errors.invalid(path, .string(restart), "must be 'NotRequired' when `restartPolicy` is 'Never'")
            }
        }
    }

    /// A container's own restart policy and the exceptions to it.
    private static func restart(_ container: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rules = container.list("restartPolicyRules")
        if let policy = container["restartPolicy"]?.string {
            let known = ["Always", "Never", "OnFailure"]
            if !known.contains(policy) { errors.notSupported(path.child("restartPolicy"), .string(policy), known) }
        } else if !rules.isEmpty {
            errors.required(path.child("restartPolicy"), "must specify restartPolicy when restart rules are used")
        }
        if rules.count > 20 { errors.tooMany(path.child("restartPolicyRules"), rules.count, 20) }
        for (at, rule) in rules.enumerated() {
            let here = path.child("restartPolicyRules").index(at)
            let actions = ["Restart", "RestartAllContainers"]
            let action = rule.text("action")
            if !actions.contains(action) { errors.notSupported(here.child("action"), .string(action), actions) }
            guard let codes = rule.given("exitCodes") else {
                errors.required(here.child("exitCodes"), "must be specified")
                continue
            }
            let comparison = codes.text("operator")
            if comparison != "In", comparison != "NotIn" {
                errors.notSupported(here.child("exitCodes", "operator"), .string(comparison), ["In", "NotIn"])
            }
            if codes.list("values").count > 255 {
                errors.tooMany(here.child("exitCodes", "values"), codes.list("values").count, 255)
            }
        }
    }

    private static func hostPortConflicts(
        _ containers: [(FieldPath, JSON)], _ errors: inout [FieldError]
    ) {
        var seen = Set<String>()
        for (path, container) in containers {
            for (at, port) in container.list("ports").enumerated() where port.count("hostPort") != 0 {
                let key = "\(port.text("protocol"))/\(port.text("hostIP"))/\(port.count("hostPort"))"
                if !seen.insert(key).inserted {
                    errors.duplicate(path.child("ports").index(at).child("hostPort"), .string(key))
                }
            }
        }
    }

    // MARK: Kinds of containers

    static func regular(_ containers: [JSON], _ pod: Pod, _ path: FieldPath, _ errors: inout [FieldError]) {
        if containers.isEmpty { return errors.required(path) }
        var names = Set<String>()
        for (at, container) in containers.enumerated() {
            let here = path.index(at)
            common(container, pod, here, &errors)
            if !names.insert(container.text("name")).inserted {
                errors.duplicate(here.child("name"), .string(container.text("name")))
            }
            hooks(container, pod, here, &errors)
            restart(container, here, &errors)
        }
        hostPortConflicts(containers.enumerated().map { (path.index($0.offset), $0.element) }, &errors)
    }

    private static func hooks(_ container: JSON, _ pod: Pod, _ path: FieldPath, _ errors: inout [FieldError]) {
        if let lifecycle = container.given("lifecycle") {
            Handlers.lifecycle(lifecycle, gracePeriod: pod.gracePeriod, os: pod.os, path.child("lifecycle"), &errors)
        }
        Handlers.probes(container, path, &errors)
    }

    static func `init`(
        _ containers: [JSON], regular: [JSON], _ pod: Pod, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        var names = Set(regular.map { $0.text("name") })
        for (at, container) in containers.enumerated() {
            let here = path.index(at)
            common(container, pod, here, &errors)
            restart(container, here, &errors)
            let name = container.text("name")
            if names.contains(name) {
                errors.duplicate(here.child("name"), .string(name))
            } else if !name.isEmpty {
                names.insert(name)
            }
            // Init containers run one by one, so that only a container can be in its own way.
            hostPortConflicts([(path.index(0), container)], &errors)
            if isSidecar(container) {
                hooks(container, pod, here, &errors)
                continue
            }
            for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(key) {
                errors.forbidden(here.child(key), "may not be set for init containers without restartPolicy=Always")
            }
        }
    }

    static func isSidecar(_ container: JSON) -> Bool { container.text("restartPolicy") == "Always" }

    static func ephemeral(_ spec: JSON, _ pod: Pod, _ path: FieldPath, _ errors: inout [FieldError]) {
        let others = Set((spec.list("containers") + spec.list("initContainers")).map { $0.text("name") })
        var names = others
        for (at, container) in spec.list("ephemeralContainers").enumerated() {
            let here = path.index(at)
            common(container, pod, here, &errors)
            onlyForPods(container, here, &errors)
            let name = container.text("name")
            if !names.insert(name).inserted { errors.duplicate(here.child("name"), .string(name)) }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !others.contains(target) {
                errors.notFound(here.child("targetContainerName"), .string(target))
            }
            for key in forbiddenInEphemeral {
                guard let value = container.given(key), !value.isEmptyValue || value.string != nil else { continue }
                if value.string?.isEmpty == true { continue }
                errors.forbidden(here.child(key), "cannot be set for an Ephemeral Container")
            }
            for (at, mount) in container.list("volumeMounts").enumerated() {
                for key in ["subPath", "subPathExpr"] where !mount.text(key).isEmpty {
                    errors.forbidden(
                        here.child("volumeMounts").index(at).child(key), "cannot be set for an Ephemeral Container")
                }
            }
        }
    }

    private static let forbiddenInEphemeral = [
        "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe",
        "startupProbe", "lifecycle",
    ]

    /// What holds in a pod, not in a template.
    static func onlyForPods(_ container: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let image = container.text("image")
        if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
            errors.invalid(path.child("image"), .string(image), "must not have leading or trailing whitespace")
        }
    }

    /// Every container of the specification with its path: init, regular, ephemeral.
    static func all(_ spec: JSON, _ path: FieldPath) -> [(container: JSON, path: FieldPath)] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { key in
            spec.list(key).enumerated().map { ($0.element, path.child(key).index($0.offset)) }
        }
    }
}
