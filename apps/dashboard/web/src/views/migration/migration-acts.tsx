import { Button } from '@mantine/core';
import type { Migration } from '@vfleet/contracts';
import type { ReactNode } from 'react';
import { useAct } from '../../api/act.js';
import { useAsOf } from '../../app/as-of.js';
import { confirm } from '../../parts/confirmation.js';

interface Act {
  readonly name: 'migrations.cancel' | 'migrations.retry' | 'migrations.resolve';
  readonly label: string;
  readonly says: (vmId: string) => ReactNode;
  readonly offered: (migration: Migration) => boolean;
}

const ACTS: readonly Act[] = [
  {
    name: 'migrations.cancel',
    label: 'Cancel',
    says: (vmId) => `What was done is undone: ${vmId} stays where it is and gets its devices back.`,
    offered: ({ finishedAt, state }) => finishedAt === null && state !== 'rollingBack',
  },
  {
    name: 'migrations.retry',
    label: 'Retry',
    says: (vmId) => `The devices that ${vmId} lacks are plugged again, or others in their place.`,
    offered: ({ state }) => state === 'failed',
  },
  {
    name: 'migrations.resolve',
    label: 'Resolve',
    says: (vmId) => `You have seen to ${vmId} yourself: the migration is closed, and devices count as they are found.`,
    offered: ({ state }) => state === 'failed',
  },
];

const ActButton = ({ act: { name, label, says }, migration: { migrationId, vmId } }: { readonly act: Act; readonly migration: Migration }) => {
  const act = useAct(name, ({ state }) => `The migration of ${vmId} is ${state}`);
  const ask = async (): Promise<void> => {
    const yes = await confirm({ title: `${label} the migration of ${vmId}?`, does: `${label} the migration`, children: says(vmId) });
    if (yes) act.mutate({ migrationId });
  };
  return (
    <Button variant="default" loading={act.isPending} onClick={() => void ask()}>
      {label}
    </Button>
  );
};

/** What an operator may do about a move, as far as it makes sense in its state. */
export const MigrationActs = ({ migration }: { readonly migration: Migration }) =>
  useAsOf() === undefined ? (
    <>
      {ACTS.filter(({ offered }) => offered(migration)).map((act) => (
        <ActButton key={act.name} act={act} migration={migration} />
      ))}
    </>
  ) : null;
