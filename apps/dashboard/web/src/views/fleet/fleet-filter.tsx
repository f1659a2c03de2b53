import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import type { Variety } from './fleet-page.js';

const STATES = [{ value: '', label: 'any state' }, 'online', 'stale', 'offline', 'draining'];

interface FleetFilterProps {
  readonly varieties: readonly Variety[];
}

/** Which hosts are shown, and which columns. */
export const FleetFilter = ({ varieties }: FleetFilterProps) => {
  const [search, change] = useParameters();
  const asOf = useAsOf();
  const [host, setHost] = useState(search.get('host') ?? '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change({ host: host.trim() });
  };
  const freeOf = [{ value: '', label: 'anything' }, ...varieties.map(({ variety, label }) => ({ value: variety, label }))];
  return (
    <form onSubmit={submit} className="filter-form filter-bar" aria-label="Which hosts">
      <TextInput label="Host" placeholder="part of its id or name" value={host} onChange={({ currentTarget }) => setHost(currentTarget.value)} />
      <NativeSelect
        label="State"
        data={STATES}
        value={search.get('state') ?? ''}
        disabled={asOf !== undefined}
        onChange={({ currentTarget }) => change({ state: currentTarget.value })}
      />
      <NativeSelect
        label="Has free"
        data={freeOf}
        value={search.get('freeOf') ?? ''}
        disabled={asOf !== undefined}
        onChange={({ currentTarget }) => change({ freeOf: currentTarget.value })}
        className="filter-value"
      />
      <Button type="submit" variant="default">
        Show
      </Button>
      <Checkbox
        label="Also what no VM can have"
        checked={search.get('all') === 'true'}
        onChange={({ currentTarget }) => change({ all: currentTarget.checked ? 'true' : undefined })}
        className="filter-check"
      />
    </form>
  );
};
