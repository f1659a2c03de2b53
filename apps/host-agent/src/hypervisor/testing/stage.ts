import type { DeviceOrder, HypervisorDriver } from '../driver.js';

/** What a guest does when it is asked to let go of a device. */
export type GuestManners = 'willing' | 'refusing' | 'silent';

/** A driver, and the other side of it: what the specs of all drivers need to know and to do. */
export interface Stage {
  readonly driver: HypervisorDriver;
  /** The one VM that runs. */
  readonly vmId: string;
  /** How often the driver said that something changed by itself. */
  readonly changes: () => number;
  guestIs(manners: GuestManners): void;
  /** A silent guest lets go after all. */
  letGo(): void;
  /** Whether the VM really has the device. */
  has(address: string): boolean;
  /** Another VM, of which the agent knows nothing, has the device. */
  takenElsewhere(address: string): Promise<void>;
  close(): Promise<void>;
}

export const A_DEVICE = { deviceId: 'a'.repeat(20), address: '0000:01:10.2' };
export const ANOTHER_DEVICE = { deviceId: 'b'.repeat(20), address: '0000:01:10.4' };

export const addressOf = (deviceId: string): string | undefined => [A_DEVICE, ANOTHER_DEVICE].find((device) => device.deviceId === deviceId)?.address;

/** Long enough for a machine that is busy with other specs. */
export const ENOUGH_MS = 60_000;
/** Too short for a guest that does nothing. */
export const SHORT_MS = 300;

export const anOrder = (vmId: string, order: Partial<DeviceOrder> = {}): DeviceOrder => ({
  commandId: 'c1',
  vmId,
  ...A_DEVICE,
  deadlineMs: ENOUGH_MS,
  ...order,
});
