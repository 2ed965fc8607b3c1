// Which view is shown, and of what: all of it is in the part of the address behind the #, so that
// every view can be linked, reloaded and gone back to.
//     #/images?decision=deny      #/images/sha256:…      #/compare?from=…&to=…
import { cell, useCell } from "./cell.js";

export function parse(hash) {
    const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
    const words = path.split("/").filter(Boolean).map(decode);
    return { view: words[0] ?? "", item: words[1] ?? null, query: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(word) {
    try {
        return decodeURIComponent(word);
    } catch {
        return word;
    }
}

// Digests are all that has a colon in a path; it may stay as it is.
const encode = (word) => encodeURIComponent(word).replaceAll("%3A", ":");

// Values that are empty, null or undefined are left out.
export function search(query) {
    const words = Object.entries(query ?? {}).filter(
        ([, value]) => value !== null && value !== undefined && value !== "",
    );
    return words.length ? "?" + new URLSearchParams(words) : "";
}

export function link(view, query, item) {
    return `#/${view}${item ? "/" + encode(item) : ""}${search(query)}`;
}

const address = cell(parse(location.hash));
addEventListener("hashchange", () => address.set(parse(location.hash)));

export const useAddress = () => useCell(address);

export function go(href, { replace = false } = {}) {
    if (!replace) {
        location.hash = href;
        return;
    }
    history.replaceState(null, "", href);
    address.set(parse(href));
}
