/// A field of the file `KastellConfiguration`; the raw value is its path.
package enum ConfigurationField: String, Hashable, Sendable, CaseIterable {
    case stateDir
    case apiPort
    case bindAddress
    case profile
    case controlOnly
    case tlsMinVersion = "tls.minVersion"
    case tlsExtraNames = "tls.extraNames"
    case tlsServingLifetime = "tls.servingLifetime"
    case enableAdmissionPlugins
    case disableAdmissionPlugins
    case controllers
    case tokenAuthFile
    case encryptionProviderConfig
    case serviceAccountIssuer
    case serviceClusterIPRange
    case serviceNodePortRange
    case anonymousAuth
    case enableBootstrapTokenAuth
    case nodeName
    case clusterCIDR
    case staticPodPath
    case registries
    case exemptUsernames = "podSecurity.exemptions.usernames"
    case exemptRuntimeClasses = "podSecurity.exemptions.runtimeClasses"
    case exemptNamespaces = "podSecurity.exemptions.namespaces"

    /// The flag of the command line that overrides the field, named as kube-apiserver's where that has it.
    package var flag: String {
        switch self {
        case .stateDir: "--state-dir"
        case .apiPort: "--api-port"
        case .bindAddress: "--bind-address"
        case .profile: "--profile"
        case .controlOnly: "--control-only"
        case .tlsMinVersion: "--tls-min-version"
        case .tlsExtraNames: "--tls-extra-names"
        case .tlsServingLifetime: "--tls-serving-lifetime"
        case .enableAdmissionPlugins: "--enable-admission-plugins"
        case .disableAdmissionPlugins: "--disable-admission-plugins"
        case .controllers: "--controllers"
        case .tokenAuthFile: "--token-auth-file"
        case .encryptionProviderConfig: "--encryption-provider-config"
        case .serviceAccountIssuer: "--service-account-issuer"
        case .serviceClusterIPRange: "--service-cluster-ip-range"
        case .serviceNodePortRange: "--service-node-port-range"
        case .anonymousAuth: "--anonymous-auth"
        case .enableBootstrapTokenAuth: "--enable-bootstrap-token-auth"
        case .nodeName: "--node-name"
        case .clusterCIDR: "--cluster-cidr"
        case .staticPodPath: "--static-pod-path"
        case .registries: "--registry-mirrors"
        case .exemptUsernames: "--pod-security-exempt-usernames"
        case .exemptRuntimeClasses: "--pod-security-exempt-runtime-classes"
        case .exemptNamespaces: "--pod-security-exempt-namespaces"
        }
    }

    var kind: ConfigurationKind {
        switch self {
        case .stateDir, .tokenAuthFile, .encryptionProviderConfig, .staticPodPath: .path
        case .apiPort: .port
        case .bindAddress: .address
        case .profile: .choice(KastellConfiguration.Profile.allCases.map(\.rawValue))
        case .tlsMinVersion: .choice(KastellConfiguration.TLSVersion.allCases.map(\.rawValue))
        case .controlOnly, .anonymousAuth, .enableBootstrapTokenAuth: .flag
        case .tlsExtraNames: .names
        case .tlsServingLifetime: .lifetime
        case .enableAdmissionPlugins, .disableAdmissionPlugins: .plugins
        case .controllers: .controllers
        case .serviceAccountIssuer: .issuer
        case .serviceClusterIPRange: .serviceRange
        case .serviceNodePortRange: .portRange
        case .nodeName: .objectName
        case .clusterCIDR: .podRange
        case .registries: .registries
        case .exemptUsernames: .strings
        case .exemptRuntimeClasses, .exemptNamespaces: .objectNames
        }
    }
}

/// What a field holds, and what an error says is allowed.
enum ConfigurationKind: Hashable, Sendable {
    case path, port, address, flag, names, lifetime, plugins, controllers, issuer, serviceRange, portRange, strings, objectNames, objectName, podRange, registries
    case choice([String])

    var allowed: String {
        switch self {
        case .path: "a path of a file or folder"
        case .port: "a number from 1 to 65535"
        case .address: "an IPv4 or IPv6 address, such as 127.0.0.1 or ::"
        case .flag: "true or false"
        case .names: "a list of DNS names and IP addresses"
        case .lifetime: "a duration from 1h to 87600h, such as 8760h"
        case .plugins: "a list of the names of admission plugins"
        case .controllers:
            "a list of '*', NAME to run and -NAME not to run a controller: "
                + (Controllers.identities.keys + [Controllers.scheduler]).sorted().joined(separator: ", ")
        case .issuer: "a URL such as https://kubernetes.default.svc, or a name without a colon"
        case .serviceRange: "one range of 8 to 1048576 addresses, such as 10.96.0.0/16 or fd00:10:96::/112"
        case .portRange: "a range of ports such as 30000-32767"
        case .strings: "a list of strings"
        case .objectName: "a name of lower-case letters, digits, '-' and '.', at most 63 long"
        case .podRange: "one IPv4 range of at least 256 addresses, such as 10.244.0.0/16"
        case .registries: "a list of {host, endpoints: [{url, plainHTTP, caFile}], fallback}; on the command line docker.io=https://mirror.example"
        case .objectNames: "a list of names of objects: lower-case letters, digits, '-' and '.'"
        case .choice(let values): values.joined(separator: " or ")
        }
    }

    var isList: Bool {
        switch self {
        case .names, .plugins, .controllers, .strings, .objectNames: true
        case .path, .port, .address, .flag, .lifetime, .issuer, .serviceRange, .portRange, .choice, .objectName, .podRange, .registries: false
        }
    }
}
