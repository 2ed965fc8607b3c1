// One Go program: its Go, how it was built, the GODEBUG that it will run with, its modules.
import { link } from "../address.js";
import { declared, withEffect } from "../godebug.js";
import { t } from "../lang.js";
import { bytes, count } from "../number.js";
import { Mark } from "./mark.jsx";
import { Table } from "./table.jsx";
import { Code, Digest, Text } from "./text.jsx";

// `known`: its item of /v1/binaries, when there is one.
export function Program({ binary, environment, known, open }) {
    const { go, main } = binary;
    const version = main?.version?.value ?? main?.module?.version;
    return (
        <details class="program" open={open}>
            <summary>
                <Code value={binary.path} max={120} />{" "}
                <b>{go.release ? `Go ${go.release}` : t("program.go.unknown")}</b>{" "}
                <span class="muted">
                    {binary.os}/{binary.arch} · {bytes(binary.size_bytes)}
                </span>
            </summary>
            <dl class="facts">
                <Fact words={t("program.go")}>
                    {go.release ? (
                        <a href={link("fleet", { go: go.release })}>
                            <Text value={go.version} max={80} />
                        </a>
                    ) : (
                        <Text value={go.version ?? go.range?.filter(Boolean).join(" – ")} max={80} />
                    )}{" "}
                    {go.confidence && go.confidence !== "certain" && <span class="muted">{t("program.inferred")}</span>}
                </Fact>
                <Fact words={t("program.main")}>
                    <Code value={main?.path} max={120} /> {version && <Text value={version} max={60} />}
                </Fact>
                <Fact words={t("program.experiments")}>
                    {go.experiments?.length ? (
                        go.experiments.map((name) => <Code key={name} value={name} max={60} />)
                    ) : (
                        <span class="none">{t("text.none")}</span>
                    )}
                </Fact>
                <Fact words={t("program.goroot")}>
                    <Code value={binary.goroot?.value} max={120} />
                </Fact>
                <Fact words="SHA-256">
                    <Code value={binary.sha256} max={80} />
                </Fact>
                <Fact words={t("program.layer")}>
                    <Digest digest={binary.layer} />
                </Fact>
            </dl>
            <h4>{t("program.godebug.all")}</h4>
            <Godebug rows={withEffect(declared(binary, environment), known?.godebug)} />
            <h4>{t("program.build")}</h4>
            <Settings settings={binary.settings} />
            {binary.notes.length > 0 && (
                <>
                    <h4>{t("program.notes")}</h4>
                    <ul class="plain">
                        {binary.notes.map((note, i) => (
                            <li key={i}>
                                <code>{note.code}</code> <Text value={note.message} max={400} />
                            </li>
                        ))}
                    </ul>
                </>
            )}
            <details>
                <summary>
                    {t("program.modules")} <span class="muted">{count(binary.modules.length)}</span>
                </summary>
                {binary.modules.length ? (
                    <Modules modules={binary.modules} />
                ) : (
                    <p class="nothing">{t("program.modules.none")}</p>
                )}
            </details>
        </details>
    );
}

const Fact = ({ words, children }) => (
    <div>
        <dt>{words}</dt>
        <dd>{children}</dd>
    </div>
);

function Godebug({ rows }) {
    if (!rows.length) return <p class="nothing">{t("program.godebug.none")}</p>;
    const columns = [
        {
            key: "name",
            head: t("fleet.setting"),
            main: true,
            cell: ({ name, value }) => <Code value={`${name}=${value}`} max={120} />,
        },
        {
            key: "effect",
            head: t("program.godebug.effect"),
            cell: ({ effect }) => <Mark word={effect} kind="effect" />,
        },
        { key: "source", head: t("program.godebug.source"), cell: ({ source }) => t(`source.${source}`) },
    ];
    return <Table caption={t("program.godebug.all")} columns={columns} rows={rows} id={({ name }) => name} />;
}

function Settings({ settings }) {
    const rows = Object.entries(settings);
    if (!rows.length) return <p class="nothing">{t("program.build.none")}</p>;
    const columns = [
        { key: "name", head: t("env.name"), main: true, cell: ([name]) => <Code value={name} max={60} /> },
        { key: "value", head: t("env.value"), cell: ([, value]) => <Code value={value} max={200} /> },
    ];
    return <Table caption={t("program.build")} columns={columns} rows={rows} id={([name]) => name} />;
}

function Modules({ modules }) {
    const columns = [
        {
            key: "path",
            head: t("program.module"),
            main: true,
            cell: ({ path }) => (
                <a href={link("fleet", { module: path })}>
                    <Code value={path} max={100} />
                </a>
            ),
        },
        { key: "version", head: t("program.version"), cell: ({ version }) => <Code value={version} max={60} /> },
        {
            key: "replace",
            head: t("program.replace"),
            cell: ({ replace }) =>
                replace ? (
                    <Code value={`${replace.path} ${replace.version ?? ""}`} max={100} />
                ) : (
                    <span class="none">{t("text.none")}</span>
                ),
        },
    ];
    return <Table caption={t("program.modules")} columns={columns} rows={modules} id={({ path }) => path} />;
}
