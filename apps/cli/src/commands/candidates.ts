import { InvalidArgumentError, type Command } from 'commander';
import { ApiError, MAX_LIMIT } from '@vfleet/contracts';
import { candidatesView, explanationView } from '../render/candidates.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { toWish, withWish, type WishOptions } from '../wish-options.js';

interface ListOptions extends WishOptions {
  readonly hosts?: string;
  readonly limit?: number;
}

const WAKES = { subjects: ['vfleet.evt.device.>', 'vfleet.evt.vm.>', 'vfleet.evt.host.>'] };

/** Which hosts could serve a wish, and why one cannot. */
export const addCandidates = (program: Command, terminal: Terminal): void => {
  const noun = program.command('candidates').description('which hosts could serve a wish');
  const ls = addVerb(noun, {
    name: 'ls',
    tells: 'list the hosts that could serve a wish, best first, and why the others cannot',
    asks: ['candidates.list'],
    isDefault: true,
    examples: ['vfleet candidates --device 10GE:2', 'vfleet candidates ls --offering net-heavy --hosts h1,h2'],
  })
    .option('--hosts <hostIds>', 'only these: h1,h2')
    .option('--limit <number>', `at most so many, up to ${MAX_LIMIT}`, upToMost);
  shows<[], ListOptions>(withWish(ls), terminal, {
    see: async (client, _, { hosts, limit, ...options }) => {
      const hostIds = hosts?.split(',').map((hostId) => hostId.trim());
      const more = { ...(hostIds && { hostIds }), ...(limit !== undefined && { limit }) };
      const list = await client.request('candidates.list', { ...toWish(options), ...more });
      const none = list.items.length === 0;
      return { ...candidatesView(list), ...(none && { ends: new ApiError(422, 'NO_ELIGIBLE_HOST', 'no host can serve this') }) };
    },
    wakes: () => WAKES,
  });
  const explain = addVerb(program, {
    name: 'explain',
    tells: 'say of every device of a host why it serves a wish or not',
    asks: ['candidates.explain'],
    examples: ['vfleet explain h1 --device 10GE:2'],
  }).argument('<hostId>');
  shows<[string], WishOptions>(withWish(explain), terminal, {
    see: async (client, [hostId], options) => {
      const explanation = await client.request('candidates.explain', { hostId, ...toWish(options) });
      const { fits, code = 'UNSATISFIABLE' } = explanation;
      return { ...explanationView(explanation), ...(!fits && { ends: new ApiError(422, code, `${hostId} cannot serve this`) }) };
    },
    wakes: () => WAKES,
  });
};

const upToMost = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
};
