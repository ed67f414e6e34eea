import OCIModel

/// The filter that `RuntimeDefault` stands for: what is not named fails with EPERM.
///
/// Ordinary programs are answered in full; calls that act on the whole machine, on other processes' memory or on rarely
/// tried parts of the kernel are answered only to containers with the capability that they need. Source: seccomp(2),
/// capabilities(7), and the list that Docker documents for its default profile. Departures, each towards less:
/// `ptrace` and the calls on another process's memory need CAP_SYS_PTRACE on every kernel; `socketcall` is not answered, since its
/// arguments lie in memory where no filter sees them, and so neither is a vsock by way of it; `io_uring` is not answered.
enum DefaultSeccompProfile {
    /// The filter for a container with these capabilities in its bounding set.
    static func filter(_ architecture: NodeFacts.Architecture, capabilities: [String]) -> RuntimeSeccomp {
        let held = Set(capabilities)
        let isAdministrator = held.contains("CAP_SYS_ADMIN")
        var rules = [RuntimeSeccomp.Rule((SystemCalls.ordinary + SystemCalls.own(architecture)).sorted())]
        rules += personalities
        rules.append(sockets)
        for (capability, calls) in SystemCalls.byCapability where held.contains(capability) {
            rules.append(RuntimeSeccomp.Rule(calls))
        }
        if !isAdministrator { rules += clones }
        return RuntimeSeccomp(
            defaultAction: .errno, defaultErrorNumber: EPERM, architectures: architectures(architecture), rules: rules)
    }

    private static let EPERM: UInt32 = 1
    private static let ENOSYS: UInt32 = 38

    /// The 32-bit forms of the processor are filtered too: a program may switch to them.
    private static func architectures(_ architecture: NodeFacts.Architecture) -> [String] {
        switch architecture {
        case .x86_64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
        case .aarch64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
        }
    }

    /// Linux, 32-bit Linux, either with the older layout of uname(2), and the question which one is in force; no other
    /// personality, since some switch off address space randomisation.
    private static let personalities = [UInt64(0), 0x0008, 0x20000, 0x20008, 0xFFFF_FFFF].map { persona in
        RuntimeSeccomp.Rule(["personality"], arguments: [.init(0, .equal, persona)])
    }

    /// Every family but AF_VSOCK, which leads past the network to the hypervisor.
    private static let sockets = RuntimeSeccomp.Rule(["socket"], arguments: [.init(0, .notEqual, 40)])

    /// A child, but in no new namespace. Of clone3(2) the flags lie in memory, so it is said not to exist and programs
    /// take clone(2).
    private static let clones = [
        RuntimeSeccomp.Rule(["clone"], arguments: [.init(0, .maskedEqual, 0x7E02_0000, 0)]),
        RuntimeSeccomp.Rule(["clone3"], .errno, errorNumber: ENOSYS),
    ]
}
