import JSONValue
import KubeModel

/// Daemon sets, which count the changes of their template in an annotation.
enum DaemonSetStrategy {
    private static let annotation = "deprecated.daemonset.template.generation"

    private static func templateGeneration(_ set: JSON) -> Int64 {
        Int64(set[path: "metadata", "annotations", annotation]?.string ?? "") ?? 0
    }

    static func prepareForCreate(_ set: inout JSON) {
        set[path: "metadata", "annotations", annotation] = .string(String(max(1, templateGeneration(set))))
    }

    static func prepareForUpdate(_ new: inout JSON, old: JSON, kind: GroupVersionKind) {
        let before = templateGeneration(old)
        let isChanged = KindTraits.Generation.differs("spec", old, new, kind)
        let oldTemplate = ObjectNormalization.normalized("spec", of: old, kind: kind)?["template"]
        let newTemplate = ObjectNormalization.normalized("spec", of: new, kind: kind)?["template"]
        let hasNewTemplate = isChanged && oldTemplate != newTemplate
        new[path: "metadata", "annotations", annotation] = .string(String(hasNewTemplate ? before &+ 1 : before))
        if isChanged { ObjectStrategy.bumpGeneration(&new, old: old) }
    }
}

/// Jobs, whose pods are found by labels that no other job has.
enum JobStrategy {
    static func prepareForCreate(_ job: inout JSON) {
        guard job[path: "spec", "manualSelector"] != true else { return }
        let name = job[path: "metadata", "name"] ?? ""
        let uid = job[path: "metadata", "uid"] ?? ""
        job.editOrCreate("spec") { spec in
            spec.editOrCreate("template") { template in
                template.editOrCreate("metadata") { metadata in
                    metadata.editOrCreate("labels") { labels in
                        for prefix in ["", "batch.kubernetes.io/"] {
                            labels.fill(prefix + "job-name", name)
                            labels.fill(prefix + "controller-uid", uid)
                        }
                    }
                }
            }
            spec.editOrCreate("selector") { selector in
                selector.editOrCreate("matchLabels") { $0.fill("batch.kubernetes.io/controller-uid", uid) }
            }
        }
    }
}
