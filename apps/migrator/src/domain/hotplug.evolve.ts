import { unhandled } from '@vfleet/decider';
import type { EventData } from '@vfleet/contracts';
import { plugsOf, type Hotplug, type HotplugEvent, type HotplugOrder, type HotplugWish, type PluggedDevice } from './hotplug.js';
import { orderOf } from './order.js';
import { NOT_HELD, NO_ANSWER, OVERTAKEN, VM_ENDED } from './saga.js';

/** The operation after an event. Never rejects: what is in the log has happened. */
export const evolveHotplug = (hotplug: Hotplug, event: HotplugEvent): Hotplug => {
  switch (event.type) {
    case 'HotplugRequested': {
      const { migrationId, vmId, requestedAt } = event.data;
      return { ...hotplug, state: 'requested', migrationId, vmId, requestedAt, wish: wishOf(event.data) };
    }
    case 'HotplugRejected':
      return { ...hotplug, state: 'rejected', code: event.data.code, message: event.data.message };
    case 'HotplugStarted': {
      const { hostId, running, devices, deadlines, verb } = event.data;
      const state = verb === 'attach' ? 'plugging' : 'unplugging';
      return { ...hotplug, state, hostId, running, devices, deadlines: { ...hotplug.deadlines, ...deadlines } };
    }
    case 'HostdevPlugRequested':
      return order(hotplug, event.data, 'attach');
    case 'HostdevUnplugRequested':
      return order(hotplug, event.data, 'detach');
    case 'HostdevPlugged':
      return plugged(hotplug, event.data);
    case 'HostdevUnplugged': {
      const { commandId, deviceId, guestAddress } = event.data;
      const plugsBefore = plugsOf(hotplug, deviceId);
      return put(overtake(done(hotplug, commandId), deviceId), deviceId, {
        where: 'unplugged',
        plugsBefore,
        ...(guestAddress !== undefined && { guestAddress }),
      });
    }
    case 'HostdevCommandFailed':
      return failed(hotplug, event.data);
    case 'HotplugUndoing':
      return { ...hotplug, state: 'undoing', code: event.data.code, message: event.data.message };
    case 'HotplugVmEnded':
      return { ...hotplug, vmEnded: true, devices: hotplug.devices.map((device) => ({ ...device, where: 'unplugged' })), commands: givenUp(hotplug) };
    case 'HotplugCompleted':
      return { ...hotplug, state: 'completed' };
    case 'HotplugFailed':
      return { ...hotplug, state: 'failed', code: event.data.code, message: event.data.message };
    default:
      return unhandled(event);
  }
};

const wishOf = ({ verb, devices = [], requestName, deviceId }: EventData<'HotplugRequested'>): HotplugWish =>
  verb === 'attach' ? { verb, devices } : { verb, ...(requestName !== undefined && { requestName }), ...(deviceId !== undefined && { deviceId }) };

type Requested = EventData<'HostdevPlugRequested' | 'HostdevUnplugRequested'>;

const order = (hotplug: Hotplug, data: Requested, verb: HotplugOrder['verb']): Hotplug => ({
  ...hotplug,
  commands: new Map(hotplug.commands).set(data.commandId, { ...orderOf(data, verb), state: 'requested' }),
});

const done = (hotplug: Hotplug, commandId: string): Hotplug => {
  const order = hotplug.commands.get(commandId);
  return order ? { ...hotplug, commands: new Map(hotplug.commands).set(commandId, { ...order, state: 'done' }) } : hotplug;
};

/** A plugging that nobody has answered may have been done before its device was let go of. */
const overtake = (hotplug: Hotplug, deviceId: string): Hotplug => {
  const isOvertaken = (order: HotplugOrder): boolean => order.verb === 'attach' && order.deviceId === deviceId && order.code === NO_ANSWER;
  const commands = [...hotplug.commands].map(([id, one]) => [id, isOvertaken(one) ? { ...one, state: 'overtaken' as const } : one] as const);
  return { ...hotplug, commands: new Map(commands) };
};

/** Whether what is told late of an overtaken order was before or after the letting go nobody knows. */
const plugged = (hotplug: Hotplug, { commandId, deviceId }: EventData<'HostdevPlugged'>): Hotplug => {
  const told = done(hotplug, commandId);
  const isUnsure = hotplug.commands.get(commandId)?.state === 'overtaken';
  const devices = told.devices.map((device): PluggedDevice => {
    if (device.deviceId !== deviceId) return device;
    return { ...device, where: isUnsure && device.where !== 'attached' ? 'unknown' : 'attached' };
  });
  return { ...told, devices };
};

const put = (hotplug: Hotplug, deviceId: string, to: Partial<PluggedDevice>): Hotplug => ({
  ...hotplug,
  devices: hotplug.devices.map((device) => (device.deviceId === deviceId ? { ...device, ...to } : device)),
});

/** What was not plugged in time may be plugged all the same, and what nobody has answered may have been done. */
const failed = (hotplug: Hotplug, { commandId, deviceId, address, hostId, code, message }: EventData<'HostdevCommandFailed'>): Hotplug => {
  const order = hotplug.commands.get(commandId);
  if (!order) return hotplug;
  const commands = new Map(hotplug.commands).set(commandId, { ...order, state: code === OVERTAKEN ? 'overtaken' : 'failed', code });
  const plugs = order.verb === 'attach';
  const why = {
    code: code === NO_ANSWER ? 'TIMEOUT' : code,
    message: `${address} cannot be ${plugs ? 'plugged in' : 'unplugged'} on ${hostId}: ${message}`,
  };
  const after = { ...hotplug, ...(hotplug.code === undefined && why), commands };
  const devices = hotplug.devices.map((device) => (device.deviceId === deviceId ? { ...device, where: whereAfter(device, plugs, code) } : device));
  return { ...after, devices };
};

/** An agent that says that it cannot plug a device has looked: it is off. */
const whereAfter = ({ where }: PluggedDevice, plugs: boolean, code: string): PluggedDevice['where'] => {
  if (code === NO_ANSWER || (plugs && code === 'TIMEOUT')) return where === (plugs ? 'attached' : 'unplugged') ? where : 'unknown';
  return plugs && where === 'unknown' && code !== NOT_HELD ? 'unplugged' : where;
};

/** Nothing that was ordered matters any more, and nobody has refused it. */
const givenUp = ({ commands }: Hotplug): Hotplug['commands'] =>
  new Map(
    [...commands].map(([commandId, order]) => [commandId, order.state === 'requested' ? { ...order, state: 'failed', code: VM_ENDED } : order]),
  );
