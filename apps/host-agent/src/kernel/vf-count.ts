import { ApiError, conflict, invalidRequest, notFound, type SetVfs, type VfsSet } from '@vfleet/contracts';
import { parsePciAddress, type DeviceObservation } from '@vfleet/pci';
import type { Logger } from 'pino';
import { planVfs, type Users, type VfPlan } from '../domain/vf-plan.js';
import { KernelRefused, type SysfsWriter } from './sysfs-writer.js';
import { lookForOpen } from './vfio-users.js';

export interface VfCountParts {
  readonly hostId: string;
  readonly sysfsRoot: string;
  readonly procRoot: string;
  readonly writer: SysfsWriter;
  /** As they were seen last. */
  readonly devices: () => readonly DeviceObservation[];
  /** Looks again; what changed is told. */
  readonly rescan: () => Promise<unknown>;
  readonly attached: () => Promise<ReadonlySet<string> | undefined>;
  /** Which of a PF and its virtual functions VMs hold; undefined where nobody says. */
  readonly held: (pf: DeviceObservation) => Promise<ReadonlySet<string> | undefined>;
  readonly isUnderWay: (deviceId: string) => boolean;
  readonly log: Logger;
}

/** How many a PF is to have, as the configuration says. */
export interface WantedVfs {
  readonly address: string;
  readonly numVfs: number;
}

/** Gives PFs their numbers of virtual functions, one PF at a time. */
export interface VfCount {
  /** As somebody asks; stands over the configuration until that changes. @throws ApiError */
  set(request: SetVfs): Promise<VfsSet>;
  /** As the configuration says. What cannot be done is told in the log, once, and tried again the next time. */
  want(wanted: readonly WantedVfs[]): Promise<void>;
  /** The configuration has changed: what was asked for before does not count any more. */
  forgetAsked(): void;
}

export const vfCount = (parts: VfCountParts): VfCount => {
  const { hostId, writer, devices, rescan, log } = parts;
  const asked = new Set<string>();
  let complaints: ReadonlySet<string> = new Set();
  let running: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = running.catch(() => {}).then(task);
    running = turn;
    return turn;
  };

  const usersOf = async (pf: DeviceObservation): Promise<Users> => {
    const [attached, held] = await Promise.all([parts.attached(), parts.held(pf)]);
    return { attached, held, isUnderWay: parts.isUnderWay, isOpen: lookForOpen(parts.sysfsRoot, parts.procRoot) };
  };
  const write = async ({ address }: DeviceObservation, numbers: readonly number[]): Promise<void> => {
    for (const number of numbers) await writer.write(`bus/pci/devices/${address}/sriov_numvfs`, String(number));
    if (numbers.length === 0) return;
    log.info({ hostId, address, numVfs: numbers.at(-1) }, 'number of virtual functions set');
    await rescan();
  };
  const vfsOf = (pf: DeviceObservation): readonly DeviceObservation[] =>
    devices().filter(({ functionType, parentDeviceId }) => functionType === 'vf' && parentDeviceId === pf.deviceId);

  const set = async ({ address: text, numVfs }: SetVfs): Promise<VfsSet> => {
    const address = parsePciAddress(text);
    if (!address) throw invalidRequest([{ field: 'address', message: 'must be a PCI address as 0000:28:00.0' }]);
    await rescan();
    const pf = devices().find((device) => device.address === address);
    if (!pf) throw notFound('DEVICE', address);
    const plan = planVfs(pf, vfsOf(pf), numVfs, await usersOf(pf));
    if ('refused' in plan) throw refusal(plan);
    await write(pf, plan.write).catch(sayRefused);
    asked.add(pf.deviceId);
    return { deviceId: pf.deviceId, address, numVfs, totalVfs: pf.totalVfs ?? 0 };
  };

  /** Taking away on the configuration's word alone needs somebody who says that nobody holds one. */
  const wantOne = async (pf: DeviceObservation, numVfs: number): Promise<string | undefined> => {
    if (asked.has(pf.deviceId) || (pf.functionType === 'pf' && pf.numVfs === numVfs)) return undefined;
    const users = await usersOf(pf);
    if (!users.held && (pf.numVfs ?? 0) > 0) return `${pf.address}: nobody says whether its virtual functions are held`;
    const plan = planVfs(pf, vfsOf(pf), numVfs, users);
    if ('refused' in plan) return plan.message;
    try {
      await write(pf, plan.write);
      return undefined;
    } catch (error) {
      if (error instanceof KernelRefused) return error.message;
      throw error;
    }
  };

  const want = async (wanted: readonly WantedVfs[]): Promise<void> => {
    const now = new Set<string>();
    for (const { address, numVfs } of wanted) {
      const pf = devices().find((device) => device.address === address);
      const complaint = pf && (await wantOne(pf, numVfs));
      if (complaint === undefined) continue;
      now.add(complaint);
      if (!complaints.has(complaint)) log.warn({ hostId, address, numVfs, err: complaint }, 'number of virtual functions not set');
    }
    complaints = now;
  };

  return { set: (request) => inTurn(() => set(request)), want: (wanted) => inTurn(() => want(wanted)), forgetAsked: () => asked.clear() };
};

const refusal = ({ refused, message }: Extract<VfPlan, { readonly refused: string }>): ApiError => {
  if (refused === 'NO_PF') return invalidRequest([{ field: 'address', message }]);
  if (refused === 'TOO_MANY') return invalidRequest([{ field: 'numVfs', message }]);
  return conflict(refused, message);
};

const sayRefused = (error: unknown): never => {
  throw error instanceof KernelRefused ? new ApiError(422, 'DRIVER_ERROR', error.message) : error;
};
