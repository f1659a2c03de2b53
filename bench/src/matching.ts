import { chooseDevices, type Circumstances, type DeviceObservation, type Wish, unavailability } from '@vfleet/pci';
import { hardQuestions, type HardQuestion } from '@vfleet/pci/adversarial';
import { percentile, type Measurement } from './measurement.js';

const WARM_UP = 5;
const ROUNDS = 40;
/** What a question may take at p99, in milliseconds: the promise of the contract. */
const PROMISED = 50;

/** Hard questions of 64 requests against 512 devices, each asked many times, beside a first fit that asks the same of the same devices. */
export const matching = (): Promise<readonly Measurement[]> => {
  const questions = Object.values(hardQuestions());
  const complete = samplesOf(questions, chooseDevices);
  const simple = samplesOf(questions, firstFit);
  const figure = (share: number): Measurement => ({
    section: 'matching',
    what: `64 requests against 512 devices, ${questions.length} hard cases, p${share * 100} (processor time)`,
    value: percentile(complete, share),
    unit: 'ms',
    against: { what: 'first fit, which misses solutions', value: percentile(simple, share) },
    ...(share > 0.5 && { aim: { at: 'most', figure: PROMISED, of: 'value' } }),
  });
  return Promise.resolve([figure(0.5), figure(0.99)]);
};

/** Milliseconds of this process's own time: what else runs on the machine does not count. */
const samplesOf = (questions: readonly HardQuestion[], answer: (host: Circumstances, wish: Wish) => unknown): readonly number[] =>
  questions.flatMap(({ host, wish }) => {
    const samples = Array.from({ length: WARM_UP + ROUNDS }, () => {
      const asked = wish();
      const before = process.cpuUsage();
      answer(host, asked);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    });
    return samples.slice(WARM_UP);
  });

/** Each request takes the first devices that it accepts and that nobody has; what does not fit is left. */
const firstFit = (host: Circumstances, { vmId, asks }: Wish): ReadonlySet<DeviceObservation> => {
  const taken = new Set<DeviceObservation>();
  for (const { alternatives } of asks)
    for (const alternative of alternatives) {
      const fitting: DeviceObservation[] = [];
      for (const device of host.topology.devices.values()) {
        if (fitting.length === alternative.count) break;
        if (!taken.has(device) && alternative.accepts(host.topology.attributesOf(device)) && !unavailability(device, host, { ...alternative, vmId }))
          fitting.push(device);
      }
      if (fitting.length < (alternative.count === 'all' ? 1 : alternative.count)) continue;
      for (const device of fitting) taken.add(device);
      break;
    }
  return taken;
};
