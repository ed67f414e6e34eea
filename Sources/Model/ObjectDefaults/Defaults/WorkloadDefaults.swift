import JSONValue

/// The defaults of the apps group.
enum AppsDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "Deployment": object.editOrCreate("spec") { deployment(&$0) }
        case "DaemonSet": object.editOrCreate("spec") { daemonSet(&$0) }
        case "StatefulSet": object.editOrCreate("spec") { statefulSet(&$0) }
        case "ReplicaSet":
            object.editOrCreate("spec") { spec in
                spec.fill("replicas", 1)
                spec.editOrCreate("template") { PodDefaults.template(&$0) }
            }
        default: break
        }
    }

    private static func deployment(_ spec: inout JSON) {
        spec.fill("replicas", 1)
        spec.editOrCreate("strategy") { strategy in
            strategy.fill("type", "RollingUpdate")
            guard strategy.text("type") == "RollingUpdate" else { return }
            strategy.editOrCreate("rollingUpdate") { update in
                update.fill("maxUnavailable", "25%")
                update.fill("maxSurge", "25%")
            }
        }
        spec.fill("revisionHistoryLimit", 10)
        spec.fill("progressDeadlineSeconds", 600)
        spec.editOrCreate("template") { PodDefaults.template(&$0) }
    }

    private static func daemonSet(_ spec: inout JSON) {
        spec.editOrCreate("updateStrategy") { strategy in
            strategy.fill("type", "RollingUpdate")
            guard strategy.text("type") == "RollingUpdate" else { return }
            strategy.editOrCreate("rollingUpdate") { update in
                update.fill("maxUnavailable", 1)
                update.fill("maxSurge", 0)
            }
        }
        spec.fill("revisionHistoryLimit", 10)
        spec.editOrCreate("template") { PodDefaults.template(&$0) }
    }

    private static func statefulSet(_ spec: inout JSON) {
        spec.fill("podManagementPolicy", "OrderedReady")
        spec.editOrCreate("updateStrategy") { strategy in
            if !strategy.has("type") {
                strategy["type"] = "RollingUpdate"
                strategy.fill("rollingUpdate", [:])
            }
            if strategy.text("type") == "RollingUpdate" { strategy.edit("rollingUpdate") { $0.fill("partition", 0) } }
        }
        spec.editOrCreate("persistentVolumeClaimRetentionPolicy") { policy in
            policy.fill("whenDeleted", "Retain")
            policy.fill("whenScaled", "Retain")
        }
        spec.fill("replicas", 1)
        spec.fill("revisionHistoryLimit", 10)
        spec.editOrCreate("template") { PodDefaults.template(&$0) }
        spec.editEach("volumeClaimTemplates") { claim in
            CoreDefaults.persistentVolumeClaim(&claim)
            claim.fill("kind", "PersistentVolumeClaim")
            claim.fill("apiVersion", "v1")
        }
    }
}

/// The defaults of the batch group.
enum BatchDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "Job": job(&object)
        case "CronJob":
            object.editOrCreate("spec") { spec in
                spec.fill("concurrencyPolicy", "Allow")
                spec.fill("suspend", false)
                spec.fill("successfulJobsHistoryLimit", 3)
                spec.fill("failedJobsHistoryLimit", 1)
                spec.editOrCreate("jobTemplate") { template in
                    template.editOrCreate("spec") { jobSpec in
                        podFailurePolicy(&jobSpec)
                        jobSpec.editOrCreate("template") { PodDefaults.template(&$0) }
                    }
                }
            }
        default: break
        }
    }

    private static func job(_ object: inout JSON) {
        object.editOrCreate("spec") { spec in
            if !spec.has("completions"), !spec.has("parallelism") { spec["completions"] = 1 }
            spec.fill("parallelism", 1)
            spec.fill("backoffLimit", spec.has("backoffLimitPerIndex") ? 2_147_483_647 : 6)
            spec.fill("completionMode", "NonIndexed")
            spec.fill("suspend", false)
            spec.fill("manualSelector", false)
            spec.fill("podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed")
            podFailurePolicy(&spec)
            spec.editOrCreate("template") { PodDefaults.template(&$0) }
        }
        if object["metadata"]?.count("labels") ?? 0 == 0,
            let labels = object[path: "spec", "template", "metadata", "labels"],
            labels.object != nil
        {
            object[path: "metadata", "labels"] = labels
        }
    }

    private static func podFailurePolicy(_ spec: inout JSON) {
        spec.edit("podFailurePolicy") { policy in
            policy.editEach("rules") { rule in rule.editEach("onPodConditions") { $0.fill("status", "True") } }
        }
    }
}
