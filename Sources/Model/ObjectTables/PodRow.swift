import JSONValue
import KubeModel

/// The row of a pod. The status column tells the most telling of phase, reason and container states.
struct PodRow {
    let row: TableRow
    private let initContainers: [JSON]
    private let statuses: [JSON]
    private let initStatuses: [JSON]

    init(_ row: TableRow) {
        self.row = row
        initContainers = row.list("spec", "initContainers")
        statuses = row.list("status", "containerStatuses")
        initStatuses = row.list("status", "initContainerStatuses")
    }

    /// What the containers add up to.
    private struct Summary {
        var reason: String
        var ready = 0
        var restarts: Int64 = 0
        var lastRestart: Timestamp?

        mutating func count(_ status: JSON) {
            restarts += status["restartCount"]?.int ?? 0
            guard
                let finished = status.present("lastState", "terminated", "finishedAt")?.string.flatMap({ Timestamp($0) }
                ),
                finished > lastRestart ?? .zero
            else { return }
            lastRestart = finished
        }
    }

    /// Containers of the init list that keep running beside the others.
    private func isSidecar(_ name: String?) -> Bool {
        initContainers.first { $0["name"]?.string == name }?["restartPolicy"]?.string == "Always"
    }

    private static func ending(_ terminated: JSON, prefix: String = "") -> String {
        if let reason = terminated["reason"]?.string, !reason.isEmpty { return prefix + reason }
        if let signal = terminated["signal"]?.int, signal != 0 { return "\(prefix)Signal:\(signal)" }
        return "\(prefix)ExitCode:\(terminated["exitCode"]?.int ?? 0)"
    }

    private var summary: Summary {
        let phase = row.text("status", "phase")
        let statusReason = row.text("status", "reason")
        var all = Summary(reason: statusReason.isEmpty ? phase : statusReason)
        let isGated = row.list("status", "conditions").contains {
            $0["type"]?.string == "PodScheduled" && $0["reason"]?.string == "SchedulingGated"
        }
        if isGated { all.reason = "SchedulingGated" }

        var sidecars = Summary(reason: "")
        var isInitializing = false
        for (position, status) in initStatuses.enumerated() {
            let isSidecar = isSidecar(status["name"]?.string)
            all.count(status)
            if isSidecar { sidecars.count(status) }
            let terminated = status.present("state", "terminated")
            if let terminated, terminated["exitCode"]?.int ?? 0 == 0 { continue }
            if isSidecar, status["started"]?.bool == true {
                if status["ready"]?.bool == true { all.ready += 1 }
                continue
            }
            let waiting = status.present("state", "waiting", "reason")?.string ?? ""
            if let terminated {
                all.reason = Self.ending(terminated, prefix: "Init:")
            } else if !waiting.isEmpty, waiting != "PodInitializing" {
                all.reason = "Init:" + waiting
            } else {
                all.reason = "Init:\(position)/\(initContainers.count)"
            }
            isInitializing = true
            break
        }

        if !isInitializing || row.isTrue("Initialized") {
            all.restarts = sidecars.restarts
            all.lastRestart = sidecars.lastRestart
            addContainers(to: &all)
        }
        if row.isBeingDeleted {
            if statusReason == "NodeLost" {
                all.reason = "Unknown"
            } else if phase != "Succeeded", phase != "Failed" {
                all.reason = "Terminating"
            }
        }
        return all
    }

    /// The last container that has something to say names the reason.
    private func addContainers(to all: inout Summary) {
        var hasRunning = false
        for status in statuses.reversed() {
            all.count(status)
            let waiting = status.present("state", "waiting", "reason")?.string ?? ""
            if !waiting.isEmpty {
                all.reason = waiting
            } else if let terminated = status.present("state", "terminated") {
                all.reason = Self.ending(terminated)
            } else if status["ready"]?.bool == true, status.present("state", "running") != nil {
                hasRunning = true
                all.ready += 1
            }
        }
        // A pod in which something still runs is not completed.
        if all.reason == "Completed", hasRunning {
            let isReady = row.list("status", "conditions").contains {
                $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
            }
            all.reason = isReady ? "Running" : "NotReady"
        }
    }

    private var readinessGates: JSON {
        let gates = row.list("spec", "readinessGates")
        if gates.isEmpty { return "<none>" }
        let open = gates.count { gate in gate["conditionType"]?.string.map(row.isTrue) ?? false }
        return .string("\(open)/\(gates.count)")
    }

    var cells: [JSON] {
        let all = summary
        let total = row.count("spec", "containers") + initContainers.count { $0["restartPolicy"]?.string == "Always" }
        var restarts = "\(all.restarts)"
        if all.restarts != 0, let last = all.lastRestart {
            restarts += " (\(TableRow.span(from: last, to: row.now)) ago)"
        }
        let address = row.list("status", "podIPs").first?["ip"]?.string ?? ""
        return [
            row.name, .string("\(all.ready)/\(total)"), .string(all.reason), .string(restarts), row.age,
            .string(address.isEmpty ? "<none>" : address), row.text("spec", "nodeName", absent: "<none>"),
            row.text("status", "nominatedNodeName", absent: "<none>"), readinessGates,
        ]
    }

    /// Pods that have ended say so, so that clients may leave them out.
    static func conditions(_ pod: JSON) -> [JSON] {
        func completed(_ phase: String, _ message: String) -> [JSON] {
            [["type": "Completed", "status": "True", "reason": .string(phase), "message": .string(message)]]
        }
        switch pod[path: "status", "phase"]?.string {
        case "Succeeded": return completed("Succeeded", "The pod has completed successfully.")
        case "Failed": return completed("Failed", "The pod failed.")
        default: return []
        }
    }
}
