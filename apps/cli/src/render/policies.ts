import type { Policy } from '@vfleet/contracts';
import type { Column, Kind, Line } from './format.js';
import { NOTHING, matchText, orNothing, pairs, safeText } from './text.js';

const selectorText = ({ selector }: Policy): string => (selector ? safeText(matchText(selector)) : 'every device');

const COLUMNS: readonly Column<Policy>[] = [
  { head: 'POLICY', of: ({ name }) => name },
  { head: 'MODE', of: ({ mode }) => mode },
  { head: 'MATCH', of: ({ match }) => match },
  { head: 'STANDBY', of: ({ requireStandby }) => (requireStandby ? 'required' : null) },
  { head: 'NO TARGET', of: ({ onNoTarget }) => onNoTarget },
  { head: 'FOR', of: ({ selector }) => (selector ? matchText(selector) : 'every device') },
];

const policyLines = (policy: Policy): readonly Line[] => [
  ['policy', orNothing(policy.name)],
  ['for', selectorText(policy)],
  ['mode', orNothing(policy.mode)],
  ['match', orNothing(policy.match)],
  ['any model', policy.anyModel ? 'yes' : NOTHING],
  ['addresses', pairs(policy.addressMap)],
  ['standby', policy.requireStandby ? 'required' : NOTHING],
  ['no target', orNothing(policy.onNoTarget)],
  ['seconds', deadlinesText(policy)],
];

const deadlinesText = ({ deadlines = {} }: Policy): string => {
  const said = [
    ['unplug', deadlines.unplug],
    ['move', deadlines.migrate],
    ['plug', deadlines.plug],
  ] as const;
  return orNothing(said.flatMap(([name, seconds]) => (seconds === undefined ? [] : [`${name} ${seconds}`])).join(', '));
};

export const POLICIES: Kind<Policy> = { columns: COLUMNS, name: ({ name }) => name, lines: policyLines };
