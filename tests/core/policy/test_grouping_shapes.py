"""What SDKs of many platforms send, shape by shape, and the texts that Sentry's rules make its hashes of."""

import pytest

from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from tests.helpers.issues import Case, Event, frame
from tests.helpers.shapes import PAGE, Texts, of, own, script

MAPPED = {"data": {"sourcemap": "https://shop.example/app.js.map"}}

SCRIPTS: dict[str, tuple[Event, Texts]] = {
    "a function without a name": (
        of("javascript", script("?", PAGE), script("pay", PAGE)),
        [["pay", "E"]],
    ),
    "a page's only frame, nameless": (of("javascript", script("?", PAGE, line="pay()")), [["E", "v"]]),
    "the line of a nameless function of a page": (
        of("javascript", script("?", PAGE, line="pay()"), script("pay", PAGE, line="x.y")),
        [["pay", "x.y", "E"]],
    ),
    "a class's method": (of("javascript", script("Cart.prototype.pay", PAGE)), [["pay", "E"]]),
    "an object's method in Chrome": (
        of("javascript", script("Object.<anonymous>", PAGE), script("new Cart", PAGE)),
        [["new Cart", "E"]],
    ),
    "Firefox's inner functions": (of("javascript", script("pay/<", PAGE), script("f", PAGE)), [["f", "E"]]),
    "eval": (of("javascript", script("eval", PAGE), script("f", PAGE)), [["f", "E"]]),
    "native code": (
        of("javascript", script("forEach", "[native code]"), script("f", PAGE)),
        [["f", "E"]],
    ),
    "a bundle of an app": (
        of("javascript", script("pay", "app:///main.jsbundle", file="app:///main.jsbundle")),
        [["main.jsbundle", "pay", "E"]],
    ),
    "a query behind a file": (
        of("javascript", script("pay", "app:///Main.js?v=17/a", file="app:///Main.js?v=17/a")),
        [["main.js", "pay", "E"]],
    ),
    "a file's path only": (
        of("javascript", own("pay", file="file:///srv/Shop.js")),
        [["shop.js", "pay", "E"]],
    ),
    "a file's URL and no path": (of("javascript", script("f", "file:///srv/a/b.js")), [["b.js", "f", "E"]]),
    "a source map with its line": (
        of("javascript", script("f", PAGE, module="src/cart", line="  pay();  ", **MAPPED)),
        [["src/cart", "pay();", "E"]],
    ),
    "a source map without its line": (
        of("javascript", script("e.f", PAGE, module="src/cart", **MAPPED)),
        [["src/cart", "f", "E"]],
    ),
    "a module that is its own path": (
        of("javascript", script("f", "app:///static/app.js", module="static/app.js", file="app.js")),
        [["app.js", "f", "E"]],
    ),
    "a minified line": (of("javascript", script("f", PAGE, line="x" * 121)), [["f", "E"]]),
    "the longest line": (of("javascript", script("f", PAGE, line="x" * 120)), [["f", "x" * 120, "E"]]),
    "a CDN's script": (
        of("javascript", script("f", PAGE), script("g", "https://cdn.jsdelivr.net/npm/a.js")),
        [["f", "E"], ["f", "g", "E"]],
    ),
    "polyfills": (
        of("javascript", script("f", PAGE, module="@babel/runtime/helpers"), script("g", PAGE)),
        [["g", "E"]],
    ),
    "what a page reports itself": (
        of("javascript", script("f", PAGE), script("reportError", PAGE), script("g", PAGE)),
        [["f", "E"], ["f", "reportError", "g", "E"]],
    ),
    "node's own": (
        of(
            "node",
            frame("process.nextTick", module="node:internal", in_app=False),
            frame("nextTick", module="node:internal", in_app=False),
            own("f", module="app", file="/app/app.js", line="await pay( order )"),
        ),
        [
            ["app", "f", "await pay( order )", "E"],
            ["node:internal", "nextTick", "app", "f", "await pay( order )", "E"],
        ],
    ),
    "a page's only frame with a name": (of("javascript", script("f", PAGE)), [["f", "E"]]),
    "a shim of react-native": (
        of("javascript", script("_callSuper", "app:///a.js"), script("f", "app:///a.js", file="a.js")),
        [["a.js", "f", "E"]],
    ),
    "a blob": (of("javascript", script("f", "blob:https://shop.example/1", file="1")), [["f", "E"]]),
}
JVM: dict[str, tuple[Event, Texts]] = {
    "Spring 5's proxy": (
        of("java", own("f", module="a.B$$EnhancerBySpringCGLIB$$1a2b3c_4")),
        [["a.B$$EnhancerBySpringCGLIB$$<auto>", "f", "E"]],
    ),
    "Spring 6's proxy": (
        of("java", own("f", module="a.B$$SpringCGLIB$$0")),
        [["a.B$$SpringCGLIB$$<auto>", "f", "E"]],
    ),
    "Guice's proxy, one dollar": (
        of("java", own("f", module="a.B$EnhancerByGuice$ae46b1bf$FastClassByGuice$caceacd2")),
        [["a.B$EnhancerByGuice$<auto>$FastClassByGuice$<auto>", "f", "E"]],
    ),
    "Guice's proxy, two": (
        of("java", own("f", module="a.B$$EnhancerByGuice$$ae46b1bf")),
        [["a.B$$EnhancerByGuice$$<auto>", "f", "E"]],
    ),
    "Hibernate's proxy": (
        of("java", own("f", module="a.User$HibernateProxy$oRWxjAWT")),
        [["a.User$HibernateProxy$<auto>", "f", "E"]],
    ),
    "Javassist's class and file": (
        of("java", own("f", file="B_$$_javassist_seam_74.java"), own("g", module="a.B_$$_javassist_7")),
        [["b_$$_javassist<auto>.java", "f", "a.B_$$_javassist<auto>", "g", "E"]],
    ),
    "a generated constructor": (
        of("java", own("f", module="sun.reflect.GeneratedConstructorAccessor17")),
        [["sun.reflect.GeneratedConstructorAccessor<auto>", "f", "E"]],
    ),
    "reflection of newer JDKs": (
        of(
            "java",
            own("f", module="a.B"),
            frame("invoke", module="jdk.internal.reflect.GeneratedMethodAccessor9"),
        ),
        [["a.B", "f", "E"], ["a.B", "f", "jdk.internal.reflect.GeneratedMethodAccessor", "invoke", "E"]],
    ),
    "an anonymous function of Clojure": (
        of("java", own("invoke", module="shop.core$fn__1234")),
        [["shop.core$fn__<auto>", "invoke", "E"]],
    ),
    "a lambda": (
        of("java", own("lambda$pay$3", module="a.B"), own("run", module="a.B$$Lambda$7/0x1", file="B.java")),
        [["a.B", "b.java", "run", "E"]],
    ),
    "a lambda of JDK 21": (
        of("java", own("run", module="a.B$$Lambda/0x00007f1")),
        [["a.B$$Lambda/0x00007f1", "run", "E"]],
    ),
    "a coroutine of Kotlin": (
        of(
            "java",
            own("resumeWith", module="kotlin.coroutines.jvm.internal.BaseContinuationImpl"),
            own("invokeSuspend", module="a.B$pay$1"),
        ),
        [
            ["a.B$pay$1", "invokeSuspend", "E"],
            [
                "kotlin.coroutines.jvm.internal.BaseContinuationImpl",
                "resumeWith",
                "a.B$pay$1",
                "invokeSuspend",
                "E",
            ],
        ],
    ),
    "frameworks": (
        of(
            "java",
            own("a", module="org.apache.catalina.core.X"),
            own("b", module="io.sentry.spring.Y"),
            own("c", module="shop.Z"),
            own("d", module="scala.collection.List"),
        ),
        [
            ["shop.Z", "c", "E"],
            ["org.apache.catalina.core.X", "a", "shop.Z", "c", "scala.collection.List", "d", "E"],
        ],
    ),
    "Android's loop": (
        of(
            "java",
            frame("main", module="com.android.internal.os.ZygoteInit"),
            frame("main", module="android.app.ActivityThread"),
            frame("loop", module="android.os.Looper"),
            frame("dispatchMessage", module="android.os.Handler"),
            own("onClick", module="shop.MainActivity"),
        ),
        [["shop.MainActivity", "onClick", "E"]],
    ),
}
INTERPRETED: dict[str, tuple[Event, Texts]] = {
    "a virtual environment": (
        of(
            "python",
            own("a", module="flask.app", abs_path="/v/lib/python3.12/site-packages/flask/app.py"),
            own("b", module="shop", line="  raise E(  1 )", abs_path="/srv/shop.py"),
        ),
        [["shop", "b", "raise E( 1 )", "E"], ["flask.app", "a", "shop", "b", "raise E( 1 )", "E"]],
    ),
    "a lambda of Python": (of("python", own("<lambda>", module="shop")), [["shop", "<lambda>", "E"]]),
    "a nested function of Python": (
        of("python", own("f.<locals>.g", module="shop")),
        [["shop", "f.<locals>.g", "E"]],
    ),
    "a file typed in": (of("python", own("<module>", file="<stdin>")), [["<stdin>", "<module>", "E"]]),
    "only a line": (of("python", own("", line="x = 1")), [["x = 1", "E"]]),
    "only a module": (of("python", own("", module="shop")), [["shop", "E"]]),
    "recursion": (
        of("python", *[own("f", module="m", file="m.py", at=3)] * 4, own("f", module="m", file="m.py", at=9)),
        [["m", "f", "m", "f", "E"]],
    ),
    "recursion in two lines": (
        of("python", *[own("f", module="m", at=3), own("f", module="m", at=4)] * 2),
        [["m", "f"] * 4 + ["E"]],
    ),
    "nobody's frames are the app's": (
        of("python", frame("f", module="m"), frame("g", module="n")),
        [["m", "f", "n", "g", "E"]],
    ),
    "nothing said of the app": (
        of("python", frame("f", module="m"), frame("g", module="n", in_app=None)),
        [["m", "f", "n", "g", "E"]],
    ),
    "Ruby's blocks": (
        of(
            "ruby",
            own("block (3 levels) in <top (required)>", file="a/B.rb"),
            own("rescue in f", file="b.rb"),
        ),
        [["b.rb", "block", "b.rb", "rescue in f", "E"]],
    ),
    "Ruby's names with their class": (
        of("ruby", own("Shop::Cart#pay", file="app/cart.rb", module="Shop::Cart")),
        [["Shop::Cart", "Shop::Cart#pay", "E"]],
    ),
    "a gem": (
        of(
            "ruby", own("f", file="x.rb", abs_path="/srv/vendor/bundle/gems/rack/x.rb"), own("g", file="y.rb")
        ),
        [["y.rb", "g", "E"], ["x.rb", "f", "y.rb", "g", "E"]],
    ),
    "an anonymous class of PHP": (
        of("php", own("class@anonymous\0/srv/a.php:3$0::handle", file="/a.php", line="$this->x();")),
        [["a.php", "handle", "$this->x();", "E"]],
    ),
    "an anonymous function of PHP": (
        of("php", own("[Anonymous function]", file="/a.php"), own("App\\Jobs\\{closure}", file="/b.php")),
        [["a.php", "b.php", "App\\Jobs\\{closure}", "E"]],
    ),
    "a path of Windows": (of("php", own("f", file="C:\\www\\Shop\\Cart.PHP")), [["cart.php", "f", "E"]]),
    "Go's closures": (
        of("go", own("pay.func1", module="shop/cart"), own("pay.func1.2", module="shop/cart", line="x")),
        [["shop/cart", "pay.func1", "shop/cart", "pay.func1.2", "E"]],
    ),
    "async of C#": (
        of(
            "csharp",
            own("MoveNext", module="Shop.Cart+<PayAsync>d__3", raw_function="Cart.<PayAsync>d__3.MoveNext()"),
        ),
        [["Shop.Cart+<PayAsync>d__3", "Cart.<PayAsync>d__3.MoveNext()", "E"]],
    ),
    "a trace of PowerShell": (
        of("powershell", own("Get-Cart", file="C:\\Scripts\\Shop.psm1", line="throw 'no'")),
        [["shop.psm1", "Get-Cart", "E"]],
    ),
    "Dart": (
        of("other", own("Cart.pay", module="cart", abs_path="package:shop/cart.dart", file="cart.dart")),
        [["cart", "Cart.pay", "E"]],
    ),
    "Dart's own SDK": (
        of("other", own("f", abs_path="package:sentry_flutter/src/x.dart"), own("g", file="cart.dart")),
        [["cart.dart", "g", "E"]],
    ),
    "telemetry of others": (
        of(
            "python",
            own("wrap", module="newrelic"),
            own("w", file="/x/newrelic_agent/hook.py"),
            own("f", module="m"),
        ),
        [["m", "f", "E"]],
    ),
    "a frame of another platform": (
        of("java", own("Cart.pay", abs_path=PAGE, platform="javascript"), own("f", module="a.B")),
        [["pay", "a.B", "f", "E"]],
    ),
}
SHAPES = SCRIPTS | JVM | INTERPRETED


@pytest.mark.parametrize("name", SHAPES)
def test_the_hashes_are_of_the_texts_that_the_rules_name(name: str) -> None:
    found, texts = SHAPES[name]
    keys = issue_keys(found, show=True)
    assert set(keys.hashes) == Case(name, "", found, texts).hashes, keys.how
