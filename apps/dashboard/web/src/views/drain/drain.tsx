import { Button, Group, TextInput } from '@mantine/core';
import type { Drain as DrainAnswer } from '@vfleet/contracts';
import { useState, type FormEvent } from 'react';
import { useAct } from '../../api/act.js';
import { useAsk } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { confirm } from '../../parts/confirmation.js';
import { plural } from '../../parts/plural.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Answered, Empty } from '../../parts/states.js';
import { HostLink, MigrationLink, VmLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';

const HostForm = () => {
  const [search, change] = useParameters();
  const [host, setHost] = useState(search.get('host') ?? '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change({ host: host.trim() });
  };
  return (
    <form onSubmit={submit} className="filter-form filter-bar" aria-label="Host to drain">
      <TextInput label="Host" value={host} onChange={({ currentTarget }) => setHost(currentTarget.value)} required />
      <Button type="submit" variant="default">
        Dry run
      </Button>
    </form>
  );
};

const Moves = ({ migrations, blocked }: DrainAnswer) => (
  <div className="columns">
    <Section title={plural(migrations.length, 'VM moves', 'VMs move')}>
      {migrations.length === 0 ? (
        <p className="dimmed">No VM has to move.</p>
      ) : (
        <SmallTable
          label="Who moves where"
          head={['VM', 'To', 'Migration']}
          rows={migrations}
          rowId={({ vmId }) => vmId}
          cells={({ vmId, targetHostId, migrationId }) => [
            <VmLink key="vm" vmId={vmId} />,
            <HostLink key="to" hostId={targetHostId} />,
            migrationId ? <MigrationLink migrationId={migrationId} /> : 'not started',
          ]}
        />
      )}
    </Section>
    <Section title={plural(blocked.length, 'VM cannot', 'VMs cannot')}>
      {blocked.length === 0 ? (
        <p className="dimmed">Nothing stands in the way.</p>
      ) : (
        <SmallTable
          label="What stands in the way"
          head={['VM', 'Reason', 'In words']}
          rows={blocked}
          rowId={({ vmId }) => vmId}
          cells={({ vmId, code, message }) => [<VmLink key="vm" vmId={vmId} />, <code key="code">{code}</code>, message]}
        />
      )}
    </Section>
  </div>
);

const StartButton = ({ hostId, would }: { readonly hostId: string; readonly would: DrainAnswer }) => {
  const drain = useAct(
    'hosts.drain',
    ({ migrations, blocked }) => `${hostId} is being drained: ${plural(migrations.length, 'VM moves', 'VMs move')}, ${blocked.length} cannot`,
  );
  const ask = async (): Promise<void> => {
    const yes = await confirm({
      title: `Drain ${hostId}?`,
      does: `Drain ${hostId}`,
      dangerous: true,
      children: `${plural(would.migrations.length, 'VM is moved away', 'VMs are moved away')}; for ${would.blocked.length} something stands in the way. The host takes no new VM until it is put back.`,
    });
    if (yes) drain.mutate({ hostId });
  };
  return (
    <Button color="red" loading={drain.isPending} onClick={() => void ask()}>
      Start the drain
    </Button>
  );
};

const UndrainButton = ({ hostId }: { readonly hostId: string }) => {
  const undrain = useAct('hosts.undrain', () => `${hostId} takes VMs again`);
  return (
    <Button variant="default" loading={undrain.isPending} onClick={() => undrain.mutate({ hostId })}>
      Put back
    </Button>
  );
};

const DryRun = ({ hostId }: { readonly hostId: string }) => {
  const asOf = useAsOf();
  const host = useAsk('hosts.get', { hostId });
  const query = useAsk('hosts.drain', { hostId, dryRun: true });
  return (
    <Answered query={query} what="the dry run">
      {(would) => (
        <>
          <Group mb="md">
            <HostLink hostId={hostId} />
            {host.data && <StateBadge state={host.data.state} />}
            <Button variant="default" onClick={() => void query.refetch()} loading={query.isFetching}>
              Dry run again
            </Button>
            {asOf === undefined &&
              (host.data?.state === 'draining' ? <UndrainButton hostId={hostId} /> : <StartButton hostId={hostId} would={would} />)}
          </Group>
          <Moves {...would} />
        </>
      )}
    </Answered>
  );
};

/** Empties a host: first who would move where and what stands in the way, then the deed. */
export const Drain = () => {
  const [search] = useParameters();
  const hostId = search.get('host');
  return (
    <>
      <ViewTitle title="Drain a host" past="The dry run answers for now." />
      <HostForm key={hostId} />
      {hostId ? <DryRun hostId={hostId} /> : <Empty title="Which host?">The dry run changes nothing: it says who would move where.</Empty>}
    </>
  );
};
