from __future__ import annotations

from mto.plan.build import Owner
from mto.plan.resource import Key
from mto.plan.term import resources

HOME = Key("kubernetes:core/v1:Namespace", "multi-tenant-operator")


def test_requests_with_a_term_are_judged_by_the_lease_and_no_others() -> None:
    policy, binding, _, _ = resources(Owner(Key("mto:platform:Platform", "dev")), after=(HOME,))
    spec = policy.inputs["spec"]
    assert spec["paramKind"] == {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
    assert spec["matchConditions"] == [
        {
            "name": "with-a-term",
            "expression": "request.userInfo.?extra[?'mto.stakater.com/term'].hasValue()",
        }
    ]
    assert spec["failurePolicy"] == "Fail"
    assert binding.inputs["spec"]["paramRef"] == {
        "name": "mto",
        "namespace": "multi-tenant-operator",
        "parameterNotFoundAction": "Allow",
    }
    assert policy.depends_on == (HOME,)
    assert binding.depends_on == (policy.key,)


def test_a_second_policy_keeps_the_lease_and_its_term() -> None:
    _, _, policy, binding = resources(Owner(Key("mto:platform:Platform", "dev")), after=(HOME,))
    spec = policy.inputs["spec"]
    (rule,) = spec["matchConstraints"]["resourceRules"]
    assert (rule["resources"], rule["resourceNames"]) == (["leases"], ["mto"])
    assert rule["operations"] == ["UPDATE", "DELETE"]
    assert [one["message"] for one in spec["validations"]] == [
        (
            "The lease multi-tenant-operator/mto tells the active replica of MTO from former ones, "
            "and stays. To be rid of MTO: mto destroy; where that is not possible, delete the "
            "ValidatingAdmissionPolicyBinding mto-lease first"
        ),
        (
            "The lease multi-tenant-operator/mto tells the active replica of MTO from former ones, "
            "and stays: leaseTransitions only grows"
        ),
    ]
    assert binding.inputs["spec"] == {"policyName": "mto-lease", "validationActions": ["Deny"]}
