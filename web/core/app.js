// The shell: navigation, who is looking, which view; loading, errors and a session that ended.

import { Offline, OtherPerson, Problem, SignedOut, ask } from "./api.js";
import { announce, banner, button, clearBanners, h } from "./dom.js";
import { become, close, draft, fullName, open, readClock, session, signInLink } from "./session.js";
import { inbox } from "../views/inbox.js";
import { messages, mine } from "../views/lists.js";
import { proposal } from "../views/proposal.js";
import { record } from "../views/record.js";
import { revise, submit } from "../views/submit.js";
import { keepTime } from "./words.js";

const ROUTES = [
  [/^\/$/, inbox],
  [/^\/submit$/, submit],
  [/^\/mine$/, mine],
  [/^\/messages$/, messages],
  [/^\/proposals\/([\w-]+)$/, proposal],
  [/^\/proposals\/([\w-]+)\/record$/, record],
  [/^\/proposals\/([\w-]+)\/revise$/, revise],
];
const NAVIGATION = [
  ["#/", "Inbox"],
  ["#/submit", "Submit"],
  ["#/mine", "Proposals"],
  ["#/messages", "Messages"],
];
const MINUTE = 60_000;
const main = document.getElementById("main");
let leaving = new AbortController();

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  clearBanners();
  settled = false;
  mark();
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  const loading = setTimeout(() => main.replaceChildren(skeleton()), 150);
  try {
    if (session.me) await readClock();
    else await open();
    shell(path);
    const found = ROUTES.map(([pattern, view]) => [pattern.exec(path), view]).find(([match]) => match);
    if (!found) throw new Problem(404, { detail: "There is no such page here. What waits for you is in the inbox." });
    const [match, view] = found;
    const { title, content } = await view({ id: match[1], query: new URLSearchParams(search), signal, retitle });
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

function retitle(title) {
  document.title = `${title} – Greenlight`;
}

let arrived = false;
/** A new view is read from its heading on; the first one from the top, as every page. */
function arrive() {
  if (!arrived) return void (arrived = true);
  if (document.getElementById("person").contains(document.activeElement)) return; // still choosing who to be
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  scrollTo(0, places.get(history.state?.place) ?? 0);
}

// Where each entry of the history was left, so that "back" leads to the same place.
const places = new Map();
history.scrollRestoration = "manual";
let settled = false; // while a view is being changed, where it stands says nothing
addEventListener("scroll", () => settled && places.set(history.state?.place, scrollY), { passive: true });
function mark() {
  if (!history.state?.place) history.replaceState({ place: crypto.randomUUID() }, "");
}

const skeleton = () => h("div", { class: "skeleton", "aria-label": "Loading", role: "status" }, h("span"), h("span"), h("span"));

function failed(error, path) {
  if (error instanceof OtherPerson) {
    close();
    return show();
  }
  if (error instanceof SignedOut) return signedOut(error);
  const missing = error instanceof Problem && error.status === 404;
  const title = missing ? "Nothing here" : error instanceof Offline ? "No connection" : "That did not work";
  const known = error instanceof Problem || error instanceof Offline;
  if (!known) console.error(error);
  main.replaceChildren(h("section", { class: "empty", "data-failed": "" },
    h("h1", {}, title),
    h("p", {}, known ? error.message : "Something went wrong in this page. Nothing is lost."),
    missing ? h("p", {}, h("a", { href: "#/" }, "To the inbox")) : button("Try again", show, "primary")));
  retitle(title);
  if (session.me) shell(path);
  arrive();
}

function signedOut(error) {
  close();
  shell("");
  const local = session.identity === "local";
  const stranger = !local && error.message.includes("directory");
  const title = local ? "Who are you?" : stranger ? "You are not known here" : "You are signed out";
  const text = local ? "On this machine you may be anybody of the directory. On Azure people sign in." : error.message;
  const way = local ? picker() : h("p", {}, stranger ? signOutLink() : signInLink());
  main.replaceChildren(h("section", { class: "empty" }, h("h1", {}, title), h("p", {}, text), way));
  retitle(title);
  arrive();
}

const signOutLink = () => h("a", { href: session.signOut, onclick: draft.dropAll }, "Sign out");

function picker() {
  const choose = (event) => {
    if (!event.target.value) return;
    become(event.target.value);
    close();
    show();
  };
  const options = session.choices.map(({ id, name }) => h("option", { value: id, selected: id === session.me?.id }, name));
  const blank = session.me ? null : h("option", { value: "" }, "Choose…");
  return h("label", { class: "picker" }, h("span", {}, "You are"), h("select", { onchange: choose }, blank, options));
}

function shell(path) {
  document.getElementById("nav").replaceChildren(...(session.me ? NAVIGATION.map(([href, text]) => entry(href, text, path)) : []));
  const person = document.getElementById("person");
  const choosing = person.contains(document.activeElement);
  if (!session.me) person.replaceChildren();
  else if (session.identity === "local") person.replaceChildren(picker());
  else person.replaceChildren(h("span", {}, fullName(session.me.id)), signOutLink());
  if (choosing) person.querySelector("select")?.focus();
  if (session.me && path !== "/") countInbox(); // the inbox itself tells what it has read
}

function entry(href, text, path) {
  const here = href === `#${path}`;
  return h("a", { href, "aria-current": here ? "page" : null }, text, href === "#/" ? h("span", { id: "count" }) : null);
}

/** How many wait, beside "Inbox". A hint: when it cannot be read, nothing is said. */
async function countInbox() {
  const found = await ask("/api/inbox").catch(() => null);
  showCount(found ? `${found.data.items.length}${found.data.continuation ? "+" : ""}` : "0");
}

function showCount(shown) {
  document.getElementById("count")?.replaceChildren(...(shown !== "0"
    ? [h("span", { class: "count", "aria-hidden": "true" }, shown), h("span", { class: "unseen" }, ` (${shown} waiting)`)]
    : []));
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the view, not a place in it
  main.focus();
});
// a file that misses its place must not take the page away
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
addEventListener("hashchange", show);
addEventListener("offline", () => banner("offline", "You are offline. What you write here is kept."));
addEventListener("online", () => {
  banner("offline", "");
  announce("You are online again.");
  if (main.querySelector("[data-failed]")) show();
});
addEventListener("greenlight:changed", countInbox);
addEventListener("greenlight:waiting", ({ detail }) => showCount(detail));
setInterval(keepTime, MINUTE);
show();
