from pathlib import Path

import pytest

from scrubrelay.config.load import load, read
from scrubrelay.core.errors import ConfigError

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
DSN = f"https://{KEY}@sentry.example.com/5"


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Write a configuration file and return its path; the test runs in an empty folder beside it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    def write(text: str) -> Path:
        path = tmp_path / "relay.toml"
        path.write_text(text)
        return path

    return write


def problems(path, **environ) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ)
    return [problem.replace(str(path), "FILE") for problem in caught.value.problems]


def test_no_file_is_all_defaults(config):
    settings = load(None, {})
    assert str(settings.server.listen) == "127.0.0.1:3000"
    assert settings.store.path == Path("scrubrelay-data/scrubrelay.db")
    assert settings.inspect_mode


def test_the_file_beside_the_process_is_found(config):
    Path("scrubrelay.toml").write_text("[server]\nworkers = 3\n")
    assert load(None, {}).server.workers == 3


def test_the_file_of_the_environment_is_found(config):
    path = config("[server]\nworkers = 3\n")
    assert load(None, {"SCRUBRELAY_CONFIG": str(path)}).server.workers == 3


def test_a_named_file_must_exist(config):
    assert problems(Path("nowhere.toml")) == ["FILE: cannot be read: No such file or directory"]


def test_the_environment_wins_over_the_file(config):
    path = config('[server]\nworkers = 3\nlisten = "127.0.0.1:1"\n')
    settings = load(path, {"SCRUBRELAY_SERVER__WORKERS": "2"})
    assert (settings.server.workers, settings.server.listen.port) == (2, 1)


@pytest.mark.parametrize(
    ("environ", "listen"),
    [
        ({"PORT": "8080"}, "0.0.0.0:8080"),
        ({"PORT": "8080", "SCRUBRELAY_LISTEN": "127.0.0.1:1"}, "127.0.0.1:1"),
        ({"PORT": "8080", "SCRUBRELAY_SERVER__LISTEN": "127.0.0.1:2"}, "127.0.0.1:2"),
        ({"SCRUBRELAY_LISTEN": "127.0.0.1:1", "SCRUBRELAY_SERVER__LISTEN": "127.0.0.1:2"}, "127.0.0.1:2"),
        ({"SCRUBRELAY_LISTEN": ""}, "127.0.0.1:3000"),
    ],
)
def test_where_to_listen(config, environ, listen):
    assert str(load(None, environ).server.listen) == listen


def test_every_short_variable(config):
    environ = {
        "SCRUBRELAY_DATA_DIR": "/var/lib/x",
        "SCRUBRELAY_UPSTREAM_URL": "https://sentry.example.com/",
        "SCRUBRELAY_ADMIN_TOKEN": "hunter2" * 3,
    }
    settings = load(None, environ)
    assert settings.store.path == Path("/var/lib/x/scrubrelay.db")
    assert settings.upstream.url == "https://sentry.example.com"
    assert settings.admin.token.get_secret_value() == "hunter2" * 3


def test_an_upstream_of_the_environment_replaces_the_other_kind_of_the_file(config):
    settings = load(config(f'[upstream]\ndsn = "{DSN}"\n'), {"SCRUBRELAY_UPSTREAM_URL": "https://a.example"})
    assert (settings.upstream.url, settings.upstream.dsn) == ("https://a.example", None)


@pytest.mark.parametrize("text", ["default, gdpr", '["default", "gdpr"]'])
def test_a_list_in_a_variable(config, text):
    assert load(None, {"SCRUBRELAY_REDACTION__PACKS": text}).redaction.packs == ("default", "gdpr")


def test_a_table_in_a_variable(config):
    settings = load(None, {"SCRUBRELAY_REDACTION__ACTIONS": '{"payment.card" = "partial"}'})
    assert settings.redaction.actions == {"payment.card": "partial"}


def test_a_project_in_variables(config):
    environ = {"SCRUBRELAY_PROJECT__0__ID": "4", "SCRUBRELAY_PROJECT__0__KEY": KEY}
    settings = load(None, {**environ, "SCRUBRELAY_PROJECT__0__UPSTREAMS": DSN})
    assert (settings.project[0].id, str(settings.project[0].upstreams[0].dsn)) == (4, DSN)


def test_projects_in_variables_have_no_gap(config):
    found = problems(None, SCRUBRELAY_PROJECT__1__ID="4")
    assert found == [
        (
            "SCRUBRELAY_PROJECT__1__ID: [[project]] number 2, id: "
            "expected a table there; numbers start at 0 and have no gap"
        )
    ]


def test_what_kubernetes_and_other_programs_set_is_not_ours(config):
    foreign = (
        "SCRUBRELAY_SERVICE_HOST",
        "SCRUBRELAY_SERVICE_PORT_HTTP",
        "SCRUBRELAY_PORT_3000_TCP_ADDR",
        "HOME",
    )
    assert load(None, dict.fromkeys(foreign, "10.0.0.1")).server.workers == 1


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("SCRUBRELAY_LISTN", "SCRUBRELAY_LISTEN"),
        ("SCRUBRELAY_SERVER__WORKRES", "SCRUBRELAY_SERVER__WORKERS"),
        ("SCRUBRELAY_UPSTREAM__DNS", "SCRUBRELAY_UPSTREAM__DSN"),
    ],
)
def test_an_unknown_variable_has_a_nearest_name(config, name, near):
    assert problems(None, **{name: "x"}) == [f'{name}: unknown environment variable, did you mean "{near}"?']


def test_references_are_filled_in(config, tmp_path):
    (tmp_path / "token").write_text("hunter2\n")
    path = config('[admin]\ntoken = "a-${NAME}-${file:token}-$${NAME}"\n[server]\nworkers = "${N}"\n')
    settings = load(path, {"NAME": "b\n", "N": "2"})
    assert settings.admin.token.get_secret_value() == "a-b-hunter2-${NAME}"
    assert settings.server.workers == 2


def test_a_reference_in_a_variable(config, tmp_path):
    (tmp_path / "token").write_text("hunter2hunter2hunter2\r\n")
    settings = load(None, {"SCRUBRELAY_ADMIN_TOKEN": f"${{file:{tmp_path}/token}}"})
    assert settings.admin.token.get_secret_value() == "hunter2" * 3


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("${NAME}", "${NAME} names an environment variable that is not set"),
        ("${file:/nowhere}", "${file:/nowhere} cannot be read: No such file or directory"),
        ("${a b}", "expected ${NAME} with the name of an environment variable, or ${file:/path}"),
    ],
)
def test_a_reference_to_nothing(config, reference, what):
    path = config(f'[server]\nlisten = "{reference}"\n')
    assert problems(path) == [f"FILE: [server] listen: {what}"]


def test_what_a_reference_brought_is_not_repeated(config):
    path = config('[server]\nlisten = "${TOKEN}"\nworkers = "${TOKEN}"\n[store]\ndurability = "${TOKEN}"\n')
    found = problems(path, TOKEN="hunter2")
    assert len(found) == 3
    assert "hunter2" not in "".join(found)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[server]\nworkers = = 2\n", "line 2, column 11"),
        ("[server\n", "line 1, column 8"),
        ("a = 1\na = 2\n", "line 2"),
    ],
)
def test_a_syntax_error_has_its_place(config, text, where):
    assert problems(config(text))[0].startswith(f"FILE: {where}")


def test_a_file_that_is_no_text(config, tmp_path):
    path = config("")
    path.write_bytes(b"a = '\xff'")
    assert problems(path) == ["FILE: byte 5 is not UTF-8 text"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[servr]\n", '[servr]: unknown table, did you mean "server"?'),
        ("[server]\nlistn = 1\n", '[server] listn: unknown key, did you mean "listen"?'),
        ("[redaction]\nworkers = 1\n", "[redaction] workers: unknown key, did you mean [server] workers?"),
        (
            "[server]\nlisten = 3000\n",
            '[server] listen: expected an address such as "127.0.0.1:3000", got 3000',
        ),
        ("server = 1\n", "[server]: expected a table"),
        ("[project]\nid = 1\n", "[[project]]: expected [[project]] tables"),
        ("project = [1]\n", "[[project]] number 1: expected a table"),
        ("[limits]\nmax_items = 501\n", "[limits] max_items: expected 500 or less, got 501"),
        ("[limits]\nmax_items = 1.5\n", "[limits] max_items: expected a whole number, got 1.5"),
        ('[redaction]\nbudget = "0ms"\n', '[redaction] budget: expected more than 0, got "0ms"'),
        ("[redaction]\npacks = 1\n", "[redaction] packs: expected a list"),
        ("[redaction]\nhash_key = 1\n", "[redaction] hash_key: expected text"),
        ('[redaction]\naction = "hash"\n', '[redaction] hash_key: is missing, the action "hash" needs one'),
        ("[[project]]\nid = 1\n", "[[project]] number 1, key: is missing"),
        (
            '[store]\ndurability = "fsnc"\n',
            '[store] durability: expected "fsync" or "os", got "fsnc", did you mean "fsync"?',
        ),
        (
            '[redaction.actions]\n"payment.card" = "shred"\n',
            (
                "[redaction] actions payment.card: "
                'expected "replace", "mask", "hash", "partial" or "remove", got "shred"'
            ),
        ),
        (
            f'[upstream]\nurl = "https://sentry.example.com"\ndsn = "{DSN}"\n',
            "[upstream] dsn: expected either url or dsn, not both",
        ),
        (
            '[admin]\ntoken = "abcdabcdabcdabcd"\ntokens = [{name = "admin", token = "bcdabcdabcdabcda"}]\n',
            '[admin] tokens number 1, name: another token is called "admin" too',
        ),
        (
            '[[admin.tokens]]\nname = "a"\ntoken = "aaaabbbbccccdddd"\nscope = "writ"\n',
            '[admin] tokens number 1, scope: expected "read" or "write", got "writ", did you mean "write"?',
        ),
        (
            '[[admin.tokens]]\nname = "a"\ntoken = "short"\n',
            "[admin] tokens number 1, token: expected 16 characters or more",
        ),
        ('[admin]\ntoken = "hunter2"\n', "[admin] token: expected 16 characters or more"),
        (
            '[admin]\ntoken = " hunter2 hunter2 hunter2"\n',
            "[admin] token: expected ASCII letters, digits and signs without a space",
        ),
        (
            '[admin]\ntoken = "h\u00fcnter2-hunter2-hunter2"\n',
            "[admin] token: expected ASCII letters, digits and signs without a space",
        ),
        (
            '[admin]\nlisten = "127.0.0.1:3000"\n',
            "[admin] listen: expected another address than [server] listen, 127.0.0.1:3000",
        ),
    ],
)
def test_a_mistake_in_the_file(config, text, problem):
    assert problems(config(text)) == [f"FILE: {problem}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"])
def test_the_relay_is_not_its_own_upstream(config, host):
    found = problems(config('[server]\nlisten = ":3000"\n'), SCRUBRELAY_UPSTREAM_URL=f"http://{host}:3000")
    assert found == [
        "SCRUBRELAY_UPSTREAM_URL: [upstream] url: expected another server: this is the relay's own address"
    ]


def test_another_port_of_this_machine_is_another_server(config):
    assert (
        load(None, {"SCRUBRELAY_UPSTREAM_URL": "http://localhost:9000"}).upstream.url
        == "http://localhost:9000"
    )


def test_two_projects_with_the_same_key(config):
    projects = "".join(f'[[project]]\nid = {number}\nkey = "{KEY}"\n' for number in (1, "'x'", 3))
    found = problems(config(projects))
    assert "FILE: [[project]] number 2, key: the same key as [[project]] number 1" in found
    assert "FILE: [[project]] number 3, key: the same key as [[project]] number 1" in found


def test_a_mistake_names_the_variable_that_made_it(config):
    found = problems(config("[server]\nworkers = 2\n"), SCRUBRELAY_SERVER__WORKERS="many")
    assert found == [
        (
            "SCRUBRELAY_SERVER__WORKERS: [server] workers: "
            'expected a number of processes from 1 to 256, or "auto", got "many"'
        )
    ]


def test_all_mistakes_are_told_at_once(config):
    path = config('[servr]\n[server]\nlistn = 1\n[admin]\ntoken = "${NAME}"\n[[project]]\nid = 0\n')
    found = problems(path, SCRUBRELAY_LISTN="x", SCRUBRELAY_STORE__MAX_AGE="x", PORT="x")
    assert len(found) == 8


def test_a_syntax_error_does_not_hide_the_environment(config):
    assert len(problems(config("[server\n"), SCRUBRELAY_LISTN="x")) == 2


@pytest.mark.parametrize(
    "text", ["server = 1\n", "project = 1\n", "[[server]]\n", "[project]\n", "redaction = [1]\n"]
)
def test_a_variable_beside_a_wrong_value_of_the_file(config, text):
    environ = {
        "SCRUBRELAY_SERVER__WORKERS": "2",
        "SCRUBRELAY_PROJECT__0__ID": "1",
        "SCRUBRELAY_REDACTION__PACKS": "x",
    }
    assert problems(config(text), **environ)


def test_paths_of_the_file_are_relative_to_it(config, tmp_path):
    path = config(
        '[store]\nurl = "sqlite:///data/x.db"\n[redaction]\npattern_files = ["rules/*.toml", "/abs.toml"]\n'
    )
    settings = load(path, {})
    assert settings.store.data_dir == tmp_path / "data"
    assert settings.redaction.pattern_files == (f"{tmp_path}/rules/*.toml", "/abs.toml")


def test_each_value_knows_where_it_came_from(config):
    path = config('[server]\nworkers = 2\nshutdown_timeout = "1s"\n')
    loaded = read(path, {"SCRUBRELAY_SERVER__WORKERS": "3"})
    keys = ("workers", "shutdown_timeout", "listen")
    origins = [loaded.origin(("server", key)) for key in keys]
    assert origins == ["SCRUBRELAY_SERVER__WORKERS", str(path), "default"]


def test_a_project_changes_only_what_it_says(config):
    path = config(
        f'[redaction]\nopaque = "forward"\naction = "mask"\n[[project]]\nid = 1\nkey = "{KEY}"\n'
        f'[project.redaction]\naction = "remove"\n[[project]]\nid = 2\nkey = "{OTHER}"\n'
    )
    settings = load(path, {})
    actions = [
        (settings.redaction_of(one).action, settings.redaction_of(one).opaque) for one in settings.project
    ]
    assert actions == [("remove", "forward"), ("mask", "forward")]


def test_no_secret_in_the_text_of_the_settings(config):
    settings = load(
        None, {"SCRUBRELAY_ADMIN_TOKEN": "hunter2" * 3, "SCRUBRELAY_REDACTION__HASH_KEY": "hunter2" * 3}
    )
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump(mode='json')}"


def test_files_of_secrets_that_everybody_can_read_are_warned_of(config, tmp_path):
    path = config('[admin]\ntoken = "${file:token}"\n')
    (tmp_path / "token").write_text("hunter2hunter2hunter2")
    told = []
    for mode in (0o600, 0o640, 0o644, 0o666):
        (tmp_path / "token").chmod(mode)
        told.append(
            [one.partition("everybody on this machine can ")[2][:4] for one in read(path, {}).exposed()]
        )
    assert told == [[], [], ["read"], ["chan"]]
