import AsyncHTTPClient
package import ContentStore
import NIOCore
import NIOHTTP1
import NIOSSL
package import OCIModel
import JSONValue

/// Why a registry did not give what it was asked for. Nothing of it was kept but the beginnings of blobs.
package struct RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        /// The registry answered, and no.
        case notFound, denied, refused(status: Int)
        /// It may answer another time.
        case unavailable
        /// What it says cannot be right.
        case invalid
    }
    package var cause: Cause
    package var endpoint: String
    package var what: String

    /// Whether asking again may help.
    var isTransient: Bool { cause == .unavailable }
    package var description: String { "\(endpoint): \(what)" }
}

/// Asks one registry host, by the distribution API, for one repository.
///
/// Credentials go to the host that they are for and to the token server that it names, over TLS, unless it is loopback or
/// configured to be plain. A redirect to another host goes without them.
package actor RegistryClient {
    private let endpoint: ImageRegistryConfiguration.Endpoint
    private let repository: String
    private let credentials: [ImageRegistryCredential]
    private let client: HTTPClient
    /// What the registry wants with each request; nil as long as it wanted nothing.
    private var authorization: String?

    /// - Parameter credentials: tried in their order.
    package init(_ endpoint: ImageRegistryConfiguration.Endpoint, repository: String, credentials: [ImageRegistryCredential]) throws {
        if endpoint.reach == .none {
            throw RegistryError(
                cause: .refused(status: 0), endpoint: endpoint.origin,
                what: "the node is in a network of its own and reaches this machine's loopback only at the plain 'http://' endpoints that the setting 'registries' names")
        }
        self.endpoint = endpoint
        self.repository = repository
        self.credentials = credentials
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = endpoint.authorityFile { tls.additionalTrustRoots = [.file(file)] }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(60))
        // A host that refuses connections is known at once: the next one is asked, and pulls have a back-off of their own.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func shutDown() async { try? await client.shutdown() }

    private func error(_ cause: RegistryError.Cause, _ what: String) -> RegistryError { RegistryError(cause: cause, endpoint: endpoint.origin, what: what) }

    // MARK: What there is to ask for

    /// The manifest or index of a tag or digest, verified when a digest says what it has to be.
    package func manifest(_ selector: String) async throws -> (descriptor: ImageDescriptor, bytes: [UInt8]) {
        let response = try await get("/manifests/\(selector)", accept: ImageMediaType.acceptedDocuments.map(\.rawValue).joined(separator: ", "))
        let bytes = try await collect(response, upTo: Int(ImageManifest.maximumSize))
        let written = response.headers.first(name: "content-type")?.split(separator: ";").first.map { $0.trimmed } ?? ""
        let inside = (try? JSON.parse(bytes))?["mediaType"]?.string
        let digest: ImageDigest
        if let wanted = ImageDigest(selector) {
            digest = ContentHash.digest(bytes, wanted.algorithm)
            guard digest == wanted else { throw error(.invalid, "the manifest of \(selector) has the digest \(digest)") }
        } else {
            digest = ContentHash.digest(bytes)
            if let said = response.headers.first(name: "docker-content-digest").flatMap({ ImageDigest($0) }), ContentHash.digest(bytes, said.algorithm) != said {
                throw error(.invalid, "the manifest of \(selector) is not the one that the registry announces")
            }
        }
        // The document itself is verified, and a header is not: where both say it, they must agree.
        guard inside == nil || ImageMediaType(rawValue: written) == nil || inside == written else {
            throw error(.invalid, "the manifest of \(selector) says it is \(inside ?? ""), and the registry says \(written)")
        }
        return (ImageDescriptor(mediaType: inside ?? written, digest: digest, size: Int64(bytes.count)), bytes)
    }

    /// Receives a blob, from where an earlier attempt broke off.
    ///
    /// - Parameter progress: gets the bytes that are here so far.
    package func blob(_ descriptor: ImageDescriptor, into writer: BlobWriter, progress: @Sendable (Int64) -> Void) async throws {
        if writer.count == descriptor.size, try writer.finishIfWhole() { return }
        let start = writer.count
        let response = try await get("/blobs/\(descriptor.digest)", range: start > 0 ? start : nil)
        // Not every registry takes up where it left off.
        if start > 0, response.status != .partialContent || response.headers.first(name: "content-range")?.hasPrefix("bytes \(start)-") == false { try writer.restart() }
        do {
            for try await part in response.body {
                try writer.write(part.readableBytesView)
                progress(writer.count)
            }
        } catch let error as ContentStoreError {
            throw error
        } catch {
            throw self.error(.unavailable, "the connection broke off after \(writer.count) of \(descriptor.size) bytes of \(descriptor.digest)")
        }
        guard writer.count == descriptor.size else { throw error(.unavailable, "only \(writer.count) of \(descriptor.size) bytes came of \(descriptor.digest)") }
        try writer.finish()
    }

    // MARK: Requests

    private func get(_ path: String, accept: String = "*/*", range: Int64? = nil) async throws -> HTTPClientResponse {
        let url = "\(endpoint)/v2/\(repository)\(path)"
        var response = try await send(url, accept: accept, range: range, authorization: authorization)
        var left = credentials[...]
        var asked = false
        while response.status == .unauthorized, !asked || !left.isEmpty {
            let credential = left.popFirst()
            asked = true
            let challenges = response.headers["www-authenticate"].flatMap { ImageRegistryChallenge.parse($0) }
            authorization = try await answer(challenges, credential)
            guard authorization != nil else { break }
            response = try await send(url, accept: accept, range: range, authorization: authorization)
        }
        switch Int(response.status.code) {
        case 200, 206: return response
        case 401, 403: throw error(.denied, "pull access denied for \(repository): it does not exist or needs credentials\(credentials.isEmpty ? "" : " other than those given")")
        case 404: throw error(.notFound, "\(repository)\(path) not found")
        case 429: throw error(.unavailable, "too many requests")
        case 408, 500...: throw error(.unavailable, "the registry answers \(response.status.code)")
        default: throw error(.refused(status: Int(response.status.code)), "the registry answers \(response.status.code)")
        }
    }

    /// Sends a request and follows redirects by hand: a client that does it by itself would take the credentials along.
    private func send(_ url: String, accept: String, range: Int64?, authorization: String?) async throws -> HTTPClientResponse {
        var url = url
        var authorization = authorization
        for _ in 0..<6 {
            var request = HTTPClientRequest(url: address(url))
            request.headers.add(name: "host", value: String(Self.origin(url)?.drop { $0 != "/" }.dropFirst(2) ?? ""))
            request.headers.add(name: "accept", value: accept)
            request.headers.add(name: "user-agent", value: "kastell")
            if let authorization { request.headers.add(name: "authorization", value: authorization) }
            if let range { request.headers.add(name: "range", value: "bytes=\(range)-") }
            let response: HTTPClientResponse
            do { response = try await client.execute(request, timeout: .hours(2)) } catch {
                if error is CancellationError { throw error }
                throw self.error(.unavailable, "\(Self.origin(url) ?? url) does not answer (\(error))")
            }
            guard [301, 302, 303, 307, 308].contains(response.status.code) else { return response }
            guard let location = response.headers.first(name: "location"), let here = Self.origin(url) else { throw error(.invalid, "a redirect leads nowhere") }
            let next = location.hasPrefix("/") && !location.hasPrefix("//") ? here + location : location
            guard let there = Self.origin(next) else { throw error(.invalid, "a redirect leads to no http address") }
            if there != here { authorization = nil }
            guard isAcceptable(there) else { throw error(.invalid, "a redirect leads to \(there), which has no TLS") }
            url = next
        }
        throw error(.invalid, "too many redirects")
    }

    /// What the connection is made to: the host, or the socket file behind which it is.
    private func address(_ url: String) -> String {
        guard case .socket(let path) = endpoint.reach, Self.origin(url) == endpoint.origin.lowercased() else { return url }
        let scheme = endpoint.isPlain ? "http://" : "https://"
        return "http+unix://" + path.escaped + url.dropFirst(scheme.count).drop { !"/?#".contains($0) }
    }

    /// `https://host:port` in lower case; nil when the address is none of HTTP or has a user in it.
    static func origin(_ url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }.lowercased()
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        return scheme + authority
    }

    /// Whether what is asked there may be: TLS, or this machine, or the host that is configured to be plain.
    private func isAcceptable(_ origin: String) -> Bool {
        if origin.hasPrefix("https://") { return true }
        if endpoint.isPlain, origin == endpoint.origin.lowercased() { return true }
        var host = origin.dropFirst("http://".count)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = host[..<colon] }
        return ImageRegistryConfiguration.isLoopback(String(host))
    }

    // MARK: Who asks

    /// The header that answers a challenge; nil when there is nothing to answer with.
    private func answer(_ challenges: [ImageRegistryChallenge], _ credential: ImageRegistryCredential?) async throws -> String? {
        for challenge in challenges {
            switch (challenge, credential?.proof) {
            case (.bearer(let realm, let service, let scope), let proof):
                if case .registryToken(let token) = proof { return "Bearer " + token }
                return "Bearer " + (try await token(realm, service, scope.isEmpty ? "repository:\(repository):pull" : scope, proof))
            case (.basic, .password(let user, let password)?): return "Basic " + Base64Text.encode(Array("\(user):\(password)".utf8))
            case (.basic, .registryToken(let token)?): return "Bearer " + token
            case (.basic, .identityToken?), (.basic, nil): continue
            }
        }
        return nil
    }

    private func token(_ realm: String, _ service: String, _ scope: String, _ proof: ImageRegistryCredential.Proof?) async throws -> String {
        guard let origin = Self.origin(realm), isAcceptable(origin) else { throw error(.invalid, "the registry names a token server without TLS") }
        var request: HTTPClientRequest
        if case .identityToken(let refresh)? = proof {
            request = HTTPClientRequest(url: realm)
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(Array("grant_type=refresh_token&client_id=kastell&service=\(service.escaped)&scope=\(scope.escaped)&refresh_token=\(refresh.escaped)".utf8))
        } else {
            request = HTTPClientRequest(url: realm + (realm.contains("?") ? "&" : "?") + "service=\(service.escaped)&scope=\(scope.escaped)")
            if case .password(let user, let password)? = proof {
                request.headers.add(name: "authorization", value: "Basic " + Base64Text.encode(Array("\(user):\(password)".utf8)))
            }
        }
        request.headers.add(name: "user-agent", value: "kastell")
        let response: HTTPClientResponse
        do { response = try await client.execute(request, timeout: .seconds(30)) } catch { throw self.error(.unavailable, "the token server \(origin) does not answer (\(error))") }
        let body = try await collect(response, upTo: 1 << 20)
        guard response.status == .ok else { throw error(response.status.code >= 500 ? .unavailable : .denied, "the token server \(origin) answers \(response.status.code)") }
        guard let value = try? JSON.parse(body), let token = value["token"]?.string ?? value["access_token"]?.string, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw error(.invalid, "the token server \(origin) gives no token")
        }
        return token
    }

    private func collect(_ response: HTTPClientResponse, upTo limit: Int) async throws -> [UInt8] {
        do { return Array(try await response.body.collect(upTo: limit).readableBytesView) } catch is NIOTooManyBytesError {
            throw error(.invalid, "the answer is longer than \(limit) bytes")
        } catch { throw self.error(.unavailable, "the connection broke off") }
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

extension String {
    /// Percent-encodes all but the unreserved characters (RFC 3986 section 2.3).
    fileprivate var escaped: String {
        utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(Unicode.Scalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
