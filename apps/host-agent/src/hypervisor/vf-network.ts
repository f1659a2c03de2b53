import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DeviceOrder } from './driver.js';

const run = promisify(execFile);
const LIMIT_MS = 5_000;

/** Gives a virtual function its MAC and VLAN. @throws Error with what was wrong */
export type SetVfNetwork = (order: Pick<DeviceOrder, 'vf' | 'mac' | 'vlan'>) => Promise<void>;

/**
 * Through the PF, with `ip link set … vf`: the guest's own driver could not be trusted with it. Does nothing for a device
 * that is no virtual function, or whose PF has no interface: such a device keeps what it has.
 */
export const ipLinkSetVf =
  (ip: string): SetVfNetwork =>
  async ({ vf, mac, vlan }) => {
    if (!vf || (mac === undefined && vlan === undefined)) return;
    const told = [...(mac === undefined ? [] : ['mac', mac]), ...(vlan === undefined ? [] : ['vlan', String(vlan)])];
    await run(ip, ['link', 'set', 'dev', vf.pf, 'vf', String(vf.index), ...told], { timeout: LIMIT_MS });
  };
