// Made by `make api-types` from the API's own description: change that, not this file.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Hand a task over (`to`) or step back from it (`recuse`). */
        AssigneeBody: {
            /** @default null */
            to: string | null;
            /** @default false */
            recuse: boolean;
            /** @default  */
            reason: string;
        };
        ConditionBody: {
            text: string;
            /** Format: date-time */
            due: string;
        };
        /** @description A decision on an approval task. */
        DecisionBody: {
            /** @enum {string} */
            verdict: "approve" | "reject" | "request_changes" | "approve_with_conditions" | "abstain";
            /** @default  */
            comment: string;
            /** @default [] */
            conditions: components["schemas"]["ConditionBody"][];
        };
        /** @description Evidence for a condition, or what its confirmer says about it. */
        EvidenceBody: {
            condition: string;
            /**
             * @default give
             * @enum {string}
             */
            action: "give" | "confirm" | "refuse";
            /** @default  */
            note: string;
        };
        /** @description A form that is still being filled in: only what the way through the policy depends on must be there. */
        PreviewBody: {
            /** @default  */
            title: string;
            category: string;
            department: string;
            budget: number | string;
            /** @enum {string} */
            risk: "low" | "medium" | "high";
            /** @default  */
            summary: string;
            /** @default {} */
            fields: {
                [key: string]: string;
            };
            /** @default [] */
            prepared_by: string[];
            /** @default  */
            note: string;
        };
        /** @description A project design proposal, without its documents. */
        ProposalBody: {
            title: string;
            category: string;
            department: string;
            budget: number | string;
            /** @enum {string} */
            risk: "low" | "medium" | "high";
            summary: string;
            /** @default {} */
            fields: {
                [key: string]: string;
            };
            /** @default [] */
            prepared_by: string[];
            /** @default  */
            note: string;
        };
        /** @description A question to the author about a task, or the answer to one. */
        QuestionBody: {
            text: string;
        };
        /** @description The next revision; `keep` names documents of the one before by digest. */
        RevisionBody: {
            title: string;
            category: string;
            department: string;
            budget: number | string;
            /** @enum {string} */
            risk: "low" | "medium" | "high";
            summary: string;
            /** @default {} */
            fields: {
                [key: string]: string;
            };
            /** @default [] */
            prepared_by: string[];
            /** @default  */
            note: string;
            from_revision: number;
            /** @default [] */
            keep: string[];
        };
        WithdrawalBody: {
            /** @default  */
            reason: string;
        };
        /** @description Problem details (RFC 9457). Further members are facts for programs. */
        Problem: {
            /** Format: uri-reference */
            type: string;
            title: string;
            status: number;
            detail: string;
            /** Format: uri-reference */
            instance: string;
            errors?: components["schemas"]["FieldError"][];
        } & {
            [key: string]: string;
        };
        /** @description A proposal that the app took: where it stands now, and where to look again. */
        Accepted: {
            proposal: string;
            revision: number;
            state: string;
            outcome: components["schemas"]["Outcome"] | null;
            instance: string;
            links: components["schemas"]["ProposalLinks"];
        };
        /** @enum {string} */
        Outcome: "approved" | "rejected" | "withdrawn" | "lapsed";
        /** @description Addresses, relative to the app's own. */
        ProposalLinks: {
            self: string;
            status: string;
            page: string;
        };
        /** @description A question, with its answer. */
        Answered: {
            question: components["schemas"]["QuestionView"];
        };
        /** @description A question to the author; the last three are None while it waits for its answer. */
        QuestionView: {
            id: string;
            task: string;
            asked_by: string;
            text: string;
            /** Format: date-time */
            asked_at: string;
            answer: string | null;
            answered_by: string | null;
            answered_at: string | null;
        };
        /** @description `conditions/{id}.json`: a condition, its evidence so far and who confirmed it. */
        ConditionFile: {
            proposal: string;
            revision: number;
            condition: components["schemas"]["Condition"];
            state: components["schemas"]["ConditionState"];
            evidence: components["schemas"]["Evidence"][];
            confirmed_by: string | null;
            refused: string | null;
            unaudited: components["schemas"]["AuditEntry"][];
        };
        /** @description Asked for by "approve with conditions". Confirmed by who set it or by the policy's confirming role. */
        Condition: {
            id: string;
            text: string;
            /** Format: date-time */
            due_at: string;
            set_by: string;
        };
        /** @enum {string} */
        ConditionState: "open" | "evidence" | "confirmed" | "lapsed";
        Evidence: {
            by: string;
            /** Format: date-time */
            at: string;
            note: string;
            documents: components["schemas"]["Document"][];
        };
        /**
         * @description A document by reference: the bytes lie under their SHA-256 digest. `size` in bytes.
         *
         *     `kind` is the policy's name for what it is (`design`); `media_type` what the sender claimed.
         */
        Document: {
            sha256: string;
            name: string;
            size: number;
            media_type: string;
            kind: string;
        };
        /**
         * @description One thing that happened, before it is a line of the trail.
         *
         *     `id` is deterministic: the same happening always has the same id, so that writing it twice is harmless. `actor` is a person or `greenlight`; `subject` a task, stage, document, condition or question.
         */
        AuditEntry: {
            id: string;
            /** Format: date-time */
            at: string;
            actor: string;
            action: string;
            subject: string;
            source: components["schemas"]["Source"];
            authenticated: boolean;
            detail: {
                [key: string]: string;
            };
        };
        /** @enum {string} */
        Source: "api" | "raise-event" | "system";
        /**
         * @description `trail_head` is the digest of line `trail_lines` of the audit trail, the last one before sealing.
         *
         *     `people` are the names of those who are mentioned by their ids.
         */
        DecisionRecord: {
            format: string;
            proposal: string;
            title: string;
            author: string;
            outcome: components["schemas"]["Outcome"];
            reason: string;
            /** Format: date-time */
            sealed_at: string;
            revisions: components["schemas"]["RevisionRecord"][];
            trail_head: string;
            trail_lines: number;
            people: {
                [key: string]: string;
            };
        };
        /**
         * @description One revision: what was submitted, by which rule it was routed, what was found and who decided what.
         *
         *     `currency` is that of the budget, by the policy of then.
         */
        RevisionRecord: {
            submission: components["schemas"]["Submission"];
            rule: string;
            why: string;
            screening: components["schemas"]["Screening"] | null;
            tasks: components["schemas"]["ApprovalTask"][];
            conditions: components["schemas"]["ConditionFile"][];
            currency: string;
            questions: components["schemas"]["QuestionFile"][];
        };
        /** @description One revision as submitted: immutable, with the digests of the policy and directory it is routed by. */
        Submission: {
            proposal: string;
            revision: number;
            author: string;
            /** Format: date-time */
            submitted_at: string;
            draft: components["schemas"]["Draft"];
            documents: components["schemas"]["Document"][];
            policy: string;
            directory: string;
            orchestration_version: number;
        };
        /**
         * @description What somebody wants to submit: checked for shape, not yet stored. `budget` in the policy's currency.
         *
         *     A field that earlier releases did not have needs a default: submissions that lack it stay readable.
         */
        Draft: {
            title: string;
            category: string;
            department: string;
            budget: string;
            risk: string;
            summary: string;
            fields: {
                [key: string]: string;
            };
            prepared_by: string[];
            note: string;
        };
        /** @description `screening.json`: the findings of all checks, and so the one verdict over them. */
        Screening: {
            proposal: string;
            revision: number;
            findings: components["schemas"]["Finding"][];
            /** Format: date-time */
            at: string;
        };
        /** @description What one automatic check found. `message` is for people. */
        Finding: {
            check: string;
            result: components["schemas"]["CheckResult"];
            message: string;
            severity: components["schemas"]["Severity"];
        };
        /** @enum {string} */
        CheckResult: "passed" | "failed" | "not_checked";
        /** @enum {string} */
        Severity: "reject" | "warn";
        /**
         * @description `tasks/{task}.json`: the one truth about an approval task.
         *
         *     `step` is the position on the seat's escalation chain that this holder stands for. `on_behalf_of` is who delegated. `kept_from` names the task of an earlier revision whose approval still stands. `unaudited` holds audit entries that this blob's changes owe to the trail.
         */
        ApprovalTask: {
            proposal: string;
            revision: number;
            stage: string;
            seat: string;
            task: string;
            generation: number;
            assignee: string;
            why: string;
            step: number;
            /** Format: date-time */
            opened_at: string;
            /** Format: date-time */
            due_at: string;
            state: components["schemas"]["TaskState"];
            on_behalf_of: string | null;
            decision: components["schemas"]["Decision"] | null;
            successor: components["schemas"]["Successor"] | null;
            closed_reason: string | null;
            kept_from: string | null;
            unaudited: components["schemas"]["AuditEntry"][];
        };
        /** @enum {string} */
        TaskState: "open" | "recorded" | "applied" | "not_counted" | "superseded" | "expired" | "cancelled";
        /** @description What was decided, by whom, through which door. `event` is the ordinal of the raised event it came with. */
        Decision: {
            verdict: components["schemas"]["Verdict"];
            by: string;
            comment: string;
            /** Format: date-time */
            recorded_at: string;
            source: components["schemas"]["Source"];
            authenticated: boolean;
            conditions: components["schemas"]["Condition"][];
            event: number | null;
        };
        /** @enum {string} */
        Verdict: "approve" | "reject" | "request_changes" | "approve_with_conditions" | "abstain";
        /**
         * @description Who holds the seat after a task that was superseded, or whose holder abstained and is missed.
         *
         *     `step` is the position on the seat's chain. `asked` is the person that a hand-over named.
         */
        Successor: {
            task: string;
            assignee: string;
            step: number;
            reason: string;
            by: string;
            /** Format: date-time */
            at: string;
            /** Format: date-time */
            due_at: string;
            why: string;
            on_behalf_of: string | null;
            asked: string | null;
        };
        /** @description `questions/{id}.json`: what the holder of a task asked the author, and the one answer. */
        QuestionFile: {
            proposal: string;
            revision: number;
            question: string;
            task: string;
            asked_by: string;
            text: string;
            /** Format: date-time */
            asked_at: string;
            answer: string | null;
            answered_by: string | null;
            answered_at: string | null;
            unaudited: components["schemas"]["AuditEntry"][];
        };
        /** @description Items, and the token that asks for more. */
        ListItemPage: {
            items: components["schemas"]["ListItem"][];
            continuation: string | null;
        };
        ListItem: {
            proposal: string;
            title: string;
            author: string;
            revision: number;
            state: string;
            outcome: string | null;
            /** Format: date-time */
            changed_at: string;
        };
        /**
         * @description The whole picture. `can` lists the viewer's next moves; `timeline` is the audit trail.
         *
         *     `people` are the names of everybody who is mentioned by an id.
         */
        ProposalView: {
            proposal: components["schemas"]["Proposal"];
            state: string;
            can: string[];
            revisions: components["schemas"]["RevisionView"][];
            timeline: components["schemas"]["AuditLine"][];
            people: {
                [key: string]: string;
            };
            undelivered: components["schemas"]["UndeliveredView"][];
        };
        /**
         * @description `proposal.json`: who asks, where it stands, who listens for events (`instance`).
         *
         *     `claim` is the execution that runs the current revision. `generations` counts the orchestrations of a revision where there was more than one, by its number; `begun` is when the last of them began, three at most, and `trouble` says why no other one was begun. `publication` names the step that failed when publication needs somebody to run it again. `purged_at`: its instances go from the task hub since then, and none is ever started again. `erased_at`: what people wrote about it is gone, and so are its documents.
         */
        Proposal: {
            proposal: string;
            title: string;
            author: string;
            revision: number;
            state: components["schemas"]["ProposalState"];
            instance: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            changed_at: string;
            outcome: components["schemas"]["Outcome"] | null;
            outcome_reason: string;
            claim: string | null;
            revise_by: string | null;
            publication: string | null;
            purged_at: string | null;
            erased_at: string | null;
            unaudited: components["schemas"]["AuditEntry"][];
            generations: {
                [key: string]: number;
            };
            begun: string[];
            trouble: string;
        };
        /** @enum {string} */
        ProposalState: "starting" | "screening" | "deciding" | "changes_requested" | "conditions" | "closing" | "closed";
        RevisionView: {
            submission: components["schemas"]["Submission"];
            labels: components["schemas"]["Labels"];
            rule: string;
            why: string;
            screening: components["schemas"]["Screening"] | null;
            stages: components["schemas"]["StageView"][];
            conditions: components["schemas"]["ConditionView"][];
            questions: components["schemas"]["QuestionView"][];
        };
        /** @description What a submission's words mean in the policy it was routed by: questions by field, titles by kind of document. */
        Labels: {
            category: string;
            currency: string;
            fields: {
                [key: string]: string;
            };
            documents: {
                [key: string]: string;
            };
        };
        StageView: {
            name: string;
            title: string;
            need: string;
            quorum: number;
            state: string;
            verdicts: components["schemas"]["Verdict"][];
            asks: string[];
            tasks: components["schemas"]["TaskView"][];
        };
        /** @description A task, with the version to send back as `If-Match` and whether it waits for who is looking. */
        TaskView: {
            task: components["schemas"]["ApprovalTask"];
            etag: string;
            yours: boolean;
        };
        ConditionView: {
            file: components["schemas"]["ConditionFile"];
            you_may_confirm: boolean;
        };
        /**
         * @description Line `n` (from 1) of a trail; `digest` is that of its bytes without the line break, as it was written.
         *
         *     `erased`: text was taken out of it since.
         */
        AuditLine: {
            n: number;
            previous: string;
            entry: components["schemas"]["AuditEntry"];
            digest: string;
            erased: boolean;
        };
        /** @description A message that `notifiers` have owed for longer than GRACE. It lies in the outbox; every sweep tries again. */
        UndeliveredView: {
            to: string;
            subject: string;
            kind: string;
            /** Format: date-time */
            at: string;
            notifiers: string[];
        };
        /**
         * @description Where it stands, for people who poll and for operators who raise events.
         *
         *     `next_due` is the nearest deadline of an open task, a condition or the author's revision.
         */
        StatusView: {
            proposal: string;
            revision: number;
            over: boolean;
            state: string;
            outcome: string | null;
            reason: string;
            instance: string;
            event: string;
            stage: string | null;
            tasks: components["schemas"]["OpenTaskView"][];
            conditions: components["schemas"]["OpenConditionView"][];
            next_due: string | null;
            revise_by: string | null;
        };
        OpenTaskView: {
            task: string;
            stage: string;
            assignee: string;
            /** Format: date-time */
            due_at: string;
            state: string;
        };
        OpenConditionView: {
            condition: string;
            text: string;
            /** Format: date-time */
            due_at: string;
            state: string;
        };
        /** @description The instance that publishes the record again. */
        PublicationStarted: {
            proposal: string;
            instance: string;
        };
        /** @description What became of a task by this request. `etag` is its version from now on. */
        Receipt: {
            proposal: string;
            revision: number;
            task: string;
            state: components["schemas"]["TaskState"];
            decision: components["schemas"]["Decision"] | null;
            successor: components["schemas"]["Successor"] | null;
            etag: string;
        };
        /** @description A question to the author. `due_at` is when its task's decision is due, question or not; `note` says so. */
        Asked: {
            question: components["schemas"]["QuestionView"];
            /** Format: date-time */
            due_at: string;
            note: string;
        };
        /** @description `status` is healthy or unhealthy; `checks` say `ok` or what fails. */
        Health: {
            status: string;
            checks: {
                [key: string]: string;
            };
            versions: components["schemas"]["Versions"];
        };
        /** @description The release, and the version of the orchestration that new revisions run. */
        Versions: {
            app: string;
            orchestration: number;
        };
        /** @description Who is asking. `now` is the app's time, for words like "due tomorrow" on a machine whose clock is wrong. */
        Me: {
            person: components["schemas"]["Person"];
            operator: boolean;
            /** Format: date-time */
            now: string;
        };
        /**
         * @description `id` is how policies and URLs name them, `object_id` their Entra object id.
         *
         *     `country` (ISO 3166-1 alpha-2) and `subdivision` (ISO 3166-2) say whose holidays they keep, `time_zone` is a name of the IANA database.
         */
        Person: {
            id: string;
            name: string;
            mail: string;
            manager: string | null;
            department: string;
            roles: string[];
            time_zone: string;
            country: string;
            subdivision: string | null;
            active: boolean;
            object_id: string | null;
        };
        /** @description Items, and the token that asks for more. */
        InboxItemPage: {
            items: components["schemas"]["InboxItem"][];
            continuation: string | null;
        };
        /**
         * @description `task` names the task, condition or question. Only a task has a stage and an etag to decide with.
         *
         *     `budget` is in `currency`, `category` is its title by the policy of then. `opened_at` is when the matter began to wait for this person; `escalated_from` who had the task before and did not answer in time.
         */
        InboxItem: {
            kind: components["schemas"]["Matter"];
            proposal: string;
            revision: number;
            title: string;
            author: string;
            task: string;
            stage: string | null;
            why: string;
            /** Format: date-time */
            due_at: string;
            etag: string | null;
            budget: string;
            currency: string;
            category: string;
            risk: string;
            /** Format: date-time */
            opened_at: string;
            escalated_from: string | null;
        };
        /** @enum {string} */
        Matter: "decide" | "answer" | "revise" | "evidence" | "confirm";
        /** @description Items, and the token that asks for more. */
        MessagePage: {
            items: components["schemas"]["Message"][];
            continuation: string | null;
        };
        /**
         * @description One message to one person. `id` is deterministic; `path` is relative to the page's address.
         *
         *     `revision`, `task` and `due_at` say what it is about and when it is due, for the link that it carries.
         */
        Message: {
            id: string;
            to: string;
            subject: string;
            text: string;
            path: string;
            proposal: string;
            kind: string;
            /** Format: date-time */
            at: string;
            revision: number;
            task: string | null;
            due_at: string | null;
            raise_event: boolean;
            others: string[];
        };
        /** @description How to say who you are. `people` are there to choose from where `identity` is local, and nowhere else. */
        Session: {
            identity: components["schemas"]["IdentityMode"];
            sign_in: string;
            sign_out: string;
            people: components["schemas"]["PersonName"][];
        };
        /** @enum {string} */
        IdentityMode: "" | "local" | "easyauth";
        /** @description Somebody to choose: nothing of the directory but how they are called. */
        PersonName: {
            id: string;
            name: string;
        };
        /** @description Everything that the page begins with. `inbox_etag` is that of `GET /api/inbox` for the same page. */
        Start: {
            session: components["schemas"]["Session"];
            me: components["schemas"]["Me"];
            policy: components["schemas"]["PolicyForm"];
            inbox: components["schemas"]["InboxItemPage"];
            inbox_etag: string;
        };
        /** @description Everything that there is to choose from. Money is in `currency`; `people` are the active ones, by name. */
        PolicyForm: {
            currency: string;
            fields: components["schemas"]["ProposalFieldForm"][];
            categories: components["schemas"]["CategoryForm"][];
            departments: string[];
            risks: string[];
            limits: components["schemas"]["Limits"];
            verdicts: components["schemas"]["VerdictForm"][];
            people: components["schemas"]["PersonName"][];
        };
        /**
         * @description A field that every proposal has. `shape` says which control it takes, `limit` how much goes into it.
         *
         *     `of_revision`: only a revision is asked for it. `choices` are all that there are, or all that are known.
         */
        ProposalFieldForm: {
            id: string;
            label: string;
            help: string;
            shape: components["schemas"]["Shape"];
            required: boolean;
            limit: number;
            of_revision: boolean;
            choices: components["schemas"]["Choice"][];
        };
        /** @enum {string} */
        Shape: "line" | "word" | "text" | "money" | "category" | "department" | "choice" | "answers" | "people";
        Choice: {
            id: string;
            title: string;
        };
        CategoryForm: {
            id: string;
            title: string;
            fields: components["schemas"]["FieldForm"][];
            documents: components["schemas"]["DocumentForm"][];
        };
        /** @description A question of the category. `required`: a check looks for the answer. */
        FieldForm: {
            id: string;
            title: string;
            required: boolean;
        };
        /** @description A kind of document to bring along, as the part `document:ID`. `types` are media types. */
        DocumentForm: {
            id: string;
            title: string;
            required: boolean;
            types: string[];
            max_bytes: number;
        };
        Limits: {
            max_documents: number;
            max_document_bytes: number;
            max_total_bytes: number;
        };
        /**
         * @description A way to decide; which of them a stage allows is said with the stage's tasks.
         *
         *     `title` is the choice and `consequence` its help, `act` the button, `said` follows who decided so.
         */
        VerdictForm: {
            id: string;
            counts: components["schemas"]["Counts"];
            title: string;
            act: string;
            said: string;
            consequence: string;
            comment_required: boolean;
            takes_conditions: boolean;
        };
        /** @enum {string} */
        Counts: "for" | "against" | "sends_back" | "neither" | "unknown";
        /**
         * @description The way through the policy if each stage used its whole time and nobody stayed silent.
         *
         *     `working_days` are counted in the author's calendar, from now to `due_at`.
         */
        PolicyPreview: {
            rule: string;
            why: string;
            stages: components["schemas"]["PreviewStage"][];
            /** Format: date-time */
            due_at: string;
            working_days: number;
        };
        /**
         * @description `need` says in words who must approve: `any 2 of Hugo Martin, Ines Costa and Jon Baker`.
         *
         *     `due_at` is the latest of those who are asked first; silence beyond it escalates.
         */
        PreviewStage: {
            name: string;
            title: string;
            need: string;
            /** Format: date-time */
            opens_at: string;
            /** Format: date-time */
            due_at: string;
            seats: components["schemas"]["PreviewSeat"][];
        };
        /** @description `chain[0]` would be asked first; the others in turn, if those before stayed silent. */
        PreviewSeat: {
            chain: components["schemas"]["PreviewHolder"][];
            passed_over: string[];
        };
        /** @description Somebody who would be asked, by name, and why. `due_at`: if they were asked as late as can be. */
        PreviewHolder: {
            person: string;
            name: string;
            why: string;
            /** Format: date-time */
            due_at: string;
            on_behalf_of: string | null;
        };
        /** @description One thing wrong with one field: `field` is a dotted path, `message` says how to mend it. */
        FieldError: {
            field: string;
            message: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AssigneeBody = components['schemas']['AssigneeBody'];
export type ConditionBody = components['schemas']['ConditionBody'];
export type DecisionBody = components['schemas']['DecisionBody'];
export type EvidenceBody = components['schemas']['EvidenceBody'];
export type PreviewBody = components['schemas']['PreviewBody'];
export type ProposalBody = components['schemas']['ProposalBody'];
export type QuestionBody = components['schemas']['QuestionBody'];
export type RevisionBody = components['schemas']['RevisionBody'];
export type WithdrawalBody = components['schemas']['WithdrawalBody'];
export type Problem = components['schemas']['Problem'];
export type Accepted = components['schemas']['Accepted'];
export type Outcome = components['schemas']['Outcome'];
export type ProposalLinks = components['schemas']['ProposalLinks'];
export type Answered = components['schemas']['Answered'];
export type QuestionView = components['schemas']['QuestionView'];
export type ConditionFile = components['schemas']['ConditionFile'];
export type Condition = components['schemas']['Condition'];
export type ConditionState = components['schemas']['ConditionState'];
export type Evidence = components['schemas']['Evidence'];
export type Document = components['schemas']['Document'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type Source = components['schemas']['Source'];
export type DecisionRecord = components['schemas']['DecisionRecord'];
export type RevisionRecord = components['schemas']['RevisionRecord'];
export type Submission = components['schemas']['Submission'];
export type Draft = components['schemas']['Draft'];
export type Screening = components['schemas']['Screening'];
export type Finding = components['schemas']['Finding'];
export type CheckResult = components['schemas']['CheckResult'];
export type Severity = components['schemas']['Severity'];
export type ApprovalTask = components['schemas']['ApprovalTask'];
export type TaskState = components['schemas']['TaskState'];
export type Decision = components['schemas']['Decision'];
export type Verdict = components['schemas']['Verdict'];
export type Successor = components['schemas']['Successor'];
export type QuestionFile = components['schemas']['QuestionFile'];
export type ListItemPage = components['schemas']['ListItemPage'];
export type ListItem = components['schemas']['ListItem'];
export type ProposalView = components['schemas']['ProposalView'];
export type Proposal = components['schemas']['Proposal'];
export type ProposalState = components['schemas']['ProposalState'];
export type RevisionView = components['schemas']['RevisionView'];
export type Labels = components['schemas']['Labels'];
export type StageView = components['schemas']['StageView'];
export type TaskView = components['schemas']['TaskView'];
export type ConditionView = components['schemas']['ConditionView'];
export type AuditLine = components['schemas']['AuditLine'];
export type UndeliveredView = components['schemas']['UndeliveredView'];
export type StatusView = components['schemas']['StatusView'];
export type OpenTaskView = components['schemas']['OpenTaskView'];
export type OpenConditionView = components['schemas']['OpenConditionView'];
export type PublicationStarted = components['schemas']['PublicationStarted'];
export type Receipt = components['schemas']['Receipt'];
export type Asked = components['schemas']['Asked'];
export type Health = components['schemas']['Health'];
export type Versions = components['schemas']['Versions'];
export type Me = components['schemas']['Me'];
export type Person = components['schemas']['Person'];
export type InboxItemPage = components['schemas']['InboxItemPage'];
export type InboxItem = components['schemas']['InboxItem'];
export type Matter = components['schemas']['Matter'];
export type MessagePage = components['schemas']['MessagePage'];
export type Message = components['schemas']['Message'];
export type Session = components['schemas']['Session'];
export type IdentityMode = components['schemas']['IdentityMode'];
export type PersonName = components['schemas']['PersonName'];
export type Start = components['schemas']['Start'];
export type PolicyForm = components['schemas']['PolicyForm'];
export type ProposalFieldForm = components['schemas']['ProposalFieldForm'];
export type Shape = components['schemas']['Shape'];
export type Choice = components['schemas']['Choice'];
export type CategoryForm = components['schemas']['CategoryForm'];
export type FieldForm = components['schemas']['FieldForm'];
export type DocumentForm = components['schemas']['DocumentForm'];
export type Limits = components['schemas']['Limits'];
export type VerdictForm = components['schemas']['VerdictForm'];
export type Counts = components['schemas']['Counts'];
export type PolicyPreview = components['schemas']['PolicyPreview'];
export type PreviewStage = components['schemas']['PreviewStage'];
export type PreviewSeat = components['schemas']['PreviewSeat'];
export type PreviewHolder = components['schemas']['PreviewHolder'];
export type FieldError = components['schemas']['FieldError'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
