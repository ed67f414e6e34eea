import JSONValue
import NFTables
import NetworkPolicy
import ServiceRouting
import Testing

@Suite("from services and slices to ports") struct ServiceTableTests {
    static func service(_ spec: JSON, name: String = "web", labels: JSON = [:], status: JSON = [:]) -> JSON {
        ["metadata": ["name": .string(name), "namespace": "shop", "labels": labels], "spec": spec, "status": status]
    }

    static let plain: JSON = ["clusterIPs": ["10.96.0.10"], "ports": [["name": "http", "protocol": "TCP", "port": 80]]]

    static func slice(_ endpoints: JSON, name: String = "web-1", service: JSON = "web", type: JSON = "IPv4") -> JSON {
        [
            "metadata": ["name": .string(name), "namespace": "shop", "labels": ["kubernetes.io/service-name": service]], "addressType": type,
            "endpoints": endpoints, "ports": [["name": "http", "protocol": "TCP", "port": 8080]],
        ]
    }

    static func endpoint(_ address: String, node: JSON = "n1", _ conditions: JSON = ["ready": true]) -> JSON {
        ["addresses": [.string(address)], "nodeName": node, "conditions": conditions]
    }

    private func ports(_ service: JSON, _ slices: JSON...) -> [ServicePort] {
        var table = ServiceTable(node: "n1")
        for slice in slices { table.set(slice: slice) }
        table.set(service: service)
        let (gone, new) = table.takeChanges()
        #expect(gone.isEmpty)
        #expect(new == table.all)
        return new.sorted { $0.name < $1.name }
    }

    @Test("a service has its addresses and ports, and the pods that are ready")
    func simple() {
        let found = ports(
            Self.service(Self.plain),
            Self.slice([Self.endpoint("10.20.0.2"), Self.endpoint("10.20.0.1", node: "n2"), Self.endpoint("10.20.0.3", ["ready": false])]))
        #expect(found.map(\.name) == ["shop/web:http"])
        #expect(found.first?.addresses.map(\.description) == ["10.96.0.10"])
        #expect(found.first?.port == 80 && found.first?.transport == 6 && found.first?.nodePort == nil)
        #expect(found.first?.backends.map { "\($0.address):\($0.port) \($0.isLocal)" } == ["10.20.0.1:8080 false", "10.20.0.2:8080 true"])
    }

    @Test(
        "an endpoint's conditions say whether it is used, and whether only as the last resort",
        arguments: [
            ([:], true, false), (["ready": true], true, false), (["ready": false], false, false),
            (["ready": false, "serving": true, "terminating": true], true, true),
            (["ready": false, "serving": false, "terminating": true], false, false),
            (["ready": false, "serving": true], false, false), (["ready": true, "serving": true, "terminating": true], true, false),
        ] as [(JSON, Bool, Bool)])
    func conditions(_ conditions: JSON, isUsed: Bool, isLast: Bool) {
        let found = ports(Self.service(Self.plain), Self.slice([Self.endpoint("10.20.0.1", conditions)]))
        #expect(found.first?.backends.count == (isUsed ? 1 : 0))
        if isUsed { #expect(found.first?.backends.first?.isLast == isLast) }
    }

    @Test("headless services, names, those of another proxy and unknown protocols need nothing on the node")
    func nothing() {
        var headless = Self.plain
        headless["clusterIPs"] = ["None"]
        var external = Self.plain
        external["type"] = "ExternalName"
        var strange = Self.plain
        strange["ports"] = [["port": 80, "protocol": "DCCP"]]
        for spec in [headless, external, strange] { #expect(ports(Self.service(spec)).isEmpty) }
        #expect(ports(Self.service(Self.plain, labels: ["service.kubernetes.io/service-proxy-name": "other"])).isEmpty)
    }

    @Test("both families, node port, policies, affinity, external addresses and a balancer's are read")
    func whole() {
        let spec: JSON = [
            "type": "LoadBalancer", "clusterIPs": ["10.96.0.10", "fd96::10"], "externalIPs": ["192.0.2.7"],
            "externalTrafficPolicy": "Local", "internalTrafficPolicy": "Local", "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 60]], "loadBalancerSourceRanges": ["198.51.100.0/24", "nonsense"],
            "ports": [["port": 53, "protocol": "UDP", "nodePort": 30053], ["name": "t", "port": 53, "nodePort": 30054]],
        ]
        let status: JSON = ["loadBalancer": ["ingress": [["ip": "203.0.113.1"], ["ip": "203.0.113.2", "ipMode": "Proxy"], ["hostname": "x"]]]]
        let found = ports(Self.service(spec, status: status))
        #expect(found.map(\.name) == ["shop/web:53", "shop/web:t"])
        let first = found.first
        #expect(first?.transport == 17 && first?.nodePort == 30053 && first?.affinity == 60)
        #expect(first?.addresses.count == 2 && first?.externalAddresses.count == 1)
        #expect(first?.balancerAddresses.map(\.description) == ["203.0.113.1"])
        #expect(first?.sourceRanges?.map(\.description) == ["198.51.100.0/24"])
        #expect(first?.isLocalOnly == true && first?.keepsInternalTrafficLocal == true)
    }

    @Test("ranges that cannot be read let nobody in")
    func unreadableRanges() {
        var spec = Self.plain
        spec["type"] = "LoadBalancer"
        spec["loadBalancerSourceRanges"] = ["everywhere"]
        #expect(ports(Self.service(spec)).first?.sourceRanges == [])
    }

    @Test("an endpoint in two slices is one backend, ready when either says so; slices of names are no backends")
    func duplicates() {
        let found = ports(
            Self.service(Self.plain),
            Self.slice([Self.endpoint("10.20.0.1", ["ready": false, "serving": true, "terminating": true])]),
            Self.slice([Self.endpoint("10.20.0.1")], name: "web-2"), Self.slice([Self.endpoint("x.example")], name: "web-3", type: "FQDN"))
        #expect(found.first?.backends == [ServicePort.Backend(address: IPAddress("10.20.0.1") ?? .init(family: .v4, high: 0, low: 0), port: 8080)])
    }

    @Test("a change tells the ports of its service and no others")
    func changes() {
        var table = ServiceTable(node: "n1")
        table.set(service: Self.service(Self.plain))
        table.set(service: Self.service(Self.plain, name: "other"))
        #expect(table.takeChanges().new.count == 2)
        // What decides nothing changes nothing.
        table.set(service: Self.service(Self.plain, labels: ["a": "b"]))
        #expect(table.takeChanges().new.isEmpty)
        table.set(slice: Self.slice([Self.endpoint("10.20.0.1")]))
        let added = table.takeChanges()
        #expect(added.gone.map(\.name) == ["shop/web:http"] && added.new.map(\.name) == ["shop/web:http"])
        // A slice that changes hands changes both services.
        table.set(slice: Self.slice([Self.endpoint("10.20.0.1")], service: "other"))
        #expect(table.takeChanges().new.map(\.name).sorted() == ["shop/other:http", "shop/web:http"])
        table.remove(slice: "shop/web-1")
        #expect(table.takeChanges().new.map(\.backends.count) == [0])
        table.remove(service: "shop/web")
        table.remove(service: "shop/other")
        let last = table.takeChanges()
        #expect(last.gone.count == 2 && last.new.isEmpty && table.all.isEmpty)
    }
}
