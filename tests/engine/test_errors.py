from __future__ import annotations

import pytest

from mto.engine import errors
from mto.errors import EngineError

FOREIGN = "RoleBinding blue-dev/mto-owner-admin"


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        pytest.param(
            errors.Unsupported("urn:x", "aws:s3/bucket:Bucket is of another provider"),
            "urn:x: aws:s3/bucket:Bucket is of another provider; the direct engine can't run it, "
            "use --engine pulumi",
            2,
            id="Unsupported",
        ),
        pytest.param(
            errors.ForeignObject(FOREIGN, "its fields are managed by kubectl"),
            f"{FOREIGN} exists and is not MTO's: its fields are managed by kubectl. Choose "
            "another name, delete it, or hand it over by annotating it with "
            'mto.stakater.com/adopt: "true"',
            1,
            id="ForeignObject",
        ),
        pytest.param(
            errors.Relabelled("Namespace blue-dev", "stakater.com/tenant", "blue"),
            "Namespace blue-dev was made with stakater.com/tenant=blue and MTO's marker, and its "
            "labels say something else now, so it is not deleted. Put them back to let it go, or "
            "delete it yourself",
            1,
            id="Relabelled, of a tenant",
        ),
        pytest.param(
            errors.Relabelled("Namespace mto", "stakater.com/tenant", None),
            "Namespace mto was made with nothing as stakater.com/tenant and MTO's marker, and "
            "its labels say something else now, so it is not deleted. Put them back to let it "
            "go, or delete it yourself",
            1,
            id="Relabelled, of the platform",
        ),
        pytest.param(
            errors.Protected("urn:x"),
            "urn:x is protected from deletion; take the protection off first",
            1,
            id="Protected",
        ),
        pytest.param(
            errors.PlanOutdated("dev.blue"),
            "stack 'dev.blue' was changed by another run again and again while this one was "
            "planning; nothing was done. Run again when nobody else does",
            1,
            id="PlanOutdated",
        ),
        pytest.param(
            errors.DeadlineExceeded("dev.blue", 600.0),
            "stack 'dev.blue': not finished after 600 s; what was done is recorded, run again to "
            "go on, or allow more time with --timeout",
            1,
            id="DeadlineExceeded",
        ),
    ],
)
def test_a_refusal_says_what_which_and_what_to_do(
    error: EngineError, message: str, code: int
) -> None:
    assert str(error) == message
    assert error.exit_code == code
