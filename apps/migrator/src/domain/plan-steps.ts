import type { MigrationPlan, MovePlan } from '@vfleet/contracts';
import { isUnplugged } from './follow-up.js';

/** What a plan comes to, step by step, as the saga would go. */
export const toMigrationPlan = ({ vmId, sourceHostId, targetHostId, devices, deadlines, blockers }: MovePlan): MigrationPlan => {
  const feasible = blockers.length === 0 && sourceHostId !== null && targetHostId !== null;
  return {
    vmId,
    sourceHostId,
    targetHostId,
    feasible,
    devices,
    blockers,
    steps: feasible ? stepsOf(sourceHostId, targetHostId, devices, deadlines) : [],
  };
};

const stepsOf = (
  source: string,
  target: string,
  devices: MovePlan['devices'],
  { unplug = 30, migrate = 3_600, plug = 30 }: MovePlan['deadlines'],
): MigrationPlan['steps'] => {
  const off = devices.filter(isUnplugged);
  const runs = devices.length === 0 || devices.some(({ mode }) => mode !== 'cold');
  return [
    ...devices.flatMap((device) => (device.target ? [{ step: 'reserve' as const, hostId: target, ...device.target }] : [])),
    ...off.map((device) => ({ step: 'unplug' as const, hostId: source, ...device.source, deadlineSeconds: unplug })),
    ...(runs ? [{ step: 'move' as const, hostId: target, deadlineSeconds: migrate }] : []),
    ...off.flatMap((device) => (device.target ? [{ step: 'plug' as const, hostId: target, ...device.target, deadlineSeconds: plug }] : [])),
    ...devices.map((device) => ({ step: 'release' as const, hostId: source, ...device.source })),
  ];
};
