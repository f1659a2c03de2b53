import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import {
  API,
  ApiError,
  HOST_FACTS,
  MigratingVm,
  UnacceptableFact,
  VM_FACTS,
  hostFactSubject,
  validate,
  vmFactSubject,
  type ApiName,
} from '@vfleet/contracts';
import { decodeRequest } from '@vfleet/service-kit';
import { diceOf, fuzz, spoiledJson, spoiledText, type Dice } from '@vfleet/testing';
import { checkedBody, wishFaults } from './checked-body.js';
import { decodeFact, saidOfRefusal, vmOfUnacceptable } from './decode-fact.js';

const FIXTURES = new URL('../../../../libs/contracts/fixtures/', import.meta.url);
/** The closed codes of a dead letter. */
const CODES = ['NOT_JSON', 'INVALID_FACT', 'SUBJECT_MISMATCH', 'TOO_LARGE', 'UNKNOWN_FACT', 'INVALID_REQUEST'];
/** As much as the bus takes from the start: 1 MiB, which a refusal fills three times, in a header, a message and its details. */
const MOST_SAID = 128 * 1024;

interface Stored {
  readonly name: string;
  readonly json: unknown;
}
const stored = (folder: string): readonly Stored[] =>
  readdirSync(new URL(folder, FIXTURES)).map((file) => ({
    name: file.replace(/\.v\d+\.json$/, ''),
    json: JSON.parse(readFileSync(new URL(`${folder}${file}`, FIXTURES), 'utf8')) as unknown,
  }));

const SPLINTERS = ['"', '{', '}', '[', '\\u0000', '\\ud83d', '1e999', ':', ',', '{"__proto__":1}', '"specversion":"1.0","data":', 'null'];

/** The bytes of a message that is nearly right; one in four is spoiled as text. */
const bytesOf = (json: unknown, dice: Dice): Uint8Array => {
  const text =
    JSON.stringify(spoiledJson(dice.below(8) === 0 ? { specversion: '1.0', id: dice.pick(['e', '', '\u0000']), data: json } : json, dice)) ?? '';
  return Buffer.from(dice.below(4) === 0 ? spoiledText(text, SPLINTERS, dice) : text);
};

const expectSaid = (text: string): void => {
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThan(MOST_SAID);
  expect(text).not.toContain('\u0000');
};

const facts = [
  ...stored('facts/host/').map(({ name, json }) => ({ subject: hostFactSubject('h1', name), json })),
  ...stored('facts/vm/').map(({ name, json }) => ({ subject: vmFactSubject('vm-42', name), json })),
];

describe('a fact that is nearly right', () => {
  it('is taken, or refused with a closed code and few words', () => {
    let [taken, refused] = [0, 0];
    fuzz((dice) => {
      const { subject, json } = dice.pick(facts);
      const message = { subject, payload: bytesOf(json, dice), headers: {}, delivery: 'd', receivedAt: '2026-11-20T10:00:00Z' };
      try {
        expect(Object.keys({ ...HOST_FACTS, ...VM_FACTS })).toContain(decodeFact(message).name);
        taken += 1;
      } catch (error) {
        if (!(error instanceof UnacceptableFact)) throw error;
        expect(CODES).toContain(error.code);
        for (const { field, message: said } of error.faults) [field, said].forEach(expectSaid);
        expectSaid(saidOfRefusal(error));
        vmOfUnacceptable(message);
        refused += 1;
      }
    });
    // Both have to come, or the cases are not near enough.
    expect(Math.min(taken, refused) > 0 || process.env['VFLEET_FUZZ_RUNS'] === '1').toBe(true);
  });
});

const requests = stored('api/').filter(({ name }) => name.endsWith('.request'));
const replies = stored('api/').filter(({ name }) => name.endsWith('.reply'));
const endpointOf = (name: string): ApiName => name.replace(/\.(request|reply)$/, '') as ApiName;

const expectRefusal = (error: unknown): void => {
  if (!(error instanceof ApiError)) throw error;
  expect([error.status, error.code]).toEqual([400, 'INVALID_REQUEST']);
  const details = error.details as readonly { readonly field: string; readonly message: string }[];
  expect(details.length).toBeGreaterThan(0);
  for (const { field, message } of details) [field, message].forEach(expectSaid);
  expectSaid(JSON.stringify(error.toBody()));
};

describe('a request that is nearly right', () => {
  it('is taken, or refused with 400 and the fields that are wrong', () => {
    let [taken, refused] = [0, 0];
    fuzz((dice) => {
      const { name, json } = dice.pick(requests);
      try {
        checkedBody<object>(API[endpointOf(name)].request, decodeRequest(bytesOf(json, dice)) as object, wishFaults);
        taken += 1;
      } catch (error) {
        expectRefusal(error);
        refused += 1;
      }
    });
    expect(Math.min(taken, refused) > 0 || process.env['VFLEET_FUZZ_RUNS'] === '1').toBe(true);
  });
});

describe('a reply, of a service or of a platform, that is nearly right', () => {
  it('is taken, or its fields are told', () => {
    fuzz((dice) => {
      const [message, json] = dice.below(8) === 0 ? [MigratingVm, { state: 'accepted' }] : replyOf(dice.pick(replies));
      const checked = validate<object>(message, spoiledJson(json, dice), dice.pick(['refuse', 'ignore'] as const));
      if (checked.ok) return;
      expect(checked.faults.length).toBeGreaterThan(0);
      for (const { field, message: said } of checked.faults) [field, said].forEach(expectSaid);
    });
  });
});

const replyOf = ({ name, json }: Stored): readonly [new () => object, unknown] => [API[endpointOf(name)].reply, json];

describe('what is spoiled', () => {
  it('is spoiled the same way by the same seed, and otherwise by others', () => {
    const spoiled = (seed: number): string => Buffer.from(bytesOf(facts[0]?.json, diceOf(seed))).toString();
    expect(spoiled(7)).toBe(spoiled(7));
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map(spoiled)).size).toBeGreaterThan(4);
  });
});
