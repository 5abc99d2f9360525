// Who is looking, who is who, what the policy asks, and what the server's clock says.

import { OtherPerson, ask, speakAs } from "./api.js";
import { button, h } from "./dom.js";

export const session = { identity: "", people: new Map(), me: null, operator: false, policy: null, offset: 0, choices: [], signIn: "", signOut: "" };

const COOKIE = "greenlight-user";

/** Read who is there. Throws SignedOut where nobody is. */
export async function open() {
  close();
  const { data } = await ask("/api/session");
  session.identity = data.identity;
  session.choices = data.people ?? [];
  session.signIn = data.sign_in;
  session.signOut = data.sign_out;
  const [, policy] = await Promise.all([readClock(), ask("/api/policy")]);
  session.policy = policy.data;
  session.people = new Map(policy.data.people.map((person) => [person.id, person.name]));
}

/** Nobody is known any more. */
export function close() {
  session.me = null;
  speakAs(null);
}

/** Who is asking, and the server's time: a laptop's clock may be wrong, and a virtual one may have jumped. */
export async function readClock() {
  const { data } = await ask("/api/me");
  session.me = data.person;
  session.operator = data.operator;
  session.offset = Date.parse(data.now) - Date.now();
  speakAs(data.person.id);
}

/** Locally: be somebody. The cookie is this machine's stand-in for a sign-in. */
export function become(id) {
  document.cookie = `${COOKIE}=${encodeURIComponent(id)}; path=/; SameSite=Strict; max-age=31536000`;
}

export const now = () => new Date(Date.now() + session.offset);

export const nameOf = (id) => (id === session.me?.id ? "you" : (session.people.get(id) ?? (id === "greenlight" ? "Greenlight" : id)));
export const fullName = (id) => session.people.get(id) ?? id;

/** Names that a proposal brings along, of people who are no longer in the directory too. */
export function remember(names) {
  for (const [id, name] of Object.entries(names ?? {})) if (!session.people.has(id)) session.people.set(id, name);
}

/** A text that must survive a sign-in or a reload, for this tab and for who wrote it. Without storage it lives in the form alone. */
export const draft = {
  read: (key) => attempt(() => JSON.parse(sessionStorage.getItem(place(key)) ?? "null")),
  keep: (key, value) => attempt(() => sessionStorage.setItem(place(key), JSON.stringify(value))),
  drop: (key) => attempt(() => sessionStorage.removeItem(place(key))),
  dropAll: () => attempt(() => sessionStorage.clear()),
};
const place = (key) => `draft:${session.me?.id}:${key}`;

function attempt(work) {
  try {
    return work() ?? null;
  } catch {
    return null; // storage is switched off, or full
  }
}

export const whyOut = (error) => (error instanceof OtherPerson ? error.message : "You are signed out.");

/** The way back in: the platform's sign-in, and back to where we are; locally the picker; as somebody else the page anew. */
export function signInLink(error) {
  if (error instanceof OtherPerson) return button("Reload", () => location.reload(), "primary");
  if (session.identity === "local") return button("Choose who you are", () => location.reload(), "primary");
  const back = encodeURIComponent(`/${location.hash}`);
  return h("a", { class: "button primary", href: `${session.signIn}?post_login_redirect_uri=${back}` }, "Sign in");
}
