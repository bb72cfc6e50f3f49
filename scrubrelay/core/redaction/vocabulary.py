"""Words that names of fields are made of, and names of people are not.

What is stored about a finding says where it was, and a key of a document can be a user's text. So a key is
told only if all of its words stand here: those of Sentry's protocol, of SDKs, headers and frameworks, and of
the fields that applications commonly have.
"""

from typing import Final

_PROTOCOL: Final = """
abs addr address addresses aggregates app arch args arguments array attachment attachments attributes attrs
baggage body boot breadcrumb breadcrumbs browser build builder cache category check checkin child children client code
cold colno column comments connection connections contact content context contexts cookie cookies count country cpu
crash crashed culture current data date db debug default description detail details device dir dist distribution domain
dsn duration dynamic elapsed email emails end endpoint entry env environ environment error errored errors event events
exc exception exceptions exclusive exited extra feature features feedback fetch file filename files fingerprint flag
flags formatted fragment frame frames free frequency fsp function functions geo gpu group handled handler handlers
header headers health host hostname http https id ids image images init instruction integration integrations
interface interfaces internal ip ipv is item items json kernel kind label labels lang language len level line lineno
link links list locale log logentry logger loggers logging login logs main manufacturer mechanism memory message
messages meta method metric metrics model modified module modules monitor name names native network note notes number
object op operation origin os owner package packages page param parameter parameters params parent path paths payload
platform plugin plugins port post pre previous process processor profile profiles profiler promise properties
property protocol provider query raw real reason recording referer region registers release remote replay report
request requests resource resources response result results retry root route runtime sample sampled samples sampling
scheme scope screen sdk segment self sender server service session sessions severity signal size source span spans
stack stacks stacktrace start started state statement status step steps string sub subdivision summary surface
symbol system tag tags target task tasks template test text thread threads throwable time timeout timestamp timezone
title token total trace traceid tracing transaction transactions type types unit units unhandled update updated upload
uri url urls user user-agent value values var variables vars version versions view views
"""
_PROGRAMS: Final = """
accept access accepted action actions active activity adapter add added admin after agent ajax alert alerts alias all
allow allowed amount analytics and annotations answer any api application apps archive arg argv args as asgi async
asset assets assign assigned async at attempt attempts auth authentication authenticated author authority
authorization authorize authorized auto available aws azure backend backup balance bar base basic batch bearer before
begin bin binary block blob boolean bool bot bridge broker bucket buffer bulk button byte bytes call callback called
caller calls cancel card cards cart case cause cb celery cell cert certificate cf chain change changed changes
channel char chars charset chat checkout checksum checked chunk chunks city claim claims class classes cleanup cli
click clipboard clock close closed cloud cls cluster cmd code codes coin collection color comment commit commits
company compiler complete completed component components compression config configs configuration confirm
confirmation connect consent console const constant consumer container containers contents control controller
controllers copy core correlation cors coupon create created creation creator credential credentials credit cron
crypto csrf css csv ctx currency cursor custom customer customers daemon dashboard database dataset datetime day days
decode decoded delay delete deleted delivered delivery department deploy deployment depth desc dest destination dev
developer device diff digest dimension dimensions direct directory disable disabled discount disk dispatch display
django dns doc docker docs document documents done download draft driver dump each edit editor element elements
employee employees employer empty enable enabled encode encoded encoding encryption engine enter entities entity enum
eta etag evaluate execute execution exists exit expected expire expired expires expiration export express expression
ext extension external factory failed failure fallback false fast favorite fax field fields fields filter filters
final find finish finished first fix flask flow folder font foo footer for form format forms forward forwarded found
foreign from front frontend full func fwd gateway gender get global go google graphql grant guard guest guid handle
hash has height help hidden hint history hit hits home hook hooks hour hours html hub i18n icon iban idempotency
identifier identity idp if image import in incoming index info initial inner input inputs insert install instance
instances int integer intent interval invalid invite invoice invoices io issue issuer iterator java javascript job
jobs join js jwt kafka key keys keyword keywords kwargs lambda last latency latest latitude layer layout leader lead
leads ledger left length lib library license lifecycle limit limits listener lists load loaded local locals location
lock long longitude lookup loop machine mail mailbox mailer manager manifest map mapping mask master match matches max
maximum media member members membership menu merchant meter middle middleware migration min minute minutes mobile mock
mode models modal module month mount move msg multi mutation mutex my namespace nav navigation nested new next nick
nickname node nodes none nonce not notification notifications npm null num numbers oauth obj objects of off offer
offline offset ok old on only online open openid operator option optional options or order ordered orders org
organisation organization organizations out outer output outgoing over override owner pagination parse parsed parser
part parts partner partition pass passed passport passwd password passwords patch pattern pay payer payload
payment payments pci pending percent performance period permission permissions persist person personal phone phones
photo pin ping pip pipeline plain plan player pod point policy poll pool popup position posts postal postcode
preferences prefix presence preview price primary principal print priority private processed processing producer
product production products program progress project projects prop props proxy public publish published publisher pull
purchase push put python quantity question queue queued quota random range rate rating read reader ready recipient
recipients record records recovery redirect redis ref reference references referral referrer refresh refund register
registered registration relation release reload remaining remember remove removed render rendered reply repo
repository required res reset resolve resolved resolver restart restore retries return returned reverse review
revision right role roles room router routes routing row rows ruby rule rules run runner running safe salary sale
sales sandbox save saved scale scan schedule scheduled scheduler schema score script search sec second seconds secret
secrets section secure security select selected send sensor sent sequence serial serializer servers services set
setting settings setup shadow shard share shared shell ship shipped shipping shop short show shutdown side sign
signature signed signin signup simple single site sites sku slack slot slow slug small smtp snapshot social socket
sort space spec sql src ssl ssn sso stage staging standard static statistics stats stdin stderr stdout stock storage
store stored stores strategy stream street streets strict stripe style subject submit submitted subscriber
subscription subscriptions subtotal success suffix support swap switch symbols sync tab table tables tax team
teams temp temporary tenant tenants term test tests then throttle ticket tickets timer times tls to to tmp tool
top topic topics track tracker tracking traffic transfer transform transport tree trigger true try two ui uid unique
unknown unread unsafe until updates usage use used username usernames users using utc utils uuid valid validate
validated validation validator variable variant vat vehicle vendor verification verified verify via video viewer
visible visit visitor voucher wait wallet warehouse warn warning watch web webhook webhooks websocket week weight
width window with wizard word work worker workers workflow workspace wrapped wrapper write writer wsgi www x xml xsrf
y yaml year zip zipcode zone z a b c d e f g h i j k l m n o p q r s t u v w
ai annotated architecture assert associated awaited awaitable background benchmark big billing blocking builtins cached
calendar capacity capture common command concurrency concurrent conn conventions coroutine debugger dependant
deprecated discarded effective emulator escaped estimated example exporter fcp follow fp future gen generic handling
hardware highlight idle inp interaction lcp loader measurements metadata multipart observer openai opentelemetry
original otel otlp paint pageload partial pathname peer power prefs prompt redirects rejection relative replace req
retval rtt rv sched sentry sessionid csrftoken serialize serialized sid since sync synthetic syslog telemetry theme
threshold toolkit ttfb typing vital who
bank bic birth birthday dob nationality surname forename given family middle maiden salutation passphrase pwd apikey
bearer otp mfa totp pem credential cvc cvv expiry holder swift routing sort tin nin nhs license plate diagnosis patient
patients insurance medical doctor mac imei imsi msisdn ssid lat lng lon ttl ts ms ns us db id pk fk ua qs rpc grpc
"""

WORDS: Final = frozenset(f"{_PROTOCOL} {_PROGRAMS}".split())
"""All of them, in lower case."""
