import { VM_ENDED, hasEnded, lastPlugOf, type Saga, type SagaCommand } from './saga.js';

/** Whether a device that is told to be plugged serves nobody: the VM has left, or has ended, or another device was asked for in its place. */
export const isStray = (saga: Saga, command: SagaCommand): boolean => {
  const { code, past, devices } = saga;
  if (code === VM_ENDED) return true;
  if (command.side === 'source') return past;
  const serves = devices.find(({ move }) => move.target?.deviceId === command.deviceId);
  return serves === undefined || ((serves.where === 'unplugged' || serves.where === 'lost') && isBeingReplaced(saga, command));
};

/** Its failure was told, and what is held in its place may have changed since, which is not known here. */
const isBeingReplaced = (saga: Saga, { commandId, deviceId, state }: SagaCommand): boolean =>
  state === 'failed' && lastPlugOf(saga, deviceId)?.commandId === commandId;

/** How often a device that serves nobody is unplugged in vain before it is left to whoever holds its VM: its host attests it. */
export const MAX_STRAY_UNPLUGS = 5;

/**
 * Plugged devices that serve nobody and still have to be unplugged. One that was plugged behind the VM may be there also where
 * nobody has answered. After the end others may have plugged it anew: it is not tried again then.
 */
export const straysToUnplug = (saga: Saga): readonly SagaCommand[] => {
  const newest = new Map([...saga.commands.values()].map((one) => [`${one.side} ${one.deviceId}`, one]));
  return [...newest.values()].filter((one) => {
    if (one.verb === 'attach') return isLeftPlugged(saga, one);
    return (one.state === 'failed' || one.state === 'silent') && !hasEnded(saga) && !isWanted(saga, one) && isTriedAgain(saga, one);
  });
};

const isLeftPlugged = (saga: Saga, { state, side }: SagaCommand): boolean =>
  state === 'stray' || ((state === 'silent' || state === 'overtaken') && side === 'source' && saga.past && saga.code !== VM_ENDED && !hasEnded(saga));

/** It is held for the VM again since it was given up: an order to plug it says that it is there. */
const isWanted = ({ past, code, devices }: Saga, { side, deviceId }: SagaCommand): boolean =>
  past && code !== VM_ENDED && side === 'target' && devices.some(({ move, where }) => where === 'unplugged' && move.target?.deviceId === deviceId);

const isTriedAgain = (saga: Saga, { deviceId, side }: SagaCommand): boolean => {
  const orders = [...saga.commands.values()].filter((one) => one.deviceId === deviceId && one.side === side);
  const plugged = orders.findLastIndex(({ verb }) => verb === 'attach');
  const attach = orders[plugged];
  return attach !== undefined && isLeftPlugged(saga, attach) && orders.length - 1 - plugged < MAX_STRAY_UNPLUGS;
};
