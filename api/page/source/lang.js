// The two languages. t(key, {blank: value}) is the sentence in the one that is chosen.
import { cell } from "./cell.js";
import { choices } from "./keep.js";
import { en } from "./words/en.js";
import { zh } from "./words/zh.js";

export const LANGS = { en: { words: en, name: "English", html: "en" }, zh: { words: zh, name: "中文", html: "zh-CN" } };

function first() {
    const chosen = choices.get("lang");
    if (chosen in LANGS) return chosen;
    for (const wanted of navigator.languages ?? []) if (wanted.slice(0, 2) in LANGS) return wanted.slice(0, 2);
    return "en";
}

export const lang = cell(first());
const show = (value) => (document.documentElement.lang = LANGS[value].html);
show(lang.get());
lang.listen((value) => {
    choices.set("lang", value);
    show(value);
});

export function t(key, blanks) {
    const words = LANGS[lang.get()].words[key];
    if (words === undefined) return key; // a word of a newer daemon
    return blanks ? words.replace(/\{(\w+)\}/g, (_, name) => blanks[name]) : words;
}

export const locale = () => LANGS[lang.get()].html;
