import ClusterNetwork
import Foundation
import JSONValue
import Testing

extension EndToEnd {
    @Suite("Calico's kinds") struct Calico {
        /// What `api-resources` prints of the kinds with this name.
        private static let lines = [
            "globalnetworkpolicies gnp,cgnp,calicoglobalnetworkpolicies projectcalico.org/v3 false GlobalNetworkPolicy",
            "networkpolicies netpol networking.k8s.io/v1 true NetworkPolicy",
            "networkpolicies cnp,caliconetworkpolicy,caliconetworkpolicies projectcalico.org/v3 true NetworkPolicy",
        ]

        private static let allowPing = """
            apiVersion: projectcalico.org/v3
            kind: GlobalNetworkPolicy
            metadata:
              name: allow-ping-in-cluster
            spec:
              selector: all()
              types:
              - Ingress
              ingress:
              - action: Allow
                protocol: ICMP
                source:
                  selector: all()
                icmp:
                  type: 8 # Ping request
              - action: Allow
                protocol: ICMPv6
                source:
                  selector: all()
                icmp:
                  type: 128 # Ping request
            """

        @Test("kubectl lists, applies, shows and explains them, and the plain name stays that of Kubernetes", arguments: Kubectl.all)
        func kinds(kubectl: Kubectl) async throws {
            let cluster = try TestCluster()
            try await cluster.run {
                try await cluster.up()
                let definitions = cluster.folder.path + "/definitions.json"
                let list: JSONValue.JSON = ["apiVersion": "v1", "kind": "List", "items": .array(CalicoResources.definitions)]
                try Data(list.bytes).write(to: URL(filePath: definitions))
                #expect(try await cluster.kubectl(kubectl, "apply", "-f", definitions).succeeded)
                for definition in CalicoResources.definitions {
                    let name = definition[path: "metadata", "name"]?.string ?? ""
                    #expect(try await cluster.kubectl(kubectl, "wait", "--for", "condition=established", "crd/" + name).succeeded)
                }
                let resources = try await cluster.kubectl(kubectl, "api-resources")
                let found = Transcript.lines(resources.output).filter { $0.contains("networkpolicies") }
                #expect(found.sorted() == Self.lines.sorted())

                let manifest = cluster.folder.path + "/allow-icmp-incluster.yaml"
                try Self.allowPing.write(toFile: manifest, atomically: true, encoding: .utf8)
                let made = try await cluster.kubectl(kubectl, "apply", "-f", manifest)
                #expect(Transcript.lines(made.output) == ["globalnetworkpolicy.projectcalico.org/allow-ping-in-cluster created"])
                let again = try await cluster.kubectl(kubectl, "apply", "-f", manifest)
                #expect(Transcript.lines(again.output) == ["globalnetworkpolicy.projectcalico.org/allow-ping-in-cluster unchanged"])
                for name in ["gnp", "cgnp", "calicoglobalnetworkpolicies", "globalnetworkpolicies"] {
                    #expect(try await cluster.kubectl(kubectl, "get", name, "-o", "name").output.contains("allow-ping-in-cluster"))
                }
                let plain = cluster.folder.path + "/plain.yaml"
                try """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: default-deny}
                spec: {podSelector: {}}
                """.write(toFile: plain, atomically: true, encoding: .utf8)
                #expect(try await cluster.kubectl(kubectl, "apply", "-f", plain).succeeded)
                for name in ["networkpolicies", "networkpolicy", "netpol"] {
                    let shown = try await cluster.kubectl(kubectl, "get", name, "-o", "name")
                    #expect(Transcript.lines(shown.output) == ["networkpolicy.networking.k8s.io/default-deny"])
                }
                for name in ["cnp", "caliconetworkpolicies", "networkpolicies.projectcalico.org"] {
                    #expect(try await cluster.kubectl(kubectl, "get", name).succeeded)
                }
                let explained = try await cluster.kubectl(kubectl, "explain", "globalnetworkpolicies.spec.ingress.source.selector")
                #expect(explained.output.contains("Pods whose labels the selector holds of"))

                // What the schema lets through, and no node could bring into force.
                let broken = Self.allowPing.replacingOccurrences(of: "selector: all()\n  types", with: "selector: app ==\n  types")
                try broken.write(toFile: manifest, atomically: true, encoding: .utf8)
                let refused = try await cluster.kubectl(kubectl, "apply", "-f", manifest)
                #expect(!refused.succeeded && refused.output.contains("spec.selector"))
            }
        }
    }
}
