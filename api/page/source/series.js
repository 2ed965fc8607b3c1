// The series, and the numbers of this moment as their last point: what is counted by the hour is
// up to an hour old.
export function withNow({ at, now, series }) {
    const numbers = { ...now.decisions, ...now.findings };
    return series.map(({ name, points }) =>
        name in numbers ? { name, points: [...points, { at, value: numbers[name] }] } : { name, points },
    );
}

// The series of /v1/stats as what a plot wants: one row of times, a line a name.
export function toLines(series, names) {
    const chosen = new Map(series.filter(({ name }) => names.includes(name)).map(({ name, points }) => [name, points]));
    const times = [...new Set([...chosen.values()].flat().map(({ at }) => Date.parse(at)))].sort((a, b) => a - b);
    const index = new Map(times.map((at, i) => [at, i]));
    const lines = {};
    for (const name of names) {
        lines[name] = times.map(() => null); // unknown is not nought
        for (const { at, value } of chosen.get(name) ?? []) lines[name][index.get(Date.parse(at))] = value;
    }
    return { times, lines };
}

const HOUR_MS = 3_600_000,
    DAY_MS = 24 * HOUR_MS;
export const WINDOWS = {
    day: { step: "hour", ms: DAY_MS },
    month: { step: "day", ms: 30 * DAY_MS },
    year: { step: "day", ms: 365 * DAY_MS },
};

// Starts at a whole step, so that the question stays the same for a while.
export function statsPath(name) {
    const { step, ms } = WINDOWS[name] ?? WINDOWS.day;
    const whole_ms = step === "hour" ? HOUR_MS : DAY_MS;
    const from = Math.floor((Date.now() - ms) / whole_ms) * whole_ms;
    return `/v1/stats?from=${new Date(from).toISOString()}&step=${step}`;
}
