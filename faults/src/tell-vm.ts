import { jetstream } from '@nats-io/jetstream';
import { vmFactSubject } from '@vfleet/contracts';
import { insist } from '@vfleet/testing';
import type { Stage } from './stage.js';

/** A VM's state as a platform tells it: plain JSON, whatever else stands in it. */
export interface ToldState {
  readonly vmId: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

/** Tells a VM's state as a platform does, and resolves with the receipt's sequence; in an envelope where it has an id. */
export const tellVm = async ({ nats }: Stage, state: ToldState, id?: string): Promise<number> => {
  const envelope = { specversion: '1.0', id, source: '/platform', type: 'VmStateChanged', data: state };
  const body = JSON.stringify(id === undefined ? state : envelope);
  return (await insist(() => jetstream(nats).publish(vmFactSubject(state.vmId, 'VmStateChanged'), body))).seq;
};
