import { tableFeatures, useTable, type ColumnDef, type RowData } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';

const FEATURES = tableFeatures({});

/** One column: what its cells show of a row. Widths in pixels; a table that is wider than its place scrolls. */
export interface Column<Row extends RowData> {
  readonly id: string;
  readonly header: string;
  readonly width: number;
  readonly align?: 'end';
  readonly cell: (row: Row) => ReactNode;
}

export interface DataTableProps<Row extends RowData> {
  /** What the table lists, for those who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  /** Called when the end comes near, as long as there is more. */
  readonly more?: { readonly has: boolean; readonly loading: boolean; readonly fetch: () => void };
  /** Rows that are shown at most before the table scrolls by itself. */
  readonly highest?: number;
}

const ROW_PIXELS = 38;
const AHEAD = 12;
const HEADER_ROWS = 1;

const toDef = <Row extends RowData>({ id, header, cell }: Column<Row>): ColumnDef<typeof FEATURES, Row> => ({
  id,
  header,
  cell: ({ row }) => cell(row.original),
});

/** Stands for rows that are not drawn. */
const Spacer = ({ pixels, columns }: { readonly pixels: number; readonly columns: number }) =>
  pixels > 0 ? (
    <tr aria-hidden="true" className="spacer">
      <td colSpan={columns} style={{ height: pixels }} />
    </tr>
  ) : null;

/** A table of any length, of which only the rows in sight are drawn. */
export const DataTable = <Row extends RowData>({ label, columns, rows, rowId, more, highest = 18 }: DataTableProps<Row>) => {
  const scroller = useRef<HTMLDivElement>(null);
  const table = useTable({ features: FEATURES, columns: columns.map(toDef), data: rows, getRowId: rowId });
  const drawn = table.getRowModel().rows;
  const virtual = useVirtualizer({ count: drawn.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PIXELS, overscan: AHEAD });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  useEffect(() => {
    if (last && more?.has && !more.loading && last.index >= drawn.length - AHEAD) more.fetch();
  }, [last?.index, drawn.length, more?.has, more?.loading]);
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  return (
    <div
      className="table-scroller"
      ref={scroller}
      tabIndex={0}
      role="group"
      aria-label={label}
      style={{ maxHeight: (highest + HEADER_ROWS) * ROW_PIXELS }}
    >
      <table className="data-table" aria-label={label} aria-rowcount={more?.has ? -1 : drawn.length + HEADER_ROWS} style={{ minWidth: width }}>
        <colgroup>
          {columns.map(({ id, width: pixels }) => (
            <col key={id} style={{ width: pixels }} />
          ))}
        </colgroup>
        <thead>
          {table.getHeaderGroups().map(({ id, headers }) => (
            <tr key={id} aria-rowindex={1}>
              {headers.map((header, at) => (
                <th key={header.id} scope="col" data-align={columns[at]?.align}>
                  <table.FlexRender header={header} />
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <Spacer pixels={first?.start ?? 0} columns={columns.length} />
          {items.map(({ index }) => {
            const row = drawn[index];
            return (
              row && (
                <tr key={row.id} aria-rowindex={index + 1 + HEADER_ROWS}>
                  {row.getAllCells().map((cell, at) => (
                    <td key={cell.id} data-align={columns[at]?.align}>
                      <table.FlexRender cell={cell} />
                    </td>
                  ))}
                </tr>
              )
            );
          })}
          <Spacer pixels={last ? virtual.getTotalSize() - last.end : 0} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
};
