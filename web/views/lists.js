// Lists: my proposals, everything open (operators), the messages to me.

/** @import { ListItem, Message } from "../core/schemas.js" */

import { ask, everyItem } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { avatar, banner, button, h, prose } from "../core/dom.js";
import { draft } from "../core/drafts.js";
import { dateTime } from "../core/format.js";
import { fullName, session } from "../core/session.js";
import { badge, since } from "../parts/words.js";

/** @param {{ query: URLSearchParams, signal: AbortSignal }} about */
export async function mine({ query, signal }) {
  const all = session.operator && query.get("scope") === "open";
  /** @type {ListItem[]} */
  const items = await everyItem(`/api/proposals${all ? "?scope=open" : ""}`, { signal });
  items.sort((one, two) => two.changed_at.localeCompare(one.changed_at));
  const title = t(all ? "open-title" : "mine-title");
  const rows = items.length ? h("ul", { class: "rows plain" }, items.map(row)) : none(all);
  const content = [h("h1", {}, title), session.operator ? tabs(all) : null, all ? null : begun(), rows];
  return { title, content: content.filter((each) => each !== null) };
}

/** @param {boolean} all */
const tabs = (all) =>
  h(
    "nav",
    { class: "tabs", "aria-label": t("tabs-label") },
    h("a", { href: "#/mine", "aria-current": all ? null : "page" }, t("tab-mine")),
    h("a", { href: "#/mine?scope=open", "aria-current": all ? "page" : null }, t("open-title")),
  );

/** What was begun in this tab and not sent yet. */
function begun() {
  const kept = draft.read("submit");
  if (!kept) return null;
  const drop = () => {
    draft.drop("submit");
    note.remove();
  };
  const note = h(
    "p",
    { class: "note row" },
    h("span", {}, t("draft-begun", { title: kept.title || t("draft-untitled") })),
    h("a", { class: "button small", href: "#/submit" }, t("draft-continue")),
    button(t("draft-discard"), drop, "small"),
  );
  return note;
}

/** @param {ListItem} item */
function row(item) {
  const author = fullName(item.author);
  return h(
    "li",
    {},
    avatar(author),
    h(
      "div",
      { class: "what" },
      h("a", { class: "title", href: `#/proposals/${item.proposal}` }, item.title),
      h("p", { class: "why" }, author, item.revision > 1 ? [" · ", t("revision", { revision: item.revision })] : null),
    ),
    badge(item.state, item.outcome),
    h("span", { class: "age" }, since(item.changed_at)),
  );
}

/** @param {boolean} all */
const none = (all) =>
  h(
    "section",
    { class: "empty" },
    h("p", { class: "big" }, t(all ? "open-empty" : "mine-empty")),
    all ? null : h("p", {}, h("a", { class: "button primary", href: "#/submit" }, t("submit-title"))),
  );

/** @param {{ signal: AbortSignal }} about */
export async function messages({ signal }) {
  const place = h("ul", { class: "cards" });
  const more = h("p", {});
  const load = async (/** @type {string | null} */ continuation) => {
    const before = place.children.length;
    const path = continuation ? `/api/outbox?continuation=${encodeURIComponent(continuation)}` : "/api/outbox";
    const { data } = await ask(path, { signal });
    place.append(...data.items.map(message));
    more.replaceChildren(...(data.continuation ? [older(data.continuation)] : []));
    if (continuation) place.children[before]?.querySelector("summary")?.focus();
  };
  const older = (/** @type {string} */ continuation) => {
    const made = button(t("messages-older"), async () => {
      made.disabled = true;
      try {
        await load(continuation);
        banner("connection", "");
      } catch (error) {
        made.disabled = false;
        banner("connection", /** @type {Error} */ (error).message);
      }
    });
    return made;
  };
  await load(null);
  const empty = h("section", { class: "empty" }, h("p", { class: "big" }, t("messages-empty")));
  const list = place.children.length ? place : empty;
  const content = [h("h1", {}, t("messages-title")), h("p", { class: "lead" }, t("messages-about")), list, more];
  return { title: t("messages-title"), content };
}

/** @param {Message} each */
const message = (each) =>
  h(
    "li",
    { class: "card" },
    h(
      "details",
      {},
      h("summary", {}, h("span", { class: "title" }, each.subject), h("span", { class: "meta" }, dateTime(each.at))),
      prose(each.text),
      h("p", {}, h("a", { href: each.path }, t("open-proposal"))),
    ),
  );
