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
  const hint = HINTS[error.code];
  const said = `${paint.bad('vfleet:')} ${safeText(message)} (${safeText(error.code)})`;
  return [said, ...(hint === undefined ? [] : [`  ${hint}`]), ...unmetLines(unmet, paint), ...placeLines(places, paint), ''].join('\n');
};

/** What to do next, where a code alone tells it. */
const HINTS: Readonly<Record<string, string>> = {
  DEVICE_NOT_FOUND: 'vfleet devices ls shows those that there are',
  HOST_NOT_FOUND: 'vfleet hosts ls shows those that there are',
  HOST_UNKNOWN: 'vfleet hosts ls shows those that there are',
  VM_NOT_FOUND: 'vfleet vms ls shows those that hold devices',
  RESERVATION_NOT_FOUND: 'vfleet reservations ls shows those that there are',
  MODEL_NOT_FOUND: 'vfleet models ls shows those that there are',
  ALIAS_NOT_FOUND: 'vfleet aliases ls shows those that there are',
  OFFERING_NOT_FOUND: 'vfleet offerings ls shows those that there are',
  POLICY_NOT_FOUND: 'vfleet policies ls shows those that there are',
  QUOTA_NOT_FOUND: 'vfleet quotas ls shows those that there are',
  MIGRATION_NOT_FOUND: 'vfleet migrations ls shows those that there are',
  DEAD_LETTER_NOT_FOUND: 'vfleet deadletters ls shows those that there are',
  MIGRATION_IN_PROGRESS: 'vfleet migrations ls --active shows it',
  MIGRATION_FORBIDDEN: 'vfleet policies ls shows what is allowed',
  QUOTA_EXCEEDED: 'vfleet quotas ls shows what is used',
  HOST_DRAINING: 'vfleet hosts undrain lets it take VMs again',
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
