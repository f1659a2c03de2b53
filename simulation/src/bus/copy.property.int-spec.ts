import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Buses } from '../testing/bus-under-test.js';
import { copyHistory, type CopyStep } from '../testing/copy-history.js';
import { CopyStage } from '../testing/copy-stage.js';
import { historiesOf, play, type Seen } from '../testing/histories.js';
import { natsBuses } from '../testing/nats-buses.js';
import { simulatedBuses } from '../testing/simulated-bus.js';

describe('the copy of the journal', () => {
  const real = natsBuses();

  beforeAll(() => real.start());
  afterAll(() => real.stop());

  const playOn = async (buses: Buses, history: readonly CopyStep[], other?: readonly Seen[]): Promise<readonly Seen[]> => {
    const bus = await buses.open();
    try {
      return await play(await CopyStage.on(bus), history, other);
    } finally {
      await bus.close();
    }
  };

  it.each([
    ['', false, historiesOf(16)],
    [', which goes back to older disks', true, Math.ceil(historiesOf(16) / 10)],
  ])('is on the bus of the simulation what it is on a nats-server%s', async (_, withDisks, numRuns) => {
    const sameOnBoth = fc.asyncProperty(copyHistory(withDisks), async (history) => {
      const simulated = await playOn(simulatedBuses, history);
      const seen = await playOn(real, history, simulated);
      expect(simulated.slice(0, seen.length)).toStrictEqual(seen);
    });
    await fc.assert(sameOnBoth, { numRuns });
  });
});
