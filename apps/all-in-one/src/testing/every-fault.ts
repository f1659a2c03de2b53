import { setTimeout as delay } from 'node:timers/promises';
import type { Course, MovingPlatform } from '@vfleet/testing';

/** Of orders and moves, how many go wrong in each of the ways. */
const SHARE = 0.05;
const LATE_MS = 500;

/** Everything that a simulated hypervisor and its guests may do wrong, as the simulator's `simulate` takes it. */
export const EVERY_FAULT = [
  { verb: 'detach', refuse: true },
  { verb: 'detach', silent: true },
  { verb: 'detach', silent: true, lateMs: LATE_MS },
  { verb: 'attach', silent: true },
  { verb: 'attach', failCode: 'DEVICE_BUSY' },
  { verb: 'attach', failCode: 'DRIVER_ERROR' },
  { loseReply: true },
  { slowMs: 300 },
].map((fault) => ({ ...fault, share: SHARE }));

/** Everything that a platform may make of a move, most often the right thing: it fails, is silent, hesitates, and says things twice. */
export const unreliable =
  (platform: MovingPlatform): Course =>
  async (move) => {
    const { vmId, sourceHostId, targetHostId } = move;
    const chance = Math.random();
    if (chance < SHARE) return platform.fail(move);
    if (chance < 2 * SHARE) return;
    if (chance < 3 * SHARE) await platform.tell(vmId, sourceHostId);
    if (chance > 1 - SHARE) await delay(LATE_MS);
    await platform.tell(vmId, targetHostId);
    if (chance > 1 - 2 * SHARE) await platform.tell(vmId, targetHostId);
  };
