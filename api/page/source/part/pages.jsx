// From page to page of a list; back again is the browser's own way.
import { link } from "../address.js";
import { t } from "../lang.js";

export function Pages({ view, query, next, item }) {
    const { cursor, ...rest } = query;
    if (!cursor && !next) return null;
    return (
        <nav class="pages" aria-label={t("pages.label")}>
            {cursor && <a href={link(view, rest, item)}>{t("pages.first")}</a>}
            {next && <a href={link(view, { ...rest, cursor: next }, item)}>{t("pages.next")}</a>}
        </nav>
    );
}
