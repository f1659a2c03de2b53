import { Column, Entity, PrimaryColumn } from 'typeorm';
import { VmEntity } from './vm.entity.js';

/** A VM of the tenant that asks, as the read side keeps it. */
@Entity('tenant_vms')
export class TenantVmEntity extends VmEntity {}

/** The newest state of a VM of the tenant that asks, where its states leave no event. */
@Entity('tenant_vm_marks')
export class TenantVmMarkEntity {
  @PrimaryColumn('text') key!: string;
  @Column('jsonb') value!: object;
}
