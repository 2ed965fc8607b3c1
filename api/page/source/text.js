// Text from images and registries, made safe to look at.

// Controls, line ends, marks that turn the direction of text or have no width, tags, halves of
// pairs: shown as what they are, because they hide or reorder what stands around them.
const HIDDEN =
    /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\p{Cs}\p{Co}]/gu;
const SHORT = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

export function escaped(char) {
    return SHORT[char] ?? `\\u{${char.codePointAt(0).toString(16)}}`;
}

// [{text, hidden}]: the pieces, with what is hidden spelled out.
export function pieces(value) {
    const all = [];
    let from = 0;
    for (const hit of value.matchAll(HIDDEN)) {
        if (hit.index > from) all.push({ text: value.slice(from, hit.index), hidden: false });
        all.push({ text: escaped(hit[0]), hidden: true });
        from = hit.index + hit[0].length;
    }
    if (from < value.length) all.push({ text: value.slice(from), hidden: false });
    return all;
}

// The same as one string, for titles and labels.
export function plain(value, max = 200) {
    const text = String(value ?? "").replace(HIDDEN, escaped);
    return text.length > max ? text.slice(0, max) + "…" : text;
}

// The first `max` characters, without cutting one in two.
export function head(value, max) {
    return value.length <= max ? value : value.slice(0, /[\ud800-\udbff]/.test(value[max - 1]) ? max - 1 : max);
}

export function shortDigest(digest) {
    return /^sha\d+:[0-9a-f]+$/.test(digest ?? "") ? digest.replace(/:(.{12}).*/, ":$1") : plain(digest, 24);
}
