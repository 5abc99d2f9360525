// One proposal: what is asked, where it stands, what I can do; kept up to date, never under somebody's hands.

import { Problem, SignedOut, ask, poll } from "./api.js";
import { announce, banner, button, h } from "./dom.js";
import { decisionPanel } from "./decide.js";
import { conditions, handOver, publishAgain, questions, taskMoves, withdrawal } from "./moves.js";
import { asked, changed, checks, documents, stages, timeline } from "./parts.js";
import { nameOf, remember, session, signInLink } from "./session.js";
import { SAID, VERDICTS, badge, capital, dateTime, moment, plural } from "./words.js";

const NOTES = {
  "not-yours": "This link was made for somebody else. You see the proposal because you may, as yourself.",
  expired: "The link in your message is old. This is how the proposal stands now.",
};

export async function proposal({ id, query, signal, retitle }) {
  const place = h("div", { class: "proposal" });
  const state = { picture: null, seen: "", notice: NOTES[query.get("note")] ?? "" };
  const context = {
    id,
    refresh: async (why, text) => {
      if (why === "overtaken") state.notice = `${text} Here is how it stands now; what you wrote is kept below.`;
      else state.notice = why === "done" ? text : "";
      await read();
      draw();
      place.querySelector(".notice, .receipt")?.focus();
      dispatchEvent(new Event("greenlight:changed"));
    },
    signedOut: () => banner("You are signed out. What you wrote is kept: sign in again, then send it.", signInLink()),
  };

  async function read() {
    const { data } = await ask(`/api/proposals/${id}`, { signal });
    remember(data.people);
    state.picture = data;
    state.seen = fingerprint(data);
    banner("");
  }

  function draw() {
    place.replaceChildren(...view(state, context));
    retitle(state.picture.proposal.title);
  }

  async function look() {
    if (state.picture.proposal.state === "closed") return;
    const before = state.picture;
    const { data } = await ask(`/api/proposals/${id}`, { signal });
    if (fingerprint(data) === state.seen) return;
    remember(data.people);
    state.picture = data;
    state.seen = fingerprint(data);
    if (place.querySelector("form[data-dirty]") && !arrived(before, data)) return overtaken(before, data);
    state.notice = "";
    draw();
    announce(news(before, data));
  }

  /** Somebody is writing: say what happened, and let them choose when to see it. */
  function overtaken(before, after) {
    const show = button("Show it now", () => {
      banner("");
      draw();
      place.querySelector("h1")?.focus();
    });
    banner(`This proposal changed while you were writing: ${news(before, after)} What you wrote is kept.`, show);
  }

  await read();
  draw();
  const quick = () => (waits(state.picture) ? 1 : 5);
  poll(look, quick, signal, (error) => {
    if (error instanceof SignedOut) context.signedOut();
    else if (!(error instanceof Problem)) banner("The connection is lost. This is how things stood; it is tried again.");
  });
  return { title: state.picture.proposal.title, content: place };
}

/** Did a decision of mine arrive of which no answer came back? Then its form is done with. */
function arrived(before, after) {
  const decided = ({ revisions }) => allTasks(revisions.at(-1)).filter(({ task }) => task.decision?.by === session.me.id).length;
  return decided(after) > decided(before);
}

const allTasks = (revision) => revision.stages.flatMap((stage) => stage.tasks);

/** What must differ for a redraw: the picture itself. */
const fingerprint = (picture) => JSON.stringify(picture);

/** Is something about to happen by itself? */
function waits({ proposal: about, revisions }) {
  const tasks = allTasks(revisions.at(-1));
  return ["starting", "screening", "closing"].includes(about.state) || tasks.some(({ task }) => task.state === "recorded");
}

function news(before, after) {
  const since = before.timeline.at(-1)?.n ?? 0;
  const fresh = after.timeline.filter(({ n, entry }) => n > since && entry.action !== "applied");
  const sentences = [...timeline(fresh).querySelectorAll("li > p:first-child")].map((line) => `${line.textContent}.`).reverse();
  return sentences.join(" ") || "it moved on.";
}

function view({ picture, notice }, context) {
  const { proposal: about, can } = picture;
  const revision = picture.revisions.at(-1);
  const [kind, text] = badge(picture.state, about.outcome);
  const files = (list) => documents(about.proposal, list, revision.labels);
  const content = h("div", { class: "column" },
    asked(revision),
    whatChanged(picture),
    h("section", { "aria-labelledby": "documents" }, h("h2", { id: "documents" }, "Documents"), files(revision.submission.documents)),
    h("section", { "aria-labelledby": "checks" }, h("h2", { id: "checks" }, "What the checks found"), checks(revision.screening)),
    conditions(revision.conditions, can, context, files),
    questions(revision.questions, can, context));
  const progress = h("div", { class: "column" },
    h("section", { "aria-labelledby": "stages" },
      h("h2", { id: "stages" }, "Who decides"),
      h("p", { class: "meta" }, `By the rule “${revision.rule}”: ${revision.why}.`),
      stages(revision.stages)),
    h("section", { "aria-labelledby": "timeline" }, h("h2", { id: "timeline" }, "What happened"), timeline(picture.timeline)));
  const side = h("aside", { class: "side", "aria-label": "What you can do" }, actions(picture, context));
  return [
    h("header", { class: "head" },
      h("p", { class: "meta" }, `${capital(nameOf(about.author))}, ${dateTime(revision.submission.submitted_at)}`, about.revision > 1 ? `, revision ${about.revision}` : ""),
      h("h1", { tabindex: "-1" }, about.title),
      h("p", {}, h("span", { class: `badge ${kind}` }, text), about.outcome_reason ? h("span", { class: "text" }, ` ${about.outcome_reason}`) : null)),
    notice ? h("p", { class: "note notice", tabindex: "-1" }, notice) : null,
    about.erased_at ? h("p", { class: "note" }, `What people wrote was erased on ${dateTime(about.erased_at)}, and the documents with it. Who decided what, and when, is kept.`) : null,
    undelivered(picture.undelivered),
    h("div", { class: "columns" }, content, side, progress),
  ].filter(Boolean);
}

function actions(picture, context) {
  const { proposal: about, can } = picture;
  const revision = picture.revisions.at(-1);
  const tasks = revision.stages.flatMap((stage) => stage.tasks.map((view) => [view, stage]));
  const mine = tasks.filter(([view]) => view.yours);
  const parts = [
    ...tasks.filter(([{ task }]) => task.decision?.by === session.me.id && !task.kept_from).map(([{ task }]) => receipt(task)),
    ...mine.flatMap(([view, stage]) => [decisionPanel(view, stage.verdicts, context), ...taskMoves(view, can, context)]),
  ];
  if (can.includes("revise")) parts.push(h("div", { class: "panel" }, h("h2", {}, "Changes are requested"), h("p", {}, `Submit a revision by ${moment(about.revise_by)}, or it lapses.`), h("a", { class: "button primary", href: `#/proposals/${about.proposal}/revise` }, "Revise")));
  if (can.includes("reassign")) parts.push(...tasks.filter(([{ task, yours }]) => task.state === "open" && !yours).map(([view]) => handOver(`Reassign the task of ${nameOf(view.task.assignee)}`, view, context)));
  if (can.includes("publish_again")) parts.push(publishAgain(context));
  if (about.state === "closed") parts.push(h("div", { class: "panel" }, h("h2", {}, "Decision record"), h("p", {}, "Sealed, and checked against the trail by anybody, offline."), h("a", { class: "button", href: `#/proposals/${about.proposal}/record` }, "Open the record")));
  if (can.includes("withdraw")) parts.push(withdrawal(context));
  const below = BELOW.find(([move]) => can.includes(move));
  if (below) parts.unshift(h("p", { class: "panel" }, h("a", { href: `#${below[1]}`, onclick: jump }, below[2])));
  if (!parts.length) parts.push(h("p", { class: "panel quiet" }, waitingFor(tasks)));
  return parts;
}

const BELOW = [
  ["answer", "questions", "A question waits for your answer"],
  ["give_evidence", "conditions", "Give evidence that the conditions are met"],
  ["confirm", "conditions", "Say whether the conditions are met"],
];

/** To a place in this view; the address names the view itself. */
function jump(event) {
  event.preventDefault();
  const heading = document.getElementById(event.target.getAttribute("href").slice(1));
  heading.setAttribute("tabindex", "-1");
  heading.focus();
  heading.scrollIntoView();
}

function waitingFor(tasks) {
  const open = tasks.filter(([{ task }]) => task.state === "open").map(([{ task }]) => nameOf(task.assignee));
  return open.length ? `Nothing to do for you: ${open.join(" and ")} ${open.length === 1 ? "is" : "are"} asked.` : "Nothing to do for you.";
}

/** My decision, from recorded to applied. */
function receipt(task) {
  const { decision, state } = task;
  const steps = { recorded: ["Recorded", "about to be applied"], applied: ["Recorded", "applied"], not_counted: ["Recorded", `not counted: ${task.closed_reason}`] };
  const [first, second] = steps[state] ?? ["Recorded", state];
  return h("div", { class: `panel receipt ${state}`, tabindex: "-1" },
    h("h2", {}, `You ${SAID[decision.verdict]}`),
    h("ol", { class: "steps" },
      h("li", { class: "done" }, `${first} on ${moment(decision.recorded_at)}`),
      h("li", { class: state === "recorded" ? "busy" : "done" }, capital(second))),
    decision.comment ? h("blockquote", { class: "text" }, decision.comment) : null,
    h("p", { class: "meta" }, `${VERDICTS[decision.verdict]}: final.`));
}

function whatChanged({ revisions }) {
  if (revisions.length < 2) return null;
  const [before, after] = revisions.slice(-2);
  const list = changed(before.submission, after.submission, after.labels);
  return h("section", { "aria-labelledby": "changed" },
    h("h2", { id: "changed" }, `What changed since revision ${before.submission.revision}`),
    list.length ? h("ul", {}, list.map((each) => h("li", {}, each))) : h("p", { class: "quiet" }, "Nothing but the note."),
    h("details", {}, h("summary", {}, plural(revisions.length - 1, "earlier revision")),
      revisions.slice(0, -1).reverse().map((old) => h("section", {}, h("h3", {}, `Revision ${old.submission.revision}, ${dateTime(old.submission.submitted_at)}`), h("p", { class: "text" }, old.submission.draft.summary), stages(old.stages)))));
}

function undelivered(list) {
  if (!list?.length) return null;
  return h("div", { class: "note warn" }, h("p", {}, `${plural(list.length, "message")} could not be delivered yet; it is tried again:`),
    h("ul", {}, list.map((each) => h("li", {}, `${capital(nameOf(each.to))}: ${each.subject}`))));
}
