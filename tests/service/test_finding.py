"""What an audit comes to."""

from __future__ import annotations

import pytest

from mto.service.finding import Audit, Finding, NothingInForce, Result, Subject

POD = Subject("blue-dev", "Pod", "web", "v1", "u-1")


def audit(*results: Result, missing: tuple[str, ...] = ()) -> Audit:
    found = tuple(Finding("blue", POD, "images", one, "no") for one in results)
    return Audit(found, ("images",), judged=2, missing=missing)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        pytest.param(audit(), 0, id="nothing found"),
        pytest.param(audit(Result.WARN), 0, id="a rule that only warns"),
        pytest.param(audit(Result.ERROR), 4, id="an object that could not be judged"),
        pytest.param(audit(missing=("pods",)), 4, id="a listing that is not whole"),
        pytest.param(audit(Result.FAIL, Result.ERROR), 3, id="a violation wins"),
    ],
)
def test_exit_codes(found: Audit, code: int) -> None:
    assert found.exit_code == code


def test_without_rules_there_is_nothing_to_audit_by() -> None:
    with pytest.raises(NothingInForce) as caught:
        raise NothingInForce

    assert str(caught.value) == (
        "no rule is in force: the cluster has none of MTO's admission policies; run `mto up` "
        "first, or audit by proposed manifests with --with DIR"
    )
