import { hasHostDriver, type DeviceObservation, type HostUse } from '@vfleet/pci';

export const DEVICE_RESETS = ['off', 'try', 'required'] as const;
/** What an agent does with a PCI device that a VM has left: nothing; a reset where the kernel can; nobody gets it without a reset. */
export type DeviceReset = (typeof DEVICE_RESETS)[number];

/** What the kernel shows of a device that is to be reset. */
export interface ResetScene {
  readonly device: Pick<DeviceObservation, 'address' | 'driver' | 'functionType' | 'numVfs' | 'hostUse'>;
  /** Whether there is a file `reset`: only where the kernel knows a way (kernel documentation, ABI/testing/sysfs-bus-pci). */
  readonly resettable: boolean;
  /** What `reset_method` lists, in the order in which the kernel tries them; undefined before Linux 5.15, which has no such file. */
  readonly methods: readonly string[] | undefined;
  /** Some process has it open by VFIO, or its IOMMU group. */
  readonly isOpen: boolean;
  /** Of its IOMMU group or its bus: what a VM has. */
  readonly neighbour: string | undefined;
}

/**
 * `reset`: it can be reset now, after its host's driver has let go of it where `unbind` names one. `wait`: not now; `soon` says that it
 * may be a matter of milliseconds. `cannot`: nobody can, or it is not for the agent to do.
 */
export type ResetPlan =
  | { readonly reset: true; readonly unbind?: string }
  | { readonly wait: string; readonly soon: boolean }
  | { readonly cannot: string };

/** These concern one function alone; `bus`, and what later kernels add, its neighbours as well (Linux, drivers/pci/pci.c, `pci_reset_fn_methods`). */
const OF_ONE_FUNCTION: ReadonlySet<string> = new Set(['device_specific', 'acpi', 'flr', 'af_flr', 'pm']);

export const planReset = (scene: ResetScene, mode: Exclude<DeviceReset, 'off'>): ResetPlan => {
  const { device, resettable, methods, isOpen, neighbour } = scene;
  if (isOpen) return { wait: 'some process still has it open by VFIO', soon: true };
  if (!resettable) return { cannot: 'its kernel knows no way to reset it' };
  // Such a reset takes the virtual functions away under whoever has them.
  if (device.functionType === 'pf' && (device.numVfs ?? 0) > 0) return { wait: 'it has virtual functions', soon: false };
  // The kernel refuses to reset a bus with other functions on it (`pci_parent_bus_reset`), but looks at the bus alone.
  if (neighbour !== undefined && !isAlone(methods, device)) return { wait: `a VM has ${neighbour}, which a reset could reach`, soon: false };
  if (!hasHostDriver(device as DeviceObservation)) return { reset: true };
  // Most drivers do not expect that their device forgets everything. libvirt has reset what it gives back to one.
  if (mode === 'try') return { cannot: `its host's driver ${device.driver} has it already` };
  const use = device.hostUse.find(({ code }) => code !== NOT_RESET);
  return use ? { wait: `its host uses it (${use.code})`, soon: false } : { reset: true, unbind: device.driver as string };
};

/** Every virtual function can be reset by itself (PCIe 6.0, 9.2.2.3: function level reset is required of them). */
const isAlone = (methods: readonly string[] | undefined, { functionType }: ResetScene['device']): boolean =>
  methods ? methods.every((method) => OF_ONE_FUNCTION.has(method)) : functionType === 'vf';

/** The agent may not write there, as in a container with a `/sys` that cannot be written to; or the file has gone. */
const NOT_FOR_THE_AGENT: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT']);

/**
 * Whether a refused write says that the device cannot be reset, rather than that a reset failed. ENOTTY is both: no method applies, as
 * with a bus of several functions, or the device did not come back from one (`pci_dev_wait`), which only such a method finds out that is its own.
 */
export const isImpossible = (errno: string | undefined, methods: readonly string[] | undefined): boolean =>
  errno === 'ENOTTY' ? methods?.some((method) => OF_ONE_FUNCTION.has(method)) !== true : errno !== undefined && NOT_FOR_THE_AGENT.has(errno);

/** Code of host use: a VM has left the device, and it has not been reset. */
export const NOT_RESET = 'not-reset';

/** Devices, by id, with why they are not to be given away; on any other that mark is taken off. */
export const markNotReset = <Seen extends { readonly observation: DeviceObservation }>(
  devices: readonly Seen[],
  details: ReadonlyMap<string, string>,
): readonly Seen[] =>
  devices.map((seen) => {
    const { deviceId, hostUse } = seen.observation;
    const detail = details.get(deviceId);
    const before = hostUse.find(({ code }) => code === NOT_RESET);
    if (before?.detail === detail) return seen;
    const others = hostUse.filter((use) => use !== before);
    const uses: readonly HostUse[] = detail === undefined ? others : [...others, { code: NOT_RESET, detail }];
    return { ...seen, observation: { ...seen.observation, hostUse: uses } };
  });

/** Before the next try of a reset that failed, in seconds: twice as long each time, an hour at most. */
export const pauseAfter = (failures: number): number => Math.min(30 * 2 ** (failures - 1), 3_600);
