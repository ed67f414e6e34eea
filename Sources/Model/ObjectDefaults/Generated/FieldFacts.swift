// Generated from the API types of Kubernetes 1.36 and of PodSecurityPolicy. Do not edit.

/// How the fields of every API type are written, one type a line; ``TypeFacts`` reads it.
///
/// `TYPE FIELD FLAGS SHAPE;FIELD FLAGS SHAPE;...`. In type names `~` stands for `io.k8s.api.`, `^` for the shared
/// metadata types, `%` and `&` for the extension and aggregation groups. Flags: `!` is written even when empty, `*` may
/// be absent (a pointer), `z` is left out when zero. Shapes: `s` string, `b` boolean, `h` `i` `l` integer of 16, 32 or
/// 64 bits, `f` number, `y` bytes, `t` time, `m` time with microseconds, `q` quantity, `x` integer or string, `a`
/// anything, `J` `B` `A` `S` the unions of a CRD's schema, `[` list, `{KEY}` map, `@TYPE` structure; `:NAME` and
/// `=NAME=` give the name under which the shape is declared.
enum FieldFacts {
    static let text = """
        ~admissionregistration.v1.ApplyConfiguration expression - s
        ~admissionregistration.v1.AuditAnnotation key ! s;valueExpression ! s
        ~admissionregistration.v1.ExpressionWarning fieldRef ! s;warning ! s
        ~admissionregistration.v1.JSONPatch expression - s
        ~admissionregistration.v1.MatchCondition name ! s;expression ! s
        ~admissionregistration.v1.MatchResources namespaceSelector * @^LabelSelector;objectSelector * @^LabelSelector;resourceRules - [@~admissionregistration.v1.NamedRuleWithOperations;excludeResourceRules - [@~admissionregistration.v1.NamedRuleWithOperations;matchPolicy * s:v1.MatchPolicyType
        ~admissionregistration.v1.MutatingAdmissionPolicy kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~admissionregistration.v1.MutatingAdmissionPolicySpec
        ~admissionregistration.v1.MutatingAdmissionPolicyBinding kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~admissionregistration.v1.MutatingAdmissionPolicyBindingSpec
        ~admissionregistration.v1.MutatingAdmissionPolicyBindingList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~admissionregistration.v1.MutatingAdmissionPolicyBinding
        ~admissionregistration.v1.MutatingAdmissionPolicyBindingSpec policyName - s;paramRef * @~admissionregistration.v1.ParamRef;matchResources * @~admissionregistration.v1.MatchResources
        ~admissionregistration.v1.MutatingAdmissionPolicyList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~admissionregistration.v1.MutatingAdmissionPolicy
        ~admissionregistration.v1.MutatingAdmissionPolicySpec paramKind * @~admissionregistration.v1.ParamKind;matchConstraints * @~admissionregistration.v1.MatchResources;variables - [@~admissionregistration.v1.Variable;mutations - [@~admissionregistration.v1.Mutation;failurePolicy * s:v1.FailurePolicyType;matchConditions - [@~admissionregistration.v1.MatchCondition;reinvocationPolicy - s:v1.ReinvocationPolicyType
        ~admissionregistration.v1.MutatingWebhook name ! s;clientConfig ! @~admissionregistration.v1.WebhookClientConfig;rules - [@~admissionregistration.v1.RuleWithOperations;failurePolicy * s:v1.FailurePolicyType;matchPolicy * s:v1.MatchPolicyType;namespaceSelector * @^LabelSelector;objectSelector * @^LabelSelector;sideEffects !* s:v1.SideEffectClass;timeoutSeconds * i;admissionReviewVersions ! [s;reinvocationPolicy * s:v1.ReinvocationPolicyType;matchConditions - [@~admissionregistration.v1.MatchCondition
        ~admissionregistration.v1.MutatingWebhookConfiguration kind - s;apiVersion - s;metadata - @^ObjectMeta;webhooks - [@~admissionregistration.v1.MutatingWebhook
        ~admissionregistration.v1.MutatingWebhookConfigurationList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~admissionregistration.v1.MutatingWebhookConfiguration
        ~admissionregistration.v1.Mutation patchType ! s:v1.PatchType;applyConfiguration * @~admissionregistration.v1.ApplyConfiguration;jsonPatch * @~admissionregistration.v1.JSONPatch
        ~admissionregistration.v1.NamedRuleWithOperations resourceNames - [s;operations - [s:v1.OperationType;apiGroups - [s;apiVersions - [s;resources - [s;scope * s:v1.ScopeType
        ~admissionregistration.v1.ParamKind apiVersion - s;kind - s
        ~admissionregistration.v1.ParamRef name - s;namespace - s;selector * @^LabelSelector;parameterNotFoundAction * s:v1.ParameterNotFoundActionType
        ~admissionregistration.v1.RuleWithOperations operations - [s:v1.OperationType;apiGroups - [s;apiVersions - [s;resources - [s;scope * s:v1.ScopeType
        ~admissionregistration.v1.ServiceReference namespace ! s;name ! s;path * s;port * i
        ~admissionregistration.v1.TypeChecking expressionWarnings - [@~admissionregistration.v1.ExpressionWarning
        ~admissionregistration.v1.ValidatingAdmissionPolicy kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~admissionregistration.v1.ValidatingAdmissionPolicySpec;status - @~admissionregistration.v1.ValidatingAdmissionPolicyStatus
        ~admissionregistration.v1.ValidatingAdmissionPolicyBinding kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec
        ~admissionregistration.v1.ValidatingAdmissionPolicyBindingList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~admissionregistration.v1.ValidatingAdmissionPolicyBinding
        ~admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec policyName - s;paramRef * @~admissionregistration.v1.ParamRef;matchResources * @~admissionregistration.v1.MatchResources;validationActions - [s:v1.ValidationAction
        ~admissionregistration.v1.ValidatingAdmissionPolicyList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~admissionregistration.v1.ValidatingAdmissionPolicy
        ~admissionregistration.v1.ValidatingAdmissionPolicySpec paramKind * @~admissionregistration.v1.ParamKind;matchConstraints * @~admissionregistration.v1.MatchResources;validations - [@~admissionregistration.v1.Validation;failurePolicy * s:v1.FailurePolicyType;auditAnnotations - [@~admissionregistration.v1.AuditAnnotation;matchConditions - [@~admissionregistration.v1.MatchCondition;variables - [@~admissionregistration.v1.Variable
        ~admissionregistration.v1.ValidatingAdmissionPolicyStatus observedGeneration - l;typeChecking * @~admissionregistration.v1.TypeChecking;conditions - [@^Condition
        ~admissionregistration.v1.ValidatingWebhook name ! s;clientConfig ! @~admissionregistration.v1.WebhookClientConfig;rules - [@~admissionregistration.v1.RuleWithOperations;failurePolicy * s:v1.FailurePolicyType;matchPolicy * s:v1.MatchPolicyType;namespaceSelector * @^LabelSelector;objectSelector * @^LabelSelector;sideEffects !* s:v1.SideEffectClass;timeoutSeconds * i;admissionReviewVersions ! [s;matchConditions - [@~admissionregistration.v1.MatchCondition
        ~admissionregistration.v1.ValidatingWebhookConfiguration kind - s;apiVersion - s;metadata - @^ObjectMeta;webhooks - [@~admissionregistration.v1.ValidatingWebhook
        ~admissionregistration.v1.ValidatingWebhookConfigurationList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~admissionregistration.v1.ValidatingWebhookConfiguration
        ~admissionregistration.v1.Validation expression ! s;message - s;reason * s:v1.StatusReason;messageExpression - s
        ~admissionregistration.v1.Variable name ! s;expression ! s
        ~admissionregistration.v1.WebhookClientConfig url * s;service * @~admissionregistration.v1.ServiceReference;caBundle - y
        ~apps.v1.ControllerRevision kind - s;apiVersion - s;metadata - @^ObjectMeta;data - a;revision ! l
        ~apps.v1.ControllerRevisionList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~apps.v1.ControllerRevision
        ~apps.v1.DaemonSet kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~apps.v1.DaemonSetSpec;status - @~apps.v1.DaemonSetStatus
        ~apps.v1.DaemonSetCondition type ! s:v1.DaemonSetConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~apps.v1.DaemonSetList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~apps.v1.DaemonSet
        ~apps.v1.DaemonSetSpec selector !* @^LabelSelector;template ! @~core.v1.PodTemplateSpec;updateStrategy - @~apps.v1.DaemonSetUpdateStrategy;minReadySeconds - i;revisionHistoryLimit * i
        ~apps.v1.DaemonSetStatus currentNumberScheduled ! i;numberMisscheduled ! i;desiredNumberScheduled ! i;numberReady ! i;observedGeneration - l;updatedNumberScheduled - i;numberAvailable - i;numberUnavailable - i;collisionCount * i;conditions - [@~apps.v1.DaemonSetCondition
        ~apps.v1.DaemonSetUpdateStrategy type - s:v1.DaemonSetUpdateStrategyType;rollingUpdate * @~apps.v1.RollingUpdateDaemonSet
        ~apps.v1.Deployment kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~apps.v1.DeploymentSpec;status - @~apps.v1.DeploymentStatus
        ~apps.v1.DeploymentCondition type ! s:v1.DeploymentConditionType;status ! s:v1.ConditionStatus;lastUpdateTime - t;lastTransitionTime - t;reason - s;message - s
        ~apps.v1.DeploymentList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~apps.v1.Deployment
        ~apps.v1.DeploymentSpec replicas * i;selector !* @^LabelSelector;template ! @~core.v1.PodTemplateSpec;strategy - @~apps.v1.DeploymentStrategy;minReadySeconds - i;revisionHistoryLimit * i;paused - b;progressDeadlineSeconds * i
        ~apps.v1.DeploymentStatus observedGeneration - l;replicas - i;updatedReplicas - i;readyReplicas - i;availableReplicas - i;unavailableReplicas - i;terminatingReplicas * i;conditions - [@~apps.v1.DeploymentCondition;collisionCount * i
        ~apps.v1.DeploymentStrategy type - s:v1.DeploymentStrategyType;rollingUpdate * @~apps.v1.RollingUpdateDeployment
        ~apps.v1.ReplicaSet kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~apps.v1.ReplicaSetSpec;status - @~apps.v1.ReplicaSetStatus
        ~apps.v1.ReplicaSetCondition type ! s:v1.ReplicaSetConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~apps.v1.ReplicaSetList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~apps.v1.ReplicaSet
        ~apps.v1.ReplicaSetSpec replicas * i;minReadySeconds - i;selector !* @^LabelSelector;template - @~core.v1.PodTemplateSpec
        ~apps.v1.ReplicaSetStatus replicas ! i;fullyLabeledReplicas - i;readyReplicas - i;availableReplicas - i;terminatingReplicas * i;observedGeneration - l;conditions - [@~apps.v1.ReplicaSetCondition
        ~apps.v1.RollingUpdateDaemonSet maxUnavailable * x;maxSurge * x
        ~apps.v1.RollingUpdateDeployment maxUnavailable * x;maxSurge * x
        ~apps.v1.RollingUpdateStatefulSetStrategy partition * i;maxUnavailable * x
        ~apps.v1.StatefulSet kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~apps.v1.StatefulSetSpec;status - @~apps.v1.StatefulSetStatus
        ~apps.v1.StatefulSetCondition type ! s:v1.StatefulSetConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~apps.v1.StatefulSetList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~apps.v1.StatefulSet
        ~apps.v1.StatefulSetOrdinals start ! i
        ~apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted - s:v1.PersistentVolumeClaimRetentionPolicyType;whenScaled - s:v1.PersistentVolumeClaimRetentionPolicyType
        ~apps.v1.StatefulSetSpec replicas * i;selector !* @^LabelSelector;template ! @~core.v1.PodTemplateSpec;volumeClaimTemplates - [@~core.v1.PersistentVolumeClaim;serviceName ! s;podManagementPolicy - s:v1.PodManagementPolicyType;updateStrategy - @~apps.v1.StatefulSetUpdateStrategy;revisionHistoryLimit * i;minReadySeconds - i;persistentVolumeClaimRetentionPolicy * @~apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy;ordinals * @~apps.v1.StatefulSetOrdinals
        ~apps.v1.StatefulSetStatus observedGeneration - l;replicas ! i;readyReplicas - i;currentReplicas - i;updatedReplicas - i;currentRevision - s;updateRevision - s;collisionCount * i;conditions - [@~apps.v1.StatefulSetCondition;availableReplicas ! i
        ~apps.v1.StatefulSetUpdateStrategy type - s:v1.StatefulSetUpdateStrategyType;rollingUpdate * @~apps.v1.RollingUpdateStatefulSetStrategy
        ~authentication.v1.BoundObjectReference kind - s;apiVersion - s;name - s;uid - s:types.UID
        ~authentication.v1.SelfSubjectReview kind - s;apiVersion - s;metadata - @^ObjectMeta;status - @~authentication.v1.SelfSubjectReviewStatus
        ~authentication.v1.SelfSubjectReviewStatus userInfo - @~authentication.v1.UserInfo
        ~authentication.v1.TokenRequest kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~authentication.v1.TokenRequestSpec;status - @~authentication.v1.TokenRequestStatus
        ~authentication.v1.TokenRequestSpec audiences ! [s;expirationSeconds !* l;boundObjectRef !* @~authentication.v1.BoundObjectReference
        ~authentication.v1.TokenRequestStatus token ! s;expirationTimestamp ! t
        ~authentication.v1.TokenReview kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~authentication.v1.TokenReviewSpec;status - @~authentication.v1.TokenReviewStatus
        ~authentication.v1.TokenReviewSpec token - s;audiences - [s
        ~authentication.v1.TokenReviewStatus authenticated - b;user - @~authentication.v1.UserInfo;audiences - [s;error - s
        ~authentication.v1.UserInfo username - s;uid - s;groups - [s;extra - {string}=v1.ExtraValue=[s
        ~authorization.v1.FieldSelectorAttributes rawSelector - s;requirements - [@^FieldSelectorRequirement
        ~authorization.v1.LabelSelectorAttributes rawSelector - s;requirements - [@^LabelSelectorRequirement
        ~authorization.v1.LocalSubjectAccessReview kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~authorization.v1.SubjectAccessReviewSpec;status - @~authorization.v1.SubjectAccessReviewStatus
        ~authorization.v1.NonResourceAttributes path - s;verb - s
        ~authorization.v1.NonResourceRule verbs ! [s;nonResourceURLs - [s
        ~authorization.v1.ResourceAttributes namespace - s;verb - s;group - s;version - s;resource - s;subresource - s;name - s;fieldSelector * @~authorization.v1.FieldSelectorAttributes;labelSelector * @~authorization.v1.LabelSelectorAttributes
        ~authorization.v1.ResourceRule verbs ! [s;apiGroups - [s;resources - [s;resourceNames - [s
        ~authorization.v1.SelfSubjectAccessReview kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~authorization.v1.SelfSubjectAccessReviewSpec;status - @~authorization.v1.SubjectAccessReviewStatus
        ~authorization.v1.SelfSubjectAccessReviewSpec resourceAttributes * @~authorization.v1.ResourceAttributes;nonResourceAttributes * @~authorization.v1.NonResourceAttributes
        ~authorization.v1.SelfSubjectRulesReview kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~authorization.v1.SelfSubjectRulesReviewSpec;status - @~authorization.v1.SubjectRulesReviewStatus
        ~authorization.v1.SelfSubjectRulesReviewSpec namespace - s
        ~authorization.v1.SubjectAccessReview kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~authorization.v1.SubjectAccessReviewSpec;status - @~authorization.v1.SubjectAccessReviewStatus
        ~authorization.v1.SubjectAccessReviewSpec resourceAttributes * @~authorization.v1.ResourceAttributes;nonResourceAttributes * @~authorization.v1.NonResourceAttributes;user - s;groups - [s;extra - {string}=v1.ExtraValue=[s;uid - s
        ~authorization.v1.SubjectAccessReviewStatus allowed ! b;denied - b;reason - s;evaluationError - s
        ~authorization.v1.SubjectRulesReviewStatus resourceRules ! [@~authorization.v1.ResourceRule;nonResourceRules ! [@~authorization.v1.NonResourceRule;incomplete ! b;evaluationError - s
        ~autoscaling.v1.CrossVersionObjectReference kind ! s;name ! s;apiVersion - s
        ~autoscaling.v1.HorizontalPodAutoscaler kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~autoscaling.v1.HorizontalPodAutoscalerSpec;status - @~autoscaling.v1.HorizontalPodAutoscalerStatus
        ~autoscaling.v1.HorizontalPodAutoscalerList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~autoscaling.v1.HorizontalPodAutoscaler
        ~autoscaling.v1.HorizontalPodAutoscalerSpec scaleTargetRef ! @~autoscaling.v1.CrossVersionObjectReference;minReplicas * i;maxReplicas ! i;targetCPUUtilizationPercentage * i
        ~autoscaling.v1.HorizontalPodAutoscalerStatus observedGeneration * l;lastScaleTime * t;currentReplicas ! i;desiredReplicas ! i;currentCPUUtilizationPercentage * i
        ~autoscaling.v1.Scale kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~autoscaling.v1.ScaleSpec;status - @~autoscaling.v1.ScaleStatus
        ~autoscaling.v1.ScaleSpec replicas - i
        ~autoscaling.v1.ScaleStatus replicas ! i;selector - s
        ~autoscaling.v2.ContainerResourceMetricSource name ! s:v1.ResourceName;target ! @~autoscaling.v2.MetricTarget;container ! s
        ~autoscaling.v2.ContainerResourceMetricStatus name ! s:v1.ResourceName;current ! @~autoscaling.v2.MetricValueStatus;container ! s
        ~autoscaling.v2.CrossVersionObjectReference kind ! s;name ! s;apiVersion - s
        ~autoscaling.v2.ExternalMetricSource metric ! @~autoscaling.v2.MetricIdentifier;target ! @~autoscaling.v2.MetricTarget
        ~autoscaling.v2.ExternalMetricStatus metric ! @~autoscaling.v2.MetricIdentifier;current ! @~autoscaling.v2.MetricValueStatus
        ~autoscaling.v2.HPAScalingPolicy type ! s:v2.HPAScalingPolicyType;value ! i;periodSeconds ! i
        ~autoscaling.v2.HPAScalingRules stabilizationWindowSeconds * i;selectPolicy * s:v2.ScalingPolicySelect;policies - [@~autoscaling.v2.HPAScalingPolicy;tolerance * q
        ~autoscaling.v2.HorizontalPodAutoscaler kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~autoscaling.v2.HorizontalPodAutoscalerSpec;status - @~autoscaling.v2.HorizontalPodAutoscalerStatus
        ~autoscaling.v2.HorizontalPodAutoscalerBehavior scaleUp * @~autoscaling.v2.HPAScalingRules;scaleDown * @~autoscaling.v2.HPAScalingRules
        ~autoscaling.v2.HorizontalPodAutoscalerCondition type ! s:v2.HorizontalPodAutoscalerConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~autoscaling.v2.HorizontalPodAutoscalerList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~autoscaling.v2.HorizontalPodAutoscaler
        ~autoscaling.v2.HorizontalPodAutoscalerSpec scaleTargetRef ! @~autoscaling.v2.CrossVersionObjectReference;minReplicas * i;maxReplicas ! i;metrics - [@~autoscaling.v2.MetricSpec;behavior * @~autoscaling.v2.HorizontalPodAutoscalerBehavior
        ~autoscaling.v2.HorizontalPodAutoscalerStatus observedGeneration * l;lastScaleTime * t;currentReplicas - i;desiredReplicas ! i;currentMetrics ! [@~autoscaling.v2.MetricStatus;conditions - [@~autoscaling.v2.HorizontalPodAutoscalerCondition
        ~autoscaling.v2.MetricIdentifier name ! s;selector * @^LabelSelector
        ~autoscaling.v2.MetricSpec type ! s:v2.MetricSourceType;object * @~autoscaling.v2.ObjectMetricSource;pods * @~autoscaling.v2.PodsMetricSource;resource * @~autoscaling.v2.ResourceMetricSource;containerResource * @~autoscaling.v2.ContainerResourceMetricSource;external * @~autoscaling.v2.ExternalMetricSource
        ~autoscaling.v2.MetricStatus type ! s:v2.MetricSourceType;object * @~autoscaling.v2.ObjectMetricStatus;pods * @~autoscaling.v2.PodsMetricStatus;resource * @~autoscaling.v2.ResourceMetricStatus;containerResource * @~autoscaling.v2.ContainerResourceMetricStatus;external * @~autoscaling.v2.ExternalMetricStatus
        ~autoscaling.v2.MetricTarget type ! s:v2.MetricTargetType;value * q;averageValue * q;averageUtilization * i
        ~autoscaling.v2.MetricValueStatus value * q;averageValue * q;averageUtilization * i
        ~autoscaling.v2.ObjectMetricSource describedObject ! @~autoscaling.v2.CrossVersionObjectReference;target ! @~autoscaling.v2.MetricTarget;metric ! @~autoscaling.v2.MetricIdentifier
        ~autoscaling.v2.ObjectMetricStatus metric ! @~autoscaling.v2.MetricIdentifier;current ! @~autoscaling.v2.MetricValueStatus;describedObject ! @~autoscaling.v2.CrossVersionObjectReference
        ~autoscaling.v2.PodsMetricSource metric ! @~autoscaling.v2.MetricIdentifier;target ! @~autoscaling.v2.MetricTarget
        ~autoscaling.v2.PodsMetricStatus metric ! @~autoscaling.v2.MetricIdentifier;current ! @~autoscaling.v2.MetricValueStatus
        ~autoscaling.v2.ResourceMetricSource name ! s:v1.ResourceName;target ! @~autoscaling.v2.MetricTarget
        ~autoscaling.v2.ResourceMetricStatus name ! s:v1.ResourceName;current ! @~autoscaling.v2.MetricValueStatus
        ~batch.v1.CronJob kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~batch.v1.CronJobSpec;status - @~batch.v1.CronJobStatus
        ~batch.v1.CronJobList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~batch.v1.CronJob
        ~batch.v1.CronJobSpec schedule ! s;timeZone * s;startingDeadlineSeconds * l;concurrencyPolicy - s:v1.ConcurrencyPolicy;suspend * b;jobTemplate ! @~batch.v1.JobTemplateSpec;successfulJobsHistoryLimit * i;failedJobsHistoryLimit * i
        ~batch.v1.CronJobStatus active - [@~core.v1.ObjectReference;lastScheduleTime * t;lastSuccessfulTime * t
        ~batch.v1.Job kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~batch.v1.JobSpec;status - @~batch.v1.JobStatus
        ~batch.v1.JobCondition type ! s:v1.JobConditionType;status ! s:v1.ConditionStatus;lastProbeTime - t;lastTransitionTime - t;reason - s;message - s
        ~batch.v1.JobList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~batch.v1.Job
        ~batch.v1.JobSpec parallelism * i;completions * i;activeDeadlineSeconds * l;podFailurePolicy * @~batch.v1.PodFailurePolicy;successPolicy * @~batch.v1.SuccessPolicy;backoffLimit * i;backoffLimitPerIndex * i;maxFailedIndexes * i;selector * @^LabelSelector;manualSelector * b;template ! @~core.v1.PodTemplateSpec;ttlSecondsAfterFinished * i;completionMode * s:v1.CompletionMode;suspend * b;podReplacementPolicy * s:v1.PodReplacementPolicy;managedBy * s
        ~batch.v1.JobStatus conditions - [@~batch.v1.JobCondition;startTime * t;completionTime * t;active - i;succeeded - i;failed - i;terminating * i;completedIndexes - s;failedIndexes * s;uncountedTerminatedPods * @~batch.v1.UncountedTerminatedPods;ready * i
        ~batch.v1.JobTemplateSpec metadata - @^ObjectMeta;spec - @~batch.v1.JobSpec
        ~batch.v1.PodFailurePolicy rules ! [@~batch.v1.PodFailurePolicyRule
        ~batch.v1.PodFailurePolicyOnExitCodesRequirement containerName * s;operator ! s:v1.PodFailurePolicyOnExitCodesOperator;values ! [i
        ~batch.v1.PodFailurePolicyOnPodConditionsPattern type ! s:v1.PodConditionType;status ! s:v1.ConditionStatus
        ~batch.v1.PodFailurePolicyRule action ! s:v1.PodFailurePolicyAction;onExitCodes * @~batch.v1.PodFailurePolicyOnExitCodesRequirement;onPodConditions - [@~batch.v1.PodFailurePolicyOnPodConditionsPattern
        ~batch.v1.SuccessPolicy rules ! [@~batch.v1.SuccessPolicyRule
        ~batch.v1.SuccessPolicyRule succeededIndexes * s;succeededCount * i
        ~batch.v1.UncountedTerminatedPods succeeded - [s:types.UID;failed - [s:types.UID
        ~certificates.v1.CertificateSigningRequest kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~certificates.v1.CertificateSigningRequestSpec;status - @~certificates.v1.CertificateSigningRequestStatus
        ~certificates.v1.CertificateSigningRequestCondition type ! s:v1.RequestConditionType;status ! s:v1.ConditionStatus;reason - s;message - s;lastUpdateTime - t;lastTransitionTime - t
        ~certificates.v1.CertificateSigningRequestList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~certificates.v1.CertificateSigningRequest
        ~certificates.v1.CertificateSigningRequestSpec request ! y;signerName ! s;expirationSeconds * i;usages - [s:v1.KeyUsage;username - s;uid - s;groups - [s;extra - {string}=v1.ExtraValue=[s
        ~certificates.v1.CertificateSigningRequestStatus conditions - [@~certificates.v1.CertificateSigningRequestCondition;certificate - y
        ~coordination.v1.Lease kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~coordination.v1.LeaseSpec
        ~coordination.v1.LeaseList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~coordination.v1.Lease
        ~coordination.v1.LeaseSpec holderIdentity * s;leaseDurationSeconds * i;acquireTime * m;renewTime * m;leaseTransitions * i;strategy * s:v1.CoordinatedLeaseStrategy;preferredHolder * s
        ~core.v1.AWSElasticBlockStoreVolumeSource volumeID ! s;fsType - s;partition - i;readOnly - b
        ~core.v1.Affinity nodeAffinity * @~core.v1.NodeAffinity;podAffinity * @~core.v1.PodAffinity;podAntiAffinity * @~core.v1.PodAntiAffinity
        ~core.v1.AppArmorProfile type ! s:v1.AppArmorProfileType;localhostProfile * s
        ~core.v1.AttachedVolume name ! s:v1.UniqueVolumeName;devicePath ! s
        ~core.v1.AzureDiskVolumeSource diskName ! s;diskURI ! s;cachingMode * s:v1.AzureDataDiskCachingMode;fsType * s;readOnly * b;kind * s:v1.AzureDataDiskKind
        ~core.v1.AzureFilePersistentVolumeSource secretName ! s;shareName ! s;readOnly - b;secretNamespace !* s
        ~core.v1.AzureFileVolumeSource secretName ! s;shareName ! s;readOnly - b
        ~core.v1.Binding kind - s;apiVersion - s;metadata - @^ObjectMeta;target ! @~core.v1.ObjectReference
        ~core.v1.CSIPersistentVolumeSource driver ! s;volumeHandle ! s;readOnly - b;fsType - s;volumeAttributes - {string}s;controllerPublishSecretRef * @~core.v1.SecretReference;nodeStageSecretRef * @~core.v1.SecretReference;nodePublishSecretRef * @~core.v1.SecretReference;controllerExpandSecretRef * @~core.v1.SecretReference;nodeExpandSecretRef * @~core.v1.SecretReference
        ~core.v1.CSIVolumeSource driver ! s;readOnly * b;fsType * s;volumeAttributes - {string}s;nodePublishSecretRef * @~core.v1.LocalObjectReference
        ~core.v1.Capabilities add - [s:v1.Capability;drop - [s:v1.Capability
        ~core.v1.CephFSPersistentVolumeSource monitors ! [s;path - s;user - s;secretFile - s;secretRef * @~core.v1.SecretReference;readOnly - b
        ~core.v1.CephFSVolumeSource monitors ! [s;path - s;user - s;secretFile - s;secretRef * @~core.v1.LocalObjectReference;readOnly - b
        ~core.v1.CinderPersistentVolumeSource volumeID ! s;fsType - s;readOnly - b;secretRef * @~core.v1.SecretReference
        ~core.v1.CinderVolumeSource volumeID ! s;fsType - s;readOnly - b;secretRef * @~core.v1.LocalObjectReference
        ~core.v1.ClientIPConfig timeoutSeconds * i
        ~core.v1.ClusterTrustBundleProjection name * s;signerName * s;labelSelector * @^LabelSelector;optional * b;path ! s
        ~core.v1.ComponentCondition type ! s:v1.ComponentConditionType;status ! s:v1.ConditionStatus;message - s;error - s
        ~core.v1.ComponentStatus kind - s;apiVersion - s;metadata - @^ObjectMeta;conditions - [@~core.v1.ComponentCondition
        ~core.v1.ComponentStatusList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.ComponentStatus
        ~core.v1.ConfigMap kind - s;apiVersion - s;metadata - @^ObjectMeta;immutable * b;data - {string}s;binaryData - {string}y
        ~core.v1.ConfigMapEnvSource name - s;optional * b
        ~core.v1.ConfigMapKeySelector name - s;key ! s;optional * b
        ~core.v1.ConfigMapList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.ConfigMap
        ~core.v1.ConfigMapNodeConfigSource namespace ! s;name ! s;uid - s:types.UID;resourceVersion - s;kubeletConfigKey ! s
        ~core.v1.ConfigMapProjection name - s;items - [@~core.v1.KeyToPath;optional * b
        ~core.v1.ConfigMapVolumeSource name - s;items - [@~core.v1.KeyToPath;defaultMode * i;optional * b
        ~core.v1.Container name ! s;image - s;command - [s;args - [s;workingDir - s;ports - [@~core.v1.ContainerPort;envFrom - [@~core.v1.EnvFromSource;env - [@~core.v1.EnvVar;resources - @~core.v1.ResourceRequirements;resizePolicy - [@~core.v1.ContainerResizePolicy;restartPolicy * s:v1.ContainerRestartPolicy;restartPolicyRules - [@~core.v1.ContainerRestartRule;volumeMounts - [@~core.v1.VolumeMount;volumeDevices - [@~core.v1.VolumeDevice;livenessProbe * @~core.v1.Probe;readinessProbe * @~core.v1.Probe;startupProbe * @~core.v1.Probe;lifecycle * @~core.v1.Lifecycle;terminationMessagePath - s;terminationMessagePolicy - s:v1.TerminationMessagePolicy;imagePullPolicy - s:v1.PullPolicy;securityContext * @~core.v1.SecurityContext;stdin - b;stdinOnce - b;tty - b
        ~core.v1.ContainerExtendedResourceRequest containerName ! s;resourceName ! s;requestName ! s
        ~core.v1.ContainerImage names ! [s;sizeBytes - l
        ~core.v1.ContainerPort name - s;hostPort - i;containerPort ! i;protocol - s:v1.Protocol;hostIP - s
        ~core.v1.ContainerResizePolicy resourceName ! s:v1.ResourceName;restartPolicy ! s:v1.ResourceResizeRestartPolicy
        ~core.v1.ContainerRestartRule action - s:v1.ContainerRestartRuleAction;exitCodes * @~core.v1.ContainerRestartRuleOnExitCodes
        ~core.v1.ContainerRestartRuleOnExitCodes operator - s:v1.ContainerRestartRuleOnExitCodesOperator;values - [i
        ~core.v1.ContainerState waiting * @~core.v1.ContainerStateWaiting;running * @~core.v1.ContainerStateRunning;terminated * @~core.v1.ContainerStateTerminated
        ~core.v1.ContainerStateRunning startedAt - t
        ~core.v1.ContainerStateTerminated exitCode ! i;signal - i;reason - s;message - s;startedAt - t;finishedAt - t;containerID - s
        ~core.v1.ContainerStateWaiting reason - s;message - s
        ~core.v1.ContainerStatus name ! s;state - @~core.v1.ContainerState;lastState - @~core.v1.ContainerState;ready ! b;restartCount ! i;image ! s;imageID ! s;containerID - s;started * b;allocatedResources - =v1.ResourceList={v1.ResourceName}q;resources * @~core.v1.ResourceRequirements;volumeMounts - [@~core.v1.VolumeMountStatus;user * @~core.v1.ContainerUser;allocatedResourcesStatus - [@~core.v1.ResourceStatus;stopSignal * s:v1.Signal
        ~core.v1.ContainerUser linux * @~core.v1.LinuxContainerUser
        ~core.v1.DaemonEndpoint Port ! i
        ~core.v1.DownwardAPIProjection items - [@~core.v1.DownwardAPIVolumeFile
        ~core.v1.DownwardAPIVolumeFile path ! s;fieldRef * @~core.v1.ObjectFieldSelector;resourceFieldRef * @~core.v1.ResourceFieldSelector;mode * i
        ~core.v1.DownwardAPIVolumeSource items - [@~core.v1.DownwardAPIVolumeFile;defaultMode * i
        ~core.v1.EmptyDirVolumeSource medium - s:v1.StorageMedium;sizeLimit * q
        ~core.v1.EndpointAddress ip ! s;hostname - s;nodeName * s;targetRef * @~core.v1.ObjectReference
        ~core.v1.EndpointPort name - s;port ! i;protocol - s:v1.Protocol;appProtocol * s
        ~core.v1.EndpointSubset addresses - [@~core.v1.EndpointAddress;notReadyAddresses - [@~core.v1.EndpointAddress;ports - [@~core.v1.EndpointPort
        ~core.v1.Endpoints kind - s;apiVersion - s;metadata - @^ObjectMeta;subsets - [@~core.v1.EndpointSubset
        ~core.v1.EndpointsList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Endpoints
        ~core.v1.EnvFromSource prefix - s;configMapRef * @~core.v1.ConfigMapEnvSource;secretRef * @~core.v1.SecretEnvSource
        ~core.v1.EnvVar name ! s;value - s;valueFrom * @~core.v1.EnvVarSource
        ~core.v1.EnvVarSource fieldRef * @~core.v1.ObjectFieldSelector;resourceFieldRef * @~core.v1.ResourceFieldSelector;configMapKeyRef * @~core.v1.ConfigMapKeySelector;secretKeyRef * @~core.v1.SecretKeySelector;fileKeyRef * @~core.v1.FileKeySelector
        ~core.v1.EphemeralContainer name ! s;image - s;command - [s;args - [s;workingDir - s;ports - [@~core.v1.ContainerPort;envFrom - [@~core.v1.EnvFromSource;env - [@~core.v1.EnvVar;resources - @~core.v1.ResourceRequirements;resizePolicy - [@~core.v1.ContainerResizePolicy;restartPolicy * s:v1.ContainerRestartPolicy;restartPolicyRules - [@~core.v1.ContainerRestartRule;volumeMounts - [@~core.v1.VolumeMount;volumeDevices - [@~core.v1.VolumeDevice;livenessProbe * @~core.v1.Probe;readinessProbe * @~core.v1.Probe;startupProbe * @~core.v1.Probe;lifecycle * @~core.v1.Lifecycle;terminationMessagePath - s;terminationMessagePolicy - s:v1.TerminationMessagePolicy;imagePullPolicy - s:v1.PullPolicy;securityContext * @~core.v1.SecurityContext;stdin - b;stdinOnce - b;tty - b;targetContainerName - s
        ~core.v1.EphemeralVolumeSource volumeClaimTemplate * @~core.v1.PersistentVolumeClaimTemplate
        ~core.v1.Event kind - s;apiVersion - s;metadata ! @^ObjectMeta;involvedObject ! @~core.v1.ObjectReference;reason - s;message - s;source - @~core.v1.EventSource;firstTimestamp - t;lastTimestamp - t;count - i;type - s;eventTime - m;series * @~core.v1.EventSeries;action - s;related * @~core.v1.ObjectReference;reportingComponent ! s;reportingInstance ! s
        ~core.v1.EventList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Event
        ~core.v1.EventSeries count - i;lastObservedTime - m
        ~core.v1.EventSource component - s;host - s
        ~core.v1.ExecAction command - [s
        ~core.v1.FCVolumeSource targetWWNs - [s;lun * i;fsType - s;readOnly - b;wwids - [s
        ~core.v1.FileKeySelector volumeName ! s;path ! s;key ! s;optional * b
        ~core.v1.FlexPersistentVolumeSource driver ! s;fsType - s;secretRef * @~core.v1.SecretReference;readOnly - b;options - {string}s
        ~core.v1.FlexVolumeSource driver ! s;fsType - s;secretRef * @~core.v1.LocalObjectReference;readOnly - b;options - {string}s
        ~core.v1.FlockerVolumeSource datasetName - s;datasetUUID - s
        ~core.v1.GCEPersistentDiskVolumeSource pdName ! s;fsType - s;partition - i;readOnly - b
        ~core.v1.GRPCAction port ! i;service !* s
        ~core.v1.GitRepoVolumeSource repository ! s;revision - s;directory - s
        ~core.v1.GlusterfsPersistentVolumeSource endpoints ! s;path ! s;readOnly - b;endpointsNamespace * s
        ~core.v1.GlusterfsVolumeSource endpoints ! s;path ! s;readOnly - b
        ~core.v1.HTTPGetAction path - s;port ! x;host - s;scheme - s:v1.URIScheme;httpHeaders - [@~core.v1.HTTPHeader
        ~core.v1.HTTPHeader name ! s;value ! s
        ~core.v1.HostAlias ip ! s;hostnames - [s
        ~core.v1.HostIP ip ! s
        ~core.v1.HostPathVolumeSource path ! s;type * s:v1.HostPathType
        ~core.v1.ISCSIPersistentVolumeSource targetPortal ! s;iqn ! s;lun ! i;iscsiInterface - s;fsType - s;readOnly - b;portals - [s;chapAuthDiscovery - b;chapAuthSession - b;secretRef * @~core.v1.SecretReference;initiatorName * s
        ~core.v1.ISCSIVolumeSource targetPortal ! s;iqn ! s;lun ! i;iscsiInterface - s;fsType - s;readOnly - b;portals - [s;chapAuthDiscovery - b;chapAuthSession - b;secretRef * @~core.v1.LocalObjectReference;initiatorName * s
        ~core.v1.ImageVolumeSource reference - s;pullPolicy - s:v1.PullPolicy
        ~core.v1.ImageVolumeStatus imageRef - s
        ~core.v1.KeyToPath key ! s;path ! s;mode * i
        ~core.v1.Lifecycle postStart * @~core.v1.LifecycleHandler;preStop * @~core.v1.LifecycleHandler;stopSignal * s:v1.Signal
        ~core.v1.LifecycleHandler exec * @~core.v1.ExecAction;httpGet * @~core.v1.HTTPGetAction;tcpSocket * @~core.v1.TCPSocketAction;sleep * @~core.v1.SleepAction
        ~core.v1.LimitRange kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.LimitRangeSpec
        ~core.v1.LimitRangeItem type ! s:v1.LimitType;max - =v1.ResourceList={v1.ResourceName}q;min - =v1.ResourceList={v1.ResourceName}q;default - =v1.ResourceList={v1.ResourceName}q;defaultRequest - =v1.ResourceList={v1.ResourceName}q;maxLimitRequestRatio - =v1.ResourceList={v1.ResourceName}q
        ~core.v1.LimitRangeList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.LimitRange
        ~core.v1.LimitRangeSpec limits ! [@~core.v1.LimitRangeItem
        ~core.v1.LinuxContainerUser uid ! l;gid ! l;supplementalGroups - [l
        ~core.v1.LoadBalancerIngress ip - s;hostname - s;ipMode * s:v1.LoadBalancerIPMode;ports - [@~core.v1.PortStatus
        ~core.v1.LoadBalancerStatus ingress - [@~core.v1.LoadBalancerIngress
        ~core.v1.LocalObjectReference name - s
        ~core.v1.LocalVolumeSource path ! s;fsType * s
        ~core.v1.ModifyVolumeStatus targetVolumeAttributesClassName - s;status ! s:v1.PersistentVolumeClaimModifyVolumeStatus
        ~core.v1.NFSVolumeSource server ! s;path ! s;readOnly - b
        ~core.v1.Namespace kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.NamespaceSpec;status - @~core.v1.NamespaceStatus
        ~core.v1.NamespaceCondition type ! s:v1.NamespaceConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~core.v1.NamespaceList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Namespace
        ~core.v1.NamespaceSpec finalizers - [s:v1.FinalizerName
        ~core.v1.NamespaceStatus phase - s:v1.NamespacePhase;conditions - [@~core.v1.NamespaceCondition
        ~core.v1.Node kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.NodeSpec;status - @~core.v1.NodeStatus
        ~core.v1.NodeAddress type ! s:v1.NodeAddressType;address ! s
        ~core.v1.NodeAffinity requiredDuringSchedulingIgnoredDuringExecution * @~core.v1.NodeSelector;preferredDuringSchedulingIgnoredDuringExecution - [@~core.v1.PreferredSchedulingTerm
        ~core.v1.NodeAllocatableResourceClaimStatus resourceClaimName ! s;containers - [s;resources ! {v1.ResourceName}q
        ~core.v1.NodeCondition type ! s:v1.NodeConditionType;status ! s:v1.ConditionStatus;lastHeartbeatTime - t;lastTransitionTime - t;reason - s;message - s
        ~core.v1.NodeConfigSource configMap * @~core.v1.ConfigMapNodeConfigSource
        ~core.v1.NodeConfigStatus assigned * @~core.v1.NodeConfigSource;active * @~core.v1.NodeConfigSource;lastKnownGood * @~core.v1.NodeConfigSource;error - s
        ~core.v1.NodeDaemonEndpoints kubeletEndpoint - @~core.v1.DaemonEndpoint
        ~core.v1.NodeFeatures supplementalGroupsPolicy * b
        ~core.v1.NodeList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Node
        ~core.v1.NodeRuntimeHandler name ! s;features * @~core.v1.NodeRuntimeHandlerFeatures
        ~core.v1.NodeRuntimeHandlerFeatures recursiveReadOnlyMounts * b;userNamespaces * b
        ~core.v1.NodeSelector nodeSelectorTerms ! [@~core.v1.NodeSelectorTerm
        ~core.v1.NodeSelectorRequirement key ! s;operator ! s:v1.NodeSelectorOperator;values - [s
        ~core.v1.NodeSelectorTerm matchExpressions - [@~core.v1.NodeSelectorRequirement;matchFields - [@~core.v1.NodeSelectorRequirement
        ~core.v1.NodeSpec podCIDR - s;podCIDRs - [s;providerID - s;unschedulable - b;taints - [@~core.v1.Taint;configSource * @~core.v1.NodeConfigSource;externalID - s
        ~core.v1.NodeStatus capacity - =v1.ResourceList={v1.ResourceName}q;allocatable - =v1.ResourceList={v1.ResourceName}q;phase - s:v1.NodePhase;conditions - [@~core.v1.NodeCondition;addresses - [@~core.v1.NodeAddress;daemonEndpoints - @~core.v1.NodeDaemonEndpoints;nodeInfo - @~core.v1.NodeSystemInfo;images - [@~core.v1.ContainerImage;volumesInUse - [s:v1.UniqueVolumeName;volumesAttached - [@~core.v1.AttachedVolume;config * @~core.v1.NodeConfigStatus;runtimeHandlers - [@~core.v1.NodeRuntimeHandler;features * @~core.v1.NodeFeatures;declaredFeatures - [s
        ~core.v1.NodeSwapStatus capacity * l
        ~core.v1.NodeSystemInfo machineID ! s;systemUUID ! s;bootID ! s;kernelVersion ! s;osImage ! s;containerRuntimeVersion ! s;kubeletVersion ! s;kubeProxyVersion ! s;operatingSystem ! s;architecture ! s;swap * @~core.v1.NodeSwapStatus
        ~core.v1.ObjectFieldSelector apiVersion - s;fieldPath ! s
        ~core.v1.ObjectReference kind - s;namespace - s;name - s;uid - s:types.UID;apiVersion - s;resourceVersion - s;fieldPath - s
        ~core.v1.PersistentVolume kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.PersistentVolumeSpec;status - @~core.v1.PersistentVolumeStatus
        ~core.v1.PersistentVolumeClaim kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.PersistentVolumeClaimSpec;status - @~core.v1.PersistentVolumeClaimStatus
        ~core.v1.PersistentVolumeClaimCondition type ! s:v1.PersistentVolumeClaimConditionType;status ! s:v1.ConditionStatus;lastProbeTime - t;lastTransitionTime - t;reason - s;message - s
        ~core.v1.PersistentVolumeClaimList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.PersistentVolumeClaim
        ~core.v1.PersistentVolumeClaimSpec accessModes - [s:v1.PersistentVolumeAccessMode;selector * @^LabelSelector;resources - @~core.v1.VolumeResourceRequirements;volumeName - s;storageClassName * s;volumeMode * s:v1.PersistentVolumeMode;dataSource * @~core.v1.TypedLocalObjectReference;dataSourceRef * @~core.v1.TypedObjectReference;volumeAttributesClassName * s
        ~core.v1.PersistentVolumeClaimStatus phase - s:v1.PersistentVolumeClaimPhase;accessModes - [s:v1.PersistentVolumeAccessMode;capacity - =v1.ResourceList={v1.ResourceName}q;conditions - [@~core.v1.PersistentVolumeClaimCondition;allocatedResources - =v1.ResourceList={v1.ResourceName}q;allocatedResourceStatuses - {v1.ResourceName}s:v1.ClaimResourceStatus;currentVolumeAttributesClassName * s;modifyVolumeStatus * @~core.v1.ModifyVolumeStatus
        ~core.v1.PersistentVolumeClaimTemplate metadata - @^ObjectMeta;spec ! @~core.v1.PersistentVolumeClaimSpec
        ~core.v1.PersistentVolumeClaimVolumeSource claimName ! s;readOnly - b
        ~core.v1.PersistentVolumeList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.PersistentVolume
        ~core.v1.PersistentVolumeSpec capacity - =v1.ResourceList={v1.ResourceName}q;gcePersistentDisk * @~core.v1.GCEPersistentDiskVolumeSource;awsElasticBlockStore * @~core.v1.AWSElasticBlockStoreVolumeSource;hostPath * @~core.v1.HostPathVolumeSource;glusterfs * @~core.v1.GlusterfsPersistentVolumeSource;nfs * @~core.v1.NFSVolumeSource;rbd * @~core.v1.RBDPersistentVolumeSource;iscsi * @~core.v1.ISCSIPersistentVolumeSource;cinder * @~core.v1.CinderPersistentVolumeSource;cephfs * @~core.v1.CephFSPersistentVolumeSource;fc * @~core.v1.FCVolumeSource;flocker * @~core.v1.FlockerVolumeSource;flexVolume * @~core.v1.FlexPersistentVolumeSource;azureFile * @~core.v1.AzureFilePersistentVolumeSource;vsphereVolume * @~core.v1.VsphereVirtualDiskVolumeSource;quobyte * @~core.v1.QuobyteVolumeSource;azureDisk * @~core.v1.AzureDiskVolumeSource;photonPersistentDisk * @~core.v1.PhotonPersistentDiskVolumeSource;portworxVolume * @~core.v1.PortworxVolumeSource;scaleIO * @~core.v1.ScaleIOPersistentVolumeSource;local * @~core.v1.LocalVolumeSource;storageos * @~core.v1.StorageOSPersistentVolumeSource;csi * @~core.v1.CSIPersistentVolumeSource;accessModes - [s:v1.PersistentVolumeAccessMode;claimRef * @~core.v1.ObjectReference;persistentVolumeReclaimPolicy - s:v1.PersistentVolumeReclaimPolicy;storageClassName - s;mountOptions - [s;volumeMode * s:v1.PersistentVolumeMode;nodeAffinity * @~core.v1.VolumeNodeAffinity;volumeAttributesClassName * s
        ~core.v1.PersistentVolumeStatus phase - s:v1.PersistentVolumePhase;message - s;reason - s;lastPhaseTransitionTime * t
        ~core.v1.PhotonPersistentDiskVolumeSource pdID ! s;fsType - s
        ~core.v1.Pod kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.PodSpec;status - @~core.v1.PodStatus
        ~core.v1.PodAffinity requiredDuringSchedulingIgnoredDuringExecution - [@~core.v1.PodAffinityTerm;preferredDuringSchedulingIgnoredDuringExecution - [@~core.v1.WeightedPodAffinityTerm
        ~core.v1.PodAffinityTerm labelSelector * @^LabelSelector;namespaces - [s;topologyKey ! s;namespaceSelector * @^LabelSelector;matchLabelKeys - [s;mismatchLabelKeys - [s
        ~core.v1.PodAntiAffinity requiredDuringSchedulingIgnoredDuringExecution - [@~core.v1.PodAffinityTerm;preferredDuringSchedulingIgnoredDuringExecution - [@~core.v1.WeightedPodAffinityTerm
        ~core.v1.PodCertificateProjection signerName - s;keyType - s;maxExpirationSeconds * i;credentialBundlePath - s;keyPath - s;certificateChainPath - s;userAnnotations - {string}s
        ~core.v1.PodCondition type ! s:v1.PodConditionType;observedGeneration - l;status ! s:v1.ConditionStatus;lastProbeTime - t;lastTransitionTime - t;reason - s;message - s
        ~core.v1.PodDNSConfig nameservers - [s;searches - [s;options - [@~core.v1.PodDNSConfigOption
        ~core.v1.PodDNSConfigOption name - s;value * s
        ~core.v1.PodExtendedResourceClaimStatus requestMappings ! [@~core.v1.ContainerExtendedResourceRequest;resourceClaimName ! s
        ~core.v1.PodIP ip ! s
        ~core.v1.PodList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Pod
        ~core.v1.PodOS name ! s:v1.OSName
        ~core.v1.PodReadinessGate conditionType ! s:v1.PodConditionType
        ~core.v1.PodResourceClaim name ! s;resourceClaimName * s;resourceClaimTemplateName * s
        ~core.v1.PodResourceClaimStatus name ! s;resourceClaimName * s
        ~core.v1.PodSchedulingGate name ! s
        ~core.v1.PodSchedulingGroup podGroupName * s
        ~core.v1.PodSecurityContext seLinuxOptions * @~core.v1.SELinuxOptions;windowsOptions * @~core.v1.WindowsSecurityContextOptions;runAsUser * l;runAsGroup * l;runAsNonRoot * b;supplementalGroups - [l;supplementalGroupsPolicy * s:v1.SupplementalGroupsPolicy;fsGroup * l;sysctls - [@~core.v1.Sysctl;fsGroupChangePolicy * s:v1.PodFSGroupChangePolicy;seccompProfile * @~core.v1.SeccompProfile;appArmorProfile * @~core.v1.AppArmorProfile;seLinuxChangePolicy * s:v1.PodSELinuxChangePolicy
        ~core.v1.PodSpec volumes - [@~core.v1.Volume;initContainers - [@~core.v1.Container;containers ! [@~core.v1.Container;ephemeralContainers - [@~core.v1.EphemeralContainer;restartPolicy - s:v1.RestartPolicy;terminationGracePeriodSeconds * l;activeDeadlineSeconds * l;dnsPolicy - s:v1.DNSPolicy;nodeSelector - {string}s;serviceAccountName - s;serviceAccount - s;automountServiceAccountToken * b;nodeName - s;hostNetwork - b;hostPID - b;hostIPC - b;shareProcessNamespace * b;securityContext * @~core.v1.PodSecurityContext;imagePullSecrets - [@~core.v1.LocalObjectReference;hostname - s;subdomain - s;affinity * @~core.v1.Affinity;schedulerName - s;tolerations - [@~core.v1.Toleration;hostAliases - [@~core.v1.HostAlias;priorityClassName - s;priority * i;dnsConfig * @~core.v1.PodDNSConfig;readinessGates - [@~core.v1.PodReadinessGate;runtimeClassName * s;enableServiceLinks * b;preemptionPolicy * s:v1.PreemptionPolicy;overhead - =v1.ResourceList={v1.ResourceName}q;topologySpreadConstraints - [@~core.v1.TopologySpreadConstraint;setHostnameAsFQDN * b;os * @~core.v1.PodOS;hostUsers * b;schedulingGates - [@~core.v1.PodSchedulingGate;resourceClaims - [@~core.v1.PodResourceClaim;resources * @~core.v1.ResourceRequirements;hostnameOverride * s;schedulingGroup * @~core.v1.PodSchedulingGroup
        ~core.v1.PodStatus observedGeneration - l;phase - s:v1.PodPhase;conditions - [@~core.v1.PodCondition;message - s;reason - s;nominatedNodeName - s;hostIP - s;hostIPs - [@~core.v1.HostIP;podIP - s;podIPs - [@~core.v1.PodIP;startTime * t;initContainerStatuses - [@~core.v1.ContainerStatus;containerStatuses - [@~core.v1.ContainerStatus;qosClass - s:v1.PodQOSClass;ephemeralContainerStatuses - [@~core.v1.ContainerStatus;resize - s:v1.PodResizeStatus;resourceClaimStatuses - [@~core.v1.PodResourceClaimStatus;extendedResourceClaimStatus * @~core.v1.PodExtendedResourceClaimStatus;allocatedResources - =v1.ResourceList={v1.ResourceName}q;resources * @~core.v1.ResourceRequirements;nodeAllocatableResourceClaimStatuses - [@~core.v1.NodeAllocatableResourceClaimStatus
        ~core.v1.PodTemplate kind - s;apiVersion - s;metadata - @^ObjectMeta;template - @~core.v1.PodTemplateSpec
        ~core.v1.PodTemplateList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.PodTemplate
        ~core.v1.PodTemplateSpec metadata - @^ObjectMeta;spec - @~core.v1.PodSpec
        ~core.v1.PortStatus port ! i;protocol ! s:v1.Protocol;error * s
        ~core.v1.PortworxVolumeSource volumeID ! s;fsType - s;readOnly - b
        ~core.v1.PreferredSchedulingTerm weight ! i;preference ! @~core.v1.NodeSelectorTerm
        ~core.v1.Probe exec * @~core.v1.ExecAction;httpGet * @~core.v1.HTTPGetAction;tcpSocket * @~core.v1.TCPSocketAction;grpc * @~core.v1.GRPCAction;initialDelaySeconds - i;timeoutSeconds - i;periodSeconds - i;successThreshold - i;failureThreshold - i;terminationGracePeriodSeconds * l
        ~core.v1.ProjectedVolumeSource sources ! [@~core.v1.VolumeProjection;defaultMode * i
        ~core.v1.QuobyteVolumeSource registry ! s;volume ! s;readOnly - b;user - s;group - s;tenant - s
        ~core.v1.RBDPersistentVolumeSource monitors ! [s;image ! s;fsType - s;pool - s;user - s;keyring - s;secretRef * @~core.v1.SecretReference;readOnly - b
        ~core.v1.RBDVolumeSource monitors ! [s;image ! s;fsType - s;pool - s;user - s;keyring - s;secretRef * @~core.v1.LocalObjectReference;readOnly - b
        ~core.v1.ReplicationController kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.ReplicationControllerSpec;status - @~core.v1.ReplicationControllerStatus
        ~core.v1.ReplicationControllerCondition type ! s:v1.ReplicationControllerConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~core.v1.ReplicationControllerList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.ReplicationController
        ~core.v1.ReplicationControllerSpec replicas * i;minReadySeconds - i;selector - {string}s;template * @~core.v1.PodTemplateSpec
        ~core.v1.ReplicationControllerStatus replicas ! i;fullyLabeledReplicas - i;readyReplicas - i;availableReplicas - i;observedGeneration - l;conditions - [@~core.v1.ReplicationControllerCondition
        ~core.v1.ResourceClaim name ! s;request - s
        ~core.v1.ResourceFieldSelector containerName - s;resource ! s;divisor - q
        ~core.v1.ResourceHealth resourceID ! s:v1.ResourceID;health - s:v1.ResourceHealthStatus;message * s
        ~core.v1.ResourceQuota kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.ResourceQuotaSpec;status - @~core.v1.ResourceQuotaStatus
        ~core.v1.ResourceQuotaList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.ResourceQuota
        ~core.v1.ResourceQuotaSpec hard - =v1.ResourceList={v1.ResourceName}q;scopes - [s:v1.ResourceQuotaScope;scopeSelector * @~core.v1.ScopeSelector
        ~core.v1.ResourceQuotaStatus hard - =v1.ResourceList={v1.ResourceName}q;used - =v1.ResourceList={v1.ResourceName}q
        ~core.v1.ResourceRequirements limits - =v1.ResourceList={v1.ResourceName}q;requests - =v1.ResourceList={v1.ResourceName}q;claims - [@~core.v1.ResourceClaim
        ~core.v1.ResourceStatus name ! s:v1.ResourceName;resources - [@~core.v1.ResourceHealth
        ~core.v1.SELinuxOptions user - s;role - s;type - s;level - s
        ~core.v1.ScaleIOPersistentVolumeSource gateway ! s;system ! s;secretRef !* @~core.v1.SecretReference;sslEnabled - b;protectionDomain - s;storagePool - s;storageMode - s;volumeName - s;fsType - s;readOnly - b
        ~core.v1.ScaleIOVolumeSource gateway ! s;system ! s;secretRef !* @~core.v1.LocalObjectReference;sslEnabled - b;protectionDomain - s;storagePool - s;storageMode - s;volumeName - s;fsType - s;readOnly - b
        ~core.v1.ScopeSelector matchExpressions - [@~core.v1.ScopedResourceSelectorRequirement
        ~core.v1.ScopedResourceSelectorRequirement scopeName ! s:v1.ResourceQuotaScope;operator ! s:v1.ScopeSelectorOperator;values - [s
        ~core.v1.SeccompProfile type ! s:v1.SeccompProfileType;localhostProfile * s
        ~core.v1.Secret kind - s;apiVersion - s;metadata - @^ObjectMeta;immutable * b;data - {string}y;stringData - {string}s;type - s:v1.SecretType
        ~core.v1.SecretEnvSource name - s;optional * b
        ~core.v1.SecretKeySelector name - s;key ! s;optional * b
        ~core.v1.SecretList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Secret
        ~core.v1.SecretProjection name - s;items - [@~core.v1.KeyToPath;optional * b
        ~core.v1.SecretReference name - s;namespace - s
        ~core.v1.SecretVolumeSource secretName - s;items - [@~core.v1.KeyToPath;defaultMode * i;optional * b
        ~core.v1.SecurityContext capabilities * @~core.v1.Capabilities;privileged * b;seLinuxOptions * @~core.v1.SELinuxOptions;windowsOptions * @~core.v1.WindowsSecurityContextOptions;runAsUser * l;runAsGroup * l;runAsNonRoot * b;readOnlyRootFilesystem * b;allowPrivilegeEscalation * b;procMount * s:v1.ProcMountType;seccompProfile * @~core.v1.SeccompProfile;appArmorProfile * @~core.v1.AppArmorProfile
        ~core.v1.Service kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~core.v1.ServiceSpec;status - @~core.v1.ServiceStatus
        ~core.v1.ServiceAccount kind - s;apiVersion - s;metadata - @^ObjectMeta;secrets - [@~core.v1.ObjectReference;imagePullSecrets - [@~core.v1.LocalObjectReference;automountServiceAccountToken * b
        ~core.v1.ServiceAccountList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.ServiceAccount
        ~core.v1.ServiceAccountTokenProjection audience - s;expirationSeconds * l;path ! s
        ~core.v1.ServiceList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~core.v1.Service
        ~core.v1.ServicePort name - s;protocol - s:v1.Protocol;appProtocol * s;port ! i;targetPort - x;nodePort - i
        ~core.v1.ServiceSpec ports - [@~core.v1.ServicePort;selector - {string}s;clusterIP - s;clusterIPs - [s;type - s:v1.ServiceType;externalIPs - [s;sessionAffinity - s:v1.ServiceAffinity;loadBalancerIP - s;loadBalancerSourceRanges - [s;externalName - s;externalTrafficPolicy - s:v1.ServiceExternalTrafficPolicy;healthCheckNodePort - i;publishNotReadyAddresses - b;sessionAffinityConfig * @~core.v1.SessionAffinityConfig;ipFamilies - [s:v1.IPFamily;ipFamilyPolicy * s:v1.IPFamilyPolicy;allocateLoadBalancerNodePorts * b;loadBalancerClass * s;internalTrafficPolicy * s:v1.ServiceInternalTrafficPolicy;trafficDistribution * s
        ~core.v1.ServiceStatus loadBalancer - @~core.v1.LoadBalancerStatus;conditions - [@^Condition
        ~core.v1.SessionAffinityConfig clientIP * @~core.v1.ClientIPConfig
        ~core.v1.SleepAction seconds ! l
        ~core.v1.StorageOSPersistentVolumeSource volumeName - s;volumeNamespace - s;fsType - s;readOnly - b;secretRef * @~core.v1.ObjectReference
        ~core.v1.StorageOSVolumeSource volumeName - s;volumeNamespace - s;fsType - s;readOnly - b;secretRef * @~core.v1.LocalObjectReference
        ~core.v1.Sysctl name ! s;value ! s
        ~core.v1.TCPSocketAction port ! x;host - s
        ~core.v1.Taint key ! s;value - s;effect ! s:v1.TaintEffect;timeAdded * t
        ~core.v1.Toleration key - s;operator - s:v1.TolerationOperator;value - s;effect - s:v1.TaintEffect;tolerationSeconds * l
        ~core.v1.TopologySelectorLabelRequirement key ! s;values ! [s
        ~core.v1.TopologySelectorTerm matchLabelExpressions - [@~core.v1.TopologySelectorLabelRequirement
        ~core.v1.TopologySpreadConstraint maxSkew ! i;topologyKey ! s;whenUnsatisfiable ! s:v1.UnsatisfiableConstraintAction;labelSelector * @^LabelSelector;minDomains * i;nodeAffinityPolicy * s:v1.NodeInclusionPolicy;nodeTaintsPolicy * s:v1.NodeInclusionPolicy;matchLabelKeys - [s
        ~core.v1.TypedLocalObjectReference apiGroup !* s;kind ! s;name ! s
        ~core.v1.TypedObjectReference apiGroup !* s;kind ! s;name ! s;namespace * s
        ~core.v1.Volume name ! s;hostPath * @~core.v1.HostPathVolumeSource;emptyDir * @~core.v1.EmptyDirVolumeSource;gcePersistentDisk * @~core.v1.GCEPersistentDiskVolumeSource;awsElasticBlockStore * @~core.v1.AWSElasticBlockStoreVolumeSource;gitRepo * @~core.v1.GitRepoVolumeSource;secret * @~core.v1.SecretVolumeSource;nfs * @~core.v1.NFSVolumeSource;iscsi * @~core.v1.ISCSIVolumeSource;glusterfs * @~core.v1.GlusterfsVolumeSource;persistentVolumeClaim * @~core.v1.PersistentVolumeClaimVolumeSource;rbd * @~core.v1.RBDVolumeSource;flexVolume * @~core.v1.FlexVolumeSource;cinder * @~core.v1.CinderVolumeSource;cephfs * @~core.v1.CephFSVolumeSource;flocker * @~core.v1.FlockerVolumeSource;downwardAPI * @~core.v1.DownwardAPIVolumeSource;fc * @~core.v1.FCVolumeSource;azureFile * @~core.v1.AzureFileVolumeSource;configMap * @~core.v1.ConfigMapVolumeSource;vsphereVolume * @~core.v1.VsphereVirtualDiskVolumeSource;quobyte * @~core.v1.QuobyteVolumeSource;azureDisk * @~core.v1.AzureDiskVolumeSource;photonPersistentDisk * @~core.v1.PhotonPersistentDiskVolumeSource;projected * @~core.v1.ProjectedVolumeSource;portworxVolume * @~core.v1.PortworxVolumeSource;scaleIO * @~core.v1.ScaleIOVolumeSource;storageos * @~core.v1.StorageOSVolumeSource;csi * @~core.v1.CSIVolumeSource;ephemeral * @~core.v1.EphemeralVolumeSource;image * @~core.v1.ImageVolumeSource
        ~core.v1.VolumeDevice name ! s;devicePath ! s
        ~core.v1.VolumeMount name ! s;readOnly - b;recursiveReadOnly * s:v1.RecursiveReadOnlyMode;mountPath ! s;subPath - s;mountPropagation * s:v1.MountPropagationMode;subPathExpr - s
        ~core.v1.VolumeMountStatus name ! s;mountPath ! s;readOnly - b;recursiveReadOnly * s:v1.RecursiveReadOnlyMode;volumeStatus * @~core.v1.VolumeStatus
        ~core.v1.VolumeNodeAffinity required * @~core.v1.NodeSelector
        ~core.v1.VolumeProjection secret * @~core.v1.SecretProjection;downwardAPI * @~core.v1.DownwardAPIProjection;configMap * @~core.v1.ConfigMapProjection;serviceAccountToken * @~core.v1.ServiceAccountTokenProjection;clusterTrustBundle * @~core.v1.ClusterTrustBundleProjection;podCertificate * @~core.v1.PodCertificateProjection
        ~core.v1.VolumeResourceRequirements limits - =v1.ResourceList={v1.ResourceName}q;requests - =v1.ResourceList={v1.ResourceName}q
        ~core.v1.VolumeStatus image * @~core.v1.ImageVolumeStatus
        ~core.v1.VsphereVirtualDiskVolumeSource volumePath ! s;fsType - s;storagePolicyName - s;storagePolicyID - s
        ~core.v1.WeightedPodAffinityTerm weight ! i;podAffinityTerm ! @~core.v1.PodAffinityTerm
        ~core.v1.WindowsSecurityContextOptions gmsaCredentialSpecName * s;gmsaCredentialSpec * s;runAsUserName * s;hostProcess * b
        ~discovery.v1.Endpoint addresses ! [s;conditions - @~discovery.v1.EndpointConditions;hostname * s;targetRef * @~core.v1.ObjectReference;deprecatedTopology - {string}s;nodeName * s;zone * s;hints * @~discovery.v1.EndpointHints
        ~discovery.v1.EndpointConditions ready * b;serving * b;terminating * b
        ~discovery.v1.EndpointHints forZones - [@~discovery.v1.ForZone;forNodes - [@~discovery.v1.ForNode
        ~discovery.v1.EndpointPort name * s;protocol * s:v1.Protocol;port * i;appProtocol * s
        ~discovery.v1.EndpointSlice kind - s;apiVersion - s;metadata - @^ObjectMeta;addressType ! s:v1.AddressType;endpoints ! [@~discovery.v1.Endpoint;ports ! [@~discovery.v1.EndpointPort
        ~discovery.v1.EndpointSliceList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~discovery.v1.EndpointSlice
        ~discovery.v1.ForNode name ! s
        ~discovery.v1.ForZone name ! s
        ~events.v1.Event kind - s;apiVersion - s;metadata ! @^ObjectMeta;eventTime ! m;series * @~events.v1.EventSeries;reportingController - s;reportingInstance - s;action - s;reason - s;regarding - @~core.v1.ObjectReference;related * @~core.v1.ObjectReference;note - s;type - s;deprecatedSource - @~core.v1.EventSource;deprecatedFirstTimestamp - t;deprecatedLastTimestamp - t;deprecatedCount - i
        ~events.v1.EventList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~events.v1.Event
        ~events.v1.EventSeries count ! i;lastObservedTime ! m
        ~flowcontrol.v1.ExemptPriorityLevelConfiguration nominalConcurrencyShares * i;lendablePercent * i
        ~flowcontrol.v1.FlowDistinguisherMethod type ! s:v1.FlowDistinguisherMethodType
        ~flowcontrol.v1.FlowSchema kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~flowcontrol.v1.FlowSchemaSpec;status - @~flowcontrol.v1.FlowSchemaStatus
        ~flowcontrol.v1.FlowSchemaCondition type - s:v1.FlowSchemaConditionType;status - s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~flowcontrol.v1.FlowSchemaList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~flowcontrol.v1.FlowSchema
        ~flowcontrol.v1.FlowSchemaSpec priorityLevelConfiguration ! @~flowcontrol.v1.PriorityLevelConfigurationReference;matchingPrecedence ! i;distinguisherMethod * @~flowcontrol.v1.FlowDistinguisherMethod;rules - [@~flowcontrol.v1.PolicyRulesWithSubjects
        ~flowcontrol.v1.FlowSchemaStatus conditions - [@~flowcontrol.v1.FlowSchemaCondition
        ~flowcontrol.v1.GroupSubject name ! s
        ~flowcontrol.v1.LimitResponse type ! s:v1.LimitResponseType;queuing * @~flowcontrol.v1.QueuingConfiguration
        ~flowcontrol.v1.LimitedPriorityLevelConfiguration nominalConcurrencyShares !* i;limitResponse - @~flowcontrol.v1.LimitResponse;lendablePercent * i;borrowingLimitPercent * i
        ~flowcontrol.v1.NonResourcePolicyRule verbs ! [s;nonResourceURLs ! [s
        ~flowcontrol.v1.PolicyRulesWithSubjects subjects ! [@~flowcontrol.v1.Subject;resourceRules - [@~flowcontrol.v1.ResourcePolicyRule;nonResourceRules - [@~flowcontrol.v1.NonResourcePolicyRule
        ~flowcontrol.v1.PriorityLevelConfiguration kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~flowcontrol.v1.PriorityLevelConfigurationSpec;status - @~flowcontrol.v1.PriorityLevelConfigurationStatus
        ~flowcontrol.v1.PriorityLevelConfigurationCondition type - s:v1.PriorityLevelConfigurationConditionType;status - s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        ~flowcontrol.v1.PriorityLevelConfigurationList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~flowcontrol.v1.PriorityLevelConfiguration
        ~flowcontrol.v1.PriorityLevelConfigurationReference name ! s
        ~flowcontrol.v1.PriorityLevelConfigurationSpec type ! s:v1.PriorityLevelEnablement;limited * @~flowcontrol.v1.LimitedPriorityLevelConfiguration;exempt * @~flowcontrol.v1.ExemptPriorityLevelConfiguration
        ~flowcontrol.v1.PriorityLevelConfigurationStatus conditions - [@~flowcontrol.v1.PriorityLevelConfigurationCondition
        ~flowcontrol.v1.QueuingConfiguration queues ! i;handSize ! i;queueLengthLimit ! i
        ~flowcontrol.v1.ResourcePolicyRule verbs ! [s;apiGroups ! [s;resources ! [s;clusterScope - b;namespaces ! [s
        ~flowcontrol.v1.ServiceAccountSubject namespace ! s;name ! s
        ~flowcontrol.v1.Subject kind ! s:v1.SubjectKind;user * @~flowcontrol.v1.UserSubject;group * @~flowcontrol.v1.GroupSubject;serviceAccount * @~flowcontrol.v1.ServiceAccountSubject
        ~flowcontrol.v1.UserSubject name ! s
        ~networking.v1.HTTPIngressPath path - s;pathType !* s:v1.PathType;backend ! @~networking.v1.IngressBackend
        ~networking.v1.HTTPIngressRuleValue paths ! [@~networking.v1.HTTPIngressPath
        ~networking.v1.IPAddress kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~networking.v1.IPAddressSpec
        ~networking.v1.IPAddressList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~networking.v1.IPAddress
        ~networking.v1.IPAddressSpec parentRef * @~networking.v1.ParentReference
        ~networking.v1.IPBlock cidr ! s;except - [s
        ~networking.v1.Ingress kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~networking.v1.IngressSpec;status - @~networking.v1.IngressStatus
        ~networking.v1.IngressBackend service * @~networking.v1.IngressServiceBackend;resource * @~core.v1.TypedLocalObjectReference
        ~networking.v1.IngressClass kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~networking.v1.IngressClassSpec
        ~networking.v1.IngressClassList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~networking.v1.IngressClass
        ~networking.v1.IngressClassParametersReference apiGroup * s;kind ! s;name ! s;scope !* s;namespace * s
        ~networking.v1.IngressClassSpec controller - s;parameters * @~networking.v1.IngressClassParametersReference
        ~networking.v1.IngressList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~networking.v1.Ingress
        ~networking.v1.IngressLoadBalancerIngress ip - s;hostname - s;ports - [@~networking.v1.IngressPortStatus
        ~networking.v1.IngressLoadBalancerStatus ingress - [@~networking.v1.IngressLoadBalancerIngress
        ~networking.v1.IngressPortStatus port ! i;protocol ! s:v1.Protocol;error * s
        ~networking.v1.IngressRule host - s;http * @~networking.v1.HTTPIngressRuleValue
        ~networking.v1.IngressServiceBackend name ! s;port - @~networking.v1.ServiceBackendPort
        ~networking.v1.IngressSpec ingressClassName * s;defaultBackend * @~networking.v1.IngressBackend;tls - [@~networking.v1.IngressTLS;rules - [@~networking.v1.IngressRule
        ~networking.v1.IngressStatus loadBalancer - @~networking.v1.IngressLoadBalancerStatus
        ~networking.v1.IngressTLS hosts - [s;secretName - s
        ~networking.v1.NetworkPolicy kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~networking.v1.NetworkPolicySpec
        ~networking.v1.NetworkPolicyEgressRule ports - [@~networking.v1.NetworkPolicyPort;to - [@~networking.v1.NetworkPolicyPeer
        ~networking.v1.NetworkPolicyIngressRule ports - [@~networking.v1.NetworkPolicyPort;from - [@~networking.v1.NetworkPolicyPeer
        ~networking.v1.NetworkPolicyList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~networking.v1.NetworkPolicy
        ~networking.v1.NetworkPolicyPeer podSelector * @^LabelSelector;namespaceSelector * @^LabelSelector;ipBlock * @~networking.v1.IPBlock
        ~networking.v1.NetworkPolicyPort protocol * s:v1.Protocol;port * x;endPort * i
        ~networking.v1.NetworkPolicySpec podSelector ! @^LabelSelector;ingress - [@~networking.v1.NetworkPolicyIngressRule;egress - [@~networking.v1.NetworkPolicyEgressRule;policyTypes - [s:v1.PolicyType
        ~networking.v1.ParentReference group - s;resource - s;namespace - s;name - s
        ~networking.v1.ServiceBackendPort name - s;number - i
        ~networking.v1.ServiceCIDR kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~networking.v1.ServiceCIDRSpec;status - @~networking.v1.ServiceCIDRStatus
        ~networking.v1.ServiceCIDRList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~networking.v1.ServiceCIDR
        ~networking.v1.ServiceCIDRSpec cidrs - [s
        ~networking.v1.ServiceCIDRStatus conditions - [@^Condition
        ~node.v1.Overhead podFixed - =v1.ResourceList={v1.ResourceName}q
        ~node.v1.RuntimeClass kind - s;apiVersion - s;metadata - @^ObjectMeta;handler ! s;overhead * @~node.v1.Overhead;scheduling * @~node.v1.Scheduling
        ~node.v1.RuntimeClassList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~node.v1.RuntimeClass
        ~node.v1.Scheduling nodeSelector - {string}s;tolerations - [@~core.v1.Toleration
        ~policy.v1.Eviction kind - s;apiVersion - s;metadata - @^ObjectMeta;deleteOptions * @^DeleteOptions
        ~policy.v1.PodDisruptionBudget kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~policy.v1.PodDisruptionBudgetSpec;status - @~policy.v1.PodDisruptionBudgetStatus
        ~policy.v1.PodDisruptionBudgetList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~policy.v1.PodDisruptionBudget
        ~policy.v1.PodDisruptionBudgetSpec minAvailable * x;selector * @^LabelSelector;maxUnavailable * x;unhealthyPodEvictionPolicy * s:v1.UnhealthyPodEvictionPolicyType
        ~policy.v1.PodDisruptionBudgetStatus observedGeneration - l;disruptedPods - {string}t;disruptionsAllowed ! i;currentHealthy ! i;desiredHealthy ! i;expectedPods ! i;conditions - [@^Condition
        ~policy.v1beta1.AllowedCSIDriver name ! s
        ~policy.v1beta1.AllowedFlexVolume driver ! s
        ~policy.v1beta1.AllowedHostPath pathPrefix - s;readOnly - b
        ~policy.v1beta1.FSGroupStrategyOptions rule - s:v1beta1.FSGroupStrategyType;ranges - [@~policy.v1beta1.IDRange
        ~policy.v1beta1.HostPortRange min ! i;max ! i
        ~policy.v1beta1.IDRange min ! l;max ! l
        ~policy.v1beta1.PodSecurityPolicy kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @~policy.v1beta1.PodSecurityPolicySpec
        ~policy.v1beta1.PodSecurityPolicyList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~policy.v1beta1.PodSecurityPolicy
        ~policy.v1beta1.PodSecurityPolicySpec privileged - b;defaultAddCapabilities - [s:v1.Capability;requiredDropCapabilities - [s:v1.Capability;allowedCapabilities - [s:v1.Capability;volumes - [s:v1beta1.FSType;hostNetwork - b;hostPorts - [@~policy.v1beta1.HostPortRange;hostPID - b;hostIPC - b;seLinux ! @~policy.v1beta1.SELinuxStrategyOptions;runAsUser ! @~policy.v1beta1.RunAsUserStrategyOptions;runAsGroup * @~policy.v1beta1.RunAsGroupStrategyOptions;supplementalGroups ! @~policy.v1beta1.SupplementalGroupsStrategyOptions;fsGroup ! @~policy.v1beta1.FSGroupStrategyOptions;readOnlyRootFilesystem - b;defaultAllowPrivilegeEscalation * b;allowPrivilegeEscalation * b;allowedHostPaths - [@~policy.v1beta1.AllowedHostPath;allowedFlexVolumes - [@~policy.v1beta1.AllowedFlexVolume;allowedCSIDrivers - [@~policy.v1beta1.AllowedCSIDriver;allowedUnsafeSysctls - [s;forbiddenSysctls - [s;allowedProcMountTypes - [s:v1.ProcMountType;runtimeClass * @~policy.v1beta1.RuntimeClassStrategyOptions
        ~policy.v1beta1.RunAsGroupStrategyOptions rule ! s:v1beta1.RunAsGroupStrategy;ranges - [@~policy.v1beta1.IDRange
        ~policy.v1beta1.RunAsUserStrategyOptions rule ! s:v1beta1.RunAsUserStrategy;ranges - [@~policy.v1beta1.IDRange
        ~policy.v1beta1.RuntimeClassStrategyOptions allowedRuntimeClassNames ! [s;defaultRuntimeClassName * s
        ~policy.v1beta1.SELinuxStrategyOptions rule ! s:v1beta1.SELinuxStrategy;seLinuxOptions * @~core.v1.SELinuxOptions
        ~policy.v1beta1.SupplementalGroupsStrategyOptions rule - s:v1beta1.SupplementalGroupsStrategyType;ranges - [@~policy.v1beta1.IDRange
        ~rbac.v1.AggregationRule clusterRoleSelectors - [@^LabelSelector
        ~rbac.v1.ClusterRole kind - s;apiVersion - s;metadata - @^ObjectMeta;rules ! [@~rbac.v1.PolicyRule;aggregationRule * @~rbac.v1.AggregationRule
        ~rbac.v1.ClusterRoleBinding kind - s;apiVersion - s;metadata - @^ObjectMeta;subjects - [@~rbac.v1.Subject;roleRef ! @~rbac.v1.RoleRef
        ~rbac.v1.ClusterRoleBindingList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~rbac.v1.ClusterRoleBinding
        ~rbac.v1.ClusterRoleList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~rbac.v1.ClusterRole
        ~rbac.v1.PolicyRule verbs ! [s;apiGroups - [s;resources - [s;resourceNames - [s;nonResourceURLs - [s
        ~rbac.v1.Role kind - s;apiVersion - s;metadata - @^ObjectMeta;rules ! [@~rbac.v1.PolicyRule
        ~rbac.v1.RoleBinding kind - s;apiVersion - s;metadata - @^ObjectMeta;subjects - [@~rbac.v1.Subject;roleRef ! @~rbac.v1.RoleRef
        ~rbac.v1.RoleBindingList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~rbac.v1.RoleBinding
        ~rbac.v1.RoleList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~rbac.v1.Role
        ~rbac.v1.RoleRef apiGroup ! s;kind ! s;name ! s
        ~rbac.v1.Subject kind ! s;apiGroup - s;name ! s;namespace - s
        ~resource.v1.AllocatedDeviceStatus driver ! s;pool ! s;device ! s;shareID * s;conditions ! [@^Condition;data * a;networkData * @~resource.v1.NetworkDeviceData
        ~resource.v1.AllocationResult devices - @~resource.v1.DeviceAllocationResult;nodeSelector * @~core.v1.NodeSelector;allocationTimestamp * t
        ~resource.v1.CELDeviceSelector expression ! s
        ~resource.v1.CapacityRequestPolicy default !* q;validValues - [q;validRange * @~resource.v1.CapacityRequestPolicyRange
        ~resource.v1.CapacityRequestPolicyRange min * q;max * q;step * q
        ~resource.v1.CapacityRequirements requests - {v1.QualifiedName}q
        ~resource.v1.Counter value ! q
        ~resource.v1.CounterSet name ! s;counters - {string}@~resource.v1.Counter
        ~resource.v1.Device name ! s;attributes - {v1.QualifiedName}@~resource.v1.DeviceAttribute;capacity - {v1.QualifiedName}@~resource.v1.DeviceCapacity;consumesCounters - [@~resource.v1.DeviceCounterConsumption;nodeName * s;nodeSelector * @~core.v1.NodeSelector;allNodes * b;taints - [@~resource.v1.DeviceTaint;bindsToNode * b;bindingConditions - [s;bindingFailureConditions - [s;allowMultipleAllocations * b;nodeAllocatableResourceMappings - {v1.ResourceName}@~resource.v1.NodeAllocatableResourceMapping
        ~resource.v1.DeviceAllocationConfiguration source ! s:v1.AllocationConfigSource;requests - [s;opaque * @~resource.v1.OpaqueDeviceConfiguration
        ~resource.v1.DeviceAllocationResult results - [@~resource.v1.DeviceRequestAllocationResult;config - [@~resource.v1.DeviceAllocationConfiguration
        ~resource.v1.DeviceAttribute int * l;bool * b;string * s;version * s;ints - [l;bools - [b;strings - [s;versions - [s
        ~resource.v1.DeviceCapacity value ! q;requestPolicy * @~resource.v1.CapacityRequestPolicy
        ~resource.v1.DeviceClaim requests ! [@~resource.v1.DeviceRequest;constraints - [@~resource.v1.DeviceConstraint;config - [@~resource.v1.DeviceClaimConfiguration
        ~resource.v1.DeviceClaimConfiguration requests - [s;opaque * @~resource.v1.OpaqueDeviceConfiguration
        ~resource.v1.DeviceClass kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~resource.v1.DeviceClassSpec
        ~resource.v1.DeviceClassConfiguration opaque * @~resource.v1.OpaqueDeviceConfiguration
        ~resource.v1.DeviceClassList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~resource.v1.DeviceClass
        ~resource.v1.DeviceClassSpec selectors - [@~resource.v1.DeviceSelector;config - [@~resource.v1.DeviceClassConfiguration;extendedResourceName * s
        ~resource.v1.DeviceConstraint requests - [s;matchAttribute * s:v1.FullyQualifiedName;distinctAttribute * s:v1.FullyQualifiedName
        ~resource.v1.DeviceCounterConsumption counterSet ! s;counters - {string}@~resource.v1.Counter
        ~resource.v1.DeviceRequest name ! s;exactly * @~resource.v1.ExactDeviceRequest;firstAvailable - [@~resource.v1.DeviceSubRequest
        ~resource.v1.DeviceRequestAllocationResult request ! s;driver ! s;pool ! s;device ! s;adminAccess * b;tolerations - [@~resource.v1.DeviceToleration;bindingConditions - [s;bindingFailureConditions - [s;shareID * s:types.UID;consumedCapacity - {v1.QualifiedName}q
        ~resource.v1.DeviceSelector cel * @~resource.v1.CELDeviceSelector
        ~resource.v1.DeviceSubRequest name ! s;deviceClassName ! s;selectors - [@~resource.v1.DeviceSelector;allocationMode - s:v1.DeviceAllocationMode;count - l;tolerations - [@~resource.v1.DeviceToleration;capacity * @~resource.v1.CapacityRequirements
        ~resource.v1.DeviceTaint key ! s;value - s;effect ! s:v1.DeviceTaintEffect;timeAdded * t
        ~resource.v1.DeviceToleration key - s;operator - s:v1.DeviceTolerationOperator;value - s;effect - s:v1.DeviceTaintEffect;tolerationSeconds * l
        ~resource.v1.ExactDeviceRequest deviceClassName ! s;selectors - [@~resource.v1.DeviceSelector;allocationMode - s:v1.DeviceAllocationMode;count - l;adminAccess * b;tolerations - [@~resource.v1.DeviceToleration;capacity * @~resource.v1.CapacityRequirements
        ~resource.v1.NetworkDeviceData interfaceName - s;ips - [s;hardwareAddress - s
        ~resource.v1.NodeAllocatableResourceMapping capacityKey * s:v1.QualifiedName;allocationMultiplier * q
        ~resource.v1.OpaqueDeviceConfiguration driver ! s;parameters ! a
        ~resource.v1.ResourceClaim kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~resource.v1.ResourceClaimSpec;status - @~resource.v1.ResourceClaimStatus
        ~resource.v1.ResourceClaimConsumerReference apiGroup - s;resource ! s;name ! s;uid ! s:types.UID
        ~resource.v1.ResourceClaimList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~resource.v1.ResourceClaim
        ~resource.v1.ResourceClaimSpec devices ! @~resource.v1.DeviceClaim
        ~resource.v1.ResourceClaimStatus allocation * @~resource.v1.AllocationResult;reservedFor - [@~resource.v1.ResourceClaimConsumerReference;devices - [@~resource.v1.AllocatedDeviceStatus
        ~resource.v1.ResourceClaimTemplate kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~resource.v1.ResourceClaimTemplateSpec
        ~resource.v1.ResourceClaimTemplateList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~resource.v1.ResourceClaimTemplate
        ~resource.v1.ResourceClaimTemplateSpec metadata - @^ObjectMeta;spec ! @~resource.v1.ResourceClaimSpec
        ~resource.v1.ResourcePool name ! s;generation ! l;resourceSliceCount ! l
        ~resource.v1.ResourceSlice kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~resource.v1.ResourceSliceSpec
        ~resource.v1.ResourceSliceList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~resource.v1.ResourceSlice
        ~resource.v1.ResourceSliceSpec driver ! s;pool ! @~resource.v1.ResourcePool;nodeName * s;nodeSelector * @~core.v1.NodeSelector;allNodes * b;devices - [@~resource.v1.Device;perDeviceNodeSelection * b;sharedCounters - [@~resource.v1.CounterSet
        ~scheduling.v1.PriorityClass kind - s;apiVersion - s;metadata - @^ObjectMeta;value ! i;globalDefault - b;description - s;preemptionPolicy * s:v1.PreemptionPolicy
        ~scheduling.v1.PriorityClassList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~scheduling.v1.PriorityClass
        ~storage.v1.CSIDriver kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~storage.v1.CSIDriverSpec
        ~storage.v1.CSIDriverList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~storage.v1.CSIDriver
        ~storage.v1.CSIDriverSpec attachRequired * b;podInfoOnMount * b;volumeLifecycleModes - [s:v1.VolumeLifecycleMode;storageCapacity * b;fsGroupPolicy * s:v1.FSGroupPolicy;tokenRequests - [@~storage.v1.TokenRequest;requiresRepublish * b;seLinuxMount * b;nodeAllocatableUpdatePeriodSeconds * l;serviceAccountTokenInSecrets * b;preventPodSchedulingIfMissing * b
        ~storage.v1.CSINode kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~storage.v1.CSINodeSpec
        ~storage.v1.CSINodeDriver name ! s;nodeID ! s;topologyKeys ! [s;allocatable * @~storage.v1.VolumeNodeResources
        ~storage.v1.CSINodeList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~storage.v1.CSINode
        ~storage.v1.CSINodeSpec drivers ! [@~storage.v1.CSINodeDriver
        ~storage.v1.CSIStorageCapacity kind - s;apiVersion - s;metadata - @^ObjectMeta;nodeTopology * @^LabelSelector;storageClassName ! s;capacity * q;maximumVolumeSize * q
        ~storage.v1.CSIStorageCapacityList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~storage.v1.CSIStorageCapacity
        ~storage.v1.StorageClass kind - s;apiVersion - s;metadata - @^ObjectMeta;provisioner ! s;parameters - {string}s;reclaimPolicy * s:v1.PersistentVolumeReclaimPolicy;mountOptions - [s;allowVolumeExpansion * b;volumeBindingMode * s:v1.VolumeBindingMode;allowedTopologies - [@~core.v1.TopologySelectorTerm
        ~storage.v1.StorageClassList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~storage.v1.StorageClass
        ~storage.v1.TokenRequest audience ! s;expirationSeconds * l
        ~storage.v1.VolumeAttachment kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @~storage.v1.VolumeAttachmentSpec;status - @~storage.v1.VolumeAttachmentStatus
        ~storage.v1.VolumeAttachmentList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~storage.v1.VolumeAttachment
        ~storage.v1.VolumeAttachmentSource persistentVolumeName * s;inlineVolumeSpec * @~core.v1.PersistentVolumeSpec
        ~storage.v1.VolumeAttachmentSpec attacher ! s;source ! @~storage.v1.VolumeAttachmentSource;nodeName ! s
        ~storage.v1.VolumeAttachmentStatus attached ! b;attachmentMetadata - {string}s;attachError * @~storage.v1.VolumeError;detachError * @~storage.v1.VolumeError
        ~storage.v1.VolumeAttributesClass kind - s;apiVersion - s;metadata - @^ObjectMeta;driverName ! s;parameters - {string}s
        ~storage.v1.VolumeAttributesClassList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@~storage.v1.VolumeAttributesClass
        ~storage.v1.VolumeError time - t;message - s;errorCode * i
        ~storage.v1.VolumeNodeResources count * i
        %apiextensions.v1.CustomResourceColumnDefinition name ! s;type ! s;format - s;description - s;priority - i;jsonPath ! s
        %apiextensions.v1.CustomResourceConversion strategy ! s:v1.ConversionStrategyType;webhook * @%apiextensions.v1.WebhookConversion
        %apiextensions.v1.CustomResourceDefinition kind - s;apiVersion - s;metadata - @^ObjectMeta;spec ! @%apiextensions.v1.CustomResourceDefinitionSpec;status - @%apiextensions.v1.CustomResourceDefinitionStatus
        %apiextensions.v1.CustomResourceDefinitionCondition type ! s:v1.CustomResourceDefinitionConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s;observedGeneration - l
        %apiextensions.v1.CustomResourceDefinitionList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@%apiextensions.v1.CustomResourceDefinition
        %apiextensions.v1.CustomResourceDefinitionNames plural ! s;singular - s;shortNames - [s;kind ! s;listKind - s;categories - [s
        %apiextensions.v1.CustomResourceDefinitionSpec group ! s;names ! @%apiextensions.v1.CustomResourceDefinitionNames;scope ! s:v1.ResourceScope;versions ! [@%apiextensions.v1.CustomResourceDefinitionVersion;conversion * @%apiextensions.v1.CustomResourceConversion;preserveUnknownFields - b
        %apiextensions.v1.CustomResourceDefinitionStatus conditions ! [@%apiextensions.v1.CustomResourceDefinitionCondition;acceptedNames ! @%apiextensions.v1.CustomResourceDefinitionNames;storedVersions ! [s;observedGeneration - l
        %apiextensions.v1.CustomResourceDefinitionVersion name ! s;served ! b;storage ! b;deprecated - b;deprecationWarning * s;schema * @%apiextensions.v1.CustomResourceValidation;subresources * @%apiextensions.v1.CustomResourceSubresources;additionalPrinterColumns - [@%apiextensions.v1.CustomResourceColumnDefinition;selectableFields - [@%apiextensions.v1.SelectableField
        %apiextensions.v1.CustomResourceSubresourceScale specReplicasPath ! s;statusReplicasPath ! s;labelSelectorPath * s
        %apiextensions.v1.CustomResourceSubresourceStatus 
        %apiextensions.v1.CustomResourceSubresources status * @%apiextensions.v1.CustomResourceSubresourceStatus;scale * @%apiextensions.v1.CustomResourceSubresourceScale
        %apiextensions.v1.CustomResourceValidation openAPIV3Schema * @%apiextensions.v1.JSONSchemaProps
        %apiextensions.v1.ExternalDocumentation description - s;url - s
        %apiextensions.v1.JSONSchemaProps id - s;$schema - s:v1.JSONSchemaURL;$ref * s;description - s;type - s;format - s;title - s;default * J;maximum * f;exclusiveMaximum - b;minimum * f;exclusiveMinimum - b;maxLength * l;minLength * l;pattern - s;maxItems * l;minItems * l;uniqueItems - b;multipleOf * f;enum - [J;maxProperties * l;minProperties * l;required - [s;items * A;allOf - [@%apiextensions.v1.JSONSchemaProps;oneOf - [@%apiextensions.v1.JSONSchemaProps;anyOf - [@%apiextensions.v1.JSONSchemaProps;not * @%apiextensions.v1.JSONSchemaProps;properties - {string}@%apiextensions.v1.JSONSchemaProps;additionalProperties * B;patternProperties - {string}@%apiextensions.v1.JSONSchemaProps;dependencies - =v1.JSONSchemaDependencies={string}S;additionalItems * B;definitions - =v1.JSONSchemaDefinitions={string}@%apiextensions.v1.JSONSchemaProps;externalDocs * @%apiextensions.v1.ExternalDocumentation;example * J;nullable - b;x-kubernetes-preserve-unknown-fields * b;x-kubernetes-embedded-resource - b;x-kubernetes-int-or-string - b;x-kubernetes-list-map-keys - [s;x-kubernetes-list-type * s;x-kubernetes-map-type * s;x-kubernetes-validations - =v1.ValidationRules=[@%apiextensions.v1.ValidationRule
        %apiextensions.v1.SelectableField jsonPath ! s
        %apiextensions.v1.ServiceReference namespace ! s;name ! s;path * s;port * i
        %apiextensions.v1.ValidationRule rule ! s;message - s;messageExpression - s;reason * s:v1.FieldValueErrorReason;fieldPath - s;optionalOldSelf * b
        %apiextensions.v1.WebhookClientConfig url * s;service * @%apiextensions.v1.ServiceReference;caBundle - y
        %apiextensions.v1.WebhookConversion clientConfig * @%apiextensions.v1.WebhookClientConfig;conversionReviewVersions ! [s
        ^APIGroup kind - s;apiVersion - s;name ! s;versions ! [@^GroupVersionForDiscovery;preferredVersion - @^GroupVersionForDiscovery;serverAddressByClientCIDRs - [@^ServerAddressByClientCIDR
        ^APIGroupList kind - s;apiVersion - s;groups ! [@^APIGroup
        ^APIResource name ! s;singularName ! s;namespaced ! b;group - s;version - s;kind ! s;verbs ! =v1.Verbs=[s;shortNames - [s;categories - [s;storageVersionHash - s
        ^APIResourceList kind - s;apiVersion - s;groupVersion ! s;resources ! [@^APIResource
        ^APIVersions kind - s;apiVersion - s;versions ! [s;serverAddressByClientCIDRs ! [@^ServerAddressByClientCIDR
        ^Condition type ! s;status ! s:v1.ConditionStatus;observedGeneration - l;lastTransitionTime ! t;reason ! s;message ! s
        ^DeleteOptions kind - s;apiVersion - s;gracePeriodSeconds * l;preconditions * @^Preconditions;orphanDependents * b;propagationPolicy * s:v1.DeletionPropagation;dryRun - [s;ignoreStoreReadErrorWithClusterBreakingPotential * b
        ^FieldSelectorRequirement key ! s;operator ! s:v1.FieldSelectorOperator;values - [s
        ^GroupVersionForDiscovery groupVersion ! s;version ! s
        ^LabelSelector matchLabels - {string}s;matchExpressions - [@^LabelSelectorRequirement
        ^LabelSelectorRequirement key ! s;operator ! s:v1.LabelSelectorOperator;values - [s
        ^ListMeta selfLink - s;resourceVersion - s;continue - s;remainingItemCount * l;shardInfo * @^ShardInfo
        ^ManagedFieldsEntry manager - s;operation - s:v1.ManagedFieldsOperationType;apiVersion - s;time * t;fieldsType - s;fieldsV1 * a;subresource - s
        ^ObjectMeta name - s;generateName - s;namespace - s;selfLink - s;uid - s:types.UID;resourceVersion - s;generation - l;creationTimestamp z t;deletionTimestamp * t;deletionGracePeriodSeconds * l;labels - {string}s;annotations - {string}s;ownerReferences - [@^OwnerReference;finalizers - [s;managedFields - [@^ManagedFieldsEntry
        ^OwnerReference apiVersion ! s;kind ! s;name ! s;uid ! s:types.UID;controller * b;blockOwnerDeletion * b
        ^Patch 
        ^Preconditions uid * s:types.UID;resourceVersion * s
        ^ServerAddressByClientCIDR clientCIDR ! s;serverAddress ! s
        ^ShardInfo selector ! s
        ^Status kind - s;apiVersion - s;metadata - @^ListMeta;status - s;message - s;reason - s:v1.StatusReason;details * @^StatusDetails;code - i
        ^StatusCause reason - s:v1.CauseType;message - s;field - s
        ^StatusDetails name - s;group - s;kind - s;uid - s:types.UID;causes - [@^StatusCause;retryAfterSeconds - i
        io.k8s.apimachinery.pkg.version.Info major ! s;minor ! s;emulationMajor - s;emulationMinor - s;minCompatibilityMajor - s;minCompatibilityMinor - s;gitVersion ! s;gitCommit ! s;gitTreeState ! s;buildDate ! s;goVersion ! s;compiler ! s;platform ! s
        &apiregistration.v1.APIService kind - s;apiVersion - s;metadata - @^ObjectMeta;spec - @&apiregistration.v1.APIServiceSpec;status - @&apiregistration.v1.APIServiceStatus
        &apiregistration.v1.APIServiceCondition type ! s:v1.APIServiceConditionType;status ! s:v1.ConditionStatus;lastTransitionTime - t;reason - s;message - s
        &apiregistration.v1.APIServiceList kind - s;apiVersion - s;metadata - @^ListMeta;items ! [@&apiregistration.v1.APIService
        &apiregistration.v1.APIServiceSpec service * @&apiregistration.v1.ServiceReference;group - s;version - s;insecureSkipTLSVerify - b;caBundle - y;groupPriorityMinimum ! i;versionPriority ! i
        &apiregistration.v1.APIServiceStatus conditions - [@&apiregistration.v1.APIServiceCondition
        &apiregistration.v1.ServiceReference namespace - s;name - s;port * i
        """
}
