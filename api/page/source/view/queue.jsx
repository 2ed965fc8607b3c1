// What waits, what runs, what failed and why; an admin may have the failed ones tried again.
import { useState } from "preact/hooks";

import { link, search } from "../address.js";
import { ask } from "../ask.js";
import { useData } from "../data.js";
import { t } from "../lang.js";
import { Loaded, Problem } from "../part/loaded.jsx";
import { Pages } from "../part/pages.jsx";
import { scanColumns } from "../part/scan.jsx";
import { Table } from "../part/table.jsx";
import { Text } from "../part/text.jsx";
import { When } from "../part/time.jsx";

const STATES = ["failed", "running", "queued", "done"]; // what wants somebody comes first
const PAGE = 50,
    FIRST = 10;

export function Queue({ query }) {
    const { state } = query;
    return (
        <>
            <h1>{t("nav.queue")}</h1>
            <nav class="choice" aria-label={t("scan.state")}>
                {["", ...STATES].map((word) => (
                    <a
                        key={word}
                        href={link("queue", { state: word })}
                        aria-current={word === (state ?? "") ? "true" : undefined}
                    >
                        {word ? t(`state.${word}`) : t("filters.any")}
                    </a>
                ))}
            </nav>
            {STATES.includes(state) ? (
                <Scans state={state} query={query} limit={PAGE} />
            ) : (
                STATES.map((word) => <Part key={word} state={word} />)
            )}
        </>
    );
}

function Part({ state }) {
    return (
        <section aria-labelledby={state}>
            <h2 id={state}>{t(`queue.${state}`)}</h2>
            <Scans state={state} query={{}} limit={FIRST} />
        </section>
    );
}

// Columns that say nothing of scans in that state are left out.
function columnsFor(state, again) {
    const columns = scanColumns().filter(
        ({ key }) => key !== "state" && (key !== "finished" || state === "done" || state === "failed"),
    );
    if (state !== "done")
        columns.splice(1, 0, { key: "error", head: t("scan.error"), cell: (scan) => <Why scan={scan} /> });
    if (state === "failed")
        columns.push({ key: "retry", head: t("scan.retry"), cell: (scan) => <Retry scan={scan} again={again} /> });
    return columns;
}

function Scans({ state, query, limit }) {
    const scans = useData("/v1/scans" + search({ state, cursor: query.cursor, limit }));
    return (
        <>
            <Loaded of={scans} empty={t(`queue.none.${state}`)}>
                {(data) => (
                    <Table
                        class="queue"
                        caption={t(`queue.${state}`)}
                        columns={columnsFor(state, scans.again)}
                        rows={data.items}
                        id={(scan) => scan.id}
                    />
                )}
            </Loaded>
            {scans.data && <Pages view="queue" query={{ ...query, state }} next={scans.data.next} />}
        </>
    );
}

function Why({ scan: { error } }) {
    if (!error) return <span class="none">{t("text.none")}</span>;
    return (
        <>
            <Text value={error.message} max={400} />
            {error.retry_at && (
                <>
                    {" "}
                    <span class="muted">
                        {t("scan.retry_at")} <time dateTime={error.retry_at}>{error.retry_at.slice(11, 19)} UTC</time>
                    </span>
                </>
            )}
        </>
    );
}

function Retry({ scan, again }) {
    const [problem, setProblem] = useState(null);
    const [busy, setBusy] = useState(false);
    const retry = () => {
        setBusy(true);
        setProblem(null);
        ask(`/v1/scans/${encodeURIComponent(scan.id)}/retry`, { method: "POST" })
            .then(again, setProblem)
            .finally(() => setBusy(false));
    };
    return (
        <>
            <button
                type="button"
                disabled={busy}
                aria-label={t("scan.retry.of", { name: scan.reference })}
                onClick={retry}
            >
                {t("scan.retry.do")}
            </button>
            {problem && <Problem of={problem} />}
        </>
    );
}
