import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The newest thing seen of something that leaves no event, a heartbeat or the state of a VM without wishes. The journal's table. */
@Entity('marks', { schema: 'journal' })
export class MarkEntity {
  @PrimaryColumn('text') key!: string;
  @Column('jsonb') value!: object;
}
