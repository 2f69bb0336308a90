// megalodon, with what it offers beyond posting and reading. Arguments: the server's address, an address for push
// messages and the two keys of a phone. Prints one line of JSON for each step.

import assert from "node:assert/strict";
import generator, { detector } from "megalodon";
import { eventually, granted, redirectUri, say } from "./people.mjs";

const [url, pushService, p256dh, auth] = process.argv.slice(2);
const scopes = ["read", "write", "follow", "push"];
const status = (code) => (error) => error.response.status === code;

assert.equal(await detector(url), "mastodon");

async function logIn(handle) {
  const anonymous = generator("mastodon", url);
  const app = await anonymous.registerApp("Mega", { scopes, redirect_uris: redirectUri });
  const code = await granted(handle, app.url);
  const token = await anonymous.fetchAccessToken(app.client_id, app.client_secret, code, redirectUri);
  return generator("mastodon", url, token.access_token);
}

const ann = await logIn("ann_mega");
const ben = await logIn("ben_mega");
const annId = (await ann.verifyAccountCredentials()).data.id;
const benId = (await ben.verifyAccountCredentials()).data.id;

const asked = (await ann.postStatus("Tea or coffee? #mugs", { poll: { options: ["Tea", "Coffee"], expires_in: 3600 } })).data;
const voted = (await ben.votePoll(asked.poll.id, [1])).data;
assert.deepEqual([voted.voted, voted.votes_count], [true, 1]);
assert.deepEqual((await ann.getPoll(asked.poll.id)).data.options.map((one) => one.votes_count), [0, 1]);
say("poll");

const inHours = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
const later = (await ann.postStatus("for tomorrow", { scheduled_at: inHours(24) })).data;
assert.equal(later.params.text, "for tomorrow");
assert.deepEqual((await ann.getScheduledStatuses()).data.map((one) => one.id), [later.id]);
const moved = inHours(48);
assert.equal((await ann.scheduleStatus(later.id, moved)).data.scheduled_at, moved);
await ann.cancelScheduledStatus(later.id);
await assert.rejects(ann.getScheduledStatus(later.id), status(404));
say("scheduled");

const post = (await ann.postStatus("a frist draft", { language: "en" })).data;
assert.equal((await ann.getStatusSource(post.id)).data.text, "a frist draft");
const edited = (await ann.editStatus(post.id, { status: "a first draft", spoiler_text: "about writing" })).data;
assert.deepEqual([edited.id, edited.spoiler_text], [post.id, "about writing"]);
assert.ok((await ben.getStatus(post.id)).data.edited_at);
say("edited");

const quote = (await ben.postStatus("well said", { quote_id: post.id })).data; // the name that other servers gave it
assert.equal(quote.quote.quoted_status.id, post.id);
say("quoted");

await ann.followAccount(benId);
const list = (await ann.createList("Writers")).data;
await ann.addAccountsToList(list.id, [benId]);
assert.deepEqual((await ann.getAccountsInList(list.id)).data.map((one) => one.id), [benId]);
const listed = (await ben.postStatus("for the list", {})).data;
await eventually(async () => (await ann.getListTimeline(list.id)).data.some((one) => one.id === listed.id));
assert.equal((await ann.updateList(list.id, "Poets")).data.title, "Poets");
await ann.deleteAccountsFromList(list.id, [benId]);
await ann.deleteList(list.id);
assert.deepEqual((await ann.getLists()).data, []);
say("list");

const filter = (await ann.createFilter("toffee", ["home", "public"], { whole_word: true })).data;
assert.deepEqual([filter.phrase, filter.whole_word], ["toffee", true]);
const changed = (await ann.updateFilter(filter.id, "nougat", ["home"], { irreversible: true })).data;
assert.deepEqual([changed.phrase, changed.irreversible], ["nougat", true]);
await ann.deleteFilter(filter.id);
assert.deepEqual((await ann.getFilters()).data, []);
say("filter");

const found = await eventually(async () => {
  const all = (await ben.search("from:ann_mega coffee")).data;
  return all.statuses.length ? all : null;
});
assert.deepEqual(found.statuses.map((one) => one.id), [asked.id]);
assert.deepEqual((await ben.search("#mugs", { type: "hashtags" })).data.hashtags.map((one) => one.name), ["mugs"]);
assert.deepEqual((await ben.search("ann_mega", { type: "accounts" })).data.accounts.map((one) => one.id), [annId]);
say("search");

const made = (await ann.subscribePushNotification(
  { endpoint: `${pushService}/ann`, keys: { p256dh, auth } }, { alerts: { mention: true } },
)).data;
assert.deepEqual([made.alerts.mention, made.alerts.follow], [true, false]);
const changedPush = (await ann.updatePushSubscription({ alerts: { mention: true, poll: true } })).data;
assert.deepEqual([changedPush.alerts.mention, changedPush.alerts.poll], [true, true]);
await ben.postStatus("@ann_mega a word for your pocket", {});
say("push");

await ben.favouriteStatus(post.id);
const kinds = await eventually(async () => {
  const all = new Set((await ann.getNotifications()).data.map((one) => one.type));
  return all.has("mention") && all.has("favourite") && [...all];
});
await ann.dismissNotifications();
assert.deepEqual((await ann.getNotifications()).data, []);
say("notifications", { kinds });

await ann.deletePushSubscription();
await assert.rejects(ann.getPushSubscription(), status(404));
say("done");
process.exit(0);
