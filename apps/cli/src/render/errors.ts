import { ApiError, type UnmetRequest } from '@vfleet/contracts';
import type { Fault } from '@vfleet/pci';
import type { Paint } from './paint.js';
import { safeText, unmetLines } from './text.js';

/** What went wrong, for a person: one sentence, then each field or each request. */
export const renderError = (error: unknown, paint: Paint): string => {
  const { message } = error as Error;
  if (!(error instanceof ApiError)) return `${paint.bad('vfleet:')} ${safeText(message)}\n`;
  const { faults, unmet } = detailsOf(error);
  if (faults)
    return [
      `${paint.bad('vfleet:')} the request is wrong`,
      ...faults.map(({ field, message: why }) => `  ${paint.bold(safeText(field))} ${safeText(why)}`),
      '',
    ].join('\n');
  return [`${paint.bad('vfleet:')} ${safeText(message)} (${error.code})`, ...unmetLines(unmet, paint), ''].join('\n');
};

const detailsOf = ({ details }: ApiError): { readonly faults?: readonly Fault[]; readonly unmet: readonly UnmetRequest[] } => {
  if (Array.isArray(details) && details.every((one) => typeof (one as Fault | null)?.field === 'string'))
    return { faults: details as Fault[], unmet: [] };
  const { unmet } = (details ?? {}) as { readonly unmet?: unknown };
  return { unmet: Array.isArray(unmet) ? (unmet as UnmetRequest[]) : [] };
};
