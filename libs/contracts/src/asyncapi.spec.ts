import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import { API } from './api.js';
import { asyncApiDocument, conversations } from './asyncapi.js';
import { EVENTS } from './events.js';
import { HOST_FACTS } from './host-facts.js';
import type { JsonSchema } from './schema.js';
import { VM_FACTS } from './vm-facts.js';

const load = createRequire(import.meta.url);
const document = asyncApiDocument('1.2.3');

/** The schema of AsyncAPI brings its own meta-schema along. */
const newAjv = (): Ajv => new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });

const resolve = (pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (value as JsonSchema | undefined)?.[name], document);

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI 3.0', () => {
    const validator = newAjv().compile(load('@asyncapi/specs/schemas/3.0.0.json') as object);
    expect([validator(document), validator.errors]).toEqual([true, null]);
    expect(validator({ ...document, channels: { x: { adress: 'x' } } })).toBe(false);
  });

  it('refers to nothing that it does not hold', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer as string);
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((pointer) => resolve(pointer) === undefined)).toEqual([]);
  });

  it('tells of every fact, event and request', () => {
    const told = (kind: string): readonly string[] => conversations().flatMap((one) => (one.kind === kind ? [one.name] : []));
    expect(told('host-fact')).toEqual(Object.keys(HOST_FACTS));
    expect(told('vm-fact')).toEqual(Object.keys(VM_FACTS));
    expect(told('event')).toEqual(Object.keys(EVENTS));
    expect(told('request')).toEqual([
      ...Object.keys(API),
      'agent.probe',
      'agent.hostdev.attach',
      'agent.hostdev.detach',
      'agent.sriov.set',
      'platform.vm.migrate',
    ]);
    expect(Object.keys(document['operations'] as object)).toHaveLength(conversations().length);
  });

  it('receives facts and requests, and sends events', () => {
    expect(resolve('/operations/host-fact.HostOnline')).toMatchObject({ action: 'receive' });
    expect(resolve('/operations/event.DevicesReserved')).toMatchObject({ action: 'send' });
    expect(resolve('/operations/request.devices.list')).toMatchObject({
      action: 'receive',
      reply: { channel: { $ref: '#/channels/request.devices.list.reply' } },
    });
    expect(resolve('/channels/event.DevicesReserved')).toMatchObject({ address: 'vfleet.evt.vm.{hostId}.{vmId}.DevicesReserved' });
  });

  it('describes an event as it really leaves', () => {
    const folder = new URL('../fixtures/events/', import.meta.url);
    const ajv = newAjv().addSchema({ $id: 'document', ...document });
    for (const name of Object.keys(EVENTS)) {
      const validator = ajv.getSchema(`document#/components/messages/event.${name}/payload`);
      const event: unknown = JSON.parse(fs.readFileSync(new URL(`${name}.v1.json`, folder), 'utf8'));
      expect([name, validator?.(event), validator?.errors]).toEqual([name, true, null]);
    }
  });

  it('is the same each time', () => {
    expect(asyncApiDocument('1.2.3')).toEqual(document);
  });
});
