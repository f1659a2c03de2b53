import { describe, expect, it } from '@jest/globals';
import type { DomainEvent } from '@vfleet/contracts';
import { DEFAULT_EXCLUDED_CLASSES, type ExcludedClass } from '@vfleet/pci';
import { aDevice } from '@vfleet/testing';
import { discovered, given, names, online, only, vmState } from '../testing/given.js';
import type { Command } from './decide.js';

const bridge: ExcludedClass = { class: '06' };
const put = (...excludedClasses: readonly ExcludedClass[]): Command => ({ type: 'PutEligibility', excludedClasses });
const wasPut = (...excludedClasses: readonly ExcludedClass[]): DomainEvent => ({
  type: 'EligibilityPut',
  data: { name: 'excluded-classes', excludedClasses: [...excludedClasses] },
});

describe('the list of classes that hosts keep', () => {
  it('is kept in one order and in lower case', () => {
    const { events, answer } = given().when(put({ class: '0C03', reason: ' USB ' }, bridge));
    expect(events).toEqual([wasPut(bridge, { class: '0c03', reason: 'USB' })]);
    expect(answer).toMatchObject({ kind: 'catalog', entry: { excludedClasses: [bridge, { class: '0c03', reason: 'USB' }] } });
  });

  it('is no event where it says what is so already, by default or because it was said before', () => {
    expect(names(given().when(put(...[...DEFAULT_EXCLUDED_CLASSES].reverse())))).toEqual([]);
    expect(names(given(wasPut(bridge)).when(put({ class: '06', reason: '' })))).toEqual([]);
    expect(names(given(wasPut(bridge)).when(put(...DEFAULT_EXCLUDED_CLASSES)))).toEqual(['EligibilityPut']);
  });

  it('is refused with each field that is wrong, and without the bridges', () => {
    const refused = (...classes: readonly string[]): unknown => {
      const { answer, events } = given().when(put(...classes.map((code) => ({ class: code }))));
      expect(events).toEqual([]);
      return answer.kind === 'refused' && (answer.refusal.details as readonly { field: string }[]).map(({ field }) => field);
    };
    expect(refused('06', 'xx', '06')).toEqual(['excludedClasses[1].class', 'excludedClasses[2].class']);
    expect(refused('05')).toEqual(['excludedClasses']);
  });

  it('counts at once for devices of before, which are then given to nobody, and taken from nobody', () => {
    const gpu = (address: string, iommuGroup: number) => aDevice('h1', address, { class: '030200', name: 'GPU', iommuGroup });
    const [one, another] = [gpu('0000:41:00.0', 1), gpu('0000:42:00.0', 2)];
    const fleet = [online('h1'), ...discovered('h1', one, another)];
    const start = (vmId: string): Command => vmState(vmId, 'starting', { hostId: 'h1', devices: [{ device: 'GPU' }] });
    const started = given(fleet).whenAll(start('vm-1'), put(bridge, { class: '0302', reason: 'GPU' }), start('vm-2'));
    expect(only(started, 'ReservationRejected').unmet?.[0]?.reasons).toEqual([
      { code: 'CLASS_EXCLUDED', count: 2, example: expect.stringContaining('GPU') },
    ]);
    const again = given(fleet).whenAll(start('vm-1'), put(bridge, { class: '0302' }), vmState('vm-1', 'running', { hostId: 'h1' }));
    expect(names(again)).toEqual(['VmStateRecorded']);
    const stopped = given(fleet).whenAll(start('vm-1'), put(bridge, { class: '0302' }), vmState('vm-1', 'stopped'));
    expect(only(stopped, 'DevicesReleased').devices).toHaveLength(1);
    expect(names(given(fleet).whenAll(put(bridge, { class: '0302' }), put(bridge), start('vm-2')))).toContain('DevicesReserved');
  });
});
