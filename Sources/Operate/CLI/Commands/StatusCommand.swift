import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue
import KubeClient
import KubeModel

/// `kastell status`: what runs, and how it is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what runs and how it is.",
        discussion: "Exits with 0 when the cluster is ready, with 3 when it is not, with 4 when none runs.")

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let directory = try cluster.directory()
        guard let running = RunningCluster.find(directory) else {
            output.print(["stateDir": .string(directory.path), "phase": "Stopped"]) {
                "No cluster runs in \(directory.path). Start it with 'kastell up'."
            }
            throw ExitCode(4)
        }
        let report = await StatusReport.make(running, directory)
        output.print(report.json) { report.text }
        if !report.isReady { throw ExitCode(3) }
    }
}

/// What `kastell status` found.
struct StatusReport {
    let json: JSON
    var isReady: Bool { json["phase"]?.string == "Ready" }

    static func make(_ running: RunningCluster, _ directory: StateDirectory) async -> StatusReport {
        var value: JSON = ["stateDir": .string(directory.path), "phase": "Starting"]
        value["supervisor"] = component(running.supervisor)
        guard let facts = running.facts else { return StatusReport(json: value) }
        value["server"] = .string(facts.server)
        value["kubeconfig"] = facts.kubeconfig.map { .string($0) }
        value["started"] = .string(WallClock.text(seconds: facts.started))
        value["uptimeSeconds"] = .int(WallClock.now().seconds - facts.started)
        value["restarts"] = JSON(facts.restarts)
        value["control"] = facts.control.map { component($0) }
        value["node"] = facts.node.map { component($0) }
        let failed = await failedChecks(facts.server, directory)
        switch failed {
        case nil: value["phase"] = "NotAnswering"
        case []?: value["phase"] = "Ready"
        case let checks?:
            value["phase"] = "NotReady"
            value["failedChecks"] = JSON(checks)
        }
        if let more = try? await MaintenanceClient.call(directory.maintenanceSocket, MaintenanceRequest(.status)) {
            value["store"] = more["store"]
            value["encryption"] = more["encryption"]
        }
        if let rows = try? await MaintenanceClient.call(directory.maintenanceSocket, MaintenanceRequest(.certificatesList)),
            let first = (rows.array ?? []).min(by: { ($0["remainingSeconds"]?.int ?? 0) < ($1["remainingSeconds"]?.int ?? 0) })
        {
            value["nextCertificateExpiry"] = ["name": first["name"] ?? "", "notAfter": first["notAfter"] ?? ""]
        }
        return StatusReport(json: value)
    }

    private static func component(_ process: Int32) -> JSON {
        var value: JSON = ["process": .int(Int64(process))]
        value["residentBytes"] = ProcFiles.residentBytes(process).map { JSON($0) }
        return value
    }

    /// The checks of `/readyz` that fail; nil when there is no answer.
    private static func failedChecks(_ server: String, _ directory: StateDirectory) async -> [String]? {
        guard let transport = try? AdminAccess(directory).transport(server: server) else { return nil }
        let response = try? await transport.send(ClientRequest(method: "GET", uri: "/readyz?verbose"))
        await transport.shutDown()
        guard let response else { return nil }
        let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\n")
        let failed = lines.filter { $0.hasPrefix("[-]") }.map { String($0.dropFirst(3).prefix { $0 != " " }) }
        return response.status == 200 ? [] : failed.isEmpty ? ["status \(response.status)"] : failed
    }

    var text: String {
        func number(_ path: String...) -> Int64? { json[path: path]?.int }
        func memory(_ name: String) -> String { number(name, "residentBytes").map { "\($0 >> 20) MB" } ?? "-" }
        func process(_ name: String) -> String { number(name, "process").map { "\($0)" } ?? "-" }
        let phase = json["phase"]?.string ?? ""
        var rows = [
            ["supervisor", process("supervisor"), "Running", memory("supervisor"), "0"],
            ["control", process("control"), phase, memory("control"), "\(number("restarts") ?? 0)"],
        ]
        if number("node", "process") != nil { rows.append(["node", process("node"), "Running", memory("node"), "0"]) }
        var lines = [Terminal.table(["COMPONENT", "PROCESS", "STATUS", "MEMORY", "RESTARTS"], rows), ""]
        if let server = json["server"]?.string { lines.append("API server:   \(server)") }
        if let path = json["kubeconfig"]?.string { lines.append("Kubeconfig:   \(path), context kastell") }
        lines.append("State:        \(json["stateDir"]?.string ?? "")")
        if let objects = number("store", "objects"), let revision = number("store", "revision") {
            lines.append("Store:        \(objects) objects, revision \(revision), \((number("store", "bytes") ?? 0) >> 10) KiB")
        }
        if let path = json["encryption"]?["configuration"]?.string {
            let generated = json["encryption"]?["generated"]?.bool == true
            lines.append("Encryption:   \(path)\(generated ? " (generated key)" : "")")
        }
        if let next = json["nextCertificateExpiry"], let name = next["name"]?.string, let date = next["notAfter"]?.string {
            lines.append("Certificates: first to expire is \(name), \(date); renewed at half of its life")
        }
        for check in json["failedChecks"]?.strings ?? [] { lines.append("Not ready:    \(check)") }
        return lines.joined(separator: "\n")
    }
}
