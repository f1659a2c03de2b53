import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { API, type ApiName } from './api.js';
import { fromCloudEvent, subjectOf, toCloudEvent, type CloudEvent } from './envelope.js';
import { EVENTS, type EventName } from './events.js';
import { parseFact } from './facts.js';
import { HOST_FACTS } from './host-facts.js';
import { hostFactSubject, vmFactSubject } from './subjects.js';
import { validate } from './validation.js';
import { VM_FACTS } from './vm-facts.js';

/**
 * One JSON per message version, stored for ever: what was written once must stay readable. A message that grows gets a new
 * optional field, and a new file beside the old one; no file here is ever changed or deleted.
 */
const FOLDER = new URL('../fixtures/', import.meta.url);

const names = (folder: string): readonly string[] => fs.readdirSync(new URL(folder, FOLDER)).toSorted();
const text = (file: string): string => fs.readFileSync(new URL(file, FOLDER), 'utf8');
const stored = (folder: string): readonly (readonly [string, string, string])[] =>
  names(folder).map((file) => [file, file.replace(/\.v\d+\.json$/, ''), text(`${folder}${file}`)] as const);

const covered = (folder: string): ReadonlySet<string> => new Set(names(folder).map((file) => file.replace(/\.v\d+\.json$/, '')));

/** What stands in the subject of a stored event after its context. */
const WHOSE = {
  device: 'h1',
  host: 'h1',
  vm: 'h1',
  migration: '019aa0c4-7000-[0-9a-f-]+',
  catalog: '(model|alias|offering|quota|policy|eligibility)',
} as const;

describe('every message that was ever stored', () => {
  it('stands beside a message of today, and every message of today has one', () => {
    expect(covered('facts/host/')).toEqual(new Set(Object.keys(HOST_FACTS)));
    expect(covered('facts/vm/')).toEqual(new Set(Object.keys(VM_FACTS)));
    expect(covered('events/')).toEqual(new Set(Object.keys(EVENTS)));
    expect(covered('api/')).toEqual(new Set(Object.keys(API).flatMap((name) => [`${name}.request`, `${name}.reply`])));
  });

  it.each(stored('facts/host/'))('%s is still accepted from a host', (_, name, json) => {
    expect(parseFact({ subject: hostFactSubject('h1', name), payload: Buffer.from(json) })).toMatchObject({ name, data: JSON.parse(json) as object });
  });

  it.each(stored('facts/vm/'))('%s is still accepted from a platform', (_, name, json) => {
    expect(parseFact({ subject: vmFactSubject('vm-42', name), payload: Buffer.from(json) })).toMatchObject({
      name,
      data: JSON.parse(json) as object,
    });
  });

  it.each(stored('events/'))('%s is still an event, and leaves as it was stored', (_, name, json) => {
    const event = JSON.parse(json) as CloudEvent;
    const { data, context } = EVENTS[name as EventName];
    expect(validate<object>(data, event.data, 'refuse')).toMatchObject({ ok: true });
    expect(toCloudEvent(fromCloudEvent(event))).toEqual(event);
    expect(subjectOf({ type: name, data: event.data })).toMatch(
      new RegExp(`^vfleet\\.evt\\.${context}\\.${WHOSE[context]}\\.[A-Za-z0-9_-]+\\.${name}$`),
    );
  });

  it.each(stored('api/'))('%s is still understood, and holds nothing that is not', (_, name, json) => {
    const [, request, part] = /^(.*)\.(request|reply)$/.exec(name) as unknown as [string, ApiName, 'request' | 'reply'];
    expect(validate<object>(API[request][part], JSON.parse(json), 'refuse')).toMatchObject({ ok: true });
  });
});
