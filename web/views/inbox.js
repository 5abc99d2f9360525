// What waits for me, most urgent first.

import { Offline, Problem, SignedOut, ask, everyItem, poll } from "../core/api.js";
import { announce, banner, h, own, reconcile } from "../core/dom.js";
import { nameOf, signInLink, whyOut } from "../core/session.js";
import { because, deadline, plural, urgency } from "../core/words.js";

const SECONDS = 15;
// A link in a message leads here when it cannot lead further.
const NOTES = { "bad-link": "That link is not one of Greenlight’s, or it was cut off. What waits for you is below." };

export async function inbox({ query, signal }) {
  let etag = null;
  const place = h("ul", { class: "cards" });
  const look = async () => {
    const found = await ask("/api/inbox", { signal, headers: etag ? { "If-None-Match": etag } : {} });
    if (found.status === 304) return;
    const more = found.data.continuation ? await everyItem("/api/inbox", { signal, after: found.data.continuation }) : [];
    const items = [...found.data.items, ...more];
    const empty = items.length ? [] : [["empty", "", nothing]];
    reconcile(place, [...empty, ...items.map((item) => [`${item.proposal} ${item.task}`, JSON.stringify(item), () => card(item)])]);
    dispatchEvent(new CustomEvent("greenlight:waiting", { detail: String(items.length) }));
    if (etag !== null) announce(`Your inbox changed: ${plural(items.length, "entry", "entries")}.`);
    etag = found.etag;
  };
  await look();
  poll(() => look().then(() => banner("connection", ""), (error) => lost(error, signal)), () => SECONDS, signal);
  const note = own(NOTES, query.get("note"), null);
  return { title: "Inbox", content: [h("h1", {}, "Inbox"), note ? h("p", { class: "note warn" }, note) : null, place].filter(Boolean) };
}

/** What is shown may be old: say so. Returns false where asking again is of no use. */
export function lost(error, signal) {
  if (signal.aborted) return false;
  if (error instanceof SignedOut) {
    banner("session", `${whyOut(error)} What you wrote is kept.`, signInLink(error));
    return false;
  }
  if (error instanceof Problem && error.status < 500) {
    banner("connection", error.message);
    return false;
  }
  if (!(error instanceof Problem || error instanceof Offline)) throw error;
  banner("connection", "Greenlight does not answer. This is how things stood; it is asked again.");
  return true;
}

const nothing = () => h("li", { class: "empty" },
  h("p", { class: "big" }, "Nothing waits for you."),
  h("p", {}, "When a proposal needs you it appears here, and a message tells you."));

const KINDS = {
  decide: (item) => `You are asked because: ${because(item.why)}`,
  answer: (item) => `A question to you: ${item.why}`,
  revise: () => "Changes are requested: submit a revision, or withdraw it",
  evidence: (item) => `Give evidence that this condition is met: ${item.why}`,
  confirm: (item) => `There is evidence to confirm for the condition: ${item.why}`,
};

function card(item) {
  return h("li", { class: `card ${urgency(item.due_at)}` },
    h("a", { class: "title", href: `#/proposals/${item.proposal}` }, item.title),
    h("p", { class: "meta" },
      deadline(item.due_at),
      h("span", {}, `from ${nameOf(item.author)}`),
      item.revision > 1 ? h("span", {}, `revision ${item.revision}`) : null),
    h("p", { class: "why" }, KINDS[item.kind](item)));
}
