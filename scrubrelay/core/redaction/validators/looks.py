"""What a value looks like: a placeholder, code, a sentence, or something nobody chose for being readable.

Every expression here is linear: cuts come from strangers and may be long.
"""

import math
from collections import Counter
from itertools import pairwise
from operator import eq
from typing import Final

import regex

# --- what stands for a value -----------------------------------------------------------------------------

_PLACEHOLDER: Final = regex.compile(
    r"""(?xi) ^ (?:
        \[ [^\]]* \]? | < [^>]* >? | &lt; .*                # [Filtered], our labels, <password>
      | \{{1,3} [^{}]* \}{0,3}                              # {token}, {{ lookup('env', 'TOKEN') }}
      | \$ (?: \w+ (?: [/.:-] .* )? | [({] .* )             # $VAR, ${VAR}, $(command)
      | ! (?: Ref | Sub | GetAtt | ImportValue | Join | vault | reference | env ) \b .*  # tags of YAML
      | [%@\#&:] [({]? [a-z_] [\w.:]* [)}%]?                # %VAR%, @variable, #{value}, :parameter
      | [\W_]* (?: null | none | nil | undefined | true | false | yes | no | on | off | empty | unset | n/?a
             | nan | not[ _-]?set | todo | tbd | fixme | redacted | filtered | scrubbed | masked | hidden
             | removed | omitted | secret | password | passwd | pass | token | key | string | str | text
             | value | default | changeme | bytes | int | bool | object | optional | required | missing
             | invalid | function | self | this | test | foo | bar | baz | example | sample | dummy | fake
             | scram-sha-\d+
             # translations of `password`, as in a catalogue of messages
             | passwort | kennwort | mot [ ] de [ ] passe | contrase[nñ]a | senha | wachtwoord | hasło | heslo
             | lösenord | passord | parola | şifre | salasana | adgangskode | lozinka | jelszó )
        [\W_]*
    ) $"""
)
_PLACEHOLDER_INSIDE: Final = regex.compile(
    r"""(?xi)
        \$ \{ [\w.:-]+ \} | \{\{ \s* [\w.$| ]+ \s* \}\} | \{ [a-z_] [\w.]{2,} \} | <% | %\(\w+\)[sdr]
      | fake [_-]? (?: key | secret | pass (?: word )? | token | value )
      | _here | -here | changeme | change_me | placeholder | \.\.\. | …
      | %[sdr] $"""
)
_INSIDE: Final = ("{", "<%", "%", "fake", "here", "change", "placeholder", "...", "…")
"""One of these stands in whatever the expression finds: most values have none, and plain search is faster."""
_ADVICE: Final = regex.compile(  # your_key_here, INSERT-TOKEN, someSecret
    r"""(?x) ^
      (?i: your | my | insert | enter | some | change | replace | put | add | use | the | real | example
         | sample | dummy | fake | a[_-]fake | placeholder )
      (?: [_\s-] | (?= [A-Z] ) )
      (?: (?: [a-z]++ [_\s.-]? )++ | (?: [A-Z]++ [_\s.-]? )++ | (?: [A-Z] [a-z]++ [_\s.-]? )++ ) $"""
)
_TEMPLATE: Final = regex.compile(
    r"""(?x) ^ (?: [${<\[:] | % (?! [0-9a-fA-F]{2} ) | \#\{ | %24%7B )
      | \$ \{ | \{\{ | \{ [\w.]* \} | <% | %[sdr(] | \.\.\. | …"""
)
_REPEATED: Final = regex.compile(r"(?i)^(?:[*•x●·.#_=+-]|\bX)+$|^(.{1,2})\1{2,}.?$")
_ONE_CHARACTER: Final = regex.compile(r"(\w)\1{7,}")

# --- what source code assigns instead of a literal -------------------------------------------------------

_CODE: Final = regex.compile(
    r"""(?x) ^ (?:
        (?: await | new | not | return | lambda | typeof | async | str | int | bool | Optional ) \b .*
      | [A-Za-z_$] [\w$]*+ (?: (?: \. | -> | :: | \?\. ) [A-Za-z_$] [\w$]*+ )*+ \s*+ [(\[] .*  # a call
      | [A-Za-z_$]+ \d{0,2} [A-Za-z_]*
        (?: (?: \. | -> | :: | \?\. ) [A-Za-z_$]+ \d{0,2} [A-Za-z_]* )+ ;?  # a dotted name
      | _* [a-z]+ (?: _ [a-z]+ )* _*  # snake_case, a word
      | [A-Z]+ (?: _ [A-Z]+ )*  # CONSTANT
      | [A-Z]? [a-z]+ (?: [A-Z] [a-z]+ )* [A-Z]?  # camelCase
      | [a-z]+ (?: - [a-z]+ )*  # kebab-case
      | (?: \.{0,2} / | ~/ | [A-Za-z]:\\ ) [\w./\\ -]*  # a path
      | https?:// [^@]* | HTTP/\d [\d.]*
      | -? \d{1,3} | \d+ \. \d+ | \d+ (?: ms | s | m | h | px | em | % ) | \d+ : \d+
      | 0x [0-9a-fA-F]{1,16} | \# (?: [0-9a-fA-F]{3} ){1,2}  # a constant, a colour
      | [\w.-]+ \. (?: py | js | ts | go | rb | rs | php | java | json | ya?ml | toml | ini | cfg | conf | env
             | txt | pem | crt | cer | key | p12 | pfx | jks | html? | css | xml | md | log | sh | com | org
             | net | io | dev )
    ) $"""
)
_PROSE: Final = regex.compile(
    r"""(?xi) \b (?: is | are | was | be | been | must | should | has | have | not | no | your | you | please
      | enter | the | this | that | does | do | did | can | cannot | required | invalid | incorrect | wrong
      | missing | expired | failed | too | for | forgot | forgotten | match | characters | of | to | reset
      | confirm | new | old | current | set | change | update | from | provided | use
      | password s? | token | muss | ist | nicht | bitte | ihre? | dein | vergessen | mindestens | falsch
      | bestätigen | passwort | doit | votre | est | pas | oublié | obligatoire | saisir | saisissez | entrez
      | confirmez | mot [ ] de [ ] passe | debe | su | tu | olvidé | obligatoria | restablecer | confirmar
      | contraseña | deve | sua | esqueceu | obrigatória | digite | senha | inserisci | tua | dimenticata
      | moet | uw | je | vergeten | wachtwoord | proszę | wprowadź | podaj | zapomniałe[śm] | hasł[ao]
      | ditt | glömt | lösenord | glemt | passord | girin | şifrenizi | şifre | heslo | heslem ) \b"""
)
_SCRIPTS: Final = regex.compile(
    r"(?i)парол|密[码碼]|口令|パスワード|暗証|비밀번호|암호|كلمة|รหัสผ่าน|סיסמ|κωδικό"
)
"""Words for `password` in scripts that passwords are hardly ever in: what holds one is a message."""

# --- what is readable, or public -------------------------------------------------------------------------

_WORDS: Final = regex.compile(r"^[A-Za-z]+(?:[-_. /:][A-Za-z]+)*$")
_COUNTED_WORDS: Final = regex.compile(r"^[a-z]{2,}(?:[-_. /:](?:[a-z]{2,}|\d{1,6}))+$")
# auth-cookie-token-5o0gd: words, and at their end what tells one from the others
_SUFFIXED_WORDS: Final = regex.compile(
    r"""(?x) ^ (?= .{8,100} $ ) (?= .* [a-z]{4} )
      [a-z]{2,24} (?: [-_./:] [a-z]{2,24} ){1,8} (?: [-_./:] [a-z0-9]{1,10} ){1,2} $"""
)
_KEY_TYPES: Final = regex.compile(
    r"(?i)^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|(?:[a-z]{3,8}-){1,3}(?:sha|md)\d{1,3})$"
)
_NUMBERED_WORDS: Final = regex.compile(r"-\d+(?:\.\d+)+$|^[A-Za-z]+\d?(?:[-_./:][A-Za-z]+\d{0,2})*$")
_DIGEST: Final = regex.compile(
    r"(?i)^(?:sha(?:1|256|384|512)[-:$]|md5[:$]).*|^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$"
)
_UUID: Final = regex.compile(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_VERSION: Final = regex.compile(r"(?i)^(?=.{1,40}$)v?\d+(?:\.\d+)+[\w.+-]*$|^rc\d")
_DATE: Final = regex.compile(r"^(?:[a-z]{1,20}[:._/-]){0,6}+\d{4}-\d\d-\d\d(?!\d)")
# Two letters that hardly ever stand together, counted over the words of a hundred thousand names in code.
_STRANGE_PAIR: Final = regex.compile(
    r"""(?xi) b [kqwxz] | c [jqxz] | dq | f [jkqwxz] | g [jqx] | h [jqvxz] | j [bcdfghjlmnpqrtvwxyz]
      | k [jqxz] | l [qx] | m [jqz] | oq | p [jqxz] | q [a-hj-qvwxyz] | r [jx] | [st] j | u [jqw] | v [hjquz]
      | w [gjqvwxyz] | x [gjknquwz] | y [hjkqx] | z [bcdfgjkmnpqrvwxy]"""
)
_CASES: Final = bytes(
    ord("0" if chr(one).isdigit() else "a" if chr(one).islower() else "A" if chr(one).isupper() else ".")
    for one in range(128)
) + bytes(128)
_DIGITS: Final = bytes(ord("0" if chr(one).isdigit() else ".") for one in range(128)) + bytes(128)
"""What an ASCII character is: counting what was translated takes a tenth of the time of asking each."""


def entropy(text: str) -> float:
    """Shannon entropy in bits a character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    total = len(text)
    often = Counter(Counter(text).values()).items()
    return sum(times * (-n / total * math.log2(n / total)) for n, times in often) if total else 0.0


def filled_in(cut: str) -> bool:
    """Something stands here: not a placeholder, a template, a mask or one of our own labels.

    >>> filled_in("hunter2")
    True
    >>> [filled_in(text) for text in ("${PASSWORD}", "<pass>", "[pass]", "****", "null", "your_key")]
    [False, False, False, False, False, False]
    """
    text = cut.strip().strip("'\"`")
    if not text or any(known.search(text) for known in (_PLACEHOLDER, _ADVICE, _REPEATED)):
        return False
    lowered = text.lower()
    if not any(one in lowered for one in _INSIDE):
        return True
    inside = _PLACEHOLDER_INSIDE.search(text)
    # A value of several lines is more than the placeholder in one of them.
    return inside is None or "\n" in text[: inside.start()] + text[inside.end() :].removesuffix("\n")


def template(cut: str) -> bool:
    """A template or a mask, where plain words such as `password` may well be the value.

    >>> template("${PW}"), template("***"), template("password")
    (True, True, False)
    """
    return bool(_TEMPLATE.search(cut) or _REPEATED.search(cut))


def crossed_out(cut: str, *, runs: bool = False) -> bool:
    """Part of it is masked; with `runs`, so is a long run of any one character.

    >>> crossed_out("ghp_xxxxxxxx"), crossed_out("AAAAAAAAAA"), crossed_out("AAAAAAAAAA", runs=True)
    (True, False, True)
    """
    if "xxxxxx" in cut.lower() or "***" in cut or "•••" in cut:
        return True
    # Of eight that are alike, one that stands at a multiple of four is like the third after it.
    maybe = runs and any(map(eq, cut[::4], cut[3::4])) and any(one * 8 in cut for one in set(cut))
    return maybe and _ONE_CHARACTER.search(cut) is not None


def code(cut: str) -> bool:
    """A name, a call, a path or a plain number: what source code assigns instead of a literal.

    >>> [code(text) for text in ("settings.PASSWORD", "get_token(user)", "MAX_SIZE", "/run/key", "hunter2!")]
    [True, True, True, True, False]
    """
    return bool(_CODE.search(cut.strip()))


def sentence(cut: str) -> bool:
    """Several words that read like a message rather than a pass phrase.

    >>> sentence("must be at least 8 characters"), sentence("correct horse battery staple")
    (True, False)
    """
    if " " in cut:
        return cut.count(" ") > 6 or bool(_PROSE.search(cut))
    return not cut.isascii() and bool(_SCRIPTS.search(cut))


def readable(cut: str) -> bool:
    """Words with separators, a version or a date.

    >>> [readable(text) for text in ("application/json", "1.2.3-beta.4", "2026-01-01", "q7Fz1kP0sVx9")]
    [True, True, True, False]
    >>> readable("build-561-project")
    True
    """
    if _WORDS.search(cut):
        return not mixed_case(cut)
    if _COUNTED_WORDS.search(cut) or _SUFFIXED_WORDS.search(cut) or _KEY_TYPES.search(cut):
        return True
    return version(cut) or bool(_DATE.search(cut))


def numbered_words(cut: str) -> bool:
    """Words that may end in a digit or two, or in a version.

    >>> [numbered_words(text) for text in ("oauth2-code-flow", "jjwt-jackson-0.11.2", "de4dbeef01x7")]
    [True, True, False]
    """
    return bool(_NUMBERED_WORDS.search(cut))


def version(cut: str) -> bool:
    """A version number, with or without its letter and suffix.

    >>> version("v1.2.3-rc.1"), version("hunter2")
    (True, False)
    """
    return bool(_VERSION.search(cut))


def digest(cut: str) -> bool:
    """A hash of a common length, which is public more often than not.

    >>> digest("0123456789abcdef0123456789abcdef"), digest("0123456789abcdef")
    (True, False)
    """
    return bool(_DIGEST.search(cut))


def uuid(cut: str) -> bool:
    """A UUID, which identifies more often than it opens.

    >>> uuid("12345678-1234-4123-8123-123456789012")
    True
    """
    return bool(_UUID.search(cut))


def mixed_case(text: str) -> bool:
    """Upper and lower case change too often for a name.

    >>> mixed_case("qZwXpTbKLmNvRsWq"), mixed_case("applicationName")
    (True, False)
    """
    return humps(text) * 4 >= len(text)


def jumbled(text: str) -> bool:
    """Letters only, and in an order that no words have.

    >>> jumbled("anlxnblkmoxwrq"), jumbled("authenticationmiddleware"), jumbled("anlxnblkmoxwr7")
    (True, False, False)
    """
    return text.isalpha() and len(_STRANGE_PAIR.findall(text, overlapped=True)) >= 3


def humps(text: str) -> int:
    """How often a capital follows a small letter.

    >>> humps("applicationName")
    1
    """
    if text.isascii():
        return text.encode().translate(_CASES).count(b"aA")
    return sum(a.islower() and b.isupper() for a, b in pairwise(text))


def digits(text: str) -> int:
    """How many digits there are.

    >>> digits("a1b2")
    2
    """
    if text.isascii():
        return text.encode().translate(_CASES).count(b"0")
    return sum(map(str.isdigit, text))


def switches(text: str) -> int:
    """How often digits and other characters take turns.

    >>> switches("a1b2")
    3
    """
    if text.isascii():
        kinds = text.encode().translate(_DIGITS)
        return kinds.count(b"0.") + kinds.count(b".0")
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(text))
