import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { isImpossible, markNotReset, pauseAfter, planReset, type ResetScene } from './reset-plan.js';

const scene = (given: Partial<ResetScene> = {}): ResetScene => ({
  device: aDevice('h1', '0000:28:00.1', { driver: 'vfio-pci' }),
  resettable: true,
  methods: ['flr', 'bus'],
  isOpen: false,
  neighbour: undefined,
  ...given,
});
const device = (more: object): Pick<ResetScene, 'device'> => ({ device: aDevice('h1', '0000:28:00.1', { driver: 'vfio-pci', ...more }) });

describe('a device that a VM has left', () => {
  it('is reset where the kernel knows a way, and no driver of the host has it', () => {
    expect(planReset(scene(), 'try')).toEqual({ reset: true });
    expect(planReset(scene(device({ driver: undefined })), 'try')).toEqual({ reset: true });
  });

  it('is not reset while some process has it open', () => {
    expect(planReset(scene({ isOpen: true }), 'required')).toEqual({ wait: 'some process still has it open by VFIO', soon: true });
  });

  it('is not reset by a way that may reach a neighbour which a VM has', () => {
    const neighbour = '0000:28:00.0';
    for (const methods of [['flr', 'bus'], ['bus'], ['cxl_bus'], undefined])
      expect(planReset(scene({ neighbour, methods }), 'try')).toEqual({ wait: `a VM has ${neighbour}, which a reset could reach`, soon: false });
    expect(planReset(scene({ neighbour, methods: ['device_specific', 'flr', 'pm'] }), 'try')).toEqual({ reset: true });
  });

  it('is reset beside its neighbours when it is a virtual function, also by kernels that do not tell how', () => {
    expect(planReset(scene({ neighbour: '0000:28:00.3', methods: undefined, ...device({ functionType: 'vf' }) }), 'try')).toEqual({ reset: true });
  });

  it('is not reset while it has virtual functions, which would go', () => {
    expect(planReset(scene(device({ functionType: 'pf', numVfs: 2 })), 'required')).toEqual({ wait: 'it has virtual functions', soon: false });
    expect(planReset(scene(device({ functionType: 'pf', numVfs: 0 })), 'required')).toEqual({ reset: true });
  });

  it('is left to its host’s driver, unless a reset is required and the host does not use it', () => {
    expect(planReset(scene(device({ driver: 'ixgbe' })), 'try')).toEqual({ cannot: "its host's driver ixgbe has it already" });
    expect(planReset(scene(device({ driver: 'ixgbe', hostUse: [{ code: 'not-reset', detail: '' }] })), 'required')).toEqual({
      reset: true,
      unbind: 'ixgbe',
    });
    const used = device({ driver: 'ixgbe', hostUse: [{ code: 'default-route', detail: 'eth0' }] });
    expect(planReset(scene(used), 'required')).toEqual({ wait: 'its host uses it (default-route)', soon: false });
  });

  it('cannot be reset where the kernel knows no way', () => {
    expect(planReset(scene({ resettable: false }), 'required')).toEqual({ cannot: 'its kernel knows no way to reset it' });
  });
});

describe('a reset that the kernel refuses', () => {
  it('has failed', () => {
    for (const errno of ['EIO', 'ETIMEDOUT', 'EINVAL', 'ENXIO', undefined]) expect(isImpossible(errno, ['flr'])).toBe(false);
  });

  it('is none where the agent may not write', () => {
    for (const errno of ['EACCES', 'EPERM', 'EROFS', 'ENOENT']) expect(isImpossible(errno, ['flr'])).toBe(true);
  });

  it('for want of a way is none on a bus with others, and has failed where the function has a way of its own', () => {
    expect(isImpossible('ENOTTY', ['bus'])).toBe(true);
    expect(isImpossible('ENOTTY', undefined)).toBe(true);
    expect(isImpossible('ENOTTY', ['flr', 'bus'])).toBe(false);
  });

  it('is tried again later each time, after an hour at most', () => {
    expect([1, 2, 3, 8, 100].map(pauseAfter)).toEqual([30, 60, 120, 3_600, 3_600]);
  });
});

describe('the mark of a device that is not reset', () => {
  const seen = { observation: aDevice('h1', '0000:28:00.1', { hostUse: [{ code: 'mounted', detail: '/srv' }] }) };
  const { deviceId } = seen.observation;

  it('stands beside what the host uses it for, and goes when the device is reset', () => {
    const [marked] = markNotReset([seen], new Map([[deviceId, 'left by vm-1: EIO']]));
    expect(marked?.observation.hostUse).toEqual([
      { code: 'mounted', detail: '/srv' },
      { code: 'not-reset', detail: 'left by vm-1: EIO' },
    ]);
    expect(markNotReset([marked ?? seen], new Map())).toEqual([seen]);
  });

  it('leaves alone what it does not concern', () => {
    expect(markNotReset([seen], new Map([['other', 'x']]))[0]).toBe(seen);
  });
});
