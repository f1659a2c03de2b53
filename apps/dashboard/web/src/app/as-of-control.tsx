import { Button } from '@mantine/core';
import { createStore, useStore } from '../api/store.js';
import { Dialog } from '../parts/dialog.js';
import { useParameters } from './address.js';
import { AsOfForm } from './as-of-form.js';
import { useAsOf, type AsOf } from './as-of.js';

const open = createStore(false);

/** Chooses the time that every view shows. */
export const AsOfControl = () => {
  const opened = useStore(open);
  const asOf = useAsOf();
  const [, change] = useParameters();
  const choose = (at: AsOf): void => {
    change({ at });
    open.set(false);
  };
  return (
    <>
      <Button
        variant={asOf === undefined ? 'subtle' : 'light'}
        color={asOf === undefined ? 'blue' : 'yellow'}
        size="compact-sm"
        onClick={() => open.set(true)}
      >
        {asOf === undefined ? 'As of: now' : 'As of: past'}
      </Button>
      <Dialog open={opened} onClose={() => open.set(false)} title="Show the fleet as of a time">
        <AsOfForm asOf={asOf} choose={choose} />
      </Dialog>
    </>
  );
};
