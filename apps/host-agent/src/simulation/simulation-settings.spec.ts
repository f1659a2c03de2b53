import { describe, expect, it } from '@jest/globals';
import { BadSettings, readSimulationSettings, urlAs } from './simulation-settings.js';

describe('the settings of a simulated fleet', () => {
  it('are eight hosts on this machine’s server, who are nobody of their own, where nothing is said', () => {
    expect(readSimulationSettings({})).toEqual({
      hosts: 8,
      vfs: 4,
      natsUrl: 'nats://127.0.0.1:4222',
      hostsAreUsers: false,
      folder: '.vfleet/simulation',
      httpPort: null,
      traces: false,
    });
  });

  it.each(['-1', '10001', '1.5', '', 'many', '1e3'])('name VFLEET_SIM_HOSTS where it is %j', (hosts) => {
    expect(() => readSimulationSettings({ VFLEET_SIM_HOSTS: hosts })).toThrow(
      new BadSettings('VFLEET_SIM_HOSTS must be a whole number from 0 to 10000'),
    );
  });

  it('name every wrong one at once', () => {
    const wrong = { VFLEET_SIM_HOSTS: 'x', VFLEET_SIM_VFS: '33', VFLEET_SIM_HOSTS_ARE_USERS: 'yes' };
    const said = /VFLEET_SIM_HOSTS must.*\nVFLEET_SIM_VFS must be a whole number from 0 to 32\nVFLEET_SIM_HOSTS_ARE_USERS must/;
    expect(() => readSimulationSettings(wrong)).toThrow(said);
  });
});

describe('a host that is a user of its own', () => {
  it('comes to every server of the address with its own name and the password that stands there', () => {
    expect(urlAs('sim-01', 'nats://simulation:p-1@a:4222,nats://simulation:p-1@b:4223')).toBe('nats://sim-01:p-1@a:4222,nats://sim-01:p-1@b:4223');
  });

  it('needs no scheme in the address', () => {
    expect(urlAs('sim-01', 'a:4222')).toBe('nats://sim-01@a:4222');
  });
});
