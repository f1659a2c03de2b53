import type { DeviceList, InventoryAttested } from '@vfleet/contracts';
import { ask, MoveWatch, MovingPlatform, SimulatedHost, until, VF_NAME } from '@vfleet/testing';
import type { Findings } from './findings.js';
import { isClean } from './findings.js';
import { judgeMoves, type Attachment } from './moves-log.js';
import { readEvents } from './read-log.js';
import type { KeptService, Stage } from './stage.js';

/** Each card has so many functions that VMs can be given. */
const VFS_PER_CARD = 8;
const KNOWN_MS = 240_000;
const SETTLED_MS = 120_000;

export interface MoveStageOptions {
  /** Hosts, and how many cards each has. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Of the migrator, for a control. */
  readonly migrator?: NodeJS.ProcessEnv;
  /** Of the agents. */
  readonly agents?: NodeJS.ProcessEnv;
}

/** Hosts with real agents whose hypervisors are simulated, a platform that moves VMs, and all services that have to do with moves. */
export interface MoveStage {
  readonly hosts: ReadonlyMap<string, SimulatedHost>;
  readonly platform: MovingPlatform;
  readonly watch: MoveWatch;
  readonly migrator: KeptService;
  /** Where each VM runs that is to be judged. */
  readonly runsOn: ReadonlyMap<string, string>;
  /** Starts a VM with one function, which is plugged. `deadlines` in seconds. */
  readonly begin: (vmId: string, hostId: string, deadlines?: object) => Promise<void>;
  /** Waits until the log and the hosts agree, or for two more words of each host, and says what is wrong then. */
  readonly judge: (patient?: boolean) => Promise<Findings>;
}

export const hostOf = ({ hosts }: Pick<MoveStage, 'hosts'>, hostId: string): SimulatedHost => {
  const host = hosts.get(hostId);
  if (!host) throw new Error(`there is no host ${hostId}`);
  return host;
};

/** What hosts attest as attached, as they say it on the bus. */
const hearAttachments = ({ nats }: Stage) => {
  const heard = new Map<string, readonly Attachment[]>();
  nats.subscribe('vfleet.in.host.*.InventoryAttested', {
    callback: (_, message) => {
      const { hostId, attachments = [] } = message.json<InventoryAttested>();
      heard.set(
        hostId,
        attachments.map(({ vmId, address }) => ({ hostId, vmId, address })),
      );
    },
  });
  return {
    all: (): readonly Attachment[] => [...heard.values()].flat(),
    /** Resolves when every host has attested anew. */
    anew: async (hostIds: readonly string[]): Promise<void> => {
      heard.clear();
      await until('every host to attest', () => hostIds.every((hostId) => heard.has(hostId)), SETTLED_MS);
    },
  };
};

const known = async (stage: Stage, functions: number): Promise<true> =>
  until(
    'every function to be known',
    async () => (await ask<DeviceList>(stage.nats, 'devices.list', { filter: { name: VF_NAME }, limit: 1_000 })).items.length === functions,
    KNOWN_MS,
  );

export const aMoveStage = async (stage: Stage, { hosts: cards, migrator: environment = {}, agents = {} }: MoveStageOptions): Promise<MoveStage> => {
  const watch = new MoveWatch(stage.nats);
  const attachments = hearAttachments(stage);
  await stage.keepRunning('allocator');
  const [migrator] = await Promise.all([stage.keepRunning('migrator', environment), stage.keepRunning('inventory')]);
  const hosts = new Map(
    Object.entries(cards).map(([hostId, count]) => [
      hostId,
      new SimulatedHost(hostId, stage.nats, { natsUrl: stage.bus.url, cards: count, environment: agents }),
    ]),
  );
  for (const host of hosts.values()) stage.onClose(() => host.close());
  const platform = new MovingPlatform(stage.nats, hosts);
  await known(
    stage,
    Object.values(cards).reduce((sum, count) => sum + count * VFS_PER_CARD, 0),
  );
  const { runsOn } = platform;
  const look = async (): Promise<Findings> => judgeMoves(await readEvents(stage.database), attachments.all(), runsOn);
  return {
    hosts,
    platform,
    watch,
    migrator,
    runsOn,
    begin: (vmId, hostId, deadlines) =>
      platform.start(vmId, hostId, { migration: { mode: 'hotplug', match: 'network', ...(deadlines && { deadlines }) } }),
    judge: async (patient = true) => {
      await attachments.anew([...hosts.keys()]);
      if (patient) await until('log and hosts to agree', async () => isClean(await look()), SETTLED_MS).catch(() => undefined);
      else await attachments.anew([...hosts.keys()]);
      return look();
    },
  };
};
