// What waits for me, most urgent first.

import { ask, everyItem, poll } from "./api.js";
import { announce, h } from "./dom.js";
import { nameOf } from "./session.js";
import { badge, because, capital, due, moment, plural, urgency } from "./words.js";

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
    const own = await mineToDo(signal);
    place.replaceChildren(list(found.data.items), ...own);
    if (!first) announce(`Your inbox changed: ${plural(found.data.items.length, "task")}.`);
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
      h("p", {}, "When somebody needs your approval it appears here, and a message tells you."));
  }
  return h("ul", { class: "cards" }, items.map(card));
}

function card(item) {
  const pressing = urgency(item.due_at);
  return h("li", { class: `card ${pressing}` },
    h("a", { class: "title", href: `#/proposals/${item.proposal}?task=${item.task}` }, item.title),
    h("p", { class: "meta" },
      h("span", { class: `due ${pressing}`, title: moment(item.due_at) }, capital(due(item.due_at))),
      h("span", {}, `from ${nameOf(item.author)}`),
      item.revision > 1 ? h("span", {}, `revision ${item.revision}`) : null),
    h("p", { class: "why" }, `You are asked because: ${because(item.why)}`));
}

/** My own proposals that cannot go on without me. */
async function mineToDo(signal) {
  const items = (await everyItem("/api/proposals", { signal })).filter(({ state }) => state === "changes_requested" || state === "conditions");
  if (!items.length) return [];
  const cards = items.map((item) => h("li", { class: "card" },
    h("a", { class: "title", href: `#/proposals/${item.proposal}` }, item.title),
    h("p", { class: "meta" }, h("span", { class: `badge ${badge(item.state)[0]}` }, badge(item.state)[1]),
      h("span", {}, item.state === "conditions" ? "give evidence in time" : "submit a revision in time"))));
  return [h("h2", {}, "Your proposals that wait for you"), h("ul", { class: "cards" }, cards)];
}

