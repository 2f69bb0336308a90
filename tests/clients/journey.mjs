// masto.js, as its users use it. Arguments: the server's address and a picture. Reads codes from standard input when it
// needs a person to grant access, and prints one line of JSON for each step.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import assert from "node:assert/strict";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const [url, pictureFile] = process.argv.slice(2);
const scopes = "read write follow push";
const redirectUri = "urn:ietf:wg:oauth:2.0:oob";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (step, more = {}) => console.log(JSON.stringify({ step, ...more }));

async function logIn(handle) {
  const anonymous = createRestAPIClient({ url });
  const app = await anonymous.v1.apps.create({ clientName: "Journey", redirectUris: redirectUri, scopes });
  const address = new URL("/oauth/authorize", url);
  address.search = new URLSearchParams({
    client_id: app.clientId, redirect_uri: redirectUri, response_type: "code", scope: scopes,
  }).toString();
  say("authorize", { handle, url: address.toString() });
  const code = (await lines.next()).value;
  const oauth = createOAuthAPIClient({ url });
  const token = await oauth.token.create({
    clientId: app.clientId, clientSecret: app.clientSecret, redirectUri, code, grantType: "authorization_code", scope: scopes,
  });
  return token.accessToken;
}

async function eventually(check) {
  for (let n = 0; n < 100; n++) {
    const found = await check();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail("it never came true: " + check);
}

const annToken = await logIn("ann_js");
const benToken = await logIn("ben_js");
const ann = createRestAPIClient({ url, accessToken: annToken });
const ben = createRestAPIClient({ url, accessToken: benToken });

const me = await ann.v1.accounts.verifyCredentials();
assert.equal(me.acct, "ann_js");
const instance = await ann.v2.instance.fetch();
assert.ok(instance.configuration.urls.streaming.startsWith("ws"));
say("instance", { streaming: instance.configuration.urls.streaming });

const media = await ann.v2.media.create({ file: new Blob([await readFile(pictureFile)]), description: "orange" });
assert.ok(media.url);
const post = await ann.v1.statuses.create({ status: "from masto.js #journey", mediaIds: [media.id], visibility: "public" });
assert.equal(post.mediaAttachments[0].description, "orange");
const reply = await ben.v1.statuses.create({ status: "an answer", inReplyToId: post.id });
assert.equal(reply.inReplyToId, post.id);
assert.equal((await ben.v1.statuses.$select(post.id).reblog()).reblog.id, post.id);
assert.equal((await ben.v1.statuses.$select(post.id).favourite()).favourited, true);
assert.equal((await ben.v1.accounts.$select(me.id).follow()).following, true);
const context = await ann.v1.statuses.$select(post.id).context.fetch();
assert.deepEqual(context.descendants.map((one) => one.id), [reply.id]);
say("conversation");

const second = await ann.v1.statuses.create({ status: "for home" });
await eventually(async () => (await ben.v1.timelines.home.list()).some((one) => one.id === second.id));
const kinds = await eventually(async () => {
  const found = new Set((await ann.v1.notifications.list()).map((one) => one.type));
  return found.has("favourite") && found.has("reblog") && found.has("follow") && [...found];
});
say("read", { kinds });

const pages = [];
for await (const page of ann.v1.accounts.$select(me.id).statuses.list({ limit: 1 })) pages.push(page.length);
assert.equal(pages.reduce((sum, one) => sum + one, 0), 2);
say("paged", { pages });

const streaming = createStreamingAPIClient({ streamingApiUrl: instance.configuration.urls.streaming, accessToken: benToken });
const subscription = streaming.user.subscribe();
const heard = (async () => {
  for await (const event of subscription) if (event.event === "update") return event;
})();
await new Promise((done) => setTimeout(done, 1000));
const sent = performance.now();
const live = await ann.v1.statuses.create({ status: "live" });
const event = await heard;
const tookMs = Math.round(performance.now() - sent);
assert.equal(event.payload.id, live.id);
assert.ok(tookMs < 1000, `it took ${tookMs} ms`);
say("streamed", { tookMs });

await ann.v1.statuses.$select(live.id).remove();
await assert.rejects(ben.v1.statuses.$select(live.id).fetch(), (error) => error.statusCode === 404);
subscription.unsubscribe();
streaming.close?.();
say("done");
process.exit(0);
