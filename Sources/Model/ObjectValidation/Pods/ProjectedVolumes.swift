import JSONValue
import KubeModel
import PolicyModel

/// The rules for volumes that bring several sources together.
enum ProjectedVolumes {
    static func validate(_ volume: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        Paths.fileMode(volume.number("defaultMode"), path.child("defaultMode"), &errors)
        var paths = Set<String>()
        for (at, source) in volume.list("sources").enumerated() {
            let here = path.child("sources").index(at)
            var count = 0
            for kind in [
                "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate",
            ] {
                guard let projection = source.given(kind) else { continue }
                count += 1
                validate(projection, kind, options, volume: path, here.child(kind), &paths, &errors)
            }
            if count > 1 { errors.forbidden(here, "may not specify more than 1 volume type per source") }
        }
    }

    /// The same file may not come from two sources; the fault is the volume's.
    private static func claim(
        _ file: String, as value: String, _ volume: FieldPath, _ paths: inout Set<String>, _ errors: inout [FieldError]
    ) {
        if !paths.insert(file).inserted { errors.invalid(volume, .string(value), "conflicting duplicate paths") }
    }

    private static func validate(
        _ source: JSON, _ kind: String, _ options: PodOptions, volume: FieldPath, _ path: FieldPath,
        _ paths: inout Set<String>, _ errors: inout [FieldError]
    ) {
        switch kind {
        case "secret", "configMap":
            let name = source.text("name")
            if name.isEmpty { errors.required(path.child("name")) }
            for (at, item) in source.list("items").enumerated() {
                Volumes.keyToPath(item, path.child("items").index(at), &errors)
                let file = item.text("path")
                if !file.isEmpty { claim(file, as: name, volume, &paths, &errors) }
            }
        case "downwardAPI":
            for item in source.list("items") {
                Volumes.downwardFile(item, path, &errors)
                let file = item.text("path")
                if !file.isEmpty { claim(file, as: file, volume, &paths, &errors) }
            }
        case "serviceAccountToken": token(source, options, volume: volume, path, &errors)
        case "clusterTrustBundle":
            trustBundle(source, path, &errors)
            let file = source.text("path")
            if file.isEmpty { errors.required(path.child("path")) }
            Paths.localNonReserved(file, path.child("path"), &errors)
            claim(file, as: file, volume, &paths, &errors)
        default: certificate(source, volume: volume, path, &paths, &errors)
        }
    }

    private static func token(
        _ source: JSON, _ options: PodOptions, volume: FieldPath, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let seconds = source.count("expirationSeconds")
        let here = path.child("expirationSeconds")
        if seconds < 600 { errors.invalid(here, JSON(seconds), "may not specify a duration less than 10 minutes") }
        if seconds > 1 << 32 {
            errors.invalid(here, JSON(seconds), "may not specify a duration larger than 2^32 seconds")
        }
        let file = source.text("path")
        if file.isEmpty {
            errors.required(volume.child("path"))
        } else if !options.allowsAnyTokenPath {
            Paths.localNonReserved(file, volume.child("path"), &errors)
        }
    }

    private static func trustBundle(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = source["name"]?.string
        let signer = source["signerName"]?.string
        switch (name, signer) {
        case (_?, _?):
            errors.invalid(
                path, GoTypes.value(source, as: "ClusterTrustBundleProjection"),
                "only one of name and signerName may be used")
        case (let name?, nil):
            if name.isEmpty { errors.required(path.child("name"), "must be a valid object name") }
            for fault in CertificateRules.trustBundleNameFaults(name) {
                errors.invalid(path.child("name"), .string(name), "not a valid clustertrustbundlename: \(fault)")
            }
            if let selector = source.given("labelSelector") {
                errors.invalid(
                    path.child("labelSelector"), LabelSelectors.printed(selector),
                    "labelSelector must be unset if name is specified")
            }
        case (nil, let signer?):
            if signer.isEmpty { errors.required(path.child("signerName"), "must be a valid signer name") }
            CertificateRules.signerName(signer, path.child("signerName"), &errors)
            LabelSelectors.validate(source["labelSelector"], path.child("labelSelector"), &errors)
        case (nil, nil): errors.required(path, "either name or signerName must be specified")
        }
    }

    private static func certificate(
        _ source: JSON, volume: FieldPath, _ path: FieldPath, _ paths: inout Set<String>, _ errors: inout [FieldError]
    ) {
        let signer = source.text("signerName")
        if signer.isEmpty {
            errors.required(path.child("signerName"))
        } else {
            CertificateRules.signerName(signer, path.child("signerName"), &errors)
        }
        let types = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"]
        let type = source.text("keyType")
        if !types.contains(type) { errors.notSupported(path.child("keyType"), .string(type), types) }
        if let seconds = source.number("maxExpirationSeconds") {
            if seconds < 3600 {
                errors.invalid(path.child("maxExpirationSeconds"), JSON(seconds), "must be at least 3600")
            } else if seconds > 7_862_400 {
                errors.invalid(path.child("maxExpirationSeconds"), JSON(seconds), "must be at most 7862400")
            }
        }
        var files = 0
        for key in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
            let file = source.text(key)
            if file.isEmpty { continue }
            files += 1
            Paths.localNonReserved(file, path.child(key), &errors)
            claim(file, as: file, volume, &paths, &errors)
        }
        if files == 0 {
            errors.required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")
        }
    }
}
