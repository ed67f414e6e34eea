package import CertificateAuthority
package import JSONValue
import YAMLValue

/// How one cluster runs: the file `KastellConfiguration` with the flags of the command line over it, checked.
package struct KastellConfiguration: Hashable, Sendable {
    package static let apiVersion = "kastell.dev/v1"
    package static let kind = "KastellConfiguration"

    /// A set of defaults.
    package enum Profile: String, Hashable, Sendable, CaseIterable {
        case standard
        case zeroTrust = "zero-trust"
    }

    /// The lowest version of TLS that the API server accepts.
    package enum TLSVersion: String, Hashable, Sendable, CaseIterable {
        case tls13 = "VersionTLS13"
        case tls12 = "VersionTLS12"
    }

    /// What Pod Security does not look at.
    package struct PodSecurityExemptions: Hashable, Sendable {
        package var usernames: [String] = []
        package var runtimeClasses: [String] = []
        package var namespaces: [String] = []
        package init() {}
    }

    /// Absolute.
    package var stateDir: String
    package var apiPort = 6443
    package var bindAddress: IPAddress
    package var profile = Profile.standard
    package var controlOnly = false
    package var tlsMinVersion = TLSVersion.tls13
    /// DNS names and addresses that the API server's certificate names beside the usual ones.
    package var tlsExtraNames: [String] = []
    package var tlsServingLifetime = Duration.seconds(365 * 86400)
    package var enableAdmissionPlugins: [String] = []
    package var disableAdmissionPlugins: [String] = []
    /// Which controllers run, as `--controllers` of kube-controller-manager has it; empty for all.
    package var controllers: [String] = []
    /// Absolute.
    package var tokenAuthFile: String?
    /// Absolute.
    package var encryptionProviderConfig: String?
    package var serviceAccountIssuer = "https://kubernetes.default.svc"
    package var serviceClusterIPRange: CIDR
    package var serviceNodePortRange: PortRange
    package var anonymousAuth = true
    /// Whether bootstrap tokens are taken (`bootstrap.kubernetes.io/token`).
    package var enableBootstrapTokenAuth = false
    /// The name of this machine's node; empty for the machine's own.
    package var nodeName = ""
    /// The addresses of pods.
    package var clusterCIDR: CIDR
    /// The folder with the files of static pods, absolute; nil for the node's own.
    package var staticPodPath: String?
    /// The list `registries`; null for none.
    package var registries = JSON.null
    package var podSecurityExemptions = PodSecurityExemptions()

    /// The defaults.
    package init(environment: ProcessEnvironment) {
        stateDir = environment.defaultStateDir
        guard let address = IPAddress("127.0.0.1"), let range = CIDR("10.96.0.0/16"),
            let ports = PortRange(first: 30000, last: 32767), let pods = CIDR("10.244.0.0/16")
        else { preconditionFailure("the defaults are valid") }
        bindAddress = address
        serviceClusterIPRange = range
        serviceNodePortRange = ports
        clusterCIDR = pods
    }

    /// The admission plugins that run, in their order.
    package var admissionPlugins: [String] {
        AdmissionPlugins.effective(enabling: enableAdmissionPlugins, disabling: disableAdmissionPlugins)
    }

    /// The address of the Service `kubernetes`.
    package var firstServiceIP: IPAddress { serviceClusterIPRange.address(1) ?? serviceClusterIPRange.network }

    /// The configuration as a file says it, every field written out.
    package var yaml: String { YAML.text(json) }

    var json: JSON {
        var value: JSON = [
            "apiVersion": JSON(Self.apiVersion), "kind": JSON(Self.kind), "stateDir": JSON(stateDir),
            "apiPort": JSON(apiPort), "bindAddress": JSON(bindAddress.description), "profile": JSON(profile.rawValue),
            "controlOnly": JSON(controlOnly),
        ]
        value["tls"] = [
            "minVersion": JSON(tlsMinVersion.rawValue), "extraNames": JSON(tlsExtraNames),
            "servingLifetime": JSON(GoDuration.text(tlsServingLifetime)),
        ]
        value["enableAdmissionPlugins"] = JSON(enableAdmissionPlugins)
        value["disableAdmissionPlugins"] = JSON(disableAdmissionPlugins)
        value["controllers"] = JSON(controllers)
        value["tokenAuthFile"] = tokenAuthFile.map { JSON($0) }
        value["encryptionProviderConfig"] = encryptionProviderConfig.map { JSON($0) }
        value["serviceAccountIssuer"] = JSON(serviceAccountIssuer)
        value["serviceClusterIPRange"] = JSON(serviceClusterIPRange.description)
        value["serviceNodePortRange"] = JSON(serviceNodePortRange.description)
        value["anonymousAuth"] = JSON(anonymousAuth)
        value["enableBootstrapTokenAuth"] = JSON(enableBootstrapTokenAuth)
        if !nodeName.isEmpty { value["nodeName"] = JSON(nodeName) }
        value["clusterCIDR"] = JSON(clusterCIDR.description)
        value["staticPodPath"] = staticPodPath.map { JSON($0) }
        if !registries.isNull { value["registries"] = registries }
        value[path: "podSecurity", "exemptions"] = [
            "usernames": JSON(podSecurityExemptions.usernames),
            "runtimeClasses": JSON(podSecurityExemptions.runtimeClasses),
            "namespaces": JSON(podSecurityExemptions.namespaces),
        ]
        return value
    }
}
