// The parts of the web page that need no browser; tests/style/check_page.sh runs them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { reader } from "../../../api/page/source/events.js";
import { declared, withEffect } from "../../../api/page/source/godebug.js";
import { toLines, withNow } from "../../../api/page/source/series.js";
import { head, pieces, plain, shortDigest } from "../../../api/page/source/text.js";

const shown = (value) =>
    pieces(value)
        .map(({ text, hidden }) => (hidden ? `[${text}]` : text))
        .join("");

test("text__what_hides_or_reorders__is_spelled_out", () => {
    const rows = [
        ["plain words", "plain words"],
        ["<b>&amp;", "<b>&amp;"],
        ["a\u202egnp.exe", "a[\\u{202e}]gnp.exe"],
        ["\u2066x\u2069\u200e\u200f\u061c", "[\\u{2066}]x[\\u{2069}][\\u{200e}][\\u{200f}][\\u{61c}]"],
        ["\x00\x1b[31m\x7f\x85", "[\\u{0}][\\u{1b}][31m[\\u{7f}][\\u{85}]"],
        ["a\nb\tc\r", "a[\\n]b[\\t]c[\\r]"],
        ["a\u200bb\ufeff\u2028", "a[\\u{200b}]b[\\u{feff}][\\u{2028}]"],
        ["\u{e0041}\u{1d173}", "[\\u{e0041}][\\u{1d173}]"],
        ["\ud800x", "[\\u{d800}]x"],
        ["中文 עברית é 🚢", "中文 עברית é 🚢"],
        ["", ""],
    ];
    for (const [value, wanted] of rows) assert.equal(shown(value), wanted);
    assert.equal(plain("a\u202eb"), "a\\u{202e}b");
    assert.equal(plain("x".repeat(5), 3), "xxx…");
    assert.equal(plain(null), "");
});

test("text__cut__no_character_in_two", () => {
    assert.equal(head("abc", 3), "abc");
    assert.equal(head("abcd", 3), "abc");
    assert.equal(head("ab🚢d", 3), "ab");
    assert.equal(head("ab🚢d", 4), "ab🚢");
});

test("digest__short__only_when_it_is_one", () => {
    assert.equal(shortDigest("sha256:" + "0123456789abcdef".repeat(4)), "sha256:0123456789ab");
    assert.equal(shortDigest("\u202esha256:00"), "\\u{202e}sha256:00");
    assert.equal(shortDigest(undefined), "");
});

test("events__in_any_pieces__the_same", () => {
    const stream =
        '\ufeff: hello\n\nid: 7\nevent: push\ndata: {"a":1}\n\ndata:x\r\ndata: y\r\n\r\nid: 8\n\nretry: 3\rdata\r\rdata: cut';
    const wanted = [{ id: "7", event: "push", data: '{"a":1}' }, { data: "x\ny" }, { data: "" }];
    for (let size = 1; size <= stream.length; size++) {
        const told = [];
        const take = reader((event) => told.push(event));
        for (let i = 0; i < stream.length; i += size) take(stream.slice(i, i + size));
        assert.deepEqual(told, wanted, `in pieces of ${size}`);
    }
});

test("events__line_without_an_end__refused", () => {
    const take = reader(() => assert.fail("no event"));
    assert.throws(() => {
        for (let i = 0; i < 20; i++) take("x".repeat(1 << 16));
    }, /without an end/);
});

test("godebug__declared__own_defaults_then_the_last_of_env", () => {
    const binary = { default_godebug: { http2client: "0", tls10server: "1" } };
    const env = (value) => [
        { name: "GODEBUG", value: "no=1" },
        { name: "GODEBUG", value },
    ];
    assert.deepEqual(declared(binary, env("tls10server=0,a=b=c,nonsense,gctrace=1,gctrace=2")), [
        { name: "tls10server", value: "0", source: "env" },
        { name: "a", value: "b=c", source: "env" },
        { name: "gctrace", value: "2", source: "env" },
        { name: "http2client", value: "0", source: "default" },
    ]);
    assert.deepEqual(declared({ default_godebug: null }, []), []);
});

test("godebug__effect__what_the_daemon_says_or_unknown", () => {
    const settings = [{ name: "gctrace" }, { name: "mmap" }];
    const effects = (known) => withEffect(settings, known).map(({ effect }) => effect);
    assert.deepEqual(effects([{ name: "gctrace" }]), ["force", "nothing"]);
    assert.deepEqual(effects([]), ["nothing", "nothing"]);
    assert.deepEqual(effects(undefined), ["unknown", "unknown"]);
});

test("series__holes__unknown_not_nought", () => {
    const at = (hour) => `2026-01-01T0${hour}:00:00Z`;
    const series = [
        {
            name: "deny",
            points: [
                { at: at(2), value: 3 },
                { at: at(1), value: 1 },
            ],
        },
        { name: "warn", points: [{ at: at(3), value: 0 }] },
        { name: "other", points: [{ at: at(9), value: 9 }] },
    ];
    const { times, lines } = toLines(series, ["deny", "warn", "pass"]);
    assert.deepEqual(
        times,
        [1, 2, 3].map((hour) => Date.parse(at(hour))),
    );
    assert.deepEqual(lines, {
        deny: [1, 3, null],
        warn: [null, null, 0],
        pass: [null, null, null],
    });
});

test("series__now__is_the_last_point_of_what_it_tells", () => {
    const points = [{ at: "2026-01-01T01:00:00Z", value: 1 }];
    const series = ["deny", "high", "pushes"].map((name) => ({ name, points }));
    const at = "2026-01-01T01:20:00Z";
    const made = withNow({ at, now: { decisions: { deny: 2 }, findings: { high: 0 } }, series });
    const last = made.map(({ points }) => points.at(-1).value);
    assert.deepEqual(last, [2, 0, 1]);
    assert.equal(points.length, 1);
});
