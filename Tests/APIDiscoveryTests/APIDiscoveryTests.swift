import APIDiscovery
import JSONValue
import KubeModel
import Testing

@Suite struct APIDiscoveryTests {
    static let discovery = APIDiscovery(SchemaCatalog.builtin)
    static let documents = OpenAPIDocuments(
        discovery: discovery, catalog: SchemaCatalog.builtin, serverVersion: "v1.36.0")

    /// Every reference of a value, by its target.
    static func references(_ value: JSON) -> Set<String> {
        switch value {
        case .object(let object):
            return object.members.reduce(into: []) { all, member in
                if member.key == "$ref", let target = member.value.string { all.insert(target) }
                all.formUnion(references(member.value))
            }
        case .array(let elements): return elements.reduce(into: []) { $0.formUnion(references($1)) }
        case .null, .bool, .int, .double, .string: return []
        }
    }

    @Test(
        "the hash of a storage version is the one that clients know",
        arguments: [
            ("v1", "ConfigMap", "qFsyl6wFWjQ="), ("v1", "Pod", "xPOwRZ+Yhw8="),
            ("policy/v1", "PodDisruptionBudget", "EVWiDmWqyJw="),
        ])
    func storageVersionHash(version: String, kind: String, hash: String) throws {
        let version = try #require(GroupVersion(version))
        #expect(APIDiscovery.storageVersionHash(kind: kind, in: version) == hash)
    }

    @Test("hashes are those of the standard, over block borders too")
    func hashes() {
        #expect(APIDiscovery.hash(of: []) == "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")
        #expect(
            APIDiscovery.hash(of: Array("abc".utf8))
                == "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")
        let long = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(APIDiscovery.hash(of: long) == "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1")
    }

    @Test("every document names only schemas that it holds")
    func referencesHold() throws {
        for path in Self.documents.paths {
            let document = try #require(Self.documents.document(at: path))
            let schemas = document[path: "components", "schemas"]?.object ?? JSONObject()
            for target in Self.references(document) {
                let name = target.replacing("#/components/schemas/", with: "")
                #expect(schemas[name] != nil, "\(path): \(name)")
            }
        }
        let swagger = Self.documents.swagger
        for target in Self.references(swagger) {
            #expect(swagger["definitions"]?[target.replacing("#/definitions/", with: "")] != nil, "\(target)")
        }
    }

    @Test("no two operations of the whole API have the same identifier")
    func identifiersAreUnique() {
        var seen: Set<String> = []
        for (path, item) in Self.documents.swagger["paths"]?.object ?? JSONObject() {
            for (method, operation) in item.object ?? JSONObject() where method != "parameters" {
                let id = operation["operationId"]?.string ?? ""
                #expect(seen.insert(id).inserted, "\(path) \(method): \(id)")
            }
        }
        #expect(seen.contains("listAppsV1NamespacedDeployment"))
        #expect(seen.contains("connectCoreV1PostNamespacedPodExec"))
        #expect(seen.contains("createCoreV1NamespacedPodEviction"))
        #expect(seen.contains("readRbacAuthorizationV1ClusterRole"))
    }

    @Test("clients find that patches are checked for unknown fields")
    func patchParameters() throws {
        let document = try #require(Self.documents.document(at: "apis/apps/v1"))
        let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        let item = try #require(document["paths"]?[path])
        let names = (item[path: "patch", "parameters"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(names == ["dryRun", "fieldManager", "fieldValidation", "force"])
        #expect((item["parameters"]?.array ?? []).compactMap { $0["name"]?.string } == ["name", "namespace", "pretty"])
        #expect(item[path: "patch", "x-kubernetes-group-version-kind", "kind"] == "Deployment")
        #expect(item[path: "patch", "requestBody", "content", "application/strategic-merge-patch+json"] != nil)
    }

    @Test("a reference with anything beside it is wrapped, and keeps its default")
    func wrappedReferences() throws {
        let document = try #require(Self.documents.document(at: "apis/apps/v1"))
        let schemas = try #require(document[path: "components", "schemas"])
        let template = schemas["io.k8s.api.apps.v1.DeploymentSpec"]?[path: "properties", "template"]
        #expect(template?["allOf"] == [["$ref": "#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec"]])
        #expect(template?["default"] == [:])
        let containers = schemas["io.k8s.api.core.v1.PodSpec"]?[path: "properties", "containers"]
        #expect(containers?["x-kubernetes-patch-merge-key"] == "name")
        #expect(containers?["x-kubernetes-list-map-keys"] == ["name"])
        #expect(containers?[path: "items", "default"] == [:])
        #expect(schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]?["format"] == "int-or-string")
    }

    /// A catalog with one custom resource beside the built-in ones.
    static var customCatalog: SchemaCatalog {
        get throws {
            var catalog = SchemaCatalog.builtin
            catalog.add(
                try JSON.parse(
                    #"""
                    {"group":"example.com","version":"v1","resources":[{"plural":"widgets","singular":"widget","kind":"Widget",
                    "namespaced":true,"verbs":["delete","get","list","patch","create","update","watch"],"storageVersion":"example.com/v1",
                    "subresources":{"scale":{"kind":"Scale","verbs":["get"],"apiVersion":"autoscaling/v1"},"status":{"kind":"Widget","verbs":["get"]}}}],
                    "types":{"com.example.v1.Widget":{"type":"object","gvk":[["example.com","v1","Widget"]],
                    "fields":{"spec":{"type":"object","fields":{"size":{"type":"integer","minimum":1},"port":{"intOrString":true}},"required":["size"]}}}}}
                    """#))
            return catalog
        }
    }

    @Test("custom resources are served and described beside the built-in ones")
    func customResources() throws {
        let catalog = try Self.customCatalog
        let groups = Self.discovery.groups + [.init(name: "example.com", versions: ["v1"], isCustom: true)]
        let discovery = APIDiscovery(groups: groups, resources: catalog.resources)
        let version = GroupVersion(group: "example.com", version: "v1")
        let names = (discovery.resourceList(of: version)?["resources"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(names == ["widgets", "widgets/status", "widgets/scale"])
        let kind = discovery.aggregatedGroups()["items"]?.array?.last?["versions"]?[at: 0]?["resources"]?[at: 0]?[
            "responseKind"]
        #expect(kind == ["group": "example.com", "version": "v1", "kind": "Widget"])

        let documents = OpenAPIDocuments(discovery: discovery, catalog: catalog, serverVersion: "v1.36.0")
        let document = try #require(documents.document(at: "apis/example.com/v1"))
        let schema = document[path: "components", "schemas"]?["com.example.v1.Widget"]
        #expect(schema?[path: "properties", "spec", "properties", "size", "minimum"] == 1)
        #expect(schema?[path: "properties", "metadata", "allOf"] != nil)
        #expect(schema?[path: "properties", "spec", "properties", "port", "x-kubernetes-int-or-string"] == true)
        #expect(document[path: "components", "schemas"]?["com.example.v1.WidgetList"] != nil)
        #expect(
            documents.index { _ in "x" }["paths"]?["apis/example.com/v1"] == [
                "serverRelativeURL": "/openapi/v3/apis/example.com/v1?hash=x"
            ])
    }

    @Test("what is not served has no document")
    func unknown() {
        #expect(Self.discovery.resourceList(of: GroupVersion(group: "policy", version: "v1beta1")) == nil)
        #expect(Self.discovery.group("nope") == nil)
        #expect(Self.documents.document(at: "apis/nope/v1") == nil)
    }

    @Test("a client asks for the aggregated form by the parameters of its media type")
    func asking() {
        let parameters = ["g": "apidiscovery.k8s.io", "v": "v2beta1", "as": "APIGroupDiscoveryList"]
        #expect(APIDiscovery.AggregatedVersion.allCases.filter { $0.isAsked(by: parameters) } == [.v2beta1])
    }
}
