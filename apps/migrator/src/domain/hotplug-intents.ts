import { givenBack, hasHotplugEnded, pendingOrders, type Hotplug, type HotplugOrder, type HotplugWish } from './hotplug.js';

/** Something that an operation waits for and that somebody has to be asked for. May be asked any number of times. */
export type HotplugIntent =
  | { readonly type: 'Prepare'; readonly wish: HotplugWish }
  | { readonly type: 'Plug'; readonly command: HotplugOrder; /** Only if that is still right: the operation has ended. */ readonly late: boolean }
  | { readonly type: 'GiveBack'; readonly what: readonly Given[] };

/** As it is said to the allocator. */
export type Given = { readonly requestName: string } | { readonly deviceId: string };

/** What an operation needs from outside now. Derived from its events alone, so that a restart asks for the same. */
export const hotplugIntentsOf = (hotplug: Hotplug): readonly HotplugIntent[] => {
  const late = hasHotplugEnded(hotplug);
  const orders = pendingOrders(hotplug);
  if (orders.length > 0) return orders.map((command) => ({ type: 'Plug', command, late }));
  switch (hotplug.state) {
    case 'requested':
      return [{ type: 'Prepare', wish: hotplug.wish }];
    case 'unplugging':
      return [{ type: 'GiveBack', what: [wishedAway(hotplug.wish)] }];
    case 'undoing':
      return [{ type: 'GiveBack', what: givenBack(hotplug).map(({ deviceId }) => ({ deviceId })) }];
    default:
      return [];
  }
};

const wishedAway = (wish: HotplugWish): Given =>
  wish.verb === 'detach' && wish.requestName !== undefined
    ? { requestName: wish.requestName }
    : { deviceId: (wish.verb === 'detach' && wish.deviceId) || '' };
