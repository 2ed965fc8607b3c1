// The rule library: what each one finds, why it matters, how it shows, what to do.
import { link } from "../address.js";
import { useCell } from "../cell.js";
import { useData } from "../data.js";
import { lang, t } from "../lang.js";
import { Loaded } from "../part/loaded.jsx";
import { Severity } from "../part/mark.jsx";
import { Table } from "../part/table.jsx";
import { Text } from "../part/text.jsx";
import { rulesPath } from "../titles.js";

const PARTS = ["what", "why", "see", "now", "for_good"];

export function Rules() {
    const rules = useData(rulesPath(useCell(lang)), { live: false });
    const columns = [
        {
            key: "id",
            head: t("finding.rule"),
            main: true,
            cell: (rule) => <a href={link("rules", null, rule.id)}>{rule.id}</a>,
        },
        { key: "severity", head: t("finding.severity"), cell: (rule) => <Severity of={rule.severity} /> },
        { key: "title", head: t("rule.title"), cell: (rule) => <Text value={rule.title} /> },
        { key: "what", head: t("rule.what"), cell: (rule) => <Text value={rule.what} max={600} /> },
    ];
    return (
        <>
            <h1>{t("nav.rules")}</h1>
            <p class="muted">{t("rules.about")}</p>
            <Loaded of={rules} empty={t("rules.none")}>
                {(data) => (
                    <Table
                        class="rules"
                        caption={t("nav.rules")}
                        columns={columns}
                        rows={data.items}
                        id={(rule) => rule.id}
                    />
                )}
            </Loaded>
        </>
    );
}

export function Rule({ item }) {
    const rule = useData(`/v1/rules/${encodeURIComponent(item)}?lang=${useCell(lang)}`, { live: false });
    return (
        <Loaded of={rule}>
            {(data) => (
                <article class="rule">
                    <h1>
                        {data.id} <Text value={data.title} />
                    </h1>
                    <p>
                        <Severity of={data.severity} /> <code>{data.name}</code> ·{" "}
                        <a href={link("findings", { rule: data.id })}>{t("rule.findings")}</a>
                    </p>
                    <dl>
                        {PARTS.map((part) => (
                            <div key={part}>
                                <dt>{t(`rule.${part}`)}</dt>
                                <dd>
                                    <Text value={data[part]} max={2000} />
                                </dd>
                            </div>
                        ))}
                        {data.sources.length > 0 && (
                            <div>
                                <dt>{t("rule.sources")}</dt>
                                <dd>
                                    <ul>
                                        {data.sources.map((source) => (
                                            <li key={source}>
                                                <Text value={source} />
                                            </li>
                                        ))}
                                    </ul>
                                </dd>
                            </div>
                        )}
                    </dl>
                    <p class="more">
                        <a href={link("rules")}>{t("rule.all")}</a>
                    </p>
                </article>
            )}
        </Loaded>
    );
}
