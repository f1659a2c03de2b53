import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anotherBuild, type Change } from './another-build.js';

export const LATER = '99.0.0';
/** An event that only the later version writes and knows: a host was used once more. */
export const NEW_EVENT = 'HostUsed';

const version = (file: string): Change => ({ file, find: `VERSION = '0.1.0'`, replace: `VERSION = '${LATER}'` });

/** With each reservation it writes an event of a new type, into the stream of the host, and a new field. */
const WRITES: readonly Change[] = [
  version('apps/allocator/dist/main.js'),
  {
    file: 'libs/contracts/dist/events.js',
    find: `    HostDraining: { context: 'host', data: HostDrainingEvent },`,
    replace: `    HostDraining: { context: 'host', data: HostDrainingEvent },\n    ${NEW_EVENT}: { context: 'host', data: HostDrainingEvent },`,
  },
  {
    file: 'apps/allocator/dist/domain/reserve.js',
    find: `'changed-wish', now), { type: 'DevicesReserved', data }] };`,
    replace: `'changed-wish', now), { type: 'DevicesReserved', data: { ...data, newField: 'later' } }, { type: '${NEW_EVENT}', data: { hostId: host.hostId } }] };`,
  },
];

/** Its rows are other ones: how often a host was used is a label of it. Its tables are others as well. */
const READS: readonly Change[] = [
  version('apps/inventory/dist/config.js'),
  {
    file: 'apps/inventory/dist/read-model/known-event.js',
    find: '    HostDraining: ofHost,',
    replace: `    HostDraining: ofHost,\n    ${NEW_EVENT}: ofHost,`,
  },
  {
    file: 'apps/inventory/dist/read-model/host.js',
    find: `        case 'HostDraining':`,
    replace: `        case '${NEW_EVENT}':
            return row && { ...row, description: { ...row.description, labels: { used: String(Number(row.description.labels?.used ?? 0) + 1) } } };
        case 'HostDraining':`,
  },
  {
    file: 'apps/inventory/dist/migrations/migrate.js',
    find: 'const MIGRATIONS = [',
    replace: `import { Later9999999999999 } from './later.js';\nconst MIGRATIONS = [\n    Later9999999999999,`,
  },
];

/** What a later version changes in any case. */
export const LATER_CHANGES: readonly Change[] = [...WRITES, ...READS];

const MIGRATION = `import { schemaOf } from './schema-of.js';
export class Later9999999999999 {
    name = 'Later9999999999999';
    async up(runner) {
        await runner.query(\`alter table \${schemaOf(runner)}.hosts add column later text\`);
    }
    async down() {}
}
`;

/** As updates did before: the tables that are read are emptied, changed, and filled again. */
export const IN_PLACE: Change = {
  file: 'apps/inventory/dist/update.js',
  find: 'const pending = await outdated(pool);',
  replace: `const pending = [];
        await pool.query(\`
          truncate inventory.devices, inventory.hosts, inventory.vms, inventory.device_events, inventory.vm_events, inventory.pools, inventory.host_pools;
          update journal.checkpoints set position = 0 where name = 'inventory'\`);`,
};

/** A build of a later version: one more type of event and one more field, written and shown, and tables that are made differently. */
export const laterVersion = (folder: string, { inPlace = false } = {}): string => {
  const root = anotherBuild(folder, [...LATER_CHANGES, ...(inPlace ? [IN_PLACE] : [])]);
  writeFileSync(join(root, 'apps/inventory/dist/migrations/later.js'), MIGRATION);
  return root;
};
