public import JSONValue
public import KubeModel

/// The three questions that a container can be asked.
public enum ProbeKind: String, Hashable, Sendable, CaseIterable {
    /// Has it started? Before it has, the others are not asked.
    case startup = "startupProbe"
    /// Does it still work? If not it is started again.
    case liveness = "livenessProbe"
    /// Can it serve? If not it gets no traffic.
    case readiness = "readinessProbe"
}

/// One probe of a pod.
public struct ProbeKey: Hashable, Sendable {
    /// The container that is asked.
    public var container: String
    /// What is asked.
    public var kind: ProbeKind

    /// A question to a container.
    public init(_ container: String, _ kind: ProbeKind) {
        self.container = container
        self.kind = kind
    }
}

/// What a probe has said since its container was started.
///
/// Source: Kubernetes API, `Probe`.
public struct ProbeRecord: Hashable, Sendable {
    /// When it was last asked.
    public private(set) var asked: Timestamp
    /// How often in a row the answer was good, or was not.
    public private(set) var run: Int64
    /// The last answer.
    public private(set) var wasGood: Bool
    /// What the answers amount to; nil before a threshold was reached.
    public private(set) var verdict: Bool?

    /// The record after one more answer.
    ///
    /// - Parameters:
    ///   - before: the record so far; nil for the first answer.
    ///   - isGood: the answer.
    ///   - probe: the probe's fields, for its thresholds.
    ///   - now: when it was asked.
    /// - Returns: the record with the answer in it.
    public static func after(_ before: ProbeRecord?, isGood: Bool, probe: JSON, now: Timestamp) -> ProbeRecord {
        var record = before ?? ProbeRecord(asked: now, run: 0, wasGood: isGood)
        record.run = record.wasGood == isGood ? record.run + 1 : 1
        record.wasGood = isGood
        record.asked = now
        let threshold = max(1, probe[isGood ? "successThreshold" : "failureThreshold"]?.int ?? (isGood ? 1 : 3))
        if record.run >= threshold { record.verdict = isGood }
        return record
    }

    private init(asked: Timestamp, run: Int64, wasGood: Bool) {
        self.asked = asked
        self.run = run
        self.wasGood = wasGood
    }
}

/// The probes of one running container.
struct ContainerProbes {
    let container: JSON
    let name: String
    let record: PodRecord
    let startedAt: Timestamp

    func verdict(_ kind: ProbeKind) -> Bool? { record.probes[ProbeKey(name, kind)]?.verdict }
    func has(_ kind: ProbeKind) -> Bool { container[kind.rawValue]?.object != nil }

    var isStarted: Bool { !has(.startup) || verdict(.startup) == true }
    var isReady: Bool { isStarted && (!has(.readiness) || verdict(.readiness) == true) }

    /// The probe for which the container has to be started again; nil while all is well.
    var failed: ProbeKind? {
        if has(.startup), verdict(.startup) == false { return .startup }
        return isStarted && has(.liveness) && verdict(.liveness) == false ? .liveness : nil
    }

    /// When each probe is to be asked next.
    var due: [(kind: ProbeKind, at: Timestamp)] {
        ProbeKind.allCases.compactMap { kind in
            guard let probe = container[kind.rawValue], probe.object != nil else { return nil }
            let isAsked = kind == .startup ? !isStarted : isStarted
            guard isAsked else { return nil }
            let first = startedAt.adding(seconds: max(0, probe["initialDelaySeconds"]?.int ?? 0))
            guard let asked = record.probes[ProbeKey(name, kind)]?.asked, asked >= startedAt else {
                return (kind, first)
            }
            return (kind, max(first, asked.adding(seconds: max(1, probe["periodSeconds"]?.int ?? 10))))
        }
    }
}
