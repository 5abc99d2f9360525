// Who is looking, who is who, what the policy asks, and what the server's clock says.

import { ask } from "./api.js";
import { h } from "./dom.js";

export const session = { identity: "", people: new Map(), me: null, operator: false, policy: null, offset: 0, choices: [], signIn: "", signOut: "" };

const COOKIE = "greenlight-user";

/** Read who is there. Throws SignedOut where nobody is. */
export async function open() {
  const { data } = await ask("/api/session");
  session.identity = data.identity;
  session.choices = data.people ?? [];
  session.signIn = data.sign_in;
  session.signOut = data.sign_out;
  session.me = null;
  const [me, policy] = await Promise.all([ask("/api/me"), ask("/api/policy")]);
  session.me = me.data.person;
  session.operator = me.data.operator;
  session.offset = Date.parse(me.data.now) - Date.now();
  session.policy = policy.data;
  session.people = new Map(policy.data.people.map((person) => [person.id, person.name]));
}

/** Locally: be somebody. The cookie is this machine's stand-in for a sign-in. */
export function become(id) {
  document.cookie = `${COOKIE}=${encodeURIComponent(id)}; path=/; SameSite=Strict; max-age=31536000`;
}

/** The server's time: a laptop's clock may be wrong, and a virtual one may have jumped. */
export const now = () => new Date(Date.now() + session.offset);

export const nameOf = (id) => (id === session.me?.id ? "you" : (session.people.get(id) ?? (id === "greenlight" ? "Greenlight" : id)));
export const fullName = (id) => session.people.get(id) ?? id;

/** Names that a proposal brings along, of people who are no longer in the directory too. */
export function remember(names) {
  for (const [id, name] of Object.entries(names ?? {})) if (!session.people.has(id)) session.people.set(id, name);
}

/** A text that must survive a sign-in or a reload, for this tab and for who wrote it. */
export const draft = {
  read: (key) => JSON.parse(sessionStorage.getItem(place(key)) ?? "null"),
  keep: (key, value) => sessionStorage.setItem(place(key), JSON.stringify(value)),
  drop: (key) => sessionStorage.removeItem(place(key)),
};
const place = (key) => `draft:${session.me?.id}:${key}`;

/** The platform's sign-in, and back to where we are. */
export function signInLink() {
  const back = encodeURIComponent(`/${location.hash}`);
  return h("a", { class: "button primary", href: `${session.signIn}?post_login_redirect_uri=${back}` }, "Sign in");
}
