import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import type { Host, Migration, SystemChecks, SystemStatus } from '@vfleet/contracts';
import { diagnose, type Observations } from './diagnosis.js';

const stored = <T>(file: string): T =>
  JSON.parse(fs.readFileSync(new URL(`../../../libs/contracts/fixtures/api/${file}.json`, import.meta.url), 'utf8')) as T;
const NOW = Date.parse('2026-11-20T10:00:10Z');
const WELL: SystemChecks = {
  journal: { checked: 120, missing: 0, lastRecordedAt: '2026-11-20T10:00:00.000Z' },
  stream: { firstSequence: 1, lastSequence: 120, missing: 0 },
  projections: [{ name: 'inventory', position: 120, lagEvents: 0, lagSeconds: 0, rebuilding: false }],
  deadLetters: { count: 0, oldestAt: null },
  releasing: [],
  diverged: [],
};
const status: SystemStatus = { ...stored<SystemStatus>('system.status.reply.v2'), problems: [], checks: WELL };
const host: Host = {
  ...stored<Host>('hosts.get.reply.v1'),
  state: 'online',
  heartbeatSeconds: 10,
  lastSeenAt: '2026-11-20T10:00:00.000Z',
  counts: { total: 2, free: 2, held: 0, ineligible: 0, missing: 0 },
};
const [migration] = stored<{ items: [Migration] }>('migrations.list.reply.v1').items;

const found = (more: Partial<Observations>) => diagnose({ status, hosts: [host], failed: [], now: NOW, ...more });
const codes = (more: Partial<Observations>): readonly string[] => found(more).map(({ code, about }) => `${code} ${about}`);
const checked = (checks: Partial<SystemChecks>): readonly string[] => codes({ status: { ...status, checks: { ...WELL, ...checks } } });

describe('the doctor', () => {
  it('finds nothing where all is well', () => {
    expect(found({})).toEqual([]);
  });

  it('finds hosts that are stale, that have said goodbye, and whose silence nobody has noticed', () => {
    expect(codes({ hosts: [{ ...host, state: 'stale' }] })).toEqual(['HOST_STALE h1']);
    expect(codes({ hosts: [{ ...host, state: 'offline' }] })).toEqual(['HOST_OFFLINE h1']);
    expect(codes({ hosts: [{ ...host, lastSeenAt: '2026-11-20T09:59:30.000Z' }] })).toEqual([]);
    expect(codes({ hosts: [{ ...host, lastSeenAt: '2026-11-20T09:59:29.000Z' }] })).toEqual(['SILENCE_UNNOTICED h1']);
  });

  it('finds agents of another version than most', () => {
    const others = ['h2', 'h3'].map((hostId) => ({ ...host, hostId }));
    expect(codes({ hosts: [...others, { ...host, agentVersion: '0.0.1' }] })).toEqual(['AGENT_VERSION h1']);
    expect(codes({ hosts: others })).toEqual([]);
  });

  it('finds devices that vanished, and agents that mean other devices than the journal', () => {
    expect(codes({ hosts: [{ ...host, counts: { ...host.counts, missing: 1 } }] })).toEqual(['DEVICES_MISSING h1']);
    expect(checked({ diverged: [{ hostId: 'h1', at: '2026-11-20T10:00:00Z' }] })).toEqual(['INVENTORY_DIVERGED h1']);
  });

  it('finds gaps in the journal and in the stream', () => {
    expect(checked({ journal: { ...WELL.journal, missing: 1 } })).toEqual(['JOURNAL_GAP journal']);
    expect(checked({ stream: { firstSequence: 1, lastSequence: 120, missing: 2 } })).toEqual(['STREAM_GAP VFLEET_EVT']);
    expect(checked({ stream: null })).toEqual([]);
  });

  it('finds projections that are late, but not one that is being rebuilt', () => {
    const late = { name: 'inventory', position: 100, lagEvents: 20, lagSeconds: 5, rebuilding: false };
    expect(checked({ projections: [late] })).toEqual(['PROJECTION_LATE inventory']);
    expect(checked({ projections: [{ ...late, lagSeconds: 4 }] })).toEqual([]);
    expect(checked({ projections: [{ ...late, rebuilding: true }] })).toEqual([]);
  });

  it('finds dead letters, and releases that wait for five minutes or longer', () => {
    expect(checked({ deadLetters: { count: 1, oldestAt: '2026-11-20T09:00:00Z' } })).toEqual(['DEAD_LETTERS VFLEET_DLQ']);
    const release = { vmId: 'vm-1', hostId: 'h1', devices: 1 };
    expect(checked({ releasing: [{ ...release, since: '2026-11-20T09:55:10Z' }] })).toEqual(['RELEASE_PENDING vm-1']);
    expect(checked({ releasing: [{ ...release, since: '2026-11-20T09:55:11Z' }] })).toEqual([]);
    expect(checked({ releasing: [{ ...release, since: null }] })).toEqual(['RELEASE_PENDING vm-1']);
  });

  it('finds services of several versions, moves that need somebody, and whatever the status calls a problem', () => {
    const [service] = status.services as [SystemStatus['services'][number]];
    expect(codes({ status: { ...status, services: [service, { ...service, version: '0.0.1' }] } })).toEqual(['SERVICE_VERSIONS system']);
    expect(codes({ failed: [{ ...migration, state: 'failed' }] })).toEqual([`MIGRATION_FAILED ${migration.migrationId}`]);
    expect(codes({ status: { ...status, problems: [{ code: 'STREAM_AHEAD', message: 'x' }] } })).toEqual(['STREAM_AHEAD system']);
    expect(found({ status: { ...status, problems: [{ code: 'STREAM_AHEAD', message: 'x' }] } })[0]?.repair).toBe('nats stream rm VFLEET_EVT --force');
    const sealing = found({ status: { ...status, problems: [{ code: 'SEAL_OVERDUE', message: 'x' }] } });
    expect(sealing).toMatchObject([{ severity: 'error', code: 'SEAL_OVERDUE', repair: 'vfleet journal verify --public-key seal.pub' }]);
    expect(codes({ status: { ...status, problems: [{ code: 'NEW_ONE', message: 'x' }] } })).toEqual(['NEW_ONE system']);
  });

  it('tells the worst first, and of each what it means and what to do', () => {
    const all = found({
      hosts: [
        { ...host, state: 'offline' },
        { ...host, hostId: 'h2', state: 'stale' },
      ],
      status: { ...status, checks: { ...WELL, deadLetters: { count: 3, oldestAt: null } } },
    });
    expect(all.map(({ severity }) => severity)).toEqual(['error', 'warning', 'warning']);
    for (const { what, means, repair } of all) for (const text of [what, means, repair]) expect(text).toMatch(/\w{3,}/);
  });
});
