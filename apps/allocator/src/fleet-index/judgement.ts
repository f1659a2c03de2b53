import {
  companionship,
  rememberedKeeping,
  unavailability,
  type Asking,
  type Circumstances,
  type DeviceObservation,
  type ReasonCode,
} from '@vfleet/pci';

/** What a VM that holds nothing may have of one host: a number per device, in the order of the host's devices. */
export interface Judgement {
  /** FREE, or which of the codes keeps the device from everybody. */
  readonly verdicts: Uint8Array;
  /** 1 where a device brings others of its IOMMU group along. */
  readonly company: Uint8Array;
  /** Which verdicts there are, a bit for each. */
  readonly present: number;
}

export const FREE = 0;

/** Whoever asks: one that is no VM, and holds nothing. */
const NOBODY = '';
const PLAINLY: Asking = { vmId: NOBODY, forPf: false, byAddress: false, forRemote: false };

/** Fewer than 31, so that a set of them fits a word. */
const codes: ReasonCode[] = [];

/** The code that a verdict other than FREE stands for. */
export const codeOf = (verdict: number): ReasonCode => codes[verdict - 1] as ReasonCode;

const verdictOf = (code: ReasonCode): number => {
  const known = codes.indexOf(code);
  return known >= 0 ? known + 1 : codes.push(code);
};

/** Judges every device of a host; `again` has those places judged anew of what was judged before. */
export const judge = (
  devices: readonly DeviceObservation[],
  host: Circumstances,
  again?: { readonly of: Judgement; readonly places: Iterable<number> },
  asking: Asking = PLAINLY,
): Judgement => {
  const kept = rememberedKeeping(host, NOBODY);
  const { movable, rivalsOf } = companionship(host, kept);
  const verdicts = again ? again.of.verdicts.slice() : new Uint8Array(devices.length);
  const company = again ? again.of.company.slice() : new Uint8Array(devices.length);
  for (const place of again?.places ?? devices.keys()) {
    const device = devices[place] as DeviceObservation;
    const no = unavailability(device, host, asking, kept);
    const brings = (member: DeviceObservation): boolean => member !== device && !rivalsOf(device).includes(member);
    verdicts[place] = no ? verdictOf(no.code) : FREE;
    company[place] = !no && movable(device).some(brings) ? 1 : 0;
  }
  return { verdicts, company, present: verdicts.reduce((bits, verdict) => bits | (1 << verdict), 0) };
};

/** Ways of asking that make a difference to what is free. */
export type Way = Omit<Asking, 'vmId'>;

/** Judges anew those devices for which a rule is lifted. */
export const lift = (of: Judgement, devices: readonly DeviceObservation[], lifting: Way, host: Circumstances): Judgement => {
  const lifted = liftedBy(lifting);
  const places = [...of.verdicts.keys()].filter((place) => (lifted & (1 << (of.verdicts[place] as number))) !== 0);
  return judge(devices, host, { of, places }, { vmId: NOBODY, ...lifting });
};

/** Whether a way of asking can make a difference to what was judged. */
export const isLifted = ({ present }: Judgement, lifting: Way): boolean => (present & liftedBy(lifting)) !== 0;

const VFS_ENABLED = 1 << verdictOf('VFS_ENABLED');
const NOT_LEAF = 1 << verdictOf('NOT_LEAF');
const RESERVED_FOR_TENANT = 1 << verdictOf('RESERVED_FOR_TENANT');
const REMOTE_MANAGED = 1 << verdictOf('REMOTE_MANAGED');

const liftedBy = ({ forPf, byAddress, forRemote, tenant }: Way): number =>
  (forPf ? VFS_ENABLED : 0) | (byAddress ? NOT_LEAF : 0) | (forRemote ? REMOTE_MANAGED : 0) | (tenant === undefined ? 0 : RESERVED_FOR_TENANT);

/** Places whose verdict may change when these devices change hands: they themselves, and what excludes or goes along with them. */
export const placesTouchedBy = (
  changed: Iterable<string>,
  devices: readonly DeviceObservation[],
  { topology }: Circumstances,
): ReadonlySet<number> => {
  const touched = new Set<DeviceObservation>();
  for (const deviceId of changed) {
    const device = topology.devices.get(deviceId);
    if (!device) continue;
    for (const one of [device, ...topology.rivalsOf(device)]) for (const member of [one, ...topology.groupOf(one)]) touched.add(member);
  }
  return new Set(devices.flatMap((device, place) => (touched.has(device) ? [place] : [])));
};
