import { Kbd } from '@mantine/core';
import { createStore, useStore } from '../api/store.js';
import { Dialog } from '../parts/dialog.js';
import { SmallTable } from '../parts/small-table.js';
import { VIEWS } from './views.js';

export const helpOpen = createStore(false);

interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
}

const KEYS: readonly Shortcut[] = [
  { keys: ['/'], does: 'go to the search box' },
  { keys: ['?'], does: 'show this help' },
  { keys: ['Esc'], does: 'close what is open' },
  { keys: ['Tab'], does: 'go to the next link or control; a table scrolls with the arrow keys once it has the focus' },
];

const viewKeys = (): readonly Shortcut[] => VIEWS.flatMap(({ key, label }) => (key ? [{ keys: ['g', key], does: `go to ${label}` }] : []));

/** Which keys do what. */
export const KeyboardHelp = () => {
  const open = useStore(helpOpen);
  return (
    <Dialog open={open} onClose={() => helpOpen.set(false)} title="Keyboard">
      <SmallTable
        label="Keys"
        head={['Keys', 'What they do']}
        rows={[...KEYS, ...viewKeys()]}
        rowId={({ keys }) => keys.join(' ')}
        cells={({ keys, does }) => [
          keys.map((key) => (
            <Kbd key={key} mr={4}>
              {key}
            </Kbd>
          )),
          does,
        ]}
      />
    </Dialog>
  );
};
