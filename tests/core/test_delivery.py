import pytest

from scrubrelay.core.delivery import Refused, Retry, Sent, Target, address, backoff, common, judge
from scrubrelay.core.wire.envelope import decode
from scrubrelay.core.wire.ratelimits import RateLimit, RateLimits

NOW = 1_800_000_000.0
OURS, THEIRS, UNKNOWN = "a" * 32, "b" * 32, "c" * 32
TARGET = Target("up", "https://o1.example.com/base/api/7/envelope/", THEIRS, 7, keys={OURS: THEIRS})
REST = b'{"type":"event","length":2}\n{}\n'


def kind(reply: object) -> type:
    return type(reply)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_sent(status: int) -> None:
    assert judge(status, {}, NOW) == Sent()


@pytest.mark.parametrize("status", [None, 502, 503, 504])
def test_no_answer_or_a_gateways_answer_is_tried_again(status: int | None) -> None:
    assert judge(status, {}, NOW) == Retry()


@pytest.mark.parametrize("status", [100, 301, 307, 400, 401, 403, 404, 408, 413, 415, 500, 501, 507])
def test_every_other_answer_is_a_refusal(status: int) -> None:
    assert judge(status, {}, NOW) == Refused(status)


def test_a_429_without_headers_is_a_minute_of_silence_for_everything() -> None:
    reply = judge(429, {}, NOW)
    assert isinstance(reply, Retry)
    assert reply.limits.limited("error", NOW) == 60


def test_limits_are_heard_on_a_200_too() -> None:
    reply = judge(200, {"X-Sentry-Rate-Limits": "30:transaction:key"}, NOW)
    assert isinstance(reply, Sent)
    assert (reply.limits.limited("transaction", NOW), reply.limits.limited("error", NOW)) == (30, 0)


@pytest.mark.parametrize(
    ("asked", "after"),
    [("7", 7.0), (" 7 ", 7.0), ("86400", 300.0), ("-1", None), ("soon", None), ("²", None)],
)
def test_a_503_may_ask_for_a_delay_within_reason(asked: str, after: float | None) -> None:
    assert judge(503, {"retry-after": asked}, NOW) == Retry(after)


def test_back_off_doubles_up_to_a_minute_and_is_never_nothing() -> None:
    longest = [backoff(attempt, 0.999999) for attempt in range(1, 12)]
    assert [round(seconds) for seconds in longest[:6]] == [2, 4, 8, 16, 32, 60]
    assert max(longest) <= 60
    assert backoff(10**9, 0.0) > 0


def test_the_dsn_of_a_target_is_what_an_app_would_paste() -> None:
    assert TARGET.dsn == f"https://{THEIRS}@o1.example.com/base/7"


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("{}", {}),
        ('{"dsn":"https://x@y.invalid/1"}', {"dsn": TARGET.dsn}),
        (f'{{"trace":{{"public_key":"{OURS}","x":"1"}}}}', {"trace": {"public_key": THEIRS, "x": "1"}}),
        (f'{{"trace":{{"public_key":"{UNKNOWN}"}}}}', {"trace": {"public_key": UNKNOWN}}),
        ('{"trace":{"public_key":["odd"]}}', {"trace": {"public_key": ["odd"]}}),
        ('{"trace":null,"custom":[1]}', {"trace": None, "custom": [1]}),
        ('{"sent_at":"2026-11-24T10:00:00Z"}', {"sent_at": "2026-11-24T10:00:00Z"}),
    ],
)
def test_only_what_names_our_side_is_translated(header: str, sent: dict[str, object]) -> None:
    out = address(f"{header}\n".encode() + REST, TARGET, 1.0)
    assert decode(out).headers == sent
    assert out.endswith(b"\n" + REST)


@pytest.mark.parametrize("header", ["{}", '{ "event_id" : "0" }', '{"custom":1e22}', "not JSON"])
def test_a_header_that_needs_no_change_goes_out_byte_for_byte(header: str) -> None:
    clean = f"{header}\n".encode() + REST
    assert address(clean, TARGET, 3600.0) == clean


@pytest.mark.parametrize(
    ("sent_at", "shifted"),
    [
        ("2026-11-24T10:00:00Z", "2026-11-24T11:00:00.000000Z"),
        ("2026-11-24T10:00:00.250Z", "2026-11-24T11:00:00.250000Z"),
        ("2026-11-24T12:00:00+02:00", "2026-11-24T11:00:00.000000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("yesterday", "yesterday"),
        (1795514400, 1795514400),
    ],
)
def test_sent_at_moves_by_the_time_waited(sent_at: object, shifted: object) -> None:
    header = f'{{"sent_at":{sent_at if isinstance(sent_at, int) else chr(34) + str(sent_at) + chr(34)}}}\n'
    assert decode(address(header.encode() + REST, TARGET, 3600.0)).headers["sent_at"] == shifted


def limits(**seconds: float) -> RateLimits:
    return RateLimits(
        tuple(RateLimit(frozenset({name} - {"all"}), NOW + left) for name, left in seconds.items())
    )


@pytest.mark.parametrize(
    ("of_each", "error", "session"),
    [
        ([limits(error=60)], 60, 0),
        ([limits(error=60), limits(error=30)], 30, 0),
        ([limits(error=60), limits(session=30)], 0, 0),
        ([limits(error=60), limits(all=30)], 30, 0),
        ([limits(all=60), limits(all=30)], 30, 30),
        ([limits(error=60), RateLimits()], 0, 0),
        ([limits(error=-1), limits(error=30)], 0, 0),
        ([], 0, 0),
    ],
)
def test_common_limits_are_those_of_all_targets(of_each: list[RateLimits], error: int, session: int) -> None:
    shared = common(of_each, NOW)
    assert (shared.limited("error", NOW), shared.limited("session", NOW)) == (error, session)
