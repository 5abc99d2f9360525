// Who is looking, who is who, what the policy asks, and what the server's clock says.

/** @import { Me, Person, PersonName, PolicyForm, Session, Start } from "./schemas.js" */
/** @import { Answer } from "./api.js" */

import { ask, OtherPerson, SignedOut, speakAs } from "./api.js";
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

/** The inbox that came along with the session: for who looks at it first. @type {Answer | null} */
let first = null;

/** That inbox, once: later it would be old. */
export function takeFirstInbox() {
  const taken = first;
  first = null;
  return taken;
}

/**
 * Read who is there, with all that the page begins with: index.html has asked for it already. Throws SignedOut where
 * nobody is.
 */
export async function open() {
  close();
  /** @type {{ data: Start }} */
  const { data } = await ask("/api/start").catch(async (error) => {
    if (error instanceof SignedOut && !(error instanceof OtherPerson)) know((await ask("/api/session")).data);
    throw error;
  });
  know(data.session);
  meet(data.me);
  session.policy = data.policy;
  session.people = new Map(data.policy.people.map((person) => [person.id, person.name]));
  first = { status: 200, data: data.inbox, etag: data.inbox_etag };
}

/** @param {Session} found */
function know(found) {
  session.identity = found.identity;
  session.choices = found.people ?? [];
  session.signIn = found.sign_in;
  session.signOut = found.sign_out;
}

/** Nobody is known any more. */
export function close() {
  session.me = null;
  speakAs(null);
}

/** Who is asking, and the server's time. */
export async function readClock() {
  meet((await ask("/api/me")).data);
}

/** @param {Me} found */
function meet(found) {
  session.me = found.person;
  session.operator = found.operator;
  setClock(found.now);
  setZone(found.person.time_zone);
  speakAs(found.person.id);
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

/**
 * Names that a proposal brings along, of people who are no longer in the directory too.
 * @param {Record<string, string>} names
 */
export function remember(names) {
  for (const [id, name] of Object.entries(names ?? {})) if (!session.people.has(id)) session.people.set(id, name);
}

/** @param {unknown} error */
export const whyOut = (error) => (error instanceof OtherPerson ? error.message : t("session-over"));

/**
 * The way back in: the platform's sign-in and back to here; locally the picker; as somebody else the page once more.
 * @param {unknown} [error]
 */
export function signInLink(error) {
  if (error instanceof OtherPerson) return button(t("reload"), () => location.reload(), "primary");
  if (session.identity === "local") return button(t("choose-who-you-are"), () => location.reload(), "primary");
  const back = encodeURIComponent(`/${location.hash}`);
  return h("a", { class: "button primary", href: `${session.signIn}?post_login_redirect_uri=${back}` }, t("sign-in"));
}
