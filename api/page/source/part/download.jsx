// The report as a file. It is asked for as all else, so that the token goes along.
import { useState } from "preact/hooks";

import { askRaw } from "../ask.js";
import { lang, t } from "../lang.js";
import { Problem } from "./loaded.jsx";

const FORMATS = [
    ["json", "JSON", "json"],
    ["text", "text", "txt"],
    ["sarif", "SARIF", "sarif.json"],
    ["cyclonedx", "CycloneDX", "cdx.json"],
    ["junit", "JUnit", "junit.xml"],
];

export function Downloads({ digest }) {
    const [problem, setProblem] = useState(null);
    const get = async (format, ending) => {
        setProblem(null);
        try {
            const answer = await askRaw(
                `/v1/images/${encodeURIComponent(digest)}/report?format=${format}&lang=${lang.get()}`,
            );
            save(await answer.blob(), `${digest.replace(":", "-").slice(0, 19)}.${ending}`);
        } catch (why) {
            setProblem(why);
        }
    };
    return (
        <>
            <span role="group" aria-label={t("report.label")}>
                {t("report.label")}:{" "}
                {FORMATS.map(([format, words, ending]) => (
                    <button key={format} type="button" class="small" onClick={() => get(format, ending)}>
                        {words}
                    </button>
                ))}
            </span>
            {problem && <Problem of={problem} />}
        </>
    );
}

function save(blob, name) {
    const address = URL.createObjectURL(blob);
    const a = document.createElement("a");
    a.href = address;
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
