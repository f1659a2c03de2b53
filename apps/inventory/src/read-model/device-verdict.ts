import type { DeviceState } from '@vfleet/contracts';
import { ineligibility, type Circumstances, type Ineligible } from '@vfleet/pci';
import type { DeviceRow } from './device.js';

/** What a filter may ask for that is not in the observation, because it follows from the device's kind or its neighbours. */
export interface Traits {
  readonly deviceType: string;
  readonly pf?: string;
  readonly physicalNetwork?: string;
  readonly linkType?: string;
  readonly speedMbps?: number;
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
export const judge = (row: DeviceRow, host: Circumstances, traits: Traits = traitsOf(row, host)): Verdict => {
  const ineligible = row.presence === 'removed' ? REMOVED : ineligibility(row.observation, host);
  const eligible = ineligible.length === 0;
  return { traits, state: stateOf(row, eligible), eligible, ineligible };
};

const stateOf = ({ presence, holder }: DeviceRow, eligible: boolean): DeviceState => {
  if (presence !== 'present') return presence;
  if (holder) return holder.releasing ? 'releasing' : 'held';
  return eligible ? 'available' : 'ineligible';
};

const traitsOf = ({ observation }: DeviceRow, { topology }: Circumstances): Traits => {
  const { deviceType, pf, physicalNetwork, linkType, speedMbps } = topology.attributesOf(observation) as Partial<Traits>;
  return {
    deviceType: deviceType ?? 'PCI',
    ...(pf !== undefined && { pf }),
    ...(physicalNetwork !== undefined && { physicalNetwork }),
    ...(linkType !== undefined && { linkType }),
    ...(speedMbps !== undefined && { speedMbps }),
  };
};

export const sameVerdict = (a: Verdict, b: Verdict): boolean =>
  a.state === b.state &&
  a.eligible === b.eligible &&
  a.ineligible.length === b.ineligible.length &&
  a.ineligible.every(({ code, message }, index) => code === b.ineligible[index]?.code && message === b.ineligible[index]?.message) &&
  (a.traits === b.traits || TRAITS.every((trait) => a.traits[trait] === b.traits[trait]));

const TRAITS = ['deviceType', 'pf', 'physicalNetwork', 'linkType', 'speedMbps'] as const;
