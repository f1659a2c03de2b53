import type { Logger } from 'pino';
import type { HypervisorSettings } from '../configuration/hypervisor-settings.js';
import type { DriverSurroundings, HypervisorDriver } from './driver.js';
import { libvirtDriver } from './libvirt.js';
import { noDriver } from './no-driver.js';
import { qmpDriver } from './qmp.js';
import { simulatorDriver } from './simulator.js';
import { ipLinkSetVf } from './vf-network.js';

/** The driver that the configuration names. `file`: where a simulation keeps its attachments unless it is told. */
export const openDriver = (settings: HypervisorSettings, surroundings: DriverSurroundings, file: string, log: Logger): HypervisorDriver => {
  switch (settings.driver) {
    case 'qmp':
      return qmpDriver({ ...settings, setVfNetwork: ipLinkSetVf(settings.ip) }, surroundings, log);
    case 'simulator':
      return simulatorDriver({ file, ...settings }, surroundings);
    case 'libvirt':
      return libvirtDriver(settings, surroundings, log);
    case 'none':
      return noDriver;
  }
};
