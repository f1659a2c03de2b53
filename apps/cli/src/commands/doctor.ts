import type { Command } from 'commander';
import type { PagedApi, VfleetClient } from '@vfleet/client';
import type { ApiReply, ApiRequest } from '@vfleet/contracts';
import { diagnose } from '../diagnosis.js';
import { FINDINGS } from '../render/findings.js';
import { listView } from '../render/format.js';
import { counted } from '../render/text.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

export const addDoctor = (program: Command, terminal: Terminal): void => {
  const doctor = addVerb(program, {
    name: 'doctor',
    tells: 'compare agents, journal, stream and projections, and propose repairs; ends with 1 where something is found',
    asks: ['system.status', 'hosts.list', 'migrations.list'],
    examples: ['vfleet doctor', 'vfleet doctor -o json'],
  });
  shows(doctor, terminal, {
    see: async (client) => {
      const [status, hosts, failed] = await Promise.all([
        client.request('system.status', { checks: true }),
        every(client, 'hosts.list', {}),
        every(client, 'migrations.list', { filter: { state: 'failed' } }),
      ]);
      const findings = diagnose({ status, hosts, failed, now: Date.now() });
      const found = findings.length > 0 && { ends: new Error(`${counted(findings.length, 'finding')}; what to do stands beside each`) };
      return { ...listView(FINDINGS, findings, 'All is well.'), ...found };
    },
    wakes: () => ({ subjects: ['vfleet.evt.host.>', 'vfleet.dlq.>', 'vfleet.evt.migration.>'], everySeconds: 5 }),
  });
};

const PAGE = 1_000;

const every = async <Name extends PagedApi>(client: VfleetClient, name: Name, body: ApiRequest<Name>): Promise<ApiReply<Name>['items'][number][]> => {
  const items: ApiReply<Name>['items'][number][] = [];
  for await (const item of client.requestPages(name, { ...body, limit: PAGE })) items.push(item);
  return items;
};
