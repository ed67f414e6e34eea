import Confinement
import FoundationEssentials
import JSONValue
import OCIModel
import ObjectDefaults
import PolicyModel
import Testing
import YAMLValue

/// One file under `Cases`: a pod, an image, a node, and what becomes of one container.
struct Case: CustomTestStringConvertible, Sendable {
    /// The folder, named after the control.
    var folder: String
    /// The file's name, which begins with `allow-` or `deny-`.
    var name: String
    var content: JSON

    var testDescription: String { "\(folder)/\(name)" }
    var expected: JSON { content["expect"] ?? .null }

    /// The pod, with the names that the case leaves out.
    var pod: JSON {
        var pod: JSON = content["pod"] ?? [:]
        if let spec = content["spec"] { pod["spec"] = spec }
        if pod["metadata"]?["name"] == nil { pod[path: "metadata", "name"] = "web" }
        if pod["metadata"]?["namespace"] == nil { pod[path: "metadata", "namespace"] = "default" }
        if pod["metadata"]?["uid"] == nil { pod[path: "metadata", "uid"] = "u1" }
        return pod
    }

    var container: String { content["container"]?.string ?? pod["spec"]?["containers"]?[at: 0]?["name"]?.string ?? "" }

    var image: ImageFacts {
        let image = content["image"]
        return ImageFacts(
            user: image?["user"]?.string ?? "", environment: image?["env"]?.strings ?? [],
            entrypoint: image?["entrypoint"]?.strings ?? (image?["command"] == nil ? ["/bin/run"] : []),
            command: image?["command"]?.strings ?? [], workingDirectory: image?["workingDir"]?.string ?? "",
            accounts: ImageAccounts(passwd: image?["passwd"]?.string ?? "", group: image?["group"]?.string ?? ""))
    }

    var node: NodeFacts {
        var node = NodeFacts(name: "node-1")
        let given = content["node"] ?? [:]
        if let owned = given["rootless"]?.strings {
            node.privilege = .rootless(owns: Set(owned.compactMap(RuntimeNamespace.Kind.init)))
            node.ownIDs = 65537
            node.lowestOOMScoreAdjustment = 0
        }
        for capability in given["without"]?.strings ?? [] { node.capabilities.remove(capability) }
        if let ids = given["ownIDs"]?.int { node.ownIDs = UInt64(ids) }
        node.subordinateIDs = (given["subordinateIDs"]?.array ?? []).map { range in
            IDRange(first: UInt32(range[at: 0]?.int ?? 0), count: UInt32(range[at: 1]?.int ?? 0))
        }
        node.hasUserNamespaces = given["userNamespaces"]?.bool ?? true
        if let cgroups = given["cgroups"] {
            node.cgroups.version = cgroups["version"]?.int == 1 ? .v1 : .v2
            if let names = cgroups["writable"]?.strings {
                node.cgroups.writable = Set(names.compactMap(CgroupFacts.Controller.init))
            }
            node.cgroups.countsSwap = cgroups["swap"]?.bool ?? true
            node.cgroups.hugePageSizes = cgroups["hugePages"]?.strings ?? []
        }
        node.hasSeccomp = given["seccomp"]?.bool ?? true
        for (name, profile) in given["profiles"]?.object ?? [:] { node.seccompProfiles[name] = profile }
        if let loaded = given["appArmor"]?.strings {
            node.appArmor = AppArmorFacts(defaultProfile: "kastell-default", loaded: Set(loaded))
        }
        if given["selinux"]?.bool == true { node.selinux = SELinuxFacts() }
        node.hasRecursiveReadOnly = given["recursiveReadOnly"]?.bool ?? true
        if let handlers = given["handlers"]?.strings { node.handlers = Set(handlers) }
        node.allowedUnsafeSysctls = given["unsafeSysctls"]?.strings ?? []
        node.podPidsLimit = given["pids"]?.int
        if given["devices"]?.bool == true {
            node.devices = [RuntimeDevice(path: "/dev/kvm", kind: .character, major: 10, minor: 232)]
        }
        if let floor = given["lowestOOMScore"]?.int { node.lowestOOMScoreAdjustment = Int(floor) }
        if let memory = given["memory"]?.int { node.memory = memory }
        node.allocatable = given["allocatable"]?.stringMap ?? [:]
        return node
    }

    var identity: PodIdentity {
        var identity = PodIdentity()
        let given = content["identity"] ?? [:]
        identity.podIPs = given["podIPs"]?.strings ?? ["10.1.0.7"]
        identity.hostIPs = given["hostIPs"]?.strings ?? ["192.0.2.1"]
        identity.idBlock = given["idBlock"]?.int.map(Int.init)
        for (kind, path) in given["namespaces"]?.stringMap ?? [:] {
            identity.namespaces[RuntimeNamespace.Kind(rawValue: kind) ?? .mount] = path
        }
        identity.targetProcesses = given["targetProcesses"]?.string
        identity.handler = given["handler"]?.string ?? ""
        for (name, volume) in given["volumes"]?.object ?? [:] {
            identity.volumes[name] = VolumeFacts(
                path: volume["path"]?.string ?? "/volumes/\(name)", isReadOnly: volume["readOnly"]?.bool ?? false,
                takesOwnership: volume["takesOwnership"]?.bool ?? true)
        }
        for name in given["blockDevices"]?.strings ?? [] {
            identity.blockDevices[name] = RuntimeDevice(path: "/dev/sda", kind: .block, major: 8, minor: 0)
        }
        let files = given["files"]
        identity.files.hosts = files?["hosts"]?.string
        identity.files.sharedMemory = files?["sharedMemory"]?.string
        identity.files.terminationLog = files?["terminationLog"]?.string
        for (name, data) in given["configMaps"]?.object ?? [:] {
            identity.environment.configMaps[name] = data.stringMap
        }
        for (name, data) in given["secrets"]?.object ?? [:] { identity.environment.secrets[name] = data.stringMap }
        identity.environment.services = ServiceLinks.variables(given["services"]?.array ?? [])
        return identity
    }

    var decision: ConfinementDecision {
        Confinement.decide(pod: pod, container: container, image: image, node: node, identity: identity)
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases").path

    static func all() throws -> [Case] {
        try FileManager.default.contentsOfDirectory(atPath: root).sorted().flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted().map { file in
                let data = try Data(contentsOf: URL(filePath: "\(root)/\(folder)/\(file)"))
                return Case(
                    folder: folder, name: String(file.split(separator: ".")[0]),
                    content: try YAML.document(Array(data)).value)
            }
        }
    }
}

/// A confined container as a case looks at it: what the runtime is told, and what the pod shares.
struct View {
    static func json(_ container: ConfinedContainer, _ node: NodeFacts) -> JSON {
        var view: JSON = ["spec": container.runtimeSpec(root: "/rootfs").json]
        view["notes"] = .array(container.notes.map { .string($0.text) })
        view["grounds"] = .array(container.grounds.map { .string($0.path.rawValue) })
        view["cgroup"] = files(container.resources, node)
        view["subPaths"] = .array(container.volumeMounts.map { .string($0.subPath) })
        let pod = container.pod
        var shared: JSON = [
            "quality": .string(pod.quality.rawValue), "hostname": .string(pod.hostname),
            "cgroup": files(pod.resources, node),
            "sysctls": .object(JSONObject(pod.sysctls.map { ($0.key, .string($0.value)) })),
            "sharing": .object(JSONObject(pod.sharing.map { ($0.key.rawValue, .string($0.value.rawValue)) })),
        ]
        if let plan = pod.fsGroup {
            shared["fsGroup"] = [
                "group": .int(Int64(plan.group)), "nodeGroup": .int(Int64(plan.nodeGroup)),
                "policy": .string(plan.policy.rawValue),
                "volumes": .array(plan.volumes.map { .string($0) }),
            ]
        }
        view["pod"] = shared
        return view
    }

    private static func files(_ plan: ResourcePlan, _ node: NodeFacts) -> JSON {
        .object(JSONObject(plan.files(node.cgroups).map { ($0.name, .string($0.value)) }))
    }

    /// Where `view` is not as `expected` says. An object expects its members, null that there is none, and
    /// `{contains: […]}` and `{lacks: […]}` look at the elements of a list in any order.
    static func differences(_ view: JSON?, _ expected: JSON, at path: String = "") -> [String] {
        if let wanted = expected["contains"]?.array {
            let present = view?.array ?? []
            return wanted.filter { element in !present.contains { differences($0, element).isEmpty } }.map {
                "\(path) lacks \($0)"
            }
        }
        if let unwanted = expected["lacks"]?.array {
            return unwanted.filter { (view?.array ?? []).contains($0) }.map { "\(path) has \($0)" }
        }
        switch expected {
        case .null: return view == nil ? [] : ["\(path) is there"]
        case .object(let members):
            return members.flatMap { differences(view?[$0.key], $0.value, at: "\(path).\($0.key)") }
        case .array(let elements):
            guard let present = view?.array, present.count == elements.count else {
                return ["\(path) is \(view.map { "\($0)" } ?? "absent")"]
            }
            return zip(present, elements).enumerated().flatMap { differences($1.0, $1.1, at: "\(path)[\($0)]") }
        case .bool, .int, .double, .string:
            return view == expected ? [] : ["\(path) is \(view.map { "\($0)" } ?? "absent"), not \(expected)"]
        }
    }
}
