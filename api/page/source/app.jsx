// The frame around the views: where one can go, what is searched, whether it is live.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { go, link, useAddress } from "./address.js";
import { locked, token } from "./ask.js";
import { useCell } from "./cell.js";
import { LANGS, lang, t } from "./lang.js";
import { start, state } from "./live.js";
import { SCHEMES, scheme } from "./scheme.js";
import { Compare } from "./view/compare.jsx";
import { Findings } from "./view/findings.jsx";
import { Fleet } from "./view/fleet.jsx";
import { Image } from "./view/image.jsx";
import { Images } from "./view/images.jsx";
import { Overview } from "./view/overview.jsx";
import { Queue } from "./view/queue.jsx";
import { Rule, Rules } from "./view/rules.jsx";
import { Token } from "./view/token.jsx";

const VIEWS = {
    "": { list: Overview, words: "nav.overview" },
    images: { list: Images, item: Image, words: "nav.images" },
    findings: { list: Findings, words: "nav.findings" },
    fleet: { list: Fleet, words: "nav.fleet" },
    compare: { list: Compare, words: "nav.compare" },
    queue: { list: Queue, words: "nav.queue" },
    rules: { list: Rules, item: Rule, words: "nav.rules", open: true }, // for everybody
};

export function App() {
    const address = useAddress();
    const problem = useCell(locked);
    const spoken = useCell(lang);
    useEffect(start, []);
    useEffect(() => {
        addEventListener("keydown", toSearch);
        return () => removeEventListener("keydown", toSearch);
    }, []);
    const row = VIEWS[address.view];
    const View = row && (address.item ? row.item : row.list);
    const place = `${address.view}/${address.item ?? ""}`;
    const main = useArrival(place);
    useLayoutEffect(() => {
        document.title = row && address.view ? `${t(row.words)} · Tidewaiter` : "Tidewaiter";
    }, [place, spoken]); // before the view's own effects, which may know better
    return (
        <>
            <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current.focus())}>
                {t("nav.skip")}
            </a>
            <Header address={address} />
            <main id="main" tabIndex={-1} ref={main}>
                {problem && !row?.open ? (
                    <Token problem={problem} />
                ) : View ? (
                    <View key={place} item={address.item} query={address.query} />
                ) : (
                    <Nowhere />
                )}
            </main>
        </>
    );
}

// Another view starts at its top, and the keyboard at its content.
function useArrival(place) {
    const main = useRef(null);
    const first = useRef(true);
    useEffect(() => {
        if (!first.current) {
            scrollTo(0, 0);
            main.current.focus({ preventScroll: true });
        }
        first.current = false;
    }, [place]);
    return main;
}

function toSearch(event) {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.getElementById("search").focus();
}

function Header({ address }) {
    return (
        <header>
            <a class="home" href={link("")}>
                Tidewaiter
            </a>
            <nav aria-label={t("nav.label")}>
                <ul>
                    {Object.entries(VIEWS).map(([view, { words }]) => (
                        <li key={view}>
                            <a href={link(view)} aria-current={view === address.view ? "page" : undefined}>
                                {t(words)}
                            </a>
                        </li>
                    ))}
                </ul>
            </nav>
            <Search />
            <Live />
            <Settings />
        </header>
    );
}

function Search() {
    const submit = (event) => {
        event.preventDefault();
        const words = event.target.elements.search.value.trim();
        if (!words) return;
        go(
            /^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(words)
                ? link("images", null, words)
                : link("images", { q: words }),
        );
    };
    return (
        <form class="search" role="search" onSubmit={submit}>
            <input
                id="search"
                type="search"
                aria-label={t("search.label")}
                placeholder={t("search.hint")}
                spellcheck={false}
                autocomplete="off"
            />
        </form>
    );
}

function Live() {
    const word = useCell(state);
    return (
        <span class={`live is-${word}`} role="status" title={t(`live.${word}.more`)}>
            <span class="sign" aria-hidden="true">
                {word === "live" ? "●" : word === "polling" ? "◔" : "○"}
            </span>
            {t(`live.${word}`)}
        </span>
    );
}

function Settings() {
    const chosen = useCell(scheme),
        spoken = useCell(lang),
        known = useCell(token);
    return (
        <span class="settings">
            <select aria-label={t("scheme.label")} value={chosen} onChange={(event) => scheme.set(event.target.value)}>
                {SCHEMES.map((name) => (
                    <option key={name} value={name}>
                        {t(`scheme.${name}`)}
                    </option>
                ))}
            </select>
            <select aria-label={t("lang.label")} value={spoken} onChange={(event) => lang.set(event.target.value)}>
                {Object.entries(LANGS).map(([name, { name: words, html }]) => (
                    <option key={name} value={name} lang={html}>
                        {words}
                    </option>
                ))}
            </select>
            {known && (
                <button type="button" onClick={() => token.set(null)}>
                    {t("token.forget")}
                </button>
            )}
        </span>
    );
}

function Nowhere() {
    return (
        <>
            <h1>{t("nowhere.title")}</h1>
            <p>
                <a href={link("")}>{t("nowhere.back")}</a>
            </p>
        </>
    );
}
