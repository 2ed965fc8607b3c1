// Text from images and registries: never HTML, nothing hidden in it, and no longer than the
// reader asks for.
import { useState } from "preact/hooks";

import { t } from "../lang.js";
import { count } from "../number.js";
import { head, pieces, plain, shortDigest } from "../text.js";

const MAX_CHARS = 240;
const UNBROKEN = /\S{28}/; // such a word may be broken anywhere; shorter ones stay whole

export function Text({ value, max = MAX_CHARS, code = false }) {
    const [whole, setWhole] = useState(false);
    if (value === null || value === undefined) return <span class="none">{t("text.none")}</span>;
    const all = String(value);
    if (all === "") return <span class="none">{t("text.empty")}</span>;
    const shown = whole ? all : head(all, max);
    const Tag = code ? "code" : "bdi";
    return (
        <>
            <Tag dir={code ? "ltr" : undefined} class={UNBROKEN.test(shown) ? "text long" : "text"}>
                {pieces(shown).map((piece) => (piece.hidden ? <span class="escaped">{piece.text}</span> : piece.text))}
                {shown.length < all.length && "…"}
            </Tag>
            {all.length > max && (
                <button type="button" class="small" aria-expanded={whole} onClick={() => setWhole(!whole)}>
                    {whole ? t("text.less") : t("text.all", { count: count(all.length) })}
                </button>
            )}
        </>
    );
}

export const Code = (props) => <Text code {...props} />;

export function Digest({ digest }) {
    if (!digest) return <span class="none">{t("text.none")}</span>;
    return (
        <code class="digest" title={plain(digest)}>
            {shortDigest(digest)}
        </code>
    );
}
