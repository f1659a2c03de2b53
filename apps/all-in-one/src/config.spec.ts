import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { BadSettings, readConfig } from './config.js';

describe('the settings of the supervisor', () => {
  it('are those of the contract where nothing is set, or set to nothing', () => {
    const expected = {
      dataDir: resolve('.vfleet'),
      natsUrl: undefined,
      pgUrl: undefined,
      httpPort: 8080,
      natsPort: 4222,
      simulatedHosts: 8,
      readWithoutToken: true,
    };
    expect(readConfig({})).toEqual(expected);
    expect(readConfig({ VFLEET_PG_URL: '', VFLEET_HTTP_PORT: '' })).toEqual(expected);
  });

  it('take 0 for a free port and for no simulated fleet', () => {
    expect(readConfig({ VFLEET_HTTP_PORT: '0', VFLEET_NATS_PORT: '0', VFLEET_SIM_HOSTS: '0' })).toMatchObject({
      httpPort: 0,
      natsPort: 0,
      simulatedHosts: 0,
    });
  });

  it('are refused all at once, each by its name', () => {
    const wrong = {
      VFLEET_HTTP_PORT: '65536',
      VFLEET_NATS_PORT: '-1',
      VFLEET_SIM_HOSTS: '1.5',
      VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: 'perhaps',
      VFLEET_NATS_URL: 'localhost',
      VFLEET_PG_URL: 'mysql://x',
    };
    expect(() => readConfig(wrong)).toThrow(BadSettings);
    for (const variable of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(variable);
  });
});
