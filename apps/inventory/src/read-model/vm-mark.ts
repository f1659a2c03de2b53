import type { MarkEntity } from './mark.entity.js';
import { timeOf } from './known-event.js';
import type { SeenState } from './vm.js';

type MarkedState = Pick<SeenState, 'state' | 'occurredAt' | 'tenant'> & { readonly hostId?: string; readonly sequence?: number };

/** The key under which the newest state of a VM is kept whose states leave no event. */
export const vmMark = (vmId: string): string => `vm:${vmId}`;

export const readVmMark = ({ value }: Pick<MarkEntity, 'value'>): SeenState => {
  const { state, hostId = null, sequence = null, occurredAt, tenant } = value as MarkedState;
  return { state, hostId, sequence, occurredAt: timeOf(occurredAt, new Date(0).toISOString()), ...(tenant !== undefined && { tenant }) };
};
