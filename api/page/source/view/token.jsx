// Asks who is there. The token stays in this tab.
import { locked, token } from "../ask.js";
import { t } from "../lang.js";
import { Text } from "../part/text.jsx";

export function Token({ problem }) {
    const submit = (event) => {
        event.preventDefault();
        const words = event.target.elements.token.value.trim();
        if (!/^[\x21-\x7e]+$/.test(words)) return; // no token, and no header either
        token.set(null); // the same token once more is asked with again
        locked.set(null);
        token.set(words);
    };
    return (
        <section class="token">
            <h1>{t("token.title")}</h1>
            <p>{t("token.why")}</p>
            {problem.detail && (token.get() || problem.status === 403) && (
                <p class="problem" role="alert">
                    <Text value={problem.detail} max={1000} />
                </p>
            )}
            <form onSubmit={submit}>
                <label>
                    <span>{t("token.label")}</span>
                    <input name="token" type="password" autocomplete="off" required autofocus />
                </label>
                <button type="submit">{t("token.use")}</button>
            </form>
            <p class="muted">{t("token.kept")}</p>
        </section>
    );
}
