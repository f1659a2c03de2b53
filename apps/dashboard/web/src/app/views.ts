import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

/** A view that the navigation leads to, or that others lead to (`hidden`). Loaded when it is first opened. */
export interface View {
  readonly path: string;
  readonly label: string;
  /** The key after `g`. */
  readonly key?: string;
  readonly hidden?: boolean;
  readonly view: LazyExoticComponent<ComponentType>;
}

const load = (view: () => Promise<ComponentType>): LazyExoticComponent<ComponentType> => lazy(async () => ({ default: await view() }));

/** In the order of the navigation. */
export const VIEWS: readonly View[] = [
  { path: '/fleet', label: 'Fleet', key: 'f', view: load(async () => (await import('../views/fleet/fleet.js')).Fleet) },
  { path: '/devices', label: 'Devices', key: 'd', view: load(async () => (await import('../views/devices/devices.js')).Devices) },
  { path: '/migrations', label: 'Migrations', key: 'm', view: load(async () => (await import('../views/migrations/migrations.js')).Migrations) },
  { path: '/why-not', label: 'Why not?', key: 'w', view: load(async () => (await import('../views/why-not/why-not.js')).WhyNot) },
  { path: '/drain', label: 'Drain', key: 'r', view: load(async () => (await import('../views/drain/drain.js')).Drain) },
  { path: '/capacity', label: 'Capacity', key: 'c', view: load(async () => (await import('../views/capacity/capacity.js')).Capacity) },
  { path: '/networks', label: 'Networks', key: 'n', view: load(async () => (await import('../views/networks/networks.js')).Networks) },
  { path: '/events', label: 'Events', key: 'e', view: load(async () => (await import('../views/events/events.js')).Events) },
  {
    path: '/dead-letters',
    label: 'Dead letters',
    key: 'l',
    view: load(async () => (await import('../views/dead-letters/dead-letters.js')).DeadLetters),
  },
  { path: '/devices/:deviceId', label: 'Device', hidden: true, view: load(async () => (await import('../views/device/device.js')).DeviceView) },
  { path: '/hosts/:hostId', label: 'Host', hidden: true, view: load(async () => (await import('../views/host/host.js')).HostView) },
  { path: '/vms/:vmId', label: 'VM', hidden: true, view: load(async () => (await import('../views/vm/vm.js')).VmView) },
  {
    path: '/migrations/:migrationId',
    label: 'Migration',
    hidden: true,
    view: load(async () => (await import('../views/migration/migration.js')).MigrationView),
  },
  { path: '/search', label: 'Search', hidden: true, view: load(async () => (await import('../views/search/search.js')).Search) },
];

/** Where the page opens. */
export const FIRST_VIEW = VIEWS[0]?.path ?? '/';
