import JSONValue
import KubeModel
import PolicyModel

/// The rules for config maps and secrets.
enum ConfigurationKinds {
    private static let largest = 1024 * 1024

    static let configMaps = KindRules(
        create: configMap,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            frozen(subject, ["data", "binaryData"], &errors)
            configMap(subject, &errors)
        })

    static let secrets = KindRules(
        create: secret,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            errors.immutableText(subject.new["type"], subject.previous["type"], "type")
            frozen(subject, ["data"], &errors)
            secret(subject, &errors)
        })

    /// What says of itself that it does not change.
    private static func frozen(_ subject: Subject, _ keys: [String], _ errors: inout [FieldError]) {
        guard subject.previous.flag("immutable") else { return }
        let rule = "field is immutable when `immutable` is set"
        if !subject.new.flag("immutable") { errors.forbidden("immutable", rule) }
        for key in keys where !sameMeaning(subject.new[key], subject.previous[key]) {
            errors.forbidden(FieldPath(key), rule)
        }
    }

    @Sendable
    private static func configMap(_ subject: Subject, _ errors: inout [FieldError]) {
        let map = subject.new
        ObjectMeta.validate(map.metadata, namespaced: true, names: .subdomain, &errors)
        let data = map.entries("data")
        let binary = map.entries("binaryData")
        let binaryKeys = Set(binary.map(\.key))
        var size = 0
        for (key, value) in data {
            let path = FieldPath("data").key(key)
            errors.invalid(path, .string(key), all: Names.configMapKey(key))
            if binaryKeys.contains(key) {
                errors.invalid(path, .string(key), "duplicate of key present in binaryData")
            }
            size += value.utf8.count
        }
        for (key, value) in binary {
            errors.invalid(FieldPath("binaryData").key(key), .string(key), all: Names.configMapKey(key))
            size += Base64.decodedCount(value)
        }
        if size > largest { errors.tooLong("", largest) }
    }

    @Sendable
    private static func secret(_ subject: Subject, _ errors: inout [FieldError]) {
        let secret = subject.new
        ObjectMeta.validate(secret.metadata, namespaced: true, names: .subdomain, &errors)
        let data = secret["data"] ?? .object([:])
        let path: FieldPath = "data"
        var size = 0
        for (key, value) in secret.entries("data") {
            errors.invalid(path.key(key), .string(key), all: Names.configMapKey(key))
            size += Base64.decodedCount(value)
        }
        if size > largest { errors.tooLong(path, largest) }
        func need(_ keys: [String], _ errors: inout [FieldError]) {
            for key in keys where data[key] == nil { errors.required(path.key(key)) }
        }
        switch secret.text("type") {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            if (secret.annotation(key) ?? "").isEmpty { errors.required(FieldPath("metadata.annotations").key(key)) }
        case "kubernetes.io/dockercfg": dockerConfiguration(data, ".dockercfg", &errors)
        case "kubernetes.io/dockerconfigjson": dockerConfiguration(data, ".dockerconfigjson", &errors)
        case "kubernetes.io/basic-auth":
            if data["username"] == nil, data["password"] == nil { need(["username", "password"], &errors) }
        case "kubernetes.io/ssh-auth":
            if (data["ssh-privatekey"]?.string ?? "").isEmpty { errors.required(path.key("ssh-privatekey")) }
        case "kubernetes.io/tls": need(["tls.crt", "tls.key"], &errors)
        default: break
        }
    }

    private static func dockerConfiguration(_ data: JSON, _ key: String, _ errors: inout [FieldError]) {
        let path = FieldPath("data").key(key)
        guard let text = data[key]?.string else { return errors.required(path) }
        if let fault = GoJSON.objectFault(Base64.decode(text)) {
            errors.invalid(path, "<secret contents redacted>", fault)
        }
    }
}

/// Base64 as far as rules need it; the text has been checked when it was read.
enum Base64 {
    static func decodedCount(_ text: String) -> Int {
        let bytes = text.utf8
        let padding = bytes.suffix(2).filter { $0 == 0x3D }.count
        return bytes.count / 4 * 3 - padding
    }

    static func decode(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            let value: UInt32
            switch byte {
            case 0x41...0x5A: value = UInt32(byte - 0x41)
            case 0x61...0x7A: value = UInt32(byte - 0x61) + 26
            case 0x30...0x39: value = UInt32(byte - 0x30) + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            default: continue
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return out
    }
}
