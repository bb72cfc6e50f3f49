// An app with an unmodified @sentry/node: argv is its DSN, what it was handed by its users, its business module and,
// perhaps, a tunnel.
const fs = require("node:fs");
const Sentry = require("@sentry/node");

const [dsn, plants, modulePath, tunnel] = process.argv.slice(2);
const planted = JSON.parse(fs.readFileSync(plants, "utf8"));
const { texts, keyed, request } = planted;

Sentry.init({ dsn, tunnel, release: "shop@1.4.2", environment: "staging", includeLocalVariables: true });

// The SDK instruments what is loaded after it.
const http = require("node:http");
const { charge } = require(modulePath);

function describe(scope) {
  scope.setUser({ id: "42", email: texts.email, ip_address: planted.ip, username: "mara", ...keyed });
  Object.entries(texts).forEach(([kind, text], number) => {
    scope.setTag(`tag.${kind}`, text);
    scope.setExtra(`note ${number}`, text);
    Sentry.addBreadcrumb({ category: "app", message: `step ${number}: ${text}`, data: { seen: text, ...keyed } });
  });
  scope.setExtra("nested", JSON.stringify({ inner: JSON.stringify(texts), ...keyed }));
  scope.setContext("billing", { lines: Object.values(texts), ...keyed });
  scope.addAttachment({ data: Object.values(texts).join("\n"), filename: "notes.txt", contentType: "text/plain" });
  scope.addAttachment({ data: JSON.stringify({ texts, ...keyed }), filename: "order.json", contentType: "application/json" });
}

async function body(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

// The SDK's debugger attaches from another thread: it is there once it has marked an error.
async function debuggerAttached() {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      charge({}, {});
    } catch (error) {
      if ("__SENTRY_ERROR_LOCAL_VARIABLES__" in error) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

let eventId;
const server = http.createServer(async (incoming, response) => {
  const form = JSON.parse(await body(incoming));
  describe(Sentry.getIsolationScope());
  try {
    charge(texts, form);
  } catch (error) {
    eventId = Sentry.captureException(error);
  }
  response.end("sorry");
});

server.listen(0, "127.0.0.1", async () => {
  await debuggerAttached();
  await fetch(`http://127.0.0.1:${server.address().port}/checkout?${request.query}`, {
    method: "POST",
    body: JSON.stringify({ ...keyed, comment: Object.values(texts) }),
    headers: {
      "content-type": "application/json",
      cookie: request.cookie,
      authorization: request.authorization,
      referer: `https://shop.example.com/cart?${request.query}`,
    },
  });
  await Sentry.flush(10000);
  console.log(JSON.stringify({ event_id: eventId }));
  server.close();
  server.closeAllConnections();
});
