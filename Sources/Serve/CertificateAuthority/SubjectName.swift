import SwiftASN1
import X509

/// The parts of a distinguished name that Kubernetes reads, and its text.
struct SubjectName {
    /// The attribute that holds a user's UID (KEP-4639: `1.3.6.1.4.1.57683.2`).
    static let uidAttribute: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 57683, 2]

    var commonName = ""
    var organizations: [String] = []
    var uids: [String] = []
    /// As Go prints it: `CN=kubernetes-admin,O=system:masters`, the last part of the name first.
    var text = ""

    init(_ name: DistinguishedName) {
        var parts: [String] = []
        for relative in name {
            var attributes: [String] = []
            for attribute in relative {
                let value = String(attribute.value) ?? ""
                switch attribute.type {
                case .RDNAttributeType.commonName: commonName = value  // of several, the last one counts
                case .RDNAttributeType.organizationName: organizations.append(value)
                case Self.uidAttribute: uids.append(value)
                default: break
                }
                attributes.append(Self.label(attribute.type) + "=" + Self.escaped(value))
            }
            parts.append(attributes.joined(separator: "+"))
        }
        text = parts.reversed().joined(separator: ",")
    }

    /// The name that our own certificates carry: organizations first, as Go orders them.
    static func make(commonName: String, organizations: [String]) throws -> DistinguishedName {
        var attributes = organizations.map {
            RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
        }
        attributes.append(.init(type: .RDNAttributeType.commonName, utf8String: commonName))
        return DistinguishedName(attributes.map { RelativeDistinguishedName($0) })
    }

    private static func label(_ type: ASN1ObjectIdentifier) -> String {
        switch type {
        case .RDNAttributeType.commonName: "CN"
        case .RDNAttributeType.organizationName: "O"
        case .RDNAttributeType.organizationalUnitName: "OU"
        case .RDNAttributeType.countryName: "C"
        case .RDNAttributeType.localityName: "L"
        case .RDNAttributeType.stateOrProvinceName: "ST"
        case .RDNAttributeType.streetAddress: "STREET"
        default: "\(type)"
        }
    }

    private static func escaped(_ value: String) -> String {
        var out = ""
        let scalars = Array(value.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isEdgeSpace = scalar == " " && (index == 0 || index == scalars.count - 1)
            if isEdgeSpace || ",+\"\\<>;".unicodeScalars.contains(scalar) || (scalar == "#" && index == 0) {
                out += "\\"
            }
            out.unicodeScalars.append(scalar)
        }
        return out
    }
}

/// The subject alternative names that Kubernetes knows.
package struct AlternativeNames: Hashable, Sendable {
    package var dnsNames: [String] = []
    package var ipAddresses: [IPAddress] = []
    package var uris: [String] = []
    package var emails: [String] = []
    /// Whether there are names of another form, such as a directory name.
    package var hasOthers = false

    package init() {}

    init(_ names: SubjectAlternativeNames?) {
        for name in names ?? SubjectAlternativeNames() {
            switch name {
            case .dnsName(let text): dnsNames.append(text)
            case .ipAddress(let octets):
                if let address = IPAddress(bytes: octets.bytes) {
                    ipAddresses.append(address)
                } else {
                    hasOthers = true
                }
            case .uniformResourceIdentifier(let text): uris.append(text)
            case .rfc822Name(let text): emails.append(text)
            case .otherName, .x400Address, .directoryName, .ediPartyName, .registeredID: hasOthers = true
            }
        }
    }

    package var isEmpty: Bool { dnsNames.isEmpty && ipAddresses.isEmpty && uris.isEmpty && emails.isEmpty }

    /// Every name as text, DNS names first.
    package var texts: [String] { dnsNames + ipAddresses.map(\.description) + uris + emails }

    var generalNames: [GeneralName] {
        let dns: [GeneralName] = dnsNames.map { .dnsName($0) }
        let addresses: [GeneralName] = ipAddresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
        let uniform: [GeneralName] = uris.map { .uniformResourceIdentifier($0) }
        let mail: [GeneralName] = emails.map { .rfc822Name($0) }
        return dns + mail + addresses + uniform
    }
}
