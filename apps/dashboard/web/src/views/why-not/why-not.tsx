import { Alert, Button, Group, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { Empty } from '../../parts/states.js';
import { ViewTitle } from '../../parts/view-title.js';
import { Candidates } from './candidates.js';
import { Explained } from './explained.js';
import { parseWish, type WrittenWish } from './wish.js';

const FIELDS = ['devices', 'offering', 'numaNodes', 'tenant'] as const;

const written = (search: URLSearchParams): WrittenWish => ({
  devices: search.get('devices') ?? '',
  offering: search.get('offering') ?? '',
  numaNodes: search.get('numaNodes') ?? '',
  tenant: search.get('tenant') ?? '',
});

const WishForm = () => {
  const [search, change] = useParameters();
  const [wish, setWish] = useState(() => written(search));
  const [fault, setFault] = useState('');
  const set = (field: (typeof FIELDS)[number], value: string): void => setWish({ ...wish, [field]: value });
  const ask = (event: FormEvent): void => {
    event.preventDefault();
    const parsed = parseWish(wish);
    setFault('fault' in parsed ? parsed.fault : '');
    if ('wish' in parsed) change({ ...wish, host: undefined });
  };
  return (
    <form onSubmit={ask} className="wish-form">
      <Textarea
        label="Devices"
        description='Names with commas between them, or requests as JSON: [{"device": "10GE", "count": 2}]'
        value={wish.devices}
        onChange={({ currentTarget }) => set('devices', currentTarget.value)}
        error={fault}
        rows={3}
        maxLength={16_384}
      />
      <Group mt="sm" align="flex-end">
        <TextInput label="Offering" value={wish.offering} onChange={({ currentTarget }) => set('offering', currentTarget.value)} />
        <TextInput
          label="NUMA nodes of the VM"
          placeholder="0,1"
          value={wish.numaNodes}
          onChange={({ currentTarget }) => set('numaNodes', currentTarget.value)}
        />
        <TextInput label="Tenant" value={wish.tenant} onChange={({ currentTarget }) => set('tenant', currentTarget.value)} />
        <Button type="submit">Ask every host</Button>
      </Group>
    </form>
  );
};

/** A wish against every host: who could serve it, why the others cannot, and, of one host, device by device. */
export const WhyNot = () => {
  const [search] = useParameters();
  const asOf = useAsOf();
  const parsed = parseWish(written(search));
  const host = search.get('host');
  return (
    <>
      <ViewTitle title="Why not?" past="Hosts answer for now: what could be served then is not known." />
      <WishForm />
      {'fault' in parsed ? (
        <Empty title="Which devices would a VM want?">The answer says which hosts have them, and why the others have not.</Empty>
      ) : (
        <>
          {asOf !== undefined && <Alert color="yellow" variant="light" title="This is the answer of now" mb="md" />}
          <Candidates wish={parsed.wish} />
          {host && <Explained wish={parsed.wish} hostId={host} />}
        </>
      )}
    </>
  );
};
