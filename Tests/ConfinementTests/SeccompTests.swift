import Confinement
import JSONValue
import OCIModel
import Testing

/// The default filter, asked call by call.
@Suite("the default seccomp filter") struct SeccompTests {
    /// What the filter answers: the action of the first rule whose demands hold, else the default action.
    static func answer(_ filter: RuntimeSeccomp, _ call: String, _ arguments: [UInt64]) -> RuntimeSeccomp.Action {
        for rule in filter.rules where rule.names.contains(call) {
            let holds = rule.arguments.allSatisfy { demand in
                let value = arguments.indices.contains(demand.index) ? arguments[demand.index] : 0
                return switch demand.comparison {
                case .equal: value == demand.value
                case .notEqual: value != demand.value
                case .maskedEqual: value & demand.value == demand.second
                case .less: value < demand.value
                case .lessOrEqual: value <= demand.value
                case .greater: value > demand.value
                case .greaterOrEqual: value >= demand.value
                }
            }
            if holds { return rule.action }
        }
        return filter.defaultAction
    }

    static func filter(_ capabilities: [String], _ architecture: NodeFacts.Architecture = .x86_64) throws
        -> RuntimeSeccomp
    {
        var node = NodeFacts(name: "n")
        node.architecture = architecture
        let context: JSON = ["capabilities": ["drop": ["ALL"], "add": .array(capabilities.map { .string($0) })]]
        let pod: JSON = ["spec": ["containers": [["name": "c", "securityContext": context]]]]
        let decision = Confinement.decide(
            pod: pod, container: "c", image: ImageFacts(entrypoint: ["/a"]), node: node, identity: PodIdentity())
        return try #require(decision.container?.linux.seccomp)
    }

    @Test(
        "a call is answered, or not, by its name, arguments and the capabilities held",
        arguments: [
            ("read", [], [], true), ("openat2", [], [], true), ("close_range", [], [], true), ("rseq", [], [], true),
            ("landlock_restrict_self", [], [], true), ("membarrier", [], [], true), ("clone", [0x11], [], true),
            ("clone", [0x3D0F00], [], true),
            ("clone", [0x1000_0011], [], false), ("clone", [0x0002_0011], [], false),
            ("clone", [0x4000_0000], [], false),
            ("clone", [0x1000_0011], ["SYS_ADMIN"], true), ("clone3", [], [], false),
            ("clone3", [], ["SYS_ADMIN"], true),
            ("unshare", [], [], false), ("unshare", [], ["SYS_ADMIN"], true), ("setns", [], [], false),
            ("mount", [], [], false),
            ("mount", [], ["SYS_ADMIN"], true), ("umount2", [], ["NET_ADMIN"], false), ("move_mount", [], [], false),
            ("open_tree", [], [], false),
            ("pivot_root", [], ["SYS_ADMIN"], false), ("bpf", [], [], false), ("bpf", [], ["BPF"], true),
            ("perf_event_open", [], [], false),
            ("perf_event_open", [], ["PERFMON"], true), ("ptrace", [], [], false), ("ptrace", [], ["SYS_PTRACE"], true),
            ("process_vm_readv", [], [], false), ("kexec_load", [], ["SYS_BOOT"], false),
            ("reboot", [], ["SYS_BOOT"], true),
            ("init_module", [], [], false), ("init_module", [], ["SYS_MODULE"], true),
            ("keyctl", [], ["SYS_ADMIN"], false),
            ("add_key", [], [], false), ("request_key", [], [], false), ("userfaultfd", [], [], false),
            ("io_uring_setup", [], [], false),
            ("io_uring_enter", [], ["SYS_ADMIN"], false), ("open_by_handle_at", [], [], false),
            ("open_by_handle_at", [], ["DAC_READ_SEARCH"], true),
            ("chroot", [], [], false), ("chroot", [], ["SYS_CHROOT"], true), ("clock_settime", [], [], false),
            ("clock_settime", [], ["SYS_TIME"], true),
            ("socket", [1, 1], [], true), ("socket", [2, 2], [], true), ("socket", [40, 1], [], false),
            ("socket", [40, 1], ["SYS_ADMIN"], false),
            ("socketcall", [], [], false), ("personality", [0], [], true), ("personality", [0xFFFF_FFFF], [], true),
            ("personality", [0x0004_0000], [], false),
            ("modify_ldt", [], [], true), ("syslog", [], [], false), ("syslog", [], ["SYSLOG"], true),
            ("swapon", [], ["SYS_ADMIN"], false),
            ("acct", [], ["SYS_PACCT"], true), ("mbind", [], [], false), ("mbind", [], ["SYS_NICE"], true),
            ("vhangup", [], [], false),
            ("a_call_of_tomorrow", [], ["SYS_ADMIN"], false),
        ] as [(String, [UInt64], [String], Bool)])
    func answers(call: String, arguments: [UInt64], capabilities: [String], isAnswered: Bool) throws {
        let answer = Self.answer(try Self.filter(capabilities), call, arguments)
        #expect((answer == .allow) == isAnswered)
    }

    @Test("clone3 is said not to exist, so that programs take clone") func clone3() throws {
        let rule = try #require(try Self.filter([]).rules.first { $0.names == ["clone3"] })
        #expect(rule.action == .errno && rule.errorNumber == 38)
    }

    @Test("no call is named twice in a list, and both architectures have one") func lists() throws {
        for architecture in NodeFacts.Architecture.allCases {
            let filter = try Self.filter([], architecture)
            for rule in filter.rules { #expect(Set(rule.names).count == rule.names.count) }
            #expect(!filter.architectures.isEmpty)
        }
        #expect(try Self.answer(Self.filter([], .aarch64), "modify_ldt", []) == .errno)
        #expect(try Self.answer(Self.filter([], .aarch64), "sync_file_range2", []) == .allow)
    }

    @Test("a profile that is written is read back as it was", arguments: [[], ["SYS_ADMIN", "SYS_PTRACE"]])
    func roundTrip(capabilities: [String]) throws {
        let filter = try Self.filter(capabilities)
        #expect(try RuntimeSeccomp(filter.json) == filter)
    }

    @Test(
        "a profile that is not understood is a fault that names its place",
        arguments: [
            (#""x""#, "profile"), (#"{}"#, "defaultAction"), (#"{"defaultAction":"ALLOW"}"#, "defaultAction"),
            (#"{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"x"}]}"#, "archMap"),
            (#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"action":"SCMP_ACT_ALLOW"}]}"#, "syscalls[0].names"),
            (#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a"]}]}"#, "syscalls[0].action"),
            (
                #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","minKernel":"4.8"}]}"#,
                "syscalls[0].minKernel"
            ),
            (
                #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":9,"op":"SCMP_CMP_EQ"}]}]}"#,
                "syscalls[0].args[0].index"
            ),
            (
                #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]}]}"#,
                "syscalls[0].args[0].value"
            ),
        ])
    func faults(text: String, place: String) throws {
        let json = try JSON.parse(text)
        let fault = #expect(throws: RuntimeSeccomp.Fault.self) { try RuntimeSeccomp(json) }
        #expect(fault?.place == place)
    }
}
