// A table whose numbers are drawn as bars too: a plot that can be read, heard and followed.
import { count } from "../number.js";
import { Table } from "./table.jsx";

// The length of a bar is that of `value`; columns stand before it.
export function Bars({ caption, columns, rows, value, head, id, mark }) {
    const most = Math.max(1, ...rows.map(value));
    const bar = {
        key: "bar",
        head,
        number: true,
        cell: (row) => (
            <span class="bar">
                <span
                    class={`fill ${mark ? "is-" + mark(row) : ""}`}
                    style={{ width: `${Math.max(1, (100 * value(row)) / most)}%` }}
                />
                <span class="value">{count(value(row))}</span>
            </span>
        ),
    };
    return <Table class="bars" caption={caption} columns={[...columns, bar]} rows={rows} id={id} />;
}
