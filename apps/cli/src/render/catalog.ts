import type { Alias, Model, Offering, Quota } from '@vfleet/contracts';
import type { Kind } from './format.js';
import { matchText, requestText } from './text.js';

export const MODELS: Kind<Model> = {
  columns: [
    { head: 'MODEL', of: ({ model }) => model },
    { head: 'TYPE', of: ({ deviceType }) => deviceType },
    { head: 'IDS', of: ({ vendorId, productId }) => `${vendorId}:${productId}` },
    { head: 'HOSTS', of: ({ hostIds }) => hostIds?.join(' ') ?? 'every host' },
  ],
  name: ({ model }) => model,
};

export const ALIASES: Kind<Alias> = {
  columns: [
    { head: 'ALIAS', of: ({ name }) => name },
    { head: 'ASKS FOR', of: ({ request }) => requestText(request) },
    { head: 'NUMA', of: ({ request }) => request.numaPolicy },
    { head: 'MOVES', of: ({ request }) => request.migration?.mode },
    { head: 'KEPT', of: ({ request }) => (request.keepOnStop ? 'over a stop' : null) },
  ],
  name: ({ name }) => name,
};

export const OFFERINGS: Kind<Offering> = {
  columns: [
    { head: 'OFFERING', of: ({ name }) => name },
    { head: 'DEVICES', of: ({ devices }) => devices.map(requestText).join('; ') },
    { head: 'STRATEGY', of: ({ strategy }) => strategy },
    { head: 'KEPT', of: ({ keepOnStop }) => (keepOnStop ? 'over a stop' : null) },
    { head: 'MOVES', of: ({ migration }) => migration?.mode },
  ],
  name: ({ name }) => name,
};

export const QUOTAS: Kind<Quota> = {
  columns: [
    { head: 'TENANT', of: ({ tenant }) => tenant },
    { head: 'MATCH', of: ({ match }) => matchText(match) },
    { head: 'USED', of: ({ used }) => used, tone: ({ used, limit }) => (used >= limit ? 'warn' : undefined) },
    { head: 'LIMIT', of: ({ limit }) => limit },
  ],
  name: ({ tenant, match }) => `${tenant} ${matchText(match)}`,
};
