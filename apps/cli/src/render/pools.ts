import type { Holding, HostTree, Pool, TreeNode } from '@vfleet/contracts';
import { DEVICES } from './devices.js';
import { listView, type Column, type Kind, type View } from './format.js';
import { paintState, type Paint } from './paint.js';
import { safeText, type Value } from './text.js';

/** A column for each key that pools were made by, then the counts. */
export const poolsBy = (keys: readonly string[]): Kind<Pool> => ({
  columns: [
    ...keys.map((name): Column<Pool> => ({ head: name.toUpperCase(), of: ({ key }) => valueOf(key[name]) })),
    { head: 'TOTAL', of: ({ total }) => total },
    { head: 'FREE', of: ({ free }) => free },
    { head: 'HELD', of: ({ held }) => held },
    { head: 'INELIGIBLE', of: ({ ineligible }) => ineligible },
    { head: 'MISSING', of: ({ missing }) => missing, tone: ({ missing }) => (missing > 0 ? 'bad' : undefined) },
  ],
  name: ({ key }) => keys.map((name) => `${name}=${String(valueOf(key[name]) ?? '')}`).join(' '),
});

const valueOf = (value: unknown): Value => (typeof value === 'object' ? null : (value as Value));

export const HOLDINGS: Kind<Holding> = {
  columns: [
    { head: 'VM', of: ({ vmId }) => vmId },
    { head: 'HOST', of: ({ hostId }) => hostId },
    { head: 'FROM', of: ({ from }) => from },
    { head: 'TO', of: ({ to }) => to ?? 'now', tone: ({ to }) => (to === null ? 'warn' : undefined) },
  ],
  name: ({ vmId }) => vmId,
};

/** A host's devices, each below what it hangs on; one list where a format knows no tree. */
export const treeView = (hostId: string, tree: HostTree): View => ({
  ...listView(DEVICES, everyDevice(tree.items), ''),
  value: tree,
  table: (paint) => drawTree(tree.items, paint) || `${hostId} has no devices.\n`,
});

const everyDevice = (items: readonly TreeNode[]): TreeNode['device'][] => items.flatMap(({ device, children }) => [device, ...everyDevice(children)]);

/** A line for each device, those below another one under it and further to the right. */
const drawTree = (items: readonly TreeNode[], paint: Paint, depth = 0): string =>
  items
    .map(({ device, children }) => {
      const what = [device.name, device.deviceType, device.productName ?? device.className].filter((one) => one !== undefined);
      const line = `${'  '.repeat(depth)}${safeText(device.address)}  ${safeText(what.join(', '))}  ${paintState(device.state, paint)}`;
      return `${line}\n${drawTree(children, paint, depth + 1)}`;
    })
    .join('');
