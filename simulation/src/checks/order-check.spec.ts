import { describe, expect, it } from '@jest/globals';
import { compareSender, isOrder } from './order-check.js';

const ORDER = 'vfleet.agent.h1.hostdev.attach';

const complaints = (owner: number | undefined, newest: number | undefined): readonly string[] => {
  const heard: string[] = [];
  compareSender(ORDER, owner, newest, (promise, what) => heard.push(`${promise}: ${what}`));
  return heard;
};

describe('what looks at orders', () => {
  it('names I10 where one comes from an owner who was replaced', () => {
    expect(complaints(3, 4)).toEqual([`I10: owner 3 of the migrator sends ${ORDER}, and owner 4 has its lease`]);
  });

  it('has nothing to say of the owner, nor of those who are none', () => {
    expect(complaints(4, 4)).toEqual([]);
    expect(complaints(undefined, 4)).toEqual([]);
  });

  it.each([ORDER, 'vfleet.agent.h1.hostdev.detach', 'vfleet.platform.vm.migrate'])('takes %s for an order', (subject) => {
    expect(isOrder(subject)).toBe(true);
  });

  it.each(['vfleet.agent.h1.probe', 'vfleet.internal.vms.inspect'])('takes %s for none: it changes nothing', (subject) => {
    expect(isOrder(subject)).toBe(false);
  });
});
