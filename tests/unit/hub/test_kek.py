"""KEKs wrap where they lie and never leave; a wrapped key says under which it is. The same for file and token."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.config import Settings
from hub.errors import DependencyUnavailable, NotPermitted, UsageError
from hub.kek import hsm
from hub.kek.files import FIRST, Files
from hub.kek.place import sorted_ids
from hub.wrapping import KeyWrapper, kek_of, wrapper
from tests import softhsm

KEY, NAME = bytes(range(32)), "tax.2026-04-02"


@pytest.fixture(scope="module")
def pin() -> Path:
    return softhsm.token()


@pytest.fixture(params=["file", "pkcs11"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file:{tmp_path}" if request.param == "file" else softhsm.uri(request.getfixturevalue("pin"))


@pytest.fixture
def kek(uri: str) -> KeyWrapper:
    made = wrapper(Settings(kek=uri))
    if not made.place.ids():
        made.place.make()
    return made


def other(uri: str) -> KeyWrapper:
    """The same place as another process has it: nothing of it is remembered."""
    hsm._SESSIONS.clear()
    return wrapper(Settings(kek=uri))


@pytest.mark.threat("D5")
@pytest.mark.trap("C14")
def test_a_wrapped_key_opens_under_its_own_name_alone(uri: str, kek: KeyWrapper) -> None:
    wrapped = kek.wrap(KEY, NAME)
    assert KEY not in wrapped
    assert other(uri).unwrap(wrapped, NAME) == KEY
    with pytest.raises(DependencyUnavailable, match="kek-mismatch"):
        kek.unwrap(wrapped, "tax.2026-04-03")
    assert kek.wrap(KEY, NAME) != wrapped


@pytest.mark.trap("C14")
def test_what_was_altered_opens_nowhere(kek: KeyWrapper) -> None:
    wrapped = kek.wrap(KEY, NAME)
    for at in range(len(wrapped)):
        with pytest.raises(DependencyUnavailable, match=r"kek-(mismatch|unknown)"):
            kek.unwrap(wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], NAME)
    for broken in (b"", wrapped[:-1], wrapped[1:], b"\xff" * 90):
        with pytest.raises(DependencyUnavailable, match=r"kek-(mismatch|unknown)"):
            kek.unwrap(broken, NAME)


def test_a_wrapped_key_says_its_kek_and_opens_while_there_are_newer_ones(uri: str, kek: KeyWrapper) -> None:
    first, wrapped = kek.version, kek.wrap(KEY, NAME)
    second = other(uri).place.make()
    again = kek.wrap(KEY, NAME)
    assert (kek_of(wrapped), kek_of(again), kek.version, kek.ids()) == (first, second, second, [first, second])
    assert kek.unwrap(wrapped, NAME) == kek.unwrap(again, NAME) == KEY


def test_a_destroyed_kek_opens_nothing_and_the_others_do(uri: str, kek: KeyWrapper) -> None:
    wrapped = kek.wrap(KEY, NAME)
    kek.place.make()
    again = kek.wrap(KEY, NAME)
    other(uri).place.destroy(kek_of(wrapped))
    with pytest.raises(DependencyUnavailable, match="kek-unknown"):
        kek.unwrap(wrapped, NAME)
    assert kek.unwrap(again, NAME) == KEY


def test_keks_are_in_the_order_of_their_numbers_and_nothing_else_is_one() -> None:
    found = ["file-10-0badcafe", "file-9-ffffffff", "file-1", ".file-3-00000000.77", "file-x", "kek", "file-0"]
    assert sorted_ids(found) == ["file-1", "file-9-ffffffff", "file-10-0badcafe"]


def test_a_key_that_was_wrapped_before_it_said_its_kek_still_opens(tmp_path: Path) -> None:
    kek = wrapper(Settings(secrets=tmp_path))
    nonce = os.urandom(12)
    old = nonce + Files(tmp_path).encrypt(kek.version, nonce, KEY, NAME.encode())
    kek.place.make()
    assert (len(old), kek_of(old), kek.unwrap(old, NAME)) == (60, FIRST, KEY)


def test_what_lies_in_a_former_place_opens_and_what_is_wrapped_now_is_wrapped_in_the_new_one(tmp_path: Path) -> None:
    former, new = f"file:{tmp_path / 'former'}", f"file:{tmp_path / 'new'}"
    before, after = wrapper(Settings(kek=former)), wrapper(Settings(kek=new, kek_former=former))
    before.place.make()
    after.place.make()
    wrapped = before.wrap(KEY, NAME)
    assert (after.unwrap(wrapped, NAME), before.version in after.ids()) == (KEY, True)
    assert after.version in wrapper(Settings(kek=new)).ids()
    with pytest.raises(DependencyUnavailable, match="kek-unknown"):
        wrapper(Settings(kek=new)).unwrap(wrapped, NAME)


def test_the_kek_file_is_its_owners_alone(tmp_path: Path) -> None:
    kek = wrapper(Settings(secrets=tmp_path))
    kek.place.make()
    kek.wrap(KEY, NAME)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.trap("C14")
@pytest.mark.parametrize(("content", "mode"), [(b"k" * 32, 0o644), (b"", 0o600), (b"k" * 16, 0o600)])
def test_a_kek_that_others_may_read_or_that_is_none_is_refused(tmp_path: Path, content: bytes, mode: int) -> None:
    (tmp_path / "kek").write_bytes(content)
    (tmp_path / "kek").chmod(mode)
    with pytest.raises(DependencyUnavailable, match="kek-not-safe"):
        wrapper(Settings(secrets=tmp_path)).wrap(KEY, NAME)


@pytest.mark.threat("O3")
@pytest.mark.trap("C14")
@pytest.mark.parametrize("given", [{}, {"kek": "file:/tmp/x"}, {"kek": "", "kek_former": "file:/tmp/x"}])
def test_the_file_driver_refuses_production(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(NotPermitted, match="file-kek-in-production"):
        wrapper(Settings.model_validate({"env": "production", "secrets": tmp_path, **given}))


@pytest.mark.threat("O3")
@pytest.mark.trap("C14")
def test_a_kek_cannot_leave_its_token(pin: Path) -> None:
    import pkcs11  # noqa: PLC0415 - as a thief would, past our own door

    place = hsm.Token(hsm.where(uri := softhsm.uri(pin)))
    kek = place.make()
    session = hsm._session(hsm.where(uri))
    [key] = place._keys(session, kek)
    thief = session.generate_key(pkcs11.KeyType.AES, 256, capabilities=pkcs11.MechanismFlag.WRAP)
    tried = {
        "read": lambda: key[pkcs11.Attribute.VALUE],
        "wrap": lambda: thief.wrap_key(key, mechanism=pkcs11.Mechanism.AES_KEY_WRAP),
        "let go": lambda: key.__setitem__(pkcs11.Attribute.EXTRACTABLE, True),
        "show": lambda: key.__setitem__(pkcs11.Attribute.SENSITIVE, False),
        "copy": lambda: key.copy({pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.TOKEN: False}),
    }
    for way in tried.values():
        with pytest.raises(pkcs11.PKCS11Error):
            way()
    assert thief.wrap_key(thief_copy(session), mechanism=pkcs11.Mechanism.AES_KEY_WRAP)  # what may leave, does


def thief_copy(session: object) -> object:
    import pkcs11  # noqa: PLC0415 - as above

    loose = {pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.SENSITIVE: False}
    return session.generate_key(pkcs11.KeyType.AES, 256, template=loose)  # type: ignore[attr-defined]


@pytest.mark.trap("C14")
@pytest.mark.parametrize("loose", ["EXTRACTABLE", "SENSITIVE"])
def test_a_kek_that_could_leave_or_could_have_is_not_used(pin: Path, loose: str) -> None:
    import pkcs11  # noqa: PLC0415 - as above

    where = hsm.where(softhsm.uri(pin))
    template = {pkcs11.Attribute[loose]: loose == "EXTRACTABLE", pkcs11.Attribute.PRIVATE: True}
    hsm._session(where).generate_key(
        pkcs11.KeyType.AES, 256, id=b"pkcs11-1-0badcafe", label=where.label, store=True, template=template,
    )  # fmt: skip
    with pytest.raises(DependencyUnavailable, match="kek-not-safe"):
        KeyWrapper([hsm.Token(where)]).wrap(KEY, NAME)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a destructor of the library
def test_a_session_that_has_ended_is_opened_again(pin: Path) -> None:
    kek = wrapper(Settings(kek=(uri := softhsm.uri(pin))))
    kek.place.make()
    wrapped = kek.wrap(KEY, NAME)
    hsm._session(hsm.where(uri)).close()
    assert kek.unwrap(wrapped, NAME) == KEY


def test_a_kek_that_another_process_makes_is_seen_by_one_that_runs(pin: Path) -> None:
    kek = wrapper(Settings(kek=(uri := softhsm.uri(pin))))
    first = kek.place.make()
    made = ("import sys; from hub.config import Settings; from hub.wrapping import wrapper;"
            "w = wrapper(Settings(kek=sys.argv[1]));"
            "print(w.place.make(), w.wrap(bytes(range(32)), 'x').hex())")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", made, uri], capture_output=True, text=True, check=True)
    second, wrapped = done.stdout.split()
    assert (kek.ids(), kek.version, kek.unwrap(bytes.fromhex(wrapped), "x")) == ([first, second], second, KEY)


def test_without_any_kek_in_the_token_nothing_is_wrapped_and_none_is_made_by_itself(pin: Path) -> None:
    kek = wrapper(Settings(env="production", kek=softhsm.uri(pin)))
    with pytest.raises(DependencyUnavailable, match="no-kek"):
        kek.wrap(KEY, NAME)
    assert kek.ids() == []


@pytest.mark.parametrize(("change", "code"), [
    (("token=juki", "token=other"), "kek-unavailable"), (("libsofthsm2", "libnothing"), "kek-unavailable"),
    (("/pin", "/no-pin"), "pin-unreadable"),
])  # fmt: skip
def test_a_token_that_is_not_there_is_told_with_a_code(pin: Path, change: tuple[str, str], code: str) -> None:
    hsm._SESSIONS.clear()
    with pytest.raises(DependencyUnavailable, match=code):
        wrapper(Settings(kek=softhsm.uri(pin).replace(*change))).ids()


@pytest.mark.parametrize(("content", "mode", "code"), [
    ("135790", 0o644, "pin-not-safe"), ("", 0o600, "pin-not-safe"), ("999999", 0o600, "kek-unavailable"),
])  # fmt: skip
def test_a_pin_that_others_may_read_or_that_is_wrong_is_refused(
    pin: Path, tmp_path: Path, content: str, mode: int, code: str
) -> None:
    (tmp_path / "pin").write_text(content)
    (tmp_path / "pin").chmod(mode)
    where = softhsm.uri(tmp_path / "pin")
    said = ("import sys; from hub.config import Settings; from hub.wrapping import wrapper;"
            "wrapper(Settings(kek=sys.argv[1])).ids()")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", said, where], capture_output=True, text=True, check=False)
    assert (done.returncode, code in done.stderr, "999999" in done.stderr) == (1, True, False)


@pytest.mark.parametrize("uri", [
    "pkcs11:", "pkcs11:token=a;object=b", "pkcs11:token=a;object=b?module-path=/m&pin-value=1234",
    "pkcs11:token=a;object=?module-path=/m&pin-source=file:/p", "vault:x", "pkcs11:token=a;serial=2?module-path=/m",
])  # fmt: skip
def test_a_place_that_cannot_be_meant_is_refused_and_not_told(uri: str) -> None:
    with pytest.raises(UsageError, match="HUB_KEK: bad-setting") as refused:
        wrapper(Settings(kek=uri))
    assert "1234" not in str(refused.value)
