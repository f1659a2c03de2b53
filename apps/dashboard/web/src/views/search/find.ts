import { ApiError } from '../../api/api-error.js';
import { ask } from '../../api/ask.js';
import { devicePath, hostPath, migrationPath, vmPath, type Parameters } from '../../app/address.js';
import { parameterOf } from '../devices/device-filter.js';

/** Something that is called as was searched for. */
export interface Hit {
  readonly path: string;
  readonly parameters?: Parameters;
  readonly title: string;
  readonly what: string;
}

/** As the contract has them: tokens, device ids, addresses of PCI, USB and SCSI devices. */
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
const DEVICE_ID = /^[0-9a-f]{20}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ADDRESS = /^([0-9a-f*?]{1,8}:)?[0-9a-f*?]{2}:[0-9a-f*?]{2}\.[0-9a-f*?]$|^\d+-\d+(\.\d+)*$|^\d+:\d+:\d+:\d+$/i;
const SHOWN = 20;

/** Nothing is called so, or nothing can be: that is no fault of a search. */
const orNothing = async (search: Promise<readonly Hit[]>): Promise<readonly Hit[]> =>
  search.catch((error: unknown) => {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return [];
    throw error;
  });

const host = async (hostId: string, signal: AbortSignal): Promise<readonly Hit[]> => {
  await ask('hosts.get', { hostId }, signal);
  return [{ path: hostPath(hostId), title: hostId, what: 'host' }];
};

const vm = async (vmId: string, signal: AbortSignal): Promise<readonly Hit[]> => {
  await ask('vms.get', { vmId }, signal);
  return [{ path: vmPath(vmId), title: vmId, what: 'VM' }];
};

const device = async (deviceId: string, signal: AbortSignal): Promise<readonly Hit[]> => {
  const { address, hostId } = await ask('devices.get', { deviceId }, signal);
  return [{ path: devicePath(deviceId), title: address, what: `device of ${hostId}` }];
};

const migration = async (migrationId: string, signal: AbortSignal): Promise<readonly Hit[]> => {
  const { vmId } = await ask('migrations.get', { migrationId }, signal);
  return [{ path: migrationPath(migrationId), title: migrationId, what: `migration of ${vmId}` }];
};

/** Devices by a key of the filter: one by one, or, where they are many, as a list. */
const devices = async (key: 'address' | 'name', value: string, signal: AbortSignal): Promise<readonly Hit[]> => {
  const { items } = await ask('devices.list', { filter: { [key]: value }, limit: SHOWN + 1 }, signal);
  if (items.length > SHOWN || (key === 'name' && items.length > 1))
    return [{ path: '/devices', parameters: { [parameterOf(key)]: value }, title: `devices with the ${key} ${value}`, what: 'list' }];
  return items.map(({ deviceId, address, hostId }) => ({ path: devicePath(deviceId), title: address, what: `device of ${hostId}` }));
};

/**
 * Everything that is called so: hosts and VMs by id, devices by id, name or address, migrations by id.
 * @throws ApiError when the services cannot be asked
 */
export const find = async (text: string, signal: AbortSignal): Promise<readonly Hit[]> => {
  const searches = [
    ...(TOKEN.test(text) ? [host(text, signal), vm(text, signal)] : []),
    ...(DEVICE_ID.test(text) ? [device(text, signal)] : []),
    ...(UUID.test(text) ? [migration(text, signal)] : []),
    ...(ADDRESS.test(text) ? [devices('address', text, signal)] : []),
    devices('name', text, signal),
  ];
  return (await Promise.all(searches.map(orNothing))).flat();
};
