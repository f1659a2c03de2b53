import { describe, expect, it } from '@jest/globals';
import { replay } from '@vfleet/decider';
import { NOW, planned, start } from '../testing/given.js';
import { attach, held } from '../testing/given-hotplug.js';
import { undertakingDecider, type UndertakingCommand } from './undertaking.decider.js';
import { isHotplug, isOver, isWaiting, lateAt, needsOf, type UndertakingEvent } from './undertaking.js';

const told = (...commands: readonly object[]): readonly UndertakingEvent[] => {
  let events: readonly UndertakingEvent[] = [];
  for (const command of commands)
    events = [...events, ...undertakingDecider.decide(replay(undertakingDecider, events), { now: NOW, ...command } as UndertakingCommand)];
  return events;
};
const after = (...commands: readonly object[]) => replay(undertakingDecider, told(...commands));

describe('what is done with a VM', () => {
  it('is a move or a hot-plug by the first thing that is heard, also when it is read again', () => {
    expect([isHotplug(after(start)), isHotplug(after(attach))]).toEqual([false, true]);
    expect(needsOf(after(start))).toEqual([{ type: 'Plan' }]);
    expect(needsOf(after(attach))).toMatchObject([{ type: 'Prepare' }]);
  });

  it('waits until it is over, and is late at its first deadline', () => {
    for (const one of [after(start, planned()), after(attach, held(1))]) {
      expect([isOver(one), isWaiting(one)]).toEqual([false, true]);
      expect(lateAt(one)).toBe(one.commands.get(`${one.migrationId}-1`)?.deadline);
    }
  });

  it('does not hear what is said to the other kind', () => {
    const moveFailed = { type: 'MoveFailed', message: 'no' };
    expect(told(attach, held(1), moveFailed)).toEqual(told(attach, held(1)));
    expect(told(attach, { type: 'Cancel' }, { type: 'Start', migrationId: 'm1', request: { vmId: 'vm-1' } })).toEqual(told(attach));
    expect(told(start, held(1), { type: 'GivenBack' })).toEqual(told(start));
  });

  it('hears of agents and of time in both cases', () => {
    const failed = (id: string) => ({ type: 'Answered', outcome: { commandId: `${id}-1`, kind: 'failed', code: 'GUEST_REFUSED', message: 'no' } });
    expect(told(start, planned(), failed('m1')).map(({ type }) => type)).toContain('HostdevCommandFailed');
    expect(told(attach, held(1), failed('o1')).map(({ type }) => type)).toContain('HostdevCommandFailed');
    const late = { type: 'TimePassed', now: '2027-01-01T00:00:00.000Z' };
    expect(told(start, planned(), late).length).toBeGreaterThan(told(start, planned()).length);
    expect(told(attach, held(1), late).length).toBeGreaterThan(told(attach, held(1)).length);
  });
});
