import type { VfleetClient } from '@vfleet/client';
import { serverOf, type Addressed, type Environment } from '../config.js';
import { readContexts } from '../contexts.js';
import { connectTo } from '../options.js';
import type { Lookup } from './complete.js';

/** Somebody waits with a finger on the key: what takes longer is not offered. */
const PATIENCE_MS = 300;
const MOST = 200;

/** Asks the server that the words, or the environment, name; nothing where it does not answer in time. */
export const lookupAt =
  (addressed: Addressed, environment: Environment): Lookup =>
  async (what, typed) => {
    if (what === 'context') return Object.keys(readContexts(environment).contexts);
    const find = FIND[what];
    if (!find) return [];
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly string[]>((resolve) => (timer = setTimeout(() => resolve([]), PATIENCE_MS)));
    const asked = (async () => {
      const client = await connectTo(serverOf(addressed, environment), PATIENCE_MS);
      try {
        return await find(client, typed);
      } finally {
        void client.close();
      }
    })();
    asked.catch(() => undefined);
    try {
      return await Promise.race([asked, late]);
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  };

type Find = (client: VfleetClient, typed: string) => Promise<readonly string[]>;

const hosts: Find = async (client) => (await client.request('hosts.list', { limit: MOST })).items.map(({ hostId }) => hostId);
const vms: Find = async (client) => (await client.request('reservations.list', { limit: MOST })).items.map(({ vmId }) => vmId);

/** Hosts first; once a host stands there, its devices. */
const devices: Find = async (client, typed) => {
  const [hostId, address] = typed.split('/');
  if (hostId === undefined || address === undefined) return (await hosts(client, typed)).map((host) => `${host}/`);
  const { items } = await client.request('devices.list', { filter: { hostId }, limit: MOST });
  return items.map((device) => `${hostId}/${device.address}`);
};

const migrations: Find = async (client) => (await client.request('migrations.list', { limit: MOST })).items.map(({ migrationId }) => migrationId);
const names =
  (shelf: 'aliases' | 'offerings' | 'policies'): Find =>
  async (client) =>
    (await client.request(`${shelf}.list`, { limit: MOST })).items.map(({ name }) => name);

const FIND: Readonly<Record<string, Find>> = {
  hostId: hosts,
  hostIds: hosts,
  vmId: vms,
  device: devices,
  migrationId: migrations,
  aliases: names('aliases'),
  offerings: names('offerings'),
  policies: names('policies'),
  models: async (client) => (await client.request('models.list', { limit: MOST })).items.map(({ model }) => model),
  deadletters: async (client) => (await client.request('deadletters.list', { limit: MOST })).items.map(({ id }) => id),
};
