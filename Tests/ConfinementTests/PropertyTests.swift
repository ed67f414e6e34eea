import Confinement
import JSONValue
import OCIModel
import PolicyModel
import Testing

/// Pods that nobody would write, from seeds.
@Suite("confinement of any pod") struct PropertyTests {
    private static let files = Result { try Case.all() }

    struct Dice {
        private var state: UInt64
        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        mutating func pick<T>(_ options: [T]) -> T { options[below(options.count)] }

        /// Sometimes `value`, more often nothing.
        mutating func maybe(_ value: JSON) -> JSON? { below(3) == 0 ? value : nil }

        mutating func context(ofPod: Bool) -> JSON {
            var context: JSON = [:]
            context["runAsUser"] = maybe(.int(pick([0, 1, 1000, 65535, 65536, 100_000, Int64.max, -1])))
            context["runAsGroup"] = maybe(.int(pick([0, 1000, 65536, Int64.max])))
            context["runAsNonRoot"] = maybe(.bool(below(2) == 0))
            context["seccompProfile"] = maybe([
                "type": .string(pick(["RuntimeDefault", "Unconfined", "Localhost", "x"]))
            ])
            context["appArmorProfile"] = maybe(["type": .string(pick(["RuntimeDefault", "Unconfined", "Localhost"]))])
            context["seLinuxOptions"] = maybe(["level": "s0"])
            if ofPod {
                context["fsGroup"] = maybe(.int(pick([0, 1234, 70000])))
                context["supplementalGroups"] = maybe([.int(pick([5, 5678, 70000])), 5])
                context["supplementalGroupsPolicy"] = maybe(.string(pick(["Merge", "Strict"])))
                context["sysctls"] = maybe([
                    ["name": .string(pick(["net.ipv4.tcp_syncookies", "kernel.panic", "kernel.sem"])), "value": "1"]
                ])
            } else {
                context["privileged"] = maybe(.bool(below(2) == 0))
                context["allowPrivilegeEscalation"] = maybe(.bool(below(2) == 0))
                context["readOnlyRootFilesystem"] = maybe(.bool(below(2) == 0))
                context["procMount"] = maybe(.string(pick(["Default", "Unmasked"])))
                let names = ["ALL", "NET_ADMIN", "SYS_ADMIN", "SYS_TIME", "CHOWN", "FLY", "cap_net_raw"].map {
                    JSON.string($0)
                }
                context["capabilities"] = maybe(["add": [pick(names), pick(names)], "drop": [pick(names)]])
            }
            return context
        }

        mutating func pod() -> JSON {
            var spec: JSON = [
                "securityContext": context(ofPod: true),
                "containers": [["name": "c", "securityContext": context(ofPod: false)]],
            ]
            for field in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"] where below(4) == 0 {
                spec[field] = true
            }
            if below(3) == 0 { spec["hostUsers"] = false }
            return ["metadata": ["name": "p", "namespace": "n", "uid": "u"], "spec": spec]
        }

        mutating func node() -> NodeFacts {
            var node = NodeFacts(name: "n")
            if below(2) == 0 {
                node.privilege = .rootless(owns: below(2) == 0 ? [.network, .pid] : [.network, .pid, .ipc])
                node.ownIDs = 65537
            }
            if below(3) == 0 { node.capabilities.remove("CAP_NET_ADMIN") }
            if below(4) == 0 { node.hasSeccomp = false }
            if below(2) == 0 { node.cgroups.writable = [] }
            if below(3) > 0 { node.subordinateIDs = [IDRange(first: 100_000, count: 65536)] }
            if below(2) == 0 { node.selinux = SELinuxFacts() }
            if below(2) == 0 { node.appArmor = AppArmorFacts(defaultProfile: "d") }
            return node
        }

        /// The same tree with some of its leaves or branches replaced by what no schema allows.
        mutating func damaged(_ value: JSON) -> JSON {
            if below(12) == 0 {
                return pick([
                    .null, .int(.max), .int(.min), .double(1e300), .string(""), .string("\u{0}$(("), .array([.null]),
                    .object([:]), .bool(true),
                ])
            }
            switch value {
            case .array(let elements): return .array(elements.map { damaged($0) })
            case .object(let members): return .object(JSONObject(members.map { ($0.key, damaged($0.value)) }))
            case .null, .bool, .int, .double, .string: return value
            }
        }
    }

    private func decide(_ pod: JSON, _ node: NodeFacts, user: String) -> ConfinementDecision {
        var identity = PodIdentity()
        identity.idBlock = 0
        return Confinement.decide(
            pod: pod, container: "c", image: ImageFacts(user: user, entrypoint: ["/run"]), node: node,
            identity: identity)
    }

    @Test("what is confined holds what was demanded, and what is refused names a mend", arguments: 0..<40)
    func holds(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<50 {
            let pod = dice.pod()
            let node = dice.node()
            let decision = decide(pod, node, user: dice.pick(["", "1000", "0", "app"]))
            guard let container = decision.container else {
                for refusal in decision.refusals {
                    #expect(!refusal.message.isEmpty && !refusal.violation.remedy.isEmpty, "seed \(seed)")
                }
                continue
            }
            let context = pod["spec"]?["containers"]?[at: 0]?["securityContext"] ?? [:]
            let podContext = pod["spec"]?["securityContext"] ?? [:]
            let isPrivileged = context["privileged"] == true
            let hasOwnUsers = pod["spec"]?["hostUsers"] == false
            let process = container.process
            // Nobody is given what the node has not.
            #expect(Set(process.capabilities.bounding).isSubset(of: node.capabilities), "seed \(seed)")
            #expect(process.capabilities.inheritable.isEmpty && process.capabilities.ambient.isEmpty)
            // Non-root is not root.
            if (context["runAsNonRoot"] ?? podContext["runAsNonRoot"]) == true {
                #expect(process.user.uid != 0, "seed \(seed)")
            }
            if let uid = (context["runAsUser"] ?? podContext["runAsUser"])?.int {
                #expect(Int64(process.user.uid) == uid)
            }
            let ids = hasOwnUsers ? 65536 : node.ownIDs
            for id in [process.user.uid, process.user.gid] + process.user.additionalGroups {
                #expect(UInt64(id) < ids, "seed \(seed)")
            }
            // No privileges are gained where that was forbidden.
            #expect(process.noNewPrivileges == (context["allowPrivilegeEscalation"] == false), "seed \(seed)")
            if process.noNewPrivileges {
                #expect(!isPrivileged && !process.capabilities.bounding.contains("CAP_SYS_ADMIN"))
            }
            // The kernel's files are covered, and calls filtered, unless the pod says otherwise.
            let profile = (context["seccompProfile"] ?? podContext["seccompProfile"])?["type"]
            if !isPrivileged, node.hasSeccomp, profile != "Unconfined" {
                #expect(container.linux.seccomp != nil, "seed \(seed)")
            }
            if !isPrivileged, !hasOwnUsers {
                #expect(!container.linux.maskedPaths.isEmpty && !container.linux.readonlyPaths.isEmpty, "seed \(seed)")
            }
            #expect(container.hasReadOnlyRoot == (context["readOnlyRootFilesystem"] == true))
            // Users of its own are in a namespace of its own, with the pod's block.
            #expect(hasOwnUsers == container.linux.namespaces.contains { $0.kind == .user })
            #expect(container.linux.uidMappings.map(\.hostID) == (hasOwnUsers ? [100_000] : []))
            if pod["spec"]?["hostIPC"] == true, case .rootless(let owned) = node.privilege {
                #expect(owned.contains(.ipc), "seed \(seed)")
            }
            #expect(container.linux.namespaces.contains { $0.kind == .mount })
        }
    }

    @Test("the same values give the same answer", arguments: 0..<8) func deterministic(seed: UInt64) {
        var dice = Dice(seed: seed)
        let (pod, node) = (dice.pod(), dice.node())
        #expect(decide(pod, node, user: "1") == decide(pod, node, user: "1"))
    }

    @Test("a pod that no schema allows is answered all the same", arguments: 0..<40) func total(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let files = try Self.files.get()
        for _ in 0..<25 {
            let given = dice.pick(files)
            let decision = Confinement.decide(
                pod: dice.damaged(given.pod), container: given.container, image: given.image, node: given.node,
                identity: given.identity)
            if let container = decision.container {
                #expect(!container.process.arguments.isEmpty)
                #expect(container.runtimeSpec(root: "/r").json["process"] != nil)
            } else {
                #expect(!decision.refusals.isEmpty)
            }
        }
    }
}
