// Who is looking, who is who, what the policy asks, and what the server's clock says.

/** @import { Me, Person, PersonName, PolicyForm, Session } from "./schemas.js" */

import { ask, OtherPerson, speakAs } from "./api.js";
import { t } from "./catalogue.js";
import { setClock, setZone } from "./clock.js";
import { button, h } from "./dom.js";

/** What is known of one session. `policy` is there as soon as `me` is. */
export const session = {
  identity: "",
  /** @type {Map<string, string>} */
  people: new Map(),
  /** @type {Person | null} */
  me: null,
  operator: false,
  policy: /** @type {PolicyForm} */ (/** @type {unknown} */ (null)),
  /** @type {PersonName[]} */
  choices: [],
  signIn: "",
  signOut: "",
};

const COOKIE = "greenlight-user";

/** Read who is there. Throws SignedOut where nobody is. */
export async function open() {
  close();
  const [answer, me, policy] = await Promise.allSettled([ask("/api/session"), readClock(), ask("/api/policy")]);
  if (answer.status === "rejected") throw answer.reason;
  /** @type {Session} */
  const found = answer.value.data;
  session.identity = found.identity;
  session.choices = found.people ?? [];
  session.signIn = found.sign_in;
  session.signOut = found.sign_out;
  if (me.status === "rejected") throw me.reason;
  if (policy.status === "rejected") throw policy.reason;
  session.policy = policy.value.data;
  session.people = new Map(session.policy.people.map((person) => [person.id, person.name]));
}

/** Nobody is known any more. */
export function close() {
  session.me = null;
  speakAs(null);
}

/** Who is asking, and the server's time. */
export async function readClock() {
  /** @type {{ data: Me }} */
  const { data } = await ask("/api/me");
  session.me = data.person;
  session.operator = data.operator;
  setClock(data.now);
  setZone(data.person.time_zone);
  speakAs(data.person.id);
}

/** The id of who is looking, in views that nobody sees without being known. */
export const myId = () => session.me?.id ?? "";

/** Locally: be somebody. The cookie is this machine's stand-in for a sign-in. @param {string} id */
export function become(id) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = `${COOKIE}=${encodeURIComponent(id)}; path=/; SameSite=Strict; max-age=31536000`;
}

/** A person in the middle of a sentence: "you", or their name. @param {string} id */
export const nameOf = (id) => (id === session.me?.id ? t("you") : fullName(id));

/** @param {string} id */
export const fullName = (id) => session.people.get(id) ?? (id === "greenlight" ? t("greenlight") : id);

/** A person for a message that speaks of them: `who` begins a sentence, `you` is "yes" or "no". @param {string} id */
export function who(id) {
  const you = id === session.me?.id;
  return { who: you ? t("you-first") : fullName(id), you: you ? "yes" : "no" };
}

/** Names that a proposal brings along, of people who are no longer in the directory too. @param {Record<string, string>} names */
export function remember(names) {
  for (const [id, name] of Object.entries(names ?? {})) if (!session.people.has(id)) session.people.set(id, name);
}

/** @param {unknown} error */
export const whyOut = (error) => (error instanceof OtherPerson ? error.message : t("session-over"));

/** The way back in: the platform's sign-in and back to here; locally the picker; as somebody else the page once more. @param {unknown} [error] */
export function signInLink(error) {
  if (error instanceof OtherPerson) return button(t("reload"), () => location.reload(), "primary");
  if (session.identity === "local") return button(t("choose-who-you-are"), () => location.reload(), "primary");
  const back = encodeURIComponent(`/${location.hash}`);
  return h("a", { class: "button primary", href: `${session.signIn}?post_login_redirect_uri=${back}` }, t("sign-in"));
}
