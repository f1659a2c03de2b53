import { aMachine, type Machine } from './machine.js';

/** A VM as it really is. */
export interface ActualVm {
  readonly vmId: string;
  /** Where it runs, or is to run. */
  hostId: string;
  state: 'off' | 'starting' | 'running' | 'moving';
  /** Of its newest state. */
  sequence: number;
  wish: readonly object[];
  /** Its newest state as it is told. */
  newest: object | undefined;
}

/** Machines and VMs as they really are, whatever anybody believes of them. */
export class Fleet {
  readonly machines = new Map<string, Machine>();
  readonly vms = new Map<string, ActualVm>();
  /** What must never happen to a machine, and did. */
  readonly broken: string[] = [];

  constructor(hostIds: readonly string[], vmIds: readonly string[]) {
    for (const hostId of hostIds) this.machines.set(hostId, aMachine(hostId));
    for (const vmId of vmIds) this.vms.set(vmId, { vmId, hostId: '', state: 'off', sequence: 0, wish: [], newest: undefined });
  }

  machine(hostId: string): Machine {
    return this.machines.get(hostId) as Machine;
  }

  vm(vmId: string): ActualVm | undefined {
    return this.vms.get(vmId);
  }

  /** A device goes into a VM, unless another one has it. */
  attach(hostId: string, deviceId: string, vmId: string): boolean {
    const { attached } = this.machine(hostId);
    const holder = attached.get(deviceId);
    if (holder !== undefined && holder !== vmId) return false;
    attached.set(deviceId, vmId);
    return true;
  }
}
