// A scan in a line.
import { link } from "../address.js";
import { t } from "../lang.js";
import { State } from "./mark.jsx";
import { Digest, Text } from "./text.jsx";
import { When } from "./time.jsx";

// Where the last report of a scan is: "/v1/images/{digest}/report".
export const reportDigest = (scan) =>
    scan.state === "done" ? decodeURIComponent(scan.reports[0]?.split("/")[3] ?? "") || scan.digest : null;

function Reference({ scan }) {
    const digest = reportDigest(scan);
    const [, name] = scan.reference.match(/^[^/]+\/(.*)$/s) ?? [null, scan.reference];
    const words = <Text value={name.replace(/@sha\d+:[0-9a-f]+$/, "")} max={80} />;
    return (
        <span class="image-link">
            {digest ? <a href={link("images", null, digest)}>{words}</a> : words}
            {(digest ?? scan.digest) && <Digest digest={digest ?? scan.digest} />}
        </span>
    );
}

export const scanColumns = () => [
    { key: "reference", head: t("scan.reference"), main: true, cell: (scan) => <Reference scan={scan} /> },
    { key: "state", head: t("scan.state"), cell: (scan) => <State of={scan.state} /> },
    { key: "requested_by", head: t("scan.by"), cell: (scan) => <Text value={scan.requested_by} max={60} /> },
    { key: "attempts", head: t("scan.attempts"), number: true, cell: (scan) => scan.attempts },
    { key: "created", head: t("scan.created"), cell: (scan) => <When at={scan.created} /> },
    { key: "finished", head: t("scan.finished"), cell: (scan) => <When at={scan.finished} /> },
];
