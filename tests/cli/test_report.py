from __future__ import annotations

import json

import pytest

from mto.cli.output import Format
from mto.cli.report import DRIFT, FUTURE, PAST, as_data, show, summary
from mto.engine.port import Change, Failure, Op, Result, Step
from mto.plan.resource import Deletion
from mto.service.report import Report, StackReport
from mto.state.secret import Secret

URN = "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$kubernetes:core/v1:Namespace::"


def step(op: Op, name: str, *changes: Change, goes_with: str = "") -> Step:
    return Step(op, f"{URN}{name}", f"Namespace/{name}", "t.yaml:6 spec", changes, goes_with)


STEPS = (
    step(Op.CREATE, "a"),
    step(
        Op.UPDATE, "b", Change("spec.x", 1, 2), Change("spec.y", None, "v"), Change("z", [1], None)
    ),
    step(Op.REPLACE, "c"),
    step(Op.DELETE, "d", goes_with=f"{URN}b"),
    step(Op.FORGET, "e"),
    step(Op.SAME, "f"),
)
BLUE = StackReport("blue", Result("dev.blue", STEPS))
NOTHING = StackReport("red", Result("dev.red", (step(Op.SAME, "a"),)))


def test_every_step_is_shown_with_its_sign_its_reason_and_its_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(Report((NOTHING, BLUE), seconds=1.24), Format.TABLE, words=PAST)
    printed = capsys.readouterr()
    assert printed.out == (
        "blue\n"
        "  + Namespace/a  (t.yaml:6 spec)\n"
        "  ~ Namespace/b  (t.yaml:6 spec)\n"
        "      ~ spec.x: 1 → 2\n"
        "      + spec.y: v\n"
        "      - z: [1]\n"
        "  ± Namespace/c  (t.yaml:6 spec)\n"
        "  - Namespace/d  (t.yaml:6 spec)\n"
        "      goes with its namespace\n"
        "  ○ Namespace/e  (t.yaml:6 spec)\n"
        "1 created, 1 updated, 1 replaced, 1 deleted, 1 left behind, 2 unchanged in 2 stacks "
        "(1.2 s)\n"
    )
    assert printed.err == ""


def test_without_details_only_the_sum_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(Report((BLUE,)), Format.TABLE, words=FUTURE, details=False)
    assert capsys.readouterr().out == (
        "1 to create, 1 to update, 1 to replace, 1 to delete, 1 to leave behind, 1 unchanged "
        "in 1 stack (0.0 s)\n"
    )


def test_a_namespace_that_goes_is_shown_with_what_it_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone = Deletion("blue-old", {"secrets": 2, "pods": 1}, consented=True, because="why")
    kept = Deletion("blue-older", {"secrets": 2}, consented=False, because="why")
    show(Report((StackReport("blue", Result("dev.blue"), (gone, kept)),)), Format.TABLE, words=PAST)
    assert capsys.readouterr().out == (
        "  ! namespace blue-old goes with all that it holds: 1 pods, 2 secrets\n"
        "nothing changes, 0 unchanged in 1 stack (0.0 s)\n"
    )


def test_problems_and_warnings_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    failure = Failure(STEPS[0], "the quota is full")
    result = Result("dev.blue", failures=(failure,), diagnostics=("a lock was broken",))
    one = StackReport("blue", result, warnings=("it is kept",), unsettled=("it waits",))
    show(Report((one,), vanished=("old",)), Format.TABLE, words=PAST)
    printed = capsys.readouterr()
    assert printed.err == (
        "warning: it is kept\n"
        "warning: it waits\n"
        "warning: a lock was broken\n"
        "blue: create Namespace/a: the quota is full\n"
        "warning: tenant 'old' is no longer declared and stays as it is: `mto destroy old`, or "
        "`mto up --prune`\n"
    )
    assert printed.out == "nothing changes, 0 unchanged in 1 stack (0.0 s); failed: blue\n"


def test_drift_is_told_in_words_of_its_own() -> None:
    steps = (step(Op.UPDATE, "a"), step(Op.DELETE, "b"), step(Op.SAME, "c"))
    one = StackReport("blue", Result("dev.blue", steps))
    assert summary(Report((one,)), words=DRIFT) == (
        "1 edited in the cluster, 1 deleted in the cluster, 1 unchanged in 1 stack (0.0 s)"
    )


def test_programs_get_the_same_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    gone = Deletion("blue-old", {}, consented=False, because="why")
    one = StackReport("blue", Result("dev.blue", (STEPS[1], STEPS[3], STEPS[5])), (gone,), ("w",))
    show(Report((one,), vanished=("old",), seconds=1.23456), Format.JSON, words=PAST)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out) == {
        "ok": True,
        "changed": True,
        "seconds": 1.235,
        "vanished": ["old"],
        "stacks": [
            {
                "name": "blue",
                "stack": "dev.blue",
                "ok": True,
                "engine": "",
                "chosen": "",
                "unchanged": 1,
                "steps": [
                    {
                        "op": "update",
                        "object": "Namespace/b",
                        "urn": f"{URN}b",
                        "because": "t.yaml:6 spec",
                        "changes": [
                            {"path": "spec.x", "before": 1, "after": 2},
                            {"path": "spec.y", "before": None, "after": "v"},
                            {"path": "z", "before": [1], "after": None},
                        ],
                    },
                    {
                        "op": "delete",
                        "object": "Namespace/d",
                        "urn": f"{URN}d",
                        "because": "t.yaml:6 spec",
                        "changes": [],
                        "deletedWith": f"{URN}b",
                    },
                ],
                "deletions": [
                    {
                        "namespace": "blue-old",
                        "holds": {},
                        "consented": False,
                        "because": "why",
                        "unknown": [],
                        "allowed": True,
                    }
                ],
                "warnings": ["w"],
                "problems": [],
            }
        ],
    }


@pytest.mark.parametrize("output", [Format.TABLE, Format.JSON, Format.YAML])
def test_a_secret_shows_nowhere(output: Format, capsys: pytest.CaptureFixture[str]) -> None:
    change = Change("data", {"token": Secret("s3cr3t")}, Secret({"token": "s3cr3t"}))
    one = StackReport("blue", Result("dev.blue", (step(Op.UPDATE, "a", change),)))
    show(Report((one,)), output, words=PAST)
    printed = capsys.readouterr()
    assert "s3cr3t" not in printed.out + printed.err
    assert "Secret(***)" in printed.out


def test_data_is_plain_whatever_changed() -> None:
    change = Change("l", (1, Secret("x")), {"a": [Secret("x")]})
    one = StackReport("blue", Result("dev.blue", (step(Op.UPDATE, "a", change),)))
    (found,) = as_data(Report((one,)))["stacks"][0]["steps"][0]["changes"]
    assert (found["before"], found["after"]) == ([1, "Secret(***)"], {"a": ["Secret(***)"]})
