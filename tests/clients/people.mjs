// What the programs here share: they say their steps, wait for what comes later, and ask a person to grant access.

import { createInterface } from "node:readline";
import assert from "node:assert/strict";

export const redirectUri = "urn:ietf:wg:oauth:2.0:oob";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const say = (step, more = {}) => console.log(JSON.stringify({ step, ...more }));

/** The code that a person gives who was sent to that address. */
export async function granted(handle, url) {
  say("authorize", { handle, url });
  return (await lines.next()).value;
}

export async function eventually(check) {
  for (let n = 0; n < 600; n++) {
    const found = await check();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail("it never came true: " + check);
}
