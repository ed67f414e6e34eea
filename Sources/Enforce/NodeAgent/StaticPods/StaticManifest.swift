import Admission
import Crypto
import JSONValue
import KubeModel
import ObjectDefaults
import ObjectValidation
import YAMLValue

/// Why a manifest makes no pod. The pods of other manifests go on.
struct ManifestFault: Error, Hashable, CustomStringConvertible {
    /// The file, and which of its documents, when it has several.
    var place: String
    /// What is wrong.
    var message: String
    var description: String { "\(place): \(message)" }
}

/// Reads the pods of a file: what a node runs without being told by the API server.
///
/// Pure. The same file always gives the same uids, so that a node that comes back finds its pods again.
/// Source: Kubernetes documentation, "Create static Pods".
enum StaticManifest {
    static let sourceAnnotation = "kubernetes.io/config.source"
    static let hashAnnotation = "kubernetes.io/config.hash"
    static let seenAnnotation = "kubernetes.io/config.seen"
    /// The largest file, and the most pods of one.
    static let byteLimit = 1 << 20
    static let podLimit = 64

    private static let kind = GroupVersionKind(group: "", version: "v1", kind: "Pod")

    /// The pods of a file as the API server would have stored them, bound to the node.
    ///
    /// - Parameters:
    ///   - bytes: the file: YAML, of which JSON is a part; one or more documents, each a Pod or a list of them.
    ///   - file: its name, for the hash and for what is said of it.
    ///   - node: the name of the node.
    ///   - now: the moment, which the pods carry as the time when they were seen.
    /// - Throws: the first fault; no pod of the file is taken then.
    static func pods(_ bytes: [UInt8], file: String, node: String, now: Timestamp) throws(ManifestFault) -> [JSON] {
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(bytes, limits: YAML.Limits(bytes: byteLimit)) } catch {
            throw ManifestFault(place: file, message: "it is neither YAML nor JSON: \(error)")
        }
        var pods: [JSON] = []
        for (index, document) in documents.enumerated() where !document.value.isNull {
            let place = documents.count == 1 ? file : "\(file), document \(index + 1)"
            if let duplicate = document.duplicates.first {
                throw ManifestFault(place: place, message: "\(duplicate.path.description) stands there twice")
            }
            let value = document.value
            let isList = value["apiVersion"]?.string == "v1" && ["List", "PodList"].contains(value["kind"]?.string)
            for item in isList ? value["items"]?.array ?? [] : [value] {
                do throws(Refusal) { pods.append(try pod(item, isItem: value["kind"]?.string == "PodList", file: file, node: node, now: now)) } catch {
                    throw ManifestFault(place: place, message: error.message)
                }
            }
        }
        if pods.count > podLimit { throw ManifestFault(place: file, message: "it has \(pods.count) pods; at most \(podLimit) are read from one file") }
        return pods
    }

    private struct Refusal: Error { var message: String }

    private static func pod(_ value: JSON, isItem: Bool, file: String, node: String, now: Timestamp) throws(Refusal) -> JSON {
        if !isItem, value["apiVersion"]?.string != "v1" || value["kind"]?.string != "Pod" {
            throw Refusal(message: "it is no Pod of v1")
        }
        let name = value["metadata"]?["name"]?.string ?? ""
        if name.isEmpty { throw Refusal(message: "metadata.name: Required value: a static pod has a name") }
        var object = value
        object["apiVersion"] = "v1"
        object["kind"] = "Pod"
        do throws(DecodingFault) {
            let decoded = try ObjectDecoding.decode(object, as: kind)
            // A field that is misspelt may be the one that confines the pod.
            if let fault = ObjectDecoding.strictFault(duplicateFields: [], unknownFields: decoded.unknownFields) { throw fault }
            object = decoded.object
        } catch { throw Refusal(message: error.message) }
        let uid = uid(of: object, file: file, node: node)
        object["metadata"] = metadata(object["metadata"] ?? [:], uid: uid, node: node, now: now)
        object[path: "spec", "nodeName"] = .string(node)
        let tolerations = object["spec"]?["tolerations"]?.array ?? []
        object[path: "spec", "tolerations"] = .array(tolerations + [["effect": "NoExecute", "operator": "Exists"]])
        ObjectDefaults.apply(to: &object, kind: kind, now: now)
        if let reference = NodeRestriction.forbiddenReference(of: object) ?? token(object) {
            throw Refusal(message: "a static pod may not reference \(reference)")
        }
        ObjectStrategy.prepareForCreate(&object, kind: kind, context: .init(now: now, freshUID: uid))
        let faults = ObjectValidation.validateCreate(object, kind: kind, namespaced: true)
        if !faults.isEmpty { throw Refusal(message: faults.map(\.description).joined(separator: "; ")) }
        ObjectNormalization.finish(&object, kind: kind, now: now)
        return object
    }

    private static func metadata(_ given: JSON, uid: String, node: String, now: Timestamp) -> JSON {
        var metadata: JSON = [
            "name": .string("\(given["name"]?.string ?? "")-\(node.lowercased())"), "namespace": .string(given["namespace"]?.string ?? "default"),
            "uid": .string(uid), "creationTimestamp": .string(now.description),
        ]
        metadata["labels"] = given["labels"]
        var annotations = given["annotations"]?.stringMap ?? [:]
        // A file does not make the mirror of another pod.
        annotations[MirrorPod.annotation] = nil
        annotations[sourceAnnotation] = "file"
        annotations[hashAnnotation] = uid
        annotations[seenAnnotation] = now.description
        metadata["annotations"] = JSON(annotations)
        return metadata
    }

    private static func token(_ pod: JSON) -> String? {
        let sources = (pod["spec"]?["volumes"]?.array ?? []).flatMap { $0["projected"]?["sources"]?.array ?? [] }
        if sources.contains(where: { $0["serviceAccountToken"]?.object != nil }) { return "tokens of a service account" }
        return sources.contains { $0["podCertificate"]?.object != nil } ? "pod certificates" : nil
    }

    /// Of one pod of the file alone: a change of one does not end the others.
    private static func uid(of pod: JSON, file: String, node: String) -> String {
        var hash = SHA256()
        for part in [Array(node.utf8), Array(file.utf8), pod.bytes] {
            hash.update(data: part)
            hash.update(data: [0])
        }
        return hash.finalize().prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether a uid is that of a pod from a file. The API server gives longer ones, so that no object of it can pass for one.
    static func isStatic(uid: String) -> Bool { uid.utf8.count == 32 && uid.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
}
