import { ApiError, type HotplugDevice, type UnmetRequest } from '@vfleet/contracts';
import type { Fault } from '@vfleet/pci';
import type { Paint } from './paint.js';
import { placeLines, safeText, unmetLines } from './text.js';

/** What went wrong, for a person: one sentence, then each field or each request. */
export const renderError = (error: unknown, paint: Paint): string => {
  const { message } = error as Error;
  if (!(error instanceof ApiError)) return `${paint.bad('vfleet:')} ${safeText(message)}\n`;
  const { faults, unmet, places } = detailsOf(error);
  if (faults)
    return [
      `${paint.bad('vfleet:')} the request is wrong`,
      ...faults.map(({ field, message: why }) => `  ${paint.bold(safeText(field))} ${safeText(why)}`),
      '',
    ].join('\n');
  return [`${paint.bad('vfleet:')} ${safeText(message)} (${error.code})`, ...unmetLines(unmet, paint), ...placeLines(places, paint), ''].join('\n');
};

interface Details {
  readonly faults?: readonly Fault[];
  readonly unmet: readonly UnmetRequest[];
  /** Where devices are that could not be plugged, or unplugged. */
  readonly places: readonly HotplugDevice[];
}

const detailsOf = ({ details }: ApiError): Details => {
  if (Array.isArray(details) && details.every((one) => typeof (one as Fault | null)?.field === 'string'))
    return { faults: details as Fault[], unmet: [], places: [] };
  const { unmet, devices } = (details ?? {}) as { readonly unmet?: unknown; readonly devices?: unknown };
  return { unmet: listed<UnmetRequest>(unmet), places: listed<HotplugDevice>(devices).filter(({ where }) => typeof where === 'string') };
};

const listed = <Item>(value: unknown): readonly Item[] => (Array.isArray(value) ? (value as Item[]) : []);
