import JSONValue
import OCIModel

/// The kernel's own filesystems and the node's files in every container.
enum SystemMounts {
    /// In order; a place where the container mounts a volume of its own is left to that.
    static func mounts(_ subject: Subject, _ pod: ConfinedPod) -> [RuntimeMount] {
        let taken = Set(
            (subject.container["volumeMounts"]?.array ?? []).compactMap { $0["mountPath"]?.string }.map(trimmed))
        return (kernel(subject, pod) + files(subject, pod)).filter { !taken.contains($0.destination) }
    }

    private static func trimmed(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private static func kernel(_ subject: Subject, _ pod: ConfinedPod) -> [RuntimeMount] {
        let plain = ["nosuid", "noexec", "nodev"]
        let access = subject.isPrivileged ? "rw" : "ro"
        // The group of terminals; there is none where so few ids are mapped.
        let terminals = subject.ids > 5 ? ["gid=5"] : []
        return [
            RuntimeMount(destination: "/proc", type: "proc", source: "proc", options: plain),
            RuntimeMount(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            RuntimeMount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] + terminals),
            queues(pod), sharedMemory(subject, pod), system(subject, pod, access),
            RuntimeMount(
                destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: plain + ["relatime", access]),
        ]
    }

    private static func queues(_ pod: ConfinedPod) -> RuntimeMount {
        RuntimeMount(
            destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"])
    }

    /// A filesystem of sysfs shows a network namespace and is mounted by who owns that. A user namespace that is given a network namespace
    /// of the node does not own it and gets the node's view, which a later mount option makes read-only.
    private static func system(_ subject: Subject, _ pod: ConfinedPod, _ access: String) -> RuntimeMount {
        if pod.users != nil, subject.identity.namespaces[.network] != nil, subject.identity.namespaces[.user] == nil {
            return RuntimeMount(
                destination: "/sys", type: "bind", source: "/sys",
                options: ["rbind", "nosuid", "noexec", "nodev", access])
        }
        return RuntimeMount(
            destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", access])
    }

    private static func sharedMemory(_ subject: Subject, _ pod: ConfinedPod) -> RuntimeMount {
        let shared = pod.sharing[.ipc] == .node ? "/dev/shm" : subject.identity.files.sharedMemory
        guard let shared else {
            return RuntimeMount(
                destination: "/dev/shm", type: "tmpfs", source: "shm",
                options: ["nosuid", "noexec", "nodev", "mode=1777", "size=\(pod.sharedMemoryBytes >> 10)k"])
        }
        return RuntimeMount(
            destination: "/dev/shm", type: "bind", source: shared, options: ["rbind", "nosuid", "noexec", "nodev"])
    }

    private static func files(_ subject: Subject, _ pod: ConfinedPod) -> [RuntimeMount] {
        let paths = subject.identity.files
        let access = subject.context?["readOnlyRootFilesystem"]?.bool == true ? "ro" : "rw"
        func file(_ source: String?, _ destination: String, _ access: String) -> RuntimeMount? {
            source.map {
                RuntimeMount(
                    destination: destination, type: "bind", source: $0, options: ["rbind", "rprivate", access])
            }
        }
        let words = subject.container["terminationMessagePath"]?.string ?? "/dev/termination-log"
        return [
            file(paths.hosts, "/etc/hosts", access), file(paths.hostname, "/etc/hostname", access),
            file(paths.resolver, "/etc/resolv.conf", access),
            words.isEmpty ? nil : file(paths.terminationLog, words, "rw"),
        ].compactMap { $0 }
    }
}
