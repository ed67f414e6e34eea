import JSONValue
import KubeModel

/// What is said of pods and of the templates they are made from.
enum PodWarnings {
    private static let appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/"
    private static let podSeccomp = "seccomp.security.alpha.kubernetes.io/pod"
    private static let containerSeccomp = "container.seccomp.security.alpha.kubernetes.io/"
    private static let useSeccompField = "non-functional in v1.27+; use the \"seccompProfile\" field instead"
    private static let useAppArmorField = "deprecated since v1.30; use the \"appArmorProfile\" field instead"

    /// The annotations that do nothing any more.
    private static let deadAnnotations = [
        ("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead"),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ]

    static func of(pod: JSON) -> [String] { of(pod["spec"], metadata: pod["metadata"], at: "", isTemplate: false) }

    /// - Parameter prefix: where the template stands, with a dot at its end.
    static func of(template: JSON?, at prefix: String) -> [String] {
        guard let template else { return [] }
        return of(template["spec"], metadata: template["metadata"], at: prefix, isTemplate: true)
    }

    private static func of(_ spec: JSON?, metadata: JSON?, at prefix: String, isTemplate: Bool) -> [String] {
        guard let spec else { return [] }
        let path = prefix + "spec"
        let annotations = metadata?["annotations"]
        func annotation(_ key: String, _ message: String) -> String { "\(prefix)metadata.annotations[\(key)]: \(message)" }
        var warnings = placement(spec, path)
        for (key, message) in deadAnnotations where annotations?[key] != nil { warnings.append(annotation(key, message)) }
        warnings += volumes(spec, path) + repetitions(spec, path)
        for resource in ["memory", "ephemeral-storage"] {
            warnings += ObjectWarnings.fraction(spec["overhead"]?[resource], at: "\(path).overhead[\(resource)]")
        }
        let podContext = spec["securityContext"]
        if podContext?["seccompProfile"]?.object == nil, annotations?[podSeccomp] != nil {
            warnings.append(annotation(podSeccomp, useSeccompField))
        }
        let podHasAppArmor = podContext?["appArmorProfile"]?.object != nil
        for (container, place) in containers(spec, path) {
            let name = container["name"]?.string ?? ""
            let context = container["securityContext"]
            if context?["seccompProfile"]?.object == nil, annotations?[containerSeccomp + name] != nil {
                warnings.append(annotation(containerSeccomp + name, useSeccompField))
            }
            // A pod's own annotations were spoken of when it arrived: by now they have been copied into the field.
            let hasAppArmor = podHasAppArmor || context?["appArmorProfile"]?.object != nil
            if isTemplate, !hasAppArmor, annotations?[appArmorPrefix + name] != nil {
                warnings.append(annotation(appArmorPrefix + name, useAppArmorField))
            }
            warnings += resources(container, place) + variables(container, place)
        }
        warnings += ports(spec, path)
        if let seconds = spec["terminationGracePeriodSeconds"]?.int, seconds < 0 {
            warnings.append("\(path).terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1")
        }
        return warnings + affinity(spec, path)
    }

    /// The AppArmor annotations of a pod that stand for a field.
    static func appArmorAnnotations(of pod: JSON) -> [String] {
        guard let annotations = pod["metadata"]?["annotations"]?.object, let spec = pod["spec"],
            spec["os"]?["name"]?.string != "windows"
        else { return [] }
        let podProfile = spec["securityContext"]?["appArmorProfile"]
        return containers(spec, "spec").compactMap { container, _ in
            let key = appArmorPrefix + (container["name"]?.string ?? "")
            guard let text = annotations[key]?.string, container["securityContext"]?["appArmorProfile"]?.object == nil,
                podProfile?.object == nil || podProfile != profile(text)
            else { return nil }
            return "metadata.annotations[\(key)]: \(useAppArmorField)"
        }
    }

    /// The field that an annotation stands for.
    private static func profile(_ annotation: String) -> JSON? {
        switch annotation {
        case "unconfined": return ["type": "Unconfined"]
        case "runtime/default": return ["type": "RuntimeDefault"]
        default:
            guard annotation.hasPrefix("localhost/") else { return nil }
            return ["type": "Localhost", "localhostProfile": .string(String(annotation.dropFirst("localhost/".count)))]
        }
    }

    private static func containers(_ spec: JSON, _ path: String) -> [(JSON, String)] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { field in
            (spec[field]?.array ?? []).enumerated().map { ($0.element, "\(path).\(field)[\($0.offset)]") }
        }
    }

    /// Labels of nodes that have newer names, and spreading that spreads nothing.
    private static func placement(_ spec: JSON, _ path: String) -> [String] {
        var warnings: [String] = []
        for key in (spec["nodeSelector"]?.stringMap ?? [:]).keys.sorted() {
            if let message = NodeWarnings.deprecation(ofLabel: key) { warnings.append("\(path).nodeSelector[\(key)]: \(message)") }
        }
        let affinity = spec[path: "affinity", "nodeAffinity"]
        let place = "\(path).affinity.nodeAffinity"
        let required = affinity?["requiredDuringSchedulingIgnoredDuringExecution"]?["nodeSelectorTerms"]?.array ?? []
        for (index, term) in required.enumerated() {
            warnings += NodeWarnings.of(term: term, at: "\(place).requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[\(index)]")
        }
        for (index, term) in (affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).enumerated() {
            warnings += NodeWarnings.of(
                term: term["preference"] ?? [:], at: "\(place).preferredDuringSchedulingIgnoredDuringExecution[\(index)].preference")
        }
        for (index, constraint) in (spec["topologySpreadConstraints"]?.array ?? []).enumerated() {
            let place = "\(path).topologySpreadConstraints[\(index)]"
            let key = constraint["topologyKey"]?.string ?? ""
            if let message = NodeWarnings.deprecation(ofLabel: key) { warnings.append("\(place).topologyKey: \(key) is \(message)") }
            if constraint["labelSelector"]?.object == nil { warnings.append("\(place).labelSelector: a null labelSelector results in matching no pod") }
        }
        return warnings
    }

    private static func affinity(_ spec: JSON, _ path: String) -> [String] {
        var warnings: [String] = []
        for kind in ["podAffinity", "podAntiAffinity"] {
            let terms = spec["affinity"]?[kind]
            for (field, inner) in [("requiredDuringSchedulingIgnoredDuringExecution", ""), ("preferredDuringSchedulingIgnoredDuringExecution", "podAffinityTerm.")] {
                for (index, term) in (terms?[field]?.array ?? []).enumerated() {
                    let selector = inner.isEmpty ? term["labelSelector"] : term["podAffinityTerm"]?["labelSelector"]
                    if selector?.object != nil { continue }
                    warnings.append("\(path).affinity.\(kind).\(field)[\(index)].\(inner)labelSelector: a null labelSelector results in matching no pod")
                }
            }
        }
        return warnings
    }

    private static func volumes(_ spec: JSON, _ path: String) -> [String] {
        var warnings: [String] = []
        let volumes = spec["volumes"]?.array ?? []
        for (index, volume) in volumes.enumerated() {
            let place = "\(path).volumes[\(index)]"
            if volume["gitRepo"]?.object != nil { warnings.append("\(place).gitRepo: deprecated in v1.11, and disabled by default in v1.33+") }
            warnings += VolumeWarnings.of(
                claimSpec: volume[path: "ephemeral", "volumeClaimTemplate", "spec"], at: "\(place).ephemeral.volumeClaimTemplate.spec")
            for (field, message) in VolumeWarnings.gone where volume[field]?.object != nil {
                warnings.append("\(place).\(VolumeWarnings.spelling(field)): \(message)")
            }
        }
        for volume in volumes {
            for source in volume["projected"]?["sources"]?.array ?? [] where source.object?.contains(where: { $0.value.object != nil }) != true {
                warnings.append("volume \(goQuoted(volume["name"]?.string ?? "")) (Projected) has no sources provided")
            }
        }
        return warnings
    }

    /// Host aliases and pull secrets that are named twice.
    private static func repetitions(_ spec: JSON, _ path: String) -> [String] {
        var warnings: [String] = []
        var addresses = Set<String>()
        for (index, alias) in (spec["hostAliases"]?.array ?? []).enumerated() {
            let address = alias["ip"]?.string ?? ""
            if !addresses.insert(address).inserted { warnings.append("\(path).hostAliases[\(index)].ip: duplicate ip \(goQuoted(address))") }
        }
        let secrets = (spec["imagePullSecrets"]?.array ?? []).map { $0["name"]?.string ?? "" }
        var names = Set<String>()
        for (index, name) in secrets.enumerated() where !names.insert(name).inserted {
            warnings.append("\(path).imagePullSecrets[\(index)].name: duplicate name \(goQuoted(name))")
        }
        for (index, name) in secrets.enumerated() where name.isEmpty {
            warnings.append("\(path).imagePullSecrets[\(index)].name: invalid empty name \"\"")
        }
        return warnings
    }

    private static func resources(_ container: JSON, _ place: String) -> [String] {
        ["memory", "ephemeral-storage"].flatMap { resource in
            ["limits", "requests"].flatMap { field in
                ObjectWarnings.fraction(container["resources"]?[field]?[resource], at: "\(place).resources.\(field)[\(resource)]")
            }
        }
    }

    /// Variables that hide an earlier one without building on it.
    private static func variables(_ container: JSON, _ place: String) -> [String] {
        var warnings: [String] = []
        var names = Set<String>()
        for (index, variable) in (container["env"]?.array ?? []).enumerated() {
            let name = variable["name"]?.string ?? ""
            if names.insert(name).inserted { continue }
            let value = variable["value"]?.string ?? ""
            let reference = "$(\(name))"
            if variable["valueFrom"]?.object != nil || value == reference || !value.contains(reference) {
                warnings.append("\(place).env[\(index)]: hides previous definition of \(goQuoted(name)), which may be dropped when using apply")
            }
        }
        return warnings
    }

    private struct Port {
        var place: String
        var hostAddress: String
        var hostPort: Int64
    }

    private static func ports(_ spec: JSON, _ path: String) -> [String] {
        var warnings: [String] = []
        var seen: [String: [Port]] = [:]
        for (container, place) in containers(spec, path) {
            for (index, port) in (container["ports"]?.array ?? []).enumerated() {
                let this = Port(
                    place: "\(place).ports[\(index)]", hostAddress: port["hostIP"]?.string ?? "", hostPort: port["hostPort"]?.int ?? 0)
                let number = port["containerPort"]?.int ?? 0
                let transport = port["protocol"]?.string ?? ""
                if !this.hostAddress.isEmpty, this.hostPort == 0 {
                    warnings.append(
                        "\(this.place): hostIP set without hostPort: {Name:\(port["name"]?.string ?? "") HostPort:0 ContainerPort:\(number) Protocol:\(transport) HostIP:\(this.hostAddress)}"
                    )
                }
                for other in seen["\(number)/\(transport)"] ?? [] {
                    let isSameAddress = this.hostAddress == other.hostAddress
                    if isSameAddress, this.hostPort == other.hostPort {
                        warnings.append("\(this.place): duplicate port definition with \(other.place)")
                    } else if this.hostPort == 0 || other.hostPort == 0 {
                        warnings.append("\(this.place): overlapping port definition with \(other.place)")
                    } else if this.hostPort == other.hostPort, this.hostAddress.isEmpty != other.hostAddress.isEmpty {
                        warnings.append("\(this.place): dangerously ambiguous port definition with \(other.place)")
                    }
                }
                seen["\(number)/\(transport)", default: []].append(this)
            }
        }
        return warnings
    }
}
