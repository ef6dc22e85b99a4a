from __future__ import annotations

import pytest

from tests.support.manifests import CONFIG, EXTENSIONS, TENANT, said

LABEL = "lower-case letters, digits and '-', with a letter or digit at both ends"


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        pytest.param(
            "{quota: a, accessControl: {owner: {}}}",
            ["spec.accessControl.owner: unknown field; did you mean 'owners'?"],
            id="a mistyped field",
        ),
        pytest.param(
            "{quota: a, accessControl: {zebra: {}}}",
            ["spec.accessControl.zebra: unknown field; known here: owners, editors, viewers"],
            id="a field like no other",
        ),
        pytest.param("{}", ["spec.quota: required, but missing"], id="a missing field"),
        pytest.param(
            "{quota: 5}",
            ["spec.quota: must be text, not the number 5; put it in quotes"],
            id="a number for text",
        ),
        pytest.param(
            "{quota: a, desc: [x]}", ["spec.desc: must be text, not a list"], id="a list for text"
        ),
        pytest.param(
            "{quota: a, accessControl: {owners: {users: anna}}}",
            ["spec.accessControl.owners.users: must be a list, not 'anna'"],
            id="text for a list",
        ),
        pytest.param(
            "{quota: a, accessControl: {owners: [anna]}}",
            ["spec.accessControl.owners: must be a mapping with fields: users, groups; not a list"],
            id="a list for a mapping",
        ),
        pytest.param(
            "{quota: a, namespaces: {metadata: {common: {labels: [a]}}}}",
            [
                (
                    "spec.namespaces.metadata.common.labels: must be a mapping with keys and "
                    "values; "
                    "not a list"
                )
            ],
            id="a list for keys and values",
        ),
        pytest.param(
            "{quota: a, namespaces: {metadata: {common: {labels: {a: true}}}}}",
            ["spec.namespaces.metadata.common.labels.a: must be text, not true; put it in quotes"],
            id="a boolean for a label",
        ),
        pytest.param(
            "{quota: a, namespaces: {sandboxes: {enabled: 'yes'}}}",
            ["spec.namespaces.sandboxes.enabled: must be true or false, not 'yes'"],
            id="text for a switch",
        ),
        pytest.param(
            "{quota: Big}",
            [
                (
                    "spec.quota: 'Big' is not allowed; allowed: lower-case letters, digits, '-' "
                    "and "
                    "'.', with a letter or digit at both ends"
                )
            ],
            id="a name with capitals",
        ),
        pytest.param(
            "{quota: a, namespaces: {withTenantPrefix: [x]}}",
            [
                (
                    "spec.namespaces.withTenantPrefix[0]: 'x' is not allowed; allowed: at least "
                    "two "
                    "characters: lower-case letters, digits and '-', with a letter or digit at "
                    "both "
                    "ends"
                )
            ],
            id="a namespace of one character",
        ),
        pytest.param(
            f"{{quota: a, namespaces: {{withoutTenantPrefix: [{'x' * 64}]}}}}",
            [
                (
                    f"spec.namespaces.withoutTenantPrefix[0]: '{'x' * 60}'… has 64 characters; at "
                    "most 63 allowed"
                )
            ],
            id="a long namespace",
        ),
        pytest.param(
            "{quota: a, accessControl: {owners: {users: ['']}}}",
            ["spec.accessControl.owners.users[0]: must not be empty"],
            id="an empty user",
        ),
        pytest.param(
            "{quota: a, hostValidationConfig: {allowedRegex: '['}}",
            [
                (
                    "spec.hostValidationConfig.allowedRegex: '[' is no regular expression that "
                    "Kubernetes understands (missing ]: [); write RE2, which has no look-ahead and "
                    "no back-references"
                )
            ],
            id="a bad expression",
        ),
        pytest.param(
            "{desc: 1, accessControl: {owner: 1}}",
            [
                "spec.accessControl.owner: unknown field; did you mean 'owners'?",
                "spec.desc: must be text, not the number 1; put it in quotes",
                "spec.quota: required, but missing",
            ],
            id="everything at once",
        ),
    ],
)
def test_each_mistake_is_told_in_a_sentence(spec: str, messages: list[str]) -> None:
    assert said(f"{TENANT}spec: {spec}\n") == [f"t.yaml:4: {message}" for message in messages]


def test_a_mistake_is_told_with_its_own_line() -> None:
    text = f"{TENANT}spec:\n  quota: small\n  accessControl:\n    owner:\n      users: [anna]\n"
    assert said(text) == [
        "t.yaml:7: spec.accessControl.owner: unknown field; did you mean 'owners'?"
    ]


def test_a_choice_names_what_can_be_chosen() -> None:
    spec = "{integrations: {vault: {authMethod: kubernets}}}"
    assert said(f"{CONFIG}spec: {spec}\n") == [
        (
            "t.yaml:4: spec.integrations.vault.authMethod: 'kubernets' is not allowed; allowed: "
            "'kubernetes' or 'token'; did you mean 'kubernetes'?"
        )
    ]


def test_a_field_with_a_name_of_its_own_is_suggested_by_that_name() -> None:
    assert said(f"{EXTENSIONS}spec: {{tenantName: blue, argocd: {{}}}}\n") == [
        "t.yaml:4: spec.argocd: unknown field; did you mean 'argoCD'?"
    ]


def test_a_tenants_name_must_fit_a_label() -> None:
    long = "t" * 64
    assert said(TENANT.replace("blue", long) + "spec: {quota: a}\n") == [
        f"t.yaml:3: metadata.name: '{'t' * 60}'… has 64 characters; at most 63 allowed"
    ]
    assert said(TENANT.replace("blue", "a.b") + "spec: {quota: a}\n") == [
        f"t.yaml:3: metadata.name: 'a.b' is not allowed; allowed: {LABEL}"
    ]


def test_a_manifest_without_spec_or_name_is_told_so() -> None:
    assert said(TENANT.replace("{name: blue}", "{}")) == [
        "t.yaml:1: spec: required, but missing",
        "t.yaml:3: metadata.name: required, but missing",
    ]
