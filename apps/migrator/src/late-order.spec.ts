import { describe, expect, it } from '@jest/globals';
import { notFound, type ApiError } from '@vfleet/contracts';
import { whyNotLate } from './late-order.js';
import type { Allocator } from './outbound/allocator.js';
import { course, move, planned, start } from './testing/given.js';

const { source } = move(1);
const ended = course(start, planned()).saga;
const reservation = { hostId: 'h1', state: 'held', devices: [{ deviceId: source.deviceId }] };

/** An allocator that says this of the VM. */
const saying = (answer: object | Error): Allocator =>
  ({ ask: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)) }) as unknown as Allocator;

const why = (verb: 'attach' | 'detach', answer: object | Error, active = undefined as typeof ended | undefined) =>
  whyNotLate({ allocator: saying(answer), activeOf: () => active }, ended, { verb, hostId: 'h1', deviceId: source.deviceId });

describe('an order of a move that has ended', () => {
  it('to plug a device in is given while the VM runs with it, and to unplug it while the VM does not hold it', async () => {
    expect(await why('attach', { reservation, running: true })).toBeUndefined();
    expect(await why('detach', { reservation: null, running: true })).toBeUndefined();
  });

  it('to unplug what the VM holds is not given, with the code DEVICE_HELD', async () => {
    expect(await why('detach', { reservation, running: true })).toEqual({ code: 'DEVICE_HELD', message: 'vm-1 holds it' });
  });

  it.each([
    ['has let go of it', { reservation: { ...reservation, state: 'releasing' }, running: true }],
    ['holds it on another host', { reservation: { ...reservation, hostId: 'h2' }, running: true }],
    ['holds another device', { reservation: { ...reservation, devices: [] }, running: true }],
    ['does not run', { reservation, running: false }],
    ['is unknown', notFound('VM', 'vm-1')],
  ])('to plug a device in is not given when the VM %s', async (_, answer) => {
    expect(await why('attach', answer)).toMatchObject({ code: 'DEVICE_NOT_HELD' });
  });

  it('is left to a newer move of the same device', async () => {
    const newer = { ...course(start, planned()).saga, migrationId: 'm2' };
    expect(await why('detach', { reservation: null, running: true }, newer)).toEqual({ code: 'DEVICE_HELD', message: 'operation m2 sees to it' });
  });

  it('waits, with the code UNAVAILABLE, until it is known what a newer move takes', async () => {
    const newer = { ...course(start).saga, migrationId: 'm2' };
    await expect(why('attach', { reservation, running: true }, newer)).rejects.toMatchObject({
      status: 503,
      code: 'UNAVAILABLE',
    } satisfies Partial<ApiError>);
  });

  it('waits when the allocator does not answer', async () => {
    await expect(why('attach', new Error('timeout'))).rejects.toThrow('timeout');
  });
});
