// The parts of a proposal that are read: what is asked, documents, checks, stages, timeline.

import { h, own, prose } from "../core/dom.js";
import { fullName, nameOf } from "../core/session.js";
import { CHECKS, because, bytes, capital, dateTime, deadline, moment, money, plural, remark, told, verdict } from "../core/words.js";

export function asked(revision) {
  const { draft } = revision.submission;
  const answers = Object.entries(draft.fields).map(([id, text]) => [own(revision.labels.fields, id, id), text]);
  return h("section", { "aria-labelledby": "asked" },
    h("h2", { id: "asked" }, "What is asked"),
    prose(draft.summary),
    h("dl", { class: "facts" },
      fact("Budget", money(draft.budget, revision.labels.currency)),
      fact("Category", revision.labels.category),
      fact("Department", capital(draft.department)),
      fact("Risk", capital(draft.risk)),
      draft.prepared_by.length ? fact("Prepared by", draft.prepared_by.map(fullName).join(", ")) : null),
    answers.length ? h("dl", { class: "answers" }, answers.map(([question, text]) => fact(question, text))) : null,
    draft.note ? h("div", { class: "note" }, prose(draft.note)) : null);
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, prose(value, "span")));

export function documents(id, list, labels) {
  if (!list.length) return h("p", { class: "quiet" }, "No documents.");
  return h("ul", { class: "files" }, list.map((each) => h("li", {},
    h("a", { href: `/api/proposals/${id}/documents/${each.sha256}`, download: each.name }, each.name),
    h("span", { class: "meta" }, `${own(labels.documents, each.kind, capital(each.kind))}, ${bytes(each.size)}`))));
}

const MARKS = { passed: ["good", "✓", "passed"], failed: ["warn", "!", "found something"], error: ["warn", "?", "could not be checked"] };

export function checks(screening) {
  if (!screening) return h("p", { class: "quiet" }, "The automatic checks are being made.");
  const mark = (finding) => own(MARKS, finding.result, MARKS.error);
  const found = screening.findings.filter(({ result }) => result !== "passed");
  const fine = screening.findings.filter(({ result }) => result === "passed");
  const line = (finding) => {
    const [kind, sign, word] = mark(finding);
    const bad = finding.result === "failed" && finding.severity === "reject";
    return h("li", { class: bad ? "bad" : kind },
      h("span", { class: "mark", "aria-hidden": "true" }, bad ? "✕" : sign),
      h("span", {}, h("strong", {}, own(CHECKS, finding.check, capital(finding.check.replaceAll("_", " ")))), ` ${word}`,
        finding.result === "passed" ? null : h("span", { class: "remark text" }, finding.message)));
  };
  return h("div", {},
    found.length ? h("ul", { class: "checks" }, found.map(line)) : null,
    fine.length ? h("details", {}, h("summary", {}, `${plural(fine.length, "check")} passed`), h("ul", { class: "checks" }, fine.map(line))) : null);
}

const STAGES = {
  waiting: ["quiet", "Not yet"],
  pending: ["busy", "Waiting"],
  approved: ["good", "Approved"],
  rejected: ["bad", "Rejected"],
  changes_requested: ["warn", "Changes requested"],
  lapsed: ["quiet", "No answer"],
  cancelled: ["quiet", "No longer needed"],
};

export function stages(list) {
  return h("ol", { class: "stages" }, list.map((stage) => {
    const [kind, text] = own(STAGES, stage.state, ["quiet", capital(stage.state)]);
    return h("li", { class: "stage", "aria-current": stage.state === "pending" ? "step" : null },
      h("h3", {}, stage.title, h("span", { class: `badge ${kind}` }, text)),
      h("p", { class: "meta" }, need(stage)),
      stage.tasks.length
        ? h("ul", { class: "tasks" }, stage.tasks.map(({ task }) => taskLine(task)))
        : h("p", { class: "quiet" }, `Will be asked: ${stage.asks.map(nameOf).join(", ")}`));
  }));
}

function need({ need: rule, quorum, asks }) {
  if (asks.length === 1) return "One approval is needed.";
  if (rule === "any") return "The first answer decides.";
  if (quorum === asks.length) return quorum === 2 ? "Both must approve." : `All ${quorum} must approve.`;
  return `${quorum} of ${asks.length} must approve.`;
}

function taskLine(task) {
  const behalf = task.on_behalf_of ? ` for ${nameOf(task.on_behalf_of)}` : "";
  const { decision } = task;
  return h("li", { class: `task ${task.state}` },
    h("p", {}, h("strong", {}, capital(nameOf(task.assignee))), behalf, " ", taskState(task)),
    task.state === "open" ? h("p", { class: "meta" }, deadline(task.due_at)) : null,
    decision?.comment ? prose(decision.comment, "blockquote") : null,
    (decision?.conditions ?? []).map((condition) => h("p", { class: "meta" }, `Condition: ${condition.text} (by ${moment(condition.due_at)})`)),
    decision && !decision.authenticated ? h("p", { class: "meta warn" }, "Came through an interface that does not check who calls.") : null,
    h("p", { class: "meta" }, `Asked because: ${because(task.why)}`));
}

/** What a task's holder did, or is to do. */
export function taskState(task) {
  const said = task.decision ? `${verdict(task.decision.verdict).said} on ${moment(task.decision.recorded_at)}` : "";
  switch (task.state) {
    case "open": return nameOf(task.assignee) === "you" ? "are asked" : "is asked";
    case "recorded": return `${said}: recorded, about to be applied`;
    case "applied": return task.successor ? `${said}; now ${nameOf(task.successor.assignee)}` : task.kept_from ? `${said} (kept from ${task.kept_from.split("/")[0].replace("r", "revision ")})` : said;
    case "not_counted": return `${said}, which was not counted: ${task.closed_reason}`;
    case "superseded": return `${{ escalated: "did not answer in time; now", recused: "stepped back; now", reassigned: "handed over to" }[task.successor.reason] ?? "was replaced by"} ${nameOf(task.successor.assignee)}`;
    case "expired": return "did not answer in time";
    default: return `${nameOf(task.assignee) === "you" ? "are" : "is"} no longer needed${task.closed_reason ? `: ${because(task.closed_reason)}` : ""}`;
  }
}

/** What happened, newest first; ids and digests are the record's to show. */
export function timeline(lines, since = 0) {
  const shown = lines.filter((line) => line.n > since && line.entry.action !== "applied").reverse();
  return h("ol", { class: "timeline", reversed: true }, shown.map((line) => {
    const more = remark(line);
    return h("li", {},
      h("p", {}, told(line), line.entry.authenticated ? null : h("span", { class: "badge warn" }, "not authenticated")),
      more ? h("div", { class: "remark" }, prose(more)) : null,
      h("time", { class: "meta", datetime: line.entry.at }, dateTime(line.entry.at)));
  }));
}

/** My decision, from recorded to applied. */
export function receipt(task) {
  const { decision, state } = task;
  const then = { recorded: "about to be applied", applied: "applied", not_counted: `not counted: ${task.closed_reason}` };
  return h("div", { class: `panel receipt ${state}`, tabindex: "-1" },
    h("h2", {}, `You ${verdict(decision.verdict).said}`),
    h("ol", { class: "steps" },
      h("li", { class: "done" }, `Recorded on ${moment(decision.recorded_at)}`),
      h("li", { class: state === "recorded" ? "busy" : "done" }, capital(own(then, state, state)))),
    decision.comment ? prose(decision.comment, "blockquote") : null,
    h("p", { class: "meta" }, `${verdict(decision.verdict).title}: final.`));
}

/** What the last revision changed, and how the earlier ones went. */
export function whatChanged(revisions) {
  const [before, after] = revisions.slice(-2);
  const list = changed(before.submission, after.submission, after.labels);
  const earlier = revisions.slice(0, -1).reverse();
  return h("section", { "aria-labelledby": "changed" },
    h("h2", { id: "changed" }, `What changed since revision ${before.submission.revision}`),
    list.length ? h("ul", {}, list.map((each) => h("li", {}, each))) : h("p", { class: "quiet" }, "Nothing but the note."),
    h("details", {}, h("summary", {}, plural(earlier.length, "earlier revision")),
      earlier.map((old) => h("section", {},
        h("h3", {}, `Revision ${old.submission.revision}, ${dateTime(old.submission.submitted_at)}`),
        prose(old.submission.draft.summary),
        stages(old.stages)))));
}

function changed(before, after, labels) {
  const [old, fresh] = [before.draft, after.draft];
  const plain = ["title", "category", "department", "risk", "summary"].filter((name) => old[name] !== fresh[name]).map(capital);
  const budget = old.budget === fresh.budget ? [] : [`Budget: ${money(old.budget, labels.currency)} → ${money(fresh.budget, labels.currency)}`];
  const answers = Object.keys({ ...old.fields, ...fresh.fields }).filter((id) => old.fields[id] !== fresh.fields[id]).map((id) => own(labels.fields, id, id));
  const digests = (submission) => submission.documents.map(({ sha256, kind }) => kind + sha256).sort().join();
  const files = digests(before) === digests(after) ? [] : ["Documents"];
  return [...budget, ...plain, ...answers, ...files];
}
