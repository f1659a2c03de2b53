import type { Measurement } from './measurement.js';
import { hostName, journalHolds, publishFleet } from './fleet.js';
import { openStage, type Stage } from './stage.js';

const HOSTS = 1_000;
const DEVICES = 64;
const CALLERS = 48;
const SECONDS = 5;
const ROUNDS = 3;

/** Reserve and release through the running allocator, all on one host and spread over a thousand. */
export const reservations = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  await stage.start('allocator');
  await journalHolds(stage, await publishFleet(stage, HOSTS, DEVICES));
  const hot: number[] = [];
  const spread: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    spread.push(await rate(stage, `s${round}`, (n) => hostName(n % HOSTS)));
    hot.push(await rate(stage, `h${round}`, () => hostName(0)));
  }
  await stage.close();
  const section = 'reserve and release';
  const [onHot, onSpread] = [Math.max(...hot), Math.max(...spread)];
  return [
    { section, what: `over ${HOSTS} hosts of ${DEVICES}, ${CALLERS} callers`, value: onSpread, unit: 'operations/s' },
    {
      section,
      what: `on one hot host, ${CALLERS} callers`,
      value: onHot,
      unit: 'operations/s',
      against: { what: 'spread', value: onSpread },
      aim: { at: 'least', figure: 0.5 },
    },
  ];
};

/** Each caller reserves one device for a VM and releases it again, by request and reply. */
const rate = async ({ client }: Stage, round: string, hostOf: (n: number) => string): Promise<number> => {
  let operations = 0;
  const start = performance.now();
  const end = start + SECONDS * 1_000;
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = caller; performance.now() < end; n += CALLERS) {
        const vmId = `vm-${round}-${n}`;
        await client.request('reservations.reserve', { vmId, hostId: hostOf(n), devices: [{ device: '10GE' }] });
        await client.request('reservations.release', { vmId });
        operations += 2;
      }
    }),
  );
  return operations / ((performance.now() - start) / 1_000);
};
