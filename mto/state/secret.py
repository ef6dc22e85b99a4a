"""Secret values in a checkpoint: Pulumi's passphrase provider.

In the file a secret value stands as an envelope, ``{<signature key>: <signature of a secret>,
"ciphertext": "v1:<nonce>:<sealed>"}``; sealed is the value's JSON under AES-256-GCM. The key comes
from the passphrase and the salt ``v1:<salt>:v1:<nonce>:<sealed "pulumi">`` by PBKDF2, a quarter
of a second of work: it is done when the first secret is met, once a process.

In memory a secret is a ``Secret``, which shows itself nowhere. Sealing the same value twice gives
two ciphertexts, so ``conceal`` keeps the old envelope where the value is the old one: whether
something changed can then be read off the concealed form.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import override

from mto.state.errors import (
    PASSPHRASE,
    PASSPHRASE_FILE,
    PassphraseMissing,
    StateUnreadable,
    StateUnsupported,
    WrongPassphrase,
)

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret, is none
PROVIDER = "passphrase"

_ROUNDS = 1_000_000
_KEY_BYTES = 32
_SALT_BYTES = 8
_NONCE_BYTES = 12
_PROOF = b"pulumi"
_HIDDEN = "Secret(***)"

_keys: dict[tuple[bytes, str], bytes] = {}
_deriving = threading.Lock()


class Secret:
    """A value that is shown to nobody; equal to another one of the same value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment] # a value may be a mapping

    @override
    def __repr__(self) -> str:
        return _HIDDEN

    @override
    def __str__(self) -> str:
        return _HIDDEN


class Crypter:
    """Opens and seals the secrets of a stack.

    ``provider`` is the checkpoint's own (None: no secret was ever kept there), ``settings`` is the
    environment. Nothing is checked before the first secret. Any method may raise
    PassphraseMissing, WrongPassphrase, StateUnsupported (another provider) or StateUnreadable.
    """

    def __init__(
        self, provider: Mapping[str, Any] | None, *, settings: Mapping[str, str], stack: str
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._stack = stack

    def encrypt(self, value: Any) -> str:
        """The ciphertext of any JSON value; a Secret inside it is sealed with the rest."""
        return _seal(self._cipher, orjson.dumps(value, default=_bare, option=orjson.OPT_SORT_KEYS))

    def decrypt(self, ciphertext: str) -> Any:
        try:
            return orjson.loads(_open(self._cipher, ciphertext))
        except (InvalidTag, ValueError) as error:
            reason = "it was altered, or sealed under another salt"
            raise StateUnreadable(f"a secret of stack {self._stack!r}", reason) from error

    @cached_property
    def _cipher(self) -> AESGCM:
        if self._provider is None:
            raise StateUnsupported(
                f"the state of stack {self._stack!r} has no secrets provider, so it can't hold "
                "secrets: make one with `pulumi stack change-secrets-provider passphrase`"
            )
        if (kind := self._provider.get("type")) != PROVIDER:
            raise StateUnsupported(
                f"the secrets of stack {self._stack!r} are kept by {kind!r}, MTO's own engine "
                f"knows {PROVIDER!r} only: use --engine pulumi"
            )
        salt, proof = self._salt(self._provider)
        cipher = AESGCM(_key(salt, passphrase(self._settings)))
        try:
            proven = _open(cipher, proof) == _PROOF
        except InvalidTag:
            proven = False
        except ValueError as error:
            raise StateUnreadable(f"the salt of stack {self._stack!r}", str(error)) from error
        if not proven:
            raise WrongPassphrase
        return cipher

    def _salt(self, provider: Mapping[str, Any]) -> tuple[bytes, str]:
        try:
            version, salt, proof = provider["state"]["salt"].split(":", 2)
            decoded = base64.b64decode(salt, validate=True)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            reason = "it is not of the form v1:<salt>:<sealed>"
            raise StateUnreadable(f"the salt of stack {self._stack!r}", reason) from error
        if version != "v1":
            raise StateUnreadable(f"the salt of stack {self._stack!r}", f"version {version!r}")
        return decoded, proof


def passphrase(settings: Mapping[str, str]) -> str:
    """As the CLI finds it: the variable, even when empty, else the file, stripped."""
    if (text := settings.get(PASSPHRASE)) is not None:
        return text
    if not (path := settings.get(PASSPHRASE_FILE)):
        raise PassphraseMissing
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StateUnreadable(f"{PASSPHRASE_FILE} {path}", reason or str(error)) from error


def new_provider(text: str) -> dict[str, Any]:
    """The ``secrets_providers`` of a new stack with that passphrase."""
    return {"type": PROVIDER, "state": {"salt": new_salt(text)}}


def new_salt(text: str) -> str:
    """What ``encryptionsalt`` of a stack's settings and ``salt`` in its state hold."""
    salt = secrets.token_bytes(_SALT_BYTES)
    proof = _seal(AESGCM(_key(salt, text)), _PROOF)
    return f"v1:{base64.b64encode(salt).decode()}:{proof}"


def reveal(value: Any, crypter: Crypter) -> Any:
    """The same with a Secret in the place of each envelope; what holds none is not copied."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return _revealed(value, crypter)
        changed = {
            key: new for key, old in value.items() if (new := reveal(old, crypter)) is not old
        }
        return {**value, **changed} if changed else value
    if isinstance(value, list | tuple):
        items = [reveal(one, crypter) for one in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


def holds_none(value: Any) -> bool:
    """Surely without a Secret, which has no form in JSON; found out in a fiftieth of the time."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def conceal(value: Any, crypter: Crypter, *, before: Any = None) -> Any:
    """The same with an envelope in the place of each Secret.

    ``before`` is the old concealed value: where the same secret stood at the same place, its
    envelope stays. So ``conceal(new, crypter, before=old) == old`` tells that nothing changed.
    """
    if isinstance(value, Secret):
        if _is_envelope(before) and _revealed(before, crypter) == value:
            return before
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": crypter.encrypt(value.value)}
    if isinstance(value, Mapping):
        olds = before if isinstance(before, Mapping) else {}
        changed = {
            key: new
            for key, one in value.items()
            if (new := conceal(one, crypter, before=olds.get(key))) is not one
        }
        return {**value, **changed} if changed else value
    if isinstance(value, list | tuple):
        past = list(before) if isinstance(before, list | tuple) else []
        past += [None] * (len(value) - len(past))
        items = [conceal(one, crypter, before=old) for one, old in zip(value, past, strict=False)]
        same = all(new is one for new, one in zip(items, value, strict=True))
        return value if same else items
    return value


def _is_envelope(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(SIGNATURE_KEY) == SECRET_SIGNATURE


def _revealed(envelope: Mapping[str, Any], crypter: Crypter) -> Secret:
    """An export with shown secrets holds ``plaintext`` instead of ``ciphertext``."""
    if "plaintext" in envelope:
        return Secret(orjson.loads(envelope["plaintext"]))
    return Secret(crypter.decrypt(envelope.get("ciphertext", "")))


def _bare(value: object) -> Any:
    if isinstance(value, Secret):
        return value.value
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def _key(salt: bytes, text: str) -> bytes:
    with _deriving:  # two threads that need the same key wait for one derivation
        if (key := _keys.get((salt, text))) is None:
            key = hashlib.pbkdf2_hmac("sha256", text.encode(), salt, _ROUNDS, _KEY_BYTES)
            _keys[salt, text] = key
        return key


def _seal(cipher: AESGCM, plain: bytes) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = cipher.encrypt(nonce, plain, None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _open(cipher: AESGCM, ciphertext: str) -> bytes:
    """Raises InvalidTag for another key, ValueError for what is no ciphertext."""
    version, nonce, sealed = ciphertext.split(":")
    if version != "v1":
        raise ValueError(f"version {version!r}")
    try:
        parts = base64.b64decode(nonce, validate=True), base64.b64decode(sealed, validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error
    return cipher.decrypt(*parts, None)
