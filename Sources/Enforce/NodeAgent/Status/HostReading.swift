package import Confinement
import Glibc
import JSONValue
package import LinuxKernel
package import OCIModel

/// Reads from this machine what ``NodeFacts`` says of it. Once, when the agent starts.
package struct HostReading: Sendable {
    /// The name of the Node.
    package var node: String
    /// Whether this process is root of a user namespace only, which owns the namespaces of these kinds too.
    package var ownedNamespaces: Set<RuntimeNamespace.Kind>
    /// Ids that pods of a node with root may have as users of their own.
    package var subordinateIDs: [IDRange] = [IDRange(first: 1 << 20, count: 110 << 16)]
    /// The folder with filters of system calls for `Localhost` profiles.
    package var seccompProfiles: String
    package var clusterDomain = "cluster.local"
    /// The servers that pods of the cluster ask for names.
    package var clusterServers: [String] = []
    package var host: HostFacts

    package init(node: String, ownedNamespaces: Set<RuntimeNamespace.Kind>, seccompProfiles: String, host: HostFacts) {
        self.node = node
        self.ownedNamespaces = ownedNamespaces
        self.seccompProfiles = seccompProfiles
        self.host = host
    }

    /// How many ids a rootless node keeps for itself and for pods without users of their own: root and one block.
    private static let ownIDs: UInt32 = 65_537

    package var facts: NodeFacts {
        var facts = NodeFacts(name: node)
        facts.architecture = host.machine == "aarch64" ? .aarch64 : .x86_64
        facts.capabilities = Self.capabilities
        let mapped = Self.mappedIDs
        if isRootless {
            facts.privilege = .rootless(owns: ownedNamespaces)
            facts.ownIDs = UInt64(min(mapped, Self.ownIDs))
            facts.subordinateIDs = mapped > Self.ownIDs ? [IDRange(first: Self.ownIDs, count: mapped - Self.ownIDs)] : []
        } else {
            facts.subordinateIDs = subordinateIDs
            facts.devices = DeviceNode.all().map(Self.device)
        }
        facts.hasUserNamespaces = SystemFile.exists("/proc/self/ns/user")
        facts.cgroups = CgroupHierarchy.facts
        facts.hasSeccomp = Self.status["Seccomp"] != nil
        facts.seccompProfiles = profiles
        if SystemFile.exists("/sys/kernel/security/apparmor/profiles") {
            let loaded = SystemFile.text("/sys/kernel/security/apparmor/profiles").split(separator: "\n").map { String($0.prefix { $0 != " " }) }
            facts.appArmor = loaded.contains("kastell-default") ? AppArmorFacts(defaultProfile: "kastell-default", loaded: Set(loaded)) : nil
        }
        if SystemFile.text("/sys/fs/selinux/enforce") == "1" { facts.selinux = SELinuxFacts() }
        facts.hasRecursiveReadOnly = release >= (5, 12)
        if !facts.capabilities.contains("CAP_SYS_RESOURCE") || isRootless {
            facts.lowestOOMScoreAdjustment = Int(SystemFile.text("/proc/self/oom_score_adj").filter { $0.isNumber || $0 == "-" }) ?? 0
        }
        facts.processors = host.processors
        facts.memory = host.memory
        facts.dns = names
        return facts
    }

    /// Whether this process is root of no more than a user namespace.
    package var isRootless: Bool { Self.mappedIDs != .max }

    private var release: (Int, Int) {
        let numbers = host.kernelRelease.split(separator: ".").prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
    }

    /// How many ids from 0 on this process can name; the greatest number for all of them. user_namespaces(7).
    private static var mappedIDs: UInt32 {
        var next: UInt64 = 0
        for line in SystemFile.text("/proc/self/uid_map").split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count == 3, numbers[0] == next else { break }
            next += numbers[2]
        }
        return UInt32(clamping: next)
    }

    private static var status: [String: String] {
        var fields: [String: String] = [:]
        for line in SystemFile.text("/proc/self/status").split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            if halves.count == 2 { fields[String(halves[0])] = String(halves[1].drop(while: \.isWhitespace)) }
        }
        return fields
    }

    private static var capabilities: Set<String> {
        let held = status["CapEff"].flatMap { UInt64($0, radix: 16) } ?? 0
        return Set(LinuxCapability.names.enumerated().filter { held & (1 << UInt64($0.offset)) != 0 }.map(\.element))
    }

    private static func device(_ node: DeviceNode) -> RuntimeDevice {
        RuntimeDevice(
            path: node.path, kind: node.isBlock ? .block : .character, major: Int64(node.major), minor: Int64(node.minor), fileMode: node.mode,
            uid: node.user, gid: node.group)
    }

    /// Profiles by their path in the folder, two levels deep.
    private var profiles: [String: JSON] {
        var found: [String: JSON] = [:]
        func read(_ folder: String, _ prefix: String, _ depth: Int) {
            for name in (try? FileTree.names(folder)) ?? [] where found.count < 1024 {
                let path = folder + "/" + name
                if name.hasSuffix(".json"), let value = try? JSON.parse(Array(SystemFile.text(path).utf8)) {
                    found[prefix + name] = value
                } else if depth > 0, !name.hasSuffix(".json") {
                    read(path, prefix + name + "/", depth - 1)
                }
            }
        }
        read(seccompProfiles, "", 2)
        return found
    }

    /// resolv.conf(5) of this machine.
    private var names: DNSFacts {
        var dns = DNSFacts(clusterDomain: clusterDomain, clusterServers: clusterServers)
        for line in SystemFile.text("/etc/resolv.conf").split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first else { continue }
            switch first {
            case "nameserver": if words.count > 1 { dns.hostServers.append(words[1]) }
            case "search", "domain": dns.hostSearches = Array(words.dropFirst())
            case "options": dns.hostOptions += words.dropFirst()
            default: break
            }
        }
        return dns
    }
}

/// Small files of the kernel and of the machine.
enum SystemFile {
    /// The text without the line end; empty when it cannot be read.
    static func text(_ path: String) -> String {
        var text = (try? FileTree.text(path, limit: 1 << 20)) ?? ""
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
    static func isWritable(_ path: String) -> Bool { unsafe access(path, W_OK) == 0 }
}

/// The names of the bits of a capability set, in the kernel's order: capabilities(7).
enum LinuxCapability {
    static let names: [String] = """
        CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST \
        NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE \
        SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM \
        BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
        """.split(separator: " ").map { "CAP_" + $0 }
}
