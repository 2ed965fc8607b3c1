// Dark or light: the system's choice, or the reader's.
import { cell } from "./cell.js";
import { choices } from "./keep.js";

export const SCHEMES = ["auto", "light", "dark"];

export const scheme = cell(SCHEMES.includes(choices.get("scheme")) ? choices.get("scheme") : "auto");

const show = (value) => (document.documentElement.dataset.scheme = value);
show(scheme.get());
scheme.listen((value) => {
    choices.set("scheme", value === "auto" ? null : value);
    show(value);
    painted.set(painted.get() + 1);
});

// Goes up when colours may have changed: what is drawn on a canvas has to be drawn again.
export const painted = cell(0);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => painted.set(painted.get() + 1));
