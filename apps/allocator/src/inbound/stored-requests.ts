import { compileWhere } from '@vfleet/cel';
import { checkRequests, type DeviceRequest, type Fault } from '@vfleet/pci';

/** Every fault in the request of an alias, by its path from `request`. What it names is looked up when it is used. */
export const aliasFaults = (request: unknown): readonly Fault[] =>
  checkRequests([request as DeviceRequest], compileWhere, 'request', 'alias').map(({ field, message }) => ({
    field: field.replace(/^request\[0\]/, 'request'),
    message,
  }));

/** Every fault in the requests of an offering, by its path from `devices`. An offering that asks for nothing is a slip. */
export const offeringFaults = (devices: unknown): readonly Fault[] =>
  Array.isArray(devices) && devices.length === 0
    ? [{ field: 'devices', message: 'asks for nothing' }]
    : checkRequests(devices as readonly DeviceRequest[], compileWhere, 'devices');
