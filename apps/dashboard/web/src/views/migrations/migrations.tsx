import { Button, NativeSelect } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { usePages } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { isBy, useAsOf } from '../../app/as-of.js';
import { Answered, Empty } from '../../parts/states.js';
import { ViewTitle } from '../../parts/view-title.js';
import { MigrationTable } from './migration-table.js';
import { PlanDialog } from './plan-dialog.js';

const InterruptionChart = lazy(async () => ({ default: (await import('./interruption-chart.js')).InterruptionChart }));

const PAGE = 100;
const SHOWN = [
  { value: '', label: 'all' },
  { value: 'active', label: 'under way' },
  { value: 'ended', label: 'ended' },
];

/** The moves, newest first, and what one more would do. */
export const Migrations = () => {
  const [search, change] = useParameters();
  const asOf = useAsOf();
  const shown = search.get('show') ?? '';
  const filter = shown === '' ? {} : { filter: { active: shown === 'active' } };
  const query = usePages('migrations.list', { limit: PAGE, ...filter });
  return (
    <>
      <ViewTitle title="Migrations" past="Moves that began later are left out; of the others the state is that of now.">
        <NativeSelect
          aria-label="Which migrations"
          data={SHOWN}
          value={shown}
          onChange={({ currentTarget }) => change({ show: currentTarget.value })}
        />
        <Button disabled={asOf !== undefined} onClick={() => change({ plan: '?' })}>
          Plan a migration
        </Button>
      </ViewTitle>
      <Answered query={query} what="the migrations">
        {(all) => {
          const migrations = all.filter(({ startedAt }) => isBy(asOf, startedAt));
          if (migrations.length === 0) return <Empty title="No migration">VMs that hold devices move with them: plan one.</Empty>;
          return (
            <>
              <Suspense fallback={null}>
                <InterruptionChart migrations={migrations} />
              </Suspense>
              <MigrationTable
                migrations={migrations}
                more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
              />
            </>
          );
        }}
      </Answered>
      <PlanDialog />
    </>
  );
};
