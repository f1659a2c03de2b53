import { Table } from '@mantine/core';
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
    <Table aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {head.map((title) => (
            <Table.Th key={title} scope="col">
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={rowId(row)}>
            {cells(row).map((cell, at) => (
              <Table.Td key={head[at]}>{cell}</Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </div>
);
