import type { Policy } from '@vfleet/contracts';
import type { Column, RecordView } from './format.js';
import { NOTHING, orNothing, pairs, safeText } from './text.js';

const selectorText = ({ selector }: Policy): string =>
  selector
    ? safeText(
        Object.entries(selector)
          .map(([key, value]) => `${key}=${[value].flat().map(String).join(',')}`)
          .join(' '),
      )
    : 'every device';

export const POLICY_COLUMNS: readonly Column<Policy>[] = [
  { head: 'POLICY', cell: ({ name }) => orNothing(name) },
  { head: 'MODE', cell: ({ mode }) => orNothing(mode) },
  { head: 'MATCH', cell: ({ match }) => orNothing(match) },
  { head: 'STANDBY', cell: ({ requireStandby }) => (requireStandby ? 'required' : NOTHING) },
  { head: 'NO TARGET', cell: ({ onNoTarget }) => orNothing(onNoTarget) },
  { head: 'FOR', cell: selectorText },
];

export const policyView = (policy: Policy): RecordView => ({
  value: policy,
  lines: () => [
    ['policy', orNothing(policy.name)],
    ['for', selectorText(policy)],
    ['mode', orNothing(policy.mode)],
    ['match', orNothing(policy.match)],
    ['any model', policy.anyModel ? 'yes' : NOTHING],
    ['addresses', pairs(policy.addressMap)],
    ['standby', policy.requireStandby ? 'required' : NOTHING],
    ['no target', orNothing(policy.onNoTarget)],
    ['seconds', deadlinesText(policy)],
  ],
});

const deadlinesText = ({ deadlines = {} }: Policy): string => {
  const said = [
    ['unplug', deadlines.unplug],
    ['move', deadlines.migrate],
    ['plug', deadlines.plug],
  ] as const;
  return orNothing(said.flatMap(([name, seconds]) => (seconds === undefined ? [] : [`${name} ${seconds}`])).join(', '));
};
