// The shell: navigation, who is looking, which view; loading, errors and a session that ended.

import { keepTime } from "../parts/words.js";
import { inbox } from "../views/inbox.js";
import { messages, mine } from "../views/lists.js";
import { proposal } from "../views/proposal.js";
import { record } from "../views/record.js";
import { revise, submit } from "../views/submit.js";
import { ask, Offline, OtherPerson, Problem, SignedOut } from "./api.js";
import { loadCatalogue, t } from "./catalogue.js";
import { announce, avatar, banner, button, clearBanners, fixed, h, icon } from "./dom.js";
import { draft } from "./drafts.js";
import { become, close, fullName, open, readClock, session, signInLink, takeFirstInbox } from "./session.js";

/** @typedef {{ id: string, query: URLSearchParams, signal: AbortSignal, retitle: (title: string) => void }} About */
/** @typedef {(about: About) => Promise<{ title: string, content: Node | Node[] }>} ViewOf */

/** @type {[RegExp, ViewOf][]} */
const ROUTES = [
  [/^\/$/, inbox],
  [/^\/submit$/, submit],
  [/^\/mine$/, mine],
  [/^\/messages$/, messages],
  [/^\/proposals\/([\w-]+)$/, proposal],
  [/^\/proposals\/([\w-]+)\/record$/, record],
  [/^\/proposals\/([\w-]+)\/revise$/, revise],
];
const NAVIGATION = /** @type {const} */ ([
  ["#/", "inbox"],
  ["#/submit", "submit"],
  ["#/mine", "mine"],
  ["#/messages", "messages"],
]);
const MINUTE = 60_000;
const BRAND = "Greenlight";
const main = fixed("main");
let leaving = new AbortController();

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  clearBanners();
  settled = false;
  mark();
  const [path = "/", search = ""] = (location.hash.slice(1) || "/").split("?");
  const loading = setTimeout(() => main.replaceChildren(skeleton()), 150);
  try {
    if (session.me) await readClock();
    else await open();
    shell(path);
    const [match, view] = routeOf(path);
    const { title, content } = await view({ id: match[1] ?? "", query: new URLSearchParams(search), signal, retitle });
    if (signal.aborted) return;
    clearTimeout(loading);
    main.replaceChildren(...[content].flat());
    retitle(title);
    arrive();
    settled = true;
  } catch (error) {
    clearTimeout(loading);
    if (!signal.aborted) failed(error, path);
  }
}

/** @param {string} path @returns {[RegExpExecArray, ViewOf]} */
function routeOf(path) {
  for (const [pattern, view] of ROUTES) {
    const match = pattern.exec(path);
    if (match) return [match, view];
  }
  throw new Problem(404, { detail: t("no-such-page") });
}

/** @param {string} title */
function retitle(title) {
  document.title = `${title} – ${BRAND}`;
}

let arrived = false;
/** A new view is read from its heading on; the first one from the top, as every page. */
function arrive() {
  if (!arrived) {
    arrived = true;
    return;
  }
  if (fixed("person").contains(document.activeElement)) return; // still choosing who to be
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  scrollTo(0, places.get(history.state?.place) ?? 0);
}

// Where each entry of the history was left, so that "back" leads to the same place.
/** @type {Map<string, number>} */
const places = new Map();
history.scrollRestoration = "manual";
let settled = false; // while a view is being changed, where it stands says nothing
addEventListener("scroll", () => settled && places.set(history.state?.place, scrollY), { passive: true });
function mark() {
  if (!history.state?.place) history.replaceState({ place: crypto.randomUUID() }, "");
}

const skeleton = () =>
  h("div", { class: "skeleton", "aria-label": t("loading"), role: "status" }, h("span"), h("span"), h("span"));

/** @param {unknown} error @param {string} path */
function failed(error, path) {
  if (error instanceof OtherPerson) {
    close();
    return show();
  }
  if (error instanceof SignedOut) return signedOut(error);
  const missing = error instanceof Problem && error.status === 404;
  const known = error instanceof Problem || error instanceof Offline;
  if (!known) console.error(error);
  const title = t("failed-title", { kind: missing ? "missing" : error instanceof Offline ? "offline" : "other" });
  const text = known ? error.message : t("failed-here");
  const way = missing ? h("p", {}, h("a", { href: "#/" }, t("to-inbox"))) : button(t("try-again"), show, "primary");
  main.replaceChildren(h("section", { class: "empty", "data-failed": "" }, h("h1", {}, title), h("p", {}, text), way));
  retitle(title);
  if (session.me) shell(path);
  return arrive();
}

/** @param {SignedOut} error */
function signedOut(error) {
  close();
  shell("");
  const local = session.identity === "local";
  const stranger = !local && error.message.includes("directory");
  const title = t("signed-out-title", { kind: local ? "local" : stranger ? "stranger" : "other" });
  const text = local ? t("signed-out-local") : error.message;
  const way = local ? picker() : h("p", {}, stranger ? signOutLink() : signInLink());
  main.replaceChildren(h("section", { class: "empty" }, h("h1", {}, title), h("p", {}, text), way));
  retitle(title);
  arrive();
}

const signOutLink = () => h("a", { href: session.signOut, onclick: draft.dropAll }, t("sign-out"));

function picker() {
  const choose = (/** @type {any} */ event) => {
    if (!event.target.value) return;
    become(event.target.value);
    close();
    show();
  };
  const options = session.choices.map(({ id, name }) =>
    h("option", { value: id, selected: id === session.me?.id }, name),
  );
  const blank = session.me ? null : h("option", { value: "" }, t("choose"));
  return h(
    "label",
    { class: "picker" },
    h("span", {}, t("you-are")),
    h("select", { onchange: choose }, blank, options),
  );
}

/** @param {string} path */
function shell(path) {
  fixed("nav").replaceChildren(...(session.me ? NAVIGATION.map(([href, name]) => entry(href, name, path)) : []));
  const person = fixed("person");
  const choosing = person.contains(document.activeElement);
  if (!session.me) person.replaceChildren();
  else if (session.identity === "local") person.replaceChildren(avatar(fullName(session.me.id)), picker());
  else person.replaceChildren(avatar(fullName(session.me.id)), h("span", {}, fullName(session.me.id)), signOutLink());
  if (choosing) person.querySelector("select")?.focus();
  if (session.me && path !== "/") countInbox(); // the inbox itself tells what it has read
}

/** @param {string} href @param {string} name @param {string} path */
function entry(href, name, path) {
  const here = href === `#${path}`;
  const count = href === "#/" ? h("span", { id: "count" }) : null;
  return h("a", { href, "aria-current": here ? "page" : null }, icon(name), h("span", {}, t("nav", { name })), count);
}

/** How many wait, beside "Inbox". A hint: when it cannot be read, nothing is said. */
async function countInbox() {
  const found = takeFirstInbox() ?? (await ask("/api/inbox").catch(() => null));
  showCount(found ? found.data.items.length : 0, Boolean(found?.data.continuation));
}

/** @param {number} count @param {boolean} [more] */
function showCount(count, more = false) {
  const shown = `${count}${more ? "+" : ""}`;
  const parts = [
    h("span", { class: "count", "aria-hidden": "true" }, shown),
    h("span", { class: "unseen" }, " ", t("nav-waiting", { count })),
  ];
  document.getElementById("count")?.replaceChildren(...(count ? parts : []));
}

async function begin() {
  await loadCatalogue();
  const skip = fixed("skip");
  skip.textContent = t("skip");
  skip.addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view, not a place in it
    main.focus();
  });
  fixed("nav").setAttribute("aria-label", t("nav-label"));
  // a file that misses its place must not take the page away
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  addEventListener("hashchange", show);
  addEventListener("offline", () => banner("offline", t("offline")));
  addEventListener("online", () => {
    banner("offline", "");
    announce(t("online"));
    if (main.querySelector("[data-failed]")) show();
  });
  addEventListener("greenlight:changed", countInbox);
  addEventListener("greenlight:waiting", (event) => showCount(/** @type {CustomEvent} */ (event).detail));
  setInterval(keepTime, MINUTE);
  await show();
}

begin();
