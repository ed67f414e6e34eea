import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import Glibc
import JSONValue
import KubeModel

/// One thing that the cluster needs of its machine, and whether it is there.
struct HostCheck: Hashable {
    enum Verdict: String { case passed, advised, failed }
    var name: String
    var verdict: Verdict
    /// What was found.
    var found: String
    /// What to do, in the imperative; nil when nothing is to do.
    var remedy: String?

    var json: JSON {
        var value: JSON = ["name": .string(name), "verdict": .string(verdict.rawValue), "found": .string(found)]
        value["remedy"] = remedy.map { .string($0) }
        return value
    }
}

/// The checks of `kastell doctor`, in the order in which one would mend them.
enum HostChecks {
    static func run(
        _ configuration: KastellConfiguration, directory: StateDirectory, environment: ProcessEnvironment
    ) -> [HostCheck] {
        let cluster = [
            kernel, stateFolder(directory), diskSpace(directory), port(configuration, directory), openFiles, clock,
            kubectl(environment),
        ]
        return cluster + (configuration.controlOnly ? [] : NodeChecks.judge(.read()))
    }

    private static var kernel: HostCheck {
        let release = ProcFiles.text("/proc/sys/kernel/osrelease").trimmed
        let numbers = release.split(separator: ".").prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
        let isNew = numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 10)
        return HostCheck(
            name: "kernel", verdict: isNew ? .passed : .failed, found: "Linux \(release)",
            remedy: isNew ? nil : "Use Linux 5.10 or newer.")
    }

    private static func stateFolder(_ directory: StateDirectory) -> HostCheck {
        do throws(FileError) {
            try directory.prepare()
            return HostCheck(name: "state folder", verdict: .passed, found: directory.path)
        } catch {
            return HostCheck(
                name: "state folder", verdict: .failed, found: "\(error)",
                remedy: "Name a folder of your own with --state-dir.")
        }
    }

    private static func diskSpace(_ directory: StateDirectory) -> HostCheck {
        var facts = statvfs()
        guard unsafe statvfs(directory.path, &facts) == 0 else {
            return HostCheck(name: "disk space", verdict: .advised, found: "cannot be read at \(directory.path)")
        }
        let free = (UInt64(facts.f_bavail) * UInt64(facts.f_frsize)) >> 20
        return HostCheck(
            name: "disk space", verdict: free < 256 ? .failed : free < 2048 ? .advised : .passed, found: "\(free) MiB free",
            remedy: free < 2048 ? "Free space on the file system of \(directory.path), or choose another with --state-dir." : nil)
    }

    private static func port(_ configuration: KastellConfiguration, _ directory: StateDirectory) -> HostCheck {
        let place = "\(configuration.bindAddress):\(configuration.apiPort)"
        if RunningCluster.find(directory) != nil {
            return HostCheck(name: "API port", verdict: .passed, found: "\(place), in use by the running cluster")
        }
        do {
            try PortProbe.check(configuration)
            return HostCheck(name: "API port", verdict: .passed, found: "\(place) is free")
        } catch {
            return HostCheck(name: "API port", verdict: .failed, found: "\(error)")
        }
    }

    private static var openFiles: HostCheck {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let isLow = limit.rlim_cur < 4096
        return HostCheck(
            name: "open files", verdict: isLow ? .advised : .passed, found: "\(limit.rlim_cur) at most",
            remedy: isLow ? "Run 'ulimit -n 65536' before 'kastell up': each connection and watch takes one." : nil)
    }

    private static var clock: HostCheck {
        let now = WallClock.now()
        let isSane = now.seconds > 1_750_000_000
        return HostCheck(
            name: "clock", verdict: isSane ? .passed : .failed, found: now.description,
            remedy: isSane ? nil : "Set the clock: certificates and tokens are valid by it.")
    }

    private static func kubectl(_ environment: ProcessEnvironment) -> HostCheck {
        let folders = environment.searchPath
        for folder in folders where unsafe access(folder + "/kubectl", X_OK) == 0 {
            return HostCheck(name: "kubectl", verdict: .passed, found: folder + "/kubectl")
        }
        return HostCheck(
            name: "kubectl", verdict: .advised, found: "not on the PATH",
            remedy: "Install it: on Debian 'apt-get install kubernetes-client', or the release that your platform gives.")
    }
}

extension String {
    fileprivate var trimmed: String { String(self.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
