import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { historiesOf, play } from '../testing/histories.js';
import { storeHistory } from '../testing/store-history.js';
import { StoreStage } from '../testing/store-stage.js';
import { postgresStores, simulatedStores, type Stores } from '../testing/stores.js';

describe('the store of the simulation', () => {
  let real: Stores;

  beforeAll(async () => {
    real = await postgresStores();
  });
  afterAll(() => real.close());

  it('answers, refuses and keeps in any history as PostgreSQL does', async () => {
    const sameOnBoth = fc.asyncProperty(storeHistory, async (history) => {
      const simulated = await play(new StoreStage(await simulatedStores.open()), history);
      const seen = await play(new StoreStage(await real.open()), history, simulated);
      expect(simulated.slice(0, seen.length)).toStrictEqual(seen);
    });
    await fc.assert(sameOnBoth, { numRuns: historiesOf(150) });
  });
});
