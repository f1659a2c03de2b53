import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import type { StartMigration } from '@vfleet/contracts';
import { useState, type FormEvent } from 'react';
import { useAct } from '../../api/act.js';
import { useAsk } from '../../api/queries.js';
import { migrationPath, useGo, useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { Answered } from '../../parts/states.js';
import { Plan } from './plan.js';
import { Dialog } from '../../parts/dialog.js';

type Mode = NonNullable<StartMigration['mode']>;

const MODES = [
  { value: '', label: 'as the policies say' },
  { value: 'hotplug', label: 'hotplug: unplug, move, plug' },
  { value: 'live', label: 'live: devices stay attached' },
  { value: 'cold', label: 'cold: the VM is stopped' },
];

const toRequest = (vmId: string, target: string, mode: string): StartMigration => ({
  vmId: vmId.trim(),
  ...(target.trim() && { targetHostId: target.trim() }),
  ...(mode && { mode: mode as Mode }),
});

interface PlannedProps {
  readonly request: StartMigration;
  readonly back: () => void;
}

/** What would happen, and the button that makes it happen: this is the confirmation. */
const Planned = ({ request, back }: PlannedProps) => {
  const go = useGo();
  const query = useAsk('migrations.plan', request);
  const start = useAct('migrations.start', ({ migrationId }) => `${request.vmId} is on its way: ${migrationId}`);
  const target = query.data?.targetHostId ?? request.targetHostId;
  const begin = (): void =>
    start.mutate(target ? { ...request, targetHostId: target } : request, { onSuccess: ({ migrationId }) => go(migrationPath(migrationId)) });
  return (
    <>
      <Answered query={query} what="the plan">
        {(plan) => <Plan plan={plan} />}
      </Answered>
      <Group mt="md" justify="flex-end">
        <Button variant="default" onClick={back}>
          Back
        </Button>
        <Button disabled={!query.data?.feasible || query.isFetching} loading={start.isPending} onClick={begin}>
          Start: move {request.vmId} {target && `to ${target}`}
        </Button>
      </Group>
    </>
  );
};

const PlanForm = ({ vmId: given, close }: { readonly vmId: string; readonly close: () => void }) => {
  const [vmId, setVmId] = useState(given);
  const [target, setTarget] = useState('');
  const [mode, setMode] = useState('');
  const [asked, setAsked] = useState<StartMigration | undefined>(undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setAsked(toRequest(vmId, target, mode));
  };
  if (asked) return <Planned request={asked} back={() => setAsked(undefined)} />;
  return (
    <form onSubmit={submit}>
      <TextInput label="VM" value={vmId} onChange={({ currentTarget }) => setVmId(currentTarget.value)} required data-autofocus />
      <TextInput
        mt="sm"
        label="Target host"
        description="Left empty: the best one"
        value={target}
        onChange={({ currentTarget }) => setTarget(currentTarget.value)}
      />
      <NativeSelect mt="sm" label="Mode" data={MODES} value={mode} onChange={({ currentTarget }) => setMode(currentTarget.value)} />
      <Group mt="md" justify="flex-end">
        <Button variant="default" onClick={close}>
          Do nothing
        </Button>
        <Button type="submit">Plan</Button>
      </Group>
    </form>
  );
};

/** Plans a move, and starts it once its plan was seen. Open while the address says `plan`. */
export const PlanDialog = () => {
  const [search, change] = useParameters();
  const asOf = useAsOf();
  const plan = search.get('plan');
  const close = (): void => change({ plan: undefined });
  return (
    <Dialog open={plan !== null && asOf === undefined} onClose={close} title="Plan a migration" size="lg">
      <PlanForm vmId={plan === '?' ? '' : (plan ?? '')} close={close} />
    </Dialog>
  );
};
