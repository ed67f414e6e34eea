import CertificateAuthority
import Testing

@testable import ClusterConfiguration

private let environment = ProcessEnvironment(home: "/home/u", currentFolder: "/work/here")
private let head = "apiVersion: kastell.dev/v1\nkind: KastellConfiguration\n"

private func decode(_ text: String?, _ flags: [ConfigurationField: String] = [:]) throws -> KastellConfiguration {
    var overrides = ConfigurationOverrides()
    for (field, value) in flags { overrides[field] = value }
    return try KastellConfiguration.decode(
        text.map { Array($0.utf8) }, file: "conf/kastell.yaml", overrides: overrides, environment: environment)
}

private func faults(_ text: String, _ flags: [ConfigurationField: String] = [:]) -> [String] {
    do {
        _ = try decode(text, flags)
        return []
    } catch let error as ConfigurationError {
        return error.faults.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

@Suite struct ConfigurationTests {
    @Test("without a file and with an empty one the defaults hold", arguments: [nil, head])
    func defaults(text: String?) throws {
        let configuration = try decode(text)
        #expect(configuration == KastellConfiguration(environment: environment))
        #expect(configuration.stateDir == "/home/u/.local/share/kastell" && configuration.apiPort == 6443)
        #expect(configuration.bindAddress.description == "127.0.0.1" && configuration.profile == .standard)
        #expect(configuration.tlsMinVersion == .tls13 && configuration.anonymousAuth && !configuration.controlOnly)
        #expect(configuration.serviceClusterIPRange.description == "10.96.0.0/16")
        #expect(configuration.firstServiceIP.description == "10.96.0.1")
        #expect(configuration.serviceNodePortRange.description == "30000-32767")
        #expect(configuration.serviceAccountIssuer == "https://kubernetes.default.svc")
        #expect(
            configuration.admissionPlugins.contains("NodeRestriction")
                && !configuration.admissionPlugins.contains("PodSecurityPolicy"))
    }

    private let full =
        head + """
            stateDir: state
            apiPort: 7443
            bindAddress: "::"
            profile: zero-trust
            controlOnly: true
            tls:
              minVersion: VersionTLS12
              extraNames: [api.example.com, 192.168.1.1]
              servingLifetime: 720h
            enableAdmissionPlugins: [PodSecurityPolicy, AlwaysPullImages]
            disableAdmissionPlugins: [PodSecurity]
            tokenAuthFile: ~/tokens.csv
            encryptionProviderConfig: /etc/encryption.yaml
            serviceAccountIssuer: https://issuer.example.com/x
            serviceClusterIPRange: fd00:10:96::/112
            serviceNodePortRange: 31000-31999
            anonymousAuth: false
            podSecurity:
              exemptions:
                usernames: ["system:serviceaccount:a:b"]
                runtimeClasses: [kata]
                namespaces: [kube-system]

            """

    @Test("every field is read, relative paths from the file's folder")
    func everyField() throws {
        let configuration = try decode(full)
        #expect(configuration.stateDir == "/work/here/conf/state" && configuration.apiPort == 7443)
        #expect(
            configuration.bindAddress.description == "::" && configuration.profile == .zeroTrust
                && configuration.controlOnly)
        #expect(
            configuration.tlsMinVersion == .tls12 && configuration.tlsExtraNames == ["api.example.com", "192.168.1.1"])
        #expect(configuration.tlsServingLifetime == .seconds(720 * 3600))
        #expect(
            configuration.tokenAuthFile == "/home/u/tokens.csv"
                && configuration.encryptionProviderConfig == "/etc/encryption.yaml")
        #expect(configuration.serviceAccountIssuer == "https://issuer.example.com/x")
        #expect(
            configuration.firstServiceIP.description == "fd00:10:96::1"
                && configuration.serviceNodePortRange.count == 1000)
        #expect(
            !configuration.anonymousAuth
                && configuration.podSecurityExemptions.usernames == ["system:serviceaccount:a:b"])
        #expect(
            configuration.podSecurityExemptions.runtimeClasses == ["kata"]
                && configuration.podSecurityExemptions.namespaces == ["kube-system"])
        let plugins = configuration.admissionPlugins
        #expect(
            plugins.contains("PodSecurityPolicy") && plugins.contains("AlwaysPullImages")
                && !plugins.contains("PodSecurity"))
    }

    @Test("what is written out is read back as the same configuration")
    func roundTrip() throws {
        let configuration = try decode(full)
        #expect(try decode(configuration.yaml) == configuration)
        #expect(
            try decode(KastellConfiguration(environment: environment).yaml)
                == KastellConfiguration(environment: environment))
    }

    @Test("the command line wins over the file, and its paths are taken from the current folder")
    func overrides() throws {
        let configuration = try decode(
            full,
            [
                .apiPort: "8443", .stateDir: "other", .controlOnly: "false",
                .enableAdmissionPlugins: "NodeRestriction, EventRateLimit",
                .profile: "standard", .exemptNamespaces: "",
            ])
        #expect(
            configuration.apiPort == 8443 && configuration.stateDir == "/work/here/other" && !configuration.controlOnly)
        #expect(
            configuration.enableAdmissionPlugins == ["NodeRestriction", "EventRateLimit"]
                && configuration.profile == .standard)
        #expect(configuration.podSecurityExemptions.namespaces.isEmpty && configuration.tlsMinVersion == .tls12)
    }

    @Test("a null value counts as left out")
    func nulls() throws {
        #expect(
            try decode(head + "apiPort:\ntls:\npodSecurity:\n  exemptions: ~\n")
                == KastellConfiguration(environment: environment))
    }

    @Test(
        "a fault names its field, its line, and what is allowed",
        arguments: [
            ("apiPort: 0", "conf/kastell.yaml:3:10: apiPort: 0 is not allowed. Allowed is a number from 1 to 65535"),
            (
                "apiPort: '6443'",
                "conf/kastell.yaml:3:10: apiPort: \"6443\" is not allowed. Allowed is a number from 1 to 65535"
            ),
            ("apiprot: 1", "conf/kastell.yaml:3:1: apiprot: is an unknown field. Did you mean 'apiPort'?"),
            (
                "minVersion: VersionTLS12",
                "conf/kastell.yaml:3:1: minVersion: is an unknown field. Did you mean 'tls.minVersion'?"
            ),
            (
                "tls:\n  minversion: x",
                "conf/kastell.yaml:4:3: tls.minversion: is an unknown field. Did you mean 'minVersion'?"
            ),
            (
                "tls:\n  ciphers: x",
                "conf/kastell.yaml:4:3: tls.ciphers: is an unknown field. Known are minVersion, extraNames, servingLifetime"
            ),
            (
                "tls: 1",
                "conf/kastell.yaml:3:6: tls: is no mapping. Allowed is a mapping with minVersion, extraNames, servingLifetime"
            ),
            (
                "tls:\n  minVersion: VersionTLS11",
                "conf/kastell.yaml:4:15: tls.minVersion: \"VersionTLS11\" is not allowed. Allowed is VersionTLS13 or VersionTLS12. Did you mean 'VersionTLS13'?"
            ),
            (
                "bindAddress: localhost",
                "conf/kastell.yaml:3:14: bindAddress: \"localhost\" is not allowed. Allowed is an IPv4 or IPv6 address, such as 127.0.0.1 or ::"
            ),
            (
                "profile: zerotrust",
                "conf/kastell.yaml:3:10: profile: \"zerotrust\" is not allowed. Allowed is standard or zero-trust. Did you mean 'zero-trust'?"
            ),
            ("controlOnly: 1", "conf/kastell.yaml:3:14: controlOnly: 1 is not allowed. Allowed is true or false"),
            (
                "enableAdmissionPlugins: [NodeRestriction,\n  PodSecurityPolicies]",
                "conf/kastell.yaml:4:3: enableAdmissionPlugins[1]: \"PodSecurityPolicies\" is no admission plugin. Did you mean 'PodSecurityPolicy'?"
            ),
            (
                "enableAdmissionPlugins: PodSecurityPolicy",
                "conf/kastell.yaml:3:25: enableAdmissionPlugins: \"PodSecurityPolicy\" is no list. Allowed is a list of the names of admission plugins"
            ),
            (
                "enableAdmissionPlugins: [LimitRanger]\ndisableAdmissionPlugins: [LimitRanger]",
                "conf/kastell.yaml:4:26: disableAdmissionPlugins: \"LimitRanger\" is enabled and disabled at once. Remove it from one of the two lists"
            ),
            (
                "serviceClusterIPRange: 10.0.0.0/8",
                "conf/kastell.yaml:3:24: serviceClusterIPRange: \"10.0.0.0/8\" is not allowed. Allowed is one range of 8 to 1048576 addresses, such as 10.96.0.0/16 or fd00:10:96::/112"
            ),
            (
                "serviceNodePortRange: 32767-30000",
                "conf/kastell.yaml:3:23: serviceNodePortRange: \"32767-30000\" is not allowed. Allowed is a range of ports such as 30000-32767"
            ),
            (
                "serviceAccountIssuer: 'https://'",
                "conf/kastell.yaml:3:23: serviceAccountIssuer: \"https://\" is not allowed. Allowed is a URL such as https://kubernetes.default.svc, or a name without a colon"
            ),
            (
                "podSecurity:\n  exemptions:\n    namespaces: [Bad_Name]",
                "conf/kastell.yaml:5:18: podSecurity.exemptions.namespaces[0]: \"Bad_Name\" is not allowed. Allowed is a list of names of objects: lower-case letters, digits, '-' and '.'"
            ),
            (
                "tls:\n  servingLifetime: 1m",
                "conf/kastell.yaml:4:20: tls.servingLifetime: \"1m\" is not allowed. Allowed is a duration from 1h to 87600h, such as 8760h"
            ),
            (
                "stateDir: {}",
                "conf/kastell.yaml:3:11: stateDir: a mapping is not allowed. Allowed is a path of a file or folder"
            ),
            (
                "apiPort: 1\napiPort: 2",
                "conf/kastell.yaml:4:1: apiPort: is named twice, first in line 3. Remove one of the two"
            ),
            ("apiPort: [", "conf/kastell.yaml:4:1: did not find expected node content"),
            ("\tapiPort: 1", "conf/kastell.yaml:3:1: a tab is used to indent; use spaces"),
        ])
    func oneFault(text: String, fault: String) {
        #expect(faults(head + text + "\n") == [fault])
    }

    @Test("a flag's fault names the flag")
    func flagFaults() {
        #expect(
            faults(head, [.apiPort: "http"]) == [
                "--api-port: apiPort: \"http\" is not allowed. Allowed is a number from 1 to 65535"
            ])
        #expect(
            faults(head, [.controlOnly: "maybe"]) == [
                "--control-only: controlOnly: \"maybe\" is not allowed. Allowed is true or false"
            ])
        #expect(
            faults(head, [.disableAdmissionPlugins: "Podsecurty"]) == [
                "--disable-admission-plugins: disableAdmissionPlugins[0]: \"Podsecurty\" is no admission plugin. Did you mean 'PodSecurity'?"
            ])
    }

    @Test("apiVersion and kind are demanded, and every fault is told at once")
    func heads() {
        #expect(
            faults("kind: Config\nport: 1\n") == [
                "conf/kastell.yaml:1:1: apiVersion: is missing. Add 'apiVersion: kastell.dev/v1'",
                "conf/kastell.yaml:1:7: kind: \"Config\" is not supported. Allowed is KastellConfiguration",
                "conf/kastell.yaml:2:1: port: is an unknown field. Known are apiVersion, kind, stateDir, apiPort, bindAddress, profile, controlOnly, tls, "
                    + "enableAdmissionPlugins, disableAdmissionPlugins, controllers, tokenAuthFile, encryptionProviderConfig, serviceAccountIssuer, serviceClusterIPRange, "
                    + "serviceNodePortRange, anonymousAuth, enableBootstrapTokenAuth, nodeName, clusterCIDR, staticPodPath, registries, podSecurity",
            ])
        #expect(
            faults("") == [
                "conf/kastell.yaml:1:1: the file holds no mapping. Begin with 'apiVersion: kastell.dev/v1' and 'kind: KastellConfiguration'"
            ])
    }

    @Test("a file that lies in the wrong place is not poured out")
    func longValues() {
        let text = faults(head + "profile: " + String(repeating: "s", count: 5000) + "\n").joined()
        #expect(text.count < 300)
    }

    @Test("default paths follow the user and XDG's variables")
    func paths() {
        let root = ProcessEnvironment(home: "/root", dataHome: "/x", isRoot: true)
        #expect(
            root.defaultStateDir == "/var/lib/kastell" && root.runDir(stateDir: root.defaultStateDir) == "/run/kastell")
        let user = ProcessEnvironment(home: "/home/u", dataHome: "/data", runtimeDir: "/run/user/1000")
        #expect(
            user.defaultStateDir == "/data/kastell"
                && user.runDir(stateDir: "/data/kastell") == "/run/user/1000/kastell")
        #expect(user.runDir(stateDir: "/other") == "/other/run")
        let plain = ProcessEnvironment(home: "/home/u", dataHome: "relative", runtimeDir: "")
        #expect(
            plain.defaultStateDir == "/home/u/.local/share/kastell"
                && plain.runDir(stateDir: plain.defaultStateDir) == "/home/u/.local/share/kastell/run")
        #expect(plain.kubeconfigFiles == ["/home/u/.kube/config"])
        #expect(
            ProcessEnvironment(home: "/h", kubeconfig: "/a::b", currentFolder: "/c").kubeconfigFiles == ["/a", "/c/b"])
        #expect(ProcessEnvironment.current.currentFolder.hasPrefix("/"))
    }

    @Test(
        "ranges of addresses are read strictly",
        arguments: [
            ("10.96.0.0/16", "10.96.0.0/16"), ("10.96.1.2/12", "10.96.0.0/12"), ("fd00::1/112", "fd00::/112"),
            ("0.0.0.0/0", "0.0.0.0/0"), ("1.2.3.4/32", "1.2.3.4/32"),
            ("10.96.0.0", nil), ("10.96.0.0/33", nil), ("10.96.0.0/", nil), ("10.96.0.0/-1", nil),
            ("10.96.0.0/016", nil), ("fd00::/129", nil), ("x/8", nil), ("1.2.3.4/8/8", nil),
        ] as [(String, String?)])
    func ranges(text: String, printed: String?) { #expect(CIDR(text)?.description == printed) }

    @Test("the addresses of a range are counted over bytes, and end with it")
    func rangeAddresses() throws {
        let range = try #require(CIDR("10.96.255.0/20"))
        #expect(range.network.description == "10.96.240.0" && range.address(257)?.description == "10.96.241.1")
        #expect(range.address(4095)?.description == "10.96.255.255" && range.address(4096) == nil)
        for (text, inside) in [("10.96.240.0", true), ("10.96.255.255", true), ("10.97.0.0", false), ("::1", false)] {
            #expect(range.contains(try #require(IPAddress(text))) == inside)
        }
        #expect(try #require(CIDR("fd00::/64")).address(.max)?.description == "fd00::ffff:ffff:ffff:ffff")
        #expect(try #require(CIDR("::ffff:0:0/96")).contains(try #require(IPAddress("::ffff:1.2.3.4"))))
    }

    @Test(
        "ranges of ports are read as Kubernetes reads them",
        arguments: [
            ("30000-32767", "30000-32767"), ("30000+10", "30000-30010"), ("80", "80-80"), ("65000+1000", "65000-65535"),
            ("5-4", nil), ("0-5", nil), ("1-70000", nil), ("a-b", nil), ("", nil), ("1-2-3", nil),
        ] as [(String, String?)])
    func ports(text: String, printed: String?) { #expect(PortRange(text)?.description == printed) }

    @Test(
        "durations are read and written as Go does",
        arguments: [
            ("8760h", 8760 * 3600), ("1h30m", 5400), ("90s", 90), ("1m1h", nil), ("5", nil), ("", nil), ("-1h", nil),
            ("99999999999999999999h", nil),
        ] as [(String, Int64?)])
    func durations(text: String, seconds: Int64?) {
        #expect(GoDuration.parse(text) == seconds.map { .seconds($0) })
        if let seconds { #expect(GoDuration.parse(GoDuration.text(.seconds(seconds))) == .seconds(seconds)) }
    }

    @Test("files of any bytes are read or refused, never trapped on", arguments: 0..<16)
    func fuzz(seed: UInt64) {
        var state = seed &+ 77
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        let words = ConfigurationField.allCases.flatMap { $0.rawValue.split(separator: ".").map { String($0) } }
        let values = [
            "1", "true", "[a, 1, {}]", "{}", "x", "~", "10.0.0.0/16", "'", "&a [*a]", "99999999999999999999", "-1",
            "\u{1}", "[[[]]]", "\n  tls: 1",
        ]
        for _ in 0..<100 {
            var text = head
            for _ in 0..<(next() % 6) {
                text += words[next() % words.count] + ": " + values[next() % values.count] + "\n"
            }
            _ = faults(text)
        }
    }
}
