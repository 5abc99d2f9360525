// Talking to Greenlight's API. Identity travels in the cookie that the platform, or the local picker, set; a request
// says whom the page believes to be there, and the server refuses it where somebody else is.

/** @import { FieldError } from "./schemas.js" */

import { t } from "./catalogue.js";

const PATIENCE = 30_000; // milliseconds, for what is no upload
const PERSON = "X-Greenlight-Person";
/** @type {string | null} */
let believed = null;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} data
 * @property {string | null} etag
 */

/** From now on requests are this person's; null: nobody is known yet. @param {string | null} person */
export function speakAs(person) {
  believed = person;
}

/** The API refused: what it says (RFC 9457). */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body.detail ?? t("server-answered", { status: String(status) }));
    this.status = status;
    this.kind = String(body.type ?? "").replace("/problems/", "");
    /** @type {FieldError[]} */
    this.errors = body.errors ?? [];
    this.body = body;
  }
}

/** Nobody answered, or not Greenlight: whether the request arrived is not known. */
export class Offline extends Error {
  constructor() {
    super(t("unreachable"));
  }
}

/** The session is over, nobody has signed in, or somebody else has. */
export class SignedOut extends Error {
  /** @param {string} [text] */
  constructor(text) {
    super(text ?? t("session-over"));
  }
}

/** Somebody else has signed in, in another window of this browser. */
export class OtherPerson extends SignedOut {}

/**
 * GET, or with `body` (JSON) POST. Throws the three above.
 * @param {string} path
 * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} [options]
 * @returns {Promise<Answer>}
 */
export async function ask(path, { body, headers = {}, signal } = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const leave = () => patience.abort();
  signal?.addEventListener("abort", leave);
  try {
    const answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...own(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "manual", // a redirect is the platform's, to its sign-in page
      credentials: "same-origin",
      signal: patience.signal,
    });
    if (answer.type === "opaqueredirect") throw new SignedOut();
    const etag = answer.headers.get("ETag");
    if (answer.status === 304) return { status: 304, data: null, etag };
    return judged(answer.status, answer.headers.get("Content-Type"), await answer.text(), etag);
  } catch (error) {
    if (error instanceof SignedOut || error instanceof Problem || signal?.aborted) throw error;
    throw new Offline();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
  }
}

/**
 * POST a form with its files; `progress` hears the share that is sent, 0 to 1. A slow line may take its time.
 * @param {string} path
 * @param {FormData} form
 * @param {{ headers?: Record<string, string>, progress?: (share: number) => void }} [options]
 * @returns {Promise<Answer>}
 */
export function send(path, form, { headers = {}, progress = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries({ ...own(), ...headers })) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    // an upload that is sent to the sign-in page fails like one over a line that broke: ask which it was
    request.addEventListener("error", () => ask("/api/me").then(() => reject(new Offline()), reject));
    request.addEventListener("load", () => {
      const kind = request.getResponseHeader("Content-Type");
      try {
        resolve(judged(request.status, kind, request.responseText, request.getResponseHeader("ETag")));
      } catch (error) {
        reject(error);
      }
    });
    request.send(form);
  });
}

/** @returns {Record<string, string>} */
const own = () => (believed === null ? {} : { [PERSON]: believed });

/**
 * @param {number} status
 * @param {string | null} kind
 * @param {string} text
 * @param {string | null} etag
 * @returns {Answer}
 */
function judged(status, kind, text, etag) {
  const json = (kind ?? "").includes("json");
  const good = status >= 200 && status < 300;
  if (good && !json) throw new Offline(); // a portal or proxy that answers in Greenlight's place
  const data = json ? JSON.parse(text) : {};
  if (data.type === "/problems/other-person") throw new OtherPerson(data.detail);
  if (status === 401) throw new SignedOut(data.detail);
  if (!good) throw new Problem(status, data);
  return { status, data, etag };
}

/**
 * Every page of a list, up to `limit` items.
 * @param {string} path
 * @param {{ signal?: AbortSignal, limit?: number, after?: string | null }} [options]
 * @returns {Promise<any[]>}
 */
export async function everyItem(path, { signal, limit = 1000, after = null } = {}) {
  /** @type {any[]} */
  const items = [];
  let continuation = after;
  do {
    const more = continuation
      ? `${path.includes("?") ? "&" : "?"}continuation=${encodeURIComponent(continuation)}`
      : "";
    const { data } = await ask(path + more, { signal });
    items.push(...data.items);
    continuation = data.continuation ?? null;
  } while (continuation && items.length < limit);
  return items;
}

/**
 * Call `look` again and again while the page is seen, `seconds()` after it ended, until the signal or until it returns
 * false.
 * @param {() => Promise<unknown>} look
 * @param {() => number} seconds
 * @param {AbortSignal} signal
 */
export function poll(look, seconds, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let busy = false;
  const next = async () => {
    timer = undefined;
    busy = true;
    const go = document.hidden || (await look()) !== false;
    busy = false;
    if (go && !signal.aborted) timer = setTimeout(next, seconds() * 1000);
  };
  const seen = () => {
    if (document.hidden || busy || timer === undefined) return;
    clearTimeout(timer);
    next();
  };
  timer = setTimeout(next, seconds() * 1000);
  document.addEventListener("visibilitychange", seen, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
