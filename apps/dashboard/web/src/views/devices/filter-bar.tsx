import { Button, CloseButton, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useParameters } from '../../app/address.js';
import { FILTER_KEYS, labelOf, parameterOf, writtenConditions, type FilterKey } from './device-filter.js';

const TAG = 'tag';
const CHOICES = [...FILTER_KEYS.map(({ key, label }) => ({ value: key, label })), { value: TAG, label: 'Tag' }];

interface ValueProps {
  readonly known: FilterKey | undefined;
  readonly value: string;
  readonly change: (value: string) => void;
}

const Value = ({ known, value, change }: ValueProps) =>
  known?.values ? (
    <NativeSelect
      label="is"
      data={['', ...known.values]}
      value={value}
      onChange={({ currentTarget }) => change(currentTarget.value)}
      className="filter-value"
    />
  ) : (
    <TextInput
      label="is"
      placeholder={known?.example ?? ''}
      value={value}
      onChange={({ currentTarget }) => change(currentTarget.value)}
      className="filter-value"
    />
  );

/** Adds one condition; several values stand with commas between them. */
const AddCondition = () => {
  const [, change] = useParameters();
  const [key, setKey] = useState('state');
  const [tag, setTag] = useState('');
  const [value, setValue] = useState('');
  const known = FILTER_KEYS.find((one) => one.key === key);
  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (value.trim() === '' || (key === TAG && tag.trim() === '')) return;
    change({ [parameterOf(key === TAG ? `tags.${tag.trim()}` : key)]: value.trim() });
    setValue('');
  };
  return (
    <form onSubmit={add} className="filter-form" aria-label="Add a condition">
      <NativeSelect
        label="Devices whose"
        data={CHOICES}
        value={key}
        onChange={({ currentTarget }) => {
          setKey(currentTarget.value);
          setValue('');
        }}
      />
      {key === TAG && <TextInput label="called" placeholder="rack" value={tag} onChange={({ currentTarget }) => setTag(currentTarget.value)} />}
      <Value known={known} value={value} change={setValue} />
      <Button type="submit" variant="default">
        Add
      </Button>
    </form>
  );
};

/** A condition in CEL, for what the keys cannot say. */
const Where = () => {
  const [search, change] = useParameters();
  const stored = search.get('where') ?? '';
  const [where, setWhere] = useState(stored);
  const apply = (event: FormEvent): void => {
    event.preventDefault();
    change({ where: where.trim() });
  };
  return (
    <form onSubmit={apply} className="filter-form where-form" aria-label="Where">
      <TextInput
        label="where (CEL over device)"
        placeholder={'device.numaNode == 0 && "rack" in device.tags'}
        value={where}
        onChange={({ currentTarget }) => setWhere(currentTarget.value)}
        className="where-value"
        maxLength={1024}
      />
      <Button type="submit" variant="default">
        Apply
      </Button>
    </form>
  );
};

/** What the list is narrowed to; each condition can be taken away by itself. */
const Conditions = () => {
  const [search, change] = useParameters();
  const where = search.get('where');
  const written = writtenConditions(search).map(([key, value]) => ({ name: parameterOf(key), label: labelOf(key), value }));
  if (where) written.push({ name: 'where', label: 'where', value: where });
  if (written.length === 0) return null;
  return (
    <ul className="conditions" aria-label="Conditions">
      {written.map(({ name, label, value }) => (
        <li key={name}>
          <span>
            {label}: <strong>{value}</strong>
          </span>
          <CloseButton size="sm" aria-label={`Without ${label}: ${value}`} onClick={() => change({ [name]: undefined })} />
        </li>
      ))}
    </ul>
  );
};

/** The conditions of the list of devices, all of them in the address. */
export const FilterBar = () => {
  const [search] = useParameters();
  return (
    <div className="filter-bar">
      <Group align="flex-end" gap="md">
        <AddCondition />
        <Where key={search.get('where')} />
      </Group>
      <Conditions />
    </div>
  );
};
