import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useParameters } from '../../app/address.js';

const CONTEXTS = [{ value: '', label: 'all' }, 'device', 'host', 'vm', 'migration', 'catalog'];
const KEYS = ['context', 'host', 'vm', 'type'] as const;

/** The events that the address chooses, as `/live` takes them. */
export const toQuery = (search: URLSearchParams): string =>
  new URLSearchParams(KEYS.flatMap((key) => (search.get(key) ? [[key, search.get(key) ?? '']] : []))).toString();

/** Which events are followed. */
export const EventFilter = () => {
  const [search, change] = useParameters();
  const [chosen, setChosen] = useState({ host: search.get('host') ?? '', vm: search.get('vm') ?? '', type: search.get('type') ?? '' });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change({ host: chosen.host.trim(), vm: chosen.vm.trim(), type: chosen.type.trim() });
  };
  const field = (key: keyof typeof chosen, label: string, placeholder = '') => (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={chosen[key]}
      onChange={({ currentTarget }) => setChosen({ ...chosen, [key]: currentTarget.value })}
    />
  );
  return (
    <form onSubmit={submit} className="filter-form filter-bar" aria-label="Which events">
      <NativeSelect
        label="About"
        data={CONTEXTS}
        value={search.get('context') ?? ''}
        onChange={({ currentTarget }) => change({ context: currentTarget.value })}
      />
      {field('host', 'Host')}
      {field('vm', 'VM')}
      {field('type', 'Event', 'DevicesReserved')}
      <Button type="submit" variant="default">
        Follow
      </Button>
    </form>
  );
};
