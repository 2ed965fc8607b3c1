// Which Go releases and settings the fleet runs, and which programs those are.
import { useState } from "preact/hooks";

import { link, search } from "../address.js";
import { useData } from "../data.js";
import { t } from "../lang.js";
import { count } from "../number.js";
import { Bars } from "../part/bars.jsx";
import { Filters, sortBy, stored } from "../part/filters.jsx";
import { ImageLink } from "../part/image.jsx";
import { Loaded } from "../part/loaded.jsx";
import { Mark } from "../part/mark.jsx";
import { Pages } from "../part/pages.jsx";
import { Table } from "../part/table.jsx";
import { Code, Text } from "../part/text.jsx";
import { When } from "../part/time.jsx";
import { statsPath } from "../series.js";

const KNOWN = [
    "go",
    "go_below",
    "module",
    "experiment",
    "godebug",
    "main",
    "registry",
    "repository",
    "tag",
    "current",
    "sort",
    "cursor",
];
const PAGE = 50;

export function Fleet({ query }) {
    const stats = useData(statsPath("day"));
    return (
        <>
            <h1>{t("nav.fleet")}</h1>
            <Loaded of={stats}>
                {({ now }) => (
                    <div class="columns">
                        <Releases rows={now.go_releases} />
                        <div>
                            <Settings rows={now.godebug} />
                            <Experiments rows={now.experiments} />
                        </div>
                    </div>
                )}
            </Loaded>
            <Programs query={query} />
        </>
    );
}

const images = () => ({ key: "images", head: t("image.images"), number: true, cell: (row) => count(row.images) });

const supportOf = ({ supported }) => (supported === null ? "unknown" : supported ? "supported" : "unsupported");

function Releases({ rows }) {
    const columns = [
        {
            key: "release",
            head: t("program.go"),
            main: true,
            cell: ({ release }) =>
                release ? <a href={link("fleet", { go: release })}>Go {release}</a> : t("program.go.unknown"),
        },
        { key: "support", head: t("release.support"), cell: (row) => <Mark word={supportOf(row)} kind="support" /> },
        images(),
    ];
    return (
        <Share
            id="releases"
            title={t("fleet.releases")}
            none={t("fleet.releases.none")}
            rows={rows}
            columns={columns}
            rowId={(row) => row.release}
            mark={supportOf}
        />
    );
}

function Settings({ rows }) {
    const columns = [
        {
            key: "setting",
            head: t("fleet.setting"),
            main: true,
            cell: ({ name, value }) => (
                <a href={link("fleet", { godebug: value === null ? name : `${name}=${value}` })}>
                    <Code value={value === null ? name : `${name}=${value}`} max={60} />
                </a>
            ),
        },
        images(),
    ];
    return (
        <Share
            id="godebug"
            title={t("fleet.godebug")}
            none={t("fleet.godebug.none")}
            rows={rows}
            columns={columns}
            rowId={(row) => `${row.name}=${row.value}`}
        />
    );
}

function Experiments({ rows }) {
    const columns = [
        {
            key: "name",
            head: t("program.experiments"),
            main: true,
            cell: ({ name }) => (
                <a href={link("fleet", { experiment: name })}>
                    <Code value={name} max={60} />
                </a>
            ),
        },
        images(),
    ];
    return (
        <Share
            id="experiments"
            title={t("fleet.experiments")}
            none={t("fleet.experiments.none")}
            rows={rows}
            columns={columns}
            rowId={(row) => row.name}
        />
    );
}

const FIRST = 12;

function Share({ id, title, none, rows, columns, rowId, mark }) {
    const [whole, setWhole] = useState(false);
    const sorted = [...rows].sort((a, b) => b.binaries - a.binaries || b.images - a.images);
    return (
        <section aria-labelledby={id}>
            <h2 id={id}>{title}</h2>
            {rows.length ? (
                <Bars
                    caption={title}
                    columns={columns}
                    rows={whole ? sorted : sorted.slice(0, FIRST)}
                    id={rowId}
                    value={(row) => row.binaries}
                    head={t("image.programs")}
                    mark={mark}
                />
            ) : (
                <p class="nothing">{none}</p>
            )}
            {rows.length > FIRST && (
                <button type="button" class="small" aria-expanded={whole} onClick={() => setWhole(!whole)}>
                    {whole ? t("text.less") : t("fleet.all", { count: count(rows.length) })}
                </button>
            )}
        </section>
    );
}

function Programs({ query }) {
    const wanted = Object.fromEntries(KNOWN.map((name) => [name, query[name]]));
    const programs = useData("/v1/binaries" + search({ ...wanted, limit: PAGE }));
    const fields = [
        { name: "go", label: t("program.go"), hint: "1.25, 1.25.4" },
        { name: "go_below", label: t("program.go_below"), hint: "1.25.4" },
        { name: "module", label: t("program.module"), hint: "golang.org/x/net" },
        { name: "godebug", label: t("program.godebug"), hint: "tls10server=1" },
        { name: "experiment", label: t("program.experiment"), hint: "jsonv2" },
        { name: "main", label: t("program.main"), hint: "example.com/app" },
        { name: "repository", label: t("image.repository"), hint: "team/app" },
        stored(),
        sortBy("-pushed", "pushed", "go", "-go", "path"),
    ];
    const columns = [
        { key: "path", head: t("program.path"), main: true, cell: (program) => <Code value={program.path} max={60} /> },
        { key: "go", head: t("program.go"), cell: ({ go }) => <Text value={go.release ?? go.version} max={40} /> },
        { key: "settings", head: t("program.settings"), cell: (program) => <InForce program={program} /> },
        { key: "modules", head: t("program.modules"), cell: ({ modules }) => <Modules modules={modules} /> },
        {
            key: "image",
            head: t("image.image"),
            cell: (program) => <ImageLink image={program} digest={program.image} query={{ program: program.path }} />,
        },
        { key: "pushed", head: t("image.pushed"), cell: (program) => <When at={program.pushed} /> },
    ].filter(({ key }) => key !== "modules" || query.module);
    return (
        <section aria-labelledby="programs">
            <h2 id="programs">{t("fleet.programs")}</h2>
            <Filters view="fleet" query={query} fields={fields} />
            <Loaded of={programs} empty={t("fleet.programs.none")}>
                {(data) => (
                    <Table
                        caption={t("fleet.programs")}
                        columns={columns}
                        rows={data.items}
                        id={(program) => program.image + program.platform + program.path}
                    />
                )}
            </Loaded>
            {programs.data && <Pages view="fleet" query={query} next={programs.data.next} />}
        </section>
    );
}

const SHOWN_DEFAULTS = 3; // of a program with an old go line there are dozens

// What somebody chose for this image comes first; many defaults of the program itself are folded.
function InForce({ program: { godebug, go } }) {
    const chosen = (godebug ?? []).filter(({ source }) => source !== "default");
    const own = (godebug ?? []).filter(({ source }) => source === "default");
    const experiments = go.experiments ?? [];
    if (!chosen.length && !own.length && !experiments.length) return <span class="none">{t("text.none")}</span>;
    return (
        <>
            <Words of={chosen.map(({ name, value }) => `${name}=${value}`)} source={t("source.env")} />
            <Words of={experiments} source="GOEXPERIMENT" />
            {own.length > SHOWN_DEFAULTS ? (
                <details>
                    <summary>{t("program.defaults", { count: count(own.length) })}</summary>
                    <Words of={own.map(({ name, value }) => `${name}=${value}`)} />
                </details>
            ) : (
                <Words of={own.map(({ name, value }) => `${name}=${value}`)} source={t("source.default")} />
            )}
        </>
    );
}

function Words({ of, source }) {
    if (!of.length) return null;
    return (
        <ul class="plain">
            {of.map((word) => (
                <li key={word}>
                    <Code value={word} max={60} /> {source && <span class="muted">{source}</span>}
                </li>
            ))}
        </ul>
    );
}

function Modules({ modules }) {
    return (
        <ul class="plain">
            {(modules ?? []).map((module) => (
                <li key={module.path}>
                    <Code value={`${module.path} ${module.version ?? ""}`} max={80} />
                </li>
            ))}
        </ul>
    );
}
