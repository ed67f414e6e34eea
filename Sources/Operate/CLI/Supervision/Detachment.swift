import ControlPlane
import JSONValue

/// Starts the supervisor in a session of its own and waits until the cluster serves.
enum Detachment {
    /// - Throws: ``CommandError``, with the reason that the cluster's processes gave.
    static func start(
        _ directory: StateDirectory, kubeconfig: KubeconfigTarget, timeout: Duration
    ) async throws -> ReadyCluster {
        var arguments = ["supervise", "--state-dir", directory.path, "--kubeconfig", kubeconfig.path]
        if kubeconfig.isExclusive { arguments.append("--exclusive") }
        LogRotation.rotate(directory.supervisorLog)
        let child = try ChildProcess.start(arguments, log: directory.supervisorLog, isSession: true)
        let lines = try await child.lines()
        return try await withThrowingTaskGroup(of: ReadyCluster.self) { group in
            group.addTask {
                for await line in lines {
                    guard let value = try? JSON.parse(Array(line.utf8)) else { continue }
                    if let error = value["error"]?.string { throw CommandError(error) }
                    if let server = value["server"]?.string {
                        return ReadyCluster(
                            server: server, kubeconfig: kubeconfig.path,
                            milliseconds: Int(value["milliseconds"]?.int ?? 0), supervisor: child.process)
                    }
                }
                throw CommandError("the cluster did not come up. \(LogTail.hint(directory.supervisorLog))")
            }
            group.addTask {
                // What takes over a second shows that it goes on.
                var waited = Duration.zero
                while waited < timeout {
                    try await Task.sleep(for: .seconds(1))
                    waited += .seconds(1)
                    Terminal.note("waiting for the cluster to be ready (\(waited.components.seconds) s)")
                }
                _ = ProcessFacts.terminate(child.process)
                throw CommandError(
                    "the cluster was not ready within \(timeout.components.seconds) s and was stopped. Run 'kastell logs' to see why, or wait longer with --timeout.")
            }
            defer { group.cancelAll() }
            guard let ready = try await group.next() else { throw CancellationError() }
            return ready
        }
    }
}
