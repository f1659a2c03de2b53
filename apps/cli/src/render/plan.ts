import type { MigrationPlan, MoveBlocker, PlannedStep } from '@vfleet/contracts';
import { renderRecord, type Format } from './format.js';
import { moveText } from './migrations.js';
import type { Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

/** What would happen if a VM moved now, or what stands in the way. */
export const renderPlan = (plan: MigrationPlan, format: Format, tone: Paint): string =>
  renderRecord(
    {
      value: plan,
      lines: (paint) => [
        ['vm', orNothing(plan.vmId)],
        ['from', orNothing(plan.sourceHostId)],
        ['to', orNothing(plan.targetHostId)],
        ['possible', plan.feasible ? paint.good('yes') : paint.bad('no')],
        ...plan.devices.map((device) => ['device', moveText(device)] as const),
        ...plan.steps.map((step, index) => [`step ${index + 1}`, plannedText(step)] as const),
        ...plan.blockers.map((blocker) => ['in the way', paint.warn(blockerText(blocker))] as const),
      ],
    },
    format,
    tone,
  );

const plannedText = ({ step, hostId, address, deadlineSeconds }: PlannedStep): string => {
  const within = deadlineSeconds === undefined ? '' : ` within ${deadlineSeconds} s`;
  return safeText(`${step} ${address === undefined ? '' : `${address} `}on ${hostId}${within}`);
};

const blockerText = ({ code, message, policy }: MoveBlocker): string =>
  safeText(`${code}: ${message}${policy === undefined ? '' : ` (policy ${policy})`}`);
