import { compileWhere } from '@vfleet/cel';
import { invalidRequest, validate, type Message } from '@vfleet/contracts';
import { checkRequests, type DeviceRequest, type Fault } from '@vfleet/pci';

/** What the shape of a message does not say: the faults of the request language, in whatever came. */
export type LanguageFaults = (body: Readonly<Record<string, unknown>>) => readonly Fault[];

/** Faults of the device requests of a wish. */
export const wishFaults: LanguageFaults = ({ devices }) =>
  devices === undefined ? [] : checkRequests(devices as readonly DeviceRequest[], compileWhere);

/**
 * A body as its message has it, and its device requests as the language has them. Every fault of both is told at once:
 * what is wrong with the shape of one field hides nothing of the others.
 * @throws ApiError 400
 */
export const checkedBody = <T extends object>(message: Message<T>, body: object, languageFaults: LanguageFaults): T => {
  const shape = validate(message, body, 'refuse');
  const language = languageFaults(body as Readonly<Record<string, unknown>>);
  const told = new Set(language.map(({ field }) => field));
  const faults = [...(shape.ok ? [] : shape.faults.filter(({ field }) => !told.has(field))), ...language];
  if (!shape.ok || faults.length > 0) throw invalidRequest(faults);
  return shape.value;
};
