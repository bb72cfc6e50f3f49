from pathlib import Path

import pytest

import scrubrelay.config.build as build_module
from scrubrelay.config.build import build, library_of, packs_of, redactor_of
from scrubrelay.config.cache import Cache
from scrubrelay.config.load import load
from scrubrelay.config.settings import RedactionSettings
from scrubrelay.core.errors import ConfigError, Forbidden
from scrubrelay.core.redaction.detectors.finders import compiled
from scrubrelay.core.redaction.redactor import Redactor
from tests.helpers.compiled import KEPT, lend

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
THERE = "aaaabbbbccccddddaaaabbbbccccdddd"
ELSEWHERE = "11112222333344441111222233334444"


def clear_memory() -> None:
    """As a new process: what was compiled is forgotten."""
    build_module._compiled.cache_clear()


@pytest.fixture
def cache(tmp_path):
    """A folder with what earlier tests have compiled."""
    lend(tmp_path / "kept")
    return Cache(tmp_path / "kept")


@pytest.fixture
def projects(tmp_path):
    """Build the projects of a configuration."""

    def make(text: str, **environ: str):
        path = tmp_path / "scrubrelay.toml"
        path.write_text(text)
        return build(load(path, environ))

    return make


def listed(number: int, key: str, *upstreams: str) -> str:
    dsns = ", ".join(f'"{one}"' for one in upstreams)
    return f'[[project]]\nid = {number}\nkey = "{key}"\nupstreams = [{dsns}]\n'


def test_with_an_upstream_url_every_key_and_project_go_there(projects):
    (target,) = projects("", SCRUBRELAY_UPSTREAM_URL="https://s.example/sentry").find(KEY, 7).targets
    assert target.url == "https://s.example/sentry/api/7/envelope/"
    assert (target.key, target.project_id) == (KEY, 7)


def test_with_an_upstream_dsn_everything_goes_to_it(projects):
    made = projects("", SCRUBRELAY_UPSTREAM_DSN=f"https://{THERE}@s.example/5")
    (target,) = made.find(KEY, 7).targets
    assert (target.url, target.key) == ("https://s.example/api/5/envelope/", THERE)
    assert target.keys[KEY] == THERE


def test_without_an_upstream_everything_is_kept(projects):
    assert projects("").find(KEY, 7).targets == ()
    assert not projects("").forwards


def test_only_listed_projects_are_accepted(projects):
    made = projects(listed(1, KEY))
    assert made.find(KEY, 1).id == 1
    with pytest.raises(Forbidden):
        made.find(OTHER, 1)


def test_a_project_fans_out_with_its_dsns_translated(projects):
    text = listed(1, KEY, f"https://{THERE}@s.example/5", f"https://{ELSEWHERE}@b.example/x/6")
    targets = projects(text).find(KEY, 1).targets
    assert [target.url for target in targets] == [
        "https://s.example/api/5/envelope/",
        "https://b.example/x/api/6/envelope/",
    ]
    assert [target.key for target in targets] == [THERE, ELSEWHERE]
    assert len({target.name for target in targets}) == 2


def test_a_trace_that_began_in_another_project_is_translated_for_the_same_server(projects):
    text = listed(1, KEY, f"https://{THERE}@s.example/5", f"https://{THERE}@b.example/5")
    made = projects(text + listed(2, OTHER, f"https://{ELSEWHERE}@s.example/6"))
    same, different = made.find(KEY, 1).targets
    assert dict(same.keys) == {KEY: THERE, OTHER: ELSEWHERE}
    assert dict(different.keys) == {KEY: THERE}


def test_a_project_without_upstreams_goes_to_the_common_one(projects):
    made = projects(listed(1, KEY), SCRUBRELAY_UPSTREAM_URL="https://s.example")
    assert [target.url for target in made.find(KEY, 1).targets] == ["https://s.example/api/1/envelope/"]


def test_the_encoding_of_a_destination_wins(projects):
    text = f'[upstream]\nencoding = "identity"\n[[project]]\nid = 1\nkey = "{KEY}"\nupstreams = ['
    text += f'"https://{THERE}@s.example/5", {{dsn = "https://{THERE}@b.example/5", encoding = "zstd"}}]'
    targets = projects(text).find(KEY, 1).targets
    assert [target.encoding for target in targets] == ["identity", "zstd"]


def test_the_secret_of_a_dsn_is_not_in_its_target(projects):
    text = listed(1, KEY, f"https://{THERE}:0badc0de@s.example/5")
    assert "0badc0de" not in repr(projects(text).find(KEY, 1).targets)


def test_each_project_scrubs_by_its_own_rules(projects):
    text = listed(1, KEY) + '[project.redaction]\naction = "remove"\n' + listed(2, OTHER)
    made = projects(text)
    texts = [made.find(key, None).redactor.text("to jane@example.com")[0] for key in (KEY, OTHER)]
    assert texts == ["to ", "to [email]"]


def test_limits_are_those_of_the_settings(projects):
    limits = projects('[limits]\nmax_body = "1KiB"\nmax_items = 7\n').limits
    assert (limits.max_body_bytes, limits.max_items) == (1024, 7)


def test_mistakes_of_all_projects_are_told_at_once(projects):
    text = (
        '[redaction]\npacks = ["defalt"]\n' + listed(1, KEY) + '[project.redaction]\ndisable = ["nothing"]\n'
    )
    with pytest.raises(ConfigError) as caught:
        projects(text)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "[redaction] packs",
        "[[project]] number 1 redaction packs",
        "[[project]] number 1 redaction disable",
    ]


def test_libraries_of_the_same_patterns_are_one():
    one, other = (library_of(RedactionSettings(action=action), Cache(KEPT)) for action in ("replace", "mask"))
    assert one is other


@pytest.mark.parametrize(
    "name", ["default", "strict", "secrets-only", "gdpr", "pci", "hipaa", "payment", "payment.card"]
)
def test_a_set_switches_some_patterns_on(name):
    on = library_of(RedactionSettings(packs=(name,)), Cache(KEPT)).patterns
    assert 0 < len(on) <= sum(len(pack.patterns) for pack in packs_of(RedactionSettings()))


def test_compiled_patterns_are_kept_for_the_next_start(tmp_path):
    few = RedactionSettings(packs=("payment.card", "payment.iban"))
    clear_memory()
    assert library_of(few, Cache(tmp_path)).compiled()
    clear_memory()
    assert not library_of(few, Cache(tmp_path)).compiled()


def own_file(path: Path, *words: str) -> RedactionSettings:
    """Return a configuration with a pattern file of one pattern a word."""
    lines = (
        f"[[pattern]]\nid = 'shop.{word}'\nlabel = '[{word}]'\nmatch = '{word}-[0-9]+'\n" for word in words
    )
    path.write_text("".join(lines))
    return RedactionSettings(pattern_files=(str(path),))


def test_a_pattern_of_ones_own_compiles_nothing_else_anew(tmp_path, cache):
    """Neither the first, nor one more, nor a library without one of ours, but for its own group."""
    clear_memory()
    library_of(RedactionSettings(), cache)
    first, more = (own_file(tmp_path / "shop.toml", *names) for names in (("cus",), ("ord", "cus")))
    for redaction in (first, more):
        own_file(tmp_path / "shop.toml", *(("cus",) if redaction is first else ("ord", "cus")))
        clear_memory()
        library = library_of(redaction.model_copy(), cache)
        assert len(library.compiled()) == 1
        assert Redactor(library).text("4111 1111 1111 1111, cus-17")[0] == "[card], [cus]"


def test_groups_that_were_kept_point_at_the_same_patterns_wherever_these_stand_now(cache):
    """Compiled for one library, used in others: each finds what it finds without the engine."""
    for disabled in ((), ("payment",), ("contact.email", "jwt")):
        clear_memory()
        library = library_of(RedactionSettings(disable=disabled), cache)
        texts = [example.text for one in library.patterns for example in one.examples if not one.is_key]
        for text, pointed in zip(texts[::5], library.prefilter.of_each(texts[::5]), strict=True):
            missing = [
                rule.pattern.id
                for rule in library.rules
                if rule.index not in pointed and any(rule.regex.finditer(text)) and near(rule, text)
            ]
            assert not missing, disabled


def near(rule, text: str) -> bool:
    return not rule.keywords or any(word in text.lower() for word in rule.keywords)


def test_a_damaged_cache_is_ignored_and_rewritten(tmp_path):
    few = RedactionSettings(packs=("payment.card",))
    clear_memory()
    library_of(few, Cache(tmp_path))
    good = {kept: kept.read_bytes() for kept in tmp_path.iterdir()}
    for kept, content in good.items():
        kept.write_bytes(content[:-1])
    clear_memory()
    library = library_of(few, Cache(tmp_path))
    assert Redactor(library).text("card 4111 1111 1111 1111")[0] == "card [card]"
    assert {kept: kept.read_bytes() for kept in tmp_path.iterdir()} == good


def test_a_group_is_not_taken_for_another(tmp_path):
    """A whole file under a wrong name: what it holds knows what it is for."""
    few = RedactionSettings(packs=("payment.card", "contact.email"))
    clear_memory()
    library_of(few, Cache(tmp_path))
    one, other, *_ = tmp_path.iterdir()
    other.write_bytes(one.read_bytes())
    clear_memory()
    library = library_of(few, Cache(tmp_path))
    assert len(library.compiled()) == 1
    assert Redactor(library).text("4111 1111 1111 1111 a@b.cd")[0] == "[card] [email]"


def test_what_other_code_has_compiled_is_compiled_again(tmp_path, monkeypatch):
    few = RedactionSettings(packs=("payment.card",))
    clear_memory()
    library_of(few, Cache(tmp_path))
    clear_memory()
    monkeypatch.setattr(build_module, "compiled_by", lambda: "-others")
    assert library_of(few, Cache(tmp_path)).compiled()


def test_a_second_start_compiles_no_expression(cache):
    """Neither for the engine nor for `regex`: each is compiled when an event asks for it."""
    clear_memory()
    library_of(RedactionSettings(), cache)
    clear_memory()
    compiled.cache_clear()
    library = library_of(RedactionSettings(), cache)
    assert (library.compiled(), compiled.cache_info().currsize) == ({}, 0)


def test_a_disabled_pattern_is_off():
    off = RedactionSettings(disable=("payment.card",))
    assert "payment.card" not in {pattern.id for pattern in library_of(off, Cache(KEPT)).patterns}


def test_the_packs_of_the_checkout_are_found():
    names = {path.stem for path in (Path(__file__).parents[2] / "patterns").glob("*.toml")}
    assert {pack.name for pack in packs_of(RedactionSettings())} == names


def test_a_users_pack_may_not_take_the_name_or_id_of_ours(tmp_path):
    ours = Path(__file__).parents[2] / "patterns" / "payment.toml"
    (tmp_path / "payment.toml").write_text(ours.read_text())
    with pytest.raises(ConfigError, match="comes with the relay"):
        packs_of(RedactionSettings(pattern_files=(str(tmp_path / "*.toml"),)))


RULE = "[[pattern]]\nid = 'shop.one'\nlabel = '[one]'\nmatch = 'ONE-[0-9]'\n"


def test_two_files_of_one_name_and_one_id_are_told_apart(tmp_path):
    for folder, text in (("a", RULE), ("b", RULE)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shop.toml").write_text(text)
    (tmp_path / "a" / "mail.toml").write_text(RULE.replace("shop.one", "contact.email"))
    with pytest.raises(ConfigError) as caught:
        packs_of(RedactionSettings(pattern_files=(str(tmp_path / "a"), str(tmp_path / "b"))))
    told = " ".join(caught.value.problems)
    assert "shop.toml: expected another name: another pattern file is called so" in told
    assert "mail.toml: pattern contact.email: id: also used by patterns/contact.toml" in told


def test_unreadable_pattern_files_are_all_told(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff")
    (tmp_path / "b.toml").write_text("[[pattern]\n")
    with pytest.raises(ConfigError) as caught:
        packs_of(RedactionSettings(pattern_files=(str(tmp_path / "*.toml"), "nowhere/*.toml")))
    assert len(caught.value.problems) == 3


def test_the_redactor_of_the_command_line_follows_the_common_settings(tmp_path):
    settings = load(None, {"SCRUBRELAY_REDACTION__ACTION": "mask"})
    assert redactor_of(settings).text("jane@example.com")[0] == "*" * 16
