// What waits for me, most urgent first.

import { ask, poll } from "./api.js";
import { announce, h } from "./dom.js";
import { nameOf } from "./session.js";
import { because, capital, due, moment, plural, urgency } from "./words.js";

const SECONDS = 15;
// A link in a message leads here when it cannot lead further.
const NOTES = { "bad-link": "That link is not one of Greenlight’s, or it was cut off. What waits for you is below." };

export async function inbox({ query, signal }) {
  let etag = null;
  const place = h("div", {});
  const look = async () => {
    const found = await ask("/api/inbox", { signal, headers: etag ? { "If-None-Match": etag } : {} });
    if (found.status === 304) return;
    const first = etag === null;
    etag = found.etag;
    place.replaceChildren(list(found.data.items));
    if (!first) announce(`Your inbox changed: ${plural(found.data.items.length, "entry", "entries")}.`);
  };
  await look();
  poll(look, () => SECONDS, signal, () => {});
  const note = NOTES[query.get("note")];
  return { title: "Inbox", content: [h("h1", {}, "Inbox"), note ? h("p", { class: "note warn" }, note) : null, place].filter(Boolean) };
}

function list(items) {
  if (!items.length) {
    return h("section", { class: "empty" },
      h("p", { class: "big" }, "Nothing waits for you."),
      h("p", {}, "When a proposal needs you it appears here, and a message tells you."));
  }
  return h("ul", { class: "cards" }, items.map(card));
}

const KINDS = {
  decide: (item) => `You are asked because: ${because(item.why)}`,
  answer: (item) => `A question to you: ${item.why}`,
  revise: () => "Changes are requested: submit a revision, or withdraw it",
  evidence: (item) => `Give evidence that this condition is met: ${item.why}`,
  confirm: (item) => `There is evidence to confirm for the condition: ${item.why}`,
};

function card(item) {
  const pressing = urgency(item.due_at);
  return h("li", { class: `card ${pressing}` },
    h("a", { class: "title", href: `#/proposals/${item.proposal}` }, item.title),
    h("p", { class: "meta" },
      h("span", { class: `due ${pressing}`, title: moment(item.due_at) }, capital(due(item.due_at))),
      h("span", {}, `from ${nameOf(item.author)}`),
      item.revision > 1 ? h("span", {}, `revision ${item.revision}`) : null),
    h("p", { class: "why" }, KINDS[item.kind](item)));
}
