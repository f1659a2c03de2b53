import type { Alternative, Wish } from './ask.js';
import { isInUse, unavailability, type Lifting } from './availability.js';
import { askedOnce, type Bits } from './bits.js';
import type { NumaPolicy } from './device-request.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances, Keeping } from './eligibility.js';
import type { Attributes } from './match.js';
import { attributeValue, isChoosy, misfit } from './misfit.js';
import { numaLevels } from './numa.js';
import { remembered } from './remembered.js';
import type { ReasonCode, Verdict } from './ways.js';

/** What keeps devices of a host from a VM that asks for them by some alternative. Sets are of places in the order of addresses. */
export interface Judge {
  readonly verdictOf: (device: DeviceObservation) => Verdict;
  /** Of some devices, those that the VM can be given. */
  readonly free: (among: Bits) => Bits;
  /** Of some devices, those that are meant by "all": they could be given, if it were not for others or for what is asked. */
  readonly meant: (among: Bits) => Bits;
}

type No = Verdict['no'];

/** Ways of asking that lift the same rules share what keeps devices from the VM; so do those that want the same nearness or the same attributes. */
export const judging = (
  host: Circumstances,
  wish: Wish,
  kept: Keeping,
  attributesOf: (device: DeviceObservation) => Attributes,
): ((alternative: Alternative) => Judge) => {
  const { topology, sockets } = host;
  const size = topology.devices.size;
  const placesOf = (holds: (device: DeviceObservation) => boolean): ((among: Bits) => Bits) =>
    askedOnce(size, (place) => holds(topology.inOrder()[place] as DeviceObservation));
  const rulings = new Map<string, Judge>();
  const ruling = ({ forPf, byAddress, forRemote }: Lifting): Judge => {
    const key = `${forPf} ${byAddress} ${forRemote}`;
    const known = rulings.get(key) ?? rulingOf(host, wish, kept, { forPf, byAddress, forRemote }, placesOf);
    rulings.set(key, known);
    return known;
  };
  const near = remembered((policy: NumaPolicy) => placesOf(numaLevels(policy, wish.numaNodes, sockets).at(-1) ?? (() => true)));
  const having = remembered((name: string) => placesOf((device) => attributeValue(attributesOf(device), name) !== undefined));
  return (alternative) => {
    const { numaPolicy, together, apart, count } = alternative;
    const { verdictOf, free, meant } = ruling(alternative);
    if (!isChoosy(alternative, wish)) return { verdictOf, free, meant };
    const misfits = misfit(alternative, wish, host);
    return {
      verdictOf: (device) => {
        const unfit = misfits(device, () => attributesOf(device));
        const verdict = verdictOf(device);
        // One that is too far away is none of "all", whatever else is the matter with it.
        const tooFar = count === 'all' && unfit?.code === 'NUMA_MISMATCH';
        return !unfit || (verdict.no && !tooFar) ? verdict : { device, no: unfit };
      },
      free: (among) => [...together, ...apart].reduce((left, name) => having(name)(left), near(numaPolicy)(free(among))),
      meant: (among) => near(numaPolicy)(meant(among)),
    };
  };
};

const rulingOf = (
  host: Circumstances,
  { vmId, tenant, objection }: Wish,
  kept: Keeping,
  lifting: Lifting,
  placesOf: (holds: (device: DeviceObservation) => boolean) => (among: Bits) => Bits,
): Judge => {
  const asking = { vmId, ...lifting, ...(tenant !== undefined && { tenant }) };
  const objected = (device: DeviceObservation): No => {
    const message = objection?.(device);
    return message === undefined ? undefined : { code: 'QUOTA_EXCEEDED', message };
  };
  const verdictOf = remembered((device: DeviceObservation) => ({ device, no: unavailability(device, host, asking, kept) ?? objected(device) }));
  return {
    verdictOf,
    free: placesOf((device) => !verdictOf(device).no),
    meant: placesOf((device) => countsAmongAll(verdictOf(device).no?.code)),
  };
};

/** Whether a device is one of "all" in spite of what keeps it from the VM: it could be given, if it were not for others. */
const countsAmongAll = (code: ReasonCode | undefined): boolean => code === undefined || isInUse(code) || code === 'QUOTA_EXCEEDED';
