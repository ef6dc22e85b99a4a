from __future__ import annotations

from mto.spec.check.workloads import check
from mto.spec.problem import Note
from tests.support.manifests import declared, tenant


def test_a_registry_with_a_path_allows_nothing() -> None:
    blue = tenant(imageRegistries={"allowed": ["ghcr.io", "ghcr.io/blue", "https://quay.io/x", ""]})
    found = list(check(declared(blue)))
    assert [str(one) for one in found] == [
        (
            "blue.yaml: spec.imageRegistries.allowed[1]: 'ghcr.io/blue' allows nothing: only the "
            "registry's host is compared; write 'ghcr.io'"
        ),
        (
            "blue.yaml: spec.imageRegistries.allowed[2]: 'https://quay.io/x' allows nothing: only "
            "the "
            "registry's host is compared; write 'quay.io'"
        ),
    ]
    assert all(isinstance(one, Note) for one in found)


def test_labels_of_nodes_are_labels() -> None:
    selector = {"pool": ["blue"], "no key!": ["blue"], "zone": ["a", "not a value"]}
    found = list(check(declared(tenant(pods={"nodeSelector": selector}))))
    assert [str(one) for one in found] == [
        (
            "blue.yaml: spec.pods.nodeSelector.no key!: key 'no key!' is not allowed: at most 63 "
            "letters, digits, '-', '_' and '.', with a letter or digit at both ends"
        ),
        (
            "blue.yaml: spec.pods.nodeSelector.zone[1]: value 'not a value' is not allowed for a "
            "label: at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both "
            "ends"
        ),
    ]
    assert not any(isinstance(one, Note) for one in found)


def test_a_tenant_that_says_nothing_is_told_nothing() -> None:
    assert list(check(declared(tenant()))) == []
