import type { DeviceRequest, HotplugDevice, ReservedDevice, UnmetRequest } from '@vfleet/contracts';
import type { Paint } from './paint.js';

/** Stands where there is nothing to say, so that columns keep their number. */
export const NOTHING = '-';

/** What may stand in a cell. */
export type Value = string | number | boolean | null | undefined;

/** Control characters and turns of direction: what could move a cursor, change colours or make text read otherwise than it is. */
export const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** As JSON and YAML escape a character. */
export const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What somebody else wrote, made harmless for a terminal: such characters show as themselves. */
export const safeText = (text: string): string => text.replace(UNSAFE, escaped);

export const orNothing = (value: Value): string => (value === null || value === undefined || value === '' ? NOTHING : safeText(String(value)));

/** `1 device`, `2 devices`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const pairs = (map: Readonly<Record<string, string>> | undefined): string =>
  orNothing(
    Object.entries(map ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
  );

/** A match as options write it: `vendorId=8086 numaNode=0,1`. */
export const matchText = (match: Readonly<Record<string, unknown>> = {}): string =>
  Object.entries(match)
    .map(([key, value]) => `${key}=${[value].flat().map(String).join(',')}`)
    .join(' ');

/** `10GE ×2`, `match vendorId=8086`, `model A100 where device.numaNode == 0`. */
export const requestText = ({ name, device, model, alias, match, where, firstAvailable, count = 1 }: DeviceRequest): string => {
  const said = [
    device,
    model === undefined ? undefined : `model ${model}`,
    alias === undefined ? undefined : `alias ${alias}`,
    match && Object.keys(match).length > 0 ? `match ${matchText(match)}` : undefined,
    where === undefined ? undefined : `where ${where}`,
    firstAvailable && `first of (${firstAvailable.map(requestText).join(' | ')})`,
  ];
  const what = said.filter((part) => part !== undefined).join(' ');
  return safeText(`${name === undefined ? '' : `${name}: `}${what}${count === 1 ? '' : ` ×${count}`}`);
};

/** `0000:28:02.1 (10GE-0)`; what only goes along says so. */
export const reservedText = ({ address, requestName, affected }: ReservedDevice): string =>
  safeText(`${address} (${requestName}${affected ? ', goes along' : ''})`);

/** Why requests are not served, a line for each request and one for each reason. */
export const unmetLines = (unmet: readonly UnmetRequest[], paint: Paint): readonly string[] =>
  unmet.flatMap(({ requestName, asked, matched, free, reasons }) => [
    `  ${paint.bold(safeText(requestName))}: asked ${asked}, matching ${matched}, free ${free}`,
    ...reasons.map(({ code, count, example }) => `    ${code} ×${count}${example === undefined ? '' : paint.dim(safeText(`  ${example}`))}`),
  ]);

/** Where devices are, a line for each. */
export const placeLines = (devices: readonly HotplugDevice[], paint: Paint): readonly string[] =>
  devices.map((device) => `  ${reservedText(device)}: ${paint.bold(safeText(device.where))}`);
