import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Attachment } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import { aDevice, aFolder, until } from '@vfleet/testing';
import { pino } from 'pino';
import { deviceResets, type DeviceResets } from './device-resets.js';
import type { ResetOutcome } from './kernel/device-reset.js';
import { forgetResets, resetRecordFile } from './kernel/reset-record.js';

const [ONE, OTHER] = [aDevice('h1', '0000:28:00.1', { iommuGroup: 1 }), aDevice('h1', '0000:29:00.0', { iommuGroup: 1 })];
const STICK = { ...aDevice('h1', '0000:2a:00.0'), kind: 'usb', address: '1-4' };
const CLEAN: ResetOutcome = { clean: 'reset' };
const FAILED: ResetOutcome = { failed: 'EIO' };

let folder: string;
let devices: readonly DeviceObservation[];
/** What the kernel answers next, after that it resets everything. */
let answers: (ResetOutcome | Promise<ResetOutcome>)[];
/** What was reset, with the neighbour that a VM had. */
let asked: string[];
let changes: number;
let resets: DeviceResets;

const file = (): string => join(folder, 'resets.json');
/** The same of an agent that has been started just now. */
const start = (): DeviceResets =>
  (resets = deviceResets({
    hostId: 'h1',
    devices: () => devices,
    reset: async ({ address }, neighbour) => {
      asked.push(neighbour ? `${address} beside ${neighbour.address}` : address);
      return answers.shift() ?? CLEAN;
    },
    record: resetRecordFile(file(), join(folder, 'proc'), () => {}),
    isStandIn: (address) => address === '0000:01:00.0',
    changed: () => (changes += 1),
    log: pino({ level: 'silent' }),
    patienceMs: 50,
  }));
const boot = (id: string): void => {
  mkdirSync(join(folder, 'proc/sys/kernel/random'), { recursive: true });
  writeFileSync(join(folder, 'proc/sys/kernel/random/boot_id'), `${id}\n`);
};
beforeEach(() => {
  folder = aFolder('resets');
  [devices, answers, asked, changes] = [[ONE, OTHER, STICK], [], [], 0];
  boot('first');
  start();
});

const SURE = (): boolean => false;
const look = (...attachments: readonly Attachment[]): Promise<void> => resets.compare(attachments, SURE);
const has = (vmId: string, { address }: Pick<DeviceObservation, 'address'>): Attachment => ({ vmId, address });
/** A VM had a device, and has it no more. */
const leave = async (vmId = 'vm-1'): Promise<void> => {
  await look(has(vmId, ONE));
  await look();
};
const told = (): string | undefined => resets.shown.get(ONE.deviceId);

describe('a device that a VM has left', () => {
  it('is reset, once, and nothing is told of it', async () => {
    await leave();
    await look();
    resets.show();
    expect([asked, told(), changes]).toEqual([[ONE.address], undefined, 0]);
  });

  it('is reset as well when the agent took it out itself, before that is told', async () => {
    await resets.admit('vm-1', ONE.deviceId, 1_000);
    expect(resets.had('vm-1', ONE.deviceId)).toBe(true);
    await resets.leaves('vm-1', ONE.deviceId);
    expect(asked).toEqual([ONE.address]);
    await look();
    expect(asked).toHaveLength(1);
  });

  it('is left alone where it was another VM that had it', async () => {
    await look(has('vm-2', ONE));
    await resets.leaves('vm-1', ONE.deviceId);
    expect(asked).toEqual([]);
  });

  it('is told with the reason when its reset fails, until it has been reset after all', async () => {
    answers = [FAILED, FAILED];
    await leave();
    expect([told(), changes]).toEqual(['left by vm-1: EIO', 1]);
    await look();
    await resets.tryAgain();
    expect(asked).toHaveLength(1);
    await resets.tryAgain(true);
    expect([told(), changes, asked.length]).toEqual(['left by vm-1: EIO', 1, 2]);
    await resets.tryAgain(true);
    expect([told(), changes]).toEqual([undefined, 2]);
  });

  it('is told as soon as somebody is told what is attached, when its reset takes long', async () => {
    let done: (outcome: ResetOutcome) => void = () => {};
    answers = [new Promise((resolve) => (done = resolve))];
    await leave();
    expect(told()).toBeUndefined();
    resets.show();
    expect(told()).toBe('left by vm-1: it is being reset');
    done(CLEAN);
    await until('the reset to be over', () => told() === undefined);
    expect(changes).toBe(2);
  });

  it('is reset as soon as the process has closed it whose VM had it', async () => {
    answers = [
      { waits: 'open', soon: true },
      { waits: 'open', soon: true },
    ];
    await leave();
    await until('it to be clean', async () => {
      await resets.tryAgain(true);
      return !resets.addresses.includes(ONE.address);
    });
    expect(asked).toHaveLength(3);
  });

  it('stays where it is bound, and so does what VMs have', async () => {
    answers = [FAILED];
    await leave();
    await look(has('vm-2', OTHER));
    expect(new Set(resets.addresses)).toEqual(new Set([ONE.address, OTHER.address]));
  });

  it('is not reset when it is no PCI device, nor when something else stands for it', async () => {
    devices = [...devices, aDevice('h1', '0000:01:00.0')];
    await look(has('vm-1', STICK), { vmId: 'vm-1', address: '0000:01:00.0' });
    await look();
    expect(asked).toEqual([]);
  });

  it('is reset with its neighbours in mind', async () => {
    await look(has('vm-1', ONE), has('vm-1', OTHER));
    await look(has('vm-1', OTHER));
    expect(asked).toEqual([`${ONE.address} beside ${OTHER.address}`]);
  });
});

describe('a device that is not reset', () => {
  beforeEach(async () => {
    answers = [FAILED];
    await leave();
  });

  it('is refused to another VM, and given back to the one that left it', async () => {
    expect(await resets.admit('vm-2', ONE.deviceId, 1_000)).toBe('vm-1 has left it, and it is not reset: EIO');
    expect(told()).toBeDefined();
    expect(await resets.admit('vm-1', ONE.deviceId, 1_000)).toBeUndefined();
    expect(told()).toBeUndefined();
  });

  it('is told by an agent that starts again before anything else, and tried again by it', async () => {
    answers = [FAILED];
    start();
    expect(told()).toBe('left by vm-1: EIO');
    await look();
    expect(asked).toHaveLength(2);
    await resets.tryAgain(true);
    expect(told()).toBeUndefined();
  });

  it('is clean when the host has booted', () => {
    boot('second');
    start();
    expect(told()).toBeUndefined();
  });

  it('is no matter any more when resets are switched off and on again', () => {
    forgetResets(file());
    start();
    expect(told()).toBeUndefined();
  });

  it('is tried when its host sees it again', async () => {
    devices = [OTHER];
    await resets.tryAgain(true);
    expect(asked).toHaveLength(1);
    devices = [ONE, OTHER];
    await resets.tryAgain(true);
    expect(asked).toHaveLength(2);
  });

  it('is in use again when its hypervisor says so', async () => {
    await look(has('vm-2', ONE));
    expect(told()).toBeUndefined();
    await look();
    expect(asked).toEqual([ONE.address, ONE.address]);
  });
});

describe('an agent that ended', () => {
  it('in the midst of a reset resets again', async () => {
    answers = [new Promise(() => {})];
    await leave();
    start();
    expect(told()).toBe('left by vm-1: it is being reset');
    await look();
    expect([told(), asked.length]).toEqual([undefined, 2]);
  });

  it('while a VM had a device that is gone by now resets it', async () => {
    await look(has('vm-1', ONE));
    start();
    await look();
    expect(asked).toEqual([ONE.address]);
  });

  it('before it could see that an order was carried out looks after the device all the same', async () => {
    await resets.admit('vm-1', ONE.deviceId, 1_000);
    start();
    await look();
    expect(asked).toEqual([ONE.address]);
  });
});

describe('what was seen before something was done', () => {
  it('says nothing of the device with which it was done', async () => {
    await resets.admit('vm-1', ONE.deviceId, 1_000);
    await resets.compare([], (deviceId) => deviceId === ONE.deviceId);
    expect(asked).toEqual([]);
    answers = [FAILED];
    await resets.leaves('vm-1', ONE.deviceId);
    await resets.compare([has('vm-1', ONE)], (deviceId) => deviceId === ONE.deviceId);
    expect(told()).toBe('left by vm-1: EIO');
  });

  it('says nothing at all before the devices are known', async () => {
    await look(has('vm-1', ONE));
    devices = [];
    await look();
    expect(asked).toEqual([]);
  });

  it('does not take a device for left that cannot be read for the moment', async () => {
    await look(has('vm-1', ONE));
    devices = [OTHER];
    await look(has('vm-1', ONE));
    devices = [ONE, OTHER];
    await look(has('vm-1', ONE));
    expect(asked).toEqual([]);
  });
});
