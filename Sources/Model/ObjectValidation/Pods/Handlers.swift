import JSONValue
import KubeModel
import PolicyModel

/// The rules for probes, and for what runs after the start and before the end of a container.
enum Handlers {
    enum Probe: String { case liveness, readiness, startup }

    static func probes(_ container: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for kind in [Probe.liveness, .readiness, .startup] {
            let key = kind.rawValue + "Probe"
            guard let probe = container.given(key) else { continue }
            validate(probe, kind, path.child(key), &errors)
        }
    }

    private static func validate(_ probe: JSON, _ kind: Probe, _ path: FieldPath, _ errors: inout [FieldError]) {
        handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], gracePeriod: nil, path, &errors)
        for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
            errors.nonNegative(probe.number(key), path.child(key))
        }
        let grace = probe.number("terminationGracePeriodSeconds")
        if let grace, grace <= 0 {
            errors.invalid(path.child("terminationGracePeriodSeconds"), JSON(grace), "must be greater than 0")
        }
        if kind == .readiness {
            if let grace {
                errors.invalid(
                    path.child("terminationGracePeriodSeconds"), JSON(grace), "must not be set for readinessProbes")
            }
        } else if probe.count("successThreshold") != 1 {
            errors.invalid(path.child("successThreshold"), JSON(probe.count("successThreshold")), "must be 1")
        }
    }

    static func lifecycle(
        _ lifecycle: JSON, gracePeriod: Int64?, os: String?, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        for key in ["postStart", "preStop"] {
            guard let hook = lifecycle.given(key) else { continue }
            handler(hook, ["exec", "httpGet", "tcpSocket", "sleep"], gracePeriod: gracePeriod, path.child(key), &errors)
        }
        if let signal = lifecycle["stopSignal"]?.string { StopSignals.validate(signal, os: os, path.child("stopSignal"), &errors) }
    }

    private static func handler(
        _ handler: JSON, _ kinds: [String], gracePeriod: Int64?, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        var count = 0
        for kind in kinds {
            guard let action = handler.given(kind) else { continue }
            count += 1
            let here = path.child(kind)
            if count > 1 {
                errors.forbidden(here, "may not specify more than 1 handler type")
                continue
            }
            switch kind {
            case "exec": if action.list("command").isEmpty { errors.required(here.child("command")) }
            case "httpGet": httpGet(action, here, &errors)
            case "tcpSocket": portNumberOrName(IntOrString(action["port"]), here.child("port"), &errors)
            case "grpc": portNumberOrName(.int(action.count("port")), here.child("port"), &errors)
            default: sleep(action.count("seconds"), gracePeriod, here, &errors)
            }
        }
        if count == 0 { errors.required(path, "must specify a handler type") }
    }

    private static func sleep(_ seconds: Int64, _ gracePeriod: Int64?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let gracePeriod, seconds < 0 || seconds > gracePeriod else { return }
        errors.invalid(
            path, JSON(seconds), "must be non-negative and less than terminationGracePeriodSeconds (\(gracePeriod))")
    }

    private static func httpGet(_ action: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if action.text("path").isEmpty { errors.required(path.child("path")) }
        portNumberOrName(IntOrString(action["port"]), path.child("port"), &errors)
        let scheme = action.text("scheme")
        if scheme != "HTTP", scheme != "HTTPS" {
            errors.notSupported(path.child("scheme"), .string(scheme), ["HTTP", "HTTPS"])
        }
        for header in action.list("httpHeaders") {
            let name = header.text("name")
            errors.invalid(path.child("httpHeaders"), .string(name), all: Names.headerName(name))
        }
    }

    static func portNumberOrName(_ port: IntOrString, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch port {
        case .int(let number): errors.portNumber(number, path)
        case .string(let name): errors.invalid(path, .string(name), all: Names.portName(name))
        }
    }
}

/// The signals that a container may ask to be stopped by.
enum StopSignals {
    private static let linux: [String] = {
        let plain = [
            "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO",
            "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMIN", "SIGRTMAX", "SIGSEGV",
            "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1",
            "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
        ]
        return (plain + (1...15).map { "SIGRTMIN+\($0)" } + (1...14).map { "SIGRTMAX-\($0)" }).sorted()
    }()
    private static let windows = ["SIGKILL", "SIGTERM"]

    static func validate(_ signal: String, os: String?, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch os {
        case nil, ""?: errors.forbidden(path, "may not be set for containers with empty `spec.os.name`")
        case "windows"?: if !windows.contains(signal) { errors.notSupported(path, .string(signal), windows) }
        case _?: if !linux.contains(signal) { errors.notSupported(path, .string(signal), linux) }
        }
    }
}
