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

/** In the order of the navigation. */
export const VIEWS: readonly View[] = [
  { path: '/devices', label: 'Devices', key: 'd', view: lazy(async () => ({ default: (await import('../views/devices/devices.js')).Devices })) },
];

/** Where the page opens. */
export const FIRST_VIEW = VIEWS[0]?.path ?? '/';
