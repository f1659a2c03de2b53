import type { DeviceList } from '@vfleet/contracts';
import { ask, until, VF_NAME } from '@vfleet/testing';
import { crashPoints, throughCrashPoints, type CrashPoint, type CrashPoints } from '../crash-points.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { aMoveStage, hostOf, type MoveStage } from '../move-stage.js';
import { driverOf, loadVfio, overrideOf } from '../stand-in-kernel.js';
import type { Stage } from '../stage.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';

const HOST = 'h1';
const VM = 'vm-1';
const VFIO = 'vfio-pci';
const SETTLED_MS = 60_000;
/** A control knows that it waits in vain. */
const IN_VAIN_MS = 10_000;

type Device = DeviceList['items'][number];
type Verb = 'attach' | 'detach';
/** Each of them writes three times into sysfs: the override, the unbinding, the probe. */
const VERBS: readonly Verb[] = ['attach', 'detach'];
const WRITES = 3;

const WRITE = { file: 'apps/host-agent/dist/kernel/sysfs-writer.js', find: 'write: async (path, text) => {' };
/** Where an agent writes to the kernel: through crash points, and to one that is a stand-in. */
const writing = (points: CrashPoints): Guard => {
  const kernel = JSON.stringify(new URL('../stand-in-kernel.js', import.meta.url).href);
  const work = `await (async () => (await import(${kernel})).write(sysfsRoot, path, text))();`;
  const { replace } = throughCrashPoints(points, '', work);
  return { ...WRITE, replace: `${WRITE.find} return ${replace}` };
};
/** A simulated hypervisor, as QEMU, leaves the binding to its agent. */
const BINDING: Guard = { file: 'apps/host-agent/dist/assemble-agent.js', find: "settings.driver === 'qmp'", replace: 'true' };
/** What a device was before it was lent is known from before the crash. */
const REMEMBERED: Guard = {
  file: 'apps/host-agent/dist/kernel/driver-binding.js',
  find: 'beforeLending(driver, overrideOf(address), borrowed.get(deviceId))',
  replace: 'beforeLending(driver, overrideOf(address), undefined)',
};

/** What a device is bound to, and by whose word. */
const stateOf = (moves: MoveStage, { address }: Device): string => {
  const { sysfsRoot } = hostOf(moves, HOST);
  return `${driverOf(sysfsRoot, address) ?? 'no driver'}, override ${overrideOf(sysfsRoot, address) ?? 'none'}`;
};

/** Gives the order, and again until it is done, as whoever has moves and hot-plugs does; starts the agent again when it has been killed. */
const order = async (stage: Stage, moves: MoveStage, verb: Verb, { deviceId, address }: Device, name: string): Promise<void> => {
  const body = JSON.stringify({ commandId: name, vmId: VM, deviceId, address, deadlineSeconds: 600 });
  let done = false;
  const facts = stage.nats.subscribe(`vfleet.in.host.${HOST}.*`, {
    callback: (_, message) =>
      void (done ||= message.subject.endsWith(verb === 'attach' ? 'Attached' : 'Detached') && message.string().includes(name)),
  });
  await stage.nats.request(`vfleet.agent.${HOST}.hostdev.${verb}`, body, { timeout: SETTLED_MS }).catch(() => undefined);
  await until(`${name} to be done, or the agent to be gone`, () => done || hostOf(moves, HOST).isGone(), SETTLED_MS);
  if (!done) await hostOf(moves, HOST).restart();
  await until(`${name} to be done`, () => done, SETTLED_MS);
  facts.unsubscribe();
};

interface Given {
  readonly points: CrashPoints;
  readonly device: Device;
  readonly crash: CrashPoint & { readonly verb: Verb };
  readonly patienceMs?: number;
}

interface Course {
  readonly struck: number;
  readonly orphans: readonly string[];
}

/** Attaches and detaches the device with one crash in it, and sees what the device is bound to when the VM has it and when it has not. */
const oneCourse = async (stage: Stage, moves: MoveStage, { points, device, crash, patienceMs = SETTLED_MS }: Given): Promise<Course> => {
  const own = stateOf(moves, device);
  const orphans: string[] = [];
  for (const verb of VERBS) {
    const name = `${verb}-${crash.verb}-${crash.when}-${crash.at}`;
    if (verb === crash.verb) points.arm(crash);
    await order(stage, moves, verb, device, name);
    const wanted = verb === 'attach' ? `${VFIO}, override ${VFIO}` : own;
    await until(name, () => stateOf(moves, device) === wanted, patienceMs).catch(() =>
      orphans.push(`after ${name} ${device.address} has ${stateOf(moves, device)}, not ${wanted}`),
    );
    if (orphans.length > 0) break;
  }
  return { struck: Number(points.struck()), orphans };
};

const agentsFor = (points: CrashPoints, ...guards: readonly Guard[]): NodeJS.ProcessEnv => without(writing(points), BINDING, ...guards);

const prepare = async (
  stage: Stage,
  points: CrashPoints,
  ...guards: readonly Guard[]
): Promise<{ readonly moves: MoveStage; readonly devices: readonly Device[] }> => {
  const moves = await aMoveStage(stage, { hosts: { [HOST]: 2 }, agents: agentsFor(points, ...guards) });
  loadVfio(hostOf(moves, HOST).sysfsRoot);
  const { items } = await ask<DeviceList>(stage.nats, 'devices.list', { filter: { name: VF_NAME } });
  return { moves, devices: items };
};

const toOutcome = (courses: readonly Course[]): Outcome => {
  const orphans = courses.flatMap((course) => course.orphans);
  const struck = courses.reduce((sum, course) => sum + course.struck, 0);
  const note = orphans[0] ?? `${struck} of ${courses.length} crash points struck`;
  return { acknowledged: courses.length, lost: orphans.length, doubled: 0, kept: orphans.length === 0 && struck === courses.length, note };
};

const CRASHES = VERBS.flatMap((verb) =>
  Array.from({ length: WRITES }, (_, n) => n + 1).flatMap((at) => (['before', 'after'] as const).map((when) => ({ verb, at, when }))),
);

export const row: FaultRow = {
  number: 32,
  fault: 'kill -9 of an agent before and after each thing that it writes to the kernel while it binds a device and gives it back',
  promise: 'what was begun is done after its restart; a device has the driver that its place asks for',
  quick: false,
  guards: [WRITE, BINDING, REMEMBERED],
  run: async (stage) => {
    const points = crashPoints(stage);
    const { moves, devices } = await prepare(stage, points);
    const courses: Course[] = [];
    for (const [n, crash] of CRASHES.entries()) {
      stage.say(`killed ${crash.when} write ${crash.at} of ${crash.verb}`);
      courses.push(await oneCourse(stage, moves, { points, device: devices[n] as Device, crash }));
    }
    return toOutcome(courses);
  },
  control: async (stage) => {
    const points = crashPoints(stage);
    const { moves, devices } = await prepare(stage, points, REMEMBERED);
    const crash = { verb: 'attach', at: 2, when: 'after' } as const;
    return toOutcome([await oneCourse(stage, moves, { points, device: devices[0] as Device, crash, patienceMs: IN_VAIN_MS })]);
  },
};
