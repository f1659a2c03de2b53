import type { DeviceState } from '@vfleet/contracts';
import {
  inUseWithOthers,
  ineligibility,
  traitsOf,
  type Circumstances,
  type DeviceObservation,
  type Traits as Derived,
  type Unavailable,
} from '@vfleet/pci';
import type { DeviceRow } from './device.js';

/** What follows for a device from its kind, its PF and its registered model. */
export interface Traits extends Omit<Derived, 'deviceType'> {
  /** Its model's, where it has one. */
  readonly deviceType: string;
  readonly model?: string;
}

/** What follows for a device from its host and its neighbours. Computed, never told by an event. */
export interface Verdict {
  readonly traits: Traits;
  readonly state: DeviceState;
  readonly eligible: boolean;
  readonly ineligible: readonly Reason[];
}

/** `code`: of a rule that makes a device ineligible, or of one that keeps it from everybody but a holder of what belongs with it. */
type Reason = Pick<Unavailable, 'code' | 'message'>;

const REMOVED: readonly Reason[] = [{ code: 'REMOVED', message: 'is no longer in its host' }];

/** `traits` are given where no observation of the host has changed since they were made. */
export const judge = (row: DeviceRow, host: Circumstances, traits: Traits = traitsOn(host, row.observation)): Verdict => {
  const ineligible = row.presence === 'removed' ? REMOVED : reasons(row, host);
  const eligible = ineligible.length === 0;
  return { traits, state: stateOf(row, eligible), eligible, ineligible };
};

/** A device that nobody holds, and nobody can have because of who holds what belongs with it, is not free either. */
const reasons = ({ observation, holder, presence }: DeviceRow, host: Circumstances): readonly Reason[] => {
  const own = ineligibility(observation, host);
  if (own.length > 0 || holder || presence !== 'present') return own;
  const taken = inUseWithOthers(observation, host);
  return taken ? [taken] : own;
};

const traitsOn = ({ topology, modelOf }: Circumstances, observation: DeviceObservation): Traits => {
  const traits = traitsOf(observation, topology.pfOf(observation));
  const model = modelOf(observation);
  return model ? { ...traits, model: model.model, deviceType: model.deviceType } : traits;
};

const stateOf = ({ presence, holder }: DeviceRow, eligible: boolean): DeviceState => {
  if (presence !== 'present') return presence;
  if (holder) return holder.releasing ? 'releasing' : 'held';
  return eligible ? 'available' : 'ineligible';
};

export const sameVerdict = (a: Verdict, b: Verdict): boolean =>
  a.state === b.state &&
  a.eligible === b.eligible &&
  a.ineligible.length === b.ineligible.length &&
  a.ineligible.every(({ code, message }, index) => code === b.ineligible[index]?.code && message === b.ineligible[index]?.message) &&
  (a.traits === b.traits || TRAITS.every((trait) => a.traits[trait] === b.traits[trait]));

const TRAITS = ['model', 'deviceType', 'pf', 'physicalNetwork', 'linkType', 'speedMbps'] as const;
