import { describe, expect, it } from '@jest/globals';
import type { DriverBinding } from '../kernel/driver-binding.js';
import { NotEligible } from '../kernel/driver-binding.js';
import { KernelRefused } from '../kernel/sysfs-writer.js';
import { failed, type HypervisorDriver, type Outcome } from './driver.js';
import { noDriver } from './no-driver.js';
import { withBinding, type BindingDriver } from './with-binding.js';
import { anOrder } from './testing/stage.js';

const { signal } = new AbortController();

interface Scene {
  readonly driver: BindingDriver;
  /** What was done, in order. */
  readonly done: readonly string[];
}

/** A hypervisor without a VM of its own, and a host that lends whatever is asked for. */
const scene = (
  given: { readonly lend?: Error; readonly outcome?: Outcome; readonly attached?: readonly string[] | 'unseen'; readonly kept?: string } = {},
): Scene => {
  const done: string[] = [];
  const { lend, outcome, attached = [] } = given;
  const act = (verb: 'attached' | 'detached') => async (): Promise<Outcome> => {
    done.push(verb);
    return outcome ?? { done: verb };
  };
  const hypervisor: HypervisorDriver = {
    ...noDriver,
    attach: act('attached'),
    detach: act('detached'),
    attachments: async () => (attached === 'unseen' ? undefined : attached.map((address) => ({ vmId: 'vm-1', address }))),
  };
  const binding: DriverBinding = {
    lend: async (deviceId) => {
      if (lend) throw lend;
      done.push(`lent ${deviceId.slice(0, 2)}`);
    },
    giveBack: async (still) => void done.push(`given back all but ${[...still].join(' ') || 'none'}`),
  };
  const isStandIn = (address: string): boolean => address === '0000:01:10.7';
  return { driver: withBinding(hypervisor, binding, isStandIn, () => (given.kept === undefined ? [] : [given.kept])), done };
};
const order = anOrder('vm-1');

describe('a hypervisor that binds nothing by itself', () => {
  it('gets the device bound before it is attached', async () => {
    const { driver, done } = scene();
    expect(await driver.attach(order, signal)).toEqual({ done: 'attached' });
    expect(done).toEqual([`lent ${order.deviceId.slice(0, 2)}`, 'attached']);
  });

  it('attaches nothing that the host needs, or the kernel does not bind', async () => {
    const needed = scene({ lend: new NotEligible('it is in host use') });
    expect(await needed.driver.attach(order, signal)).toMatchObject({ failed: 'DEVICE_BUSY', message: expect.stringContaining('in host use') });
    const refused = scene({ lend: new KernelRefused('ENODEV') });
    expect(await refused.driver.attach(order, signal)).toMatchObject({ failed: 'DRIVER_ERROR', message: expect.stringContaining('ENODEV') });
    expect([...needed.done, ...refused.done].filter((what) => what === 'attached')).toEqual([]);
  });

  it('gives the device back when it is out of its VM, or could not be attached', async () => {
    const out = scene();
    await out.driver.detach(order, signal);
    expect(out.done).toEqual(['detached', 'given back all but none']);
    const failing = scene({ outcome: failed('DRIVER_ERROR', 'no free port'), attached: ['0000:05:00.0'] });
    await failing.driver.attach(order, signal);
    expect(failing.done.at(-1)).toBe('given back all but 0000:05:00.0');
  });

  it('gives nothing back that is to be reset first', async () => {
    const { driver, done } = scene({ kept: '0000:05:00.0' });
    await driver.detach(order, signal);
    expect(done).toEqual(['detached', 'given back all but 0000:05:00.0']);
  });

  it('keeps everything as it is while the guest has not let go, or nobody sees what VMs have', async () => {
    const refused = scene({ outcome: failed('GUEST_REFUSED', 'no') });
    await refused.driver.detach(order, signal);
    const unseen = scene({ attached: 'unseen' });
    await unseen.driver.detach(order, signal);
    expect([...refused.done, ...unseen.done]).toEqual(['detached', 'detached']);
  });

  it('gives nothing back while something else is being attached', async () => {
    const { driver, done } = scene();
    const attaching = driver.attach(order, signal);
    await driver.tidyUp();
    await attaching;
    expect(done.some((what) => what.startsWith('given back'))).toBe(false);
  });

  it('gives nothing back on the word of somebody who looked before something was attached', async () => {
    const { driver, done } = scene();
    const tidying = driver.tidyUp();
    const attaching = driver.attach(order, signal);
    await Promise.all([tidying, attaching]);
    expect(done.at(-1)).toBe('attached');
    expect(done.some((what) => what.startsWith('given back'))).toBe(false);
  });

  it('binds nothing when the time is over, nor what only stands for a device', async () => {
    const { driver, done } = scene();
    await driver.attach({ ...order, deadlineMs: 0 }, signal);
    await driver.attach({ ...order, address: '0000:01:10.7' }, signal);
    expect(done).toEqual(['attached', 'attached']);
  });
});
