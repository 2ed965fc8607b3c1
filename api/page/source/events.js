// Cuts a stream of text into the events of text/event-stream (the HTML standard, "server-sent events").
const REST_MAX_CHARS = 1 << 20;

// Returns what takes the next piece of the stream. tell({event, data, id}) for each event.
export function reader(tell) {
    let rest = "",
        event = {};
    const field = (line) => {
        if (line === "") {
            if (event.data !== undefined) tell(event);
            event = {};
            return;
        }
        const [name, value = ""] = line.split(/:(.*)/s);
        const text = value.replace(/^ /, "");
        if (name === "data") event.data = event.data === undefined ? text : `${event.data}\n${text}`;
        else if (name === "event" || name === "id") event[name] = text;
    };
    return (text) => {
        const lines = (rest + text).split(/\r\n|\n|\r(?!$)/); // a CR at the end may be half of a CRLF
        rest = lines.pop();
        if (rest.length > REST_MAX_CHARS) throw new Error("a line without an end");
        lines.forEach(field);
    };
}
