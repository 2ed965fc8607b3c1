// What a running program will do differently: between two images that one picks, or between an
// image and the push before it.
import { go, link, search } from "../address.js";
import { useCell } from "../cell.js";
import { useData } from "../data.js";
import { lang, t } from "../lang.js";
import { count } from "../number.js";
import { Filters } from "../part/filters.jsx";
import { Finding } from "../part/finding.jsx";
import { ImageLink } from "../part/image.jsx";
import { Loaded } from "../part/loaded.jsx";
import { Counts, Decision } from "../part/mark.jsx";
import { Table } from "../part/table.jsx";
import { Code, Digest, Text } from "../part/text.jsx";
import { When } from "../part/time.jsx";

const PAGE = 50;

export function Compare({ query }) {
    const spoken = useCell(lang);
    const { from, to, drift } = query;
    const path = drift
        ? `/v1/images/${encodeURIComponent(drift)}/drift?lang=${spoken}`
        : from && to
          ? "/v1/compare" + search({ from, to, lang: spoken })
          : null;
    const result = useData(path, { live: false });
    return (
        <>
            <h1>{t("nav.compare")}</h1>
            <p class="muted">{t("compare.about")}</p>
            {drift ? (
                <p class="actions">
                    <a href={link("images", null, drift)}>{t("compare.image")}</a>
                    <a href={link("compare", { to: drift })}>{t("compare.others")}</a>
                </p>
            ) : (
                <Choice query={query} />
            )}
            {drift && result.problem?.status === 404 ? (
                <p class="nothing">{t("compare.first")}</p>
            ) : (
                <Loaded of={result}>{(data) => data.comparisons.map((one, i) => <One key={i} of={one} />)}</Loaded>
            )}
        </>
    );
}

function Choice({ query }) {
    const { repository, tag, from, to } = query;
    const images = useData("/v1/images" + search({ q: repository, tag, limit: PAGE }));
    const set = (more) => go(link("compare", { ...query, ...more }), { replace: true });
    const pick = (side) => ({
        key: side,
        head: t(`compare.${side}`),
        cell: (image) => (
            <input
                type="radio"
                name={side}
                checked={query[side] === image.digest}
                aria-label={t(`compare.${side}.of`, {
                    name: `${image.repository}:${image.tag} ${image.digest.slice(0, 19)}`,
                })}
                onChange={() => set({ [side]: image.digest })}
            />
        ),
    });
    const columns = [
        pick("from"),
        pick("to"),
        { key: "image", head: t("image.image"), main: true, cell: (image) => <ImageLink image={image} /> },
        { key: "decision", head: t("image.decision"), cell: (image) => <Decision of={image.decision} /> },
        { key: "counts", head: t("image.findings"), cell: (image) => <Counts counts={image.counts} /> },
        { key: "pushed", head: t("image.pushed"), cell: (image) => <When at={image.pushed ?? image.scanned} /> },
    ];
    return (
        <details open={!(from && to)}>
            <summary>{t("compare.choose")}</summary>
            <Filters
                view="compare"
                query={query}
                fields={[
                    { name: "repository", label: t("image.repository"), hint: "team/app" },
                    { name: "tag", label: t("image.tag"), hint: "1.4" },
                    { name: "from", label: t("compare.from"), hint: "sha256:…" },
                    { name: "to", label: t("compare.to"), hint: "sha256:…" },
                ]}
            />
            <Loaded of={images} empty={t("images.none")}>
                {(data) => (
                    <Table
                        caption={t("compare.choose")}
                        columns={columns}
                        rows={data.items}
                        id={(image) => image.digest}
                    />
                )}
            </Loaded>
        </details>
    );
}

const sideName = ({ reference, platform }) =>
    `${reference ?? ""} ${[platform.os, platform.architecture, platform.variant].filter(Boolean).join("/")}`;

function Side({ words, side }) {
    return (
        <div>
            <dt>{words}</dt>
            <dd>
                <a href={link("images", null, side.digest)}>
                    <Text value={sideName(side)} max={160} />
                </a>{" "}
                <Digest digest={side.digest} />
            </dd>
        </div>
    );
}

function One({ of: { from, to, programs, changes, findings_new: appeared, findings_gone: gone } }) {
    const same =
        !changes.length && !appeared.length && !gone.length && !programs.added.length && !programs.removed.length;
    return (
        <section class="comparison" aria-label={t("compare.result")}>
            <dl class="facts">
                <Side words={t("compare.from")} side={from} />
                <Side words={t("compare.to")} side={to} />
            </dl>
            {same && <p class="nothing">{t("compare.same")}</p>}
            <Paths words={t("compare.added")} sign="+" paths={programs.added} />
            <Paths words={t("compare.removed")} sign="−" paths={programs.removed} />
            <Group words={t("compare.appeared")} findings={appeared} />
            <Group words={t("compare.changes")} findings={changes} />
            <Group words={t("compare.gone")} findings={gone} />
        </section>
    );
}

function Paths({ words, sign, paths }) {
    if (!paths.length) return null;
    return (
        <>
            <h2>
                {words} <span class="muted">{count(paths.length)}</span>
            </h2>
            <ul class="plain">
                {paths.map((path) => (
                    <li key={path}>
                        {sign} <Code value={path} max={160} />
                    </li>
                ))}
            </ul>
        </>
    );
}

function Group({ words, findings }) {
    if (!findings.length) return null;
    return (
        <>
            <h2>
                {words} <span class="muted">{count(findings.length)}</span>
            </h2>
            {findings.map((finding) => (
                <Finding key={finding.fingerprint} finding={finding} />
            ))}
        </>
    );
}
