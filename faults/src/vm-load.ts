import { jetstream } from '@nats-io/jetstream';
import { vmFactSubject, type VmReportOutcome } from '@vfleet/contracts';
import { ask, each, insist, publishHosts } from '@vfleet/testing';
import type { Acknowledged } from './findings.js';
import type { Stage } from './stage.js';

/** Hosts `h0`, `h1`… and their devices: room for every VM of a row. */
export const HOSTS = 40;
export const DEVICES_PER_HOST = 32;

/** How VMs' states reach the system: asked, with an answer after the commit, or told, with a receipt of the bus. */
export type Told = 'asked' | 'both' | 'told';

export interface VmLoad {
  /** Number of the first VM. */
  readonly from?: number;
  readonly vms: number;
  /** `told` tells each VM by a fact, some of them three times over; `both` every second one. Default `asked`. */
  readonly told?: Told;
  /** Called when a third of the VMs has been started; the load goes on meanwhile. */
  readonly strike?: () => void;
  /** Gives each answer to whoever wants it at once. */
  readonly onAcknowledged?: (one: Acknowledged) => void;
}

/** Makes the fleet known: each device named `10GE`, in an IOMMU group of its own. */
export const makeFleet = (stage: Stage): Promise<void> => publishHosts(stage.nats, HOSTS, DEVICES_PER_HOST);

/** The state of a VM that starts and wants one device of its host. */
export const startingVm = (n: number) => ({
  vmId: `vm-${n}`,
  state: 'starting',
  hostId: `h${n % HOSTS}`,
  sequence: 1,
  devices: [{ device: '10GE' }],
});

const report = async (stage: Stage, n: number): Promise<Acknowledged> => {
  const vm = startingVm(n);
  const { outcome, reservation } = await ask<VmReportOutcome>(stage.nats, 'vms.report', vm);
  if (outcome !== 'reserved' || !reservation) throw new Error(`${vm.vmId} came to ${outcome}`);
  return { vmId: vm.vmId, reservationId: reservation.reservationId };
};

const tell = async (stage: Stage, n: number): Promise<Acknowledged> => {
  const vm = startingVm(n);
  for (let copy = 0; copy < (n % 10 === 1 ? 3 : 1); copy += 1)
    await insist(() => jetstream(stage.nats).publish(vmFactSubject(vm.vmId, 'VmStateChanged'), JSON.stringify(vm)));
  return { vmId: vm.vmId };
};

/** Starts VMs as a careful platform does, which tries again until it has its answer, and resolves with all that was acknowledged. */
export const startVms = async (stage: Stage, { from = 0, vms, told = 'asked', strike, onAcknowledged }: VmLoad): Promise<readonly Acknowledged[]> => {
  const acknowledged: Acknowledged[] = [];
  await each(vms, async (n) => {
    if (n === Math.floor(vms / 3)) strike?.();
    const one = told === 'told' || (told === 'both' && n % 2 === 1) ? await tell(stage, from + n) : await report(stage, from + n);
    acknowledged.push(one);
    onAcknowledged?.(one);
  });
  return acknowledged;
};
