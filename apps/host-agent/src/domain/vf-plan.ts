import type { DeviceObservation } from '@vfleet/pci';

/** What may stand in the way of taking a PF's virtual functions away. */
export interface Users {
  /** Addresses of what VMs have; undefined where that cannot be seen. */
  readonly attached: ReadonlySet<string> | undefined;
  /** Ids of devices that VMs hold, as the allocator says; undefined where nobody says. */
  readonly held: ReadonlySet<string> | undefined;
  /** Whether a device is being attached or detached right now. */
  readonly isUnderWay: (deviceId: string) => boolean;
  /** Whether some process has it open by VFIO: the kernel would wait for that process, and the agent for the kernel. */
  readonly isOpen: (device: DeviceObservation) => boolean;
}

export type VfPlan =
  /** What to write, one after the other: a PF must have none before it gets another number. */
  { readonly write: readonly number[] } | { readonly refused: 'NO_PF' | 'TOO_MANY' | 'PF_IN_USE' | 'VFS_IN_USE'; readonly message: string };

/** How a PF comes to a number of virtual functions: never more than it can have, and never under one that is in use. */
export const planVfs = (pf: DeviceObservation, vfs: readonly DeviceObservation[], wanted: number, users: Users): VfPlan => {
  const { totalVfs = 0, numVfs = 0, address } = pf;
  if (pf.functionType !== 'pf') return { refused: 'NO_PF', message: `${address} has no virtual functions to offer` };
  if (wanted > totalVfs) return { refused: 'TOO_MANY', message: `${address} can have ${totalVfs} virtual functions, not ${wanted}` };
  if (wanted === numVfs) return { write: [] };
  const user = useOf(pf, users);
  if (user !== undefined) return { refused: 'PF_IN_USE', message: `${address} ${user}` };
  const used = vfs.flatMap((vf) => {
    const by = useOf(vf, users) ?? (vf.hostUse[0] && `is in host use (${vf.hostUse[0].code})`);
    return by === undefined ? [] : [`${vf.address} ${by}`];
  });
  if (used.length > 0) return { refused: 'VFS_IN_USE', message: used.join('; ') };
  return { write: numVfs > 0 && wanted > 0 ? [0, wanted] : [wanted] };
};

/** Where nobody sees what VMs have, a device that waits for a VM's driver is taken to be one's. */
const useOf = (device: DeviceObservation, { attached, held, isUnderWay, isOpen }: Users): string | undefined => {
  const { address, deviceId, driver } = device;
  if (attached?.has(address)) return 'is attached to a VM';
  if (held?.has(deviceId)) return 'is held by a VM';
  if (isUnderWay(deviceId)) return 'is being attached or detached';
  if (isOpen(device)) return 'is open in some process';
  return attached === undefined && driver?.includes('vfio') ? `is bound to ${driver}, and nobody sees whether a VM has it` : undefined;
};
