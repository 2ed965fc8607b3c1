// What a component asks for, asked again whenever something happens.
import { useEffect, useState } from "preact/hooks";

import { ask, token } from "./ask.js";
import { useCell } from "./cell.js";
import { pulse } from "./live.js";

const KEPT_MAX = 40;
const kept = new Map(); // path -> the last answer, so that going back shows something at once
token.listen(() => kept.clear());

function keep(path, data) {
    kept.delete(path);
    kept.set(path, data);
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value);
}

// {data, problem, loading, again}: data stays while it is asked for again, and when that fails.
// A path of null asks nothing. `live: false` for what no push changes.
export function useData(path, { live = true } = {}) {
    const beat = useCell(pulse);
    const who = useCell(token);
    const [turn, setTurn] = useState(0);
    const [state, setState] = useState({});
    useEffect(() => {
        if (!path) return undefined;
        const control = new AbortController();
        ask(path, { signal: control.signal }).then(
            (data) => {
                keep(path, data);
                setState({ path, data });
            },
            (problem) => {
                if (problem.name !== "AbortError")
                    setState((old) => ({ ...(old.path === path ? old : { path }), problem }));
            },
        );
        return () => control.abort();
    }, [path, who, turn, live ? beat : 0]);
    const own = path && state.path === path ? state : { data: kept.get(path) };
    return {
        data: own.data,
        problem: own.problem,
        loading: Boolean(path) && !own.data && !own.problem,
        again: () => setTurn(turn + 1),
    };
}
