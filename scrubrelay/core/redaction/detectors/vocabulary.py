"""Words that names of fields are made of, and names of people are not.

What is stored about a finding says where it was, and a key of a document can be a user's text. So a key is
told only if all of its words stand here: those of Sentry's protocol, of SDKs, headers and frameworks, and of
the fields that applications commonly have.
"""

from typing import Final

_TEXT: Final = """
abs accept accepted access action actions active activity adapter add added addr address addresses admin
after agent aggregates ai ajax alert alerts alias all allow allowed amount analytics and annotated
annotations answer any api apikey app application apps arch architecture archive arg args arguments argv
array as asgi assert asset assets assign assigned associated async at attachment attachments attempt
attempts attributes attrs auth authenticated authentication author authority authorization authorize
authorized auto available awaitable awaited aws azure backend background backup baggage balance bank bar
base basic batch bearer before begin benchmark bic big billing bin binary birth birthday blob block blocking
body bool boolean boot bot breadcrumb breadcrumbs bridge broker browser bucket buffer build builder builtins
bulk button byte bytes cache cached calendar call callback called caller calls cancel capacity capture card
cards cart case category cause cb celery cell cert certificate cf chain change changed changes channel char
chars charset chat check checked checkin checkout checksum child children chunk chunks city claim claims
class classes cleanup cli click client clipboard clock close closed cloud cls cluster cmd code codes coin
cold collection colno color column command comment comments commit commits common company compiler complete
completed component components compression concurrency concurrent config configs configuration confirm
confirmation conn connect connection connections consent console const constant consumer contact container
containers content contents context contexts control controller controllers conventions cookie cookies copy
core coroutine correlation cors count country coupon cpu crash crashed create created creation creator
credential credentials credit cron crypto csrf csrftoken css csv ctx culture currency current cursor custom
customer customers cvc cvv daemon dashboard data database dataset date datetime day days db debug debugger
decode decoded default delay delete deleted delivered delivery department dependant deploy deployment
deprecated depth desc description dest destination detail details dev developer device diagnosis diff digest
dimension dimensions dir direct directory disable disabled discarded discount disk dispatch display dist
distribution django dns dob doc docker docs doctor document documents domain done download draft driver dsn
dump duration dynamic each edit editor effective elapsed element elements email emails employee employees
employer empty emulator enable enabled encode encoded encoding encryption end endpoint engine enter entities
entity entry enum env environ environment error errored errors escaped estimated eta etag evaluate event
events example exc exception exceptions exclusive execute execution exists exit exited expected expiration
expire expired expires expiry export exporter express expression ext extension external extra factory failed
failure fallback false family fast favorite fax fcp feature features feedback fetch field fields file
filename files filter filters final find fingerprint finish finished first fix fk flag flags flask flow
folder follow font foo footer for foreign forename form format formatted forms forward forwarded found fp
fragment frame frames free frequency from front frontend fsp full func function functions future fwd gateway
gen gender generic geo get given global go google gpu grant graphql group grpc guard guest guid handle
handled handler handlers handling hardware has hash header headers health height help hidden highlight hint
history hit hits holder home hook hooks host hostname hour hours html http https hub iban icon id
idempotency identifier identity idle idp ids if image images imei import imsi in incoming index info init
initial inner inp input inputs insert install instance instances instruction insurance int integer
integration integrations intent interaction interface interfaces internal interval invalid invite invoice
invoices io ip ipv is issue issuer item items iterator java javascript job jobs join js json jwt kafka
kernel key keys keyword keywords kind kwargs label labels lambda lang language last lat latency latest
latitude layer layout lcp lead leader leads ledger left len length level lib library license lifecycle limit
limits line lineno link links list listener lists lng load loaded loader local locale locals location lock
log logentry logger loggers logging login logs lon long longitude lookup loop mac machine maiden mail
mailbox mailer main manager manifest manufacturer map mapping mask master match matches max maximum
measurements mechanism media medical member members membership memory menu merchant message messages meta
metadata meter method metric metrics mfa middle middleware migration min minute minutes mobile mock modal
mode model models modified module modules monitor month mount move ms msg msisdn multi multipart mutation
mutex my name names namespace nationality native nav navigation nested network new next nhs nick nickname
nin node nodes nonce none not note notes notification notifications npm ns null num number numbers oauth obj
object objects observer of off offer offline offset ok old on online only op open openai openid
opentelemetry operation operator option optional options or order ordered orders org organisation
organization organizations origin original os otel otlp otp out outer outgoing output over override owner
package packages page pageload pagination paint param parameter parameters params parent parse parsed parser
part partial partition partner parts pass passed passphrase passport passwd password passwords patch path
pathname paths patient patients pattern pay payer payload payment payments pci peer pem pending percent
performance period permission permissions persist person personal phone phones photo pin ping pip pipeline
pk plain plan plate platform player plugin plugins pod point policy poll pool popup port position post
postal postcode posts power pre preferences prefix prefs presence preview previous price primary principal
print priority private process processed processing processor producer product production products profile
profiler profiles program progress project projects promise prompt prop properties property props protocol
provider proxy public publish published publisher pull purchase push put pwd python qs quantity query
question queue queued quota random range rate rating raw read reader ready real reason recipient recipients
record recording records recovery redirect redirects redis ref reference references referer referral
referrer refresh refund region register registered registers registration rejection relation relative
release reload remaining remember remote remove removed render rendered replace replay reply repo report
repository req request requests required res reset resolve resolved resolver resource resources response
restart restore result results retries retry return returned retval reverse review revision right role roles
room root route router routes routing row rows rpc rtt ruby rule rules run runner running runtime rv safe
salary sale sales salutation sample sampled samples sampling sandbox save saved scale scan sched schedule
scheduled scheduler schema scheme scope score screen script sdk search sec second seconds secret secrets
section secure security segment select selected self send sender sensor sent sentry sequence serial
serialize serialized serializer server servers service services session sessionid sessions set setting
settings setup severity shadow shard share shared shell ship shipped shipping shop short show shutdown sid
side sign signal signature signed signin signup simple since single site sites size sku slack slot slow slug
small smtp snapshot social socket sort source space span spans spec sql src ssid ssl ssn sso stack stacks
stacktrace stage staging standard start started state statement static statistics stats status stderr stdin
stdout step steps stock storage store stored stores strategy stream street streets strict string stripe
style sub subdivision subject submit submitted subscriber subscription subscriptions subtotal success suffix
summary support surface surname swap swift switch symbol symbols sync synthetic syslog system tab table
tables tag tags target task tasks tax team teams telemetry temp template temporary tenant tenants term test
tests text theme then thread threads threshold throttle throwable ticket tickets time timeout timer times
timestamp timezone tin title tls tmp to token tool toolkit top topic topics total totp trace traceid tracing
track tracker tracking traffic transaction transactions transfer transform transport tree trigger true try
ts ttfb ttl two type types typing ua ui uid unhandled unique unit units unknown unread unsafe until update
updated updates upload uri url urls us usage use used user username usernames users using utc utils uuid
valid validate validated validation validator value values var variable variables variant vars vat vehicle
vendor verification verified verify version versions via video view viewer views visible visit visitor vital
voucher wait wallet warehouse warn warning watch web webhook webhooks websocket week weight who width window
with wizard word work worker workers workflow workspace wrapped wrapper write writer wsgi www xml xsrf yaml
year zip zipcode zone
"""

WORDS: Final = frozenset(_TEXT.split())
"""All of them, in lower case."""
