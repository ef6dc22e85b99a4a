from __future__ import annotations

import pytest

from mto.cli.main import main


def test_an_error_meant_for_people_is_one_line_and_its_own_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["local", "status", "--name", "No"])
    captured = capsys.readouterr()
    assert end.value.code == 2
    assert captured.out == ""
    assert captured.err == (
        "mto: cluster name 'No' can't be used; allowed: 1 to 40 lower-case letters, digits "
        "and '-', a letter or digit at both ends\n"
    )


def test_a_wrong_option_is_typers_own_message_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["local", "up", "--nodes", "many"])
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
