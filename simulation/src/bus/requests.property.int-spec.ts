import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Buses } from '../testing/bus-under-test.js';
import { requestsHistory, type RequestsStep } from '../testing/requests-history.js';
import { RequestsStage } from '../testing/requests-stage.js';
import { historiesOf, play, type Seen } from '../testing/histories.js';
import { natsBuses } from '../testing/nats-buses.js';
import { simulatedBuses } from '../testing/simulated-bus.js';

describe('requests', () => {
  const real = natsBuses();

  beforeAll(() => real.start());
  afterAll(() => real.stop());

  const playOn = async (buses: Buses, history: readonly RequestsStep[], other?: readonly Seen[]): Promise<readonly Seen[]> => {
    const bus = await buses.open();
    const stage = await RequestsStage.on(bus);
    try {
      return await play(stage, history, other);
    } finally {
      stage.end();
      await bus.close();
    }
  };

  it('come on the bus of the simulation to what they come on a nats-server', async () => {
    const sameOnBoth = fc.asyncProperty(requestsHistory, async (history) => {
      const simulated = await playOn(simulatedBuses, history);
      const seen = await playOn(real, history, simulated);
      expect(simulated.slice(0, seen.length)).toStrictEqual(seen);
    });
    await fc.assert(sameOnBoth, { numRuns: historiesOf(25) });
  });
});
