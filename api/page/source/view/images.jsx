// All images that are known, by whatever one looks for.
import { search } from "../address.js";
import { useData } from "../data.js";
import { t } from "../lang.js";
import { Filters, anyOf, sortBy } from "../part/filters.jsx";
import { imageColumns } from "../part/image.jsx";
import { Loaded } from "../part/loaded.jsx";
import { DECISIONS, SEVERITIES } from "../part/mark.jsx";
import { Pages } from "../part/pages.jsx";
import { Table } from "../part/table.jsx";

const KNOWN = [
    "q",
    "registry",
    "repository",
    "tag",
    "decision",
    "min_severity",
    "completeness",
    "go",
    "kind",
    "current",
    "sort",
    "cursor",
];
const PAGE = 50;

export function Images({ query }) {
    const wanted = Object.fromEntries(KNOWN.map((name) => [name, query[name]]));
    const images = useData("/v1/images" + search({ ...wanted, limit: PAGE }));
    const fields = [
        { name: "q", label: t("image.repository"), hint: "team/app" },
        { name: "tag", label: t("image.tag"), hint: "1.4" },
        { name: "decision", label: t("image.decision"), options: anyOf("decision", DECISIONS) },
        { name: "min_severity", label: t("finding.min_severity"), options: anyOf("severity", SEVERITIES) },
        {
            name: "completeness",
            label: t("image.completeness"),
            options: anyOf("completeness", ["complete", "partial", "failed"]),
        },
        { name: "go", label: t("program.go"), hint: "1.25.4" },
        {
            name: "current",
            label: t("image.stored"),
            options: [
                ["", t("image.stored.all")],
                ["true", t("image.stored.current")],
            ],
        },
        sortBy("-pushed", "pushed", "-severity", "repository"),
    ];
    return (
        <>
            <h1>{t("nav.images")}</h1>
            <Filters view="images" query={query} fields={fields} />
            <Loaded of={images} empty={t("images.none")}>
                {(data) => (
                    <Table
                        caption={t("nav.images")}
                        columns={imageColumns()}
                        rows={data.items}
                        id={(image) => image.digest + image.platform}
                    />
                )}
            </Loaded>
            {images.data && <Pages view="images" query={query} next={images.data.next} />}
        </>
    );
}
