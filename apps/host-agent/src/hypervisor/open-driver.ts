import type { Logger } from 'pino';
import type { HypervisorSettings } from '../configuration/hypervisor-settings.js';
import type { DriverSurroundings, HypervisorDriver } from './driver.js';
import { qmpDriver } from './qmp.js';
import { ipLinkSetVf } from './vf-network.js';

/** The driver that the configuration names; undefined for a host whose hypervisor the agent leaves alone. */
export const openDriver = (settings: HypervisorSettings, surroundings: DriverSurroundings, log: Logger): HypervisorDriver | undefined => {
  switch (settings.driver) {
    case 'qmp':
      return qmpDriver({ ...settings, setVfNetwork: ipLinkSetVf(settings.ip) }, surroundings, log);
    default:
      return undefined;
  }
};
