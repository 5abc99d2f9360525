// What waits for me: rows in groups, most urgent first, worked through by keyboard, with a preview beside the list.

/** @import { InboxItem } from "../core/schemas.js" */
/** @import { Order, Wish } from "../core/queue.js" */
/** @import { Part } from "../core/dom.js" */

import { ask, everyItem, Offline, Problem, poll, SignedOut } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { now } from "../core/clock.js";
import { announce, avatar, banner, button, h, reconcile } from "../core/dom.js";
import { capital, daysFromToday, money } from "../core/format.js";
import { GROUPS, groupOf, keyOf, ORDERS, wished } from "../core/queue.js";
import { fullName, signInLink, takeFirstInbox, whyOut } from "../core/session.js";
import { Peek } from "../parts/peek.js";
import { helpButton, onKeys } from "../parts/shortcuts.js";
import { welcome } from "../parts/welcome.js";
import { because, deadline, since } from "../parts/words.js";

const SECONDS = 15;
const KINDS = ["decide", "answer", "revise", "evidence", "confirm"];
const PLACE = "inbox-wish";

/** Proposals that were selected, to be worked through one after the other. @type {Set<string>} */
export const selection = new Set();

/** @param {{ query: URLSearchParams, signal: AbortSignal }} about */
export async function inbox({ query, signal }) {
  const view = new Inbox(signal);
  await view.look();
  const asking = () =>
    view.look().then(
      () => banner("connection", ""),
      (error) => lost(error, signal),
    );
  poll(asking, () => SECONDS, signal);
  // a link in a message leads here when it cannot lead further
  const note = query.get("note") === "bad-link" ? h("p", { class: "note warn" }, t("note-bad-link")) : null;
  const content = [h("h1", {}, t("inbox-title")), note, welcome(), view.place];
  return { title: t("inbox-title"), content: content.filter((each) => each !== null) };
}

/**
 * What is shown may be old: say so. Returns false where asking again is of no use.
 * @param {unknown} error
 * @param {AbortSignal} signal
 */
export function lost(error, signal) {
  if (signal.aborted) return false;
  if (error instanceof SignedOut) {
    banner("session", t("session-kept", { why: whyOut(error) }), signInLink(error));
    return false;
  }
  if (error instanceof Problem && error.status < 500) {
    banner("connection", error.message);
    return false;
  }
  if (!(error instanceof Problem || error instanceof Offline)) throw error;
  banner("connection", t("no-answer"));
  return true;
}

class Inbox {
  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
    /** @type {string | null} */
    this.etag = null;
    /** @type {InboxItem[]} */
    this.items = [];
    /** @type {Wish} */
    this.wish = { order: "due", kind: "", text: "", ...remembered() };
    this.groups = h("div", { class: "groups" });
    this.chosen = h("div", { class: "chosen", role: "status" });
    this.peek = new Peek(signal);
    this.search = h("input", {
      type: "search",
      name: "search",
      "aria-label": t("inbox-search"),
      placeholder: t("inbox-search"),
      value: this.wish.text,
    });
    this.tools = this.toolbar();
    this.place = h(
      "div",
      { class: "inbox" },
      h("div", { class: "queue" }, this.tools, this.chosen, this.groups),
      this.peek.node,
    );
    this.groups.addEventListener("focusin", (event) => this.look_at(event.target));
    onKeys(signal, {
      j: () => this.step(1),
      k: () => this.step(-1),
      x: () => this.toggle(),
      "/": () => this.search.focus(),
    });
  }

  toolbar() {
    const order = choice(
      t("inbox-order"),
      ORDERS.map((each) => [each, t("inbox-order-by", { order: each })]),
      this.wish.order,
      (value) => this.want({ order: /** @type {Order} */ (value) }),
    );
    const kinds = /** @type {[string, string][]} */ ([
      ["", t("inbox-every-kind")],
      ...KINDS.map((each) => [each, t("inbox-kind", { kind: each })]),
    ]);
    const kind = choice(t("inbox-filter"), kinds, this.wish.kind, (value) => this.want({ kind: value }));
    this.search.addEventListener("input", () => this.want({ text: this.search.value }));
    return h("div", { class: "tools" }, this.search, kind, order, helpButton());
  }

  /** @param {Partial<Wish>} change */
  want(change) {
    this.wish = { ...this.wish, ...change };
    try {
      sessionStorage.setItem(PLACE, JSON.stringify(this.wish));
    } catch {
      // storage is switched off, or full: then it is forgotten
    }
    this.draw();
  }

  async look() {
    const headers = this.etag ? { "If-None-Match": this.etag } : undefined;
    const found = takeFirstInbox() ?? (await ask("/api/inbox", { signal: this.signal, headers }));
    if (found.status === 304) return;
    const after = found.data.continuation;
    const more = after ? await everyItem("/api/inbox", { signal: this.signal, after }) : [];
    this.items = [...found.data.items, ...more];
    for (const each of selection) if (!this.items.some(({ proposal }) => proposal === each)) selection.delete(each);
    this.draw();
    dispatchEvent(new CustomEvent("greenlight:waiting", { detail: this.items.length }));
    if (this.etag !== null) announce(t("inbox-changed", { count: this.items.length }));
    this.etag = found.etag;
  }

  draw() {
    const { items, wish } = this;
    const shown = wished(items, wish, fullName);
    this.tools.hidden = !items.length;
    /** @type {Part[]} */
    const parts = [];
    if (!items.length) parts.push(["empty", "", nothing]);
    else if (!shown.length) parts.push(["none", "", () => h("p", { class: "empty" }, t("inbox-none-fit"))]);
    else if (wish.order === "due") for (const group of GROUPS) parts.push(...this.group(group, shown));
    else parts.push(["all", "", () => h("ul", { class: "rows" })]);
    reconcile(this.groups, parts);
    if (wish.order !== "due") this.fill(this.groups.querySelector("ul.rows"), shown);
    for (const list of /** @type {NodeListOf<HTMLElement>} */ (this.groups.querySelectorAll("ul[data-group]"))) {
      this.fill(
        list,
        shown.filter((item) => this.groupOf(item) === list.dataset.group),
      );
    }
    this.drawChosen();
  }

  /** @param {InboxItem} item */
  groupOf = (item) => groupOf(item.due_at, now(), daysFromToday);

  /** @param {import("../core/queue.js").Group} group @param {InboxItem[]} shown @returns {Part[]} */
  group(group, shown) {
    const count = shown.filter((item) => this.groupOf(item) === group).length;
    if (!count) return [];
    const make = () =>
      h(
        "section",
        { class: `group ${group}`, "aria-labelledby": `group-${group}` },
        h(
          "h2",
          { id: `group-${group}` },
          t("inbox-group", { group }),
          " ",
          h("span", { class: "meta" }, String(count)),
        ),
        h("ul", { class: "rows", "data-group": group }),
      );
    const old = /** @type {HTMLElement | null} */ (this.groups.querySelector(`[data-part="${group}"] h2 .meta`));
    if (old) old.textContent = String(count);
    return [[group, group, make]];
  }

  /** @param {HTMLElement | null} list @param {InboxItem[]} items */
  fill(list, items) {
    if (!list) return;
    reconcile(
      list,
      items.map((item) => [keyOf(item), JSON.stringify(item), () => row(item)]),
    );
  }

  /** @returns {HTMLAnchorElement[]} */
  links() {
    return [.../** @type {NodeListOf<HTMLAnchorElement>} */ (this.groups.querySelectorAll(".rows a.title"))];
  }

  /** @param {number} by */
  step(by) {
    const links = this.links();
    const here = links.findIndex((link) => link.closest("li")?.contains(document.activeElement));
    const next = links[here < 0 ? 0 : Math.min(links.length - 1, Math.max(0, here + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  toggle() {
    const li = /** @type {HTMLElement | null} */ (document.activeElement?.closest(".rows li"));
    const proposal = li?.dataset.proposal;
    if (!li || !proposal) return;
    if (!selection.delete(proposal)) selection.add(proposal);
    li.classList.toggle("selected", selection.has(proposal));
    this.drawChosen();
  }

  drawChosen() {
    for (const li of /** @type {NodeListOf<HTMLElement>} */ (this.groups.querySelectorAll(".rows li"))) {
      li.classList.toggle("selected", selection.has(li.dataset.proposal ?? ""));
    }
    const all = wished(this.items, { ...this.wish, kind: "", text: "" }, fullName);
    const chosen = all.filter(({ proposal }) => selection.has(proposal));
    const first = chosen[0];
    const sum = chosen.reduce((total, { budget }) => total + Number(budget), 0);
    const clear = () => {
      selection.clear();
      this.drawChosen();
    };
    this.chosen.replaceChildren(
      ...(first
        ? [
            h("span", {}, t("inbox-chosen", { count: chosen.length, sum: money(sum, first.currency) })),
            h("a", { class: "button primary small", href: `#/proposals/${first.proposal}` }, t("inbox-work-through")),
            button(t("inbox-clear"), clear, "small"),
          ]
        : []),
    );
  }

  /** @param {EventTarget | null} target */
  look_at(target) {
    const li = /** @type {HTMLElement | null} */ (target instanceof Element ? target.closest(".rows li") : null);
    if (!li) return;
    for (const each of this.groups.querySelectorAll("li.current")) each.classList.remove("current");
    li.classList.add("current");
    const item = this.items.find((each) => keyOf(each) === li.dataset.part);
    if (item) this.peek.show(item);
  }
}

/** @returns {Partial<Wish>} */
function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
  } catch {
    return {};
  }
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 * @param {string} current
 * @param {(value: string) => void} change
 */
function choice(label, options, current, change) {
  const made = options.map(([value, text]) => h("option", { value, selected: value === current }, text));
  return h("select", { "aria-label": label, onchange: (/** @type {any} */ event) => change(event.target.value) }, made);
}

const nothing = () =>
  h("div", { class: "empty" }, h("p", { class: "big" }, t("inbox-empty")), h("p", {}, t("inbox-empty-about")));

/** What is asked for, in a line. @param {InboxItem} item */
function reason(item) {
  if (item.escalated_from) return t("inbox-escalated", { from: fullName(item.escalated_from) });
  return t("inbox-why", { kind: item.kind, why: because(item.why) });
}

/** @param {InboxItem} item */
function row(item) {
  const author = fullName(item.author);
  const escalated = item.escalated_from ? h("span", { class: "badge warn" }, t("badge-escalated")) : null;
  const revised =
    item.revision > 1 ? h("span", { class: "badge quiet" }, t("revision", { revision: item.revision })) : null;
  return h(
    "li",
    { class: item.kind, "data-proposal": item.proposal },
    avatar(author),
    h(
      "div",
      { class: "what" },
      h("a", { class: "title", href: `#/proposals/${item.proposal}` }, item.title),
      h(
        "p",
        { class: "why" },
        escalated,
        revised,
        h("span", {}, author),
        " · ",
        capital(reason(item)),
        item.escalated_from ? [" · ", since(item.opened_at)] : null,
      ),
    ),
    h("span", { class: "category" }, item.category),
    h("span", { class: `risk ${item.risk}` }, t("risk-level", { risk: item.risk })),
    h("span", { class: "amount" }, money(item.budget, item.currency)),
    h("span", { class: "age" }, since(item.opened_at)),
    deadline(item.due_at),
  );
}
