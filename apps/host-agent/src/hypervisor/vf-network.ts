import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isMapping } from '../configuration/simulated-fault.js';
import type { DeviceOrder } from './driver.js';

const run = promisify(execFile);
const LIMIT_MS = 5_000;
/** A PF with 256 virtual functions fills about a tenth of it. */
const MOST_BYTES = 1024 * 1024;

/** Gives a virtual function its MAC and VLAN. @throws Error with what was wrong */
export type SetVfNetwork = (order: Pick<DeviceOrder, 'vf' | 'mac' | 'vlan'>) => Promise<void>;

interface VfNetwork {
  readonly mac?: string;
  /** 0 is none. */
  readonly vlan?: number;
}

/**
 * Through the PF, with `ip link set … vf`: the guest's own driver could not be trusted with it. Says only what is not so already.
 * Does nothing for a device that is no virtual function, or whose PF has no interface: such a device keeps what it has.
 */
export const ipLinkSetVf =
  (ip: string): SetVfNetwork =>
  async ({ vf, mac, vlan }) => {
    if (!vf || (mac === undefined && vlan === undefined)) return;
    const now = await look(ip, vf);
    const told = [
      ...(mac === undefined || mac.toLowerCase() === now.mac ? [] : ['mac', mac]),
      ...(vlan === undefined || vlan === now.vlan ? [] : ['vlan', String(vlan)]),
    ];
    if (told.length > 0) await run(ip, ['link', 'set', 'dev', vf.pf, 'vf', String(vf.index), ...told], { timeout: LIMIT_MS });
  };

/** Nothing where the program cannot tell, as one without JSON: then all is said. */
const look = async (ip: string, vf: { readonly pf: string; readonly index: number }): Promise<VfNetwork> => {
  try {
    const { stdout } = await run(ip, ['-j', 'link', 'show', 'dev', vf.pf], { timeout: LIMIT_MS, maxBuffer: MOST_BYTES });
    return parseVfNetwork(JSON.parse(stdout), vf.index);
  } catch {
    return {};
  }
};

/**
 * iproute2 (ip/ipaddress.c, `print_vfinfo`): `[{"vfinfo_list":[{"vf":0,"address":"…","vlan_list":[{"vlan":7}]}]}]`; before 5.0 `mac`,
 * and `vlan` by itself with kernels before 4.9. A VF without a VLAN has neither.
 */
export const parseVfNetwork = (told: unknown, index: number): VfNetwork => {
  const [link] = Array.isArray(told) ? (told as readonly unknown[]) : [];
  const list = isMapping(link) && Array.isArray(link['vfinfo_list']) ? (link['vfinfo_list'] as readonly unknown[]) : [];
  const vf = list.find((one) => isMapping(one) && one['vf'] === index);
  if (!isMapping(vf)) return {};
  const mac = vf['address'] ?? vf['mac'];
  const [first, second] = Array.isArray(vf['vlan_list']) ? (vf['vlan_list'] as readonly unknown[]) : [vf];
  const vlan = isMapping(first) ? (first['vlan'] ?? 0) : 0;
  // Two stacked tags are none that a single one could be compared with.
  return { ...(typeof mac === 'string' && { mac: mac.toLowerCase() }), ...(typeof vlan === 'number' && second === undefined && { vlan }) };
};
