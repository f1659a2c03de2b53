import type { ReactNode } from 'react';

interface SmallTableProps<Row> {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  readonly cells: (row: Row) => readonly ReactNode[];
}

/** A table of some rows, drawn whole; `DataTable` is for those that may be long. */
export const SmallTable = <Row,>({ label, head, rows, rowId, cells }: SmallTableProps<Row>) => (
  <div className="small-table" tabIndex={0} role="group" aria-label={label}>
    <table aria-label={label}>
      <thead>
        <tr>
          {head.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowId(row)}>
            {cells(row).map((cell, at) => (
              <td key={head[at]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
