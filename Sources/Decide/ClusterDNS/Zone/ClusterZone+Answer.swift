import NetworkPolicy

/// What is to become of a question.
public enum DNSResolution: Hashable, Sendable {
    /// This is the answer.
    case answer(DNSAnswer)
    /// The name is an alias of a name elsewhere: these records, and then what `target` has.
    case alias([DNSRecord], target: DNSName)
    /// The name is none of ours: upstream resolvers know.
    case forward
}

/// An answer before it is a message.
public struct DNSAnswer: Hashable, Sendable {
    /// How it was answered.
    public var code: DNSResponseCode
    /// Whether we hold the zone.
    public var isAuthoritative: Bool
    /// The records that answer.
    public var answers: [DNSRecord]
    /// The start of the zone, when there is no answer.
    public var authority: [DNSRecord]
    /// Addresses of the names in the answer.
    public var additional: [DNSRecord]
    /// Why, for people.
    public var explanation: DNSExtendedError?

    /// An answer.
    public init(
        _ code: DNSResponseCode = .noError, isAuthoritative: Bool = true, answers: [DNSRecord] = [], authority: [DNSRecord] = [],
        additional: [DNSRecord] = [], explanation: DNSExtendedError? = nil
    ) {
        self.code = code
        self.isAuthoritative = isAuthoritative
        self.answers = answers
        self.authority = authority
        self.additional = additional
        self.explanation = explanation
    }

    /// A refusal with its reason.
    public static func refusal(_ code: DNSResponseCode, _ explanation: DNSExtendedError?) -> DNSAnswer {
        DNSAnswer(code, isAuthoritative: false, explanation: explanation)
    }
}

extension ClusterZone {
    /// How many aliases are followed within the cluster.
    private static let mostAliases = 8
    /// The most records of an answer; those of more would have no room in any message.
    static let mostRecords = 4096

    /// Answers a question, or says who can.
    ///
    /// - Parameters:
    ///   - question: as the client asked it.
    ///   - rotation: any number; addresses of a headless service begin at another one for each.
    /// - Returns: the answer, the way to it, or that others have it; SERVFAIL for our names while the zone is not
    ///   synchronised.
    public func answer(_ question: DNSQuestion, rotation: Int = 0) -> DNSResolution {
        if question.questionClass != 1 { return .answer(.refusal(.refused, .notSupported)) }
        if question.type.isMeta, question.type != .any { return .answer(.refusal(.refused, .notSupported)) }
        let labels = question.name.labels
        guard let place = place(labels, question.name) else {
            if question.type == .any { return .answer(DNSAnswer(isAuthoritative: false, answers: [Self.minimal(question.name, timeToLive: 3600)])) }
            return .forward
        }
        return resolve(place, question, rotation: rotation, aliases: [])
    }

    /// Whether the name is answered here and never elsewhere.
    public func owns(_ name: DNSName) -> Bool { place(name.labels, name) != nil }

    // MARK: Where a name lies

    private enum Place {
        /// Labels before the domain, the leftmost first.
        case cluster(ArraySlice<String>)
        case reverse(ReverseName.Meaning)
        /// `localhost` and below (RFC 6761 section 6.3).
        case loopback(isItself: Bool)
        /// Names that exist nowhere (RFC 6761 section 6.4, RFC 7686).
        case nowhere
    }

    private func place(_ labels: [String], _ name: DNSName) -> Place? {
        if name.isWithin(configuration.domain) { return .cluster(labels.dropLast(domainLabels)) }
        switch labels.last {
        case "arpa":
            guard let meaning = ReverseName.read(labels) else { return nil }
            switch meaning {
            case .address(let address):
                let isOurs = configuration.ranges.contains { $0.contains(address) } || !pointers(address).isEmpty
                return isOurs ? .reverse(meaning) : nil
            case .network(let network), .below(let network):
                return configuration.ranges.contains { $0.contains(network) } ? .reverse(meaning) : nil
            }
        case "localhost": return .loopback(isItself: true)
        case "invalid", "onion": return .nowhere
        default: return nil
        }
    }

    // MARK: What is there

    /// What a name has: all its records that are of the type or an alias.
    private enum Content {
        case none
        case exists
        case records([DNSRecord], additional: [DNSRecord])
        case alias(DNSName)
    }

    private func resolve(_ place: Place, _ question: DNSQuestion, rotation: Int, aliases: [DNSRecord]) -> DNSResolution {
        if !isSynced {
            switch place {
            case .cluster, .reverse: return .answer(.refusal(.serverFailure, .notReady))
            case .loopback, .nowhere: break
            }
        }
        let content: Content
        switch place {
        case .cluster(let labels): content = self.content(labels, question, rotation: rotation)
        case .reverse(.address(let address)):
            content = self.content(pointers(address).map { DNSRecord(name: question.name, data: .pointer($0), timeToLive: ttl) }, question.type)
        case .reverse(.network): content = .exists
        case .reverse(.below), .nowhere: content = .none
        case .loopback: content = self.content(Self.loopback.map { DNSRecord(name: question.name, data: .address($0), timeToLive: 86400) }, question.type)
        }
        switch content {
        case .none: return .answer(DNSAnswer(.nameError, answers: aliases, authority: [start(of: place, question.name)]))
        case .exists: return .answer(DNSAnswer(answers: aliases, authority: [start(of: place, question.name)]))
        case .records(let records, let additional): return .answer(DNSAnswer(answers: aliases + records, additional: additional))
        case .alias(let target):
            let record = DNSRecord(name: question.name, data: .canonicalName(target), timeToLive: ttl)
            let chain = aliases + [record]
            if question.type == .cname || question.type == .any { return .answer(DNSAnswer(answers: chain)) }
            // A circle of aliases ends here; the records so far are true.
            if chain.count > Self.mostAliases { return .answer(DNSAnswer(.serverFailure, answers: chain)) }
            guard let next = self.place(target.labels, target) else { return .alias(chain, target: target) }
            return resolve(next, DNSQuestion(target, question.type), rotation: rotation, aliases: chain)
        }
    }

    private func content(_ records: [DNSRecord], _ type: DNSType, additional: [DNSRecord] = []) -> Content {
        guard let first = records.first else { return .none }
        if type == .any { return .records([Self.minimal(first.name, timeToLive: first.timeToLive)], additional: []) }
        let fitting = records.filter { $0.type == type }
        return fitting.isEmpty ? .exists : .records(fitting, additional: additional)
    }

    private func content(_ labels: ArraySlice<String>, _ question: DNSQuestion, rotation: Int) -> Content {
        let name = question.name
        func record(_ data: DNSData) -> DNSRecord { DNSRecord(name: name, data: data, timeToLive: ttl) }
        let labels = Array(labels)
        switch (labels.last, labels.count) {
        case (nil, _):
            return content([start(name, timeToLive: ttl), record(.nameServer(server))], question.type)
        case ("dns-version", 1): return content([record(.text([Array(Self.specification.utf8)]))], question.type)
        case ("svc", 1), ("pod", 1): return .exists
        case ("pod", 2): return hasPods(in: labels[0]) ? .exists : .none
        case ("pod", 3):
            guard let address = SliceEntry.address(label: labels[0]), hasPod(address, in: labels[1]) else { return .none }
            return content([record(.address(address))], question.type)
        case ("svc", 2): return hasServices(in: labels[0]) ? .exists : .none
        case ("svc", 3...):
            let key = ObjectKey(namespace: labels[labels.count - 2], name: labels[labels.count - 3])
            guard let service = services[key] else { return .none }
            return content(of: service, key, Array(labels.dropLast(3)), question, rotation: rotation)
        default: return .none
        }
    }

    /// What there is at a name below a service; `prefix` has the labels before the service's name.
    private func content(of service: ServiceEntry, _ key: ObjectKey, _ prefix: [String], _ question: DNSQuestion, rotation: Int) -> Content {
        switch (service.kind, prefix.count) {
        case (.nothing, 0): return .exists
        case (.external(let target), 0): return .alias(target)
        case (.nothing, _), (.external, _): return .none
        case (.clusterIP(let addresses), 0):
            return self.content(addresses.map { DNSRecord(name: question.name, data: .address($0), timeToLive: ttl) }, question.type)
        case (.headless, 0): return headless(slices(of: key), service, host: nil, question, rotation: rotation)
        case (.headless, 1) where !prefix[0].hasPrefix("_"):
            let slices = slices(of: key, host: prefix[0])
            let hasHost = slices.contains { $0.endpoints.contains { $0.host == prefix[0] && ($0.isReady || service.publishesNotReady) } }
            return hasHost ? headless(slices, service, host: prefix[0], question, rotation: rotation) : .none
        case (_, 1):
            // `_tcp` exists when a named port of it does.
            let transport = prefix[0].dropFirst()
            return prefix[0].hasPrefix("_") && ports(of: service, key).contains { $0.transport == transport } ? .exists : .none
        case (_, 2) where prefix[0].hasPrefix("_") && prefix[1].hasPrefix("_"):
            return places(of: service, key, port: String(prefix[0].dropFirst()), transport: String(prefix[1].dropFirst()), question)
        default: return .none
        }
    }

    // MARK: Endpoints

    private func endpoints(_ slices: [SliceEntry], _ service: ServiceEntry, host: String?) -> [SliceEntry.Endpoint] {
        var found: [SliceEntry.Endpoint] = []
        for slice in slices {
            for endpoint in slice.endpoints where endpoint.isReady || service.publishesNotReady {
                if let host, endpoint.host != host { continue }
                found.append(endpoint)
            }
        }
        return found
    }

    private func headless(_ slices: [SliceEntry], _ service: ServiceEntry, host: String?, _ question: DNSQuestion, rotation: Int) -> Content {
        var seen: Set<IPAddress> = []
        var addresses: [IPAddress] = []
        for endpoint in endpoints(slices, service, host: host) {
            for address in endpoint.addresses where (address.family == .v4 ? DNSType.a : .aaaa) == question.type || question.type == .any {
                if seen.insert(address).inserted { addresses.append(address) }
            }
        }
        if addresses.isEmpty { return .exists }
        let first = Int(UInt(bitPattern: rotation) % UInt(addresses.count))
        let turned = (addresses[first...] + addresses[..<first]).prefix(Self.mostRecords)
        return content(turned.map { DNSRecord(name: question.name, data: .address($0), timeToLive: ttl) }, question.type)
    }

    private func ports(of service: ServiceEntry, _ key: ObjectKey) -> [ServiceEntry.Port] {
        service.kind == .headless ? service.ports + slices(of: key).flatMap(\.ports) : service.ports
    }

    /// Where a named port is: one record for a service with an address, and one for each endpoint of a headless one.
    private func places(of service: ServiceEntry, _ key: ObjectKey, port: String, transport: String, _ question: DNSQuestion) -> Content {
        var records: [DNSRecord] = []
        var additional: [DNSRecord] = []
        func add(_ number: UInt16, _ target: DNSName, _ addresses: [IPAddress]) {
            records.append(
                DNSRecord(name: question.name, data: .service(priority: 0, weight: 100, port: number, target: target), timeToLive: ttl))
            additional += addresses.map { DNSRecord(name: target, data: .address($0), timeToLive: ttl) }
        }
        func isMeant(_ entry: ServiceEntry.Port) -> Bool { entry.name == port && entry.transport == transport }
        if case .clusterIP(let addresses) = service.kind {
            if let found = service.ports.first(where: isMeant), let target = name([key.name, key.namespace, "svc"]) { add(found.number, target, addresses) }
            return content(records, question.type, additional: additional)
        }
        var seen: [String: Set<UInt16>] = [:]
        for slice in slices(of: key) {
            // A slice says which number the port has on its pods.
            guard let number = slice.ports.first(where: isMeant)?.number else { continue }
            for endpoint in endpoints([slice], service, host: nil) where records.count < Self.mostRecords {
                guard let target = name([endpoint.host, key.name, key.namespace, "svc"]) else { continue }
                if seen[endpoint.host, default: []].insert(number).inserted {
                    add(number, target, endpoint.addresses)
                } else {
                    additional += endpoint.addresses.map { DNSRecord(name: target, data: .address($0), timeToLive: ttl) }
                }
            }
        }
        if records.isEmpty { return ports(of: service, key).contains(where: isMeant) ? .exists : .none }
        return content(records, question.type, additional: additional)
    }

    /// The names of an address: of the service that has it, or else of the endpoints of headless services.
    private func pointers(_ address: IPAddress) -> [DNSName] {
        let owners = servicesWith(address)
        if !owners.isEmpty { return owners.compactMap { name([$0.name, $0.namespace, "svc"]) } }
        var names: [DNSName] = []
        for slice in slices(with: address) {
            guard let service = services[slice.service], service.kind == .headless else { continue }
            for endpoint in endpoints([slice], service, host: nil) where endpoint.addresses.contains(address) {
                guard let name = name([endpoint.host, slice.service.name, slice.service.namespace, "svc"]) else { continue }
                if !names.contains(name) { names.append(name) }
            }
        }
        return names
    }

    // MARK: Records of the zone

    private var ttl: UInt32 { configuration.timeToLive }
    private static let loopback = [IPAddress(family: .v4, high: 0, low: 0x7F00_0001), IPAddress(family: .v6, high: 0, low: 1)]

    private func name(_ labels: [String]) -> DNSName? {
        guard let prefix = DNSName(labels: labels), prefix.wire.count - 1 + configuration.domain.wire.count <= DNSName.longest else { return nil }
        return DNSName(wire: prefix.wire.dropLast() + configuration.domain.wire)
    }

    private var server: DNSName { name(["kube-dns", "kube-system", "svc"]) ?? configuration.domain }

    /// The start of the zone that a name is in, which says for how long an absence holds (RFC 2308 section 3).
    private func start(of place: Place, _ name: DNSName) -> DNSRecord {
        let labels: Int
        switch place {
        case .cluster: labels = domainLabels
        case .loopback, .nowhere: labels = 1
        // The range that holds the name, or rather the shortest name that ends within it.
        case .reverse(.address(let address)): labels = reverseLabels { $0.contains(address) }
        case .reverse(.network(let network)), .reverse(.below(let network)): labels = reverseLabels { $0.contains(network) }
        }
        return start(name.suffix(labels), timeToLive: configuration.negativeTimeToLive)
    }

    private func reverseLabels(_ isIn: (IPNetwork) -> Bool) -> Int {
        guard let range = configuration.ranges.first(where: isIn) else { return 2 }
        return 2 + range.prefixLength / (range.address.family == .v4 ? 8 : 4)
    }

    private func start(_ zone: DNSName, timeToLive: UInt32) -> DNSRecord {
        DNSRecord(
            name: zone,
            data: .authority(
                DNSAuthority(
                    primary: server, mailbox: name(["hostmaster"]) ?? configuration.domain, serial: serial, refresh: 7200, retry: 1800,
                    expire: 86400, minimum: configuration.negativeTimeToLive)),
            timeToLive: timeToLive)
    }

    /// What "everything" is answered with (RFC 8482 section 4.2).
    private static func minimal(_ name: DNSName, timeToLive: UInt32) -> DNSRecord {
        DNSRecord(name: name, data: .opaque(.hinfo, [7] + Array("RFC8482".utf8) + [0]), timeToLive: timeToLive)
    }
}
