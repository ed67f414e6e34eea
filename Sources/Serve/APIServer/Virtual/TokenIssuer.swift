import Authentication
import CertificateAuthority
import JSONValue
import KubeModel
import PolicyModel

/// Issues the tokens of service accounts (KEP-1205, bound service account tokens) and verifies their signatures.
struct TokenIssuer: Sendable {
    let issuer: String
    let key: ServiceAccountKey
    let clock: @Sendable () -> Timestamp

    init(issuer: String, key: ServiceAccountKey, clock: @escaping @Sendable () -> Timestamp) {
        self.issuer = issuer
        self.key = key
        self.clock = clock
    }

    /// The shortest and longest lifetime that may be asked for, in seconds.
    static let lifetimes: ClosedRange<Int64> = 600...(1 << 32)
    /// The key set that other parties verify tokens with (RFC 7517).
    var keySet: JSON { OIDCDocuments.keySet([key.publicKey]) }

    /// The public key, as authentication takes it.
    func verificationKey() throws -> TokenKey {
        let body = key.publicKey.pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let der = Base64.decode(body) else { throw CertificateError(.notPEM(expected: "PUBLIC KEY")) }
        return try TokenKey(der: der)
    }

    /// Fulfils a TokenRequest.
    func issue(_ request: JSON, account: CachedObject, user: UserInfo, reader: ObjectReader) throws(StatusError) -> JSON {
        let spec = request["spec"] ?? [:]
        let seconds = spec["expirationSeconds"]?.int ?? 3600
        var errors: [FieldError] = []
        for (field, own) in [("name", account.name), ("namespace", account.namespace)] {
            guard let given = request["metadata"]?[field]?.string, !given.isEmpty, given != own else { continue }
            errors.append(
                .invalid(FieldPath("metadata").child(field), .string(given), "must match the service account \(field) if specified"))
        }
        if !errors.isEmpty { throw .invalid("TokenRequest", group: "authentication.k8s.io", name: account.name, errors) }
        if seconds < Self.lifetimes.lowerBound {
            errors.append(.invalid("spec.expirationSeconds", .int(seconds), "may not specify a duration less than 10 minutes"))
        }
        if seconds > Self.lifetimes.upperBound {
            errors.append(.invalid("spec.expirationSeconds", .int(seconds), "may not specify a duration larger than 2^32 seconds"))
        }
        if !errors.isEmpty {
            throw .invalid("TokenRequest", group: "authentication.k8s.io", name: request["metadata"]?["name"]?.string ?? "", errors)
        }
        let bound = try boundObject(spec["boundObjectRef"], account: account, reader: reader)
        let now = clock()
        let audiences = spec["audiences"]?.strings ?? []
        let effective = audiences.isEmpty ? [issuer] : audiences
        let expiration = now.adding(seconds: seconds)
        var kubernetes: JSON = [
            "namespace": .string(account.namespace), "serviceaccount": ["name": .string(account.name), "uid": .string(account.uid)],
        ]
        for (member, value) in bound { kubernetes[member] = value }
        let claims: JSON = [
            "aud": JSON(effective), "exp": .int(expiration.seconds), "iat": .int(now.seconds), "iss": .string(issuer),
            "jti": .string(Identifiers.uid()), "kubernetes.io": kubernetes, "nbf": .int(now.seconds),
            "sub": .string(UserInfo.serviceAccountName(namespace: account.namespace, name: account.name)),
        ]
        let token: String
        do { token = try key.sign(claims: claims) } catch { throw .internalError("the token could not be signed") }
        var answer = request
        answer[path: "metadata", "name"] = .string(account.name)
        answer[path: "metadata", "namespace"] = .string(account.namespace)
        answer[path: "metadata", "uid"] = .string(account.uid)
        answer[path: "metadata", "creationTimestamp"] = .string(now.description)
        answer[path: "spec", "audiences"] = JSON(effective)
        answer[path: "spec", "expirationSeconds"] = .int(seconds)
        if answer["spec"]?["boundObjectRef"] == nil { answer[path: "spec", "boundObjectRef"] = .null }
        answer["status"] = ["token": .string(token), "expirationTimestamp": .string(expiration.description)]
        return answer
    }

    /// The claims of the object that a token lives as long as.
    private func boundObject(_ reference: JSON?, account: CachedObject, reader: ObjectReader) throws(StatusError) -> [(String, JSON)] {
        guard let reference, reference.object != nil else { return [] }
        let kind = reference["kind"]?.string ?? ""
        let name = reference["name"]?.string ?? ""
        let version = reference["apiVersion"]?.string ?? ""
        guard version.isEmpty || version == "v1", let plural = ["Pod": "pods", "Secret": "secrets", "Node": "nodes"][kind] else {
            throw .badRequest("cannot bind token to object of type /\(version), Kind=\(kind)")
        }
        guard let resource = reader.registry["", "v1", plural] else { throw Router.noSuchResource }
        if name.isEmpty { throw .badRequest("Name parameter required.") }
        let object = try reader.object(resource, namespace: account.namespace, name: name)
        if let uid = reference["uid"]?.string, !uid.isEmpty, uid != object.uid {
            throw .conflict(
                GroupResource(group: "", resource: kind), name: name,
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated")
        }
        let claim: JSON = ["name": .string(object.name), "uid": .string(object.uid)]
        var claims: [(String, JSON)] = [(kind.lowercased(), claim)]
        if kind == "Pod" {
            let tree = object.tree
            let owner = tree["spec"]?["serviceAccountName"]?.string ?? ""
            if owner != account.name {
                throw .badRequest("cannot bind token for serviceaccount \(goQuoted(account.name)) to pod running with different serviceaccount name.")
            }
            // The node too, so that a token stolen from it is known by its node.
            if let node = tree["spec"]?["nodeName"]?.string, !node.isEmpty, let nodes = reader.registry["", "v1", "nodes"],
                let found = try? reader.object(nodes, namespace: "", name: node)
            {
                claims.append(("node", ["name": .string(node), "uid": .string(found.uid)]))
            }
        }
        return claims
    }
}
