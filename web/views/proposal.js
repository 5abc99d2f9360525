// One proposal: what is asked, where it stands, what I can do; kept up to date, never under somebody's hands.

import { ask, poll } from "../core/api.js";
import { announce, banner, button, h, own, reconcile } from "../core/dom.js";
import { decisionPanel } from "../parts/decide.js";
import { lost } from "./inbox.js";
import { condition, handOver, publishAgain, question, taskMoves, undelivered, withdrawal } from "../parts/moves.js";
import { asked, checks, documents, receipt, stages, taskState, timeline, whatChanged } from "../parts/reading.js";
import { nameOf, remember, session, signInLink, whyOut } from "../core/session.js";
import { badge, because, capital, dateTime, moment, told } from "../core/words.js";

const NOTES = {
  "not-yours": "This link was made for somebody else. You see the proposal because you may, as yourself.",
  expired: "The link in your message is old. This is how the proposal stands now.",
};
const QUICK = 1; // seconds between two looks while something is about to happen by itself
const CALM = 5;

export async function proposal({ id, query, signal, retitle }) {
  const view = new View(id, signal, retitle, own(NOTES, query.get("note"), ""));
  await view.read();
  view.notice ||= whatBecame(query.get("task"), view.picture.revisions.at(-1));
  view.draw();
  poll(() => view.look().then(() => true, (error) => lost(error, signal)), () => (waits(view.picture) ? QUICK : CALM), signal);
  return { title: view.picture.proposal.title, content: view.place };
}

/** What a link in a message asked for may be over: then who has it now, or what was decided. */
function whatBecame(name, revision) {
  const found = allTasks(revision).find(({ task }) => task.task === name);
  if (!found || found.yours || found.task.decision?.by === session.me.id) return "";
  return `What your message asked for is over: ${nameOf(found.task.assignee)} ${taskState(found.task)}.`;
}

class View {
  constructor(id, signal, retitle, notice) {
    Object.assign(this, { id, signal, retitle, notice, written: "", picture: null, drawn: null, seen: "", reading: 0, shown: 0 });
    this.head = h("header", { class: "head" });
    this.notices = h("div", { class: "notices" });
    this.content = h("div", { class: "column" });
    this.side = h("aside", { class: "side", "aria-label": "What you can do" });
    this.progress = h("div", { class: "column" });
    this.place = h("div", { class: "proposal" }, this.head, this.notices, h("div", { class: "columns" }, this.content, this.side, this.progress));
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
    const news = print !== this.seen;
    this.seen = print;
    this.picture = data;
    return news;
  }

  /** After somebody did something here; `written` is what they wrote in vain. */
  async refresh(notice, written = "") {
    Object.assign(this, { notice, written });
    await this.read().catch((error) => lost(error, this.signal));
    if (this.signal.aborted) return;
    this.draw();
    if (notice) this.notices.querySelector(".notice")?.focus();
    dispatchEvent(new Event("greenlight:changed"));
  }

  /** My decision is stored: show its receipt, which is what the server answered, then how things stand. */
  async recorded(name, { state, decision }) {
    if (this.signal.aborted) return;
    for (const view of allTasks(this.picture.revisions.at(-1))) {
      if (view.task.task === name) Object.assign(view, { yours: false, task: { ...view.task, state, decision } });
    }
    this.shown = ++this.reading; // what was asked for before knows nothing of it
    this.seen = "";
    this.notice = "";
    this.draw();
    this.side.querySelector(".receipt")?.focus();
    await this.refresh("");
  }

  /** Somebody was faster. */
  async overtaken(text, written) {
    if (this.signal.aborted) return this.failed(text);
    return this.refresh(`${text} This is how it stands now.`, written);
  }

  /** What was sent from here failed when its sender had gone on: they must not believe that it was done. */
  failed(text) {
    const title = this.picture.proposal.title;
    banner("failed", `What you sent about “${title}” was not taken: ${text}`,
      h("a", { class: "button", href: `#/proposals/${this.id}`, onclick: () => banner("failed", "") }, "Open it"), button("Dismiss", () => banner("failed", "")));
  }

  signedOut(error) {
    if (this.signal.aborted) return this.failed(whyOut(error));
    return banner("session", `${whyOut(error)} What you wrote is kept.`, signInLink(error));
  }

  async look() {
    if (this.picture.proposal.state === "closed") return;
    if (!(await this.read())) return;
    const text = news(this.drawn, this.picture);
    const writing = [...this.place.querySelectorAll("form[data-dirty]")];
    const kept = new Set(this.parts().flatMap(([, list]) => list).map(([key, sign]) => `${key} ${sign}`));
    const lostForms = writing.map((form) => form.closest("[data-part]")).filter((part) => !kept.has(`${part.dataset.part} ${part.dataset.sign}`));
    if (lostForms.length && !arrived(this.drawn, this.picture)) return this.hold(text);
    if (!this.written) this.notice = writing.length && text ? `While you were writing: ${text}` : "";
    this.draw();
    if (text) announce(text);
  }

  /** What somebody is writing in would go: say what happened, and let them choose when to see it. */
  hold(text) {
    banner("changed", `This proposal changed while you were writing: ${text || "it moved on."}`, button("Show it now", () => {
      const texts = [...this.place.querySelectorAll("form[data-dirty] textarea")].map(({ value }) => value).filter(Boolean);
      this.overtaken(text, texts.join("\n\n"));
    }));
  }

  draw() {
    banner("changed", "");
    this.drawn = this.picture;
    for (const [place, list] of this.parts()) reconcile(place, list);
    this.retitle(this.picture.proposal.title);
  }

  /** Everything that is shown: where, and for each part its key, what it depends on, and how it is made. */
  parts() {
    const { proposal: about, revisions, can, state } = this.picture;
    const revision = revisions.at(-1);
    const files = (list) => documents(about.proposal, list, revision.labels);
    const part = (key, on, make) => [key, JSON.stringify([session.me.id, on]), make];
    const section = (key, title, on, make) => part(key, on, () => h("section", { "aria-labelledby": key }, h("h2", { id: key }, title), make()));
    const each = (key, title, list, make) => (list?.length ? [part(key, title, () => h("h2", { id: key }, title)), ...list.map((item) => part(...make(item)))] : []);
    return [
      [this.head, [part("head", [about, state, revision.submission], () => heading(about, state, revision.submission))]],
      [this.notices, [
        ...(this.notice ? [part("notice", [this.notice, this.written], () => this.noticeBox())] : []),
        ...(this.picture.undelivered?.length ? [part("undelivered", this.picture.undelivered, () => undelivered(this.picture.undelivered))] : []),
      ]],
      [this.content, [
        part("asked", revision.submission, () => asked(revision)),
        ...(revisions.length > 1 ? [part("changed", [revisions.slice(0, -1), revision.submission], () => whatChanged(revisions))] : []),
        section("documents", "Documents", revision.submission.documents, () => files(revision.submission.documents)),
        section("checks", "What the checks found", revision.screening, () => checks(revision.screening)),
        ...each("conditions", "Conditions", revision.conditions, (view) => [view.file.condition.id, [view, can], () => condition(view, can, this, files)]),
        ...each("questions", "Questions to the author", revision.questions, (view) => [view.id, [view, can], () => question(view, can.includes("answer"), this)]),
      ]],
      [this.side, this.actions(part)],
      [this.progress, [
        section("stages", "Who decides", revision.stages, () => h("div", {}, h("p", { class: "meta" }, `By the rule “${revision.rule}”: ${because(revision.why)}.`), stages(revision.stages))),
        section("timeline", "What happened", this.picture.timeline, () => timeline(this.picture.timeline)),
      ]],
    ];
  }

  noticeBox() {
    const dismiss = () => {
      Object.assign(this, { notice: "", written: "" });
      this.draw();
    };
    const wrote = this.written ? [h("p", {}, "You wrote:"), h("blockquote", { class: "text" }, this.written), button("Dismiss", dismiss, "small")] : null;
    return h("div", { class: "note notice", tabindex: "-1" }, h("p", {}, this.notice), wrote);
  }

  actions(part) {
    const { proposal: about, revisions, can } = this.picture;
    const tasks = revisions.at(-1).stages.flatMap((stage) => stage.tasks.map((view) => [view, stage]));
    const parts = [];
    const below = BELOW.find(([move]) => can.includes(move));
    if (below) parts.push(part("below", below, () => h("p", { class: "panel" }, h("a", { href: `#${below[1]}`, onclick: jump }, below[2]))));
    for (const [{ task }] of tasks) if (task.decision?.by === session.me.id && !task.kept_from) parts.push(part(`receipt-${task.task}`, task, () => receipt(task)));
    for (const [view, stage] of tasks) {
      if (!view.yours) continue;
      parts.push(part(`decide-${view.task.task}`, view.etag, () => decisionPanel(view, stage.verdicts, this)));
      for (const [key, make] of taskMoves(view, can, this)) parts.push(part(key, view.etag, make));
    }
    if (can.includes("revise")) parts.push(part("revise", about.revise_by, () => revisePanel(about)));
    for (const [view] of tasks) {
      if (!can.includes("reassign") || view.yours || view.task.state !== "open") continue;
      parts.push(part(`reassign-${view.task.task}`, view.etag, () => handOver(`Reassign the task of ${nameOf(view.task.assignee)}`, view, this)));
    }
    if (can.includes("publish_again")) parts.push(part("publish", about.publication, () => publishAgain(this)));
    if (about.state === "closed") parts.push(part("record", about.outcome, () => recordPanel(about)));
    if (can.includes("withdraw")) parts.push(part("withdraw", "", () => withdrawal(this)));
    if (!parts.length) parts.push(part("nothing", tasks.map(([{ task }]) => task), () => h("p", { class: "panel quiet" }, waitingFor(tasks))));
    return parts;
  }
}

const allTasks = (revision) => revision.stages.flatMap((stage) => stage.tasks);

/** Did a decision of mine arrive of which no answer came back? Then its form is done with. */
function arrived(before, after) {
  const decided = ({ revisions }) => allTasks(revisions.at(-1)).filter(({ task }) => task.decision?.by === session.me.id).length;
  return decided(after) > decided(before);
}

/** Is something about to happen by itself? */
function waits({ proposal: about, revisions }) {
  if (about.publication) return false; // it failed: an operator's turn
  return ["starting", "screening", "closing"].includes(about.state) || allTasks(revisions.at(-1)).some(({ task }) => task.state === "recorded");
}

function news(before, after) {
  const since = before.timeline.at(-1)?.n ?? 0;
  const fresh = after.timeline.filter(({ n, entry }) => n > since && entry.action !== "applied");
  return fresh.map((line) => `${told(line)}.`).join(" ");
}

function heading(about, state, submission) {
  const [kind, text] = badge(state, about.outcome);
  return h("div", { class: "head" },
    h("p", { class: "meta" }, `${capital(nameOf(about.author))}, ${dateTime(submission.submitted_at)}`, about.revision > 1 ? `, revision ${about.revision}` : ""),
    h("h1", { tabindex: "-1" }, about.title),
    h("p", {}, h("span", { class: `badge ${kind}` }, text), about.outcome_reason ? h("span", { class: "text" }, ` ${about.outcome_reason}`) : null));
}

const revisePanel = (about) => h("div", { class: "panel" },
  h("h2", {}, "Changes are requested"),
  h("p", {}, `Submit a revision by ${moment(about.revise_by)}, or it lapses.`),
  h("a", { class: "button primary", href: `#/proposals/${about.proposal}/revise` }, "Revise"));

const recordPanel = (about) => h("div", { class: "panel" },
  h("h2", {}, "Decision record"),
  h("p", {}, "Sealed, and checked against the trail by anybody, offline."),
  h("a", { class: "button", href: `#/proposals/${about.proposal}/record` }, "Open the record"));

const BELOW = [
  ["answer", "questions", "A question waits for your answer"],
  ["give_evidence", "conditions", "Give evidence that the conditions are met"],
  ["confirm", "conditions", "Say whether the conditions are met"],
];

/** To a place in this view; the address names the view itself. */
function jump(event) {
  event.preventDefault();
  const heading_ = document.getElementById(event.target.getAttribute("href").slice(1));
  heading_.setAttribute("tabindex", "-1");
  heading_.focus();
  heading_.scrollIntoView();
}

function waitingFor(tasks) {
  const open = tasks.filter(([{ task }]) => task.state === "open").map(([{ task }]) => nameOf(task.assignee));
  return open.length ? `Nothing to do for you: ${open.join(" and ")} ${open.length === 1 ? "is" : "are"} asked.` : "Nothing to do for you.";
}
