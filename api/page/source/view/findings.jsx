// What the rules say of all images, the worst first.
import { link, search } from "../address.js";
import { useData } from "../data.js";
import { t } from "../lang.js";
import { Filters, anyOf, sortBy, stored } from "../part/filters.jsx";
import { ImageLink } from "../part/image.jsx";
import { Loaded } from "../part/loaded.jsx";
import { SEVERITIES, Severity } from "../part/mark.jsx";
import { Pages } from "../part/pages.jsx";
import { Table } from "../part/table.jsx";
import { Code, Text } from "../part/text.jsx";
import { When } from "../part/time.jsx";
import { useTitles } from "../titles.js";

const KNOWN = [
    "rule",
    "severity",
    "min_severity",
    "registry",
    "repository",
    "tag",
    "since",
    "until",
    "waived",
    "current",
    "sort",
    "cursor",
];
const PAGE = 50;

export function Findings({ query }) {
    const titles = useTitles();
    const wanted = Object.fromEntries(KNOWN.map((name) => [name, query[name]]));
    const findings = useData("/v1/findings" + search({ sort: "-severity", ...wanted, limit: PAGE }));
    const rules = Object.entries(titles).map(([id, title]) => [id, `${id} ${title}`]);
    const fields = [
        { name: "min_severity", label: t("finding.min_severity"), options: anyOf("severity", SEVERITIES) },
        { name: "rule", label: t("finding.rule"), options: [["", t("filters.any")], ...rules] },
        { name: "repository", label: t("image.repository"), hint: "team/app" },
        { name: "tag", label: t("image.tag"), hint: "1.4" },
        {
            name: "waived",
            label: t("finding.waived"),
            options: [
                ["", t("filters.any")],
                ["false", t("finding.waived.no")],
                ["true", t("finding.waived.yes")],
            ],
        },
        stored(),
        sortBy("-severity", "-first_seen", "first_seen"),
    ];
    const columns = [
        { key: "severity", head: t("finding.severity"), cell: (finding) => <Severity of={finding.severity} /> },
        {
            key: "finding",
            head: t("finding.finding"),
            main: true,
            cell: (finding) => <Words finding={finding} title={titles[finding.rule]} />,
        },
        {
            key: "binary",
            head: t("finding.binary"),
            cell: (finding) =>
                finding.binary ? (
                    <Code value={finding.binary} max={60} />
                ) : (
                    <span class="none">{t("finding.whole")}</span>
                ),
        },
        {
            key: "image",
            head: t("image.image"),
            cell: (finding) => <ImageLink image={finding} digest={finding.image} />,
        },
        { key: "first_seen", head: t("finding.first_seen"), cell: (finding) => <When at={finding.first_seen} /> },
    ];
    return (
        <>
            <h1>{t("nav.findings")}</h1>
            <Filters view="findings" query={query} fields={fields} />
            <Loaded of={findings} empty={t("findings.none")}>
                {(data) => (
                    <Table
                        class="findings"
                        caption={t("nav.findings")}
                        columns={columns}
                        rows={data.items}
                        id={(finding) => finding.image + finding.fingerprint + finding.platform}
                    />
                )}
            </Loaded>
            {findings.data && <Pages view="findings" query={query} next={findings.data.next} />}
        </>
    );
}

function Words({ finding, title }) {
    return (
        <span class="finding-words">
            <a href={link("rules", null, finding.rule)}>{finding.rule}</a> <b>{title ?? finding.title}</b>
            {finding.waived && <span class="tag">{t("finding.waived.yes")}</span>}
            <br />
            <Text value={finding.message} max={400} />
        </span>
    );
}
