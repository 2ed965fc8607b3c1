// Tells when something happened: by the daemon's event stream, or else by the clock.
import { askRaw, locked, token } from "./ask.js";
import { cell } from "./cell.js";
import { reader } from "./events.js";

const POLL_MS = 10_000;
const GATHER_MS = 400; // events that come in a row make one beat
const RETRY_MIN_MS = 2_000,
    RETRY_MAX_MS = 30_000;
const LASTED_MS = 5_000;
const SILENCE_MAX_MS = 45_000; // the daemon sends a comment every 15 s

export const pulse = cell(0);
export const state = cell("starting"); // "live", "polling", "hidden", "locked"

let gathering = 0;
function beat() {
    gathering ||= setTimeout(() => {
        gathering = 0;
        pulse.set(pulse.get() + 1);
    }, GATHER_MS);
}

let last = null; // the id of the last event
let control = null;

// What happened is asked for by those who show it; that something did is enough here.
function tell({ id }) {
    if (id) last = id;
    beat();
}

async function follow(signal, stop) {
    const path = "/v1/events" + (last ? `?after=${encodeURIComponent(last)}` : "");
    const answer = await askRaw(path, { signal, accept: "text/event-stream" });
    const stream = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const take = reader(tell);
    state.set("live");
    beat(); // what happened before
    for (;;) {
        const silence = setTimeout(stop, SILENCE_MAX_MS);
        const { done, value } = await stream.read().finally(() => clearTimeout(silence));
        if (done) return;
        take(value);
    }
}

const sleep = (ms, signal) =>
    new Promise((wake) => {
        const timer = setTimeout(wake, ms);
        signal.addEventListener("abort", () => (clearTimeout(timer), wake()), { once: true });
    });

// Until the page is hidden: a stream in a tab that nobody sees would hold one of the few
// connections that a browser has for one server.
async function run({ signal }) {
    let wait_ms = RETRY_MIN_MS;
    while (!signal.aborted) {
        const attempt = new AbortController();
        const stop = () => attempt.abort(),
            began = Date.now();
        signal.addEventListener("abort", stop, { once: true });
        try {
            await follow(attempt.signal, stop);
            wait_ms = RETRY_MIN_MS;
            if (Date.now() - began > LASTED_MS) continue; // it ended in order, as at a new certificate
        } catch (why) {
            if (why.status === 400 || why.status === 410) last = null; // it no longer knows that id
            wait_ms = state.get() === "live" ? RETRY_MIN_MS : Math.min(2 * wait_ms, RETRY_MAX_MS);
        }
        signal.removeEventListener("abort", stop);
        if (signal.aborted) return;
        if (locked.get()) {
            state.set("locked");
            return; // a token starts it again
        }
        state.set("polling");
        for (let waited_ms = 0; waited_ms < wait_ms && !signal.aborted; waited_ms += POLL_MS) {
            beat();
            await sleep(Math.min(POLL_MS, wait_ms), signal);
        }
    }
}

function restart() {
    control?.abort();
    control = null;
    if (document.hidden) {
        state.set("hidden");
        return;
    }
    control = new AbortController();
    run(control);
}

export function start() {
    document.addEventListener("visibilitychange", restart);
    token.listen(() => {
        last = null;
        restart();
    });
    restart();
}
