// An image in a line: its name leads to all that is known of it.
import { link } from "../address.js";
import { t } from "../lang.js";
import { plain } from "../text.js";
import { Completeness, Counts, Decision } from "./mark.jsx";
import { Digest, Text } from "./text.jsx";
import { When } from "./time.jsx";

export function nameOf({ registry, repository, tag }) {
    return repository ? `${repository}${tag ? ":" + tag : ""}` : registry;
}

export function ImageLink({ image, digest = image.digest, query }) {
    const name = nameOf(image);
    return (
        <span class="image-link">
            <a href={link("images", query, digest)} title={plain(image.registry)}>
                {name ? <Text value={name} max={80} /> : <Digest digest={digest} />}
            </a>
            {name && <Digest digest={digest} />}
        </span>
    );
}

export const imageColumns = () => [
    { key: "image", head: t("image.image"), main: true, cell: (image) => <ImageLink image={image} /> },
    { key: "registry", head: t("image.registry"), cell: (image) => <Text value={image.registry} max={60} /> },
    { key: "decision", head: t("image.decision"), cell: (image) => <Decision of={image.decision} /> },
    { key: "counts", head: t("image.findings"), cell: (image) => <Counts counts={image.counts} /> },
    { key: "completeness", head: t("image.completeness"), cell: (image) => <Completeness of={image.completeness} /> },
    {
        key: "platform",
        head: t("image.platform"),
        cell: (image) => <Text value={image.kind === "index" ? t("image.index") : image.platform} max={40} />,
    },
    { key: "programs", head: t("image.programs"), number: true, cell: (image) => image.go_binaries },
    { key: "pushed", head: t("image.pushed"), cell: (image) => <When at={image.pushed ?? image.scanned} /> },
];
