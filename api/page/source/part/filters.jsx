// Filters of a list: they live in the address, so that what is found can be linked.
import { useEffect, useState } from "preact/hooks";

import { go, link } from "../address.js";
import { t } from "../lang.js";

const PAUSE_MS = 400; // after the last key

// fields: [{name, label, options: [[value, words]]} | {name, label, hint}]
export function Filters({ view, query, fields }) {
    const set = (name, value) => {
        const { cursor, ...rest } = query; // another filter starts at its first page
        go(link(view, { ...rest, [name]: value }), { replace: true });
    };
    const some = fields.some(({ name }) => query[name]);
    return (
        <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label={t("filters.label")}>
            {fields.map((field) => (
                <label key={field.name}>
                    <span>{field.label}</span>
                    {field.options ? (
                        <select
                            value={query[field.name] ?? ""}
                            onChange={(event) => set(field.name, event.target.value)}
                        >
                            {field.options.map(([value, words]) => (
                                <option key={value} value={value}>
                                    {words}
                                </option>
                            ))}
                        </select>
                    ) : (
                        <Words field={field} value={query[field.name] ?? ""} set={(value) => set(field.name, value)} />
                    )}
                </label>
            ))}
            {some && <a href={link(view)}>{t("filters.none")}</a>}
        </form>
    );
}

function Words({ field, value, set }) {
    const [typed, setTyped] = useState(value);
    useEffect(() => setTyped(value), [value]);
    useEffect(() => {
        if (typed.trim() === value) return undefined;
        const timer = setTimeout(() => set(typed.trim()), PAUSE_MS);
        return () => clearTimeout(timer);
    }, [typed]);
    return (
        <input
            type="search"
            value={typed}
            placeholder={field.hint}
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setTyped(event.target.value)}
            onChange={() => set(typed.trim())}
        />
    );
}

// Fields that several lists have.
export const stored = () => ({
    name: "current",
    label: t("image.stored"),
    options: [
        ["", t("image.stored.current")],
        ["false", t("image.stored.all")],
    ],
});

export const sortBy = (usual, ...others) => ({
    name: "sort",
    label: t("sort.label"),
    options: [["", t(`sort.${usual}`)], ...others.map((order) => [order, t(`sort.${order}`)])],
});

export const anyOf = (kind, words) => [["", t("filters.any")], ...words.map((word) => [word, t(`${kind}.${word}`)])];
