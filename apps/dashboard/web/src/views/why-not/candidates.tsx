import { Button, Progress } from '@mantine/core';
import type { CandidateList } from '@vfleet/contracts';
import { useState, type FormEvent } from 'react';
import { TextInput } from '@mantine/core';
import { useAsk } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { Answered } from '../../parts/states.js';
import { DeviceLink, HostLink } from '../../parts/to.js';
import type { Wish } from './wish.js';

/** Hosts that are chosen for; beyond these none is looked at. */
const MOST = 200;

const Fitting = ({ items }: CandidateList) => {
  const [, change] = useParameters();
  return (
    <Section
      title={items.length === 0 ? 'No host can serve it' : `${items.length}${items.length === MOST ? ' or more' : ''} hosts can serve it, best first`}
    >
      {items.length > 0 && (
        <SmallTable
          label="Hosts that can serve it"
          head={['Host', 'Score', 'Devices', 'Device by device']}
          rows={items}
          rowId={({ hostId }) => hostId}
          cells={({ hostId, score, devices }) => [
            <HostLink key="host" hostId={hostId} />,
            score.toFixed(3),
            <ul key="devices" className="tags">
              {devices.map(({ deviceId, address }) => (
                <li key={deviceId}>
                  <DeviceLink deviceId={deviceId}>{address}</DeviceLink>
                </li>
              ))}
            </ul>,
            <Button key="explain" variant="default" size="compact-sm" onClick={() => change({ host: hostId })}>
              Explain {hostId}
            </Button>,
          ]}
        />
      )}
    </Section>
  );
};

const AskHost = () => {
  const [search, change] = useParameters();
  const [host, setHost] = useState(search.get('host') ?? '');
  const ask = (event: FormEvent): void => {
    event.preventDefault();
    change({ host: host.trim() });
  };
  return (
    <form onSubmit={ask} className="filter-form" aria-label="Explain one host">
      <TextInput label="Explain one host" value={host} onChange={({ currentTarget }) => setHost(currentTarget.value)} required />
      <Button type="submit" variant="default">
        Explain
      </Button>
    </form>
  );
};

const Rejected = ({ rejected }: CandidateList) => (
  <Section title={`${rejected.hosts} hosts cannot`}>
    {rejected.reasons.length > 0 && (
      <SmallTable
        label="Why hosts cannot serve it"
        head={['What stands in the way most', 'Hosts', 'Of them']}
        rows={rejected.reasons}
        rowId={({ code }) => code}
        cells={({ code, hosts }) => [
          <code key="code">{code}</code>,
          hosts,
          <Progress key="share" value={(hosts / rejected.hosts) * 100} aria-label={`${code}, in percent of the hosts`} className="use" />,
        ]}
      />
    )}
    <AskHost />
  </Section>
);

/** The wish against every host, the refusals counted by their reasons. */
export const Candidates = ({ wish }: { readonly wish: Wish }) => {
  const query = useAsk('candidates.list', { ...wish, limit: MOST });
  return (
    <Answered query={query} what="the hosts">
      {(list) => (
        <div className="columns">
          <Fitting {...list} />
          <Rejected {...list} />
        </div>
      )}
    </Answered>
  );
};
