import { Alert, Button, Group } from '@mantine/core';
import { createStore, useStore } from '../api/store.js';
import { useParameters } from './address.js';
import { useAsOf } from './as-of.js';
import { sayTime } from '../parts/time.js';

/** What the view that is open cannot show of the past, in a sentence; empty where it shows all of it. */
export const pastLimits = createStore('');

const isPosition = (asOf: string): boolean => /^\d+$/.test(asOf);

/** Says on every view that it shows the past, and leads back. */
export const AsOfBand = () => {
  const asOf = useAsOf();
  const limits = useStore(pastLimits);
  const [, change] = useParameters();
  if (asOf === undefined) return null;
  return (
    <Alert color="yellow" variant="light" mb="md" role="status" className="as-of-band">
      <Group justify="space-between" gap="xs">
        <span>
          <strong>As of {isPosition(asOf) ? `position ${asOf}` : sayTime(asOf)}</strong>: acting is off. {limits}
        </span>
        <Button variant="default" size="compact-sm" onClick={() => change({ at: undefined })}>
          Back to now
        </Button>
      </Group>
    </Alert>
  );
};
