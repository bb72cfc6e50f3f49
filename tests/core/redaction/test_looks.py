"""What a value looks like."""

import pytest

from scrubrelay.core.redaction.validators import looks


@pytest.mark.parametrize(
    "text",
    [
        "${DB_PASSWORD}", "$PASSWORD", "$(cat /run/key)", "%PASSWORD%", "{{ password }}", "#{pw}",
        "<password>", "[password]", "[Filtered]", "***", "xxxx", "........", "null", "None", "'None'",
        "undefined", "true", "", "  ", "your_api_key", "YOUR-TOKEN", "insert_key_here", "changeme",
        "s3cr3t...",
        ":api_token_1", "%s", "%(password)s", "a_fake_key", "somefakekey",
        "{{ lookup('env', 'DB_PASSWORD') }}", "&lt;password&gt;", "Kennwort", "Mot de passe", "Contraseña",
    ],
)  # fmt: skip
def test_nothing_is_filled_in(text: str) -> None:
    assert not looks.filled_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "$ecret!",
        "p@ss",
        "nullify",
        "truebeliever9",
        "m{{h}o)p${e]nob(ody",
        "fake-tok-0vip2ygwh4rVm0",
    ],
)
def test_something_is_filled_in(text: str) -> None:
    assert looks.filled_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "settings.PASSWORD", "self.password", "get_token(user)", "os.environ['X']", "MAX_LENGTH", "api_key",
        "api-key", "/run/secrets/db", "C:\\keys\\db.pem", "12", "3.5", "250ms", "config.yaml", "await f()",
        "https://example.com/reset", "user->password",
    ],
)  # fmt: skip
def test_code(text: str) -> None:
    assert looks.code(text)


@pytest.mark.parametrize(
    "text", ["hunter2!", "Zf3D0LXCM3EIMbgJ", "correct horse", "https://u:p@host", "9w8Zr1LmX0"]
)
def test_no_code(text: str) -> None:
    assert not looks.code(text)


def test_a_password_may_be_the_word_password() -> None:
    """Between the colon and the `@` of a URL even `password` is one; a template is not."""
    assert not looks.template("password")
    assert looks.template("${PW}")


@pytest.mark.parametrize(
    "hostile", ["your_" + "a" * 4000 + "1", "a." * 2000 + "1", "_" * 4000, "x-" * 2000, "{" * 4000]
)
def test_long_values_are_judged_at_once(hostile: str) -> None:
    """An exponential expression would not come back within the time limit of a test."""
    looks.filled_in(hostile)
    looks.code(hostile)
    looks.readable(hostile)
    looks.numbered_words(hostile)


def test_entropy_of_nothing_is_zero() -> None:
    assert looks.entropy("") == 0.0


@pytest.mark.parametrize("text", ["anlxnblkmoxwrq", "qZwXpTbKLmNvRsWq"])
def test_letters_in_no_order_of_words_are_jumbled(text: str) -> None:
    assert looks.jumbled(text)


@pytest.mark.parametrize("text", ["xmlhttprequest", "HwValidateGfxState", "kubernetes", "anlxnblkmoxwr7"])
def test_words_and_values_with_digits_are_not_jumbled(text: str) -> None:
    assert not looks.jumbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "Das Passwort ist falsch",
        "Votre mot de passe",
        "Restablecer contraseña",
        "请输入密码",
        "パスワードを入力",
    ],
)
def test_a_message_in_another_language_is_a_sentence(text: str) -> None:
    assert looks.sentence(text)


@pytest.mark.parametrize(
    "text", ["cart-user-token-5o0gd", "ssh-ed25519", "dsa-with-sha1", "kube-proxy-7d9f8b6c54-x2v9q"]
)
def test_words_with_a_machines_mark_are_readable(text: str) -> None:
    assert looks.readable(text)
