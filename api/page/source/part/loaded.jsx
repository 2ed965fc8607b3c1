// What is shown of data that is there, not there yet, empty, or not to be had.
import { locked, token } from "../ask.js";
import { t } from "../lang.js";
import { Text } from "./text.jsx";

function advice({ status }) {
    if (status === 0) return t("problem.unreachable");
    if (status === 401) return t("problem.locked");
    if (status === 403) return t("problem.role");
    if (status === 404) return t("problem.missing");
    if (status === 429 || status === 503) return t("problem.busy");
    return t("problem.other");
}

export function Problem({ of, again }) {
    return (
        <div class="problem" role="alert">
            <p>
                <b>{of.status === 0 ? t("problem.silent") : t("problem.answered", { status: of.status })}</b>
                {of.detail && (
                    <>
                        {" "}
                        <Text value={of.detail} max={1000} />
                    </>
                )}
            </p>
            <p>{advice(of)}</p>
            <p class="actions">
                {again && (
                    <button type="button" onClick={again}>
                        {t("problem.again")}
                    </button>
                )}
                {of.status === 403 && (
                    <button type="button" onClick={() => locked.set(of)}>
                        {token.get() ? t("token.other") : t("token.give")}
                    </button>
                )}
                {of.request && <small>{t("problem.request", { id: of.request })}</small>}
            </p>
        </div>
    );
}

// `of`: what useData gave. children: (data) => what is shown; `empty`: of a list without items
// (with a `next` the daemon has not looked at all of them yet).
export function Loaded({ of, empty, children }) {
    const { data, problem, loading, again } = of;
    return (
        <>
            {problem && <Problem of={problem} again={again} />}
            {loading && (
                <p class="loading" role="status">
                    {t("loading")}
                </p>
            )}
            {data &&
                (empty && data.items?.length === 0 ? (
                    <p class="nothing">{data.next ? t("pages.sparse") : empty}</p>
                ) : (
                    children(data)
                ))}
        </>
    );
}
