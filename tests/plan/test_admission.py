from __future__ import annotations

from mto.admission.composition import policies
from mto.admission.rules import rules
from mto.plan import platform, term
from mto.plan.resource import Key
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Origin
from mto.spec.world import World
from tests.support import manifests, plans
from tests.support.plans import kinds

CONFIG = """
admission: {rules: {namespaces: Warn}}
"""
DEFAULTS = IntegrationConfig()
MADE = platform.plan(plans.world(config=CONFIG), settings=plans.SETTINGS)


def test_policies_are_as_many_however_many_tenants_there_are() -> None:
    names = {one.name for one in policies(rules(DEFAULTS), DEFAULTS)}
    assert set(kinds(MADE, "ValidatingAdmissionPolicy")) == {
        term.NAME,
        term.KEEPER,
        *(f"mto-{name}" for name in names),
    }


def test_policies_wait_for_the_kinds_and_roles_that_they_speak_of() -> None:
    ready = {
        one.key
        for kind in ("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding")
        for one in kinds(MADE, kind).values()
    }
    for name, one in kinds(MADE, "ValidatingAdmissionPolicy").items():
        assert set(one.depends_on) == ready or name in (term.NAME, term.KEEPER)


def test_a_binding_waits_for_its_policy_and_says_where_its_mode_is_set() -> None:
    one = kinds(MADE, "ValidatingAdmissionPolicyBinding")["mto-namespaces"]
    policy = Key(
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy", "mto-namespaces"
    )
    assert policy in one.depends_on
    assert one.inputs["spec"]["validationActions"] == ["Warn", "Audit"]
    assert one.because == (
        "part of MTO: the rule 'namespaces', t.yaml:20 spec.admission.rules.namespaces"
    )


def test_tenants_are_named_in_a_policy_only_where_ones_name_begins_with_anothers() -> None:
    def text(*names: str) -> str:
        declared = {
            name: Declared(manifests.tenant(name), Origin(f"{name}.yaml")) for name in names
        }
        world = World(tenants=declared)
        made = platform.plan(world, settings=plans.SETTINGS)
        return str(kinds(made, "ValidatingAdmissionPolicy")["mto-namespaces"].inputs)

    assert text("blue", "red") == text()
    assert "blue-green" in text("blue", "blue-green", "red")
    assert '"blue"' not in text("blue", "blue-green")


def test_a_shared_policy_names_its_rules_and_where_their_modes_are_set() -> None:
    one = kinds(MADE, "ValidatingAdmissionPolicyBinding")["mto-ingresses"]
    assert one.because == (
        "part of MTO: the rules 'ingress-classes', 'hosts', t.yaml:20 spec.admission.rules"
    )
