// The titles of the rules in the chosen language, by id.
import { useMemo } from "preact/hooks";

import { useCell } from "./cell.js";
import { useData } from "./data.js";
import { lang } from "./lang.js";

export const rulesPath = (name) => `/v1/rules?lang=${name}&limit=200`;

export function useTitles() {
    const rules = useData(rulesPath(useCell(lang)), { live: false });
    return useMemo(
        () => Object.fromEntries((rules.data?.items ?? []).map((rule) => [rule.id, rule.title])),
        [rules.data],
    );
}
