import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { aFolder } from '@vfleet/testing';
import { readDeviceSerial, readVpdSerial } from './serial.js';

const EMPTY_SERIAL = Buffer.alloc(8);
/** A configuration space with one capability before the serial number, or with whatever header stands there. */
const space = (serial: Buffer, next = 0x140): Buffer => {
  const config = Buffer.alloc(4096);
  config.writeUInt32LE((0x0001 | (1 << 16) | (next << 20)) >>> 0, 0x100);
  config.writeUInt32LE(0x0003 | (1 << 16), 0x140);
  serial.copy(config, 0x144);
  return config;
};

describe('the serial number of a device', () => {
  let folder: string;
  beforeEach(() => {
    folder = aFolder('serial');
  });
  const inConfig = (config: Buffer): string | undefined => {
    writeFileSync(join(folder, 'config'), config);
    return readDeviceSerial(folder);
  };
  const inVpd = (vpd: Buffer): string | undefined => {
    writeFileSync(join(folder, 'vpd'), vpd);
    return readVpdSerial(folder);
  };
  const vpd = (fields: string): Buffer =>
    Buffer.concat([Buffer.from([0x82, 4, 0]), Buffer.from('name'), Buffer.from([0x90, fields.length, 0]), Buffer.from(fields), Buffer.from([0x78])]);

  it('stands in the extended configuration space, its lowest byte first', () => {
    expect(inConfig(space(Buffer.from([5, 0, 0x10, 0xff, 0xff, 0, 0x54, 0x52])))).toBe('52-54-00-ff-ff-10-00-05');
  });

  it('is none when it is all zeros or all ones', () => {
    expect([inConfig(space(EMPTY_SERIAL)), inConfig(space(Buffer.alloc(8, 0xff)))]).toEqual([undefined, undefined]);
  });

  it('is not found in the 64 bytes that others than root may read', () => {
    expect(inConfig(Buffer.alloc(64, 1))).toBeUndefined();
  });

  it('is not found in a list of capabilities that runs in a circle, or out of the space', () => {
    expect([inConfig(space(EMPTY_SERIAL, 0x100)), inConfig(space(EMPTY_SERIAL, 0xffc))]).toEqual([undefined, undefined]);
  });

  it('is the SN keyword of the vital product data', () => {
    expect(inVpd(vpd('PN\x03abcSN\x06 MT42 '))).toBe('MT42');
  });

  it('is not found in broken vital product data', () => {
    expect([inVpd(Buffer.from([0xff, 0xff])), inVpd(vpd('PN\xf0ab')), inVpd(vpd('SN\x040000')), inVpd(Buffer.alloc(0))]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
