// The shell: navigation, who is looking, which view; loading, errors and a session that ended.

import { Offline, Problem, SignedOut, ask } from "./api.js";
import { announce, banner, button, h } from "./dom.js";
import { become, fullName, open, session, signInLink } from "./session.js";
import { inbox } from "./inbox.js";
import { messages, mine } from "./lists.js";
import { proposal } from "./proposal.js";
import { record } from "./record.js";
import { revise, submit } from "./submit.js";

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
const main = document.getElementById("main");
let leaving = new AbortController();

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  banner("");
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  const loading = setTimeout(() => main.replaceChildren(skeleton()), 150);
  try {
    if (!session.me) await open();
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
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

const skeleton = () => h("div", { class: "skeleton", "aria-label": "Loading", role: "status" }, h("span"), h("span"), h("span"));

function failed(error, path) {
  if (error instanceof SignedOut) return signedOut(error);
  const missing = error instanceof Problem && error.status === 404;
  const title = missing ? "Nothing here" : error instanceof Offline ? "No connection" : "That did not work";
  if (!missing && !(error instanceof Offline) && !(error instanceof Problem)) console.error(error);
  const text = error instanceof Problem || error instanceof Offline ? error.message : "Something went wrong in this page. Nothing is lost.";
  main.replaceChildren(h("section", { class: "empty" },
    h("h1", {}, title),
    h("p", {}, text),
    missing ? h("p", {}, h("a", { href: "#/" }, "To the inbox")) : button("Try again", show, "primary")));
  retitle(title);
  shell(path);
  arrive();
}

function signedOut(error) {
  session.me = null;
  shell("");
  const local = session.identity === "local";
  main.replaceChildren(h("section", { class: "empty" },
    h("h1", {}, local ? "Who are you?" : "You are signed out"),
    h("p", {}, local ? "On this machine you may be anybody of the directory. On Azure people sign in." : error.message),
    local ? picker() : h("p", {}, signInLink())));
  retitle(local ? "Who are you?" : "Signed out");
  arrive();
}

function picker() {
  const choose = (event) => {
    if (!event.target.value) return;
    become(event.target.value);
    session.me = null;
    show();
  };
  const options = session.choices.map(({ id, name }) => h("option", { value: id, selected: id === session.me?.id }, name));
  const blank = session.me ? null : h("option", { value: "" }, "Choose…");
  return h("label", { class: "picker" }, h("span", {}, "You are"), h("select", { onchange: choose }, blank, options));
}

function shell(path) {
  document.getElementById("nav").replaceChildren(...(session.me ? NAVIGATION.map(([href, text]) => entry(href, text, path)) : []));
  const person = document.getElementById("person");
  if (!session.me) person.replaceChildren();
  else if (session.identity === "local") person.replaceChildren(picker());
  else person.replaceChildren(h("span", {}, fullName(session.me.id)), h("a", { href: session.signOut }, "Sign out"));
  if (session.me) countInbox();
}

function entry(href, text, path) {
  const here = href === `#${path}`;
  return h("a", { href, "aria-current": here ? "page" : null }, text, href === "#/" ? h("span", { id: "count" }) : null);
}

/** How many wait, beside "Inbox". A hint: when it cannot be read, nothing is said. */
async function countInbox() {
  const found = await ask("/api/inbox").catch(() => null);
  const place = document.getElementById("count");
  const waiting = found?.data.items.length ?? 0;
  place?.replaceChildren(...(waiting ? [h("span", { class: "count", "aria-hidden": "true" }, String(waiting)), h("span", { class: "unseen" }, ` (${waiting} waiting)`)] : []));
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the view, not a place in it
  main.focus();
});
addEventListener("hashchange", show);
addEventListener("offline", () => banner("You are offline. What you write here is kept."));
addEventListener("online", () => {
  banner("");
  announce("You are online again.");
});
addEventListener("greenlight:changed", countInbox);
show();
