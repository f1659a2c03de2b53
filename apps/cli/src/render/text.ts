import type { DeviceRequest, HotplugDevice, ReservedDevice, UnmetRequest } from '@vfleet/contracts';
import type { Paint } from './paint.js';

/** Stands where there is nothing to say, so that columns keep their number. */
export const NOTHING = '-';

/** What somebody else wrote, made harmless for a terminal: control characters and turns of direction show as themselves. */
export const safeText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);

export const orNothing = (value: string | number | boolean | null | undefined): string =>
  value === null || value === undefined || value === '' ? NOTHING : safeText(String(value));

export const pairs = (map: Readonly<Record<string, string>> | undefined): string =>
  orNothing(
    Object.entries(map ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
  );

/** `10GE×2`, `match vendorId=8086`. */
export const requestText = ({ name, device, match, count = 1 }: DeviceRequest): string => {
  const said = Object.entries(match ?? {}).map(([key, value]) => `${key}=${[value].flat().map(String).join(',')}`);
  const what = [device, said.length > 0 ? `match ${said.join(' ')}` : undefined].filter((part) => part !== undefined).join(' ');
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
