from __future__ import annotations

from tests.support.manifests import CONFIG, EXTENSIONS, QUOTA, TENANT, world

QUOTAS = "---\n".join(
    f"{QUOTA.replace('small', name)}spec: {{}}\n" for name in ("large", "medium", "small")
)


def test_an_unknown_quota_names_the_declared_ones() -> None:
    _, problems = world(f"{TENANT}spec: {{quota: tiny}}\n---\n{QUOTAS}")
    assert problems == [
        "t.yaml:4: spec.quota: quota 'tiny' is not declared; declared quotas: large, medium, small"
    ]


def test_a_mistyped_quota_is_suggested() -> None:
    _, problems = world(f"{TENANT}spec: {{quota: smal}}\n---\n{QUOTAS}")
    assert problems == ["t.yaml:4: spec.quota: quota 'smal' is not declared; did you mean 'small'?"]


def test_where_no_quota_is_declared_that_is_said() -> None:
    _, problems = world(f"{TENANT}spec: {{quota: small}}\n")
    assert problems == [
        "t.yaml:4: spec.quota: quota 'small' is not declared; declared quotas: none"
    ]


def test_a_long_list_of_quotas_is_cut() -> None:
    many = "---\n".join(
        f"{QUOTA.replace('small', f'budget-{number:02}')}spec: {{}}\n" for number in range(12)
    )
    _, problems = world(f"{TENANT}spec: {{quota: x}}\n---\n{many}")
    names = ", ".join(f"budget-{number:02}" for number in range(10))
    assert problems == [
        f"t.yaml:4: spec.quota: quota 'x' is not declared; declared quotas: {names} and 2 more"
    ]


def test_extensions_belong_to_a_declared_tenant_that_has_no_others() -> None:
    other = EXTENSIONS.replace("name: blue", "name: zwei")
    stray = EXTENSIONS.replace("name: blue", "name: stray")
    _, problems = world(
        f"{TENANT}spec: {{quota: small}}\n---\n{QUOTAS}---\n"
        f"{EXTENSIONS}spec: {{tenantName: blue}}\n---\n"
        f"{other}spec: {{tenantName: blue}}\n---\n"
        f"{stray}spec: {{tenantName: green}}\n"
    )
    assert problems == [
        "t.yaml:29: spec.tenantName: tenant 'blue' has Extensions already, in t.yaml:21",
        "t.yaml:34: spec.tenantName: tenant 'green' is not declared; declared tenants: blue",
    ]


def remarks(config: str) -> tuple[str, ...]:
    """What is said of Extensions that ask for an AppProject, beside this IntegrationConfig."""
    found, problems = world(
        f"{TENANT}spec: {{quota: small}}\n---\n{QUOTAS}---\n"
        f"{EXTENSIONS}spec: {{tenantName: blue, argoCD: {{}}}}\n---\n{CONFIG}{config}"
    )
    assert problems == []
    return tuple(one for one in found.warnings if "AppProject" in one)


def test_an_app_project_needs_an_argo_cd() -> None:
    assert remarks("spec: {}\n") == (
        (
            "t.yaml:24: spec.argoCD: asks for an AppProject, but the IntegrationConfig does not "
            "say where Argo CD is (spec.integrations.argocd.namespace): none is made"
        ),
    )
    off = "spec:\n  integrations:\n    argocd:\n      enabled: false\n      namespace: argocd\n"
    assert remarks(off) == (
        (
            "t.yaml:24: spec.argoCD: asks for an AppProject, but t.yaml:32 "
            "spec.integrations.argocd.enabled has Argo CD off: none is made"
        ),
    )
    assert remarks("spec: {integrations: {argocd: {namespace: argocd}}}\n") == ()
