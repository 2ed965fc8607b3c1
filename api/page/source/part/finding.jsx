// A finding in full: what, where it was seen, what to do.
import { link } from "../address.js";
import { t } from "../lang.js";
import { Severity } from "./mark.jsx";
import { Code, Digest, Text } from "./text.jsx";

// What a reader must not miss stands open.
const OPEN = ["critical", "high"];

export function Finding({ finding, level: Heading = "h3" }) {
    const { waived } = finding;
    return (
        <article class={`finding is-${finding.severity} ${waived ? "waived" : ""}`}>
            <Heading>
                <Severity of={finding.severity} /> <Text value={finding.title} />{" "}
                <a class="rule-id" href={link("rules", null, finding.rule)}>
                    {finding.rule}
                </a>
            </Heading>
            <p>
                <Text value={finding.message} max={600} />
            </p>
            {finding.binary && (
                <p class="muted">
                    {t("finding.binary")}: <Code value={finding.binary} max={160} />
                </p>
            )}
            {waived && (
                <p class="waiver">
                    <b>{t("finding.waived.yes")}</b> {t("finding.waiver", { until: waived.until })}{" "}
                    <Text value={waived.reason} /> (<Text value={waived.who} />)
                </p>
            )}
            <p>
                <b>{t("finding.todo")}</b> <Text value={finding.remediation} max={600} />
            </p>
            {finding.evidence.length > 0 && (
                <details open={OPEN.includes(finding.severity) && !waived}>
                    <summary>{t("finding.evidence")}</summary>
                    <ul class="plain evidence">
                        {finding.evidence.map((piece, i) => (
                            <li key={i}>
                                <Evidence piece={piece} />
                            </li>
                        ))}
                    </ul>
                </details>
            )}
        </article>
    );
}

function Evidence({ piece: { kind, name, value, instruction, layer, path } }) {
    const setting = [name, value].filter((word) => word !== null && word !== undefined);
    return (
        <>
            <span class="muted">{t(`evidence.${kind}`)}</span>{" "}
            {setting.length > 0 && <Code value={setting.join("=")} max={300} />}
            {path && (
                <>
                    {" "}
                    {t("evidence.path")} <Code value={path} max={160} />
                </>
            )}
            {layer && (
                <>
                    {" "}
                    {t("evidence.layer")} <Digest digest={layer} />
                </>
            )}
            {instruction && (
                <div>
                    {t("evidence.instruction")} <Code value={instruction} max={300} />
                </div>
            )}
        </>
    );
}
