import type { DeviceMove, Migration, MigrationDevice, StartedMigration } from '@vfleet/contracts';
import type { Column, Kind, Line } from './format.js';
import { paintState, toneOf, type Paint } from './paint.js';
import { durationText, stepText, stepsOf } from './steps.js';
import { NOTHING, orNothing, safeText } from './text.js';

const COLUMNS: readonly Column<Migration>[] = [
  { head: 'MIGRATION', of: ({ migrationId }) => migrationId },
  { head: 'VM', of: ({ vmId }) => vmId },
  { head: 'STATE', of: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  { head: 'FROM', of: ({ sourceHostId }) => sourceHostId },
  { head: 'TO', of: ({ targetHostId }) => targetHostId },
  { head: 'DEVICES', of: ({ devices }) => devices.length },
  { head: 'STARTED', of: ({ startedAt }) => startedAt },
  { head: 'TOOK', of: (migration) => took(migration) },
  { head: 'INTERRUPTED', of: ({ interruptionMs }) => (interruptionMs === null ? null : durationText(interruptionMs)) },
  { head: 'CODE', of: ({ code }) => code, tone: () => 'warn' },
  { head: 'STEP', of: ({ steps }) => steps.at(-1)?.step, wide: true },
  { head: 'ENDED', of: ({ finishedAt }) => finishedAt, wide: true },
  { head: 'WHY', of: ({ message }) => message, wide: true },
];

const took = ({ startedAt, finishedAt }: Migration): string =>
  finishedAt === null ? NOTHING : durationText(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)));

/** `10GE-0: 0000:28:02.0 → 0000:65:02.3, hotplug by policy default`. */
export const moveText = ({ requestName, source, target, mode, policy }: DeviceMove): string =>
  safeText(`${requestName}: ${source.address} → ${target ? target.address : 'nothing'}, ${mode} by policy ${policy}`);

const placeText = (device: MigrationDevice, paint: Paint): string => {
  const tone = { source: paint.bold, target: paint.good, unplugged: paint.warn, left: paint.warn, unknown: paint.bad, lost: paint.bad }[device.where];
  return `${moveText(device)}: ${tone(device.where)}`;
};

const migrationLines = (migration: Migration, paint: Paint): readonly Line[] => [
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
];

export const MIGRATIONS: Kind<Migration> = { columns: COLUMNS, name: ({ migrationId }) => migrationId, lines: migrationLines };

/** A move that was asked for. */
export const STARTED: Kind<StartedMigration> = {
  columns: [
    { head: 'MIGRATION', of: ({ migrationId }) => migrationId },
    { head: 'STATE', of: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  ],
  name: ({ migrationId }) => migrationId,
};
