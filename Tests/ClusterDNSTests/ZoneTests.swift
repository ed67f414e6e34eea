import Fuzzing
import JSONValue
import NetworkPolicy
import Testing

@testable import ClusterDNS

@Suite("Names of a cluster") struct ZoneTests {
    static func service(_ namespace: String, _ name: String, _ spec: JSON) -> JSON {
        ["metadata": ["namespace": .string(namespace), "name": .string(name)], "spec": spec]
    }
    static func slice(_ namespace: String, _ name: String, of service: String, type: String = "IPv4", ports: JSON = [], _ endpoints: [JSON]) -> JSON {
        [
            "metadata": [
                "namespace": .string(namespace), "name": .string(name), "labels": ["kubernetes.io/service-name": .string(service)],
            ],
            "addressType": .string(type), "ports": ports, "endpoints": .array(endpoints),
        ]
    }
    static func endpoint(_ address: String, ready: Bool? = true, hostname: String? = nil) -> JSON {
        var entry: JSON = ["addresses": [.string(address)], "conditions": [:]]
        if let ready { entry[path: "conditions", "ready"] = .bool(ready) }
        if let hostname { entry["hostname"] = .string(hostname) }
        return entry
    }
    static func pod(_ namespace: String, _ name: String, _ addresses: [String], phase: String = "Running") -> JSON {
        [
            "metadata": ["namespace": .string(namespace), "name": .string(name)],
            "status": [
                "phase": .string(phase), "podIP": .string(addresses.first ?? ""), "podIPs": .array(addresses.map { ["ip": .string($0)] }),
            ],
        ]
    }

    static let ports: JSON = [["name": "http", "port": 80], ["name": "dns", "port": 53, "protocol": "UDP"], ["port": 9]]
    static let slicePorts: JSON = [["name": "http", "port": 8080, "protocol": "TCP"], ["name": "dns", "port": 5353, "protocol": "UDP"]]

    static func zone(synced: Bool = true) -> ClusterZone {
        var zone = ClusterZone(
            ClusterZone.Configuration(
                domain: DNSName("cluster.local")!, ranges: ["10.96.0.0/16", "10.244.0.0/16", "fd00:96::/112"].compactMap { IPNetwork($0) }))
        let services = [
            service("shop", "web", ["clusterIP": "10.96.0.20", "clusterIPs": ["10.96.0.20", "fd00:96::20"], "ports": ports]),
            service("shop", "db", ["clusterIP": "None", "ports": ports]),
            service("shop", "early", ["clusterIP": "None", "publishNotReadyAddresses": true]),
            service("shop", "empty", ["clusterIP": "None"]), service("shop", "waits", ["clusterIP": ""]),
            service("shop", "out", ["type": "ExternalName", "externalName": "www.example.com"]),
            service("shop", "in", ["type": "ExternalName", "externalName": "web.shop.svc.cluster.local."]),
            service("shop", "circle", ["type": "ExternalName", "externalName": "circle.shop.svc.cluster.local"]),
            service("shop", "bad", ["type": "ExternalName", "externalName": "a..b"]),
        ]
        let slices = [
            slice(
                "shop", "db-1", of: "db", ports: slicePorts,
                [endpoint("10.244.0.1", hostname: "db-0"), endpoint("10.244.0.2", hostname: "db-1"), endpoint("10.244.0.3", ready: false)]),
            slice("shop", "db-2", of: "db", type: "IPv6", ports: slicePorts, [endpoint("fd00::1", hostname: "db-0"), endpoint("fd00::9", ready: nil)]),
            slice("shop", "early-1", of: "early", [endpoint("10.244.0.4", ready: false)]),
            slice("shop", "web-1", of: "web", ports: slicePorts, [endpoint("10.244.0.1", hostname: "h")]),
            slice("shop", "names", of: "db", type: "FQDN", [endpoint("evil.example")]),
        ]
        let pods = [
            pod("shop", "a", ["10.244.0.1", "fd00::1"]), pod("shop", "b", ["10.244.0.2"]), pod("shop", "over", ["10.244.0.77"], phase: "Succeeded"),
            pod("other", "c", ["10.244.0.5"]),
        ]
        guard synced else {
            for item in services { zone.put(.service, item) }
            return zone
        }
        zone.replace(.service, with: services)
        zone.replace(.endpointSlice, with: slices)
        zone.replace(.pod, with: pods)
        return zone
    }

    /// The answer in words: the code, and each record.
    static func words(_ resolution: DNSResolution) -> [String] {
        func text(_ record: DNSRecord) -> String {
            switch record.data {
            case .address(let address): "\(record.type == .a ? "A" : "AAAA") \(address)"
            case .canonicalName(let name): "CNAME \(name)"
            case .pointer(let name): "PTR \(name)"
            case .nameServer(let name): "NS \(name)"
            case .service(let priority, let weight, let port, let target): "SRV \(priority) \(weight) \(port) \(target)"
            case .text(let texts): "TXT " + texts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
            case .authority: "SOA \(record.name)"
            case .mailExchange(_, let name): "MX \(name)"
            case .opaque(let type, _): "TYPE\(type.rawValue)"
            }
        }
        switch resolution {
        case .forward: return ["forward"]
        case .alias(let records, let target): return records.map(text) + ["then \(target)"]
        case .answer(let answer):
            let codes: [DNSResponseCode: String] = [.nameError: "NXDOMAIN", .serverFailure: "SERVFAIL", .refused: "REFUSED"]
            let records = answer.answers.map(text)
            if answer.code == .noError { return records.isEmpty ? ["NODATA"] : records }
            return [codes[answer.code] ?? "\(answer.code)"] + records
        }
    }

    private static func answer(_ name: String, _ type: DNSType) throws -> DNSAnswer {
        let resolution = zone().answer(DNSQuestion(try #require(DNSName(name)), type))
        let answer: DNSAnswer? = if case .answer(let answer) = resolution { answer } else { nil }
        return try #require(answer)
    }

    static func ask(_ zone: ClusterZone, _ name: String, _ type: DNSType, rotation: Int = 0) -> [String] {
        guard let name = DNSName(name) else { return ["no name"] }
        return words(zone.answer(DNSQuestion(name, type), rotation: rotation))
    }

    @Test(
        "each name of the specification has its records, and no other has any",
        arguments: [
            // 2.2: the version.
            ("dns-version.cluster.local", .txt, ["TXT 1.1.0"]), ("dns-version.cluster.local", .a, ["NODATA"]),
            // 2.3: services with an address.
            ("web.shop.svc.cluster.local", .a, ["A 10.96.0.20"]), ("WEB.Shop.SVC.cluster.LOCAL", .a, ["A 10.96.0.20"]),
            ("web.shop.svc.cluster.local", .aaaa, ["AAAA fd00:96::20"]), ("web.shop.svc.cluster.local", .txt, ["NODATA"]),
            ("_http._tcp.web.shop.svc.cluster.local", .srv, ["SRV 0 100 80 web.shop.svc.cluster.local."]),
            ("_dns._udp.web.shop.svc.cluster.local", .srv, ["SRV 0 100 53 web.shop.svc.cluster.local."]),
            ("_dns._tcp.web.shop.svc.cluster.local", .srv, ["NXDOMAIN"]), ("_http._tcp.web.shop.svc.cluster.local", .a, ["NODATA"]),
            ("_tcp.web.shop.svc.cluster.local", .srv, ["NODATA"]), ("_sctp.web.shop.svc.cluster.local", .srv, ["NXDOMAIN"]),
            ("http.tcp.web.shop.svc.cluster.local", .srv, ["NXDOMAIN"]), ("h.web.shop.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("20.0.96.10.in-addr.arpa", .ptr, ["PTR web.shop.svc.cluster.local."]),
            ("0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa", .ptr, ["PTR web.shop.svc.cluster.local."]),
            // 2.4: headless services.
            ("db.shop.svc.cluster.local", .a, ["A 10.244.0.1", "A 10.244.0.2"]), ("db.shop.svc.cluster.local", .aaaa, ["AAAA fd00::1", "AAAA fd00::9"]),
            ("db-0.db.shop.svc.cluster.local", .a, ["A 10.244.0.1"]), ("db-0.db.shop.svc.cluster.local", .aaaa, ["AAAA fd00::1"]),
            ("db-1.db.shop.svc.cluster.local", .aaaa, ["NODATA"]), ("db-2.db.shop.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("10-244-0-3.db.shop.svc.cluster.local", .a, ["NXDOMAIN"]), ("fd00--9.db.shop.svc.cluster.local", .aaaa, ["AAAA fd00::9"]),
            ("x.db-0.db.shop.svc.cluster.local", .a, ["NXDOMAIN"]),
            (
                "_http._tcp.db.shop.svc.cluster.local", .srv,
                ["SRV 0 100 8080 db-0.db.shop.svc.cluster.local.", "SRV 0 100 8080 db-1.db.shop.svc.cluster.local.", "SRV 0 100 8080 fd00--9.db.shop.svc.cluster.local."]
            ),
            ("_udp.db.shop.svc.cluster.local", .srv, ["NODATA"]), ("_x._tcp.db.shop.svc.cluster.local", .srv, ["NXDOMAIN"]),
            ("1.0.244.10.in-addr.arpa", .ptr, ["PTR db-0.db.shop.svc.cluster.local."]), ("3.0.244.10.in-addr.arpa", .ptr, ["NXDOMAIN"]),
            ("early.shop.svc.cluster.local", .a, ["A 10.244.0.4"]), ("4.0.244.10.in-addr.arpa", .ptr, ["PTR 10-244-0-4.early.shop.svc.cluster.local."]),
            ("empty.shop.svc.cluster.local", .a, ["NODATA"]), ("waits.shop.svc.cluster.local", .a, ["NODATA"]),
            // 2.5: names elsewhere.
            ("out.shop.svc.cluster.local", .a, ["CNAME www.example.com.", "then www.example.com."]),
            ("out.shop.svc.cluster.local", .cname, ["CNAME www.example.com."]), ("x.out.shop.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("in.shop.svc.cluster.local", .a, ["CNAME web.shop.svc.cluster.local.", "A 10.96.0.20"]),
            ("in.shop.svc.cluster.local", .mx, ["CNAME web.shop.svc.cluster.local."]), ("bad.shop.svc.cluster.local", .a, ["NODATA"]),
            // Pods, only those that are.
            ("10-244-0-1.shop.pod.cluster.local", .a, ["A 10.244.0.1"]), ("10-244-0-1.shop.pod.cluster.local", .aaaa, ["NODATA"]),
            ("fd00--1.shop.pod.cluster.local", .aaaa, ["AAAA fd00::1"]), ("10-244-0-1.other.pod.cluster.local", .a, ["NXDOMAIN"]),
            ("10-244-0-5.other.pod.cluster.local", .a, ["A 10.244.0.5"]), ("10-244-0-77.shop.pod.cluster.local", .a, ["NXDOMAIN"]),
            ("010-244-0-1.shop.pod.cluster.local", .a, ["NXDOMAIN"]), ("8-8-8-8.shop.pod.cluster.local", .a, ["NXDOMAIN"]),
            ("a.shop.pod.cluster.local", .a, ["NXDOMAIN"]),
            // Names on the way.
            ("cluster.local", .soa, ["SOA cluster.local."]), ("cluster.local", .ns, ["NS kube-dns.kube-system.svc.cluster.local."]),
            ("cluster.local", .a, ["NODATA"]), ("svc.cluster.local", .a, ["NODATA"]), ("shop.svc.cluster.local", .a, ["NODATA"]),
            ("none.svc.cluster.local", .a, ["NXDOMAIN"]), ("pod.cluster.local", .a, ["NODATA"]), ("other.pod.cluster.local", .a, ["NODATA"]),
            ("none.pod.cluster.local", .a, ["NXDOMAIN"]), ("web.none.svc.cluster.local", .a, ["NXDOMAIN"]), ("none.shop.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("www.example.com.shop.svc.cluster.local", .a, ["NXDOMAIN"]), ("*.shop.svc.cluster.local", .a, ["NXDOMAIN"]), ("web.cluster.local", .a, ["NXDOMAIN"]),
            // Names of others, and names of nobody.
            ("www.example.com", .a, ["forward"]), (".", .ns, ["forward"]), ("local", .a, ["forward"]), ("cluster.local.example", .a, ["forward"]),
            ("1.0.0.9.in-addr.arpa", .ptr, ["forward"]), ("10.in-addr.arpa", .ptr, ["forward"]), ("arpa", .ns, ["forward"]),
            ("99.99.96.10.in-addr.arpa", .ptr, ["NXDOMAIN"]), ("96.10.in-addr.arpa", .ptr, ["NODATA"]), ("1.96.10.in-addr.arpa", .ptr, ["NODATA"]),
            ("x.20.0.96.10.in-addr.arpa", .ptr, ["NXDOMAIN"]), ("x.96.10.in-addr.arpa", .ptr, ["NXDOMAIN"]), ("020.0.96.10.in-addr.arpa", .ptr, ["NXDOMAIN"]),
            ("localhost", .a, ["A 127.0.0.1"]), ("a.localhost", .aaaa, ["AAAA ::1"]), ("x.invalid", .a, ["NXDOMAIN"]), ("x.onion", .a, ["NXDOMAIN"]),
            // Questions that are not for data.
            ("web.shop.svc.cluster.local", .any, ["TYPE13"]), ("none.shop.svc.cluster.local", .any, ["NXDOMAIN"]), ("www.example.com", .any, ["TYPE13"]),
            ("cluster.local", .axfr, ["REFUSED"]), ("www.example.com", .axfr, ["REFUSED"]), ("www.example.com", .ixfr, ["REFUSED"]),
        ] as [(String, DNSType, [String])])
    func specification(name: String, type: DNSType, expected: [String]) {
        #expect(Self.ask(Self.zone(), name, type) == expected)
    }

    @Test("aliases that go in a circle end")
    func circle() {
        #expect(Self.ask(Self.zone(), "circle.shop.svc.cluster.local", .a).first == "SERVFAIL")
    }

    @Test("an absence says whose it is and for how long it holds")
    func absence() throws {
        for (name, zone) in [
            ("none.shop.svc.cluster.local", "cluster.local."), ("9.9.96.10.in-addr.arpa", "96.10.in-addr.arpa."), ("x.invalid", "invalid."),
            ("svc.cluster.local", "cluster.local."),
        ] {
            let answer = try Self.answer(name, .a)
            #expect(answer.isAuthoritative && answer.authority.map(\.name.description) == [zone] && answer.authority.map(\.timeToLive) == [5])
            #expect(answer.authority.map(\.type) == [.soa])
        }
    }

    @Test("the place of a port comes with the addresses of its targets")
    func additional() throws {
        let answer = try Self.answer("_dns._udp.db.shop.svc.cluster.local", .srv)
        #expect(
            Set(answer.additional.map { "\($0.name) \($0.data)" }).count == 4
                && answer.additional.contains { $0.name == DNSName("db-0.db.shop.svc.cluster.local") && $0.type == .aaaa })
    }

    @Test("another class is refused, and nothing is said of names before all have been heard of")
    func refusals() throws {
        let name = try #require(DNSName("web.shop.svc.cluster.local"))
        #expect(Self.words(Self.zone().answer(DNSQuestion(name, .txt, questionClass: 3))) == ["REFUSED"])
        let early = Self.zone(synced: false)
        #expect(Self.ask(early, "web.shop.svc.cluster.local", .a) == ["SERVFAIL"])
        #expect(Self.ask(early, "none.shop.svc.cluster.local", .a) == ["SERVFAIL"] && Self.ask(early, "20.0.96.10.in-addr.arpa", .ptr) == ["SERVFAIL"])
        #expect(Self.ask(early, "www.example.com", .a) == ["forward"] && Self.ask(early, "localhost", .a) == ["A 127.0.0.1"])
    }

    @Test("each asker begins at another address of a headless service")
    func rotation() {
        let firsts = Set((0..<8).map { Self.ask(Self.zone(), "db.shop.svc.cluster.local", .a, rotation: $0).first })
        #expect(firsts == ["A 10.244.0.1", "A 10.244.0.2"])
        #expect(Self.ask(Self.zone(), "db.shop.svc.cluster.local", .a, rotation: -7).count == 2)
    }

    @Test("an object that changes or goes takes its names with it")
    func changes() {
        var zone = Self.zone()
        zone.put(.service, Self.service("shop", "web", ["clusterIP": "10.96.0.30"]))
        #expect(Self.ask(zone, "web.shop.svc.cluster.local", .a) == ["A 10.96.0.30"] && Self.ask(zone, "20.0.96.10.in-addr.arpa", .ptr) == ["NXDOMAIN"])
        zone.put(.endpointSlice, Self.slice("shop", "db-1", of: "db", [Self.endpoint("10.244.0.8")]))
        #expect(Self.ask(zone, "db.shop.svc.cluster.local", .a) == ["A 10.244.0.8"] && Self.ask(zone, "db-1.db.shop.svc.cluster.local", .a) == ["NXDOMAIN"])
        zone.remove(.endpointSlice, namespace: "shop", name: "db-1")
        #expect(Self.ask(zone, "db.shop.svc.cluster.local", .a) == ["NODATA"] && Self.ask(zone, "8.0.244.10.in-addr.arpa", .ptr) == ["NXDOMAIN"])
        zone.put(.pod, Self.pod("shop", "a", ["10.244.0.1"], phase: "Failed"))
        #expect(Self.ask(zone, "10-244-0-1.shop.pod.cluster.local", .a) == ["NXDOMAIN"])
        zone.replace(.service, with: [])
        #expect(Self.ask(zone, "shop.svc.cluster.local", .a) == ["NXDOMAIN"])
        zone.replace(.pod, with: [])
        #expect(Self.ask(zone, "other.pod.cluster.local", .a) == ["NXDOMAIN"])
    }

    @Test("what a zone answers depends on its last objects, not on the way to them", arguments: 0..<24)
    func pathDoesNotMatter(seed: UInt64) {
        var random = Seeded(seed)
        var walked = Self.zone()
        var last: [String: (ClusterZone.Kind, JSON)] = [:]
        for item in ["web", "db", "early", "empty", "waits", "out", "in", "circle", "bad"] { walked.remove(.service, namespace: "shop", name: item) }
        for item in ["db-1", "db-2", "early-1", "web-1", "names"] { walked.remove(.endpointSlice, namespace: "shop", name: item) }
        for (namespace, name) in [("shop", "a"), ("shop", "b"), ("shop", "over"), ("other", "c")] { walked.remove(.pod, namespace: namespace, name: name) }
        func any(_ count: Int) -> Int { random.below(count) }
        for _ in 0..<200 {
            let namespace = ["a", "b"][any(2)]
            let name = "n\(any(3))"
            let address = "10.244.0.\(any(4))"
            let object: (ClusterZone.Kind, JSON) =
                switch any(3) {
                case 0: (.service, Self.service(namespace, name, ["clusterIP": .string(["None", address, ""][any(3)]), "ports": Self.ports]))
                case 1:
                    (
                        .endpointSlice,
                        Self.slice(
                            namespace, name, of: "n\(any(3))", ports: Self.slicePorts,
                            (0..<any(3)).map { _ in Self.endpoint("10.244.0.\(any(4))", ready: any(2) == 0, hostname: any(2) == 0 ? "h\(any(2))" : nil) })
                    )
                default: (.pod, Self.pod(namespace, name, [address]))
                }
            if any(3) == 0 {
                walked.remove(object.0, namespace: namespace, name: name)
                last["\(object.0)/\(namespace)/\(name)"] = nil
            } else {
                walked.put(object.0, object.1)
                last["\(object.0)/\(namespace)/\(name)"] = object
            }
        }
        var straight = Self.zone()
        for kind in ClusterZone.Kind.allCases { straight.replace(kind, with: last.values.filter { $0.0 == kind }.map(\.1)) }
        for namespace in ["a", "b"] {
            for name in ["", "n0.", "n1.", "n2.", "h0.n0.", "h1.n1.", "10-244-0-1.n2.", "_http._tcp.n0.", "_tcp.n1."] {
                for type in [DNSType.a, .srv] {
                    let full = "\(name)\(namespace).svc.cluster.local"
                    #expect(Self.ask(walked, full, type) == Self.ask(straight, full, type), "seed \(seed): \(full)")
                }
            }
            for part in 0..<4 {
                #expect(Self.ask(walked, "10-244-0-\(part).\(namespace).pod.cluster.local", .a) == Self.ask(straight, "10-244-0-\(part).\(namespace).pod.cluster.local", .a))
                #expect(Self.ask(walked, "\(part).0.244.10.in-addr.arpa", .ptr) == Self.ask(straight, "\(part).0.244.10.in-addr.arpa", .ptr))
            }
        }
    }
}
