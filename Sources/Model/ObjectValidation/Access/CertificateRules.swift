import JSONValue
import KubeModel
import PolicyModel

/// The rules for requests to sign certificates.
enum CertificateRules {
    static let requests = KindRules(
        create: { subject, errors in body(subject, &errors) },
        update: { subject, errors in change(subject, via: nil, &errors) },
        status: { subject, errors in change(subject, via: "status", &errors) },
        other: { name, subject, errors in change(subject, via: name, &errors) })

    private static let usages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
        "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
        "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
        "server auth", "signing", "timestamping",
    ]

    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let old = subject.old?.spec
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .any, &errors)
        let request = PEM.firstBlock(Base64.decode(spec.text("request")))
        if request?.type != "CERTIFICATE REQUEST" {
            errors.invalid(
                "spec.request", .string(spec.text("request")), "PEM block type must be CERTIFICATE REQUEST")
        }
        let list = spec.texts("usages")
        let path: FieldPath = "spec.usages"
        if list.isEmpty { errors.required(path) }
        let before = old?.texts("usages") ?? []
        if before.allSatisfy(usages.contains) {
            for (at, usage) in list.enumerated() where !usages.contains(usage) {
                errors.notSupported(path.index(at), .string(usage), usages)
            }
        }
        if Set(before).count == before.count {
            var seen = Set<String>()
            for (at, usage) in list.enumerated() where !seen.insert(usage).inserted {
                errors.duplicate(path.index(at), .string(usage))
            }
        }
        let legacy = "kubernetes.io/legacy-unknown"
        let signer = spec.text("signerName")
        if signer == legacy, old?.text("signerName") != legacy {
            errors.invalid(
                "spec.signerName", .string(signer), "the legacy signerName is not allowed via this API version")
        } else {
            signerName(signer, "spec.signerName", &errors)
        }
        if let seconds = spec.number("expirationSeconds"), seconds < 600 {
            errors.invalid(
                "spec.expirationSeconds", JSON(seconds),
                "may not specify a duration less than 600 seconds (10 minutes)")
        }
        conditions(subject.new.status, subject.previous.status, &errors)
        let certificate = subject.new.status.text("certificate")
        if certificate != subject.previous.status.text("certificate"),
            let fault = PEM.certificateFault(Base64.decode(certificate))
        {
            errors.invalid("status.certificate", "<certificate data>", fault)
        }
    }

    private static func conditions(_ status: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let path: FieldPath = "status.conditions"
        let before = old.list("conditions").map { $0.text("type") }
        let toleratesBoth = before.contains("Approved") && before.contains("Denied")
        let toleratesDuplicates = Set(before).count != before.count
        var seen = Set<String>()
        for (at, condition) in status.list("conditions").enumerated() {
            let type = condition.text("type")
            let value = condition.text("status")
            if type.isEmpty, !before.contains("") { errors.required(path.index(at).child("type")) }
            let isFinal = ["Approved", "Denied", "Failed"].contains(type)
            let allowed = isFinal ? ["True"] : ["False", "True", "Unknown"]
            if value.isEmpty {
                errors.required(path.index(at).child("status"))
            } else if !allowed.contains(value) {
                errors.notSupported(path.index(at).child("status"), .string(value), allowed)
            }
            if !toleratesBoth,
                type == "Approved" && seen.contains("Denied") || type == "Denied" && seen.contains("Approved")
            {
                errors.invalid(path, .string(type), "Approved and Denied conditions are mutually exclusive")
            }
            if !seen.insert(type).inserted, !toleratesDuplicates {
                errors.duplicate(path.index(at).child("type"), .string(type))
            }
        }
    }

    /// - Parameter via: the subresource; only `approval` decides, only `status` hands out the certificate.
    private static func change(_ subject: Subject, via: String?, _ errors: inout [FieldError]) {
        body(subject, &errors)
        let path: FieldPath = "status.conditions"
        func all(_ status: JSON, _ type: String) -> [JSON] {
            status.list("conditions").filter { $0.text("type") == type }
        }
        let new = subject.new.status
        let old = subject.previous.status
        for type in ["Approved", "Denied", "Failed"] where all(new, type).count < all(old, type).count {
            errors.forbidden(path, "updates may not remove a condition of type \"\(type)\"")
        }
        if via != "approval" {
            for type in ["Approved", "Denied"] {
                let now = all(new, type)
                let before = all(old, type)
                if now.count > before.count {
                    errors.forbidden(path, "updates may not add a condition of type \"\(type)\"")
                } else if now.count == before.count, !sameMeaning(.array(now), .array(before)) {
                    let kind = "CertificateSigningRequestCondition"
                    let difference = UnifiedDiff.of(
                        GoTypes.list(.array(before), of: kind), GoTypes.list(.array(now), of: kind))
                    errors.forbidden(path, "updates may not modify a condition of type \"\(type)\"\n\(difference)")
                }
            }
        }
        if new.text("certificate") != old.text("certificate") {
            if via != "status" {
                errors.forbidden("status.certificate", "updates may not set certificate content")
            } else if !old.text("certificate").isEmpty {
                errors.forbidden("status.certificate", "updates may not modify existing certificate content")
            }
        }
        ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
    }

    // MARK: Signers

    /// The name of a signer: `example.com/signer-name`.
    static func signerName(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if name.isEmpty { errors.required(path) }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count != 2 {
            return errors.invalid(
                path, .string(name), "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        }
        let (domain, rest) = (parts[0], parts[1])
        if domain.utf8.count > 253 { errors.tooLong(path, 253) }
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if labels.count < 2 {
            errors.invalid(
                path, .string(domain), "should be a domain with at least two segments separated by dots")
        }
        for label in labels {
            for fault in Names.dnsLabel(label) {
                errors.invalid(path, .string(domain), "validating label \(goQuoted(label)): \(fault)")
            }
        }
        for label in rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
            for fault in Names.dnsSubdomain(label) {
                errors.invalid(path, .string(rest), "validating label \(goQuoted(label)): \(fault)")
            }
        }
        if rest.utf8.count > 317 { errors.tooLong(path, 317) }
    }

    /// What is wrong with the name of a trust bundle: the signer's comes first, when there is one.
    static func trustBundleNameFaults(_ name: String) -> [String] {
        guard let colon = name.lastIndex(of: ":") else { return Names.dnsSubdomain(name) }
        return Names.dnsSubdomain(String(name[name.index(after: colon)...]))
    }
}

/// Blocks of PEM (RFC 7468), as far as their kinds matter.
enum PEM {
    static func firstBlock(_ bytes: [UInt8]) -> (type: String, end: Int)? { block(bytes[...]) }

    private static func block(_ bytes: ArraySlice<UInt8>) -> (type: String, end: Int)? {
        let text = String(decoding: bytes, as: UTF8.self)
        let begin = "-----BEGIN "
        for start in text.ranges(of: begin) {
            if start.lowerBound != text.startIndex, text[text.index(before: start.lowerBound)] != "\n" { continue }
            let line = text[start.upperBound...].prefix { $0 != "\n" && $0 != "\r\n" }
            guard line.hasSuffix("-----") else { continue }
            let type = String(line.dropLast(5))
            guard let end = text[line.endIndex...].firstRange(of: "-----END \(type)-----") else { continue }
            return (type, text.utf8.distance(from: text.startIndex, to: end.upperBound))
        }
        return nil
    }

    /// What is wrong with a chain of certificates.
    static func certificateFault(_ bytes: [UInt8]) -> String? {
        if bytes.isEmpty { return nil }
        var rest = bytes[...]
        var count = 0
        while let (type, end) = block(rest) {
            if type != "CERTIFICATE" { return "only CERTIFICATE PEM blocks are allowed, found \(goQuoted(type))" }
            count += 1
            rest = rest.dropFirst(end)
        }
        return count == 0 ? "must contain at least one CERTIFICATE PEM block" : nil
    }
}
