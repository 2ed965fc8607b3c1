// Questions to the API. An answer is JSON; a failure is thrown as a Problem, which says what to do.
import { cell } from "./cell.js";
import { session } from "./keep.js";

export const token = cell(session.get("token"));
token.listen((value) => session.set("token", value));

// Somebody has to say who they are: null, or the problem that said so.
export const locked = cell(null);

export class Problem extends Error {
    constructor(status, { title, detail, instance } = {}) {
        super(detail || title || `${status}`);
        this.status = status; // 0: no answer at all
        this.title = title;
        this.detail = detail;
        this.request = instance?.replace("urn:tidewaiter:request:", "");
    }
}

function headers(more) {
    // With X-Requested-With, a 401 does not make the browser open a dialog of its own.
    const all = { "X-Requested-With": "tidewaiter-page", ...more };
    if (token.get()) all.Authorization = `Bearer ${token.get()}`;
    return all;
}

// The whole answer, when it is a good one.
export async function askRaw(path, { method = "GET", accept, signal } = {}) {
    const asked = token.get();
    let answer;
    try {
        answer = await fetch(path, {
            method,
            signal,
            headers: headers(accept && { Accept: accept }),
            redirect: "error",
        });
    } catch (why) {
        if (why.name === "AbortError") throw why;
        throw new Problem(0);
    }
    if (answer.ok) {
        if (asked === token.get()) locked.set(null);
        return answer;
    }
    const told = await answer.json().catch((why) => {
        if (why.name === "AbortError") throw why;
        return {}; // it is not the daemon that answered, but a proxy before it
    });
    const problem = new Problem(answer.status, told);
    if (answer.status === 401 && asked === token.get()) locked.set(problem);
    throw problem;
}

export async function ask(path, options) {
    const answer = await askRaw(path, { accept: "application/json", ...options });
    try {
        return await answer.json();
    } catch (why) {
        if (why.name === "AbortError") throw why;
        throw new Problem(0);
    }
}
