import JSONValue
import KubeModel
import ObjectDefaults
import Testing

@Suite struct ConversionTests {
    static let v1 = GroupVersionKind(group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler")
    static let v2 = GroupVersionKind(group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler")

    @Test("an autoscaler survives the way to the older version and back")
    func autoscaler() throws {
        let text = #"""
            {"metadata":{"name":"h"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d","apiVersion":"apps/v1"},"minReplicas":1,"maxReplicas":3,
            "metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}},
            {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"1Gi"}}},
            {"type":"Pods","pods":{"metric":{"name":"m"},"target":{"type":"AverageValue","averageValue":"5"}}},
            {"type":"Object","object":{"describedObject":{"kind":"Service","name":"s","apiVersion":"v1"},"metric":{"name":"m"},"target":{"type":"Value","value":"7"}}},
            {"type":"External","external":{"metric":{"name":"e","selector":{"matchLabels":{"a":"b"}}},"target":{"type":"Value","value":"9"}}}],
            "behavior":{"scaleDown":{"stabilizationWindowSeconds":60}}},
            "status":{"currentReplicas":1,"desiredReplicas":2,"currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":40,"averageValue":"4m"}}}],
            "conditions":[{"type":"AbleToScale","status":"True","lastTransitionTime":"2024-01-01T00:00:00Z"}]}}
            """#
        var object = try ObjectDecoding.decode(JSON.parse(text), as: Self.v2).object
        object["apiVersion"] = "autoscaling/v2"
        object["kind"] = "HorizontalPodAutoscaler"
        ObjectDefaults.apply(to: &object, kind: Self.v2, now: Timestamp(seconds: 0))
        ObjectNormalization.normalize(&object, kind: Self.v2)
        let older = try #require(ObjectConversion.convert(object, from: Self.v2, to: Self.v1))
        #expect(older["apiVersion"] == "autoscaling/v1")
        #expect(older[path: "spec", "targetCPUUtilizationPercentage"] == 50)
        #expect(older[path: "status", "currentCPUUtilizationPercentage"] == 40)
        #expect(
            older[path: "metadata", "annotations", "autoscaling.alpha.kubernetes.io/current-metrics"]
                == #"[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":40,"currentAverageValue":"4m"}}]"#
        )
        #expect(
            older[path: "metadata", "annotations", "autoscaling.alpha.kubernetes.io/behavior"]?.string?.hasPrefix(
                #"{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods""#) ?? false
        )
        #expect(older[path: "metadata", "annotations"]?.object?.count == 4)
        #expect(ObjectConversion.convert(older, from: Self.v1, to: Self.v2) == object)
    }

    @Test("an autoscaler without a target aims at 80 percent")
    func autoscalerDefault() throws {
        var object = try JSON.parse(
            #"{"metadata":{"name":"h"},"spec":{"scaleTargetRef":{"kind":"D","name":"d"},"maxReplicas":3}}"#)
        ObjectDefaults.apply(to: &object, kind: Self.v1, now: Timestamp(seconds: 0))
        let newer = try #require(ObjectConversion.convert(object, from: Self.v1, to: Self.v2))
        let older = try #require(ObjectConversion.convert(newer, from: Self.v2, to: Self.v1))
        #expect(older[path: "spec", "targetCPUUtilizationPercentage"] == 80)
        #expect(older[path: "spec", "minReplicas"] == 1)
        #expect(older[path: "metadata", "annotations"] == nil)
    }

    @Test("events have other names in their own group")
    func events() throws {
        let core = GroupVersionKind(group: "", version: "v1", kind: "Event")
        let own = GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event")
        let event = try JSON.parse(
            #"{"kind":"Event","apiVersion":"v1","metadata":{"name":"x"},"involvedObject":{"kind":"Pod","name":"p"},"reason":"R","message":"hello","source":{"component":"c"},"firstTimestamp":"2024-01-02T03:04:05Z","lastTimestamp":"2024-01-02T03:04:05Z","count":1,"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""}"#
        )
        let renamed = try #require(ObjectConversion.convert(event, from: core, to: own))
        let expected = try JSON.parse(
            #"{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"x"},"eventTime":null,"reason":"R","regarding":{"kind":"Pod","name":"p"},"note":"hello","type":"Normal","deprecatedSource":{"component":"c"},"deprecatedFirstTimestamp":"2024-01-02T03:04:05Z","deprecatedLastTimestamp":"2024-01-02T03:04:05Z","deprecatedCount":1}"#
        )
        #expect(renamed == expected)
        #expect(ObjectConversion.convert(renamed, from: own, to: core) == event)
        #expect(ObjectConversion.convert(event, from: core, to: Self.v1) == nil)
    }

    @Test("a scale tells replicas and the selector as text, and sets replicas")
    func scale() throws {
        let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
        var object = try JSON.parse(
            #"{"metadata":{"name":"d","uid":"u","labels":{"a":"b"}},"spec":{"replicas":2,"selector":{"matchLabels":{"z":"1","a":"b"},"matchExpressions":[{"key":"k","operator":"In","values":["y","x"]},{"key":"n","operator":"DoesNotExist"}]}},"status":{"replicas":1}}"#
        )
        let scale = ScaleConversion.scale(of: object, kind: kind)
        #expect(scale["status"] == ["replicas": 1, "selector": "a=b,k in (x,y),!n,z=1"])
        #expect(scale["metadata"] == ["name": "d", "uid": "u"])
        ScaleConversion.apply(["spec": [:]], to: &object)
        #expect(object[path: "spec", "replicas"] == 0)
        #expect(ScaleConversion.scale(of: object, kind: kind)["spec"] == [:])
    }
}
