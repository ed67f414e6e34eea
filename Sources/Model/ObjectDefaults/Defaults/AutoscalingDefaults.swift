import JSONValue
import KubeModel

/// The defaults of the autoscaling group.
enum AutoscalingDefaults {
    static func apply(to object: inout JSON, kind: GroupVersionKind) {
        guard kind.kind == "HorizontalPodAutoscaler" else { return }
        object.editOrCreate("spec") { spec in
            spec.fill("minReplicas", 1)
            // The older version gets its target from the conversion, which knows all metrics.
            if kind.version == "v2" {
                spec.fillEmpty("metrics", [cpuTarget(utilization: 80)])
                behavior(&spec)
            }
        }
    }

    /// The metric that is used when none is given.
    static func cpuTarget(utilization: JSON) -> JSON {
        [
            "type": "Resource",
            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": utilization]],
        ]
    }

    private static func behavior(_ spec: inout JSON) {
        spec.edit("behavior") { behavior in
            behavior.editOrCreate("scaleUp") { rules in
                rules.fill("stabilizationWindowSeconds", 0)
                rules.fill("selectPolicy", "Max")
                let pods: JSON = ["type": "Pods", "value": 4, "periodSeconds": 15]
                let percent: JSON = ["type": "Percent", "value": 100, "periodSeconds": 15]
                rules.fill("policies", [pods, percent])
            }
            behavior.editOrCreate("scaleDown") { rules in
                rules.fill("selectPolicy", "Max")
                let percent: JSON = ["type": "Percent", "value": 100, "periodSeconds": 15]
                rules.fill("policies", [percent])
            }
        }
    }
}
