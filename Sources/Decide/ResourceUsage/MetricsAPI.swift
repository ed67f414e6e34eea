public import JSONValue
public import KubeModel

/// Objects of `metrics.k8s.io/v1beta1`, in the shape of metrics-server.
///
/// Source: Kubernetes documentation, "Resource metrics pipeline"; KEP "Resource Metrics API"; metrics-server's documentation.
public enum MetricsAPI {
    /// The group.
    public static let group = "metrics.k8s.io"
    /// Its one version.
    public static let version = "v1beta1"
    static let apiVersion: JSON = .string(group + "/" + version)

    /// The resources, as discovery tells them.
    public static let resources: [ResourceFacts] = [facts("nodes", "NodeMetrics", isNamespaced: false), facts("pods", "PodMetrics", isNamespaced: true)]

    private static func facts(_ plural: String, _ kind: String, isNamespaced: Bool) -> ResourceFacts {
        var facts = ResourceFacts(
            group: group, version: version, plural: plural, singular: "", kind: kind, isNamespaced: isNamespaced, verbs: ["get", "list"],
            shortNames: [], categories: [], subresources: [:], storageVersion: GroupVersion(group: group, version: version),
            fieldSelectors: isNamespaced ? ["metadata.name", "metadata.namespace"] : ["metadata.name"],
            fieldSelectorError: #""<key>" is not a known field selector: only "metadata.name"\#(isNamespaced ? #", "metadata.namespace""# : "")"#)
        // Nothing of it is stored.
        facts.storageVersion = nil
        return facts
    }

    /// The role that lets whoever may view, edit or administer a namespace see what its pods use, as metrics-server brings it.
    public static let readerRole: JSON = [
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": [
            "name": "system:aggregated-metrics-reader",
            "labels": [
                "rbac.authorization.k8s.io/aggregate-to-admin": "true", "rbac.authorization.k8s.io/aggregate-to-edit": "true",
                "rbac.authorization.k8s.io/aggregate-to-view": "true",
            ],
        ],
        "rules": [["apiGroups": [.string(group)], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]]],
    ]

    // MARK: Objects

    /// The metrics of a node; nil as long as none are known.
    ///
    /// - Parameters:
    ///   - labels: of the Node.
    ///   - now: when it is answered, which such an object has as its creation.
    public static func node(name: String, labels: [String: String], _ sample: UsageSample, now: Timestamp) -> JSON? {
        guard let rate = sample.rate else { return nil }
        return [
            "metadata": metadata(name, namespace: nil, labels, now), "timestamp": .string(sample.time.description),
            "window": .string(GoDuration.text(rate.window)), "usage": usage(rate, sample.counters),
        ]
    }

    /// The metrics of a pod; nil as long as those of one of its running containers are not known, and when none runs.
    public static func pod(
        namespace: String, name: String, labels: [String: String], _ containers: [ContainerUsage], now: Timestamp
    ) -> JSON? {
        var items: [JSON] = []
        var earliest: (time: Timestamp, window: UInt64)?
        for container in containers.sorted(by: { $0.name < $1.name }) {
            guard let sample = container.sample, let rate = sample.rate else { return nil }
            items.append(["name": .string(container.name), "usage": usage(rate, sample.counters)])
            if earliest.map({ sample.time < $0.time }) ?? true { earliest = (sample.time, rate.window) }
        }
        guard let earliest else { return nil }
        return [
            "metadata": metadata(name, namespace: namespace, labels, now), "timestamp": .string(earliest.time.description),
            "window": .string(GoDuration.text(earliest.window)), "containers": .array(items),
        ]
    }

    private static func metadata(_ name: String, namespace: String?, _ labels: [String: String], _ now: Timestamp) -> JSON {
        var metadata: JSON = ["name": .string(name)]
        metadata["namespace"] = namespace.map { .string($0) }
        metadata["creationTimestamp"] = .string(now.description)
        if !labels.isEmpty { metadata["labels"] = JSON(labels) }
        return metadata
    }

    private static func usage(_ rate: UsageRate, _ counters: UsageCounters) -> JSON {
        [
            "cpu": .string(Quantity(nano: Int128(rate.nanoCores)).description),
            "memory": .string(Quantity(Int64(clamping: counters.workingSet), format: .binarySI).description),
        ]
    }

    /// One object with its kind.
    public static func named(_ object: JSON, kind: String) -> JSON {
        var full: JSONObject = ["kind": .string(kind), "apiVersion": apiVersion]
        for (key, value) in object.object ?? JSONObject() { full[key] = value }
        return .object(full)
    }

    /// A list.
    public static func list(_ objects: [JSON], kind: String) -> JSON {
        ["kind": .string(kind + "List"), "apiVersion": apiVersion, "metadata": [:], "items": .array(objects)]
    }

    // MARK: Tables

    private static let columns: [JSON] = [
        ("Name", "name", "Name of the resource"), ("cpu", "quantity", ""), ("memory", "quantity", ""), ("Window", "duration", ""),
    ].map { name, format, text in
        ["name": .string(name), "type": "string", "format": .string(format), "description": .string(text), "priority": 0]
    }

    /// Rows for printing: names, what is used in sum, and the window.
    ///
    /// - Parameter row: what a row carries of its object.
    public static func table(_ objects: [JSON], version: String, row: (JSON) -> JSON) -> JSON {
        let rows = objects.map { object -> JSON in
            let usages = object["containers"]?.array.map { $0.compactMap { $0["usage"] } } ?? [object["usage"] ?? [:]]
            func sum(_ name: String) -> JSON {
                let values = usages.compactMap { $0[name]?.string.flatMap { Quantity($0) } }
                return .string(values.dropFirst().reduce(values.first ?? Quantity(0)) { $0 + $1 }.description)
            }
            return [
                "cells": [object["metadata"]?["name"] ?? "", sum("cpu"), sum("memory"), object["window"] ?? ""], "object": row(object),
            ]
        }
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": [:],
            // Without a row nothing is known of the columns.
            "columnDefinitions": objects.isEmpty ? .null : .array(columns), "rows": .array(rows),
        ]
    }
}

/// Durations as Go writes them.
enum GoDuration {
    /// To the millisecond: `850ms`, `10.003s`, `1m0.5s`, `2h0m3s`.
    static func text(_ nanoseconds: UInt64) -> String {
        let milliseconds = nanoseconds / 1_000_000
        if milliseconds == 0 { return "0s" }
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000)
        var fraction = String(rest + 1000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        let head = hours > 0 ? "\(hours)h\(minutes)m" : minutes > 0 ? "\(minutes)m" : ""
        return head + "\(seconds % 60)" + (fraction.isEmpty ? "" : "." + fraction) + "s"
    }
}
