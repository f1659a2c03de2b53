import type { DeviceState } from '@vfleet/contracts';
import { ineligibility, traitsOf, type Circumstances, type DeviceObservation, type Ineligible, type Traits as Derived } from '@vfleet/pci';
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
  readonly ineligible: readonly Ineligible[];
}

const REMOVED: readonly Ineligible[] = [{ code: 'REMOVED', message: 'is no longer in its host' }];

/** `traits` are given where no observation of the host has changed since they were made. */
export const judge = (row: DeviceRow, host: Circumstances, traits: Traits = traitsOn(host, row.observation)): Verdict => {
  const ineligible = row.presence === 'removed' ? REMOVED : ineligibility(row.observation, host);
  const eligible = ineligible.length === 0;
  return { traits, state: stateOf(row, eligible), eligible, ineligible };
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
