import { useAsk } from '../../api/queries.js';
import { isBy, useAsOf } from '../../app/as-of.js';
import { Section } from '../../parts/section.js';
import { Answered } from '../../parts/states.js';
import { MigrationTable } from '../migrations/migration-table.js';

const NEWEST = 20;

/** The moves of a VM, the newest of them. */
export const VmMigrations = ({ vmId }: { readonly vmId: string }) => {
  const asOf = useAsOf();
  const query = useAsk('migrations.list', { filter: { vmId }, limit: NEWEST });
  return (
    <Section title="Migrations">
      <Answered query={query} what="the migrations">
        {({ items }) => {
          const shown = items.filter(({ startedAt }) => isBy(asOf, startedAt));
          return shown.length === 0 ? <p className="dimmed">It has not been moved.</p> : <MigrationTable migrations={shown} />;
        }}
      </Answered>
    </Section>
  );
};
