// One glance: does anything that is pushed get denied, is anything stuck, what is worst, what is new.
import { useMemo } from "preact/hooks";

import { link } from "../address.js";
import { useData } from "../data.js";
import { t } from "../lang.js";
import { count, span } from "../number.js";
import { Bars } from "../part/bars.jsx";
import { imageColumns } from "../part/image.jsx";
import { Loaded } from "../part/loaded.jsx";
import { DECISIONS, Decision, SEVERITIES, Severity } from "../part/mark.jsx";
import { Plot } from "../part/plot.jsx";
import { reportDigest, scanColumns } from "../part/scan.jsx";
import { Table } from "../part/table.jsx";
import { WINDOWS, statsPath, toLines, withNow } from "../series.js";
import { useTitles } from "../titles.js";

const WORST = 6,
    LATEST = 8,
    RULES = 8;

export function Overview({ query }) {
    const window_ = query.window in WINDOWS ? query.window : "day";
    const stats = useData(statsPath(window_));
    const worst = useData(`/v1/images?sort=-severity&current=true&min_severity=low&limit=${WORST}`);
    const latest = useData(`/v1/scans?limit=${LATEST}`);
    const pushed = useData(`/v1/images?limit=${2 * LATEST}`); // for the decisions: a scan tells none
    return (
        <>
            <h1 class="unseen">{t("nav.overview")}</h1>
            <Loaded of={stats}>{(data) => <Now now={data.now} />}</Loaded>
            <div class="columns">
                <section aria-labelledby="worst">
                    <h2 id="worst">{t("overview.worst")}</h2>
                    <Loaded of={worst} empty={t("overview.worst.none")}>
                        {(data) => (
                            <Table
                                caption={t("overview.worst")}
                                columns={imageColumns().filter(({ key }) =>
                                    ["image", "decision", "counts", "pushed"].includes(key),
                                )}
                                rows={data.items}
                                id={(image) => image.digest}
                            />
                        )}
                    </Loaded>
                    <p class="more">
                        <a href={link("images", { sort: "-severity" })}>{t("overview.worst.more")}</a>
                    </p>
                </section>
                <section aria-labelledby="latest">
                    <h2 id="latest">{t("overview.latest")}</h2>
                    <Loaded of={latest} empty={t("overview.latest.none")}>
                        {(data) => (
                            <Table
                                caption={t("overview.latest")}
                                columns={latestColumns(pushed.data?.items ?? [])}
                                rows={data.items}
                                id={(scan) => scan.id}
                            />
                        )}
                    </Loaded>
                    <p class="more">
                        <a href={link("queue")}>{t("overview.latest.more")}</a>
                    </p>
                </section>
            </div>
            {stats.data && (
                <>
                    <Rules rules={stats.data.now.rules} />
                    <Times stats={stats.data} chosen={window_} />
                </>
            )}
        </>
    );
}

function latestColumns(images) {
    const decisions = Object.fromEntries(images.map(({ digest, decision }) => [digest, decision]));
    const columns = scanColumns().filter(({ key }) => ["reference", "state", "created"].includes(key));
    columns.splice(2, 0, {
        key: "decision",
        head: t("image.decision"),
        cell: (scan) => <Decision of={decisions[reportDigest(scan)]} />,
    });
    return columns;
}

function Now({ now }) {
    const incomplete = now.completeness.partial + now.completeness.failed;
    return (
        <ul class="tiles" aria-label={t("overview.now")}>
            {DECISIONS.map((decision) => (
                <Tile
                    key={decision}
                    of={now.decisions[decision]}
                    words={t(`decision.${decision}`)}
                    mark={decision}
                    href={link("images", { decision })}
                    more={t("tile.images")}
                />
            ))}
            <Tile
                of={incomplete}
                words={t("tile.incomplete")}
                mark={incomplete ? "partial" : "none"}
                href={link("images", {
                    completeness: now.completeness.failed > now.completeness.partial ? "failed" : "partial",
                })}
                more={t("tile.images")}
            />
            <Tile
                of={now.scans.queued + now.scans.running}
                words={t("tile.waiting")}
                mark="none"
                href={link("queue", { state: "queued" })}
                more={now.scans.queued ? t("tile.oldest", { time: span(now.queue_oldest_seconds) }) : t("tile.idle")}
            />
            <Tile
                of={now.scans.failed}
                words={t("tile.failed")}
                mark={now.scans.failed ? "failed" : "none"}
                href={link("queue", { state: "failed" })}
                more={t("tile.scans")}
            />
            <Tile
                of={now.go_binaries}
                words={t("tile.programs")}
                mark="none"
                href={link("fleet")}
                more={t("tile.in", { count: count(now.images) })}
            />
        </ul>
    );
}

const SIGNS = { deny: "✕", warn: "!", pass: "✓", partial: "◐", failed: "✕" };

function Tile({ of, words, mark, href, more }) {
    return (
        <li class={`tile is-${of ? mark : "none"}`}>
            <a href={href}>
                <span class="words">
                    {SIGNS[mark] && (
                        <span class="sign" aria-hidden="true">
                            {SIGNS[mark]}{" "}
                        </span>
                    )}
                    {words}
                </span>
                <b>{count(of)}</b>
                <span class="muted">{more}</span>
            </a>
        </li>
    );
}

function Rules({ rules }) {
    const titles = useTitles();
    const order = (rule) => SEVERITIES.indexOf(rule.severity);
    const first = [...rules].sort((a, b) => order(a) - order(b) || b.images - a.images).slice(0, RULES);
    const columns = [
        { key: "severity", head: t("finding.severity"), cell: (rule) => <Severity of={rule.severity} /> },
        {
            key: "rule",
            head: t("finding.rule"),
            main: true,
            cell: (rule) => (
                <a href={link("findings", { rule: rule.rule })}>
                    {rule.rule} {titles[rule.rule] ?? ""}
                </a>
            ),
        },
    ];
    return (
        <section aria-labelledby="rules">
            <h2 id="rules">{t("overview.rules")}</h2>
            {first.length ? (
                <Bars
                    caption={t("overview.rules")}
                    columns={columns}
                    rows={first}
                    id={(rule) => rule.rule + rule.severity}
                    value={(rule) => rule.images}
                    head={t("image.images")}
                    mark={(rule) => rule.severity}
                />
            ) : (
                <p class="nothing">{t("overview.rules.none")}</p>
            )}
        </section>
    );
}

const PLOTS = [
    ["overview.findings", ["critical", "high", "medium"], "severity"],
    ["overview.decisions", ["deny", "warn", "pass"], "decision"],
];

function Times({ stats, chosen }) {
    return (
        <section aria-labelledby="times">
            <h2 id="times">{t("overview.times")}</h2>
            <p class="choice" role="group" aria-label={t("overview.window")}>
                {Object.keys(WINDOWS).map((name) => (
                    <a key={name} href={link("", { window: name })} aria-current={name === chosen ? "true" : undefined}>
                        {t(`window.${name}`)}
                    </a>
                ))}
            </p>
            <div class="columns">
                {PLOTS.map(([words, names, kind]) => (
                    <Lines key={words} stats={stats} caption={t(words)} names={names} kind={kind} />
                ))}
            </div>
        </section>
    );
}

function Lines({ stats, caption, names, kind }) {
    const { times, lines } = useMemo(() => toLines(withNow(stats), names), [stats]);
    return <Plot caption={caption} names={names} times={times} lines={lines} label={(name) => t(`${kind}.${name}`)} />;
}
