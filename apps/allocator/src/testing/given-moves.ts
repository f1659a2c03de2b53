import type { Answer, Decision } from '../domain/decision.js';
import type { Command } from '../domain/decide.js';
import { fact } from './given.js';

type PlanCommand = Extract<Command, { type: 'PlanMove' }>['move'];
type Plan = Extract<Answer, { kind: 'plan' }>['plan'];

/** Asks for a plan, or holds one where a migration is named. */
export const move = (vmId: string, more: Partial<PlanCommand> = {}): Command => ({ type: 'PlanMove', move: { vmId, ...more } });
export const settle = (vmId: string, at: 'source' | 'target', migrationId = 'm-1'): Command => ({
  type: 'SettleMove',
  request: { vmId, migrationId, at },
});

/** The plan that a decision answers. */
export const planOf = ({ answer }: Decision): Plan => {
  if (answer.kind !== 'plan') throw new Error(`${answer.kind} is no plan`);
  return answer.plan;
};

/** `source -> target mode` of each device, `-` for none. */
export const moved = (decision: Decision): readonly string[] =>
  planOf(decision).devices.map(({ source, target, mode }) => `${source.address} -> ${target?.address ?? '-'} ${mode}`);

export const codes = (decision: Decision): readonly string[] => planOf(decision).blockers.map(({ code }) => code);

/** An attestation of what is attached on a host, as `vmId address`. */
export const attest = (hostId: string, ...attachments: readonly string[]): Command =>
  fact('InventoryAttested', hostId, {
    devices: 0,
    digest: 'same',
    attachments: attachments.map((one) => ({ vmId: one.split(' ')[0] as string, address: one.split(' ')[1] as string })),
  });
