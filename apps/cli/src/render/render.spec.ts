import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { parse } from 'yaml';
import { ApiError, type CloudEvent, type Device, type Host, type Reservation, type SystemStatus, type Vm } from '@vfleet/contracts';
import { DEVICES } from './devices.js';
import { renderError } from './errors.js';
import { EVENTS, eventLine, wanted } from './events.js';
import { FORMATS, listView, recordView, render, renderStream, type Format } from './format.js';
import { HOSTS } from './hosts.js';
import { NO_PAINT, TERMINAL_PAINT } from './paint.js';
import { statusView } from './status.js';
import { counted, requestText, safeText } from './text.js';
import { RESERVATIONS, VMS } from './vms.js';

const stored = <T>(file: string): T =>
  JSON.parse(fs.readFileSync(new URL(`../../../../libs/contracts/fixtures/${file}.v1.json`, import.meta.url), 'utf8')) as T;
const { items: devices } = stored<{ items: Device[] }>('api/devices.list.reply');
const host = stored<Host>('api/hosts.get.reply');
const reservation = stored<Reservation>('api/reservations.get.reply');
const vm = stored<Vm>('api/vms.get.reply');
const status = stored<SystemStatus>('api/system.status.reply');

const deviceTable = (items: readonly Device[], format: Format = 'table', paint = NO_PAINT): string =>
  render(listView(DEVICES, items, 'No device matches.'), format, paint);

describe('a list', () => {
  it('is a table without borders, a line for each item, its columns in line', () => {
    const [head, ...lines] = deviceTable(devices).trimEnd().split('\n') as [string, ...string[]];
    expect(head).toMatch(/^HOST {2}ADDRESS {7}NAME {2}TYPE {6}STATE {7}VM {5}IDS/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^h1 {4}0000:28:02\.0 {2}10GE {2}SRIOV-VF {2}held {8}vm-42 {2}8086:154c {2}0 {5}92/);
    expect(lines[1]).toContain('0000:28:00.0  -     NIC       ineligible');
  });

  it('has the same number of columns in each line, so that awk can count', () => {
    const { items } = { items: devices.map((device) => ({ ...device, driver: undefined, numaNode: null })) as Device[] };
    for (const line of deviceTable(items).trimEnd().split('\n').slice(1)) expect(line.split(/ {2,}/)).toHaveLength(11);
  });

  it('says so when it is empty, and stays a list for programs', () => {
    expect(deviceTable([])).toBe('No device matches.\n');
    expect(deviceTable([], 'json')).toBe('[]\n');
    expect(parse(deviceTable([], 'yaml'))).toEqual([]);
  });

  it('is the items as they came, for programs', () => {
    expect(JSON.parse(deviceTable(devices, 'json'))).toEqual(devices);
    expect(parse(deviceTable(devices, 'yaml'))).toEqual(devices);
  });

  it('of hosts shows what is free, and of reservations who holds what', () => {
    expect(render(listView(HOSTS, [host], ''), 'table', NO_PAINT)).toMatch(/\nh1 {4}online {2}39 {7}30 {4}2 {5}7 {11}0/);
    expect(render(listView(RESERVATIONS, [reservation], ''), 'table', NO_PAINT)).toMatch(/\nvm-42 {2}h1 {4}held/);
  });
});

describe('colours', () => {
  it('are there for a terminal only, and do not move the columns', () => {
    const painted = deviceTable(devices, 'table', TERMINAL_PAINT);
    expect(painted).toContain('\u001b[');
    expect(deviceTable(devices)).not.toContain('\u001b');
    expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(deviceTable(devices));
  });

  it('never reach a program', () => {
    expect(deviceTable(devices, 'json', TERMINAL_PAINT)).not.toContain('\u001b');
    expect(deviceTable(devices, 'yaml', TERMINAL_PAINT)).not.toContain('\u001b');
  });
});

describe('one thing', () => {
  it('that is a device says who holds it, or why it may not be given away', () => {
    const [held, idle] = devices as [Device, Device];
    expect(render(recordView(DEVICES, held), 'table', NO_PAINT)).toMatch(/held by +vm-42 \(10GE-0\) since 2026-11-20T10:00:00.000Z/);
    expect(render(recordView(DEVICES, idle), 'table', NO_PAINT)).toMatch(/may not be given +VFS_ENABLED: 4 of 64 virtual functions are enabled/);
  });

  it('that is a host says what it is and what is on it', () => {
    const text = render(recordView(HOSTS, host), 'table', NO_PAINT);
    expect(text).toMatch(/devices +39: 30 free, 2 held, 7 ineligible, 0 missing/);
    expect(text).toMatch(/IOMMU +on, intel/);
    expect(text).toMatch(/labels +zone=a/);
  });

  it('that is a VM says what it wants and what it holds', () => {
    const text = render(recordView(VMS, vm), 'table', NO_PAINT);
    expect(text).toMatch(/wants +10GE\n/);
    expect(text).toMatch(/wants +offering net-heavy/);
    expect(text).toMatch(/holds +0000:28:02.0 \(10GE-0\)/);
  });

  it('that is a reservation marks what only goes along', () => {
    const along = { ...reservation, devices: reservation.devices.map((device) => ({ ...device, affected: true })) };
    expect(render(recordView(RESERVATIONS, along), 'table', NO_PAINT)).toMatch(/device +0000:28:02.0 \(10GE-0, goes along\)/);
  });

  it('is for programs what the service said', () => {
    expect(JSON.parse(render(recordView(HOSTS, host), 'json', NO_PAINT))).toEqual(host);
    expect(parse(render(recordView(VMS, vm), 'yaml', NO_PAINT))).toEqual(vm);
  });
});

describe('the status', () => {
  it('says whether the system works, and how far its parts are behind', () => {
    const text = render(statusView({ ...status, problems: [] }), 'table', NO_PAINT);
    expect(text).toMatch(/system +healthy/);
    expect(text).toMatch(/vfleet-allocator +0\.1\.0 +active +120 +0 events, 0 s/);
  });

  it('names each problem, and says when the stream is away', () => {
    const text = render(statusView({ ...status, healthy: false, streamSequence: null }), 'table', NO_PAINT);
    expect(text).toMatch(/system +not healthy/);
    expect(text).toMatch(/stream +away/);
    expect(text).toMatch(/problem +STREAM_BEHIND: the stream is 3 events behind the journal/);
  });

  it('is for programs what the service said', () => {
    expect(JSON.parse(render(statusView(status), 'json', NO_PAINT))).toEqual(status);
  });
});

describe('an event', () => {
  const event = stored<CloudEvent>('events/DevicesReserved');
  const renderEvent = (one: CloudEvent, format: Format, paint = NO_PAINT): string => renderStream(EVENTS, eventLine, format, paint)(one);

  it('is one line with its position, its time, its name and what it is about', () => {
    expect(renderEvent(event, 'table', NO_PAINT)).toMatch(/^ +13 {2}2026-11-20T10:00:00\.000Z {2}DevicesReserved +vm-42 {2}h1 {2}0000:28:02\.0\n$/);
    expect(renderEvent(stored('events/DeviceRenamed'), 'table', NO_PAINT)).toContain('no name → 10GE');
    expect(renderEvent(stored('events/DeviceReaddressed'), 'table', NO_PAINT)).toContain('was 0000:27:02.0');
    expect(renderEvent(stored('events/ReservationRejected'), 'table', NO_PAINT)).toContain('UNSATISFIABLE  h1 has not what vm-42 asks for');
  });

  it('is one line of JSON or one YAML document for programs, so that more can follow', () => {
    const json = renderEvent(event, 'json', NO_PAINT);
    expect(json.indexOf('\n')).toBe(json.length - 1);
    expect(JSON.parse(json)).toEqual(event);
    expect(parse(renderEvent(event, 'yaml', NO_PAINT))).toEqual(event);
  });

  it('is one line of CSV, after one head for all of them', () => {
    const text = renderStream(EVENTS, eventLine, 'csv', NO_PAINT);
    expect(
      (text(event) + text(event))
        .trimEnd()
        .split('\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['POSITION', '13', '13']);
  });

  it('passes the filters that it fits', () => {
    expect(wanted(event, {})).toBe(true);
    expect(wanted(event, { host: 'h1', vm: 'vm-42', type: 'DevicesReserved' })).toBe(true);
    expect(wanted(event, { host: 'h2' })).toBe(false);
    expect(wanted(event, { vm: 'vm-4' })).toBe(false);
    expect(wanted(event, { type: 'Devices' })).toBe(false);
  });
});

describe('an error', () => {
  it('names each field that is wrong', () => {
    const error = new ApiError(400, 'INVALID_REQUEST', 'x', [{ field: 'devices[0].count', message: 'must be at most 64' }]);
    expect(renderError(error, NO_PAINT)).toBe('vfleet: the request is wrong\n  devices[0].count must be at most 64\n');
  });

  it('tells for each request what was asked, what is free, and why not the rest', () => {
    const unmet = [{ requestName: '10GE-0', asked: 2, matched: 4, free: 1, reasons: [{ code: 'DEVICE_IN_USE', count: 3, example: 'held by vm-7' }] }];
    expect(renderError(new ApiError(422, 'UNSATISFIABLE', 'h1 is full', { unmet }), NO_PAINT)).toBe(
      'vfleet: h1 is full (UNSATISFIABLE)\n  10GE-0: asked 2, matching 4, free 1\n    DEVICE_IN_USE ×3  held by vm-7\n',
    );
  });

  it('says what to do next where the code tells it', () => {
    expect(renderError(new ApiError(404, 'HOST_NOT_FOUND', 'there is no host h9'), NO_PAINT)).toBe(
      'vfleet: there is no host h9 (HOST_NOT_FOUND)\n  vfleet hosts ls shows those that there are\n',
    );
  });

  it('says what is known where there are no details', () => {
    expect(renderError(new ApiError(503, 'UNAVAILABLE', 'nothing answers'), NO_PAINT)).toBe('vfleet: nothing answers (UNAVAILABLE)\n');
    expect(renderError(new Error('no'), NO_PAINT)).toBe('vfleet: no\n');
  });
});

describe('a list as CSV', () => {
  const rows = (text: string): readonly string[] => text.trimEnd().split('\n');

  it('has a head, every column, and nothing where a table shows a dash', () => {
    const [head, first, second] = rows(deviceTable(devices, 'csv')) as [string, string, string];
    expect(head).toMatch(/^HOST,ADDRESS,NAME,TYPE,STATE,VM,.*,LAST SEEN$/);
    expect(first).toMatch(/^h1,0000:28:02\.0,10GE,SRIOV-VF,held,vm-42,8086:154c,0,92,/);
    expect(second).toMatch(/^h1,0000:28:00\.0,,NIC,ineligible,,/);
  });

  it('quotes commas, quotation marks and blanks at the ends, and doubles quotation marks', () => {
    const [device] = devices as [Device];
    const named = (name: string): string => rows(deviceTable([{ ...device, name }], 'csv'))[1] as string;
    expect(named('a,b')).toContain(',"a,b",');
    expect(named('5" disk')).toContain(',"5"" disk",');
    expect(named(' x')).toContain('," x",');
    expect(named('a\nb')).toContain(',a\\u000ab,');
  });

  it('has only its head when it is empty', () => {
    expect(rows(deviceTable([], 'csv'))).toHaveLength(1);
  });
});

describe('a list by name', () => {
  it('is a name a line, as other commands take it', () => {
    expect(deviceTable(devices, 'name')).toBe('h1/0000:28:02.0\nh1/0000:28:00.0\n');
    expect(deviceTable([], 'name')).toBe('');
  });
});

describe('a count', () => {
  it('is in the plural but for one', () => {
    expect([0, 1, 2].map((count) => counted(count, 'device'))).toEqual(['0 devices', '1 device', '2 devices']);
  });
});

describe('what somebody else wrote', () => {
  const HOSTILE = '\u001b[2J\u009b31m\u202e\u2028\r\u0007<b>"x"';

  it.each(FORMATS)('never reaches a terminal as it is, as %s', (format) => {
    const [device] = devices as [Device];
    const hostile = { ...device, name: HOSTILE, address: HOSTILE, tags: { [HOSTILE]: HOSTILE } };
    for (const text of [deviceTable([hostile], format), render(recordView(DEVICES, hostile), format, NO_PAINT)]) {
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
      expect(text).toMatch(/\\(u001b|e)\[2J/);
    }
    if (format === 'json') expect(JSON.parse(deviceTable([hostile], format))).toEqual([hostile]);
    if (format === 'yaml') expect(parse(deviceTable([hostile], format))).toEqual([hostile]);
  });

  it.each(['\u009b31m', '\u202etxt', 'a\u2028b', '\u007f'])('stays what it is in YAML and JSON: %j', (name) => {
    const [device] = devices as [Device];
    const [yaml, text] = [deviceTable([{ ...device, name }], 'yaml'), deviceTable([{ ...device, name }], 'json')];
    expect([parse(yaml), JSON.parse(text)]).toEqual([[{ ...device, name }], [{ ...device, name }]]);
    expect(yaml + text).not.toContain(name);
  });

  it('stays what it is in YAML, lines included', () => {
    const [device] = devices as [Device];
    const lines = { ...device, name: 'one\ntwo\n', tags: { note: `long ${'word '.repeat(60)}\n\nend` } };
    expect(parse(deviceTable([lines], 'yaml'))).toEqual([lines]);
  });

  it('cannot move the cursor, change colours or turn the direction of writing', () => {
    expect(safeText('a\u001b[31mb\u0007\n\u202e')).toBe('a\\u001b[31mb\\u0007\\u000a\\u202e');
    expect(safeText('Ünïcode ✓ 😀')).toBe('Ünïcode ✓ 😀');
    const [device] = devices as [Device];
    expect(deviceTable([{ ...device, name: '\u001b[2J' }])).not.toContain('\u001b');
  });
});

describe('a wish', () => {
  it.each([
    [{ device: '10GE' }, '10GE'],
    [{ device: '10GE', count: 2 }, '10GE ×2'],
    [{ name: 'net', match: { vendorId: '8086', numaNode: [0, 1] } }, 'net: match vendorId=8086 numaNode=0,1'],
    [{ device: 'GPU', match: { class: '03' } }, 'GPU match class=03'],
  ])('%j is written as %s', (request, text) => {
    expect(requestText(request)).toBe(text);
  });
});
