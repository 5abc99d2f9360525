// Talking to Greenlight's API. Identity travels in the cookie that the platform, or the local picker, set.

const PATIENCE = 40_000; // milliseconds; a submission with documents over a slow line takes its time

/** The API refused: what it says (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.kind = String(body.type ?? "").replace("/problems/", "");
    this.errors = body.errors ?? [];
    this.body = body;
  }
}

/** Nobody answered: whether the request arrived is not known. */
export class Offline extends Error {
  constructor() {
    super("Greenlight cannot be reached. Check your connection.");
  }
}

/** The session is over, or nobody has signed in. */
export class SignedOut extends Error {
  constructor(text) {
    super(text ?? "You are signed out.");
  }
}

/** GET, or with `body` (JSON) or `form` (FormData) POST. Returns {status, data, etag}. Throws the three above. */
export async function ask(path, { body, form, headers = {}, signal } = {}) {
  const posts = body !== undefined || form !== undefined;
  const options = {
    method: posts ? "POST" : "GET",
    headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
    body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
    redirect: "manual", // a redirect is the platform's, to its sign-in page
    credentials: "same-origin",
    signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) : AbortSignal.timeout(PATIENCE),
  };
  let answer;
  let data;
  try {
    answer = await fetch(path, options);
    if (answer.type === "opaqueredirect") throw new SignedOut();
    data = await read(answer);
  } catch (error) {
    if (error instanceof SignedOut || signal?.aborted) throw error;
    throw new Offline();
  }
  if (answer.status === 401) throw new SignedOut(data.detail);
  if (!answer.ok && answer.status !== 304) throw new Problem(answer.status, data);
  return { status: answer.status, data, etag: answer.headers.get("ETag") };
}

async function read(answer) {
  const kind = answer.headers.get("Content-Type") ?? "";
  return kind.includes("json") ? answer.json() : { detail: (await answer.text()).slice(0, 200) || undefined };
}

/** Every page of a list, up to `limit` items. */
export async function everyItem(path, { signal, limit = 1000 } = {}) {
  const items = [];
  let continuation = null;
  do {
    const more = continuation ? `${path.includes("?") ? "&" : "?"}continuation=${encodeURIComponent(continuation)}` : "";
    const { data } = await ask(path + more, { signal });
    items.push(...data.items);
    continuation = data.continuation ?? null;
  } while (continuation && items.length < limit);
  return items;
}

/** Call `look` every `seconds` while the page is seen, until the signal; what it throws is handed to `failed`. */
export function poll(look, seconds, signal, failed) {
  let timer;
  const next = async () => {
    if (!document.hidden) await look().catch((error) => signal.aborted || failed(error));
    if (!signal.aborted) timer = setTimeout(next, seconds() * 1000);
  };
  const seen = () => {
    if (document.hidden || signal.aborted) return;
    clearTimeout(timer);
    next();
  };
  timer = setTimeout(next, seconds() * 1000);
  document.addEventListener("visibilitychange", seen, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
