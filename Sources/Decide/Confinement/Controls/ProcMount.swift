import JSONValue
import OCIModel
import PolicyModel

/// What of `/proc` and `/sys` is covered or can only be read.
///
/// Source: Kubernetes API, `SecurityContext.procMount`; KEP-4265. The paths are those that Kubernetes gives to runtimes.
enum ProcMount {
    static let id: ControlID = "procMount"
    private static let masked = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ]
    private static let readonly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    static func apply(_ subject: Subject, to linux: inout RuntimeLinux, _ findings: inout Findings) {
        let path = subject.contextPath.child(id.rawValue)
        if subject.isPrivileged { return }
        if subject.context?[id.rawValue]?.string == "Unmasked" {
            findings.decided(by: path)
            if subject.hasOwnUsers { return }
            findings.refuse(
                id, .containerConfig, at: path, found: "Unmasked", "`hostUsers` must be false to use `Unmasked`",
                remedy: "set spec.hostUsers to false, or remove \(path)")
        }
        // The throttle counters tell one container how hard another works.
        let throttles = (0..<subject.node.processors).map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
        linux.maskedPaths = masked + throttles
        linux.readonlyPaths = readonly
    }
}
