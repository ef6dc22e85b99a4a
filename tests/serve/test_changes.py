from __future__ import annotations

import pytest

from mto.serve.changes import Changes, between
from mto.spec.world import World
from tests.support import manifests

BLUE = manifests.TENANT + "spec: {quota: small}\n"
RED = BLUE.replace("{name: blue}", "{name: red}")
SMALL = manifests.QUOTA + "spec: {resourcequota: {hard: {pods: 10}}}\n"
LARGE = SMALL.replace("{name: small}", "{name: large}")
EXTENSIONS = manifests.EXTENSIONS + "spec: {tenantName: blue}\n"
CONFIG = manifests.CONFIG + "spec: {metadata: {namespaces: {labels: {a: b}}}}\n"


def world(*parts: str) -> World:
    found, problems = manifests.world("---\n".join(parts))
    assert problems == []
    return found


BOTH = (BLUE, RED, SMALL)


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        pytest.param(BOTH, Changes(), id="nothing"),
        pytest.param((BLUE + "# a remark\n", RED, SMALL), Changes(), id="a remark"),
        pytest.param(
            (BLUE.replace("small}", "small, desc: x}"), RED, SMALL),
            Changes(frozenset({"blue"})),
            id="one tenant",
        ),
        pytest.param(
            (BLUE.replace("small}", "small, namespaces: {withTenantPrefix: [dev]}}"), RED, SMALL),
            Changes(frozenset({"blue"})),
            id="a namespace more",
        ),
        pytest.param(
            (BLUE.replace("small", "large"), RED, SMALL, LARGE),
            Changes(frozenset({"blue"}), platform=True),
            id="another quota, whose copy names its tenants",
        ),
        pytest.param((BLUE, SMALL), Changes(frozenset({"red"}), platform=True), id="one is gone"),
        pytest.param(
            (BLUE, RED, SMALL.replace("10", "20")),
            Changes(frozenset({"blue", "red"}), platform=True),
            id="a quota, for its tenants",
        ),
        pytest.param((*BOTH, LARGE), Changes(platform=True), id="a quota that nobody has"),
        pytest.param((*BOTH, EXTENSIONS), Changes(frozenset({"blue"})), id="extensions"),
        pytest.param((*BOTH, CONFIG), Changes(platform=True, everybody=True), id="settings"),
    ],
)
def test_who_is_concerned_by_a_change(after: tuple[str, ...], changes: Changes) -> None:
    assert between(world(*BOTH), world(*after)) == changes


def test_extensions_that_change_hands_concern_both() -> None:
    before = world(*BOTH, EXTENSIONS)
    after = world(*BOTH, EXTENSIONS.replace("tenantName: blue", "tenantName: red"))
    assert between(before, after) == Changes(frozenset({"blue", "red"}))
