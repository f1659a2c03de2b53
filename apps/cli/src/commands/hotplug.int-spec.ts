import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aCommandLine, type CommandLine, type Ended, type StandIn } from '../../spec/stand-in.js';

let line: CommandLine;
let system: StandIn;
beforeAll(async () => {
  line = await aCommandLine();
  system = line.system;
});
afterEach(() => system.forget());
afterAll(() => line.close());

const vfleet = (...words: string[]): Promise<Ended> => line.run(words);

describe('vfleet vms attach', () => {
  it('asks for devices by name, and shows what the VM holds then', async () => {
    const { code, out } = await vfleet('vms', 'attach', 'vm-42', '--device', '10GE:2', '--device', 'GPU');
    expect([code, out]).toEqual([0, expect.stringMatching(/^vm +vm-42\nhost +h1\n[\s\S]*device +0000:28:02\.0 \(10GE-0\)/)]);
    expect(system.asked).toEqual([{ subject: 'vms.attach', body: { vmId: 'vm-42', devices: [{ device: '10GE', count: 2 }, { device: 'GPU' }] } }]);
  });

  it('says where every device is that could not be plugged in, and ends with 2', async () => {
    const devices = [{ requestName: 'GPU-0', deviceId: '0'.repeat(20), address: '0000:3b:00.0', where: 'unplugged' }];
    const error = { code: 'GUEST_REFUSED', message: '0000:3b:00.0 cannot be plugged in on h1', details: { operationId: 'o', devices } };
    system.replies['vms.attach'] = { status: 422, body: { error } };
    const { code, note } = await vfleet('vms', 'attach', 'vm-42', '--device', 'GPU');
    expect([code, note]).toEqual([2, expect.stringMatching(/cannot be plugged in on h1 \(GUEST_REFUSED\)\n {2}0000:3b:00\.0 \(GPU-0\): unplugged/)]);
  });
});

describe('vfleet vms detach', () => {
  it('takes a request, or a device', async () => {
    expect((await vfleet('vms', 'detach', 'vm-42', '--request', '10GE-0')).code).toBe(0);
    expect((await vfleet('vms', 'detach', 'vm-42', '--device-id', '7291fccc4422bfa5bc07')).code).toBe(0);
    expect(system.asked.map(({ body }) => body)).toEqual([
      { vmId: 'vm-42', requestName: '10GE-0' },
      { vmId: 'vm-42', deviceId: '7291fccc4422bfa5bc07' },
    ]);
  });

  it('says that the VM holds nothing any more', async () => {
    system.replies['vms.detach'] = { body: { vmId: 'vm-42', reservation: null, devices: [] } };
    expect((await vfleet('vms', 'detach', 'vm-42', '--request', '10GE-0')).out).toMatch(/^vm +vm-42\nholds +-\n$/);
  });

  it('says how it is used when nothing, or both, is named', async () => {
    expect(await vfleet('vms', 'detach', 'vm-42')).toMatchObject({ code: 64, note: expect.stringContaining('--request') });
    expect(await vfleet('vms', 'detach', 'vm-42', '--request', 'a', '--device-id', 'b')).toMatchObject({ code: 64 });
    expect(system.asked).toEqual([]);
  });
});
