public import NetworkPolicy

/// `/etc/resolv.conf` (resolv.conf(5)).
public enum ResolverFile {
    /// As many as the C library takes.
    public static let mostServers = 3

    /// The addresses after `nameserver`, each once; those with a zone (`%eth0`) are left out.
    public static func nameServers(_ text: String) -> [IPAddress] {
        var found: [IPAddress] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver", let address = IPAddress(String(words[1])), !found.contains(address) else { continue }
            found.append(address)
            if found.count == mostServers { break }
        }
        return found
    }
}
