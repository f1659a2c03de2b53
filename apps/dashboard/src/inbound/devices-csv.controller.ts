import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Device } from '@vfleet/contracts';
import { csvLine } from '../domain/csv.js';
import { Bus } from '../outbound/bus.js';
import { Entrance } from './entrance.js';
import { readQuery, shortText, type Parameter } from './query.js';

const PAGE = 1_000;

type Column = readonly [name: string, value: (device: Device) => unknown];

const COLUMNS: readonly Column[] = [
  ['hostId', ({ hostId }) => hostId],
  ['address', ({ address }) => address],
  ['name', ({ name }) => name],
  ['state', ({ state }) => state],
  ['vmId', ({ reservation }) => reservation?.vmId],
  ['requestName', ({ reservation }) => reservation?.requestName],
  ['deviceType', ({ deviceType }) => deviceType],
  ['model', ({ model }) => model],
  ['kind', ({ kind }) => kind],
  ['vendorId', ({ vendorId }) => vendorId],
  ['productId', ({ productId }) => productId],
  ['vendorName', ({ vendorName }) => vendorName],
  ['productName', ({ productName }) => productName],
  ['class', (device) => device.class],
  ['driver', ({ driver }) => driver],
  ['functionType', ({ functionType }) => functionType],
  ['iommuGroup', ({ iommuGroup }) => iommuGroup],
  ['numaNode', ({ numaNode }) => numaNode],
  ['physicalNetwork', ({ physicalNetwork }) => physicalNetwork],
  ['ineligible', ({ ineligible }) => ineligible.map(({ code }) => code).join(' ')],
  ['cordoned', ({ cordoned }) => cordoned],
  [
    'tags',
    ({ tags }) =>
      Object.entries(tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
  ],
  ['lastSeenAt', ({ lastSeenAt }) => lastSeenAt],
  ['deviceId', ({ deviceId }) => deviceId],
];

const jsonObject: Parameter<object | undefined> = {
  parse: (text) => {
    try {
      const parsed: unknown = JSON.parse(text);
      return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
    } catch {
      return undefined;
    }
  },
  form: 'a JSON object, as `filter` of devices.list',
  fallback: undefined,
};

/** Every device of a filter as CSV, page after page, as fast as it is taken. */
@Controller('api/devices.csv')
export class DevicesCsvController {
  constructor(
    private readonly bus: Bus,
    private readonly entrance: Entrance,
  ) {}

  @Get()
  async download(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    this.entrance.admitReader(request);
    const { filter, where, at } = readQuery(request, { filter: jsonObject, where: shortText, at: shortText });
    const asked = { limit: PAGE, ...(filter && { filter }), ...(where && { where }), ...(at && { at: /^\d+$/.test(at) ? Number(at) : at }) };
    let page = await this.bus.ask('devices.list', asked);
    const headers = { 'content-type': 'text/csv; charset=utf-8; header=present', 'content-disposition': 'attachment; filename="devices.csv"' };
    response.writeHead(200, { ...headers, 'cache-control': 'no-store' });
    response.write(csvLine(COLUMNS.map(([name]) => name)));
    for (;;) {
      const lines = page.items.map((device) => csvLine(COLUMNS.map(([, value]) => value(device)))).join('');
      if (!response.write(lines) && !response.destroyed) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      if (page.nextCursor === null || response.destroyed) break;
      page = await this.bus.ask('devices.list', { ...asked, cursor: page.nextCursor });
    }
    response.end();
  }
}
