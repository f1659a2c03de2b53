import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { AffectedDevices, GetHost, notFound, type AffectedList, type HostTree, type Model } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { DEFAULT_RULES, withExcludedClasses, withModels, type DeviceRules, type ExcludedClass } from '@vfleet/pci';
import type { DataSource, Repository } from 'typeorm';
import { HostEntity } from '../read-model/host.entity.js';
import { HostPicture, rulesOn } from '../read-model/host-picture.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { DeviceRows } from './device-rows.js';
import { toTree } from './device-tree.js';

/** Answers how the devices of a host hang together. */
@Controller()
export class HostTreeController {
  constructor(
    private readonly rows: DeviceRows,
    @InjectRepository(HostEntity) private readonly hosts: Repository<HostEntity>,
    @InjectDataSource() private readonly source: DataSource,
  ) {}

  @MessagePattern('vfleet.api.hosts.tree', REQUESTS)
  async tree(@Payload() { hostId }: GetHost): Promise<HostTree> {
    const rows = await this.rows.ofHost(hostId);
    if (rows.length === 0 && !(await this.hosts.existsBy({ hostId }))) throw notFound('host', hostId);
    return { items: toTree(await this.rows.show(rows)) };
  }

  @MessagePattern('vfleet.api.devices.affected', REQUESTS)
  async affected(@Payload() { deviceId }: AffectedDevices): Promise<AffectedList> {
    const { hostId } = await this.rows.present(deviceId);
    const [rows, host, rules] = await Promise.all([this.rows.ofHost(hostId), this.hosts.findOneBy({ hostId }), this.rules()]);
    const affected = new HostPicture(
      host,
      rows,
      rulesOn(hostId, () => rules),
    ).affectedBy(deviceId);
    const byId = new Map(rows.map((row) => [row.deviceId, row]));
    return { items: await this.rows.show(affected.flatMap((id) => byId.get(id) ?? [])) };
  }

  private async rules(): Promise<DeviceRules> {
    const [models, classes] = await Promise.all([
      this.source.query<{ readonly data: Model }[]>(`select data from ${SCHEMA}.models`),
      this.source.query<{ readonly classes: readonly ExcludedClass[] }[]>(`select classes from ${SCHEMA}.excluded_classes`),
    ]);
    const rules = withModels(
      DEFAULT_RULES,
      models.map(({ data }) => data),
    );
    return classes[0] ? withExcludedClasses(rules, classes[0].classes) : rules;
  }
}
