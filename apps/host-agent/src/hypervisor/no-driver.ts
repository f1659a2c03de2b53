import { failed, type HypervisorDriver } from './driver.js';

const refused = async () => failed('DRIVER_ERROR', 'the agent of this host is configured without a hypervisor');

/** For a host whose hypervisor the agent is to leave alone: nothing can be ordered, and nothing is seen. */
export const noDriver: HypervisorDriver = {
  attach: refused,
  detach: refused,
  attachments: async () => undefined,
  preflight: async () => [],
  describe: async () => ({ driver: 'none' }),
  close: async () => {},
};
