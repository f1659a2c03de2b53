import type { Holding, Pool, TreeNode } from '@vfleet/contracts';
import type { Column } from './format.js';
import { paintState, type Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

/** A column for each key that pools were made by, then the counts. */
export const poolColumns = (keys: readonly string[]): readonly Column<Pool>[] => [
  ...keys.map((name): Column<Pool> => ({ head: name.toUpperCase(), cell: ({ key }) => textOf(key[name]) })),
  { head: 'TOTAL', cell: ({ total }) => String(total) },
  { head: 'FREE', cell: ({ free }) => String(free) },
  { head: 'HELD', cell: ({ held }) => String(held) },
  { head: 'INELIGIBLE', cell: ({ ineligible }) => String(ineligible) },
  { head: 'MISSING', cell: ({ missing }, paint) => (missing > 0 ? paint.bad(String(missing)) : '0') },
];

const textOf = (value: unknown): string => (typeof value === 'object' ? orNothing(null) : orNothing(value as string | number | boolean | undefined));

export const HOLDING_COLUMNS: readonly Column<Holding>[] = [
  { head: 'VM', cell: ({ vmId }) => orNothing(vmId) },
  { head: 'HOST', cell: ({ hostId }) => orNothing(hostId) },
  { head: 'FROM', cell: ({ from }) => orNothing(from) },
  { head: 'TO', cell: ({ to }, paint) => (to === null ? paint.warn('now') : orNothing(to)) },
];

/** A line for each device, those below another one under it and further to the right. */
export const drawTree = (items: readonly TreeNode[], paint: Paint, depth = 0): string =>
  items
    .map(({ device, children }) => {
      const what = [device.name, device.deviceType, device.productName ?? device.className].filter((one) => one !== undefined);
      const line = `${'  '.repeat(depth)}${safeText(device.address)}  ${safeText(what.join(', '))}  ${paintState(device.state, paint)}`;
      return `${line}\n${drawTree(children, paint, depth + 1)}`;
    })
    .join('');
