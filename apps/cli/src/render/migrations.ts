import type { DeviceMove, Migration, MigrationDevice } from '@vfleet/contracts';
import type { Column, RecordView } from './format.js';
import { paintState, type Paint } from './paint.js';
import { durationText, stepText, stepsOf } from './steps.js';
import { NOTHING, orNothing, safeText } from './text.js';

export const MIGRATION_COLUMNS: readonly Column<Migration>[] = [
  { head: 'MIGRATION', cell: ({ migrationId }) => orNothing(migrationId) },
  { head: 'VM', cell: ({ vmId }) => orNothing(vmId) },
  { head: 'STATE', cell: ({ state }, paint) => paintState(state, paint) },
  { head: 'FROM', cell: ({ sourceHostId }) => orNothing(sourceHostId) },
  { head: 'TO', cell: ({ targetHostId }) => orNothing(targetHostId) },
  { head: 'DEVICES', cell: ({ devices }) => orNothing(devices.length) },
  { head: 'STARTED', cell: ({ startedAt }) => orNothing(startedAt) },
  { head: 'TOOK', cell: (migration) => took(migration) },
  { head: 'INTERRUPTED', cell: ({ interruptionMs }) => (interruptionMs === null ? NOTHING : durationText(interruptionMs)) },
  { head: 'CODE', cell: ({ code }, paint) => (code === undefined ? NOTHING : paint.warn(safeText(code))) },
];

const took = ({ startedAt, finishedAt }: Migration): string =>
  finishedAt === null ? NOTHING : durationText(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)));

/** `10GE-0: 0000:28:02.0 → 0000:65:02.3, hotplug by policy default`. */
export const moveText = ({ requestName, source, target, mode, policy }: DeviceMove): string =>
  safeText(`${requestName}: ${source.address} → ${target ? target.address : 'nothing'}, ${mode} by policy ${policy}`);

const placeText = (device: MigrationDevice, paint: Paint): string => {
  const tone = { source: paint.bold, target: paint.good, unplugged: paint.warn, left: paint.warn, lost: paint.bad }[device.where];
  return `${moveText(device)}: ${tone(device.where)}`;
};

export const migrationView = (migration: Migration): RecordView => ({
  value: migration,
  lines: (paint) => [
    ['migration', orNothing(migration.migrationId)],
    ['vm', orNothing(migration.vmId)],
    ['state', paintState(migration.state, paint)],
    ['from', orNothing(migration.sourceHostId)],
    ['to', orNothing(migration.targetHostId)],
    ...(migration.code === undefined ? [] : [['why', paint.warn(safeText(`${migration.code}: ${migration.message ?? ''}`))] as const]),
    ...migration.devices.map((device) => ['device', placeText(device, paint)] as const),
    ['started', orNothing(migration.startedAt)],
    ['ended', migration.finishedAt === null ? NOTHING : `${migration.finishedAt} after ${took(migration)}`],
    ['interrupted', migration.interruptionMs === null ? NOTHING : durationText(migration.interruptionMs)],
    ...stepsOf(migration).map((step) => ['step', stepText(step, paint)] as const),
  ],
});
