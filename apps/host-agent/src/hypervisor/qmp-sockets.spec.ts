import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { aFolder } from '@vfleet/testing';
import { qmpSockets } from './qmp-sockets.js';

let folder: string;
beforeEach(() => {
  folder = aFolder('sockets');
});
const put = (...parts: readonly string[]): string => {
  const path = join(folder, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  return path;
};

describe('the monitors of a host', () => {
  it('are found in a folder by their VMs', () => {
    put('vm-1.qmp');
    put('vm-2.qmp');
    put('vm 3.qmp');
    put('notes.txt');
    const sockets = qmpSockets(folder);
    expect([...sockets.vms()].sort()).toEqual(['vm-1', 'vm-2']);
    expect(sockets.of('vm-9')).toBe(join(folder, 'vm-9.qmp'));
  });

  it('are found by a path in which the VM stands anywhere', () => {
    put('vm-1', 'qmp.sock');
    put('vm-2', 'other');
    expect(qmpSockets(join(folder, '{vmId}', 'qmp.sock')).vms()).toEqual(['vm-1']);
    put('guest-7-monitor');
    expect(qmpSockets(join(folder, 'guest-{vmId}-monitor')).vms()).toEqual(['7']);
  });

  it('are found by a mapping, those that are there', () => {
    const sockets = qmpSockets({ 'vm-1': put('a'), 'vm-2': join(folder, 'b') });
    expect([sockets.vms(), sockets.of('vm-2'), sockets.of('vm-3')]).toEqual([['vm-1'], join(folder, 'b'), undefined]);
  });

  it('are none as long as the folder is not there', () => {
    expect(qmpSockets(join(folder, 'later')).vms()).toEqual([]);
  });
});
