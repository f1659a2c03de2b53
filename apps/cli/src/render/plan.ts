import type { MigrationPlan, MoveBlocker, PlannedStep } from '@vfleet/contracts';
import { linesTable, listView, type Kind, type Line, type View } from './format.js';
import { moveText } from './migrations.js';
import type { Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

const STEPS: Kind<PlannedStep> = {
  columns: [
    { head: 'STEP', of: ({ step }) => step },
    { head: 'HOST', of: ({ hostId }) => hostId },
    { head: 'ADDRESS', of: ({ address }) => address },
    { head: 'DEADLINE SECONDS', of: ({ deadlineSeconds }) => deadlineSeconds },
    { head: 'DEVICE ID', of: ({ deviceId }) => deviceId },
  ],
  name: ({ step }) => step,
};

/** What would happen if a VM moved now, or what stands in the way. */
export const planView = (plan: MigrationPlan): View => ({
  ...listView(STEPS, plan.steps, ''),
  value: plan,
  table: (paint) => linesTable(planLines(plan, paint), paint),
});

const planLines = (plan: MigrationPlan, paint: Paint): readonly Line[] => [
  ['vm', orNothing(plan.vmId)],
  ['from', orNothing(plan.sourceHostId)],
  ['to', orNothing(plan.targetHostId)],
  ['possible', plan.feasible ? paint.good('yes') : paint.bad('no')],
  ...plan.devices.map((device) => ['device', moveText(device)] as const),
  ...plan.steps.map((step, index) => [`step ${index + 1}`, plannedText(step)] as const),
  ...plan.blockers.map((blocker) => ['in the way', paint.warn(blockerText(blocker))] as const),
];

const plannedText = ({ step, hostId, address, deadlineSeconds }: PlannedStep): string => {
  const within = deadlineSeconds === undefined ? '' : ` within ${deadlineSeconds} s`;
  return safeText(`${step} ${address === undefined ? '' : `${address} `}on ${hostId}${within}`);
};

const blockerText = ({ code, message, policy }: MoveBlocker): string =>
  safeText(`${code}: ${message}${policy === undefined ? '' : ` (policy ${policy})`}`);
