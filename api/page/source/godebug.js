// The GODEBUG settings that a program starts with: its own defaults, then the image's ENV, of which
// Go takes the last of two settings with one name. What ENV sets comes first: somebody chose it.
export function declared(binary, environment) {
    const settings = new Map();
    for (const [name, value] of Object.entries(binary.default_godebug ?? {}))
        settings.set(name, { value, source: "default" });
    const env = environment?.findLast((variable) => variable.name === "GODEBUG");
    for (const word of env?.value.split(",") ?? []) {
        const [name, value] = word.split(/=(.*)/s);
        if (value !== undefined) settings.set(name, { value, source: "env" });
    }
    const all = [...settings].map(([name, setting]) => ({ name, ...setting }));
    return [...all.filter(({ source }) => source === "env"), ...all.filter(({ source }) => source !== "env")];
}

// Which of them act: `known` is the program's godebug of /v1/binaries (a key that its Go knows, or
// stops at, and that something reads); undefined when that is not known.
export function withEffect(settings, known) {
    return settings.map((setting) => ({
        ...setting,
        effect: !known ? "unknown" : known.some(({ name }) => name === setting.name) ? "force" : "nothing",
    }));
}
