"""Secrets that the real CLI sealed, and ours that it can open."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mto.errors import MtoError
from mto.state import secret
from mto.state.checkpoint import parse
from mto.state.errors import (
    PassphraseMissing,
    StateUnreadable,
    StateUnsupported,
    WrongPassphrase,
)
from mto.state.secret import (
    Crypter,
    Secret,
    conceal,
    holds_none,
    new_provider,
    passphrase,
    reveal,
)

FIXTURE = Path(__file__).parents[1] / "fixtures" / "checkpoints" / "checkpoint-1-created.json"
CHECKPOINT = parse(FIXTURE.read_bytes(), source="fixture")
PULL = next(one for one in CHECKPOINT.resources if one.name == "blue-dev/pull")
RIGHT = {"PULUMI_CONFIG_PASSPHRASE": "correct horse"}
TOKEN = {"token": "czNjcjN0"}


def crypter(provider: Any = CHECKPOINT.secrets_provider, **settings: str) -> Crypter:
    return Crypter(provider, settings=settings or RIGHT, stack="dev.blue")


KNOWN = crypter()


def sealed(value: Any) -> dict[str, Any]:
    concealed: dict[str, Any] = conceal(Secret(value), KNOWN)
    return concealed


def test_what_the_cli_sealed_is_opened_wherever_it_stands() -> None:
    inputs, outputs = reveal(PULL.inputs, KNOWN), reveal(PULL.outputs, KNOWN)

    assert inputs["data"] == Secret(TOKEN)
    assert outputs["data"] == Secret(TOKEN)
    assert outputs["__inputs"]["data"] == Secret(TOKEN)
    assert outputs["metadata"] is PULL.outputs["metadata"]


@pytest.mark.parametrize(
    ("value", "none"),
    [
        pytest.param({"data": [1, "a", None, {"x": True}]}, True, id="plain"),
        pytest.param(Secret("x"), False, id="a secret"),
        pytest.param({"data": [{"x": Secret(1)}]}, False, id="a secret deep inside"),
        pytest.param({"data": sealed("x")}, True, id="a sealed one"),
    ],
)
def test_a_secret_is_found_wherever_it_stands(value: Any, *, none: bool) -> None:
    assert holds_none(value) is none


def test_what_holds_no_secret_is_not_copied_and_needs_no_passphrase() -> None:
    closed = Crypter(None, settings={}, stack="dev.blue")
    quota = next(one for one in CHECKPOINT.resources if one.name == "blue-dev/quota")

    assert reveal(quota.inputs, closed) is quota.inputs
    assert conceal(quota.inputs, closed, before=quota.inputs) is quota.inputs


def test_a_secret_shows_itself_nowhere() -> None:
    hidden = Secret("hunter2")

    assert f"{hidden} {hidden!r} {[hidden]}" == "Secret(***) Secret(***) [Secret(***)]"
    with pytest.raises(TypeError):
        orjson.dumps({"a": hidden})


def test_secrets_are_equal_by_their_values() -> None:
    assert Secret({"a": 1}) == Secret({"a": 1})
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(JSON)
def test_what_is_concealed_is_revealed(value: Any) -> None:
    whole = {"plain": value, "list": [1, {"deep": Secret(value)}]}

    concealed = conceal(whole, KNOWN)

    assert b"Secret" not in orjson.dumps(concealed)
    assert reveal(concealed, KNOWN) == whole


def test_an_unchanged_secret_keeps_its_ciphertext() -> None:
    wanted = {**PULL.inputs, "data": Secret(TOKEN)}

    assert conceal(wanted, KNOWN, before=PULL.inputs) == PULL.inputs


def test_only_the_secret_that_changed_is_sealed_anew() -> None:
    before: dict[str, Any] = {"a": sealed("1"), "b": [sealed("2"), sealed("3")], "c": "plain"}
    wanted = {"a": Secret("1"), "b": [Secret("2"), Secret("other"), Secret("new")], "c": "plain"}

    after = conceal(wanted, KNOWN, before=before)

    assert after["a"] == before["a"]
    assert after["b"][0] == before["b"][0]
    assert after["b"][1] != before["b"][1]
    assert reveal(after, KNOWN) == wanted


@pytest.mark.parametrize(
    "before", [{"a": "1"}, {}, None, [1]], ids=["plain", "nothing there", "nothing", "a list"]
)
def test_a_value_that_becomes_secret_is_a_change(before: Any) -> None:
    assert conceal({"a": Secret("1")}, KNOWN, before=before) != before


def test_a_secret_that_becomes_plain_is_a_change() -> None:
    before = {"a": sealed("1")}

    assert conceal({"a": "1"}, KNOWN, before=before) == {"a": "1"}


def test_a_secret_within_a_secret_is_sealed_with_it() -> None:
    concealed = conceal(Secret({"a": Secret("b")}), KNOWN)

    assert reveal(concealed, KNOWN) == Secret({"a": "b"})


def test_an_export_with_shown_secrets_needs_no_passphrase() -> None:
    shown = {secret.SIGNATURE_KEY: secret.SECRET_SIGNATURE, "plaintext": '"x"'}

    assert reveal({"a": shown}, Crypter(None, settings={}, stack="dev")) == {"a": Secret("x")}


def test_other_marked_values_of_pulumi_are_left_alone() -> None:
    asset = {secret.SIGNATURE_KEY: "c44067f5952c0a294b673a41bacd8c17", "text": "x"}

    assert reveal({"a": asset}, KNOWN) == {"a": asset}


def test_a_new_salt_proves_its_passphrase() -> None:
    provider = new_provider("battery staple")
    one = crypter(provider, PULUMI_CONFIG_PASSPHRASE="battery staple")
    ciphertext = one.encrypt({"a": 1})

    other = crypter(provider, PULUMI_CONFIG_PASSPHRASE="battery staple")
    assert other.decrypt(ciphertext) == {"a": 1}


def test_the_key_is_derived_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    KNOWN.encrypt("so that the key is known")

    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", never)
    assert crypter().decrypt(PULL.inputs["data"]["ciphertext"]) == TOKEN


def message(error: type[MtoError], use: Crypter, ciphertext: str | None = None) -> str:
    with pytest.raises(error) as caught:
        use.decrypt(ciphertext or PULL.inputs["data"]["ciphertext"])
    return str(caught.value)


def test_a_wrong_passphrase_is_said() -> None:
    wrong = crypter(PULUMI_CONFIG_PASSPHRASE="wrong")

    assert message(WrongPassphrase, wrong) == (
        "the passphrase does not open the state's secrets: "
        "check PULUMI_CONFIG_PASSPHRASE (it wins) and PULUMI_CONFIG_PASSPHRASE_FILE"
    )
    assert WrongPassphrase.exit_code == 2


def test_a_missing_passphrase_names_the_variables() -> None:
    assert message(PassphraseMissing, crypter(OTHER="x")) == (
        "the state holds secrets: set PULUMI_CONFIG_PASSPHRASE, "
        "or PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds the passphrase"
    )


def test_another_provider_is_refused() -> None:
    assert message(StateUnsupported, crypter({"type": "awskms"})) == (
        "the secrets of stack 'dev.blue' are kept by 'awskms', MTO's own engine knows "
        "'passphrase' only: use --engine pulumi"
    )


def test_a_stack_without_provider_is_told_how_to_get_one() -> None:
    assert message(StateUnsupported, crypter(None)) == (
        "the state of stack 'dev.blue' has no secrets provider, so it can't hold secrets: "
        "make one with `pulumi stack change-secrets-provider passphrase`"
    )


@pytest.mark.parametrize(
    ("salt", "reason"),
    [
        ("v1:AAAA", "it is not of the form v1:<salt>:<sealed>"),
        ("v1:%%%%:v1:AAAA:AAAA", "it is not of the form v1:<salt>:<sealed>"),
        (None, "it is not of the form v1:<salt>:<sealed>"),
        ("v2:AAAA:v1:AAAA:AAAA", "version 'v2'"),
        ("v1:KKLYbY98AbE=:v3:SB1AR0Qfmm8BHOv0:2/DQ", "version 'v3'"),
        ("v1:KKLYbY98AbE=:v1:SB1AR0Qfmm8BHOv0:2/D", "it is no base64"),
    ],
)
def test_a_damaged_salt_is_said(salt: str | None, reason: str) -> None:
    damaged = crypter({"type": "passphrase", "state": {"salt": salt}})

    assert (
        message(StateUnreadable, damaged) == f"the salt of stack 'dev.blue' can't be read: {reason}"
    )


@pytest.mark.parametrize("ciphertext", ["v1:j3zcbjTC/YXcRme4:rj10", "v1:x", "text", "v1:::"])
def test_an_altered_secret_is_said(ciphertext: str) -> None:
    assert message(StateUnreadable, KNOWN, ciphertext) == (
        "a secret of stack 'dev.blue' can't be read: it was altered, or sealed under another salt"
    )


def test_the_passphrase_comes_from_the_variable_else_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "phrase"
    path.write_text("  correct horse\n")
    from_file = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(path)}

    assert passphrase(from_file) == "correct horse"
    assert passphrase(from_file | {"PULUMI_CONFIG_PASSPHRASE": ""}) == ""
    assert passphrase(from_file | {"PULUMI_CONFIG_PASSPHRASE": " x "}) == " x "


def test_a_passphrase_file_that_can_t_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "phrase"
    with pytest.raises(StateUnreadable) as caught:
        passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(path)})
    assert str(caught.value) == (
        f"PULUMI_CONFIG_PASSPHRASE_FILE {path} can't be read: No such file or directory"
    )

    path.write_bytes(b"\xff")
    with pytest.raises(StateUnreadable, match=r"it is no text$"):
        passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(path)})
