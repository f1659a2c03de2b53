import { To } from '../../parts/to.js';
import { parameterOf } from '../devices/device-filter.js';
import type { Variety } from './fleet-page.js';

/** Leads to all devices of a kind. */
export const VarietyLink = ({ filter, label }: Pick<Variety, 'filter' | 'label'>) => (
  <To path="/devices" parameters={Object.fromEntries(Object.entries(filter).map(([key, value]) => [parameterOf(key), value]))}>
    {label}
  </To>
);
