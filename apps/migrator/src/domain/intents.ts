import { VM_ENDED, hasEnded, isGivenUp, isOff, pendingCommands, type Saga, type SagaCommand } from './saga.js';

/** Something that a saga waits for and that somebody has to be asked for. May be asked any number of times. */
export type Intent =
  | { readonly type: 'Plan' }
  | { readonly type: 'Send'; readonly command: SagaCommand }
  | { readonly type: 'AskPlatform' }
  | {
      readonly type: 'Replace';
      readonly requestName: string;
      readonly sourceDeviceId: string;
      readonly deviceId: string;
      readonly tried: readonly string[];
    }
  | { readonly type: 'Settle'; readonly at: 'source' | 'target' };

/** What a saga needs from outside now. Derived from its events alone, so that a restart asks for the same. */
export const intentsOf = (saga: Saga): readonly Intent[] => {
  const orders = pendingCommands(saga)
    .filter((command) => isStillMeant(saga, command))
    .map((command): Intent => ({ type: 'Send', command }));
  if (hasEnded(saga)) return orders;
  return [...orders, ...ownIntents(saga)];
};

/**
 * Nothing more is taken off at the source once the VM is to stay there, nothing is plugged where the VM is not. An order that
 * is not meant any more may have been taken: its answer is waited for all the same. A VM that has ended may run again, and
 * hold what was to be taken off: that is asked beforehand, which can be done only once nothing is held for the move.
 */
const isStillMeant = (saga: Saga, { verb, side }: SagaCommand): boolean => {
  const { state, past, code } = saga;
  if (code === VM_ENDED) return verb === 'detach' && hasEnded(saga);
  if (verb === 'attach') return past === (side === 'target');
  return side === 'target' || past || state === 'unplugging';
};

const ownIntents = (saga: Saga): readonly Intent[] => {
  switch (saga.state) {
    case 'requested':
      return [{ type: 'Plan' }];
    case 'reserved':
      return [{ type: 'Settle', at: 'target' }];
    case 'moving':
      return [{ type: 'AskPlatform' }];
    case 'moved':
      return isArrived(saga) ? [{ type: 'Settle', at: 'target' }] : [];
    case 'plugging':
      return isArrived(saga) ? [{ type: 'Settle', at: 'target' }] : replacements(saga);
    case 'releasing':
      return [{ type: 'Settle', at: 'target' }];
    case 'rollingBack':
      return isBack(saga) ? [{ type: 'Settle', at: 'source' }] : [];
    default:
      return [];
  }
};

/** Every device that was to be plugged on the target is, and no order is open. */
const isArrived = (saga: Saga): boolean =>
  pendingCommands(saga).length === 0 && saga.devices.every(({ move, where }) => where !== 'lost' && (where !== 'unplugged' || move.target === null));

/**
 * Every device is known to be at the source again and no order is open, or the VM is gone. What a guest lets go of later is
 * found out when that is told, be it after the end.
 */
export const isBack = (saga: Saga): boolean => saga.code === VM_ENDED || (!saga.devices.some(isOff) && pendingCommands(saga).length === 0);

const replacements = (saga: Saga): readonly Intent[] =>
  saga.devices.flatMap(({ move, where, tried, fresh, unsure }): readonly Intent[] => {
    if (where !== 'unplugged' || !move.target || fresh) return [];
    const { deviceId } = move.target;
    if (!isGivenUp(saga, deviceId)) return [];
    return [
      {
        type: 'Replace',
        requestName: move.requestName,
        sourceDeviceId: move.source.deviceId,
        deviceId,
        tried: unsure ? tried : [...tried, deviceId],
      },
    ];
  });
