import JSONValue
import KubeModel
import ResourceUsage
import Testing

@Suite("what is told of usage") struct DocumentTests {
    private static let moment = Timestamp(seconds: 1_700_000_000, nanoseconds: 250_000_000)

    private static func sample(_ nanoCores: UInt64?, _ workingSet: UInt64, window: UInt64 = 10_003_000_000, at time: Timestamp = moment) -> UsageSample {
        UsageSample(
            counters: UsageCounters(processor: 1_500_000_000, memory: workingSet + 4096, workingSet: workingSet, anonymous: 2048), time: time,
            rate: nanoCores.map { UsageRate(nanoCores: $0, window: window) })
    }

    private static func node(_ pods: [PodUsage]) -> NodeUsage {
        NodeUsage(node: "n", booted: Timestamp(seconds: 1_600_000_000), capacity: 1 << 30, sample: sample(1_250_000_000, 512 << 20), pods: pods)
    }

    private static func pod(_ containers: [ContainerUsage], name: String = "p") -> PodUsage {
        PodUsage(namespace: "d", name: name, uid: "u", started: moment, containers: containers)
    }

    // MARK: metrics.k8s.io

    @Test(
        "quantities are written as metrics-server's are",
        arguments: [
            (12_345_678, 12_641_280, "12345678n", "12345Ki"), (0, 0, "0", "0"), (5_000_000, 4 << 20, "5m", "4Mi"), (2_000_000_000, 1000, "2", "1k"),
            (250_000, 1537, "250u", "1537"), (1_500_000_000, 3 << 30, "1500m", "3Gi"),
        ] as [(UInt64, UInt64, String, String)])
    func quantities(nanoCores: UInt64, bytes: UInt64, processor: String, memory: String) throws {
        let object = try #require(MetricsAPI.node(name: "n", labels: [:], Self.sample(nanoCores, bytes), now: Self.moment))
        #expect(object["usage"] == ["cpu": .string(processor), "memory": .string(memory)])
    }

    @Test(
        "windows are written as Go writes durations",
        arguments: [
            (10_003_000_000, "10.003s"), (15_000_000_000, "15s"), (950_400_000, "950ms"), (60_500_000_000, "1m0.5s"), (7_203_000_000_000, "2h0m3s"),
            (1_010_000_000, "1.01s"),
        ] as [(UInt64, String)])
    func windows(nanoseconds: UInt64, text: String) throws {
        let object = try #require(MetricsAPI.node(name: "n", labels: [:], Self.sample(1, 1, window: nanoseconds), now: Self.moment))
        #expect(object["window"]?.string == text)
    }

    @Test("a pod's metrics: its containers by name, the earliest moment with its window, its labels")
    func podMetrics() {
        let late = Self.moment.adding(seconds: 3)
        let object = MetricsAPI.pod(
            namespace: "d", name: "p", labels: ["app": "x"],
            [
                ContainerUsage(name: "b", started: nil, sample: Self.sample(1_000_000, 1024, window: 9_000_000_000, at: late)),
                ContainerUsage(name: "a", started: nil, sample: Self.sample(2_000_000, 2048)),
            ], now: late)
        #expect(
            object == [
                "metadata": ["name": "p", "namespace": "d", "creationTimestamp": "2023-11-14T22:13:23Z", "labels": ["app": "x"]],
                "timestamp": "2023-11-14T22:13:20Z", "window": "10.003s",
                "containers": [
                    ["name": "a", "usage": ["cpu": "2m", "memory": "2Ki"]], ["name": "b", "usage": ["cpu": "1m", "memory": "1Ki"]],
                ],
            ])
    }

    @Test(
        "what is not known makes no metrics, not even zeros",
        arguments: [
            [], [ContainerUsage(name: "a", started: nil, sample: nil)], [ContainerUsage(name: "a", started: nil, sample: sample(nil, 5))],
            [ContainerUsage(name: "a", started: nil, sample: sample(1, 5)), ContainerUsage(name: "b", started: nil, sample: sample(nil, 5))],
        ])
    func unknown(containers: [ContainerUsage]) {
        #expect(MetricsAPI.pod(namespace: "d", name: "p", labels: [:], containers, now: Self.moment) == nil)
        #expect(MetricsAPI.node(name: "n", labels: [:], Self.sample(nil, 5), now: Self.moment) == nil)
    }

    @Test("a table has a row for each, with sums over the containers")
    func table() throws {
        let containers = [ContainerUsage(name: "a", started: nil, sample: Self.sample(1, 1024)), ContainerUsage(name: "b", started: nil, sample: Self.sample(2_000_000, 1024))]
        let pod = try #require(MetricsAPI.pod(namespace: "d", name: "p", labels: [:], containers, now: Self.moment))
        let table = MetricsAPI.table([pod], version: "v1") { _ in .null }
        #expect(table["rows"] == [["cells": ["p", "2000001n", "2Ki", "10.003s"], "object": .null]])
        #expect(table["columnDefinitions"]?.array?.compactMap { $0["name"]?.string } == ["Name", "cpu", "memory", "Window"])
        #expect(MetricsAPI.table([], version: "v1") { _ in .null }["columnDefinitions"] == .null)
    }

    // MARK: A kubelet's pages

    @Test("the summary has what is known, and nothing else")
    func summary() {
        let unread = ContainerUsage(name: "new", started: Self.moment, sample: nil)
        let read = ContainerUsage(name: "old", started: nil, sample: Self.sample(1_000_000, 1024))
        let summary = Self.node([Self.pod([read]), Self.pod([read, read], name: "q"), Self.pod([read, unread], name: "r")]).summary
        #expect(summary["node"]?["nodeName"] == "n" && summary["node"]?["startTime"] == "2020-09-13T12:26:40Z")
        #expect(
            summary["node"]?["cpu"] == ["time": "2023-11-14T22:13:20Z", "usageNanoCores": 1_250_000_000, "usageCoreNanoSeconds": 1_500_000_000])
        #expect(summary["node"]?["memory"]?["availableBytes"] == .int(512 << 20))
        let pods = summary["pods"]?.array ?? []
        #expect(pods.map { $0["podRef"]?["name"]?.string } == ["p", "q", "r"])
        #expect(pods.first?["memory"] == ["time": "2023-11-14T22:13:20Z", "usageBytes": 5120, "workingSetBytes": 1024, "rssBytes": 2048])
        #expect(pods.dropFirst().first?["cpu"]?["usageNanoCores"] == 2_000_000 && pods.dropFirst().first?["memory"]?["workingSetBytes"] == 2048)
        // A sum of what is not wholly known is not told.
        #expect(pods.last?["cpu"] == nil && pods.last?["memory"] == nil)
        #expect(pods.last?["containers"]?.array?.last == ["name": "new", "startTime": "2023-11-14T22:13:20Z"])
    }

    @Test("the metrics are Prometheus' text, with labels that nobody breaks out of")
    func prometheus() {
        let lines = Self.node([Self.pod([ContainerUsage(name: "a\"\n\\", started: Timestamp(seconds: 5, nanoseconds: 500_000_000), sample: Self.sample(1, 1024))])])
            .resourceMetrics.split(separator: "\n").map(String.init)
        let labels = #"{container="a\"\n\\",namespace="d",pod="p"}"#
        for line in [
            "# TYPE container_cpu_usage_seconds_total counter", "container_cpu_usage_seconds_total\(labels) 1.5 1700000000250",
            "container_memory_working_set_bytes\(labels) 1024 1700000000250", "container_start_time_seconds\(labels) 5.5",
            "node_cpu_usage_seconds_total 1.5 1700000000250", "node_memory_working_set_bytes 536870912 1700000000250",
            "pod_cpu_usage_seconds_total{namespace=\"d\",pod=\"p\"} 1.5 1700000000250",
            "pod_memory_working_set_bytes{namespace=\"d\",pod=\"p\"} 1024 1700000000250", "resource_scrape_error 0", "scrape_error 0",
        ] { #expect(lines.contains(line), "\(line)") }
        let unread = Self.node([Self.pod([ContainerUsage(name: "a", started: nil, sample: nil)])]).resourceMetrics
        #expect(unread.contains("\nscrape_error 1\n") && !unread.contains("container_cpu") && !unread.contains("pod_memory"))
    }

    // MARK: On the tunnel

    @Test("what a node tells arrives as it was told")
    func roundTrip() {
        let usage = Self.node([
            Self.pod([ContainerUsage(name: "a", started: Self.moment, sample: Self.sample(1, 2)), ContainerUsage(name: "b", started: nil, sample: Self.sample(nil, 2))]),
            Self.pod([], name: "q"),
        ])
        #expect(NodeUsage(usage.json) == usage)
        let empty = NodeUsage(node: "n", booted: nil, capacity: 0, sample: nil, pods: [])
        #expect(NodeUsage(empty.json) == empty)
    }

    @Test("what no node would tell is left out or refused")
    func strange() throws {
        for json in [[:], ["node": "n"], ["node": "n", "capacity": -1, "pods": []], ["node": 1, "capacity": 1, "pods": []], []] as [JSON] {
            #expect(NodeUsage(json) == nil)
        }
        var json = Self.node([Self.pod([ContainerUsage(name: "a", started: Self.moment, sample: Self.sample(1, 2))])]).json
        json["booted"] = [.int(.max), 0]
        json["sample"]?["processor"] = -1
        let usage = try #require(NodeUsage(json))
        #expect(usage.booted == nil && usage.sample == nil && usage.pods.count == 1)
    }
}
