import JSONValue
import KubeModel
import ObjectTables
import Testing

@Suite struct ObjectTablesTests {
    static let now = Timestamp(seconds: 1_767_323_045)

    static func resource(_ plural: String, _ group: String = "") throws -> ResourceFacts {
        try #require(SchemaCatalog.builtin.resources.first { $0.plural == plural && $0.group == group })
    }

    static func cells(_ text: String, _ plural: String, _ group: String = "") throws -> [JSON] {
        ObjectTables.cells(for: try JSON.parse(text), resource: try resource(plural, group), now: now)
    }

    @Test("every row of every resource has a cell for each column, even of an empty object")
    func everyColumnHasACell() {
        for resource in SchemaCatalog.builtin.resources where !resource.columns.isEmpty {
            let cells = ObjectTables.cells(for: .object([:]), resource: resource, now: Self.now)
            // The age of an address has no column, upstream too.
            let extra = resource.kind == "IPAddress" ? 1 : 0
            #expect(cells.count == resource.columns.count + extra, "\(resource.kind)")
            #expect(ObjectTables.columns(for: resource).allSatisfy { !($0["description"]?.string ?? "").isEmpty })
        }
    }

    @Test(
        "the status of a pod tells its most telling state",
        arguments: [
            (
                #"{"status":{"phase":"Running","containerStatuses":[{"ready":true,"state":{"running":{}}}]},"spec":{"containers":[{}]}}"#,
                "1/1", "Running", "0"
            ),
            (
                #"{"metadata":{"deletionTimestamp":"2026-01-02T03:04:05Z"},"status":{"phase":"Running"},"spec":{"containers":[{}]}}"#,
                "0/1", "Terminating", "0"
            ),
            (
                #"{"metadata":{"deletionTimestamp":"2026-01-02T03:04:05Z"},"status":{"phase":"Running","reason":"NodeLost"},"spec":{"containers":[{}]}}"#,
                "0/1", "Unknown", "0"
            ),
            (
                #"{"metadata":{"deletionTimestamp":"2026-01-02T03:04:05Z"},"status":{"phase":"Succeeded"},"spec":{"containers":[{}]}}"#,
                "0/1", "Succeeded", "0"
            ),
            (
                #"{"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}}}]},"spec":{"initContainers":[{"name":"i"}],"containers":[{}]}}"#,
                "0/1", "Init:0/1", "0"
            ),
            (
                #"{"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":2,"state":{"terminated":{"exitCode":3}}}]},"spec":{"initContainers":[{"name":"i"}],"containers":[{}]}}"#,
                "0/1", "Init:ExitCode:3", "2"
            ),
            (
                #"{"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]},"spec":{"initContainers":[{"name":"i"}],"containers":[{}]}}"#,
                "0/1", "Init:CrashLoopBackOff", "0"
            ),
            (
                #"{"status":{"phase":"Running","initContainerStatuses":[{"name":"s","started":true,"ready":true,"restartCount":1,"state":{"running":{}}}],"containerStatuses":[{"ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"2026-01-02T03:03:31Z"}}}]},"spec":{"initContainers":[{"name":"s","restartPolicy":"Always"}],"containers":[{}]}}"#,
                "2/2", "Running", "3 (34s ago)"
            ),
            (
                #"{"status":{"phase":"Running","containerStatuses":[{"state":{"terminated":{"reason":"Completed"}}},{"ready":true,"state":{"running":{}}}]},"spec":{"containers":[{},{}]}}"#,
                "1/2", "NotReady", "0"
            ),
        ])
    func podStatus(text: String, ready: String, status: String, restarts: String) throws {
        let cells = try Self.cells(text, "pods")
        #expect(cells[1...3] == [.string(ready), .string(status), .string(restarts)])
    }

    @Test("the targets of an autoscaler are the first two metrics, and how many more there are")
    func autoscaler() throws {
        let text = #"""
            {"spec":{"minReplicas":1,"maxReplicas":3,"scaleTargetRef":{"kind":"Deployment","name":"d"},"metrics":[
            {"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":80}}},
            {"type":"Pods","pods":{"target":{"averageValue":"1k"}}},
            {"type":"External","external":{"target":{"value":"5"}}}]},
            "status":{"currentMetrics":[{"type":"Resource","resource":{"current":{"averageUtilization":12}}}]}}
            """#
        #expect(
            try Self.cells(text, "horizontalpodautoscalers", "autoscaling")[2]
                == "cpu: 12%/80%, <unknown>/1k + 1 more...")
    }

    @Test("a job without completions says how many pods may run")
    func job() throws {
        let text = #"{"spec":{"parallelism":3},"status":{"succeeded":1,"startTime":"2026-01-02T03:04:00Z"}}"#
        #expect(try Self.cells(text, "jobs", "batch")[1...3] == ["Running", "1/1 of 3", "5s"])
    }

    @Test("label selectors are sorted by key and written as in a query")
    func selectors() throws {
        let text =
            #"{"spec":{"podSelector":{"matchLabels":{"z":"1"},"matchExpressions":[{"key":"b","operator":"In","values":["y","x"]},{"key":"a","operator":"DoesNotExist"}]}}}"#
        #expect(try Self.cells(text, "networkpolicies", "networking.k8s.io")[1] == "!a,b in (x,y),z=1")
        #expect(try Self.cells(#"{"spec":{"podSelector":{}}}"#, "networkpolicies", "networking.k8s.io")[1] == "<none>")
    }

    @Test("endpoints beyond the third are counted")
    func endpoints() throws {
        let text = #"{"subsets":[{"addresses":[{"ip":"1.1.1.1"},{"ip":"fd00::1"}],"ports":[{"port":80},{"port":81}]}]}"#
        #expect(try Self.cells(text, "endpoints")[1] == "1.1.1.1:80,[fd00::1]:80,1.1.1.1:81 + 1 more...")
    }

    @Test("flow schemas of a list stand in the order in which they match")
    func flowSchemas() throws {
        let objects: [JSON] = [
            ["metadata": ["name": "b"], "spec": ["matchingPrecedence": 2]],
            ["metadata": ["name": "c"], "spec": ["matchingPrecedence": 1]],
            ["metadata": ["name": "a"], "spec": ["matchingPrecedence": 2]],
        ]
        let table = ObjectTables.table(
            objects: objects, resource: try Self.resource("flowschemas", "flowcontrol.apiserver.k8s.io"),
            listMetadata: [:], now: Self.now)
        #expect((table["rows"]?.array ?? []).compactMap { $0["cells"]?[at: 0]?.string } == ["c", "a", "b"])
    }

    @Test("an unknown way to include objects is refused")
    func includeObject() {
        #expect(throws: StatusError.self) { try ObjectTables.IncludeObject(query: "Bogus") }
    }

    @Test("custom columns show the first value at their path, in the column's type")
    func customColumns() throws {
        let columns = try JSON.parse(
            #"""
            [{"name":"Order","type":"number","jsonPath":".spec.order"},
            {"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"},
            {"name":"First","type":"string","jsonPath":".spec.list[0]"},{"name":"All","type":"string","jsonPath":".spec.list"},
            {"name":"Last","type":"integer","jsonPath":".spec.list[-1]"},{"name":"None","type":"string","jsonPath":".spec.none.deeper"},
            {"name":"Dotted","type":"string","jsonPath":".metadata.labels.a\\.b"},
            {"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp","priority":1}]
            """#)
        let object = try JSON.parse(
            #"""
            {"metadata":{"name":"x","labels":{"a.b":"l"},"creationTimestamp":"2026-01-02T03:04:00Z"},"spec":{"order":1.5,"list":[7,8]},
            "status":{"conditions":[{"type":"Other","status":"False"},{"type":"Ready","status":"True"}]}}
            """#)
        let printer = TablePrinter(additionalColumns: columns.array ?? [])
        #expect(
            printer.cells(of: object, at: Self.now) == ["x", .double(1.5), "True", "7", "[7,8]", 8, .null, "l", "5s"])
        #expect(printer.columns.last?.priority == 1)
        #expect(TablePrinter(additionalColumns: []).columns.map(\.name) == ["Name", "Age"])
    }
}
