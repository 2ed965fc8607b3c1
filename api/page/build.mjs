// Makes the files that the daemon serves out of source/ and the packages in node_modules:
//     npm ci --ignore-scripts && node build.mjs [FOLDER]        (dist, when none is given)
// The same input gives the same bytes; tests/style/check_page.sh builds again and compares.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { buildSync } from "esbuild";

import { en } from "./source/words/en.js";
import { zh } from "./source/words/zh.js";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "source");
const out = resolve(process.argv[2] ?? join(here, "dist"));

const HASH_CHARS = 16; // of the SHA-256, in the addresses of files (api/page.c has it too)
const FILE_MAX_BYTES = 200_000;
const PARTS = ["preact", "uplot"]; // what of node_modules ends up in the page

// All of the page's own code, without the words.
function code(folder = source) {
    return readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.name !== "words" && /^[^.]+$|\.jsx?$/.test(entry.name))
        .map((entry) => {
            const path = join(folder, entry.name);
            return entry.isDirectory() ? code(path) : readFileSync(path, "utf8");
        })
        .join("\n");
}

// Which words the code says: "a.b" as it is, `a.${x}.b` for all that fit, kind="a" for all of a.
function speaker(text) {
    const fits = [...text.matchAll(/`([a-z_]+\.(?:[a-z_.]|\$\{\w+\})*)`/g)].map(([, pattern]) =>
        pattern.replaceAll(".", "\\.").replace(/\$\{\w+\}/g, "[^.]+"),
    );
    for (const [, kind] of text.matchAll(/(?:kind="|anyOf\(")(\w+)"/g)) fits.push(`${kind}\\.[^.]+`);
    const pattern = new RegExp(`^(${fits.join("|")})$`);
    return (key) => text.includes(`"${key}"`) || pattern.test(key);
}

// Both languages say the same things, all of them are said somewhere, and text never becomes HTML.
function check() {
    const problems = [];
    const text = code();
    const says = speaker(text);
    const blanks = (words) => [...(words ?? "").matchAll(/\{\w+\}/g)].map(String).sort().join();
    for (const key of new Set([...Object.keys(en), ...Object.keys(zh)])) {
        if (!(key in en)) problems.push(`words/en.js lacks "${key}"`);
        if (!(key in zh)) problems.push(`words/zh.js lacks "${key}"`);
        if (!says(key)) problems.push(`nothing says "${key}"`);
        if (blanks(en[key]) !== blanks(zh[key])) problems.push(`"${key}" has not the same blanks in both languages`);
    }
    for (const [, key] of text.matchAll(/\bt\("([^"]+)"/g))
        if (!(key in en)) problems.push(`words/en.js lacks "${key}", which is said`);
    for (const [word] of text.matchAll(
        /dangerouslySetInnerHTML|(?:inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|https?:\/\/\S+/g,
    ))
        problems.push(`"${word}" has no place in the page`);
    if (problems.length) {
        console.error(problems.join("\n"));
        process.exit(1);
    }
}

function licences() {
    return PARTS.map((name) => {
        const folder = join(here, "node_modules", name);
        const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}`;
    }).join("\n\n\n");
}

check();
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
buildSync({
    absWorkingDir: here,
    entryPoints: { app: "source/main.jsx" },
    outdir: out,
    bundle: true,
    minify: true,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    target: ["es2022", "chrome123", "firefox121", "safari17.5"],
    charset: "utf8",
    legalComments: "none", // of the packages: their whole licences stand above
    banner: { js: `/*!\n${licences()}\n*/`, css: `/*! Some rules are uPlot's: its licence is in app.js. */` },
    logLevel: "warning",
});
writeFileSync(join(out, "icon.svg"), readFileSync(join(source, "icon.svg")));

const html = readFileSync(join(source, "index.html"), "utf8").replace(/\{\{(.+?)\}\}/g, (_, name) => {
    const hash = createHash("sha256")
        .update(readFileSync(join(out, name)))
        .digest("hex");
    return `/page/${hash.slice(0, HASH_CHARS)}/${name}`;
});
writeFileSync(join(out, "index.html"), html);

for (const name of readdirSync(out)) {
    const size = readFileSync(join(out, name)).length;
    if (size > FILE_MAX_BYTES) {
        console.error(`${name} has ${size} bytes, which is over ${FILE_MAX_BYTES}`);
        process.exit(1);
    }
}
