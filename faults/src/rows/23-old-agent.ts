import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@vfleet/testing';
import { anAgent, devicesKnown, epochAfter, hearFacts, type SeenData } from '../an-agent.js';
import { aTree, DEVICES } from '../a-tree.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together, type LogEvent } from '../findings.js';
import { examine, headOf, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, idle, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';

const HOST = 'h-twice';
const named = (name: string) => ({ devices: [{ match: { functionType: 'vf' }, name }] });

/** What came of an earlier start's facts after a later one had told of itself. */
const fromTheOld = (events: readonly LogEvent[], after: number, epoch: string): readonly string[] =>
  events
    .filter(({ position, stream }) => position > after && stream === `host-${HOST}`)
    .filter(({ type, data }) => type === 'InventoryDiverged' || ((data as SeenData).observed?.epoch ?? epoch) < epoch)
    .map(({ position, type }) => `position ${position}, ${type}, comes from the earlier start`);

/** An agent falls asleep, another one is started for its host, and the first wakes up: it attests, tells a change, says goodbye. */
const twoStarts = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  await stage.keepRunning('allocator', environment);
  const sysfsRoot = aTree(stage);
  const heard = hearFacts(stage, HOST);
  const old = anAgent(stage, { hostId: HOST, sysfsRoot, ...named('10GE') });
  await devicesKnown(stage, HOST, DEVICES);
  const first = await epochAfter(stage, HOST, 0);
  await until('the first attestation', () => heard.get(`InventoryAttested ${first.epoch}`));
  old.program.process.kill('SIGSTOP');

  const stateFile = join(stage.folder, 'new-agent.json');
  cpSync(old.stateFile, stateFile);
  const before = await headOf(stage.database);
  anAgent(stage, { hostId: HOST, sysfsRoot, stateFile, ...named('FAST') });
  const second = await epochAfter(stage, HOST, before);
  await until('its first attestation', () => heard.get(`InventoryAttested ${second.epoch}`));
  await idle(stage);
  const settled = await headOf(stage.database);

  const attested = heard.get(`InventoryAttested ${first.epoch}`) ?? 0;
  old.program.process.kill('SIGCONT');
  await until('another attestation of the old one', () => (heard.get(`InventoryAttested ${first.epoch}`) ?? 0) > attested);
  old.reconfigure(named('OLD'));
  await until('a change that the old one tells', () => heard.get(`DeviceRenamed ${first.epoch}`) === 4);
  await old.program.kill('SIGTERM');
  await until('its goodbye', () => heard.get(`HostOffline ${first.epoch}`));
  await idle(stage);
  await copied(stage);
  const stale = fromTheOld(await readEvents(stage.database), settled, second.epoch);
  const findings = together(await examine(stage, []), { lost: [], doubled: [], misplaced: stale });
  const told = [...heard].filter(([key]) => key.endsWith(first.epoch)).reduce((sum, [, count]) => sum + count, 0);
  return { ...toOutcome(told, findings), note: `${stale.length} stale facts accepted` };
};

const GUARD: Guard = {
  file: 'apps/allocator/dist/domain/host.decider.js',
  find: "if (fact.data.epoch < host.epoch || fact.data.epoch < (host.seen?.epoch ?? ''))",
  replace: 'if (false)',
};

export const row: FaultRow = {
  number: 23,
  fault: 'an agent that was replaced wakes up: it attests, tells of changes and says goodbye',
  promise: 'what it says changes nothing',
  quick: false,
  guards: [GUARD],
  run: (stage) => twoStarts(stage, {}),
  control: (stage) => twoStarts(stage, without(GUARD)),
};
