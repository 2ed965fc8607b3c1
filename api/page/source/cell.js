// A value that components read and that tells them when it changes.
import { useEffect, useState } from "preact/hooks";

export function cell(value) {
    const listeners = new Set();
    return {
        get: () => value,
        set(next) {
            if (Object.is(next, value)) return;
            value = next;
            for (const listener of [...listeners]) listener(next);
        },
        listen(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
    };
}

export function useCell(c) {
    const [value, setValue] = useState(c.get());
    useEffect(() => {
        setValue(() => c.get()); // it may have changed before we listened
        return c.listen((next) => setValue(() => next));
    }, [c]);
    return value;
}
