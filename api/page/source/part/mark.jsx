// The words that a reader looks for first, each with a sign and a colour of its own: a colour
// alone says nothing to some, and nothing on paper.
import { t } from "../lang.js";
import { count } from "../number.js";

export const SEVERITIES = ["critical", "high", "medium", "low", "info"];
export const DECISIONS = ["deny", "warn", "pass"];

const SIGNS = {
    critical: "▲▲",
    high: "▲",
    medium: "◆",
    low: "▽",
    info: "○",
    deny: "✕",
    warn: "!",
    pass: "✓",
    complete: "✓",
    partial: "◐",
    failed: "✕",
    queued: "…",
    running: "▸",
    done: "✓",
    supported: "✓",
    unsupported: "✕",
    unknown: "?",
    force: "✓",
    nothing: "–",
};

export function Mark({ word, kind }) {
    return (
        <span class={`mark is-${word}`}>
            <span class="sign" aria-hidden="true">
                {SIGNS[word] ?? "·"}
            </span>{" "}
            {t(`${kind}.${word}`)}
        </span>
    );
}

export const Severity = ({ of }) => <Mark word={of} kind="severity" />;
export const Decision = ({ of }) =>
    of ? <Mark word={of} kind="decision" /> : <span class="none">{t("text.none")}</span>;
export const Completeness = ({ of }) =>
    of ? <Mark word={of} kind="completeness" /> : <span class="none">{t("text.none")}</span>;
export const State = ({ of }) => <Mark word={of} kind="state" />;

// "2 critical 1 high": the worst first, without those that are none.
export function Counts({ counts }) {
    const some = SEVERITIES.filter((severity) => counts?.[severity] > 0);
    if (!some.length) return <span class="none">{t("counts.none")}</span>;
    return (
        <span class="counts">
            {some.map((severity) => (
                <span key={severity} class={`count is-${severity}`}>
                    <b>{count(counts[severity])}</b> {t(`severity.${severity}`)}
                </span>
            ))}
        </span>
    );
}
