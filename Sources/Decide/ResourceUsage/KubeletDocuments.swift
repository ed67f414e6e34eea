public import JSONValue
import KubeModel

extension NodeUsage {
    /// What a kubelet answers under `/stats/summary`, as far as this node knows it: processors and memory of the node, of its pods and
    /// of their containers. What is not known is left out.
    ///
    /// Source: Kubernetes documentation, "Node metrics data"; kubelet `stats/v1alpha1`.
    public var summary: JSON {
        var node: JSON = ["nodeName": .string(self.node)]
        node["startTime"] = booted.map { .string($0.description) }
        if let sample {
            node["cpu"] = sample.processor
            var memory = sample.memoryStats
            memory["availableBytes"] = .int(Int64(clamping: capacity > sample.counters.workingSet ? capacity - sample.counters.workingSet : 0))
            node["memory"] = memory
        }
        return ["node": node, "pods": .array(pods.map(\.summary))]
    }
}

extension PodUsage {
    /// The sums of a pod's containers; nil when one of them is not known.
    var sums: UsageSample? {
        var total: UsageSample?
        for container in containers {
            guard let sample = container.sample else { return nil }
            guard let present = total else {
                total = sample
                continue
            }
            total = present.adding(sample)
        }
        return total
    }

    fileprivate var summary: JSON {
        var pod: JSON = ["podRef": ["name": .string(name), "namespace": .string(namespace), "uid": .string(uid)]]
        pod["startTime"] = started.map { .string($0.description) }
        pod["containers"] = .array(containers.map(\.summary))
        if let sums {
            pod["cpu"] = sums.processor
            pod["memory"] = sums.memoryStats
        }
        return pod
    }
}

extension ContainerUsage {
    fileprivate var summary: JSON {
        var container: JSON = ["name": .string(name)]
        container["startTime"] = started.map { .string($0.description) }
        if let sample {
            container["cpu"] = sample.processor
            container["memory"] = sample.memoryStats
        }
        return container
    }
}

extension UsageSample {
    /// Two things together. What one of them does not know, the sum does not know either.
    fileprivate func adding(_ other: UsageSample) -> UsageSample {
        func sum(_ left: UInt64?, _ right: UInt64?) -> UInt64? {
            guard let left, let right else { return nil }
            return left &+ right
        }
        var rate: UsageRate?
        if let mine = self.rate, let others = other.rate {
            rate = UsageRate(nanoCores: mine.nanoCores &+ others.nanoCores, window: max(mine.window, others.window))
        }
        return UsageSample(
            counters: UsageCounters(
                processor: counters.processor &+ other.counters.processor, memory: sum(counters.memory, other.counters.memory),
                workingSet: counters.workingSet &+ other.counters.workingSet, anonymous: sum(counters.anonymous, other.counters.anonymous)),
            time: min(time, other.time), rate: rate)
    }

    fileprivate var processor: JSON {
        var stats: JSON = ["time": .string(time.description)]
        stats["usageNanoCores"] = rate.map { .int(Int64(clamping: $0.nanoCores)) }
        stats["usageCoreNanoSeconds"] = .int(Int64(clamping: counters.processor))
        return stats
    }

    fileprivate var memoryStats: JSON {
        var stats: JSON = ["time": .string(time.description)]
        stats["usageBytes"] = counters.memory.map { .int(Int64(clamping: $0)) }
        stats["workingSetBytes"] = .int(Int64(clamping: counters.workingSet))
        stats["rssBytes"] = counters.anonymous.map { .int(Int64(clamping: $0)) }
        return stats
    }
}

extension NodeUsage {
    /// What a kubelet answers under `/metrics/resource`, in Prometheus' text format (version 0.0.4).
    ///
    /// Source: Kubernetes documentation, "Node metrics data" (`/metrics/resource`).
    public var resourceMetrics: String {
        var families: [MetricFamily] = []
        func add(_ name: String, _ kind: String, _ help: String, _ lines: [MetricFamily.Line]) {
            families.append(MetricFamily(name: name, kind: kind, help: help, lines: lines))
        }
        var (processor, memory, starts): ([MetricFamily.Line], [MetricFamily.Line], [MetricFamily.Line]) = ([], [], [])
        var (podProcessor, podMemory): ([MetricFamily.Line], [MetricFamily.Line]) = ([], [])
        var isIncomplete = sample == nil
        for pod in pods {
            for container in pod.containers {
                let labels = [("container", container.name), ("namespace", pod.namespace), ("pod", pod.name)]
                if let started = container.started { starts.append(.init(labels, MetricFamily.seconds(started))) }
                guard let sample = container.sample else {
                    isIncomplete = true
                    continue
                }
                processor.append(.init(labels, MetricFamily.seconds(sample.counters.processor), sample.time))
                memory.append(.init(labels, "\(sample.counters.workingSet)", sample.time))
            }
            if let sums = pod.sums {
                let labels = [("namespace", pod.namespace), ("pod", pod.name)]
                podProcessor.append(.init(labels, MetricFamily.seconds(sums.counters.processor), sums.time))
                podMemory.append(.init(labels, "\(sums.counters.workingSet)", sums.time))
            }
        }
        let node = sample.map { sample in [MetricFamily.Line([], MetricFamily.seconds(sample.counters.processor), sample.time)] } ?? []
        let nodeMemory = sample.map { sample in [MetricFamily.Line([], "\(sample.counters.workingSet)", sample.time)] } ?? []
        add("container_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the container in core-seconds", processor)
        add("container_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the container in bytes", memory)
        add("container_start_time_seconds", "gauge", "[STABLE] Start time of the container since unix epoch in seconds", starts)
        add("node_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the node in core-seconds", node)
        add("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes", nodeMemory)
        add("pod_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds", podProcessor)
        add("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes", podMemory)
        add(
            "resource_scrape_error", "gauge", "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
            [.init([], isIncomplete ? "1" : "0")])
        add(
            "scrape_error", "gauge", "[ALPHA] (Deprecated since 1.29.0) 1 if there was an error while getting container metrics, 0 otherwise",
            [.init([], isIncomplete ? "1" : "0")])
        return families.filter { !$0.lines.isEmpty }.map(\.text).joined()
    }
}

/// The lines of one name in Prometheus' text format.
struct MetricFamily {
    struct Line {
        var labels: [(String, String)]
        var value: String
        var time: Timestamp?

        init(_ labels: [(String, String)], _ value: String, _ time: Timestamp? = nil) {
            self.labels = labels
            self.value = value
            self.time = time
        }
    }

    var name: String
    var kind: String
    var help: String
    var lines: [Line]

    /// Nanoseconds as seconds, exactly.
    static func seconds(_ nanoseconds: UInt64) -> String { decimal(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000) }

    /// A moment as seconds since 1970.
    static func seconds(_ time: Timestamp) -> String { decimal(UInt64(max(0, time.seconds)), UInt64(max(0, time.nanoseconds))) }

    private static func decimal(_ seconds: UInt64, _ nanoseconds: UInt64) -> String {
        var fraction = String(nanoseconds + 1_000_000_000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? "\(seconds)" : "\(seconds).\(fraction)"
    }

    /// Values of labels with `\`, `"` and the line feed escaped.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    var text: String {
        var out = "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        for line in lines {
            let labels = line.labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            out += name + (labels.isEmpty ? "" : "{\(labels)}") + " " + line.value
            if let time = line.time { out += " \(time.seconds * 1000 + Int64(time.nanoseconds / 1_000_000))" }
            out += "\n"
        }
        return out
    }
}
