import { VM_ENDED, lastPlugOf, type Saga, type SagaCommand } from './saga.js';

/** Whether a device that is told to be plugged serves nobody: the VM has left, or has ended, or another device was asked for in its place. */
export const isStray = (saga: Saga, command: SagaCommand): boolean => {
  const { code, past, devices } = saga;
  if (code === VM_ENDED) return true;
  if (command.side === 'source') return past;
  const serves = devices.find(({ move }) => move.target?.deviceId === command.deviceId);
  return serves === undefined || (serves.where === 'unplugged' && isBeingReplaced(saga, command));
};

/** Its failure was told, and what is held in its place may have changed since, which is not known here. */
const isBeingReplaced = (saga: Saga, { commandId, deviceId, state }: SagaCommand): boolean =>
  state === 'failed' && lastPlugOf(saga, deviceId)?.commandId === commandId;
