import type { Fleet } from '../actors/fleet.js';
import { projectedTo } from '../actors/inventory.js';
import type { Stream } from '../bus/stream.js';
import type { Plan } from '../plan.js';
import type { Tables } from '../store/tables.js';
import type { LogCheck } from './log-check.js';

/** What there is at the end of a run. */
export interface Ending {
  readonly fleet: Fleet;
  readonly store: { readonly tables: Tables };
  readonly log: Pick<LogCheck, 'holds'>;
  readonly bus: { readonly events: Stream };
  /** Subjects of what was buried. */
  readonly deadLetters: readonly string[];
  readonly plan: Pick<Plan, 'entries'>;
}

/** What is not in its place once everything has healed: the number of the promise, and what. */
export const unsettled = (ending: Ending): readonly (readonly [string, string])[] => [
  ...deserted(ending),
  ...undecided(ending),
  ...behind(ending),
  ...buried(ending),
];

/** E1: what is held is held for a VM that is there. What somebody adds to one that does not run is for its next start. */
const deserted = ({ fleet, store, log }: Ending): readonly (readonly [string, string])[] => {
  const added = new Set([...log.holds.values()].flatMap((hold) => (hold.added ? [hold.vmId] : [])));
  return [...store.tables.claims].flatMap(([deviceId, vmId]) =>
    fleet.vm(vmId)?.state === 'off' && !added.has(vmId) ? [['E1', `${deviceId} is held for ${vmId}, which has ended`] as const] : [],
  );
};

/** E2: nothing is under way, and what a VM has is what it holds. */
const undecided = ({ fleet, store }: Ending): readonly (readonly [string, string])[] => {
  const open = [...store.tables.marks].filter(([key, value]) => key.startsWith('migration:') && Object.hasOwn(value as object, 'due'));
  const strays = [...fleet.machines.values()].flatMap(({ hostId, attached }) =>
    [...attached].flatMap(([deviceId, vmId]) => {
      const holder = store.tables.claims.get(deviceId);
      return holder === vmId ? [] : [['E2', `${deviceId} is plugged into ${vmId} on ${hostId} and held by ${holder ?? 'nobody'}`] as const];
    }),
  );
  return [...open.map(([key, value]) => ['E2', `${key} waits: ${JSON.stringify(value)}`] as const), ...strays];
};

/** E3: the copy and the rows are as far as the log. */
const behind = ({ store, bus }: Ending): readonly (readonly [string, string])[] => {
  const { head } = store.tables;
  return [
    ...(bus.events.last === head && bus.events.exists ? [] : [['E3', `the copy is at ${bus.events.last}, the log at ${head}`] as const]),
    ...(projectedTo(store) === head ? [] : [['E3', `the rows are at ${projectedTo(store)}, the log at ${head}`] as const]),
  ];
};

/** E4: only poison is buried. */
const buried = ({ deadLetters, plan }: Ending): readonly (readonly [string, string])[] => {
  const poisoned = new Set(plan.entries.flatMap(({ deed }) => (deed.what === 'send poison' ? [`vfleet.in.vm.${deed.vmId}.VmStateChanged`] : [])));
  return deadLetters.filter((subject) => !poisoned.has(subject)).map((subject) => ['E4', `${subject} was buried and was no poison`] as const);
};
