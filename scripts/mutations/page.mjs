/** What the dashboard's page must not get wrong unseen. */
const page = 'apps/dashboard/web/src';

export const PAGE = [
  {
    file: `${page}/api/changes.ts`,
    specs: [`${page}/api/changes.spec.ts`],
    rule: 'the page does not read the past again',
    mutant: 'it does, whenever something changes',
    find: "if (fields['at'] !== undefined || (typeof request === 'string' && /[?&]at=/.test(request))) return false;",
    replace: '',
  },
  {
    file: `${page}/api/changes.ts`,
    specs: [`${page}/api/changes.spec.ts`],
    rule: 'the page reads again what may have changed',
    mutant: 'not when there is too much to name',
    find: "if (changed === 'many') return true;",
    replace: "if (changed === 'many') return false;",
  },
  {
    file: `${page}/views/devices/device-filter.ts`,
    specs: [`${page}/views/devices/device-filter.spec.ts`],
    rule: 'the page leaves the values of tags whole',
    mutant: 'they are taken apart at commas',
    find: "key.startsWith(TAGS) || key === 'pf'",
    replace: "key === 'pf'",
  },
  {
    file: `${page}/views/host/device-forest.ts`,
    specs: [`${page}/views/host/device-forest.spec.ts`],
    rule: 'the tree of the page loses no device',
    mutant: 'it loses those that are below themselves',
    find: 'return [...grown, ...devices.flatMap((device) => (placed.has(device.deviceId) ? [] : [grow(device)]))];',
    replace: 'return grown;',
  },
  {
    file: `${page}/api/event-stream.ts`,
    specs: [`${page}/api/event-stream.spec.ts`],
    rule: 'the page hears events that come in pieces',
    mutant: 'the rest of a piece is lost',
    find: 'const lines = (rest + piece)',
    replace: 'const lines = piece',
  },
];
