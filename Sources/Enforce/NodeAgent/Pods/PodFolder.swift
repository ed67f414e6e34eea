import CertificateAuthority
import Glibc
import JSONValue
import KubeModel
import LinuxKernel
import PodLifecycle

/// What the agent keeps of one pod: its object as last seen, what became of its containers, and the files that it mounts into
/// them. An agent that starts finds its pods by these folders.
struct PodFolder: Sendable {
    let path: String
    let uid: String

    /// - Parameter pods: the folder of all pods.
    init(pods: String, uid: String) {
        path = pods + "/" + uid
        self.uid = uid
    }

    /// Whether a text can be the name of a folder here.
    static func isName(_ uid: String) -> Bool {
        (1...128).contains(uid.utf8.count) && uid.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x2D
        }
    }

    var namespaces: String { path + "/namespaces" }
    var hosts: String { path + "/etc/hosts" }
    var hostname: String { path + "/etc/hostname" }
    var resolver: String { path + "/etc/resolv.conf" }
    func lastWords(_ container: String) -> String { path + "/words/" + container }

    func prepare() throws(FileError) {
        try SecureFile.makePrivateFolder(path)
        // Files in here are mounted into containers; only the folder above keeps others out.
        for folder in ["/etc", "/words", "/namespaces"] { try SecureFile.makePrivateFolder(path + folder) }
    }

    func save(_ pod: JSON, _ record: PodRecord) throws(FileError) {
        try SecureFile.write(path + "/state.json", (["pod": pod, "record": PodRecordCodec.json(record)] as JSON).bytes, survivesPowerLoss: false)
    }

    /// The object and the record that were saved last; nil when there are none that can be read.
    func load() -> (pod: JSON, record: PodRecord)? {
        guard let bytes = try? SecureFile.read(path + "/state.json", .secret), let value = try? JSON.parse(bytes), let pod = value["pod"],
            let record = value["record"].flatMap(PodRecordCodec.record)
        else { return nil }
        return (pod, record)
    }

    /// Writes a file that is mounted into containers: everyone inside may read it.
    func write(_ file: String, _ text: String, mode: mode_t = 0o644) throws {
        // In place, when it is there: containers have the file itself and not its name.
        guard let stream = unsafe fopen(file, "we") else { throw SystemError("open \(file)", errno) }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, stream)
        guard unsafe fclose(stream) == 0, written == bytes.count, unsafe chmod(file, mode) == 0 else { throw SystemError("write \(file)", errno) }
    }

    func remove() throws(SystemError) { try FileTree.remove(path) }
}

/// The record of a pod as JSON: what an agent has to remember over its own end.
enum PodRecordCodec {
    static func json(_ record: PodRecord) -> JSON {
        var json: JSON = ["hostIPs": JSON(record.hostIPs), "isInitialized": .bool(record.isInitialized)]
        switch record.sandbox {
        case .ready(let podIPs): json["podIPs"] = JSON(podIPs)
        case .absent, .starting: break
        }
        json["startTime"] = record.startTime.map(time)
        json["failure"] = record.failure.map { ["reason": .string($0.reason), "message": .string($0.message)] }
        json["containers"] = .object(JSONObject(record.containers.sorted { $0.key < $1.key }.map { ($0.key, container($0.value)) }))
        return json
    }

    static func record(_ json: JSON) -> PodRecord? {
        var record = PodRecord(startTime: json["startTime"].flatMap(time))
        record.hostIPs = json["hostIPs"]?.strings ?? []
        record.isInitialized = json["isInitialized"]?.bool ?? false
        if let addresses = json["podIPs"]?.strings { record.sandbox = .ready(podIPs: addresses) }
        if let failure = json["failure"] {
            record.failure = PodFailure(reason: failure["reason"]?.string ?? "", message: failure["message"]?.string ?? "")
        }
        for (name, value) in json["containers"]?.object ?? [:] {
            guard let container = container(value) else { return nil }
            record.containers[name] = container
        }
        return record
    }

    private static func container(_ record: ContainerRecord) -> JSON {
        var json: JSON = [
            "restartCount": .int(record.restartCount), "image": .string(record.image), "imageID": .string(record.imageID),
            "containerID": .string(record.containerID),
        ]
        json["lastExit"] = record.lastExit.map(exit)
        json["backOff"] = record.backOff.map { ["delay": .int($0.delay), "since": time($0.since)] }
        switch record.state {
        case .absent: json["state"] = "absent"
        case .waiting(let reason, let message, let retryAt):
            json["state"] = "waiting"
            json["waiting"] = ["reason": .string(reason), "message": .string(message), "retryAt": time(retryAt)]
        case .starting: json["state"] = "starting"
        case .running(let startedAt):
            json["state"] = "running"
            json["startedAt"] = time(startedAt)
        case .stopping(let startedAt):
            json["state"] = "stopping"
            json["startedAt"] = time(startedAt)
        case .exited(let value):
            json["state"] = "exited"
            json["exit"] = exit(value)
        }
        return json
    }

    private static func container(_ json: JSON) -> ContainerRecord? {
        var record = ContainerRecord()
        let startedAt = json["startedAt"].flatMap(time) ?? Timestamp(seconds: 0)
        switch json["state"]?.string {
        case "absent": record.state = .absent
        case "waiting":
            let waiting = json["waiting"]
            record.state = .waiting(
                reason: waiting?["reason"]?.string ?? "", message: waiting?["message"]?.string ?? "",
                retryAt: waiting?["retryAt"].flatMap(time) ?? Timestamp(seconds: 0))
        case "starting": record.state = .starting
        case "running": record.state = .running(startedAt: startedAt)
        case "stopping": record.state = .stopping(startedAt: startedAt)
        case "exited":
            guard let value = json["exit"].flatMap(exit) else { return nil }
            record.state = .exited(value)
        default: return nil
        }
        record.restartCount = json["restartCount"]?.int ?? 0
        record.image = json["image"]?.string ?? ""
        record.imageID = json["imageID"]?.string ?? ""
        record.containerID = json["containerID"]?.string ?? ""
        record.lastExit = json["lastExit"].flatMap(exit)
        if let backOff = json["backOff"], let since = backOff["since"].flatMap(time) {
            record.backOff = RestartBackOff(delay: backOff["delay"]?.int ?? RestartBackOff.first, since: since)
        }
        return record
    }

    private static func exit(_ exit: ContainerExit) -> JSON {
        [
            "code": .int(exit.code), "isOutOfMemory": .bool(exit.isOutOfMemory), "message": .string(exit.message), "startedAt": time(exit.startedAt),
            "finishedAt": time(exit.finishedAt), "containerID": .string(exit.containerID),
        ]
    }

    private static func exit(_ json: JSON) -> ContainerExit? {
        guard let code = json["code"]?.int, let startedAt = json["startedAt"].flatMap(time), let finishedAt = json["finishedAt"].flatMap(time) else {
            return nil
        }
        return ContainerExit(
            code: code, isOutOfMemory: json["isOutOfMemory"]?.bool ?? false, message: json["message"]?.string ?? "", startedAt: startedAt,
            finishedAt: finishedAt, containerID: json["containerID"]?.string ?? "")
    }

    private static func time(_ time: Timestamp) -> JSON { .array([.int(time.seconds), .int(Int64(time.nanoseconds))]) }
    private static func time(_ json: JSON) -> Timestamp? {
        guard let parts = json.array, parts.count == 2, let seconds = parts[0].int, let nanoseconds = parts[1].int else { return nil }
        return Timestamp(seconds: seconds, nanoseconds: Int32(clamping: nanoseconds))
    }
}
