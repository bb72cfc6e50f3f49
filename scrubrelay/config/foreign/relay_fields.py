"""Where the switches of Sentry's data scrubbing look, as selectors; after what the engine makes of them."""

from typing import Final

IP_FIELDS: Final = (
    "$http.env.REMOTE_ADDR || $user.ip_address || $sdk.client_ip || $span.sentry_tags.'user.ip'"
    " || attributes.'client.address'"
)
"""Fields that the scrubbing of addresses removes, whatever is in them."""
COOKIES: Final = (
    "sentrysid sudo su session __session sessionid user_session symfony phpsessid fasthttpsessionid"
    " mysession irissessionid _vercel_jwt csrf xsrf _xsrf _csrf csrf-token csrf_token xsrf-token xsrf_token"
    " fastcsrf _iris_csrf"
)
"""Cookies of web frameworks that the default rules hide."""
_SPARED: Final = (
    "debug_meta.** || $frame.filename || $frame.abs_path || $logentry.formatted || $error.value"
    " || $http.headers.user-agent"
)
SCRUBBED: Final = f"($string || $number || $array || $object) && !({_SPARED})"
"""Where the default rules and sensitive fields look."""
TEXT_RULE: Final = "sentry_words.text"
"""Hides whole texts for a word in them, so that it must not look where the default rules do not."""
PARAMETER: Final = ("request", "query_string", "name")
"""The path of an element of a list of pairs."""
