// Lists: my proposals, everything open (operators), the messages to me.

import { ask, everyItem } from "../core/api.js";
import { banner, button, h, prose } from "../core/dom.js";
import { nameOf, session } from "../core/session.js";
import { badge, dateTime } from "../core/words.js";

export async function mine({ query, signal }) {
  const all = session.operator && query.get("scope") === "open";
  const items = await everyItem(`/api/proposals${all ? "?scope=open" : ""}`, { signal });
  items.sort((a, b) => b.changed_at.localeCompare(a.changed_at));
  const title = all ? "Everything open" : "My proposals";
  const tabs = session.operator
    ? h("nav", { class: "tabs", "aria-label": "Which proposals" },
        h("a", { href: "#/mine", "aria-current": all ? null : "page" }, "Mine"),
        h("a", { href: "#/mine?scope=open", "aria-current": all ? "page" : null }, "Everything open"))
    : null;
  return { title, content: [h("h1", {}, title), tabs, items.length ? h("ul", { class: "cards" }, items.map(row)) : none(all)].filter(Boolean) };
}

function row(item) {
  const [kind, text] = badge(item.state, item.outcome);
  return h("li", { class: "card" },
    h("a", { class: "title", href: `#/proposals/${item.proposal}` }, item.title),
    h("p", { class: "meta" },
      h("span", { class: `badge ${kind}` }, text),
      h("span", {}, `from ${nameOf(item.author)}`),
      item.revision > 1 ? h("span", {}, `revision ${item.revision}`) : null,
      h("span", {}, `changed ${dateTime(item.changed_at)}`)));
}

const none = (all) => h("section", { class: "empty" },
  h("p", { class: "big" }, all ? "Nothing is open." : "You have not submitted anything yet."),
  all ? null : h("p", {}, h("a", { class: "button primary", href: "#/submit" }, "Submit a proposal")));

export async function messages({ signal }) {
  const place = h("ul", { class: "cards" });
  const more = h("p", {});
  const load = async (continuation) => {
    const before = place.children.length;
    const { data } = await ask(`/api/outbox${continuation ? `?continuation=${encodeURIComponent(continuation)}` : ""}`, { signal });
    place.append(...data.items.map(message));
    more.replaceChildren(...(data.continuation ? [older(data.continuation)] : []));
    if (continuation) place.children[before]?.querySelector("summary").focus();
  };
  const older = (continuation) => {
    const made = button("Older messages", () => {
      made.disabled = true;
      load(continuation).then(() => banner("connection", ""), (error) => {
        made.disabled = false;
        banner("connection", error.message);
      });
    });
    return made;
  };
  await load(null);
  const empty = place.children.length ? null : h("section", { class: "empty" }, h("p", { class: "big" }, "No messages yet."));
  return { title: "Messages", content: [h("h1", {}, "Messages"), h("p", { class: "lead" }, "What Greenlight wrote to you, newest first."), empty ?? place, more] };
}

function message(each) {
  return h("li", { class: "card" },
    h("details", {},
      h("summary", {}, h("span", { class: "title" }, each.subject), h("span", { class: "meta" }, dateTime(each.at))),
      prose(each.text),
      h("p", {}, h("a", { href: each.path }, "Open the proposal"))));
}
