import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { TENANT_ROLE, TENANT_SETTING } from '../migrations/1763857800000-tenant-views.js';
import { TenantVmEntity, TenantVmMarkEntity } from './tenant-vm.entity.js';
import { readVmMark, vmMark } from './vm-mark.js';
import type { SeenState, VmRow } from './vm.js';

/** What is known of a VM of a tenant; both are null where the VM is not the tenant's, or not there. */
export interface TenantVm {
  readonly row: VmRow | null;
  readonly marked: SeenState | null;
}

const ACT = `select set_config('role', $1, true), set_config('${TENANT_SETTING}', $2, true)`;

/** The only way by which anything is read for a tenant: as a role that sees that tenant's rows, to the end of the transaction. */
@Injectable()
export class TenantVms {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  find(tenant: string, vmId: string): Promise<TenantVm> {
    return this.source.transaction(async (rows) => {
      await rows.query(ACT, [TENANT_ROLE, tenant]);
      const row = await rows.findOneBy(TenantVmEntity, { vmId });
      const mark = await rows.findOneBy(TenantVmMarkEntity, { key: vmMark(vmId) });
      return { row, marked: mark && readVmMark(mark) };
    });
  }

  /** @throws where this login may not act as the role, so that nothing could be read for any tenant */
  async check(): Promise<void> {
    const [found] = await this.source.query<{ may: boolean }[]>(`select pg_has_role(oid, 'member') as may from pg_roles where rolname = $1`, [
      TENANT_ROLE,
    ]);
    if (found?.may !== true) throw new Error(`VFLEET_TENANTS is true, and this login of PostgreSQL is no member of ${TENANT_ROLE}`);
  }
}
