"""Events of every platform as their SDKs write them, and what each is grouped by, spelled out by hand."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from hashlib import md5
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """An event, and the texts that its hashes are of: of the app's frames, of all frames."""

    name: str
    platform: str
    event: Event
    texts: Sequence[Sequence[str]]

    @property
    def hashes(self) -> set[str]:
        return {md5("".join(texts).encode()).hexdigest() for texts in self.texts}


def frame(
    function: str, *, file: str = "", module: str = "", line: str = "", at: int = 7, **more: Any
) -> Event:
    """One frame; what is empty is left out, as SDKs do."""
    given = {
        "function": function,
        "filename": file,
        "module": module,
        "context_line": line,
        "lineno": at,
        **more,
    }
    return {key: value for key, value in given.items() if value != ""}


def failure(kind: str, value: str, *frames: Event, **more: Any) -> Event:
    """One exception."""
    return {"type": kind, "value": value, **({"stacktrace": {"frames": [*frames]}} if frames else {}), **more}


def event(platform: str, *failures: Event, **more: Any) -> Event:
    """One event."""
    return {
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
        "timestamp": "2026-11-24T04:00:00Z",
        "platform": platform,
        "release": "shop@1.4.2",
        "exception": {"values": [*failures]},
        **more,
    }


_PYTHON = event(
    "python",
    failure(
        "ValueError",
        "no such cart: 1881",
        frame(
            "get_response",
            file="django/core/handlers/base.py",
            module="django.core.handlers.base",
            line="    response = wrapped(request)",
            abs_path="/srv/venv/lib/site-packages/django/core/handlers/base.py",
            in_app=True,
        ),
        frame(
            "checkout",
            file="shop/views.py",
            module="shop.views",
            line="\tcart = find(\t key )",
            abs_path="/srv/app/shop/views.py",
            in_app=True,
        ),
        frame(
            "find",
            file="shop/carts.py",
            module="shop.carts",
            line="    raise ValueError(key)",
            abs_path="/srv/app/shop/carts.py",
            in_app=True,
        ),
    ),
)
_JAVASCRIPT = event(
    "javascript",
    failure(
        "TypeError",
        "undefined is not a function",
        frame(
            "Object.render", file="/static/app.js", abs_path="https://shop.example/static/app.js", in_app=True
        ),
        frame("?", file="/static/app.js", abs_path="https://shop.example/static/app.js", in_app=True),
        frame(
            "Cart.total", file="/static/cart.js", abs_path="https://shop.example/static/cart.js", in_app=True
        ),
        frame("forEach", file="[native code]", abs_path="[native code]", in_app=False),
    ),
)
_WEBPACK = event(
    "javascript",
    failure(
        "RangeError",
        "out of stock",
        frame(
            "e.onClick",
            file="./src/cart.tsx",
            abs_path="webpack:///./src/cart.tsx",
            module="src/cart",
            line="  order(item);",
            in_app=True,
            data={"sourcemap": "https://shop.example/app.js.map"},
        ),
        frame(
            "dispatch",
            file="./node_modules/redux/lib/redux.js",
            abs_path="webpack:///./node_modules/redux/lib/redux.js",
            module="redux/lib/redux",
            line="return next(action)",
            in_app=True,
            data={"sourcemap": "https://shop.example/app.js.map"},
        ),
    ),
)
_NODE = event(
    "node",
    failure(
        "Error",
        "ECONNREFUSED",
        frame(
            "process.processTicksAndRejections",
            file="node:internal/process/task_queues",
            module="task_queues",
            in_app=False,
        ),
        frame(
            "processTicksAndRejections",
            file="node:internal/process/task_queues",
            module="task_queues",
            in_app=False,
        ),
        frame(
            "Server.handle",
            file="/app/server.js",
            module="server",
            line="await this.pay(order);",
            in_app=True,
        ),
        frame(
            "next",
            file="/app/node_modules/express/lib/router.js",
            module="express.lib:router",
            line="layer.handle(req, res, next);",
            in_app=True,
        ),
    ),
)
_RUBY = event(
    "ruby",
    failure(
        "NoMethodError",
        "undefined method `total' for nil",
        frame(
            "block (2 levels) in checkout",
            file="app/models/Cart.rb",
            line="  items.each do |one|",
            in_app=True,
        ),
        frame(
            "_app_views_carts_show_html_erb__3512389_70132420",
            file="app/views/carts/show.html.erb",
            line="<%= cart.total %>",
            in_app=True,
        ),
    ),
)
_PHP = event(
    "php",
    failure(
        "RuntimeException",
        "no stock",
        frame(
            "Illuminate\\Pipeline\\Pipeline::handle",
            file="/vendor/laravel/framework/Pipeline.php",
            abs_path="/var/www/vendor/laravel/framework/Pipeline.php",
            line="return $next($request);",
            in_app=True,
        ),
        frame(
            "class@anonymous\0/var/www/app/Jobs.php:31$0::run",
            file="/app/Jobs.php",
            abs_path="/var/www/app/Jobs.php",
            line="$job->run();",
            in_app=True,
        ),
        frame(
            "App\\Stock::take",
            file="/app/Stock.php",
            abs_path="/var/www/app/Stock.php",
            line="throw new RuntimeException();",
            in_app=True,
        ),
    ),
)
_JAVA = event(
    "java",
    failure(
        "NullPointerException",
        "cart",
        frame("invoke0", file="NativeMethodAccessorImpl.java", module="sun.reflect.NativeMethodAccessorImpl"),
        frame(
            "invoke", file="GeneratedMethodAccessor71.java", module="sun.reflect.GeneratedMethodAccessor71"
        ),
        frame("doFilter", file="Filter.java", module="org.springframework.web.Filter", in_app=True),
        frame("lambda$pay$0", file="Shop.java", module="com.shop.Shop$$Lambda$14/0x8411", in_app=True),
        frame(
            "pay", file="<generated>", module="com.shop.Shop$$EnhancerBySpringCGLIB$$1ebdddb0", in_app=True
        ),
        module="java.lang",
    ),
)
_CSHARP = event(
    "csharp",
    failure(
        "System.InvalidOperationException",
        "Sequence contains no elements",
        frame(
            "MoveNext", module="System.Linq.Enumerable", package="System.Linq, Version=8.0.0.0", in_app=False
        ),
        frame("Pay", module="Shop.Cart", package="Shop", in_app=True, raw_function="Pay (Order)"),
    ),
)
_GO = event(
    "go",
    failure(
        "*errors.errorString",
        "card refused",
        frame("HandlerFunc.ServeHTTP", module="net/http", file="server.go", in_app=False),
        frame(
            "(*Client).Do",
            module="github.com/x/client",
            file="client.go",
            abs_path="/root/go/pkg/mod/github.com/x/client@v1.2.3/client.go",
            in_app=True,
        ),
        frame("(*Shop).Pay", module="example.com/shop", file="shop.go", abs_path="/src/shop.go", in_app=True),
    ),
)
_ELIXIR = event(
    "elixir",
    failure(
        "KeyError",
        "key :total not found",
        frame(
            "Plug.Cowboy.Handler.init/2",
            module="Plug.Cowboy.Handler",
            file="lib/plug/cowboy/handler.ex",
            in_app=False,
        ),
        frame(
            "Shop.Cart.total/1",
            module="Shop.Cart",
            file="lib/shop/cart.ex",
            line="Map.fetch!(cart, :total)",
            in_app=True,
        ),
    ),
)
_PERL = event(
    "perl",
    failure(
        "Shop::Error",
        "Can't locate object method",
        frame("Shop::Cart::total", file="lib/Shop/Cart.pm", line="$cart->total;", in_app=True),
    ),
)
_MESSAGE = {
    "platform": "python",
    "logentry": {
        "message": "order %s of %s failed\n\nwhile paying\nat once",
        "formatted": "order 3 of me@x.org failed",
    },
}
_VALUE = event("perl", failure("Died", "order 1881 of me@example.com failed after 3.5s at 10.0.0.7"))
_NATIVE = event(
    "native",
    failure(
        "SIGSEGV",
        "Segfault",
        frame("_start", package="/app/shop"),
        frame("int shop::Cart<int>::pay(order const&) const", package="/app/shop", in_app=True),
        mechanism={"type": "signalhandler", "synthetic": True},
    ),
)
_CHAIN = event(
    "python",
    failure("KeyError", "'total'", frame("total", module="shop.carts", in_app=True)),
    failure("CartError", "no total", frame("pay", module="shop.views", in_app=True)),
)
_GROUP = event(
    "csharp",
    failure("Shop.Refused", "no", mechanism={"exception_id": 2, "parent_id": 0}),
    failure("Shop.Refused", "no", mechanism={"exception_id": 1, "parent_id": 0}),
    failure("System.AggregateException", "many", mechanism={"exception_id": 0, "is_exception_group": True}),
)

CASES: tuple[Case, ...] = (
    Case(
        "python",
        "python",
        _PYTHON,
        [
            [
                "shop.views",
                "checkout",
                "cart = find( key )",
                "shop.carts",
                "find",
                "raise ValueError(key)",
                "ValueError",
            ],
            [
                "django.core.handlers.base",
                "get_response",
                "response = wrapped(request)",
                "shop.views",
                "checkout",
                "cart = find( key )",
                "shop.carts",
                "find",
                "raise ValueError(key)",
                "ValueError",
            ],
        ],
    ),
    Case("page", "javascript", _JAVASCRIPT, [["render", "total", "TypeError"]]),
    Case(
        "source map",
        "javascript",
        _WEBPACK,
        [
            ["src/cart", "order(item);", "RangeError"],
            ["src/cart", "order(item);", "redux/lib/redux", "return next(action)", "RangeError"],
        ],
    ),
    Case(
        "node",
        "node",
        _NODE,
        [
            ["server", "handle", "await this.pay(order);", "Error"],
            [
                "task_queues",
                "processTicksAndRejections",
                "server",
                "handle",
                "await this.pay(order);",
                "express.lib:router",
                "next",
                "layer.handle(req, res, next);",
                "Error",
            ],
        ],
    ),
    Case(
        "ruby",
        "ruby",
        _RUBY,
        [
            [
                "cart.rb",
                "block",
                "items.each do |one|",
                "show.html.erb",
                "_app_views_carts_show_html_erb",
                "<%= cart.total %>",
                "NoMethodError",
            ]
        ],
    ),
    Case(
        "php",
        "php",
        _PHP,
        [
            [
                "jobs.php",
                "run",
                "$job->run();",
                "stock.php",
                "App\\Stock::take",
                "throw new RuntimeException();",
                "RuntimeException",
            ],
            [
                "pipeline.php",
                "Illuminate\\Pipeline\\Pipeline::handle",
                "return $next($request);",
                "jobs.php",
                "run",
                "$job->run();",
                "stock.php",
                "App\\Stock::take",
                "throw new RuntimeException();",
                "RuntimeException",
            ],
        ],
    ),
    Case(
        "java",
        "java",
        _JAVA,
        [
            ["shop.java", "com.shop.Shop$$EnhancerBySpringCGLIB$$<auto>", "pay", "NullPointerException"],
            [
                "sun.reflect.NativeMethodAccessorImpl",
                "invoke0",
                "sun.reflect.GeneratedMethodAccessor",
                "invoke",
                "org.springframework.web.Filter",
                "doFilter",
                "shop.java",
                "com.shop.Shop$$EnhancerBySpringCGLIB$$<auto>",
                "pay",
                "NullPointerException",
            ],
        ],
    ),
    Case(
        "csharp",
        "csharp",
        _CSHARP,
        [
            ["Shop.Cart", "Pay (Order)", "System.InvalidOperationException"],
            [
                "System.Linq.Enumerable",
                "MoveNext",
                "Shop.Cart",
                "Pay (Order)",
                "System.InvalidOperationException",
            ],
        ],
    ),
    Case(
        "go",
        "go",
        _GO,
        [
            ["example.com/shop", "(*Shop).Pay", "*errors.errorString"],
            [
                "net/http",
                "HandlerFunc.ServeHTTP",
                "github.com/x/client",
                "(*Client).Do",
                "example.com/shop",
                "(*Shop).Pay",
                "*errors.errorString",
            ],
        ],
    ),
    Case(
        "elixir",
        "elixir",
        _ELIXIR,
        [
            ["Shop.Cart", "Shop.Cart.total/1", "KeyError"],
            [
                "Plug.Cowboy.Handler",
                "Plug.Cowboy.Handler.init/2",
                "Shop.Cart",
                "Shop.Cart.total/1",
                "KeyError",
            ],
        ],
    ),
    Case("perl", "perl", _PERL, [["cart.pm", "Shop::Cart::total", "Shop::Error"]]),
    Case("message", "python", _MESSAGE, [["order %s of %s failed\nwhile paying..."]]),
    Case("value", "perl", _VALUE, [["Died", "order <int> of <email> failed after <duration> at <ip>"]]),
    Case("native", "native", _NATIVE, [["shop::Cart<T>::pay"], ["_start", "shop::Cart<T>::pay"]]),
    Case("chain", "python", _CHAIN, [["shop.carts", "total", "KeyError", "shop.views", "pay", "CartError"]]),
    Case("group of one kind", "csharp", _GROUP, [["Shop.Refused", "no"]]),
)

Change = Callable[[Event], None]


def changed(case: Case, change: Change) -> Event:
    """Return the event after a change."""
    copy = deepcopy(case.event)
    change(copy)
    return copy


def frames_of(found: Mapping[str, Any]) -> list[Event]:
    """Return all frames of an event, oldest first, exception by exception."""
    values = found.get("exception", {}).get("values", [])
    return [one for value in values for one in value.get("stacktrace", {}).get("frames", [])]


def _each(**fields: Any) -> Change:
    def change(found: Event) -> None:
        for one in frames_of(found):
            one.update(fields)

    return change


def _event(**fields: Any) -> Change:
    return lambda found: found.update(fields)


def _reversed(found: Event) -> None:
    items = list(found.items())[::-1]
    found.clear()
    found.update(items)


SAME: Mapping[str, Change] = {
    "other lines": _each(lineno=4711, colno=3, instruction_addr="0x7fff5ea032a6"),
    "other surroundings": _each(pre_context=["a"], post_context=["b"], vars={"x": "1"}),
    "another occurrence": _event(
        event_id="0" * 32, timestamp=1.5, release="shop@2", server_name="b", dist="7"
    ),
    "another user": _event(user={"id": "7", "email": "you@example.org"}, tags={"plan": "free"}, contexts={}),
    "keys in another order": _reversed,
    "the default fingerprint": _event(fingerprint=["{{default}}"]),
}
"""Changes after which it is the same issue."""


def _other_function(found: Event) -> None:
    for one in frames_of(found):
        one["function"] = one["module"] = "other"
        one.pop("raw_function", None)


def _other_type(found: Event) -> None:
    for one in found["exception"]["values"]:
        one["type"] = f"Other{one['type']}"


OTHER: Mapping[str, Change] = {
    "another function": _other_function,
    "another type": _other_type,
    "another fingerprint": _event(fingerprint=["{{ default }}", "mine"]),
}
"""Changes after which it is another issue, as far as they change anything of it."""
