// One image in depth: the verdict, what speaks against it, its environment, programs and layers.
import { useEffect } from "preact/hooks";

import { link, search } from "../address.js";
import { useCell } from "../cell.js";
import { useData } from "../data.js";
import { lang, t } from "../lang.js";
import { bytes, count } from "../number.js";
import { Downloads } from "../part/download.jsx";
import { Finding } from "../part/finding.jsx";
import { nameOf } from "../part/image.jsx";
import { Loaded } from "../part/loaded.jsx";
import { Completeness, Counts, Decision } from "../part/mark.jsx";
import { Program } from "../part/program.jsx";
import { Table } from "../part/table.jsx";
import { Code, Digest, Text } from "../part/text.jsx";
import { When } from "../part/time.jsx";
import { plain } from "../text.js";

const platformOf = ({ image: { platform } }) =>
    platform ? [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/") : "";

export function Image({ item, query }) {
    const path = `/v1/images/${encodeURIComponent(item)}`;
    const image = useData(path);
    const report = useData(`${path}/report?lang=${useCell(lang)}`);
    return (
        <>
            <Loaded of={image}>{(data) => <Head image={data} />}</Loaded>
            <Loaded of={report}>
                {(data) => <Reports reports={data.reports ?? [data]} digest={item} query={query} />}
            </Loaded>
        </>
    );
}

function Head({ image }) {
    const name = nameOf(image);
    useEffect(() => {
        document.title = `${plain(name ?? image.digest, 80)} · Tidewaiter`;
    }, [name]);
    return (
        <>
            <h1>{name ? <Text value={name} max={200} /> : <Digest digest={image.digest} />}</h1>
            <p class="verdict">
                <Decision of={image.decision} /> <Counts counts={image.counts} />{" "}
                <Completeness of={image.completeness} />
            </p>
            <dl class="facts">
                <Fact words={t("image.digest")}>
                    <Code value={image.digest} max={150} />
                </Fact>
                <Fact words={t("image.registry")}>
                    <Text value={image.registry} />
                </Fact>
                <Fact words={t("image.pushed")}>
                    <When at={image.pushed} />
                </Fact>
                <Fact words={t("image.scanned")}>
                    <When at={image.scanned} />
                </Fact>
            </dl>
            <p class="actions">
                <a href={link("compare", { drift: image.digest })}>{t("image.drift")}</a>
                <a href={link("compare", { repository: image.repository, to: image.digest })}>{t("image.compare")}</a>
                <Downloads digest={image.digest} />
            </p>
        </>
    );
}

const Fact = ({ words, children }) => (
    <div>
        <dt>{words}</dt>
        <dd>{children}</dd>
    </div>
);

function Reports({ reports, digest, query }) {
    const chosen = reports.find(({ image }) => image.digest === query.manifest) ?? reports[0];
    if (!chosen) return <p class="nothing">{t("image.reports.none")}</p>;
    return (
        <>
            {reports.length > 1 && (
                <nav class="choice" aria-label={t("image.platform")}>
                    {reports.map((report) => (
                        <a
                            key={report.image.digest}
                            href={link("images", { manifest: report.image.digest }, digest)}
                            aria-current={report === chosen ? "true" : undefined}
                        >
                            <Text value={platformOf(report)} max={40} /> <Decision of={report.verdict.decision} />
                        </a>
                    ))}
                </nav>
            )}
            <Report report={chosen} program={query.program} />
        </>
    );
}

const KNOWN_MAX = 200; // programs: what one page of the list may have

// The items of /v1/binaries of this image, by path: what acts on each program.
function useKnown(digest) {
    const programs = useData("/v1/binaries" + search({ image: digest, current: "false", limit: KNOWN_MAX }));
    return Object.fromEntries((programs.data?.items ?? []).map((item) => [item.path, item]));
}

function Report({ report, program }) {
    const { image, verdict, findings, environment, completeness, go_binaries: programs, toolchains } = report;
    const known = useKnown(image.digest);
    return (
        <>
            <p class="muted">
                <Text value={platformOf(report)} max={40} /> · {t("image.policy")}{" "}
                <Code value={verdict.policy} max={80} /> ·{" "}
                {t("image.facts", { version: report.tool.version, facts: report.tool.facts })}
                {verdict.waived > 0 && <> · {t("image.waived", { count: count(verdict.waived) })}</>}
            </p>
            <Notes completeness={completeness} />
            <Jumps
                to={[
                    ["findings", t("image.findings"), findings.length],
                    ["environment", t("image.environment"), environment.length],
                    ["programs", t("image.programs"), programs.length],
                    ["layers", t("image.layers"), image.layers.length],
                ]}
            />
            <Section id="findings" title={t("image.findings")} size={findings.length} none={t("image.findings.none")}>
                {findings.map((finding) => (
                    <Finding key={finding.fingerprint} finding={finding} />
                ))}
            </Section>
            <Section
                id="environment"
                title={t("image.environment")}
                size={environment.length}
                none={t("image.environment.none")}
            >
                <Environment rows={environment} />
            </Section>
            <Section id="programs" title={t("image.programs")} size={programs.length} none={t("image.programs.none")}>
                {programs.map((binary) => (
                    <Program
                        key={binary.path}
                        binary={binary}
                        environment={environment}
                        known={known[binary.path]}
                        open={programs.length === 1 || binary.path === program}
                    />
                ))}
            </Section>
            {toolchains.length > 0 && (
                <Section id="toolchains" title={t("image.toolchains")} size={toolchains.length}>
                    <ul class="plain">
                        {toolchains.map((toolchain) => (
                            <li key={toolchain.root}>
                                <Code value={toolchain.root} /> <Text value={toolchain.version} />
                            </li>
                        ))}
                    </ul>
                </Section>
            )}
            <Section id="layers" title={t("image.layers")} size={image.layers.length} none={t("image.layers.none")}>
                <Layers layers={image.layers} programs={programs} />
            </Section>
            {Object.keys(image.labels ?? {}).length > 0 && (
                <Section id="labels" title={t("image.labels")} size={Object.keys(image.labels).length}>
                    <Environment rows={Object.entries(image.labels).map(([name, value]) => ({ name, value }))} plain />
                </Section>
            )}
        </>
    );
}

// Further down on this page. The part behind the # is taken, so these are buttons.
function Jumps({ to }) {
    const jump = (id) => {
        const place = document.getElementById(id);
        place.scrollIntoView();
        place.focus({ preventScroll: true });
    };
    return (
        <nav class="jumps" aria-label={t("image.parts")}>
            {to.map(([id, words, size]) => (
                <button key={id} type="button" onClick={() => jump(id)}>
                    {words} <span class="muted">{count(size)}</span>
                </button>
            ))}
        </nav>
    );
}

function Section({ id, title, size, none, children }) {
    return (
        <section aria-labelledby={id}>
            <h2 id={id} tabIndex={-1}>
                {title} <span class="muted">{count(size)}</span>
            </h2>
            {size > 0 ? children : <p class="nothing">{none}</p>}
        </section>
    );
}

// What could not be read comes before what was found: unknown is not clean.
function Notes({ completeness: { status, notes } }) {
    if (!notes.length && status === "complete") return null;
    const list = (
        <ul class="plain">
            {notes.map((note, i) => (
                <li key={i}>
                    <code>{note.code}</code> <Text value={note.message ?? note.reason} max={400} />
                    {note.path && (
                        <>
                            {" "}
                            <Code value={note.path} max={160} />
                        </>
                    )}
                    {note.layer && (
                        <>
                            {" "}
                            {t("evidence.layer")} <Digest digest={note.layer} />
                        </>
                    )}
                </li>
            ))}
        </ul>
    );
    if (status === "complete")
        return (
            <details>
                <summary>{t("notes.some", { count: count(notes.length) })}</summary>
                {list}
            </details>
        );
    return (
        <section class="incomplete" aria-labelledby="incomplete">
            <h2 id="incomplete">
                <Completeness of={status} /> {t("notes.incomplete")}
            </h2>
            {list}
        </section>
    );
}

function Environment({ rows, plain }) {
    const columns = [
        { key: "name", head: t("env.name"), main: true, cell: ({ name }) => <Code value={name} max={80} /> },
        { key: "value", head: t("env.value"), cell: ({ value }) => <Code value={value} max={300} /> },
        {
            key: "set_by",
            head: t("env.set_by"),
            cell: ({ set_by: by }) =>
                by?.instruction ? (
                    <Code value={by.instruction} max={300} />
                ) : (
                    <span class="none">{t("env.unknown")}</span>
                ),
        },
    ];
    return (
        <Table
            caption={t("image.environment")}
            columns={plain ? columns.slice(0, 2) : columns}
            rows={rows}
            id={({ name }) => name}
        />
    );
}

function Layers({ layers, programs }) {
    const inside = (digest) => programs.filter(({ layer }) => layer === digest);
    const columns = [
        { key: "index", head: t("layer.index"), number: true, cell: (layer) => layers.indexOf(layer) + 1 },
        { key: "digest", head: t("layer.digest"), main: true, cell: ({ digest }) => <Digest digest={digest} /> },
        {
            key: "created_by",
            head: t("layer.created_by"),
            cell: (layer) => <Code value={layer.created_by} max={200} />,
        },
        {
            key: "programs",
            head: t("image.programs"),
            cell: ({ digest }) =>
                inside(digest).length ? (
                    <ul class="plain">
                        {inside(digest).map(({ path }) => (
                            <li key={path}>
                                <Code value={path} max={80} />
                            </li>
                        ))}
                    </ul>
                ) : (
                    <span class="none">{t("text.none")}</span>
                ),
        },
        { key: "size", head: t("layer.size"), number: true, cell: (layer) => bytes(layer.size_bytes) },
    ];
    return <Table caption={t("image.layers")} columns={columns} rows={layers} />;
}
