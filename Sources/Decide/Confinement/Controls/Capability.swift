/// The capabilities of Linux, by name.
enum Capability {
    /// Every capability, in the order of the kernel's numbers.
    static let all = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
        "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN",
        "SYSLOG",
        "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ].map { "CAP_" + $0 }

    /// What a container has that says nothing: the set that containerd and Docker give.
    static let standard: Set<String> = Set(
        [
            "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
            "NET_RAW",
            "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP",
        ].map { "CAP_" + $0 })

    /// What the kernel asks of the machine's own user namespace: held in another one, it allows nothing.
    static let ofTheMachine: Set<String> = Set(
        [
            "SYS_MODULE", "SYS_RAWIO", "SYS_TIME", "SYS_BOOT", "SYS_PACCT", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
            "IPC_LOCK",
            "LINUX_IMMUTABLE", "AUDIT_CONTROL", "AUDIT_READ", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
            "BLOCK_SUSPEND", "PERFMON", "BPF",
        ].map { "CAP_" + $0 })

    /// `net_raw`, `NET_RAW` and `CAP_NET_RAW` → `CAP_NET_RAW`.
    static func name(_ text: String) -> String {
        let upper = text.uppercased()
        return upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
    }
}
