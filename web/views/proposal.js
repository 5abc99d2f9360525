// One proposal: what is asked, where it stands, what I can do; kept up to date, never under somebody's hands.

/** @import { Document, ProposalView, RevisionView } from "../core/schemas.js" */
/** @import { Part } from "../core/dom.js" */

import { ask, Problem, poll } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { announce, banner, button, h, reconcile } from "../core/dom.js";
import { nextAfter } from "../core/queue.js";
import { fullName, myId, remember, signInLink, whyOut } from "../core/session.js";
import { asked, checks, documents } from "../parts/asked.js";
import { whatChanged } from "../parts/changes.js";
import { condition } from "../parts/conditions.js";
import { decisionPanel } from "../parts/decide.js";
import { handOver, publishAgain, taskMoves, undelivered, withdrawal } from "../parts/moves.js";
import {
  BELOW,
  belowPanel,
  copyPanel,
  heading,
  notForYou,
  recordPanel,
  revisePanel,
  waitingFor,
} from "../parts/panels.js";
import { question } from "../parts/questions.js";
import { lastSeen, saw } from "../parts/seen.js";
import { receipt, stageList, taskState } from "../parts/stages.js";
import { timeline } from "../parts/timeline.js";
import { because, told } from "../parts/words.js";
import { lost, selection } from "./inbox.js";

const QUICK = 1; // seconds between two looks while something is about to happen by itself
const CALM = 5;

/** @param {{ id: string, query: URLSearchParams, signal: AbortSignal, retitle: (title: string) => void }} about */
export async function proposal({ id, query, signal, retitle }) {
  const note = query.get("note");
  const view = new View(
    id,
    signal,
    retitle,
    note === "not-yours" ? t("note-not-yours") : note === "expired" ? t("note-expired") : "",
  );
  try {
    await view.read();
  } catch (error) {
    if (note === "not-yours" && error instanceof Problem && error.status === 404)
      return notForYou(query.get("for") ?? "");
    throw error;
  }
  view.notice ||= whatBecame(query.get("task"), view.revision);
  view.draw();
  const asking = () =>
    view.look().then(
      () => true,
      (error) => lost(error, signal),
    );
  poll(asking, () => (waits(view.picture) ? QUICK : CALM), signal);
  return { title: view.picture.proposal.title, content: view.place };
}

/**
 * What a link in a message asked for may be over: then who has it now, or what was decided.
 * @param {string | null} name
 * @param {RevisionView} revision
 */
function whatBecame(name, revision) {
  const found = allTasks(revision).find(({ task }) => task.task === name);
  if (!found || found.yours || found.task.decision?.by === myId()) return "";
  return t("note-over", { what: taskState(found.task) });
}

class View {
  /** @param {string} id @param {AbortSignal} signal @param {(title: string) => void} retitle @param {string} notice */
  constructor(id, signal, retitle, notice) {
    this.id = id;
    this.signal = signal;
    this.retitle = retitle;
    this.notice = notice;
    this.written = "";
    this.picture = /** @type {ProposalView} */ (/** @type {unknown} */ (null));
    this.drawn = this.picture;
    this.print = "";
    this.reading = 0;
    this.shown = 0;
    this.seen = 0;
    /** @type {Node | null} */
    this.next = null;
    this.head = h("header", { class: "head" });
    this.notices = h("div", { class: "notices" });
    this.content = h("div", { class: "column" });
    this.side = h("aside", { class: "side", "aria-label": t("side-label") });
    this.progress = h("div", { class: "column" });
    const columns = h("div", { class: "columns" }, this.content, this.side, this.progress);
    this.place = h("div", { class: "proposal" }, this.head, this.notices, columns);
  }

  get revision() {
    return /** @type {RevisionView} */ (this.picture.revisions.at(-1));
  }

  /** Read the proposal; an answer that a later one has overtaken is dropped. Returns whether it is news. */
  async read() {
    const number = ++this.reading;
    const { data } = await ask(`/api/proposals/${this.id}`, { signal: this.signal });
    if (this.signal.aborted || number < this.shown) return false;
    banner("connection", "");
    this.shown = number;
    remember(data.people);
    const print = JSON.stringify(data);
    const news = print !== this.print;
    if (!this.print) this.seen = lastSeen(this.id);
    this.print = print;
    this.picture = data;
    saw(this.id, data.timeline.length);
    return news;
  }

  /** After somebody did something here; `written` is what they wrote in vain. @param {string} notice */
  async refresh(notice, written = "") {
    Object.assign(this, { notice, written });
    await this.read().catch((error) => lost(error, this.signal));
    if (this.signal.aborted) return;
    this.draw();
    if (notice) /** @type {HTMLElement | null} */ (this.notices.querySelector(".notice"))?.focus();
    dispatchEvent(new Event("greenlight:changed"));
  }

  /**
   * My decision is stored: show its receipt, which is what the server answered, then how things stand.
   * @param {string} name
   * @param {any} receipt_
   */
  async recorded(name, { state, decision }) {
    if (this.signal.aborted) return;
    for (const view of allTasks(this.revision)) {
      if (view.task.task === name) Object.assign(view, { yours: false, task: { ...view.task, state, decision } });
    }
    this.shown = ++this.reading; // what was asked for before knows nothing of it
    this.notice = "";
    this.draw();
    /** @type {HTMLElement | null} */ (this.side.querySelector(".receipt"))?.focus();
    selection.delete(this.id);
    await Promise.all([this.refresh(""), this.findNext()]);
  }

  /** Where to go on. Nothing is said when it cannot be found out. */
  async findNext() {
    const found = await ask("/api/inbox", { signal: this.signal }).catch(() => null);
    if (!found || this.signal.aborted) return;
    const item = nextAfter(found.data.items, this.id, [...selection]);
    this.next = item
      ? h("a", { class: "button primary", href: `#/proposals/${item.proposal}` }, t("next-task", { title: item.title }))
      : h("a", { class: "button", href: "#/" }, t("next-none"));
    this.side.querySelector(".receipt")?.append(this.next);
  }

  /** Somebody was faster. @param {string} text @param {string} written */
  overtaken(text, written) {
    if (this.signal.aborted) return this.failed(text);
    return this.refresh(t("overtaken", { text }), written);
  }

  /**
   * What was sent from here failed when its sender had gone on: they must not believe that it was done.
   * @param {string} text
   */
  failed(text) {
    const dismiss = () => banner("failed", "");
    banner(
      "failed",
      t("failed-elsewhere", { title: this.picture.proposal.title, text }),
      h("a", { class: "button", href: `#/proposals/${this.id}`, onclick: dismiss }, t("open-it")),
      button(t("dismiss"), dismiss),
    );
  }

  /** @param {unknown} error */
  signedOut(error) {
    if (this.signal.aborted) return this.failed(whyOut(error));
    return banner("session", t("session-kept", { why: whyOut(error) }), signInLink(error));
  }

  async look() {
    if (this.picture.proposal.state === "closed") return;
    if (!(await this.read())) return;
    const text = news(this.drawn, this.picture);
    const writing = [.../** @type {NodeListOf<HTMLElement>} */ (this.place.querySelectorAll("form[data-dirty]"))];
    const kept = new Set(
      this.parts()
        .flatMap(([, list]) => list)
        .map(([key, sign]) => `${key} ${sign}`),
    );
    const gone = writing
      .map((form) => /** @type {HTMLElement} */ (form.closest("[data-part]")))
      .filter((part) => !kept.has(`${part.dataset.part} ${part.dataset.sign}`));
    if (gone.length && !arrived(this.drawn, this.picture)) return this.hold(text);
    if (!this.written) this.notice = writing.length && text ? t("while-writing", { text }) : "";
    this.draw();
    if (text) announce(text);
  }

  /**
   * What somebody is writing in would go: say what happened, and let them choose when to see it.
   * @param {string} text
   */
  hold(text) {
    const show = () => {
      const areas = /** @type {NodeListOf<HTMLTextAreaElement>} */ (
        this.place.querySelectorAll("form[data-dirty] textarea")
      );
      const texts = [...areas].map(({ value }) => value).filter(Boolean);
      this.overtaken(text, texts.join("\n\n"));
    };
    banner("changed", t("changed-under-hands", { text }), button(t("show-now"), show));
  }

  draw() {
    banner("changed", "");
    this.drawn = this.picture;
    for (const [place, parts] of this.parts()) reconcile(place, parts);
    for (const form of this.side.querySelectorAll("form.decide")) form.dispatchEvent(new Event("greenlight:drawn"));
    this.retitle(this.picture.proposal.title);
  }

  /**
   * Everything that is shown: where, and for each part its key, what it depends on, and how it is built.
   * @returns {[HTMLElement, Part[]][]}
   */
  parts() {
    const { proposal: about, revisions, can, state } = this.picture;
    const revision = this.revision;
    const over = about.outcome !== null;
    const files = (/** @type {Document[]} */ given) => documents(about.proposal, given, revision.labels);
    return [
      [
        this.head,
        [part("head", [about, state, revision.submission, revision.stages], () => heading(this.picture, revision))],
      ],
      [this.notices, this.noticeParts()],
      [
        this.content,
        [
          part("asked", revision.submission, () => asked(revision)),
          ...(revisions.length > 1
            ? [part("changed", [revisions.slice(0, -1), revision], () => whatChanged(revisions))]
            : []),
          section("documents", t("documents-title"), revision.submission.documents, () =>
            files(revision.submission.documents),
          ),
          section("checks", t("checks-title"), revision.screening, () => checks(revision.screening)),
          ...each("conditions", t("conditions-title"), revision.conditions, (view) =>
            part(view.file.condition.id, [view, can], () => condition(view, can, this, files)),
          ),
          ...each("questions", t("questions-title"), revision.questions, (view) =>
            part(view.id, [view, can], () => question(view, can.includes("answer"), this)),
          ),
        ],
      ],
      [this.side, this.actions()],
      [
        this.progress,
        [
          section("stages", t("stages-title"), [revision.stages, over], () => {
            const rule = t("stages-rule", { rule: revision.rule, why: because(revision.why) });
            return h("div", {}, h("p", { class: "meta" }, rule), stageList(revision.stages, over));
          }),
          section("timeline", t("timeline-title"), this.picture.timeline, () =>
            timeline(this.picture.timeline, this.seen || Number.POSITIVE_INFINITY),
          ),
        ],
      ],
    ];
  }

  noticeParts() {
    const late = this.picture.undelivered;
    const fresh = this.seen
      ? this.picture.timeline.filter(
          ({ n, entry }) => n > this.seen && entry.actor !== myId() && entry.action !== "applied",
        )
      : [];
    return [
      ...(this.notice ? [part("notice", [this.notice, this.written], () => this.noticeBox())] : []),
      ...(fresh.length && !this.notice
        ? [
            part("fresh", fresh.length, () =>
              h(
                "p",
                { class: "note" },
                t("since-you-looked", {
                  count: fresh.length,
                  text: fresh
                    .slice(-3)
                    .map((line) => t("sentence", { text: told(line) }))
                    .join(" "),
                }),
              ),
            ),
          ]
        : []),
      ...(late.length ? [part("undelivered", late, () => undelivered(late))] : []),
    ];
  }

  noticeBox() {
    const dismiss = () => {
      Object.assign(this, { notice: "", written: "" });
      this.draw();
    };
    const wrote = this.written
      ? [
          h("p", {}, t("you-wrote")),
          h("blockquote", { class: "text" }, this.written),
          button(t("dismiss"), dismiss, "small"),
        ]
      : null;
    return h("div", { class: "note notice", tabindex: "-1" }, h("p", {}, this.notice), wrote);
  }

  /** @returns {Part[]} */
  actions() {
    const { proposal: about, can } = this.picture;
    const tasks = this.revision.stages.flatMap((stage) =>
      stage.tasks.map((view) => ({ view, task: view.task, stage })),
    );
    /** @type {Part[]} */
    const parts = [];
    const below = BELOW.find(([move]) => can.includes(move));
    if (below) parts.push(part("below", below, () => belowPanel(below)));
    for (const { task } of tasks) {
      if (task.decision?.by === myId() && !task.kept_from)
        parts.push(part(`receipt-${task.task}`, task, () => receipt(task, this.next)));
    }
    for (const { view, task, stage } of tasks) {
      if (!view.yours) continue;
      parts.push(part(`decide-${task.task}`, view.etag, () => decisionPanel(view, stage.verdicts, this)));
      for (const [key, make] of taskMoves(view, can, this)) parts.push(part(key, view.etag, make));
    }
    if (can.includes("revise")) parts.push(part("revise", about.revise_by, () => revisePanel(about)));
    for (const { view, task } of tasks) {
      if (!can.includes("reassign") || view.yours || task.state !== "open") continue;
      const title = t("reassign-title", { who: fullName(task.assignee) });
      parts.push(part(`reassign-${task.task}`, view.etag, () => handOver(title, view, this)));
    }
    if (can.includes("publish_again")) parts.push(part("publish", about.publication, () => publishAgain(this)));
    if (about.state === "closed") parts.push(part("record", about.outcome, () => recordPanel(about)));
    if (can.includes("withdraw")) parts.push(part("withdraw", "", () => withdrawal(this)));
    if (!parts.length)
      parts.push(
        part(
          "nothing",
          tasks.map(({ task }) => task),
          () => h("p", { class: "panel quiet" }, waitingFor(tasks)),
        ),
      );
    if (about.author === myId()) parts.push(part("copy", about.revision, () => copyPanel(this.revision)));
    return parts;
  }
}

/**
 * A part whose sign is what it depends on, and who is looking.
 * @param {string} key
 * @param {unknown} on
 * @param {() => HTMLElement | null} make
 * @returns {Part}
 */
const part = (key, on, make) => [key, JSON.stringify([myId(), on]), make];

/** @param {string} key @param {string} title @param {unknown} on @param {() => Node} make */
const section = (key, title, on, make) =>
  part(key, on, () => h("section", { "aria-labelledby": key }, h("h2", { id: key }, title), make()));

/**
 * @template T
 * @param {string} key
 * @param {string} title
 * @param {T[]} items
 * @param {(item: T) => Part} make
 * @returns {Part[]}
 */
const each = (key, title, items, make) =>
  items.length ? [part(key, title, () => h("h2", { id: key }, title)), ...items.map(make)] : [];

/** @param {RevisionView} revision */
const allTasks = (revision) => revision.stages.flatMap((stage) => stage.tasks);

/** @param {ProposalView} picture @returns {RevisionView} */
const latest = ({ revisions }) => /** @type {RevisionView} */ (revisions.at(-1));

/**
 * Did a decision of mine arrive of which no answer came back? Then its form is done with.
 * @param {ProposalView} before
 * @param {ProposalView} after
 */
function arrived(before, after) {
  const decided = (/** @type {ProposalView} */ picture) =>
    allTasks(latest(picture)).filter(({ task }) => task.decision?.by === myId()).length;
  return decided(after) > decided(before);
}

/** Is something about to happen by itself? @param {ProposalView} picture */
function waits(picture) {
  const about = picture.proposal;
  if (about.publication) return false; // it failed: an operator's turn
  const moving = ["starting", "screening", "closing"].includes(about.state);
  return moving || allTasks(latest(picture)).some(({ task }) => task.state === "recorded");
}

/** @param {ProposalView} before @param {ProposalView} after */
function news(before, after) {
  const since = before.timeline.at(-1)?.n ?? 0;
  const fresh = after.timeline.filter(({ n, entry }) => n > since && entry.action !== "applied");
  return fresh.map((line) => t("sentence", { text: told(line) })).join(" ");
}
