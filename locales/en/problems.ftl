### Problem documents (RFC 9457) that only HTTP knows: titles by kind, and details that say what to do.

problem-title = { $kind ->
    [comment-required] A comment is needed
    [conflict] Somebody changed it at the same time
    [erased] It was erased
    [idempotency-key-reused] The idempotency key was used before
    [internal] Something went wrong
    [invalid] The request is not valid
    [no-directory] The directory cannot be read
    [nobody-can-approve] Nobody can approve this
    [not-allowed] You may not do this
    [not-found] Not found, or not yours to see
    [not-json] Not valid JSON
    [not-multipart] Not a readable form
    [not-your-task] Somebody else is asked
    [other-host] Not a name of this machine
    [other-origin] The request comes from another site
    [other-person] You are signed in as somebody else
    [precondition-required] Say which version you looked at
    [proposal-over] The proposal is over
    [stale] It changed since you looked
    [superseded-revision] There is a newer revision
    [task-over] The task is over
    [too-large] The request is too large
    [unauthenticated] Who are you?
    [unsupported-media-type] Unsupported content type
    [verdict-not-allowed] The stage does not take this verdict
    [wrong-state] Not possible at this point
   *[other] { $phrase }
}

problem =
    .internal = Something went wrong here, not with your request. Nothing is lost; try again. Incident { $incident }.
    .no-directory = Nobody can be recognized at the moment, so nobody is let in. Nothing is lost; try again.
    .other-person = You are { $name } now, but somebody else opened this page. Reload it.
    .other-origin = This request comes from another site. Use Greenlight's own page, or call the API from a program.
    .other-host =
        Without a sign-in, Greenlight answers only to localhost, 127.0.0.1 and [::1], not to { $host }. Use one of these names, with the same port.
    .too-large = The request has { $size } bytes, the limit is { $limit }. Send fewer or smaller documents.
    .operators-only = Only operators may do this.
    .no-such-number = There is no { $place } { $number }.
    .no-such-file = There is no { $path } here. The page is at /, the API under /api.

identity =
    .not-set-up = No identity is set up. Set IDENTITY to local (this machine only) or easyauth (on Azure).
    .say-who = Say who you are in the header X-Greenlight-User: an id of the directory, like 'ana'.
    .sign-in = Sign in first.
    .sign-in-again = The sign-in information cannot be read. Sign in again.
    .unknown = You are not in the directory. Ask its owner to add you.
    .unknown-name = { $name } is not in the directory. Ask its owner to add you.
    .inactive = You are not active in the directory. Ask its owner to change that.
    .inactive-name = { $name } is not active in the directory. Ask its owner to change that.

sent =
    .header-missing = Send the header { $name }. { $text }.
    .header-wrong = A header is wrong.
    .idempotency-key = must be 1 to 128 visible ASCII characters, like a UUID
    .query-wrong = The query is wrong.
    .content-type = The content type is { $kind }. Send application/json or multipart/form-data.
    .no-content-type = The content type is missing. Send application/json or multipart/form-data.
    .body-not-json = The body is not JSON: { $error }. Check its quotes, commas and brackets.
    .part-not-json = The part 'proposal' is not JSON: { $error }. Check its quotes, commas and brackets.
    .body-not-object = The body must be a JSON object.
    .part-not-object = The part 'proposal' must be a JSON object.
    .no-readable-part = The multipart body has no part that can be read. Check its boundary, and that the body ends with it.
    .nameless-part = A part of the multipart body has no name. Give every part a name in its Content-Disposition.
    .document-without-kind = A document has no kind.
    .name-the-part = send documents as parts named document:KIND, like document:design
    .document-without-name = A document has no name.
    .needs-file-name = needs a file name
    .person-or-recusal-title = The request is wrong.
    .person-or-recusal = name a person, or set recuse to true, not both

served =
    .no-trail = Nothing is written to the trail yet. Look again in a moment.
    .no-record = There is no record yet. It is written when the proposal is decided.
    .no-document = This proposal has no such document.
    .question-note = A question does not move the deadline: the decision is still due.
