import { describe, expect, it } from '@jest/globals';
import { ineligibility } from './eligibility.js';
import {
  BY_DEFAULT,
  DEFAULT_EXCLUDED_CLASSES,
  changedClasses,
  classExclusion,
  excludedClassFaults,
  tidyExcludedClasses,
} from './excluded-classes.js';
import { aDevice, aHost } from './testing.js';

const of = (code: string) => aDevice({ class: code });

describe('the classes that hosts keep', () => {
  it.each([
    ['050000', 'memory controller'],
    ['060400', 'bridge'],
    ['070002', 'communication controller'],
    ['088000', 'system peripheral'],
    ['020000', undefined],
    ['0c0330', undefined],
  ])('are memory, bridges, communication controllers and system peripherals, as long as nobody says otherwise: %s', (code, reason) => {
    expect(BY_DEFAULT(of(code))).toBe(reason);
  });

  it('are told by the longest entry that a class begins with, and by the class where no reason was given', () => {
    const excluded = classExclusion([{ class: '03', reason: 'display' }, { class: '030200' }, { class: '0c03', reason: 'USB controller' }]);
    expect([excluded(of('030000')), excluded(of('030200')), excluded(of('0c0330')), excluded(of('0c0500'))]).toEqual([
      'display',
      'device of the class 030200',
      'USB controller',
      undefined,
    ]);
  });

  it('are those of PCI: a USB device of such a class is no PCI device of it', () => {
    expect(BY_DEFAULT(aDevice({ kind: 'usb', class: '080650' }))).toBeUndefined();
    const { class: _, ...unknown } = aDevice();
    expect(BY_DEFAULT(unknown)).toBeUndefined();
  });

  it('decide who may be given away, and what spoils an IOMMU group', () => {
    const [nic, serial] = [aDevice({ iommuGroup: 1 }), aDevice({ address: '0000:28:00.1', class: '070002', iommuGroup: 1, driver: 'serial' })];
    const lenient = classExclusion([{ class: '06' }]);
    const codes = (excludedClass = BY_DEFAULT): readonly (readonly string[])[] =>
      [nic, serial].map((device) => ineligibility(device, aHost([nic, serial], { excludedClass })).map(({ code }) => code));
    expect(codes()).toEqual([['GROUP_NOT_VIABLE'], ['CLASS_EXCLUDED']]);
    expect(codes(lenient)).toEqual([[], []]);
    expect(codes(classExclusion([{ class: '02' }, { class: '06' }]))).toEqual([['CLASS_EXCLUDED'], []]);
  });
});

describe('a list of classes that an operator gives', () => {
  it('is kept in lower case, in order, with reasons that say something', () => {
    expect(
      tidyExcludedClasses([
        { class: '0C03', reason: '  USB ' },
        { class: '06', reason: ' ' },
      ]),
    ).toEqual([{ class: '06' }, { class: '0c03', reason: 'USB' }]);
  });

  it('is refused with each field that is wrong', () => {
    const faults = excludedClassFaults([{ class: '06' }, { class: '0x02' }, { class: '5' }, { class: '06' }, { class: '0200000' }]);
    expect(faults.map(({ field }) => field)).toEqual([1, 2, 3, 4].map((index) => `excludedClasses[${index}].class`));
  });

  it('is refused without the bridges', () => {
    expect(excludedClassFaults([{ class: '05' }, { class: '0604' }])).toEqual([
      { field: 'excludedClasses', message: 'must hold 06: bridges stay with their host' },
    ]);
    expect(excludedClassFaults(DEFAULT_EXCLUDED_CLASSES)).toEqual([]);
  });

  it('changes what stands in one list and not, or with another reason, in the other', () => {
    const after = [{ class: '05', reason: 'RAM' }, { class: '06', reason: 'bridge' }, { class: '0302' }];
    expect([...changedClasses(DEFAULT_EXCLUDED_CLASSES, after)].sort()).toEqual(['0302', '05', '07', '08']);
    expect(changedClasses(after, after)).toEqual([]);
  });
});
