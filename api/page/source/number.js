// Numbers, sizes and times as a reader of the chosen language writes them.
import { locale } from "./lang.js";

export const count = (n) => (typeof n === "number" ? new Intl.NumberFormat(locale()).format(n) : "–");

export function bytes(n) {
    if (typeof n !== "number") return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let i = 0;
    for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
    const digits = i > 0 && n < 100 ? 1 : 0;
    return `${new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n)} ${units[i]}`;
}

const STEPS = [
    ["second", 60],
    ["minute", 60],
    ["hour", 24],
    ["day", 30],
    ["month", 12],
    ["year", Infinity],
];

// "3 minutes ago"; what lies a moment ahead (clocks differ) is now.
export function ago(ms) {
    let n = Math.max(0, ms / 1000),
        i = 0;
    for (; n >= STEPS[i][1]; i++) n /= STEPS[i][1];
    return new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" }).format(
        -Math.floor(n),
        STEPS[i][0],
    );
}

export function span(seconds) {
    let n = Math.max(0, seconds),
        i = 0;
    for (; n >= STEPS[i][1]; i++) n /= STEPS[i][1];
    return new Intl.NumberFormat(locale(), { style: "unit", unit: STEPS[i][0], unitDisplay: "short" }).format(
        Math.floor(n),
    );
}

export const absolute = (date) =>
    new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "long" }).format(date);
