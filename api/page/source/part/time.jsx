// A time, as how long ago it is; the exact one is in the title.
import { cell, useCell } from "../cell.js";
import { t } from "../lang.js";
import { absolute, ago } from "../number.js";

const TICK_MS = 10_000;
const now = cell(Date.now());
setInterval(() => now.set(Date.now()), TICK_MS);

export function When({ at }) {
    useCell(now);
    const date = new Date(at ?? NaN);
    if (Number.isNaN(date.getTime())) return <span class="none">{t("text.none")}</span>;
    return (
        <time dateTime={at} title={absolute(date)}>
            {ago(Date.now() - date.getTime())}
        </time>
    );
}
