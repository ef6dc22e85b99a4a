from __future__ import annotations

from pathlib import Path

import yaml

from mto.spec.convert.integrationconfig import to_v1beta1
from mto.spec.origin import Origin
from tests.support.manifests import noted, said, world

HEAD = """\
apiVersion: tenantoperator.stakater.com/v1alpha1
kind: IntegrationConfig
metadata: {name: tenant-operator-config, namespace: multi-tenant-operator}
"""

FIXTURES = Path(__file__).parents[2] / "fixtures"
OLD = (FIXTURES / "config-v1alpha1.yaml").read_text()
NEW = (FIXTURES / "config-v1beta1.yaml").read_text()

READ = "t.yaml:1: apiVersion: IntegrationConfig v1alpha1 is read as v1beta1"
PAGES = "  provision: {console: false, showback: false}\n"
"""Without it the older defaults are written out, which is told."""


def told(text: str) -> list[str]:
    """What the conversion says, without what is said of fields that have no effect yet."""
    return [one for one in noted(text) if "no effect yet" not in one]


def config(spec: str) -> str:
    return f"{HEAD}spec:\n{spec}{PAGES}"


def test_every_field_with_a_place_in_v1beta1_goes_there() -> None:
    converted = to_v1beta1(yaml.safe_load(OLD), Origin("t.yaml"))
    assert list(converted.manifests) == [yaml.safe_load(NEW)]
    assert [message for _, message in converted.warnings] == [
        "IntegrationConfig v1alpha1 is read as v1beta1"
    ]


def test_what_is_converted_is_valid_and_becomes_the_world_s_config() -> None:
    found, problems = world(OLD)
    assert (said(OLD), problems) == ([], [])
    spec = found.config.value.spec
    assert spec.access_control.privileged.groups == ("cluster-admins",)
    assert found.config.origin.at("spec", "accessControl", "privileged", "groups") == (
        "t.yaml:10 spec.accessControl.privileged.groups"
    )


def test_what_has_no_place_in_v1beta1_is_named_where_it_stands() -> None:
    text = f"""\
{HEAD}spec:
  nexus: {{enabled: true, endpoint: {{url: https://nexus.example.org}}}}
  rhsso:
    enabled: true
    realm: customer
    endpoint: {{url: https://sso.example.org, secretReference: {{name: a, namespace: b}}}}
    sso: {{clientName: mto}}
  provision:
    console: false
    showback: false
    ingress:
      keycloak: {{host: keycloak.example.org}}
"""
    assert said(text) == []
    assert told(text) == [
        READ,
        (
            "t.yaml:5: spec.nexus: has no place in v1beta1 and is left out: MTO looks after no "
            "Nexus any more"
        ),
        (
            "t.yaml:6: spec.rhsso: has no place in v1beta1 and is left out: people log in through "
            "Dex, which spec.components.dex sets up"
        ),
        (
            "t.yaml:15: spec.provision.ingress.keycloak: has no place in v1beta1 and is left out: "
            "there is no Keycloak any more"
        ),
    ]


def test_vault_as_it_was_up_to_0_9_is_left_out_and_says_what_to_write() -> None:
    text = config(
        "  argocd: {namespace: argocd}\n"
        "  vault:\n"
        "    enabled: true\n"
        "    endpoint:\n"
        "      url: https://vault.example.org\n"
        "      secretReference: {name: vault-root-token, namespace: vault}\n"
        "    sso: {clientName: vault, accessorID: id}\n"
    )
    assert said(text) == []
    assert told(text) == [
        READ,
        (
            "t.yaml:6: spec.vault: is left out: with endpoint, as up to 0.9, it does not say what "
            "v1beta1 needs; write spec.integrations.vault yourself, with accessInfo (address, "
            "accessorPath, roleName) and config (ssoClient)"
        ),
    ]
    integrations = world(text)[0].config.value.spec.integrations
    assert integrations.vault is None
    assert integrations.argocd is not None


def test_vault_that_says_nothing_but_its_endpoint_is_left_out_as_well() -> None:
    text = config("  vault: {endpoint: {url: https://vault.example.org}}\n")
    assert said(text) == []
    assert world(text)[0].config.value.spec.integrations.vault is None


def test_what_both_forms_of_vault_say_counts_in_the_newer_form() -> None:
    text = config(
        "  vault:\n"
        "    enabled: true\n"
        "    address: https://vault.example.org\n"
        "    accessorPath: oidc/\n"
        "    roleName: mto\n"
        "    endpoint: {url: https://vault.example.org}\n"
        "    sso: {clientName: vault, accessorID: id}\n"
    )
    assert told(text) == [
        READ,
        (
            "t.yaml:10: spec.vault.endpoint: has no place in v1beta1 and is left out: accessorPath "
            "takes its part"
        ),
        (
            "t.yaml:11: spec.vault.sso.accessorID: has no place in v1beta1 and is left out: "
            "accessorPath takes its part"
        ),
    ]


def test_what_v1beta1_needs_and_the_older_one_lacks_is_missed_at_the_older_one_s_line() -> None:
    assert said(config("  vault: {enabled: true, address: https://vault.example.org}\n")) == [
        "t.yaml:5: spec.integrations.vault.accessInfo.accessorPath: required, but missing",
        "t.yaml:5: spec.integrations.vault.accessInfo.roleName: required, but missing",
    ]


def test_pages_that_were_on_by_default_are_written_out() -> None:
    on = "v1alpha1 has them on unless told otherwise, so spec.components says"
    assert told(HEAD) == [READ, f"t.yaml:1: spec.provision: {on} console: true and showback: true"]
    text = f"{HEAD}spec:\n  provision:\n    console: false\n"
    assert told(text) == [READ, f"t.yaml:5: spec.provision: {on} showback: true"]
    components = world(text)[0].config.value.spec.components
    assert (components.console, components.showback) == (False, True)


def test_ingress_classes_of_single_pages_become_one() -> None:
    text = f"""\
{HEAD}spec:
  provision:
    console: true
    showback: true
    ingress:
      console: {{host: console.example.org, ingressClassName: nginx}}
      gateway: {{host: gateway.example.org, ingressClassName: other}}
"""
    assert said(text) == []
    assert told(text) == [
        READ,
        (
            "t.yaml:10: spec.provision.ingress.gateway.ingressClassName: 'other' is left out: "
            "v1beta1 has one ingress class for all pages, 'nginx'"
        ),
    ]
    assert world(text)[0].config.value.spec.components.ingress.ingress_class_name == "nginx"


def test_the_namespace_of_the_older_operator_is_read_as_that_of_today() -> None:
    text = config("").replace("multi-tenant-operator", "stakater-tenant-operator")
    assert told(text) == [
        READ,
        (
            "t.yaml:3: metadata.namespace: 'stakater-tenant-operator' is read as "
            "'multi-tenant-operator'"
        ),
    ]
    found, problems = world(text)
    assert problems == []
    assert found.config.value.metadata.namespace == "multi-tenant-operator"


def test_mistakes_are_told_in_the_older_version_s_own_terms() -> None:
    text = f"""\
{HEAD}spec:
  openshift:
    privilegedNamespace: [default]
    privilegedServiceAccounts: ["("]
    clusterAdminGroups: cluster-admins
  rhsso: {{enabled: yes please}}
  accessControl: {{}}
"""
    assert said(text) == [
        (
            "t.yaml:6: spec.openshift.privilegedNamespace: unknown field; did you mean "
            "'privilegedNamespaces'?"
        ),
        (
            "t.yaml:7: spec.openshift.privilegedServiceAccounts[0]: '(' is no regular expression "
            "that Kubernetes understands (missing ): (); write RE2, which has no look-ahead and no "
            "back-references"
        ),
        "t.yaml:8: spec.openshift.clusterAdminGroups: must be a list, not 'cluster-admins'",
        "t.yaml:9: spec.rhsso.enabled: must be true or false, not 'yes please'",
        (
            "t.yaml:10: spec.accessControl: unknown field; known here: openshift, tenantRoles, "
            "argocd, nexus, rhsso, vault, provision"
        ),
    ]


def test_a_spec_that_is_no_mapping_is_refused() -> None:
    assert said(f"{HEAD}spec: [a]\n") == [
        (
            "t.yaml:4: spec: must be a mapping with fields: openshift, tenantRoles, argocd, nexus, "
            "rhsso, vault, provision; not a list"
        )
    ]


def test_the_status_is_left_to_the_cluster() -> None:
    text = f"{config('')}status: {{roleBindingsToDelete: {{}}}}\n"
    assert said(text) == []
    assert told(text) == [
        READ,
        "t.yaml:6: status: status is the cluster's to write; it is ignored here",
    ]


def test_one_config_counts_whichever_version_it_is_written_in() -> None:
    newer = (
        "apiVersion: tenantoperator.stakater.com/v1beta1\nkind: IntegrationConfig\n"
        "metadata: {name: tenant-operator-config}\n"
    )
    _, problems = world(f"{config('')}---\n{newer}")
    assert problems == [
        "t.yaml:9: metadata.name: there is one IntegrationConfig; the first is in t.yaml:1"
    ]
