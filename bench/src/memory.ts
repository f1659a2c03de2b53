import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './measurement.js';

const DEVICES = 1_000_000;
/** Of old objects, in MiB: what the fleet may take, and room to breathe for the collector. */
const HEAP_MIB = 1_500;
const AIM_GIB = 1.5;

interface Weight {
  readonly residentBytes: number;
  /** Live objects. */
  readonly heapBytes: number;
}

interface Report {
  readonly devices: number;
  /** After the journal was folded. */
  readonly folded: Weight;
  /** After wishes that may go to any host, so that each host has been looked at. */
  readonly searched: Weight;
}

/** What a fleet of a million devices takes of a process's memory, in a child process with a heap of a stated size. */
export const memory = async (): Promise<readonly Measurement[]> => {
  const { devices, folded, searched } = await measure();
  const base = { section: 'memory', unit: 'bytes' };
  const what = `${devices} devices`;
  const aim = { at: 'most', figure: AIM_GIB, of: 'value' } as const;
  return [
    { ...base, what: `${what}, folded: resident, per device`, value: folded.residentBytes / devices },
    { ...base, what: `${what}, folded: live objects, per device`, value: folded.heapBytes / devices },
    { ...base, what: `${what}, each host looked at: resident, per device`, value: searched.residentBytes / devices },
    { ...base, what: `${what}, each host looked at: live objects, per device`, value: searched.heapBytes / devices },
    { ...base, what: `${what}, each host looked at: resident`, value: searched.residentBytes / 2 ** 30, unit: 'GiB', aim },
  ];
};

const measure = async (): Promise<Report> => {
  const program = fileURLToPath(new URL('memory-child.js', import.meta.url));
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, '--expose-gc', program, String(DEVICES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`a fleet of ${DEVICES} devices does not fit into ${HEAP_MIB} MiB (${signal ?? code})`);
  return JSON.parse(said) as Report;
};
