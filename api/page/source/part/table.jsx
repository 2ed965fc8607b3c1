// A table that becomes a list of cards in a narrow window; the roles keep it a table for those
// who hear it. The arrow keys go from row to row, on the links of one column.

function step(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const cell = way && event.target.matches("a, button") ? event.target.closest("td, th") : null;
    if (!cell) return;
    const column = [...cell.parentElement.children].indexOf(cell);
    let row = cell.parentElement;
    while ((row = way > 0 ? row.nextElementSibling : row.previousElementSibling)) {
        const next = row.children[column]?.querySelector("a, button");
        if (next) {
            event.preventDefault();
            next.focus();
            return;
        }
    }
}

// columns: [{key, head, cell: (row) => …, number}]; the first one that has `main` names its row.
export function Table({ caption, columns, rows, id, class: name }) {
    return (
        <table role="table" class={`cards ${name ?? ""}`} onKeyDown={step}>
            <caption class="unseen">{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    {columns.map((column) => (
                        <th key={column.key} role="columnheader" scope="col" class={column.number && "number"}>
                            {column.head}
                        </th>
                    ))}
                </tr>
            </thead>
            <tbody role="rowgroup">
                {rows.map((row, i) => (
                    <tr key={id ? id(row) : i} role="row">
                        {columns.map((column) => (
                            <Cell key={column.key} column={column} row={row} />
                        ))}
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

function Cell({ column, row }) {
    const Tag = column.main ? "th" : "td";
    return (
        <Tag
            role={column.main ? "rowheader" : "cell"}
            scope={column.main && "row"}
            data-head={column.head}
            class={column.number && "number"}
        >
            <span class="cell">{column.cell(row)}</span>
        </Tag>
    );
}
