// masto.js, with everything beyond posting and reading. Arguments: the server's address, an address for push messages
// and the two keys of a phone. Prints one line of JSON for each step.

import assert from "node:assert/strict";
import { createOAuthAPIClient, createRestAPIClient } from "masto";
import { eventually, granted, redirectUri, say } from "./people.mjs";

const [url, pushService, p256dh, auth] = process.argv.slice(2);
const scopes = "read write follow push";

async function logIn(handle) {
  const app = await createRestAPIClient({ url }).v1.apps.create({ clientName: "Grown", redirectUris: redirectUri, scopes });
  const address = new URL("/oauth/authorize", url);
  address.search = new URLSearchParams({
    client_id: app.clientId, redirect_uri: redirectUri, response_type: "code", scope: scopes,
  }).toString();
  const code = await granted(handle, address.toString());
  const token = await createOAuthAPIClient({ url }).token.create({
    clientId: app.clientId, clientSecret: app.clientSecret, redirectUri, code, grantType: "authorization_code", scope: scopes,
  });
  return createRestAPIClient({ url, accessToken: token.accessToken });
}

const cat = await logIn("cat_js");
const dan = await logIn("dan_js");
const catId = (await cat.v1.accounts.verifyCredentials()).id;
const danId = (await dan.v1.accounts.verifyCredentials()).id;

const asked = await cat.v1.statuses.create({
  status: "Tea or coffee? #drinks", poll: { options: ["Tea", "Coffee", "Water"], expiresIn: 3600, multiple: true },
});
assert.deepEqual(asked.poll.options.map((one) => one.title), ["Tea", "Coffee", "Water"]);
const voted = await dan.v1.polls.$select(asked.poll.id).votes.create({ choices: [0, 2] });
assert.deepEqual([voted.voted, voted.ownVotes, voted.votesCount, voted.votersCount], [true, [0, 2], 2, 1]);
assert.deepEqual((await cat.v1.polls.$select(asked.poll.id).fetch()).options.map((one) => one.votesCount), [1, 0, 1]);
await assert.rejects(dan.v1.polls.$select(asked.poll.id).votes.create({ choices: [1] }), (error) => error.statusCode === 422);
say("poll");

const inHours = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
const later = await cat.v1.statuses.create({ status: "for tomorrow", scheduledAt: inHours(24), visibility: "unlisted" });
assert.deepEqual([later.params.text, later.params.visibility], ["for tomorrow", "unlisted"]);
assert.deepEqual((await cat.v1.scheduledStatuses.list()).map((one) => one.id), [later.id]);
const evenLater = inHours(48);
assert.equal((await cat.v1.scheduledStatuses.$select(later.id).update({ scheduledAt: evenLater })).scheduledAt, evenLater);
await assert.rejects(dan.v1.scheduledStatuses.$select(later.id).fetch(), (error) => error.statusCode === 404);
await cat.v1.scheduledStatuses.$select(later.id).remove();
assert.deepEqual(await cat.v1.scheduledStatuses.list(), []);
say("scheduled");

const post = await cat.v1.statuses.create({ status: "a frist draft", language: "en" });
const source = await cat.v1.statuses.$select(post.id).source.fetch();
assert.equal(source.text, "a frist draft");
const edited = await cat.v1.statuses.$select(post.id).update({ status: "a first draft", spoilerText: "about writing" });
assert.deepEqual([typeof edited.editedAt, edited.spoilerText, edited.id], ["string", "about writing", post.id]);
const history = await dan.v1.statuses.$select(post.id).history.list();
assert.deepEqual(history.map((one) => [one.content, one.spoilerText]), [
  ["<p>a frist draft</p>", ""], ["<p>a first draft</p>", "about writing"],
]);
say("edited");

const quote = await dan.v1.statuses.create({ status: "well said", quotedStatusId: post.id });
assert.deepEqual([quote.quote.state, quote.quote.quotedStatus.id], ["accepted", post.id]);
assert.deepEqual((await cat.v1.statuses.$select(post.id).quotes.list()).map((one) => one.id), [quote.id]);
const closed = await cat.v1.statuses.create({ status: "not for quoting", quoteApprovalPolicy: "nobody" });
await assert.rejects(
  dan.v1.statuses.create({ status: "and yet", quotedStatusId: closed.id }), (error) => [403, 404, 422].includes(error.statusCode),
);
say("quoted");

await cat.v1.accounts.$select(danId).follow();
const list = await cat.v1.lists.create({ title: "Writers", exclusive: true, repliesPolicy: "followed" });
assert.deepEqual([list.title, list.exclusive, list.repliesPolicy], ["Writers", true, "followed"]);
await cat.v1.lists.$select(list.id).accounts.create({ accountIds: [danId] });
assert.deepEqual((await cat.v1.lists.$select(list.id).accounts.list()).map((one) => one.id), [danId]);
const listed = await dan.v1.statuses.create({ status: "for those who keep me in a list" });
await eventually(async () => (await cat.v1.timelines.list.$select(list.id).list()).some((one) => one.id === listed.id));
assert.ok(!(await cat.v1.timelines.home.list()).some((one) => one.id === listed.id));
await cat.v1.lists.$select(list.id).remove();
assert.deepEqual(await cat.v1.lists.list(), []);
say("list");

const filter = await cat.v2.filters.create({
  title: "Sweets", context: ["home", "public"], filterAction: "warn", expiresIn: 3600,
  keywordsAttributes: [{ keyword: "cake", wholeWord: true }],
});
await cat.v2.filters.$select(filter.id).keywords.create({ keyword: "biscuit", wholeWord: false });
const sweet = await dan.v1.statuses.create({ status: "Biscuits and CAKE" });
const [found] = (await cat.v1.statuses.$select(sweet.id).fetch()).filtered;
assert.deepEqual([found.filter.title, found.keywordMatches.toSorted()], ["Sweets", ["biscuit", "cake"]]);
await cat.v2.filters.$select(filter.id).update({ filterAction: "hide" });
assert.equal((await cat.v1.statuses.$select(sweet.id).fetch()).filtered[0].filter.filterAction, "hide");
await cat.v2.filters.$select(filter.id).remove();
assert.deepEqual(await cat.v2.filters.list(), []);
say("filter");

const results = await eventually(async () => {
  const all = await dan.v2.search.list({ q: "from:cat_js tea" });
  return all.statuses.length ? all : null;
});
assert.deepEqual(results.statuses.map((one) => one.id), [asked.id]);
assert.deepEqual((await dan.v2.search.list({ q: "cat_js", type: "accounts" })).accounts.map((one) => one.id), [catId]);
assert.deepEqual((await dan.v2.search.list({ q: "#drinks", type: "hashtags" })).hashtags.map((one) => one.name), ["drinks"]);
say("search");

const subscription = await cat.v1.push.subscription.create({
  subscription: { endpoint: `${pushService}/cat`, keys: { p256dh, auth }, standard: true },
  data: { alerts: { mention: true } }, policy: "all",
});
assert.deepEqual([subscription.alerts.mention, subscription.alerts.follow, subscription.policy], [true, false, "all"]);
assert.equal((await cat.v1.push.subscription.fetch()).endpoint, `${pushService}/cat`);
const call = await dan.v1.statuses.create({ status: "@cat_js a word for your pocket" });
say("push");

await dan.v1.statuses.$select(post.id).favourite();
const groups = await eventually(async () => {
  const page = await cat.v2.notifications.list();
  const kinds = page.notificationGroups.map((one) => one.type);
  return kinds.includes("mention") && kinds.includes("favourite") && kinds.includes("quote") && page;
});
const liked = groups.notificationGroups.find((one) => one.type === "favourite");
assert.deepEqual([liked.statusId, liked.sampleAccountIds, liked.notificationsCount], [post.id, [danId], 1]);
assert.ok(groups.accounts.some((one) => one.id === danId) && groups.statuses.some((one) => one.id === call.id));
assert.ok((await cat.v2.notifications.unreadCount.fetch()).count >= 3);
assert.deepEqual((await cat.v2.notifications.$select(liked.groupKey).accounts.fetch()).map((one) => one.id), [danId]);
await cat.v2.notifications.$select(liked.groupKey).dismiss();
assert.ok(!(await cat.v2.notifications.list()).notificationGroups.some((one) => one.groupKey === liked.groupKey));
say("grouped");

const policy = await cat.v2.notifications.policy.update({ forNotFollowers: "filter", forPrivateMentions: "drop" });
assert.deepEqual([policy.forNotFollowers, policy.forPrivateMentions, policy.forNotFollowing], ["filter", "drop", "accept"]);
await dan.v1.statuses.create({ status: "@cat_js one who does not follow you" });
const [request] = await eventually(async () => {
  const waiting = await cat.v1.notifications.requests.list();
  return waiting.length ? waiting : null;
});
assert.equal(request.account.id, danId);
await cat.v1.notifications.requests.$select(request.id).accept();
await eventually(async () => (await cat.v1.notifications.requests.list()).length === 0);
say("policy");

await cat.v1.push.subscription.remove();
await assert.rejects(cat.v1.push.subscription.fetch(), (error) => error.statusCode === 404);
say("done");
process.exit(0);
