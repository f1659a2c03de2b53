import { describe, expect, it } from '@jest/globals';
import { ApiError } from '@vfleet/contracts';
import { blocked } from '../blocked.js';
import { serverOf } from '../config.js';
import { parseCounted } from '../device-request.js';
import { exitCodeOf, UsageError } from '../exit-codes.js';
import { toTags } from './device-changes.js';
import { toDevice, toFilter } from './devices.js';
import { vmFact } from './vm-fact.js';

describe('--device', () => {
  it.each([
    ['10GE', { device: '10GE' }],
    ['10GE:2', { device: '10GE', count: 2 }],
    ['a:b', { device: 'a:b' }],
    ['a:b:3', { device: 'a:b', count: 3 }],
    ['10GE,GPU', { device: '10GE,GPU' }],
  ])('%s asks for %j', (text, request) => {
    expect(parseCounted('device', text)).toEqual(request);
  });

  it.each(['', ':2', ' :2'])('%j is wrong usage', (text) => {
    expect(() => parseCounted('device', text)).toThrow(UsageError);
  });
});

describe('a device on the command line', () => {
  it('is its id, or its host and its address', () => {
    expect(toDevice('0123456789abcdef0123')).toEqual({ deviceId: '0123456789abcdef0123' });
    expect(toDevice('h1/28:00.1')).toEqual({ hostId: 'h1', address: '28:00.1' });
  });

  it.each(['28:00.1', 'h1/', '/28:00.1', 'a/b/c'])('is not %s', (text) => {
    expect(() => toDevice(text)).toThrow(UsageError);
  });
});

describe('changes of tags', () => {
  it('give a tag a value, or take it away', () => {
    expect(toTags(['rack=b4', 'owner-', 'a-b=c=d', 'x='])).toEqual({ rack: 'b4', owner: null, 'a-b': 'c=d', x: '' });
  });

  it.each(['rack', '-', '=x', ''])('are not %j', (text) => {
    expect(() => toTags([text])).toThrow(UsageError);
  });
});

describe('the filters of a list', () => {
  it('become keys of a match, numbers as numbers', () => {
    const match = ['numaNode=1', 'tags.rack=b4', 'liveMigratable=true', 'driver=a=b'];
    expect(toFilter({ host: 'h1', vm: 'vm-1', type: 'NIC', eligible: true, match })).toEqual({
      hostId: 'h1',
      vmId: 'vm-1',
      deviceType: 'NIC',
      eligible: true,
      numaNode: 1,
      'tags.rack': 'b4',
      liveMigratable: true,
      driver: 'a=b',
    });
    expect(toFilter({})).toEqual({});
  });

  it('match any value of a key that is given again', () => {
    expect(toFilter({ match: ['numaNode=0', 'driver=igb', 'numaNode=1'] })).toEqual({ numaNode: [0, 1], driver: 'igb' });
  });

  it.each(['numaNode', 'numaNode=', '=1', 'numaNode=x'])('say what is wrong with %s', (text) => {
    expect(() => toFilter({ match: [text] })).toThrow(UsageError);
  });
});

describe('the fact that a VM starts', () => {
  it('says what the options say, and when', () => {
    const fact = vmFact('vm-1', 'starting', { host: 'h1', device: ['10GE:2'], numa: [0], standby: true, sequence: 3 });
    expect(fact).toEqual({
      vmId: 'vm-1',
      state: 'starting',
      hostId: 'h1',
      devices: [{ device: '10GE', count: 2 }],
      numaNodes: [0],
      standby: true,
      sequence: 3,
      occurredAt: expect.stringMatching(/^\d{4}-.*Z$/) as never,
    });
  });

  it.each<[string, () => unknown, string]>([
    ['a VM id that is no token', () => vmFact('a.b', 'starting', {}), 'vmId'],
    ['a host id that is no token', () => vmFact('vm-1', 'starting', { host: 'h 1' }), 'hostId'],
    ['too many devices', () => vmFact('vm-1', 'starting', { device: ['10GE:65'] }), 'devices[0].count'],
  ])('is not published with %s, and the field is named', (_, make, field) => {
    expect(make).toThrow(ApiError);
    expect(make).toThrow(field);
  });
});

describe('the server to speak to', () => {
  const home = { XDG_CONFIG_HOME: '/nowhere/at/all' };

  it('is the option’s, else the environment’s', () => {
    expect(serverOf({ server: 'nats://a:1' }, { ...home, VFLEET_NATS_URL: 'nats://b:2' })).toEqual({ server: 'nats://a:1' });
    expect(serverOf({}, { ...home, VFLEET_NATS_URL: 'nats://b:2' })).toEqual({ server: 'nats://b:2' });
  });

  it('has to be an address, and the fault names where it was said', () => {
    expect(() => serverOf({ server: 'nats://[' }, home)).toThrow(/--server/);
    expect(() => serverOf({}, { ...home, VFLEET_NATS_URL: 'nats://[' })).toThrow(/VFLEET_NATS_URL/);
  });

  it.each(['nats://me:canary@a:99999999', 'nats://me:can/ary@no such host:1', 'me:canary@[', 'nats://canary@a:0x', 'nats://a:1,nats://me:canary@['])(
    'is not told with the password in it when it is none: %s',
    (server) => {
      expect(() => serverOf({ server }, home)).toThrow(/^--server (?!.*can\/?ary).*…@.* is no address/);
    },
  );

  it('is not known where nothing says it, and the error says what to do', () => {
    expect(() => serverOf({}, { ...home, VFLEET_DATA_DIR: '/nowhere/at/all' })).toThrow(/npm start/);
  });

  it('is not both an address and a context: credentials do not go to another server', () => {
    expect(() => serverOf({ server: 'nats://a:1', context: 'prod' }, home)).toThrow(UsageError);
  });
});

describe('what is in the way of a move', () => {
  it('is a policy only where nothing else is', () => {
    const [policy, space] = [{ code: 'MIGRATION_FORBIDDEN' }, { code: 'NO_ELIGIBLE_HOST' }];
    expect(blocked([], 'x')).toBeUndefined();
    expect(blocked([policy], 'x')).toMatchObject({ status: 422, code: 'MIGRATION_FORBIDDEN' });
    expect(blocked([policy, space], 'x')).toMatchObject({ code: 'NO_ELIGIBLE_HOST' });
  });
});

describe('the exit code', () => {
  it.each<[string, Error, number]>([
    ['wrong usage', new UsageError('x'), 64],
    ['a request that is wrong', new ApiError(400, 'INVALID_REQUEST', 'x'), 64],
    ['what is not there', new ApiError(404, 'DEVICE_NOT_FOUND', 'x'), 1],
    ['a VM that is not there', new ApiError(422, 'VM_UNKNOWN', 'x'), 1],
    ['a target that is not there', new ApiError(422, 'TARGET_UNKNOWN', 'x'), 1],
    ['a host that is not there', new ApiError(422, 'HOST_UNKNOWN', 'x'), 1],
    ['an alias, model or offering that is not there', new ApiError(422, 'OFFERING_NOT_FOUND', 'x'), 1],
    ['a VM that does not run', new ApiError(422, 'VM_NOT_RUNNING', 'x'), 4],
    ['a VM that is on the target already', new ApiError(422, 'SAME_HOST', 'x'), 4],
    ['a conflict', new ApiError(409, 'ALREADY_EXISTS', 'x'), 4],
    ['another version', new ApiError(412, 'VERSION_MISMATCH', 'x'), 4],
    ['what does not fit', new ApiError(422, 'UNSATISFIABLE', 'x'), 2],
    ['what a user may not', new ApiError(403, 'FORBIDDEN', 'x'), 3],
    ['what a quota forbids', new ApiError(422, 'QUOTA_EXCEEDED', 'x'), 3],
    ['what a policy forbids', new ApiError(422, 'MIGRATION_FORBIDDEN', 'x'), 3],
    ['a policy that wants a standby', new ApiError(422, 'STANDBY_REQUIRED', 'x'), 3],
    ['too much at once', new ApiError(429, 'TOO_MANY_REQUESTS', 'x'), 5],
    ['nothing that answers', new ApiError(503, 'UNAVAILABLE', 'x'), 5],
    ['anything else', new Error('x'), 1],
  ])('of %s is its own', (_, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
