import { Kbd, Table } from '@mantine/core';
import { createStore, useStore } from '../api/store.js';
import { VIEWS } from './views.js';
import { Dialog } from '../parts/dialog.js';

export const helpOpen = createStore(false);

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/'], 'go to the search box'],
  [['?'], 'show this help'],
  [['Esc'], 'close what is open'],
  [['Tab'], 'go to the next link or control; a table scrolls with the arrow keys once it has the focus'],
];

const viewKeys = () => VIEWS.flatMap(({ key, label }) => (key ? [[['g', key], `go to ${label}`] as const] : []));

export const KeyboardHelp = () => {
  const open = useStore(helpOpen);
  return (
    <Dialog open={open} onClose={() => helpOpen.set(false)} title="Keyboard">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Keys</Table.Th>
            <Table.Th>What they do</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...KEYS, ...viewKeys()].map(([keys, does]) => (
            <Table.Tr key={keys.join(' ')}>
              <Table.Td>
                {keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
};
