import JSONValue

/// The encryption that holds when nobody configured any: everything, under one fresh key.
///
/// The provider is secretbox. Its nonces are 24 random bytes, so one key may seal without a count of values; with the
/// 12 bytes of aesgcm a key must be replaced after some 2³² values, which nobody would do for a default. And unlike
/// aescbc it is authenticated. What aesgcm would add, that a value cannot be moved to another storage key, follows from
/// the name and namespace inside each object.
package enum DefaultEncryption {
    /// A configuration file with a fresh random key, as pretty-printed JSON, which is YAML too.
    ///
    /// The text holds the secret: the caller writes it to a file of mode 0600 and nowhere else.
    ///
    /// - Parameters:
    ///   - keyName: the name in the envelopes; one with a date or a counter makes rotation readable.
    ///   - resources: what is encrypted, as in the file; everything by default.
    ///   - readsPlaintext: whether values from before encryption are still read. Leave it out for a new store, so that
    ///     nobody can plant a plain value.
    /// - Returns: the whole text of the file.
    package static func file(
        keyName: String = "key1", resources: [String] = ["*.*"], readsPlaintext: Bool = false
    ) -> String {
        // The system's generator is getrandom(2), which is fit for keys.
        var generator = SystemRandomNumberGenerator()
        let secret = Base64.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        var lines = [
            "{",
            "  \"apiVersion\": \"apiserver.config.k8s.io/v1\",",
            "  \"kind\": \"EncryptionConfiguration\",",
            "  \"resources\": [",
            "    {",
            "      \"resources\": \(JSON(resources).description),",
            "      \"providers\": [",
            "        {\"secretbox\": {\"keys\": [{\"name\": \(JSON(keyName).description), \"secret\": \"\(secret)\"}]}}"
                + (readsPlaintext ? "," : ""),
        ]
        if readsPlaintext { lines.append("        {\"identity\": {}}") }
        lines += ["      ]", "    }", "  ]", "}", ""]
        return lines.joined(separator: "\n")
    }
}
