import ClusterDNS
import Logging
import NIOCore
import NIOPosix
import NetworkPolicy
import Synchronization

/// Asks upstream resolvers.
struct Forwarder: Sendable {
    let answering: Answering
    let upstreams: [DNSServer.Upstream]
    let limits: DNSServer.Limits
    let group: any EventLoopGroup
    let log: Logger
    /// Which resolver is asked first: the one after the last that failed.
    private let preferred = PreferredUpstream()

    init(answering: Answering, upstreams: [DNSServer.Upstream], limits: DNSServer.Limits, group: any EventLoopGroup, log: Logger) {
        self.answering = answering
        self.upstreams = upstreams
        self.limits = limits
        self.group = group
        self.log = log
    }

    /// Asks what has to be asked, until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await question in answering.questions {
                group.addTask { answering.finish(question, with: await resolve(question)) }
            }
            group.cancelAll()
        }
    }

    /// The answer of the first resolver that has one; else its failure; nil when none answers.
    private func resolve(_ question: ForwardedQuestion) async -> ForwardedReply? {
        guard !upstreams.isEmpty else { return nil }
        let first = preferred.index
        var failure: ForwardedReply?
        var usesEDNS = true
        for attempt in 0..<limits.attempts {
            if Task.isCancelled { break }
            let index = (first + attempt) % upstreams.count
            guard let reply = await ask(question, upstreams[index], usesEDNS: usesEDNS) else {
                preferred.failed(index, of: upstreams.count)
                continue
            }
            switch reply.code {
            case .noError, .nameError: return reply
            case .formatError, .notImplemented: usesEDNS = false
            default: break
            }
            failure = reply
        }
        if failure == nil { log.warning("no upstream resolver answered", metadata: ["resolvers": "\(upstreams.map { "\($0.address)" })"]) }
        return failure
    }

    /// Asks one resolver: by a datagram from a port of its own, and over a connection when the answer has no room or its
    /// sender is in doubt.
    private func ask(_ question: ForwardedQuestion, _ upstream: DNSServer.Upstream, usesEDNS: Bool) async -> ForwardedReply? {
        guard let address = try? SocketAddress(ipAddress: upstream.address.description, port: Int(upstream.port)) else { return nil }
        switch await exchange(query(question, usesEDNS), address, isConnection: false) {
        case .answer(let reply): return reply
        case .truncated, .caseChanged:
            guard case .answer(let reply) = await exchange(query(question, usesEDNS), address, isConnection: true) else { return nil }
            return reply
        case .foreign: return nil
        }
    }

    private func query(_ question: ForwardedQuestion, _ usesEDNS: Bool) -> UpstreamQuery {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
        return UpstreamQuery(question, id: .random(in: 0 ... .max, using: &random), caseBits: bytes, usesEDNS: usesEDNS)
    }

    /// - Returns: `foreign` when nothing of use came in time.
    private func exchange(_ query: UpstreamQuery, _ address: SocketAddress, isConnection: Bool) async -> UpstreamQuery.Verdict {
        let loop = group.next()
        let promise = loop.makePromise(of: UpstreamQuery.Verdict.self)
        let time = TimeAmount(limits.attempt)
        let timer = loop.scheduleTask(in: time) { promise.succeed(.foreign) }
        let opened: EventLoopFuture<any Channel>
        if isConnection {
            opened = ClientBootstrap(group: loop).connectTimeout(time).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UpstreamConnectionHandler(query, promise))
                }
            }.connect(to: address)
        } else {
            // Connected, so that the kernel takes datagrams of the resolver alone; from a port that the kernel draws.
            opened = DatagramBootstrap(group: loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(UpstreamDatagramHandler(query, promise))
                    }
                }.connect(to: address)
        }
        opened.whenFailure { _ in promise.succeed(.foreign) }
        let verdict = (try? await promise.futureResult.get()) ?? .foreign
        timer.cancel()
        opened.whenSuccess { $0.close(promise: nil) }
        return verdict
    }
}

/// Remembers which resolver answers.
private final class PreferredUpstream: Sendable {
    private let current = Atomic<Int>(0)
    var index: Int { current.load(ordering: .relaxed) }

    /// Moves on, unless another question did already.
    func failed(_ index: Int, of count: Int) {
        _ = current.compareExchange(expected: index, desired: (index + 1) % count, ordering: .relaxed)
    }
}
