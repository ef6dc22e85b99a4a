from __future__ import annotations

import yaml

from mto.spec.convert.tenant import to_v1beta3
from tests.support.manifests import noted, said

OLD = """\
apiVersion: tenantoperator.stakater.com/v1beta2
kind: Tenant
metadata: {name: blue, labels: {a: b}}
spec:
  quota: small
  owners: {users: [anna@aurora.org], groups: [leads]}
  editors: {users: [bob@aurora.org]}
  viewers: {groups: [support]}
  namespaces:
    withTenantPrefix: [dev]
    withoutTenantPrefix: [legacy]
  sandboxConfig: {enabled: true, private: true}
  onDelete: {cleanNamespaces: true, cleanAppProject: false}
  argocd:
    sourceRepos: [https://git.example.org/blue]
    appProject:
      clusterResourceWhitelist: [{group: "*", kind: "*"}]
  commonMetadata: {labels: {c: d}}
  sandboxMetadata: {labels: {e: f}}
  specificMetadata: [{namespaces: [blue-dev], labels: {g: h}}]
  hibernation: {sleepSchedule: 0 20 * * 1-5, wakeSchedule: 0 8 * * 1-5}
  templateInstances:
    - spec: {template: pull-secret, sync: true}
    - spec: {template: limits, parameters: [{name: CPU, value: "1"}]}
      selector: {matchLabels: {stage: dev}, matchExpressions: [{key: x, operator: Exists}]}
"""

NEW = """\
apiVersion: tenantoperator.stakater.com/v1beta3
kind: Tenant
metadata: {name: blue, labels: {a: b}}
spec:
  quota: small
  accessControl:
    owners: {users: [anna@aurora.org], groups: [leads]}
    editors: {users: [bob@aurora.org]}
    viewers: {groups: [support]}
  namespaces:
    withTenantPrefix: [dev]
    withoutTenantPrefix: [legacy]
    onDeletePurgeNamespaces: true
    sandboxes: {enabled: true, private: true}
    metadata:
      common: {labels: {c: d}}
      sandbox: {labels: {e: f}}
      specific: [{namespaces: [blue-dev], labels: {g: h}}]
---
apiVersion: tenantoperator.stakater.com/v1alpha1
kind: Extensions
metadata: {name: blue}
spec:
  tenantName: blue
  argoCD:
    onDeletePurgeAppProject: false
    appProject:
      sourceRepos: [https://git.example.org/blue]
      clusterResourceWhitelist: [{group: "*", kind: "*"}]
---
apiVersion: hibernation.stakater.com/v1beta1
kind: ClusterResourceSupervisor
metadata: {name: blue}
spec:
  schedule: {sleepSchedule: 0 20 * * 1-5, wakeSchedule: 0 8 * * 1-5}
  namespaces: {labelSelector: {matchLabels: {stakater.com/tenant: blue}}}
---
apiVersion: templates.stakater.com/v1alpha1
kind: ClusterTemplateInstance
metadata: {name: blue-pull-secret-0}
spec:
  template: pull-secret
  sync: true
  selector: {matchLabels: {stakater.com/tenant: blue}}
---
apiVersion: templates.stakater.com/v1alpha1
kind: ClusterTemplateInstance
metadata: {name: blue-limits-1}
spec:
  template: limits
  parameters: [{name: CPU, value: "1"}]
  selector:
    matchLabels: {stage: dev, stakater.com/tenant: blue}
    matchExpressions: [{key: x, operator: Exists}]
"""

HEAD = OLD[: OLD.index("  owners")]


def test_every_field_of_v1beta2_has_its_place() -> None:
    assert list(to_v1beta3(yaml.safe_load(OLD)).manifests) == list(yaml.safe_load_all(NEW))


def test_what_is_converted_is_valid() -> None:
    assert said(OLD) == []


def test_a_plain_tenant_makes_nothing_but_a_tenant() -> None:
    converted = to_v1beta3(yaml.safe_load(HEAD))
    assert [one["kind"] for one in converted.manifests] == ["Tenant"]
    assert noted(HEAD) == ["t.yaml:1: apiVersion: Tenant v1beta2 is read as v1beta3"]


def test_the_older_default_is_written_out_where_the_newer_one_differs() -> None:
    text = f"{HEAD}  argocd: {{sourceRepos: [x]}}\n"
    extensions = to_v1beta3(yaml.safe_load(text)).manifests[1]
    assert extensions["spec"]["argoCD"]["onDeletePurgeAppProject"] is True
    assert noted(text) == [
        "t.yaml:1: apiVersion: Tenant v1beta2 is read as v1beta3, with Extensions blue",
        (
            "t.yaml:6: spec.argocd: v1beta2 deletes the AppProject with the tenant unless told "
            "otherwise, so the Extensions says onDeletePurgeAppProject: true"
        ),
    ]


def test_a_mistake_in_a_field_that_moved_is_told_at_its_line() -> None:
    text = f"{HEAD}  owners:\n    users:\n      - 5\n  sandboxConfig: {{enable: true}}\n"
    assert said(text) == [
        (
            "t.yaml:8: spec.accessControl.owners.users[0]: must be text, not the number 5; put "
            "it in "
            "quotes"
        ),
        "t.yaml:9: spec.namespaces.sandboxes.enable: unknown field; did you mean 'enabled'?",
    ]


def test_unknown_fields_are_passed_on_to_be_refused() -> None:
    assert said(f"{HEAD}  ownersx: {{}}\n") == [
        (
            "t.yaml:6: spec.ownersx: unknown field; known here: quota, accessControl, namespaces, "
            "desc, storageClasses, ingressClasses, podPriorityClasses, serviceAccounts, "
            "imageRegistries, hostValidationConfig, runtimeClasses, gatewayClasses, services, "
            "pods, "
            "podSecurity"
        )
    ]


def test_a_spec_that_is_no_mapping_is_refused_and_nothing_else() -> None:
    assert said(HEAD[: HEAD.index("spec:")] + "spec: [a]\n") == [
        "t.yaml:4: spec.quota: required, but missing"
    ]
