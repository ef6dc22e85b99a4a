"""What MTO made and somebody changed is put back, and it is said who did what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.mto import Project, members, quota, tenant, unique
from tests.support.service import Looks, Service, serving, soon


@dataclass(frozen=True)
class Blue:
    """A tenant that is served."""

    service: Service
    look: Looks
    name: str

    @property
    def space(self) -> str:
        return f"{self.name}-dev"

    def pods(self) -> str:
        where = ("-n", self.space, "get", "resourcequota", "mto")
        return self.look.admin(*where, "-o", "jsonpath={.spec.hard.pods}").stdout

    def do(self, *arguments: str) -> None:
        answer = self.look.admin(*arguments)
        assert answer.code == 0, answer.stderr


@pytest.fixture
def blue(served: Project, look: Looks) -> Iterator[Blue]:
    name = unique("blue")
    access = members(owners=["ann"], viewers=["kim"])
    served.declare(quota(name), tenant(name, "dev", quota=name, accessControl=access))
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        service.quiet()
        yield Blue(service, look, name)


def test_an_edit_is_undone_and_an_event_says_who_did_what(blue: Blue) -> None:
    patch = '{"spec":{"hard":{"pods":"1000"}}}'
    blue.do("-n", blue.space, "patch", "resourcequota", "mto", "--type=merge", "-p", patch)
    soon(lambda: blue.pods() == "10")
    told = "changed by kubectl-patch (Update): ~ spec.hard.pods: 10 → 1k; put back as declared"
    soon(lambda: told in blue.look.events(blue.space, "DriftRestored"))
    assert blue.service.metric('mto_drift_total{kind="ResourceQuota"}') == 1.0


def test_what_was_deleted_is_made_again(blue: Blue) -> None:
    blue.do("-n", blue.space, "delete", "rolebinding", "mto-viewer-view")
    soon(lambda: blue.look.subjects(blue.space, "mto-viewer-view") == {"kim"})
    told = "RoleBinding was deleted; made again as declared"
    soon(lambda: told in blue.look.events(blue.space, "DriftRestored"))


def test_labels_that_were_stripped_are_put_back(blue: Blue) -> None:
    mark, own = "mto.stakater.com/managed", "stakater.com/tenant"
    blue.do("label", "namespace", blue.space, f"{own}-", f"{mark}-")
    soon(lambda: blue.look.labels(blue.space).get(own) == blue.name)
    assert blue.look.labels(blue.space)[mark] == "true"
    blue.do("-n", blue.space, "label", "rolebinding", "mto-viewer-view", f"{mark}-")
    soon(
        lambda: (
            f"{mark}=true"
            in blue.look.admin(
                "-n", blue.space, "get", "rolebinding", "mto-viewer-view", "--show-labels"
            ).stdout
        )
    )


def test_what_others_add_beside_our_fields_is_left_alone(blue: Blue) -> None:
    blue.do("label", "namespace", blue.space, "theirs=1")
    blue.do("-n", blue.space, "annotate", "resourcequota", "mto", "theirs=1")
    blue.service.quiet()
    assert blue.look.labels(blue.space)["theirs"] == "1"
    assert blue.look.events(blue.space, "DriftRestored") == set()


def test_what_changed_while_nobody_watched_is_undone_at_the_start(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    access = members(owners=["ann"], viewers=["kim"])
    served.declare(quota(name), tenant(name, "dev", quota=name, accessControl=access))
    with serving(served):
        soon(lambda: look.condition("tenant", name)[0] == "True")
    space = f"{name}-dev"
    patch = '{"spec":{"hard":{"pods":"1000"}}}'
    look.admin("-n", space, "patch", "resourcequota", "mto", "--type=merge", "-p", patch)
    look.admin("-n", space, "delete", "rolebinding", "mto-viewer-view")
    look.admin("-n", space, "label", "rolebinding", "mto-owner-admin", "mto.stakater.com/managed-")
    where = ("-n", space, "get", "resourcequota", "mto", "-o", "jsonpath={.spec.hard.pods}")
    with serving(served):
        soon(lambda: look.subjects(space, "mto-viewer-view") == {"kim"})
        soon(lambda: look.admin(*where).stdout == "10")
        soon(
            lambda: (
                "mto.stakater.com/managed=true"
                in look.admin(
                    "-n", space, "get", "rolebinding", "mto-owner-admin", "--show-labels"
                ).stdout
            )
        )
