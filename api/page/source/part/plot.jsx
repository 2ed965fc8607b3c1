// Lines over time, drawn by uPlot; the same numbers as a table for those who cannot see them.
import { useLayoutEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { useCell } from "../cell.js";
import { lang, locale, t } from "../lang.js";
import { absolute, count } from "../number.js";
import { painted } from "../scheme.js";
import { Table } from "./table.jsx";

const HEIGHT_PX = 200,
    WIDTH_MIN_PX = 200;
const DASHES = [[], [7, 4], [2, 3]],
    BORDERS = ["solid", "dashed", "dotted"]; // by its place: lines differ without colours
const ROWS_MAX = 60; // of the table, the newest

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// light-dark() has to be worked out before a canvas can use it.
function resolved(name) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value || colour(name);
}

function options(names, label, width) {
    const axis = {
        stroke: resolved("muted"),
        grid: { stroke: resolved("line"), width: 1 },
        ticks: { show: false },
        font: "12px system-ui, sans-serif",
    };
    const hour = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hour12: false });
    const day = new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric" });
    return {
        width,
        height: HEIGHT_PX,
        legend: { markers: { width: 2, dash: (_, i) => BORDERS[(i - 1) % BORDERS.length], fill: () => "transparent" } },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.1))] } },
        axes: [
            {
                ...axis,
                size: 30,
                values: (_, ticks, __, ___, step) => ticks.map((at) => (step >= 86400 ? day : hour).format(at * 1000)),
            },
            {
                ...axis,
                size: 44,
                incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6, 1e7],
                values: (_, ticks) => ticks.map(count),
            },
        ],
        series: [
            { label: t("plot.time"), value: (_, at) => (at ? absolute(new Date(at * 1000)) : "–") },
            ...names.map((name, i) => ({
                label: label(name),
                stroke: resolved(name),
                width: 2,
                dash: DASHES[i % DASHES.length],
                points: { size: 5 },
                value: (_, n) => (n === null || n === undefined ? "–" : count(n)),
            })),
        ],
    };
}

// times: ms; lines: {name: [number|null, …]} of the same length.
export function Plot({ caption, names, times, lines, label }) {
    const place = useRef(null);
    const colours = useCell(painted),
        words = useCell(lang);
    const plot = useRef(null);
    const data = [times.map((at) => at / 1000), ...names.map((name) => lines[name])];
    useLayoutEffect(() => {
        const box = place.current; // the ref is empty as soon as the view is left
        const width = () => Math.max(WIDTH_MIN_PX, box.clientWidth);
        plot.current = new UPlot(options(names, label, width()), data, box);
        const watch = new ResizeObserver(() => plot.current.setSize({ width: width(), height: HEIGHT_PX }));
        watch.observe(box);
        return () => {
            watch.disconnect();
            plot.current.destroy();
        };
    }, [colours, words]);
    useLayoutEffect(() => plot.current.setData(data), [times, lines]); // what is pointed at stays
    const columns = [
        { key: "at", head: t("plot.time"), main: true, cell: (i) => absolute(new Date(times[i])) },
        ...names.map((name) => ({ key: name, head: label(name), number: true, cell: (i) => count(lines[name][i]) })),
    ];
    return (
        <figure class="plot">
            <figcaption>{caption}</figcaption>
            <div ref={place} aria-hidden="true" />
            <details>
                <summary>{t("plot.table")}</summary>
                <Table
                    caption={caption}
                    columns={columns}
                    rows={times
                        .map((_, i) => i)
                        .reverse()
                        .slice(0, ROWS_MAX)}
                />
            </details>
        </figure>
    );
}
