import { Alert } from '@mantine/core';
import type { Migration } from '@vfleet/contracts';
import { useParams } from 'wouter';
import { useAsk } from '../../api/queries.js';
import { isBy, useAsOf } from '../../app/as-of.js';
import { Facts } from '../../parts/facts.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Answered } from '../../parts/states.js';
import { sayDuration } from '../../parts/time.js';
import { DeviceLink, HostLink, VmLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { MigrationActs } from './migration-acts.js';
import { Steps } from './steps.js';

const Overview = ({ migration }: { readonly migration: Migration }) => (
  <Section title="State">
    <Facts
      of={{
        State: <StateBadge state={migration.state} />,
        VM: <VmLink vmId={migration.vmId} />,
        From: migration.sourceHostId !== null && <HostLink hostId={migration.sourceHostId} />,
        To: migration.targetHostId !== null && <HostLink hostId={migration.targetHostId} />,
        Started: <Moment time={migration.startedAt} />,
        Finished: migration.finishedAt !== null && <Moment time={migration.finishedAt} />,
        Took: migration.finishedAt !== null && sayDuration(Date.parse(migration.finishedAt) - Date.parse(migration.startedAt)),
        Interruption: migration.interruptionMs !== null && sayDuration(migration.interruptionMs),
      }}
    />
  </Section>
);

const WHERE: Readonly<Record<string, string>> = {
  source: 'attached at the source',
  unplugged: 'unplugged',
  unknown: 'not known: its agent has not answered',
  target: 'attached at the target',
  lost: 'lost',
  left: 'left behind',
};

const Devices = ({ migration }: { readonly migration: Migration }) => (
  <Section title="Devices">
    <SmallTable
      label="Devices"
      head={['Wish', 'Source', 'Target', 'How', 'Where it is', 'Policy']}
      rows={migration.devices}
      rowId={({ source }) => source.deviceId}
      cells={({ requestName, source, target, mode, where, policy }) => [
        requestName,
        <DeviceLink key="source" deviceId={source.deviceId}>
          {source.address}
        </DeviceLink>,
        target ? <DeviceLink deviceId={target.deviceId}>{target.address}</DeviceLink> : 'moves without it',
        mode,
        WHERE[where],
        policy,
      ]}
    />
  </Section>
);

/** One move: its steps as they are taken, and where each device is. */
export const MigrationView = () => {
  const { migrationId } = useParams<{ migrationId: string }>();
  const asOf = useAsOf();
  const query = useAsk('migrations.get', { migrationId });
  return (
    <Answered query={query} what="the migration">
      {(migration) => (
        <>
          <ViewTitle title={`Migration of ${migration.vmId}`} past="Later steps are left out; state and devices are those of now.">
            <MigrationActs migration={migration} />
          </ViewTitle>
          {migration.code && (
            <Alert color="red" variant="light" title={migration.code} mb="md">
              <span className="wrap">{migration.message}</span>
            </Alert>
          )}
          <div className="stack">
            <Overview migration={migration} />
            <Devices migration={migration} />
          </div>
          <Steps
            steps={migration.steps.filter(({ at }) => isBy(asOf, at))}
            devices={migration.devices}
            live={migration.finishedAt === null && asOf === undefined}
          />
        </>
      )}
    </Answered>
  );
};
