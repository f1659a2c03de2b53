import type { Command } from 'commander';
import { UsageError } from '../exit-codes.js';
import { MODELS } from '../render/catalog.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { addShelf } from './catalog.js';

interface CreateOptions {
  readonly type: string;
  readonly ids: string;
  readonly hosts?: string;
}

export const addModels = (program: Command, terminal: Terminal): void => {
  const models = program.command('models').description('registered types of devices');
  addShelf(models, terminal, { shelf: 'models', one: 'model', kind: MODELS, empty: 'No model is registered.', key: 'model' });
  const create = addVerb(models, {
    name: 'create',
    tells: 'register a model: what devices of a vendor and product are called',
    asks: ['models.create'],
    examples: ['vfleet models create A100 --type GPU-A100 --ids 10de:20b0'],
  })
    .argument('<model>')
    .requiredOption('--type <deviceType>', 'the type of its devices; none of the built-in ones')
    .requiredOption('--ids <vendor:product>', 'vendor and product id: 10de:20b0')
    .option('--hosts <hostIds>', 'known on these hosts only: h1,h2');
  shows<[string], CreateOptions>(create, terminal, {
    see: async (client, [model], { type, ids, hosts }) => {
      const hostIds = hosts?.split(',').map((hostId) => hostId.trim());
      return recordView(MODELS, await client.request('models.create', { model, deviceType: type, ...toIds(ids), ...(hostIds && { hostIds }) }));
    },
  });
};

/** @throws UsageError */
const toIds = (text: string): { readonly vendorId: string; readonly productId: string } => {
  const [, vendorId, productId] = /^(?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{4})$/i.exec(text) ?? [];
  if (vendorId === undefined || productId === undefined) throw new UsageError(`--ids ${text} is no pair of ids; write --ids 10de:20b0`);
  return { vendorId, productId };
};
