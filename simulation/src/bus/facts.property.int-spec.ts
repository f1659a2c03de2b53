import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Buses } from '../testing/bus-under-test.js';
import { factsHistory, type FactsStep } from '../testing/facts-history.js';
import { FactsStage } from '../testing/facts-stage.js';
import { historiesOf, play, type Seen } from '../testing/histories.js';
import { natsBuses } from '../testing/nats-buses.js';
import { simulatedBuses } from '../testing/simulated-bus.js';

describe('the stream of facts', () => {
  const real = natsBuses();

  beforeAll(() => real.start());
  afterAll(() => real.stop());

  const playOn = async (buses: Buses, history: readonly FactsStep[], other?: readonly Seen[]): Promise<readonly Seen[]> => {
    const bus = await buses.open();
    const stage = await FactsStage.on(bus);
    try {
      return await play(stage, history, other);
    } finally {
      stage.end();
      await bus.close();
    }
  };

  it('and its consumers are on the bus of the simulation what they are on a nats-server', async () => {
    const sameOnBoth = fc.asyncProperty(factsHistory, async (history) => {
      const simulated = await playOn(simulatedBuses, history);
      const seen = await playOn(real, history, simulated);
      expect(simulated.slice(0, seen.length)).toStrictEqual(seen);
    });
    await fc.assert(sameOnBoth, { numRuns: historiesOf(12) });
  });
});
